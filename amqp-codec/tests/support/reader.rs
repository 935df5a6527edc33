//! Octets in pieces, put together to a protocol header and frames: what is behind a transport, without one.

use amqp_codec::frame::FRAME_TYPE_SASL;
use amqp_codec::{
    Bytes, DecodeError, Decoder, FrameError, FrameHeader, HeaderStatus, Performative, ProtocolHeader, SaslFrame,
};

/// The largest frame that the reader takes.
pub(crate) const MAX_FRAME_SIZE: u32 = 4096;

/// What a reader makes of its input.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Item {
    Header(ProtocolHeader),
    NoHeader,
    Frame(FrameHeader, Result<Body, DecodeError>),
    NoFrame(FrameError),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    Empty,
    Amqp(Performative, Bytes),
    Sasl(SaslFrame),
}

/// Collects input until a header or frame is complete. Stops at what is neither.
#[derive(Default)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
    items: Vec<Item>,
    stopped: bool,
}

impl Reader {
    pub(crate) fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Item> {
        let mut reader = Self::default();
        for piece in pieces {
            reader.buffer.extend_from_slice(piece);
            while !reader.stopped {
                let Some(item) = reader.next() else { break };
                reader.stopped = matches!(item, Item::NoHeader | Item::NoFrame(_));
                reader.items.push(item);
            }
        }
        reader.items
    }

    fn next(&mut self) -> Option<Item> {
        if self.items.is_empty() {
            return match ProtocolHeader::parse(&self.buffer) {
                HeaderStatus::Complete(header) => {
                    self.buffer.drain(..ProtocolHeader::LEN);
                    Some(Item::Header(header))
                }
                HeaderStatus::Incomplete => None,
                HeaderStatus::Invalid => Some(Item::NoHeader),
            };
        }
        let header = match FrameHeader::parse(&self.buffer, MAX_FRAME_SIZE) {
            Ok(header) => header?,
            Err(error) => return Some(Item::NoFrame(error)),
        };
        let size = header.size as usize;
        if self.buffer.len() < size {
            return None;
        }
        let frame: Bytes = self.buffer.drain(..size).collect();
        let body = frame.slice(header.body_offset()..);
        assert_eq!(body.len(), header.body_len());
        Some(Item::Frame(header, decode_body(header, &body)))
    }
}

fn decode_body(header: FrameHeader, body: &Bytes) -> Result<Body, DecodeError> {
    let mut decoder = Decoder::new(body);
    match header.frame_type {
        _ if body.is_empty() => Ok(Body::Empty),
        FRAME_TYPE_SASL => decoder.decode().map(Body::Sasl),
        _ => decoder.decode().map(|performative| Body::Amqp(performative, decoder.rest())),
    }
}
