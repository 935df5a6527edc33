//! Protocol headers and frames (§2.2, §2.3, §5.3.1) as records: `header`, `empty`, or a performative's name.
//!
//! A record of a frame carries two fields more than its performative has: `ch`, the channel, when it is not 0, and
//! `payload`, what follows the performative. A SASL frame is told by its name.

use super::decode::decode_composite;
use super::encode::encode_record;
use super::value::{Record, Value};

/// A protocol header or a frame, as octets.
pub type Unit = Vec<u8>;

/// The first whole header or frame of `octets`: its length, or `None` when more must come.
///
/// # Errors
/// When the size field cannot be true.
pub fn next_unit(octets: &[u8]) -> Result<Option<usize>, String> {
    let Some(first) = octets.first_chunk::<4>() else { return Ok(None) };
    let size = if first == b"AMQP" { 8 } else { usize::try_from(u32::from_be_bytes(*first)).unwrap_or(usize::MAX) };
    if size < 8 {
        return Err(format!("frame of size {size}"));
    }
    Ok((octets.len() >= size).then_some(size))
}

/// Reads a whole header or frame.
///
/// # Errors
/// What is wrong, in words.
pub fn decode_unit(unit: &[u8]) -> Result<Record, String> {
    let header: [u8; 8] = *unit.first_chunk().ok_or("shorter than 8 octets")?;
    if header.starts_with(b"AMQP") {
        return Ok(Record::new("header").with("layer", layer(header)));
    }
    let [_, _, _, _, doff, kind, high, low] = header;
    let body = unit.get(usize::from(doff) * 4..).ok_or("data offset beyond the frame")?;
    let channel = u32::from(u16::from_be_bytes([high, low]));
    let channel = if channel == 0 || kind == 1 { Value::Null } else { channel.into() };
    if body.is_empty() {
        return Ok(Record::new("empty").with("ch", channel));
    }
    let (performative, used) = decode_composite(body)?;
    let mut frame = Record::new(performative.name).with("ch", channel);
    frame.fields.extend(performative.fields);
    let payload = body.get(used..).unwrap_or_default();
    frame.set("payload", if payload.is_empty() { Value::Null } else { payload.into() });
    Ok(frame)
}

/// Writes a header or frame; the other way round from [`decode_unit`].
///
/// # Errors
/// When it names what does not exist.
pub fn encode_unit(record: &Record) -> Result<Unit, String> {
    if record.name == "header" {
        return header(record);
    }
    let kind = u8::from(record.name.starts_with("sasl-"));
    let channel = u16::try_from(record.number("ch").unwrap_or(0)).map_err(|_| "no such channel")?;
    let mut unit = vec![0, 0, 0, 0, 2, kind];
    unit.extend_from_slice(&channel.to_be_bytes());
    if record.name != "empty" {
        let mut performative = record.clone();
        performative.fields.retain(|(name, _)| name != "ch" && name != "payload");
        encode_record(&mut unit, &performative)?;
        unit.extend_from_slice(record.binary("payload").unwrap_or_default());
    }
    let size = u32::try_from(unit.len()).map_err(|_| "frame longer than 4 GiB")?;
    for (octet, value) in unit.iter_mut().zip(size.to_be_bytes()) {
        *octet = value;
    }
    Ok(unit)
}

fn layer(header: [u8; 8]) -> Value {
    match header {
        [_, _, _, _, 0, 1, 0, 0] => Value::Word("amqp".to_owned()),
        [_, _, _, _, 2, 1, 0, 0] => Value::Word("tls".to_owned()),
        [_, _, _, _, 3, 1, 0, 0] => Value::Word("sasl".to_owned()),
        [_, _, _, _, rest @ ..] => Value::Binary(rest.to_vec()),
    }
}

fn header(record: &Record) -> Result<Unit, String> {
    let rest = match (record.text("layer"), record.binary("layer")) {
        (Some("amqp"), _) => [0, 1, 0, 0],
        (Some("tls"), _) => [2, 1, 0, 0],
        (Some("sasl"), _) => [3, 1, 0, 0],
        (_, Some(octets)) => *octets.first_chunk().ok_or("a header has four octets after AMQP")?,
        _ => return Err("a header's layer is amqp, tls, sasl or four octets".to_owned()),
    };
    Ok([b"AMQP".as_slice(), &rest].concat())
}
