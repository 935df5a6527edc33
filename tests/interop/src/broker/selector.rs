//! The one kind of filter that is known here: `name = 'text'` or `name = 7`, of application-properties.

use super::queue::Stored;
use amqp10::Value;
use amqp10::codec::message::EncodedMessage;
use amqp10::codec::{Fields, Source};

/// Which messages a link is to be given.
#[derive(Debug)]
pub(crate) enum Selector {
    All,
    Equal { name: String, wanted: Value },
}

impl Selector {
    pub(crate) fn of(source: &Source) -> Self {
        source.filter.as_ref().and_then(Self::parse).unwrap_or(Self::All)
    }

    fn parse(filter: &Fields) -> Option<Self> {
        filter.iter().find_map(|(_, value)| {
            let text = value.as_described().map_or(value, |described| &described.value).as_text()?;
            let (name, wanted) = text.split_once('=')?;
            let wanted = wanted.trim();
            let wanted = match wanted.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
                Some(text) => Value::from(text),
                None => Value::from(wanted.parse::<i64>().ok()?),
            };
            Some(Self::Equal { name: name.trim().to_owned(), wanted })
        })
    }

    pub(crate) fn takes(&self, message: &Stored) -> bool {
        let Self::Equal { name, wanted } = self else { return true };
        let properties = EncodedMessage::parse(message.payload.clone()).and_then(|it| it.application_properties());
        let value = properties.ok().and_then(|properties| properties.get(name)).map(Value::from);
        value.is_some_and(|value| match (value.as_i64(), wanted.as_i64()) {
            (Some(came), Some(wanted)) => came == wanted,
            _ => value == *wanted,
        })
    }
}
