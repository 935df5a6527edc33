//! Which sections may follow which, and how often.

use amqp_codec::message::{EncodedMessage, MAX_SECTIONS, Section};
use amqp_codec::{Condition, DecodeErrorKind, Message};

use super::{decode, hex, refused};

/// A smallest section of each kind.
fn smallest(section: Section) -> String {
    let value = match section {
        Section::Header | Section::Properties | Section::AmqpSequence => "45",
        Section::Data => "a000",
        Section::AmqpValue => "40",
        Section::DeliveryAnnotations
        | Section::MessageAnnotations
        | Section::ApplicationProperties
        | Section::Footer => "c10100",
    };
    format!("0053{:02x}{value}", section.code())
}

fn joined(sections: &[Section]) -> String {
    sections.iter().copied().map(smallest).collect()
}

// req: MS-3.2-01
#[test]
fn all_sections_in_order() {
    for body in [Section::Data, Section::AmqpSequence, Section::AmqpValue] {
        let sections: Vec<Section> =
            Section::ALL.into_iter().filter(|section| !section.is_body() || *section == body).collect();
        let octets = hex(&joined(&sections));
        let whole: Message = decode(&octets).unwrap();
        let view = EncodedMessage::parse(octets).unwrap();
        assert_eq!(view.to_message().unwrap(), whole);
        for section in Section::ALL {
            let expected = sections.contains(&section).then(|| hex(&smallest(section)));
            assert_eq!(view.section(section), expected, "{section}");
        }
    }
}

// req: MS-3.2-01, MS-3.2-02, MS-3.2-03, MS-3.2-06, MS-3.2-08
// scenario: MS-01
#[test]
fn every_pair_of_sections() {
    use Section::{AmqpSequence, Data};
    for (at, first) in Section::ALL.into_iter().enumerate() {
        for (after, second) in Section::ALL.into_iter().enumerate() {
            let both_body = first.is_body() && second.is_body();
            let repeats = matches!((first, second), (Data, Data) | (AmqpSequence, AmqpSequence));
            let octets = joined(&[first, second]);
            if repeats || (after > at && !both_body) {
                assert!(decode::<Message>(&hex(&octets)).is_ok(), "{first}, {second}");
            } else {
                refused(&octets, DecodeErrorKind::SectionOrder, second.name());
            }
        }
    }
}

// req: MS-3.2-01
#[test]
fn cut_off_anywhere() {
    let octets = hex("005370c00201 41 005373c00401a10161 005375a00201ff");
    for len in 1..octets.len() {
        let part = octets.slice(..len);
        let whole = decode::<Message>(&part);
        let borders = [7, 16];
        assert_eq!(whole.is_ok(), borders.contains(&len), "{len}");
        assert_eq!(EncodedMessage::parse(part).is_ok(), whole.is_ok());
    }
}

// req: MS-3.2-07
#[test]
fn sections_are_counted() {
    let many = smallest(Section::Data).repeat(MAX_SECTIONS as usize);
    assert!(decode::<Message>(&hex(&many)).is_ok());
    let more = many + "005375a000";
    refused(&more, DecodeErrorKind::TooManySections, "data");
    let error = EncodedMessage::parse(hex(&more)).unwrap_err();
    assert_eq!(error.condition(), Condition::RESOURCE_LIMIT_EXCEEDED);
}

#[test]
fn names_and_descriptors() {
    for section in Section::ALL {
        assert_eq!(Section::from_code(section.code()), Some(section));
        assert_eq!(Section::from_descriptor(section.descriptor()), Some(section));
        assert!(section.descriptor().starts_with(&format!("amqp:{section}:")));
    }
}
