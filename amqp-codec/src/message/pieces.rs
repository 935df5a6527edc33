//! [`MessagePieces`]: a message that came in several payloads, its data left where it came.

use alloc::vec::Vec;

use bytes::{Buf, Bytes};
use smallvec::SmallVec;

use super::layout::Sections;
use super::{EncodedMessage, Section};
use crate::{DecodeError, Decoder, Limits, code};

/// Octets in which a section's descriptor fits, the code and the size behind it too.
const WINDOW: usize = 64;

/// A message in the pieces in which it came, which copies no data.
///
/// A large message comes in several transfers, so in several runs of octets. [`EncodedMessage::from_payloads`] joins
/// them, which copies the body once. Here only the other sections are copied, which are short as a rule; the octets of
/// `data` stay slices of the payloads.
///
/// ```
/// use amqp_codec::message::MessagePieces;
/// use amqp_codec::{Bytes, DecodeError, Message};
///
/// let octets = Message::builder().to("orders").data("12 crates").build().to_bytes();
/// let payloads = [octets.slice(..20), octets.slice(20..)];
///
/// let message = MessagePieces::parse(&payloads)?;
/// assert_eq!(message.sections().properties()?.and_then(|p| p.to).as_deref(), Some("orders"));
/// let data: Vec<&[u8]> = message.data().unwrap_or_default().iter().map(Bytes::as_ref).collect();
/// assert_eq!(data.concat(), b"12 crates");
/// # Ok::<(), DecodeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct MessagePieces {
    sections: EncodedMessage,
    data: Option<Data>,
}

type Data = SmallVec<[Bytes; 2]>;

impl MessagePieces {
    /// Finds the sections of a message that is all `payloads` one after another, with the default [`Limits`].
    ///
    /// # Errors
    /// As for [`EncodedMessage::parse`].
    pub fn parse(payloads: &[Bytes]) -> Result<Self, DecodeError> {
        Self::parse_with_limits(payloads, Limits::new())
    }

    /// Finds the sections; the limits also bind what is decoded later.
    ///
    /// # Errors
    /// As for [`EncodedMessage::parse`].
    pub fn parse_with_limits(payloads: &[Bytes], limits: Limits) -> Result<Self, DecodeError> {
        match Self::apart(payloads, limits) {
            Some(message) => Ok(message),
            // Another body, or something is wrong: what, and where, is told of the whole.
            None => Ok(Self { sections: EncodedMessage::join(payloads, limits)?, data: None }),
        }
    }

    /// All sections but `data`: where the body is `data`, a message without one, whose [`body`](EncodedMessage::body)
    /// is [`Body::Empty`](super::Body::Empty). Another body is among them.
    #[must_use]
    pub const fn sections(&self) -> &EncodedMessage {
        &self.sections
    }

    /// The octets of the body, in runs that follow each other, none of them empty; borders of `data` sections are not
    /// kept. `None` if the body is not `data`.
    #[must_use]
    pub fn data(&self) -> Option<&[Bytes]> {
        self.data.as_deref()
    }

    /// The runs of the body, as from [`data`](Self::data).
    #[must_use]
    pub fn into_data(self) -> Option<impl Iterator<Item = Bytes>> {
        self.data.map(IntoIterator::into_iter)
    }

    /// Takes the data out. `None` if there is another body, or something is wrong.
    fn apart(payloads: &[Bytes], limits: Limits) -> Option<Self> {
        let mut cursor = Cursor { payloads, taken: 0 };
        let (mut order, mut sections, mut data) = (Sections::default(), Vec::new(), None);
        while let Some(window) = cursor.window() {
            let mut decoder = Decoder::with_limits(&window, &limits);
            let section = order.next(&mut decoder).ok()?;
            let (head, size) = carrier(section, window.get(decoder.position()..)?)?;
            let head = head.saturating_add(decoder.position());
            if section == Section::Data {
                cursor.take(head, |_| {})?;
                let data: &mut Data = data.get_or_insert_default();
                cursor.take(size, |run| data.push(run))?;
            } else {
                cursor.take(head.saturating_add(size), |run| sections.extend_from_slice(&run))?;
            }
        }
        let sections = EncodedMessage::parse_with_limits(sections, limits).ok()?;
        Some(Self { sections, data })
    }
}

/// How many octets come before the content of a section, and how many that is. `None` if that is not to be told here.
fn carrier(section: Section, octets: &[u8]) -> Option<(usize, usize)> {
    let is_data = section == Section::Data;
    match (section, octets) {
        (Section::AmqpSequence | Section::AmqpValue, _) => None,
        (_, [code::BINARY_8, size, ..]) if is_data => Some((2, (*size).into())),
        (_, [code::BINARY_32, a, b, c, d, ..]) if is_data => Some((5, wide([*a, *b, *c, *d])?)),
        (_, [code::LIST_0, ..]) if !is_data => Some((1, 0)),
        (_, [code::LIST_8 | code::MAP_8, size, ..]) if !is_data => Some((2, (*size).into())),
        (_, [code::LIST_32 | code::MAP_32, a, b, c, d, ..]) if !is_data => Some((5, wide([*a, *b, *c, *d])?)),
        _ => None,
    }
}

fn wide(size: [u8; 4]) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(size)).ok()
}

/// Where in the payloads we are.
struct Cursor<'p> {
    /// Those that are not behind us.
    payloads: &'p [Bytes],
    /// Octets of the first of them that are.
    taken: usize,
}

impl Cursor<'_> {
    /// The next octets, as many as a section may begin with, or all that are left; `None` at the end.
    fn window(&mut self) -> Option<Bytes> {
        while self.run()?.is_empty() {
            self.next();
        }
        let run = self.run()?;
        if run.len() >= WINDOW || self.payloads.len() == 1 {
            return Some(run);
        }
        let mut joined = Vec::with_capacity(WINDOW);
        joined.extend_from_slice(&run);
        for payload in self.payloads.get(1..).unwrap_or_default() {
            let missing = WINDOW.saturating_sub(joined.len()).min(payload.len());
            joined.extend_from_slice(payload.get(..missing)?);
            if joined.len() == WINDOW {
                break;
            }
        }
        Some(joined.into())
    }

    /// What is left of the first payload.
    fn run(&self) -> Option<Bytes> {
        let mut run = self.payloads.first()?.clone();
        run.advance(self.taken.min(run.len()));
        Some(run)
    }

    fn next(&mut self) {
        self.payloads = self.payloads.get(1..).unwrap_or_default();
        self.taken = 0;
    }

    /// Goes over so many octets, and gives them in runs, none of them empty. `None` if there are not so many.
    fn take(&mut self, mut octets: usize, mut give: impl FnMut(Bytes)) -> Option<()> {
        while octets > 0 {
            let mut run = self.run()?;
            run.truncate(octets);
            if run.is_empty() {
                self.next();
                continue;
            }
            octets = octets.saturating_sub(run.len());
            self.taken = self.taken.saturating_add(run.len());
            give(run);
        }
        Some(())
    }
}
