//! Every frame, both ways, as it passes between the core and its transport; for traces and tests.
//!
//! Frames are told once a read and once a write, from the octets themselves: without a tap nothing is done for a
//! frame, with one nothing of the protocol is done otherwise. Here is no clock and no place to write to.

mod recording;

pub use recording::{RecordedAt, RecordedFrame};

use alloc::sync::Arc;
use alloc::vec::Vec;
use amqp_codec::frame::{FRAME_TYPE_SASL, FrameHeader};
use amqp_codec::{Decode, Decoder, HeaderStatus, Performative, ProtocolHeader, SaslFrame};
use bytes::Bytes;
use core::fmt;

/// Octets of a payload that are shown.
const SHOWN: usize = 32;

/// Whether a frame comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "<-",
            Self::Out => "->",
        })
    }
}

/// Sees every protocol header and frame of a connection; see [`ConfigBuilder::frame_tap`](crate::ConfigBuilder::frame_tap).
///
/// It is called with frames that have come before anything is done about them, and with frames that leave when
/// [`poll_transmit`](crate::Connection::poll_transmit) hands them out: in the middle of the core's work, so it should
/// be quick and cannot use the connection. A frame is decoded only if it is printed.
///
/// ```
/// use amqp_proto::{Config, Connection, FrameTap, Instant, Segments};
/// use std::sync::{Arc, Mutex};
///
/// let lines = Arc::new(Mutex::new(Vec::new()));
/// let log = Arc::clone(&lines);
/// let tap = FrameTap::new(move |frame| log.lock().expect("no panic").push(format!("[1] {frame}")));
/// let config = Config::builder("client").frame_tap(tap).build().expect("defaults are valid");
///
/// let mut client = Connection::client(config, None, Instant::ZERO);
/// let _ = client.poll_transmit(Instant::ZERO, &mut Segments::new());
/// assert_eq!(*lines.lock().expect("no panic"), ["[1] -> AMQP 1.0.0"]);
/// ```
#[derive(Clone)]
pub struct FrameTap(Arc<dyn Fn(&TappedFrame<'_>) + Send + Sync>);

impl FrameTap {
    /// A tap that calls this.
    pub fn new(see: impl Fn(&TappedFrame<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }

    /// Whole frames, and perhaps a protocol header before them.
    #[cold]
    pub(crate) fn show(&self, direction: Direction, octets: &Bytes) {
        let mut at = 0;
        while let Some(rest) = octets.get(at..).filter(|rest| !rest.is_empty()) {
            // a frame that is as long as the name of the protocol says is longer than any
            let what = match FrameHeader::parse(rest, u32::MAX) {
                Ok(Some(header)) if header.size as usize <= rest.len() => What::Frame(header, Body { octets, at }),
                _ => match ProtocolHeader::parse(rest) {
                    HeaderStatus::Complete(header) => What::Header(header),
                    _ => return,
                },
            };
            at += what.len();
            (self.0)(&TappedFrame { direction, what });
        }
    }

    /// The same of octets that are not in one piece.
    #[cold]
    pub(crate) fn show_pieces<'a>(&self, direction: Direction, pieces: impl Iterator<Item = &'a [u8]>) {
        let mut octets = Vec::new();
        for piece in pieces {
            octets.extend_from_slice(piece);
        }
        self.show(direction, &octets.into());
    }
}

impl fmt::Debug for FrameTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FrameTap")
    }
}

/// A protocol header or a frame, as a [`FrameTap`] sees it.
///
/// It prints as one line: the channel, `->` to the peer or `<-` from it, the performative with the fields that it has,
/// and of a payload its length and the first 32 octets, escaped. What SASL frames say that may be secret prints as its
/// length only.
///
/// ```text
/// -> SASL 1.0.0
/// -> SaslInit{mechanism=:PLAIN initial-response=<12 octets>}
/// 0 -> Open{container-id="client" …}
/// 0 <- Transfer{handle=0 delivery-id=0 delivery-tag=0x00 message-format=0 settled=true} (5) "\x00Sw\xa1\x00"
/// 0 <- (empty frame)
/// ```
#[derive(Clone, Copy, Debug)]
pub struct TappedFrame<'a> {
    direction: Direction,
    what: What<'a>,
}

#[derive(Clone, Copy, Debug)]
enum What<'a> {
    Header(ProtocolHeader),
    Frame(FrameHeader, Body<'a>),
}

/// Where the frame begins among all that is shown: its body is taken out only for those that look at it.
#[derive(Clone, Copy)]
struct Body<'a> {
    octets: &'a Bytes,
    at: usize,
}

impl Body<'_> {
    fn of(self, header: &FrameHeader) -> Bytes {
        let end = self.at + header.size as usize;
        self.octets.slice((self.at + header.body_offset()).min(end)..end)
    }
}

impl fmt::Debug for Body<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at {}", self.at)
    }
}

impl What<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Header(_) => ProtocolHeader::LEN,
            Self::Frame(header, _) => header.size as usize,
        }
    }
}

impl TappedFrame<'_> {
    /// Whether it comes or goes.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// The channel; `None` for what has none: protocol headers and SASL frames.
    #[must_use]
    pub fn channel(&self) -> Option<u16> {
        match &self.what {
            What::Frame(header, _) if header.frame_type != FRAME_TYPE_SASL => Some(header.channel),
            What::Frame(..) | What::Header(_) => None,
        }
    }

    /// Its octets, all of them.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no frame is empty")]
    pub fn len(&self) -> usize {
        self.what.len()
    }
}

impl fmt::Display for TappedFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(channel) = self.channel() {
            write!(f, "{channel} ")?;
        }
        write!(f, "{} ", self.direction)?;
        match &self.what {
            What::Header(header) => write!(f, "{header}"),
            What::Frame(header, body) => match body.of(header) {
                body if body.is_empty() => f.write_str("(empty frame)"),
                body if header.frame_type == FRAME_TYPE_SASL => write::<SaslFrame>(f, &body),
                body => write::<Performative>(f, &body),
            },
        }
    }
}

/// A body: what it says, and the payload behind that. Of what cannot be read nothing is shown but why.
fn write<T: Decode + fmt::Debug>(f: &mut fmt::Formatter<'_>, body: &Bytes) -> fmt::Result {
    let mut decoder = Decoder::new(body);
    match decoder.decode::<T>() {
        Ok(decoded) => write!(f, "{decoded:?}")?,
        Err(error) => return write!(f, "({} octets: {error})", body.len()),
    }
    let payload = decoder.rest();
    if payload.is_empty() {
        return Ok(());
    }
    let shown = payload.get(..SHOWN).unwrap_or(&payload);
    let rest = if shown.len() < payload.len() { "…" } else { "" };
    write!(f, " ({}) \"{}\"{rest}", payload.len(), shown.escape_ascii())
}
