//! [`Trace`] to text.

use super::{Compare, Script, Step, Trace};
use crate::wire::{Record, Value, hex};
use std::fmt;

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for comment in &self.comments {
            writeln!(f, "{}", format!("# {comment}").trim_end())?;
        }
        self.connections.iter().try_for_each(|script| write!(f, "{script}"))
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = if self.compare == Compare::Meaning { " compare=meaning" } else { "" };
        writeln!(f, "\n@ {}{meaning}", print_record(&self.config))?;
        if let Some(sasl) = &self.sasl {
            writeln!(f, "@ {}", print_record(sasl))?;
        }
        if let Some(why) = &self.unsupported {
            writeln!(f, "@ unsupported \"{why}\"")?;
        }
        self.entries.iter().try_for_each(|entry| writeln!(f, "{}", entry.step))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Comment(text) => write!(f, "{}", format!("# {text}").trim_end()),
            Self::Input(record) => write!(f, "> {}", print_record(record)),
            Self::Raw(octets, comment) if comment.is_empty() => write!(f, "> {}", hex(octets)),
            Self::Raw(octets, comment) => write!(f, "> {}  # {comment}", hex(octets)),
            Self::InputEnd => write!(f, "> eof"),
            Self::Part(input) => write!(f, "+{}", input.to_string().trim_start_matches('>')),
            Self::Output(record) => write!(f, "< {}", print_record(record)),
            Self::Command(record) => write!(f, "! {}", print_record(record)),
            Self::Event(record) => write!(f, "= {}", print_record(record)),
            Self::Advance(time) => write!(f, "~ {}ms", time.as_millis()),
            Self::Snapshot(record) => write!(f, "? {}", print_record(record)),
        }
    }
}

/// A record as a line writes it.
pub fn print_record(record: &Record) -> String {
    let mut text = record.name.clone();
    for (name, value) in &record.fields {
        text.push(' ');
        if name != "subject" {
            text.push_str(name);
            text.push('=');
        }
        text.push_str(&print_value(value));
    }
    text
}

/// A value as a line writes it.
pub fn print_value(value: &Value) -> String {
    match value {
        Value::Any => "*".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(n) => n.to_string(),
        Value::Int(kind, n) => format!("{}({n})", kind.name()),
        Value::Bits(name, bits) => format!("{name}(0x{})", hex(bits)),
        Value::Char(code) => format!("char({code})"),
        Value::Timestamp(millis) => format!("timestamp({millis})"),
        Value::Binary(octets) => format!("0x{}", hex(octets)),
        Value::String(text) => quoted(text),
        Value::Symbol(text) if plain(text) => format!(":{text}"),
        Value::Symbol(text) => format!(":{}", quoted(text)),
        Value::Word(word) => word.clone(),
        Value::List(items) => format!("[{}]", items.iter().map(print_value).collect::<Vec<_>>().join(" ")),
        Value::Array(items) => format!("array[{}]", items.iter().map(print_value).collect::<Vec<_>>().join(" ")),
        Value::Map(pairs) => {
            let pairs = pairs.iter().map(|(key, value)| format!("{}={}", print_value(key), print_value(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(" "))
        }
        Value::Described(descriptor, value) => {
            format!("described({} {})", print_value(descriptor), print_value(value))
        }
        Value::Composite(record) if record.fields.is_empty() => format!("@{}", record.name),
        Value::Composite(record) => {
            let fields = record.fields.iter().map(|(name, value)| format!("{name}={}", print_value(value)));
            format!("@{}{{{}}}", record.name, fields.collect::<Vec<_>>().join(" "))
        }
    }
}

fn plain(symbol: &str) -> bool {
    !symbol.is_empty() && symbol.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:".contains(c))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\0' => quoted.push_str("\\0"),
            '\x01' => quoted.push_str("\\1"),
            '"' | '\\' => quoted.extend(['\\', character]),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}
