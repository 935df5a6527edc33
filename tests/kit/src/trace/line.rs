//! Reads a frame as a [`FrameTap`](amqp_proto::FrameTap) prints it, for people, and `AMQP_TRACE=frames` with it.
//!
//! The text says what a frame says but not how it was encoded: an integer is a [`Value::Number`], a payload is its length.

use crate::wire::{Record, Value, unhex};

/// How deep a written value may nest.
const DEPTH: u8 = 64;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct FrameLine {
    /// The number of the connection, where the line has one: `[3] …`.
    pub connection: Option<u64>,
    /// `None` for headers and SASL frames.
    pub channel: Option<u16>,
    /// Whether it went to the peer.
    pub is_outgoing: bool,
    /// The performative and its fields, named as the specification names them; `header` with its `layer`; `empty`.
    pub record: Record,
    /// How many octets follow the performative.
    pub payload: usize,
}

/// Reads a line.
///
/// # Errors
/// What is wrong with it.
pub fn parse_frame(line: &str) -> Result<FrameLine, String> {
    let (connection, rest) = match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((number, rest)) => (Some(number.parse().map_err(|_| format!("no number: {number:?}"))?), rest),
        None => (None, line),
    };
    let (before, is_outgoing, text) = match (rest.split_once("-> "), rest.split_once("<- ")) {
        (Some((before, text)), None) => (before, true, text),
        (None, Some((before, text))) => (before, false, text),
        // the arrow that comes first is the frame's, the other is in a text
        (Some((before, text)), Some((other, _))) if before.len() < other.len() => (before, true, text),
        (Some(_), Some((before, text))) => (before, false, text),
        (None, None) => return Err("no arrow".to_owned()),
    };
    let channel = match before.trim() {
        "" => None,
        number => Some(number.parse().map_err(|_| format!("no channel: {number:?}"))?),
    };
    let (record, payload) = frame(text)?;
    Ok(FrameLine { connection, channel, is_outgoing, record, payload })
}

fn frame(text: &str) -> Result<(Record, usize), String> {
    if text == "(empty frame)" {
        return Ok((Record::new("empty"), 0));
    }
    if let Some((layer, version)) = text.split_once(' ').filter(|_| !text.contains('{')) {
        let layer = layer.to_ascii_lowercase();
        let known = version == "1.0.0";
        return known
            .then(|| (Record::new("header").with("layer", Value::Word(layer)), 0))
            .ok_or("which version?".into());
    }
    let mut reader = Reader { whole: text, rest: text };
    let Value::Composite(record) = reader.composite(DEPTH)? else { return Err("no performative".to_owned()) };
    let payload = match reader.rest.trim().strip_prefix('(') {
        None if reader.rest.is_empty() => 0,
        None => return Err(format!("too much: {:?}", reader.rest)),
        Some(rest) => rest.split(')').next().and_then(|size| size.parse().ok()).ok_or("how many octets?")?,
    };
    Ok((record, payload))
}

struct Reader<'a> {
    whole: &'a str,
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let (taken, rest) = self.rest.split_at(self.rest.find(ends).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// `Name{field=value field=value}`
    fn composite(&mut self, depth: u8) -> Result<Value, String> {
        let mut record = Record::new(kebab(self.until(|c| !c.is_ascii_alphanumeric())));
        if !self.eat("{") {
            return Err(format!("`{{` is wanted at {:?}", self.rest));
        }
        while !self.eat("}") {
            let name = self.until(|c| !(c.is_ascii_alphanumeric() || c == '-')).to_owned();
            if name.is_empty() || !self.eat("=") {
                return Err(format!("a field is wanted at {:?}", self.rest));
            }
            let value = self.value(depth)?;
            record.fields.push((name, value));
            self.eat(" ");
        }
        Ok(Value::Composite(record))
    }

    fn value(&mut self, depth: u8) -> Result<Value, String> {
        let depth = depth.checked_sub(1).ok_or("nested too deep")?;
        let first = self.rest.chars().next().ok_or("a value is wanted")?;
        match first {
            'b' if self.eat("b\"") => self.octets().map(Value::Binary),
            '"' => self.string().map(Value::String),
            ':' => self.symbol().map(Value::Symbol),
            '[' => self.items("[", "]", |reader| reader.value(depth)).map(Value::List),
            '{' => {
                let pair = |reader: &mut Self| {
                    let key = reader.value(depth)?;
                    if reader.eat(": ") { Ok((key, reader.value(depth)?)) } else { Err("a map's value?".to_owned()) }
                };
                self.items("{", "}", pair).map(Value::Map)
            }
            '@' => {
                self.eat("@");
                let descriptor = self.value(depth)?;
                self.eat(" ");
                Ok(Value::Described(Box::new(descriptor), Box::new(self.value(depth)?)))
            }
            '<' => {
                let secret = self.until(|c| c == '>').to_owned() + ">";
                self.eat(">");
                Ok(Value::Word(secret))
            }
            _ => self.word(depth),
        }
    }

    /// A number, a word out of a choice, octets, an array, or a composite.
    fn word(&mut self, depth: u8) -> Result<Value, String> {
        let before = self.rest;
        let word = self.until(|c| !(c.is_ascii_alphanumeric() || "_-+.".contains(c)));
        if self.rest.starts_with('{') {
            self.rest = before;
            return self.composite(depth);
        }
        if word == "array" && self.rest.starts_with(['[', '@']) {
            while self.eat("@") {
                self.value(depth)?;
                self.eat(" ");
            }
            return self.items("[", "]", |reader| reader.value(depth)).map(Value::Array);
        }
        if word.is_empty() {
            return Err(format!("a value is wanted at {before:?}"));
        }
        // a type of its own around a value, such as a decimal's around its octets
        if self.eat("(") {
            let value = self.value(depth)?;
            return if self.eat(")") { Ok(value) } else { Err(format!("`)` is wanted at {:?}", self.rest)) };
        }
        Ok(match (word, word.strip_prefix("0x"), word.parse()) {
            ("null", ..) => Value::Null,
            ("true" | "false", ..) => Value::Bool(word == "true"),
            (_, Some(digits), _) => Value::Binary(unhex(digits)?),
            (_, _, Ok(number)) => Value::Number(number),
            _ => Value::Word(word.to_owned()),
        })
    }

    /// Between two brackets, commas between them.
    fn items<T>(
        &mut self,
        open: &str,
        close: &str,
        mut item: impl FnMut(&mut Self) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        self.eat(open);
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(item(self)?);
            self.eat(", ");
        }
        Ok(items)
    }

    /// `:name`, or `:"any text"`. The colon that parts a map's key from its value has a space behind it.
    fn symbol(&mut self) -> Result<String, String> {
        self.eat(":");
        if self.rest.starts_with('"') {
            return self.string();
        }
        let symbol = self.until(|c| !(c.is_ascii_alphanumeric() || "_-./:+*".contains(c)));
        let name = symbol.strip_suffix(':').unwrap_or(symbol);
        if name.len() < symbol.len() {
            // given back, with what follows it
            let taken = self.whole.len() - self.rest.len() - 1;
            self.rest = self.whole.get(taken..).unwrap_or_default();
        }
        Ok(name.to_owned())
    }

    /// As `b"…"` has them.
    fn octets(&mut self) -> Result<Vec<u8>, String> {
        let mut octets = Vec::new();
        let mut bytes = self.rest.bytes().enumerate();
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(octets);
                }
                b'\\' => match bytes.next().map(|(_, escaped)| escaped) {
                    Some(b'n') => octets.push(b'\n'),
                    Some(b'r') => octets.push(b'\r'),
                    Some(b't') => octets.push(b'\t'),
                    Some(b'0') => octets.push(0),
                    Some(b'x') => {
                        octets.extend(unhex(self.rest.get(at + 2..at + 4).unwrap_or_default())?);
                        bytes.nth(1);
                    }
                    Some(other) => octets.push(other),
                    None => break,
                },
                other => octets.push(other),
            }
        }
        Err("octets without their end".to_owned())
    }

    /// As Rust escapes it.
    fn string(&mut self) -> Result<String, String> {
        self.eat("\"");
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('0') => text.push('\0'),
                    Some('u') => {
                        let digits: String =
                            characters.by_ref().map(|(_, c)| c).skip(1).take_while(|c| *c != '}').collect();
                        let code = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32);
                        text.push(code.ok_or_else(|| format!("no character: {digits:?}"))?);
                    }
                    Some(other) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err("a string without its end".to_owned())
    }
}

/// `SaslInit` as the specification has it: `sasl-init`.
fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.push(character.to_ascii_lowercase());
    }
    kebab
}
