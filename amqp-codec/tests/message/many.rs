//! Sections with very many entries cost what they hold (scenario: LM-08).

use amqp_codec::{ApplicationProperties, Bytes, DecodeErrorKind, Message, SimpleValue, Str};

use super::{decode, encode, refused};

/// Application properties with that many keys, the last as given.
fn properties(count: u32, last: u32) -> Bytes {
    let mut entries = Vec::new();
    for number in (0..count - 1).chain([last]) {
        entries.extend_from_slice(&[0xa1, 8]);
        entries.extend_from_slice(format!("{number:08x}").as_bytes());
        entries.push(0x40);
    }
    let mut octets = vec![0x00, 0x53, 0x74, 0xd1];
    octets.extend_from_slice(&u32::try_from(entries.len() + 4).unwrap().to_be_bytes());
    octets.extend_from_slice(&(2 * count).to_be_bytes());
    octets.extend_from_slice(&entries);
    octets.extend_from_slice(&[0x00, 0x53, 0x75, 0xa0, 0x00]);
    octets.into()
}

/// Comparing each key with each would take ten thousand million steps.
#[test]
fn a_hundred_thousand_application_properties() {
    let octets = properties(100_000, 99_999);
    let message: Message = decode(&octets).unwrap();
    assert_eq!(message.application_properties.len(), 100_000);
    assert_eq!(encode(&message), octets);
    let text: String = properties(100_000, 0).iter().map(|octet| format!("{octet:02x}")).collect();
    refused(&text, DecodeErrorKind::DuplicateKey, "application-properties");
}

/// Collecting them is no slower than reading them; of equal keys the last value counts, at the place of the first.
#[test]
fn a_hundred_thousand_are_collected() {
    let entries = |value: u32| (0..100_000_u32).map(move |number| (format!("{number:08x}"), number + value));
    let properties: ApplicationProperties = entries(0).chain(entries(1)).collect();
    assert_eq!(properties.len(), 100_000);
    assert!(properties.iter().eq(entries(1).map(|(key, value)| (Str::from(key), SimpleValue::from(value)))));
    let octets = encode(&properties);
    assert_eq!(decode::<ApplicationProperties>(&octets).unwrap(), properties);
}
