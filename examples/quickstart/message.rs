//! The messages of the job: made from a number, and compared with what was made.

use amqp10::codec::message::{Body, MessageId, SimpleValue};
use amqp10::codec::{Map, Message, Symbol, Value};
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// Makes the messages of one run, and tells them from those of another.
#[derive(Clone)]
pub(crate) struct Maker {
    run: String,
}

impl Maker {
    pub(crate) fn new() -> Self {
        Self { run: format!("{:016x}", RandomState::new().build_hasher().finish()) }
    }

    /// Message `number`: properties, application-properties, annotations, and a body of one of the three
    /// kinds.
    pub(crate) fn make(&self, number: usize) -> Message {
        Message::builder()
            .durable(true)
            .message_annotation("x-opt-number", number as u64)
            .message_id(format!("{}-{number}", self.run))
            .correlation_id(number as u64)
            .subject("quickstart")
            .content_type(Symbol::from_static("application/octet-stream"))
            .property("run", self.run.clone())
            .property("number", number as u64)
            .property("even", number % 2 == 0)
            .body(body(number))
            .build()
    }

    /// The number of a message of this run; `None` for somebody else's.
    pub(crate) fn number(&self, message: &Message) -> Option<usize> {
        if message.property("run") != Some(SimpleValue::from(self.run.clone())) {
            return None;
        }
        let number = message.property("number")?.as_i64()?;
        usize::try_from(number).ok()
    }

    /// Checks everything that [`make`](Self::make) has set.
    pub(crate) fn verify(&self, number: usize, message: &Message) -> Result<(), String> {
        let made = self.make(number);
        let differs = |part, made: &dyn std::fmt::Debug, came: &dyn std::fmt::Debug| {
            Err(format!("message {number} has another {part} than was sent: {came:?}, not {made:?}"))
        };
        if message.body != made.body {
            return differs("body", &made.body, &message.body);
        }
        if message.properties != made.properties {
            return differs("properties section", &made.properties, &message.properties);
        }
        if message.application_properties != made.application_properties {
            return differs(
                "application-properties section",
                &made.application_properties,
                &message.application_properties,
            );
        }
        // a broker may add annotations of its own
        let annotation = message.message_annotations.get("x-opt-number");
        if annotation != made.message_annotations.get("x-opt-number") {
            return differs("annotation", &made.message_annotations, &message.message_annotations);
        }
        if message.is_durable() != made.is_durable() {
            return differs("header", &made.header, &message.header);
        }
        debug_assert!(matches!(message.message_id(), Some(MessageId::String(_))));
        Ok(())
    }
}

fn body(number: usize) -> Body {
    match number % 3 {
        0 => Body::from((0..number % 300).map(|octet| (octet * 7 % 256) as u8).collect::<Vec<u8>>()),
        1 => Body::Value(Value::from(Map::from_iter([
            ("number", Value::from(number as u64)),
            ("text", Value::from("grüße, 世界")),
            ("list", Value::List(vec![Value::Null, Value::from(true), Value::from(-1.5)])),
        ]))),
        _ => Body::Sequence(vec![vec![Value::from(number as i64), Value::from("a sequence"), Value::Null]]),
    }
}
