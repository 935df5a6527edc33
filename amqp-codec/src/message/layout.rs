//! Where the sections of an encoded message lie.

use core::ops::Range;

use bytes::Bytes;

use super::{MAX_SECTIONS, Section};
use crate::{DecodeError, DecodeErrorKind, Decoder, Limits, code};

/// Where each section of an encoded message ends, and which kind of body there is.
///
/// Sections are adjacent and in order, so the end of each is the start of the next; an absent
/// one is empty. All `data` or `amqp-sequence` sections together are one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    ends: [u32; Section::PLACES],
    body: Option<Section>,
}

impl Layout {
    /// Finds the sections, and checks their descriptors, order and carriers, but not what is in
    /// them.
    pub(super) fn scan(message: &Bytes, limits: &Limits) -> Result<Self, DecodeError> {
        let mut decoder = Decoder::with_limits(message, limits);
        if u32::try_from(message.len()).is_err() {
            return Err(decoder.error(DecodeErrorKind::TooLong, "message"));
        }
        let mut sections = Sections::default();
        let mut layout = Self { ends: [0; Section::PLACES], body: None };
        while !decoder.is_empty() {
            let section = sections.next(&mut decoder)?;
            if section == Section::AmqpValue || !decoder.skip_short(section.short_carrier()) {
                decoder.apart(|decoder| skip_content(decoder, section))?;
            }
            layout.note(section, decoder.position());
        }
        layout.close_gaps();
        Ok(layout)
    }

    /// Takes note that `section` ends at `position`, which is within a message of less than 4 GiB.
    #[inline(always)]
    fn note(&mut self, section: Section, position: usize) {
        if let Some(end) = self.ends.get_mut(section.place()) {
            *end = position as u32;
        }
        if section.is_body() {
            self.body = Some(section);
        }
    }

    /// Lets absent sections end where those before them do.
    #[inline(always)]
    fn close_gaps(&mut self) {
        let mut before = 0;
        for end in &mut self.ends {
            before = before.max(*end);
            *end = before;
        }
    }

    /// The octets of a section, its descriptor included; empty if it is absent.
    #[inline]
    pub(super) fn range(&self, section: Section) -> Range<usize> {
        if section.is_body() && self.body != Some(section) {
            return 0..0;
        }
        let place = section.place();
        self.start(place)..self.end(place)
    }

    /// The octets from the properties to the body (§3.2).
    #[inline]
    pub(super) fn bare(&self) -> Range<usize> {
        self.start(Section::Properties.place())..self.end(Section::Data.place())
    }

    /// The kind of body; `None` if there is none.
    #[inline]
    pub(super) const fn body(&self) -> Option<Section> {
        self.body
    }

    #[inline]
    fn start(&self, place: usize) -> usize {
        place.checked_sub(1).map_or(0, |before| self.end(before))
    }

    #[inline]
    fn end(&self, place: usize) -> usize {
        self.ends.get(place).map_or(0, |&end| usize::try_from(end).unwrap_or(usize::MAX))
    }
}

/// Reads what begins each section, one after another, as far as the rules of §3.2 allow.
#[derive(Debug, Default)]
pub(super) struct Sections {
    last: Option<Section>,
    count: u32,
}

impl Sections {
    /// Reads the descriptor of the next section.
    #[inline(always)]
    pub(super) fn next(&mut self, decoder: &mut Decoder<'_>) -> Result<Section, DecodeError> {
        let start = decoder.position();
        let code = decoder.descriptor(&DESCRIPTORS, "message")?;
        let Some(section) = Section::from_code(code) else {
            return Err(error_at(start, DecodeErrorKind::UnknownDescriptor, None));
        };
        if self.last.is_some_and(|last| !last.may_precede(section)) {
            return Err(error_at(start, DecodeErrorKind::SectionOrder, Some(section)));
        }
        if self.count == MAX_SECTIONS {
            return Err(error_at(start, DecodeErrorKind::TooManySections, Some(section)));
        }
        self.last = Some(section);
        // Below MAX_SECTIONS.
        self.count = self.count.wrapping_add(1);
        Ok(section)
    }
}

#[cold]
fn error_at(position: usize, kind: DecodeErrorKind, section: Option<Section>) -> DecodeError {
    let expected = section.map_or("message", Section::name);
    DecodeError::new(kind, expected, position.try_into().unwrap_or(u32::MAX))
}

/// The symbolic and numeric descriptors of all sections.
const DESCRIPTORS: [(&str, u64); 9] = [
    Section::Header.descriptors(),
    Section::DeliveryAnnotations.descriptors(),
    Section::MessageAnnotations.descriptors(),
    Section::Properties.descriptors(),
    Section::ApplicationProperties.descriptors(),
    Section::Data.descriptors(),
    Section::AmqpSequence.descriptors(),
    Section::AmqpValue.descriptors(),
    Section::Footer.descriptors(),
];

/// Reads over the value of a section, which must be of the type that carries the section.
#[inline(never)]
fn skip_content(decoder: &mut Decoder<'_>, section: Section) -> Result<(), DecodeError> {
    skip_carrier(decoder, section).map_err(|error| error.in_section(section))
}

fn skip_carrier(decoder: &mut Decoder<'_>, section: Section) -> Result<(), DecodeError> {
    const LIST: (u8, u8) = (code::LIST_8, code::LIST_32);
    let (codes, name) = match section {
        Section::Header | Section::Properties => (LIST, section.descriptor()),
        Section::AmqpSequence => (LIST, "list"),
        Section::DeliveryAnnotations
        | Section::MessageAnnotations
        | Section::ApplicationProperties
        | Section::Footer => ((code::MAP_8, code::MAP_32), "map"),
        Section::Data => ((code::BINARY_8, code::BINARY_32), "binary"),
        Section::AmqpValue => return decoder.skip(),
    };
    let code = decoder.code(name)?;
    if code == code::LIST_0 && codes == LIST {
        return Ok(());
    }
    decoder.sized(code, codes, name).map(drop)
}
