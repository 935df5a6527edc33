//! Reading one line: names, subjects, fields, values.

use crate::wire::{IntKind, Record, Value, unhex};

type Scanned<T> = Result<T, String>;

/// How deep a written value may nest.
const DEPTH: u8 = 64;

/// How often a value may be repeated.
const REPEATS: usize = 1 << 20;

/// A line being read.
pub(super) struct Scanner<'a> {
    rest: &'a str,
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || "_-./#".contains(character)
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text.trim() }
    }

    /// A record to the end of the line or to a comment.
    pub(super) fn record(mut self) -> Scanned<Record> {
        let name = self.word();
        if name.is_empty() {
            return Err(format!("a name is missing before {:?}", self.rest));
        }
        let mut record = Record::new(name);
        while !self.at_end() {
            let before = self.rest;
            let key = self.word();
            if !key.is_empty() && self.eat("=") {
                let value = self.value(DEPTH)?;
                record.fields.push((key.to_owned(), value));
            } else if record.fields.is_empty() && !key.is_empty() {
                record.fields.push(("subject".to_owned(), Value::Word(key.to_owned())));
            } else {
                return Err(format!("a field `name=value` is wanted at {before:?}"));
            }
        }
        Ok(record)
    }

    fn at_end(&mut self) -> bool {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
        self.rest.is_empty() || self.rest.starts_with('#')
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|c| !is_word(c)).unwrap_or(self.rest.len());
        self.split(end)
    }

    fn split(&mut self, at: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(at);
        self.rest = rest;
        taken
    }

    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Scanned<()> {
        if self.eat(token) { Ok(()) } else { Err(format!("{token:?} is wanted at {:?}", self.rest)) }
    }

    fn value(&mut self, depth: u8) -> Scanned<Value> {
        let depth = depth.checked_sub(1).ok_or("nested too deep")?;
        let value = self.single(depth)?;
        if !matches!(value, Value::String(_) | Value::Binary(_)) || !self.eat("*") {
            return Ok(value);
        }
        let times: usize = self.word().parse().map_err(|_| "how many times? `0x00*512`")?;
        match value {
            Value::String(text) => Ok(Value::String(text.repeat(times.min(REPEATS)))),
            Value::Binary(octets) => Ok(Value::Binary(octets.repeat(times.min(REPEATS)))),
            other => Ok(other),
        }
    }

    fn single(&mut self, depth: u8) -> Scanned<Value> {
        match self.rest.chars().next() {
            Some('*') => self.expect("*").map(|()| Value::Any),
            Some('"') => self.string().map(Value::String),
            Some(':') => self.symbol(),
            Some('[') => self.items("[", depth).map(Value::List),
            Some('{') => self.map(depth),
            Some('@') => self.composite(depth),
            _ => self.named(depth),
        }
    }

    fn string(&mut self) -> Scanned<String> {
        self.expect("\"")?;
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.split(at + 1);
                    return Ok(text);
                }
                '\\' => match characters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    Some('0') => text.push('\0'),
                    Some('1') => text.push('\x01'),
                    Some(other) => text.push(other),
                    None => break,
                },
                other => text.push(other),
            }
        }
        Err("a string without its end".to_owned())
    }

    fn symbol(&mut self) -> Scanned<Value> {
        self.expect(":")?;
        if self.rest.starts_with('"') {
            return self.string().map(Value::Symbol);
        }
        let end = self.rest.find(|c| !(is_word(c) || c == ':')).unwrap_or(self.rest.len());
        Ok(Value::Symbol(self.split(end).to_owned()))
    }

    fn items(&mut self, open: &str, depth: u8) -> Scanned<Vec<Value>> {
        self.expect(open)?;
        let mut items = Vec::new();
        while !self.closed("]")? {
            items.push(self.value(depth)?);
        }
        Ok(items)
    }

    /// Whether the bracket closes here; an error at the end of the line.
    fn closed(&mut self, bracket: &str) -> Scanned<bool> {
        self.rest = self.rest.trim_start_matches([' ', '\t', ',']);
        if self.rest.is_empty() {
            return Err(format!("{bracket:?} is missing"));
        }
        Ok(self.eat(bracket))
    }

    fn map(&mut self, depth: u8) -> Scanned<Value> {
        self.expect("{")?;
        let mut pairs = Vec::new();
        while !self.closed("}")? {
            let key = self.value(depth)?;
            self.expect("=")?;
            pairs.push((key, self.value(depth)?));
        }
        Ok(Value::Map(pairs))
    }

    fn composite(&mut self, depth: u8) -> Scanned<Value> {
        self.expect("@")?;
        let mut record = Record::new(self.word());
        if self.eat("{") {
            while !self.closed("}")? {
                let key = self.word().to_owned();
                self.expect("=")?;
                record.fields.push((key, self.value(depth)?));
            }
        }
        Ok(Value::Composite(record))
    }

    fn named(&mut self, depth: u8) -> Scanned<Value> {
        let before = self.rest;
        let word = self.word();
        if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
            return number(word);
        }
        if word == "array" && self.rest.starts_with('[') {
            return self.items("[", depth).map(Value::Array);
        }
        if self.eat("(") {
            let value = self.typed(word, depth)?;
            return self.expect(")").map(|()| value);
        }
        match word {
            "" => Err(format!("a value is wanted at {before:?}")),
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Ok(Value::Word(word.to_owned())),
        }
    }

    fn typed(&mut self, name: &str, depth: u8) -> Scanned<Value> {
        let value = self.value(depth)?;
        if let (Some(kind), Value::Number(n)) = (IntKind::by_name(name), &value) {
            return Ok(Value::Int(kind, *n));
        }
        let bits = |name, width: usize| match &value {
            Value::Binary(octets) if octets.len() == width => Ok(Value::Bits(name, octets.clone())),
            _ => Err(format!("{name}(0x…) takes {width} octets")),
        };
        match (name, &value) {
            ("char", Value::Number(n)) => u32::try_from(*n).map(Value::Char).map_err(|_| "no such char".to_owned()),
            ("timestamp", Value::Number(n)) => {
                i64::try_from(*n).map(Value::Timestamp).map_err(|_| "no such timestamp".to_owned())
            }
            ("octets", Value::String(text)) => Ok(Value::Binary(text.as_bytes().to_vec())),
            ("float", _) => bits("float", 4),
            ("double", _) => bits("double", 8),
            ("decimal32", _) => bits("decimal32", 4),
            ("decimal64", _) => bits("decimal64", 8),
            ("decimal128", _) => bits("decimal128", 16),
            ("uuid", _) => bits("uuid", 16),
            ("described", _) => {
                self.rest = self.rest.trim_start();
                Ok(Value::Described(Box::new(value), Box::new(self.value(depth)?)))
            }
            _ => Err(format!("what is {name:?}?")),
        }
    }
}

fn number(word: &str) -> Scanned<Value> {
    if let Some(digits) = word.strip_prefix("0x") {
        return unhex(digits).map(Value::Binary);
    }
    word.parse().map(Value::Number).map_err(|_| format!("no number: {word:?}"))
}
