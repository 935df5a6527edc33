//! What a tap prints for people is read back, of every frame that was recorded (S13.3).

use amqp_proto::{Config, Connection, FrameTap, Instant};
use amqp10_testkit::recording::{Content, From, read};
use amqp10_testkit::replay::files;
use amqp10_testkit::trace::{parse_frame, print_record};
use amqp10_testkit::wire::{Record, Value, decode_unit};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What a tap prints of these frames.
fn printed(units: &[&Vec<u8>]) -> Vec<String> {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&lines);
    let tap = FrameTap::new(move |frame| log.lock().expect("no panic").push(frame.to_string()));
    let config = Config::builder("listener").max_frame_size(u32::MAX).frame_tap(tap).build().expect("valid");
    let mut listener = Connection::listener(config, None, Instant::ZERO);
    listener.handle_input(Instant::ZERO, &mut b"AMQP\0\x01\0\0"[..].into());
    // all at once: the tap sees them before anything is done about them
    let octets: Vec<u8> = units.iter().flat_map(|unit| unit.iter().copied()).collect();
    listener.handle_input(Instant::ZERO, &mut octets.as_slice().into());
    let lines = lines.lock().expect("no panic").clone();
    lines.into_iter().filter(|line| line.contains("<-")).skip(1).collect()
}

const DURABILITY: [&str; 3] = ["none", "configuration", "unsettled-state"];

/// Whether a line says the same as the kit has read from the wire, as far as text can: without the types of numbers.
fn says(line: &Value, wire: &Value) -> bool {
    match (line, wire) {
        (Value::Number(line), Value::Number(wire) | Value::Int(_, wire)) => line == wire,
        (Value::Composite(line), Value::Composite(wire)) => line.name == wire.name && says_all(line, wire),
        (Value::List(line) | Value::Array(line), Value::List(wire) | Value::Array(wire)) => {
            line.len() == wire.len() && line.iter().zip(wire).all(|(line, wire)| says(line, wire))
        }
        (Value::List(line), wire) if line.len() == 1 => says(&line[0], wire),
        (Value::Map(line), Value::Map(wire)) => {
            let same = |((a, b), (c, d)): (&(Value, Value), &(Value, Value))| says(a, c) && says(b, d);
            line.len() == wire.len() && line.iter().zip(wire).all(same)
        }
        (Value::Described(a, b), Value::Described(c, d)) => says(a, c) && says(b, d),
        // what stands where any value may, RabbitMQ's lifetime-policy say: the text keeps the descriptor as it came
        (Value::Described(descriptor, fields), Value::Composite(wire)) if wire.fields.is_empty() => {
            **descriptor == Value::Symbol(format!("amqp:{}:list", wire.name)) && **fields == Value::List(Vec::new())
        }
        // §3.5.5: the kit has the number, the text its name
        (Value::Word(line), Value::Number(wire)) => {
            DURABILITY.get(usize::try_from(*wire).unwrap_or(9)) == Some(&&**line)
        }
        // keys of an info that the peer has wrongly written as strings are taken for the symbols that they should be
        (Value::Symbol(line), Value::String(wire)) => line == wire,
        // of what has no number or text of its own, that it is there
        (line, Value::Bits(..) | Value::Char(_) | Value::Timestamp(_)) => *line != Value::Null,
        (line, wire) => line == wire,
    }
}

/// Every field that is on the wire; defaults are shown besides.
fn says_all(line: &Record, wire: &Record) -> bool {
    let fields = wire.fields.iter().filter(|(name, _)| !matches!(name.as_str(), "ch" | "payload"));
    fields.into_iter().all(|(name, value)| says(line.get(name), value))
}

#[test]
fn s13_3_the_text_of_every_recorded_frame_is_read_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../recordings");
    let mut count = 0;
    for path in files(&[folder]).expect("the recordings") {
        let sessions = read(&std::fs::read_to_string(&path).expect("text")).expect("a recording");
        for (session, from) in sessions.iter().flat_map(|session| [(session, From::Client), (session, From::Server)]) {
            let units =
                session.pieces.iter().filter(|piece| piece.from == from).filter_map(|piece| match &piece.content {
                    Content::Unit(unit) if !unit.starts_with(b"AMQP") && unit.get(5) == Some(&0) => Some(unit),
                    _ => None,
                });
            let units: Vec<&Vec<u8>> = units.collect();
            let lines = printed(&units);
            assert_eq!(lines.len(), units.len(), "{}: {from:?}", path.display());
            for (unit, line) in units.iter().zip(lines) {
                let told = parse_frame(&line).unwrap_or_else(|fault| panic!("{}: {line}: {fault}", path.display()));
                let wire = decode_unit(unit).expect("a frame");
                let payload = match wire.get("payload") {
                    Value::Binary(payload) => payload.len(),
                    _ => 0,
                };
                assert_eq!(told.channel.map(i128::from), Some(wire.number("ch").map_or(0, i128::from)), "{line}");
                assert_eq!((&told.record.name, told.payload, told.is_outgoing), (&wire.name, payload, false), "{line}");
                assert!(
                    says_all(&told.record, &wire),
                    "{line}\n{}\n{}",
                    print_record(&told.record),
                    print_record(&wire)
                );
                count += 1;
            }
        }
    }
    assert!(count > 10_000, "only {count} frames");
}

#[test]
fn lines_of_the_environment_headers_and_logins() {
    let line = parse_frame("[3] 0 -> Open{container-id=\"a \\\"b\\\" -> c\" max-frame-size=512}").expect("a frame");
    assert_eq!((line.connection, line.channel, line.is_outgoing), (Some(3), Some(0), true));
    assert_eq!(line.record.text("container-id"), Some("a \"b\" -> c"));
    let header = parse_frame("<- SASL 1.0.0").expect("a header");
    assert_eq!((header.channel, header.record.text("layer")), (None, Some("sasl")));
    let init = parse_frame("-> SaslInit{mechanism=:PLAIN initial-response=<17 octets>}").expect("a frame");
    assert_eq!((init.record.name.as_str(), init.record.text("mechanism")), ("sasl-init", Some("PLAIN")));
    assert_eq!(parse_frame("7 <- (empty frame)").expect("a frame").record.name, "empty");
    for wrong in ["", "0 -> ", "0 -> Open", "0 -> Open{x", "x -> Open{}", "0 -> Open{a=[1, 2}", "-> AMQP 9.9.9"] {
        assert!(parse_frame(wrong).is_err(), "{wrong}");
    }
}
