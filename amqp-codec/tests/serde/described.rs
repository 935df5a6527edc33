//! Types that say by their serde name how they are described.

use amqp_codec::serde::{ErrorKind, from_bytes, from_value, to_bytes, to_value};
use amqp_codec::{Bytes, DecodeErrorKind, Described, Map, Symbol, Value};
use serde::{Deserialize, Serialize};

use super::{read, round_trip};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename = "@list 0x73 amqp:example:list")]
struct Composite {
    id: Option<u64>,
    #[serde(default)]
    count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    last: Option<bool>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "@map example:map")]
struct Mapped {
    a: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "@list example:pair")]
struct Pair(u8, Option<u8>);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "@list 0x24 amqp:accepted:list")]
struct Accepted;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename = "@value example:celsius")]
struct Celsius(f32);

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Outcome {
    #[serde(rename = "@list 0x24 amqp:accepted:list")]
    Accepted,
    #[serde(rename = "@list 0x25 amqp:rejected:list")]
    Rejected {
        error: Option<String>,
    },
    #[serde(rename = "@list 0x23")]
    Received(u32, u64),
    #[serde(rename = "@value example:other")]
    Other(Box<Outcome>),
    #[serde(rename = "@map example:noted")]
    Noted {
        text: String,
    },
    Plain(u8),
    Unknown,
}

/// req: TY-1.4-01
#[test]
fn lists_are_written_as_composites_are() {
    let octets = |composite: &Composite| to_bytes(composite).unwrap();
    let mut composite = Composite::default();
    assert_eq!(octets(&composite)[..], *b"\x00\x53\x73\xc0\x03\x02\x40\x43");
    composite.last = Some(true);
    assert_eq!(octets(&composite)[..], *b"\x00\x53\x73\xc0\x05\x04\x40\x43\x40\x41");
    composite.id = Some(7);
    composite.name = Some("n".into());
    composite.last = None;
    assert_eq!(octets(&composite)[..], *b"\x00\x53\x73\xc0\x07\x03\x53\x07\x43\xa1\x01n");
    round_trip(&composite);
    assert_eq!(to_bytes(&Accepted).unwrap()[..], *b"\x00\x53\x24\x45");
    assert_eq!(to_bytes(&Pair(1, None)).unwrap()[..], *b"\x00\xa3\x0cexample:pair\xc0\x03\x01\x50\x01");
}

/// Null, and nothing at the end, are no field (req: TY-1.4-02, TY-1.4-03, TY-1.3.4-05).
#[test]
fn nulls_and_missing_fields_are_defaults() {
    let none = Composite::default();
    assert_eq!(read::<Composite>(b"\x00\x53\x73\x45"), none);
    assert_eq!(read::<Composite>(b"\x00\x53\x73\xc0\x05\x04\x40\x40\x40\x40"), none);
    assert_eq!(
        read::<Composite>(b"\x00\x80\x00\x00\x00\x00\x00\x00\x00\x73\xd0\x00\x00\x00\x04\x00\x00\x00\x00"),
        none
    );
    assert_eq!(read::<Composite>(b"\x00\xa3\x11amqp:example:list\x45"), none);
    assert_eq!(read::<Pair>(b"\x00\xa3\x0cexample:pair\xc0\x03\x01\x50\x01"), Pair(1, None));
}

#[test]
fn every_form_round_trips() {
    assert_eq!(
        round_trip(&Mapped { a: 1 }),
        Described::new(Symbol::from_static("example:map"), Map::from([("a", 1_u8)])).into()
    );
    assert_eq!(round_trip(&Celsius(20.5)), Described::new(Symbol::from_static("example:celsius"), 20.5_f32).into());
    round_trip(&Pair(1, Some(2)));
    round_trip(&Accepted);
    round_trip(&vec![Some(Celsius(1.0)), None]);
    round_trip(&(Mapped { a: 1 }, Accepted, Pair(3, None)));
}

#[test]
fn variants_are_told_by_descriptor() {
    let outcomes = [
        Outcome::Accepted,
        Outcome::Rejected { error: None },
        Outcome::Rejected { error: Some("no".into()) },
        Outcome::Received(1, 2),
        Outcome::Other(Box::new(Outcome::Accepted)),
        Outcome::Noted { text: "n".into() },
        Outcome::Plain(7),
        Outcome::Unknown,
    ];
    for outcome in outcomes {
        round_trip(&outcome);
    }
    assert_eq!(to_bytes(&Outcome::Rejected { error: None }).unwrap()[..], *b"\x00\x53\x25\x45");
    assert_eq!(read::<Outcome>(b"\x00\xa3\x12amqp:accepted:list\x45"), Outcome::Accepted);
    assert_eq!(to_value(&Outcome::Plain(7)).unwrap(), Map::from([("Plain", 7_u8)]).into());
}

#[track_caller]
fn refused<'de, T: Deserialize<'de> + std::fmt::Debug>(octets: &'de Bytes) -> ErrorKind {
    from_bytes::<T>(octets).unwrap_err().kind().clone()
}

/// req: TY-1.4-05
#[test]
fn another_descriptor_or_none_is_refused() {
    let wrong = ErrorKind::WrongDescriptor("@list 0x73 amqp:example:list");
    for octets in [&b"\x00\x53\x74\x45"[..], b"\x45", b"\x00\xa1\x11amqp:example:list\x45", b"\xc1\x01\x00"] {
        assert_eq!(refused::<Composite>(&Bytes::copy_from_slice(octets)), wrong);
    }
    let wrong = ErrorKind::WrongDescriptor("Outcome");
    for octets in [&b"\x00\x53\x29\x45"[..], b"\xa1\x10@list 0x23 extra", b"\xc1\x0b\x02\xa1\x06@list \x50\x07"] {
        assert_eq!(refused::<Outcome>(&Bytes::copy_from_slice(octets)), wrong);
    }
    // The right descriptor, and a list where the map should be; a map where the list should be.
    from_bytes::<Mapped>(&Bytes::from_static(b"\x00\xa3\x0bexample:map\xc0\x03\x01\x50\x01")).unwrap_err();
    from_bytes::<Composite>(&Bytes::from_static(b"\x00\x53\x73\xc1\x01\x00")).unwrap_err();
    from_bytes::<Composite>(&Bytes::from_static(b"\x00\x53\x73\xe0\x02\x00\x40")).unwrap_err();
    let described = Bytes::from_static(b"\x00\x53\x24\x50\x07");
    assert!(matches!(refused::<u8>(&described), ErrorKind::Custom(text) if text.contains("described value")));
}

/// req: TY-1.4-04
#[test]
fn more_fields_than_the_type_has_are_refused() {
    let too_many = |kind| matches!(kind, ErrorKind::Decode(error) if error.kind() == DecodeErrorKind::TooManyFields);
    let octets = Bytes::from_static(b"\x00\x53\x73\xc0\x06\x05\x40\x40\x40\x40\x40");
    assert!(too_many(refused::<Composite>(&octets)));
    assert!(too_many(refused::<Accepted>(&Bytes::from_static(b"\x00\x53\x24\xc0\x02\x01\x40"))));
    assert!(too_many(refused::<Outcome>(&Bytes::from_static(b"\x00\x53\x24\xc0\x02\x01\x40"))));
    let octets = Bytes::from_static(b"\x00\xa3\x0cexample:pair\xc0\x04\x03\x40\x40\x40");
    from_bytes::<Pair>(&octets).unwrap_err();
}

/// req: TY-1.3.4-01
#[test]
fn a_mandatory_field_is_named() {
    #[derive(Debug, Serialize, Deserialize)]
    #[serde(rename = "@list example:strict")]
    struct Strict {
        first: u8,
        second: u8,
    }
    let list = |values: Vec<Value>| Value::from(Described::new(Symbol::from_static("example:strict"), values));
    for values in [vec![1_u8.into()], vec![1_u8.into(), Value::Null]] {
        let error = from_value::<Strict>(list(values)).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::MissingField("second"));
    }
    let error = from_value::<Strict>(list(vec![1_u8.into(), "two".into()])).unwrap_err();
    assert_eq!(error.path(), "second");
}

/// What does not fit the kind of type, or is spelt wrongly, is refused both ways.
#[test]
fn names_that_do_not_describe() {
    macro_rules! invalid {
        ($($name:literal $type:item $value:expr;)*) => {$({
            #[derive(Debug, Serialize, Deserialize)]
            #[serde(rename = $name)]
            $type
            let kind = ErrorKind::InvalidDescriptor($name);
            assert_eq!(to_bytes(&$value).unwrap_err().kind(), &kind);
            assert_eq!(refused::<T>(&Bytes::from_static(b"\x00\xa3\x01x\x45")), kind);
        })*};
    }
    invalid! {
        "@list" struct T { a: u8 } T { a: 1 };
        "@lst x" struct T { a: u8 } T { a: 1 };
        "@value x" struct T { a: u8 } T { a: 1 };
        "@map x" struct T(u8, u8); T(1, 2);
        "@list x" struct T(u8); T(1);
        "@value x" struct T; T;
        "@list x" enum T { A } T::A;
    }
}
