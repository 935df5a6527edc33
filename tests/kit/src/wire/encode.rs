//! Values to octets: one plain encoding of each type.

use super::tables::{Kind, by_name};
use super::value::{IntKind, Record, Value};

type Encoded = Result<(), String>;

/// Appends a value; `kind` says what an untyped number, a word or a list is to become.
///
/// # Errors
/// When the value cannot be of that kind.
pub fn encode(out: &mut Vec<u8>, kind: Kind, value: &Value) -> Encoded {
    match (kind, value) {
        (Kind::Flag(names), Value::Word(word)) => {
            let at = choice(&names, word)?;
            out.push(if at == 1 { 0x41 } else { 0x42 });
            Ok(())
        }
        (Kind::Choice(names), Value::Word(word)) => integer(out, IntKind::Ubyte, choice(names, word)?.into()),
        (Kind::Choice(_), Value::Number(n)) => integer(out, IntKind::Ubyte, *n),
        (Kind::Ushort, Value::Number(n)) => integer(out, IntKind::Ushort, *n),
        (Kind::Uint, Value::Number(n)) => integer(out, IntKind::Uint, *n),
        (Kind::Ulong, Value::Number(n)) => integer(out, IntKind::Ulong, *n),
        (Kind::Syms, Value::List(items)) => array(out, items),
        (Kind::Sym, Value::Word(text)) => variable(out, 0xa3, text.as_bytes()),
        _ => plain(out, value),
    }
}

/// Appends a composite as its table orders it, without trailing nulls.
///
/// # Errors
/// When there is no such composite or no such field, or a field's value does not fit.
pub fn encode_record(out: &mut Vec<u8>, record: &Record) -> Encoded {
    let table = by_name(&record.name).ok_or_else(|| format!("no composite is called {:?}", record.name))?;
    let known = |name: &str| table.fields.iter().any(|(field, _)| *field == name);
    if let Some((name, _)) = record.fields.iter().find(|(name, _)| !known(name)) {
        return Err(format!("{} has no field {name:?}", table.name));
    }
    let used = table.fields.iter().rposition(|(name, _)| *record.get(name) != Value::Null).map_or(0, |last| last + 1);
    let mut body = Vec::new();
    for (name, kind) in table.fields.iter().take(used) {
        encode(&mut body, *kind, record.get(name)).map_err(|fault| format!("{}.{name}: {fault}", table.name))?;
    }
    out.push(0);
    integer(out, IntKind::Ulong, table.code.into())?;
    compound(out, 0xc0, used, &body)
}

fn choice(names: &[&str], word: &str) -> Result<u8, String> {
    let at = names.iter().position(|name| *name == word);
    at.and_then(|at| u8::try_from(at).ok()).ok_or_else(|| format!("{word:?} is none of {names:?}"))
}

fn plain(out: &mut Vec<u8>, value: &Value) -> Encoded {
    match value {
        Value::Any => Err("`*` can only be expected".to_owned()),
        Value::Word(word) => Err(format!("what is {word:?}?")),
        Value::Null => fixed(out, 0x40, &[]),
        Value::Bool(flag) => fixed(out, if *flag { 0x41 } else { 0x42 }, &[]),
        Value::Number(n) => integer(out, IntKind::Int, *n),
        Value::Int(kind, n) => integer(out, *kind, *n),
        Value::Bits(name, bits) => fixed(out, bits_code(name), bits),
        Value::Char(code) => fixed(out, 0x73, &code.to_be_bytes()),
        Value::Timestamp(millis) => fixed(out, 0x83, &millis.to_be_bytes()),
        Value::Binary(octets) => variable(out, 0xa0, octets),
        Value::String(text) => variable(out, 0xa1, text.as_bytes()),
        Value::Symbol(text) => variable(out, 0xa3, text.as_bytes()),
        Value::List(items) => {
            let mut body = Vec::new();
            items.iter().try_for_each(|item| plain(&mut body, item))?;
            compound(out, 0xc0, items.len(), &body)
        }
        Value::Map(pairs) => {
            let mut body = Vec::new();
            for (key, value) in pairs {
                plain(&mut body, key)?;
                plain(&mut body, value)?;
            }
            compound(out, 0xc1, pairs.len() * 2, &body)
        }
        Value::Array(items) => array(out, items),
        Value::Described(descriptor, value) => {
            out.push(0);
            plain(out, descriptor)?;
            plain(out, value)
        }
        Value::Composite(record) => encode_record(out, record),
    }
}

fn bits_code(name: &str) -> u8 {
    match name {
        "float" => 0x72,
        "double" => 0x82,
        "decimal32" => 0x74,
        "decimal64" => 0x84,
        "decimal128" => 0x94,
        _ => 0x98,
    }
}

fn fixed(out: &mut Vec<u8>, code: u8, octets: &[u8]) -> Encoded {
    out.push(code);
    out.extend_from_slice(octets);
    Ok(())
}

fn integer(out: &mut Vec<u8>, kind: IntKind, n: i128) -> Encoded {
    let fault = |_| format!("{n} is no {}", kind.name());
    let (code, width) = match kind {
        IntKind::Ubyte => (0x50, u8::try_from(n).map(|_| 1).map_err(fault)?),
        IntKind::Ushort => (0x60, u16::try_from(n).map(|_| 2).map_err(fault)?),
        IntKind::Uint if n == 0 => (0x43, 0),
        IntKind::Uint if n < 256 => (0x52, u8::try_from(n).map(|_| 1).map_err(fault)?),
        IntKind::Uint => (0x70, u32::try_from(n).map(|_| 4).map_err(fault)?),
        IntKind::Ulong if n == 0 => (0x44, 0),
        IntKind::Ulong if n < 256 => (0x53, u8::try_from(n).map(|_| 1).map_err(fault)?),
        IntKind::Ulong => (0x80, u64::try_from(n).map(|_| 8).map_err(fault)?),
        IntKind::Byte => (0x51, i8::try_from(n).map(|_| 1).map_err(fault)?),
        IntKind::Short => (0x61, i16::try_from(n).map(|_| 2).map_err(fault)?),
        IntKind::Int => (0x71, i32::try_from(n).map(|_| 4).map_err(fault)?),
        IntKind::Long => (0x81, i64::try_from(n).map(|_| 8).map_err(fault)?),
    };
    let octets = n.to_be_bytes();
    fixed(out, code, octets.get(octets.len() - width..).unwrap_or_default())
}

fn variable(out: &mut Vec<u8>, code: u8, octets: &[u8]) -> Encoded {
    if let Ok(length) = u8::try_from(octets.len()) {
        out.extend_from_slice(&[code, length]);
    } else {
        out.push(code | 0x10);
        out.extend_from_slice(&length32(octets.len())?);
    }
    out.extend_from_slice(octets);
    Ok(())
}

fn length32(length: usize) -> Result<[u8; 4], String> {
    u32::try_from(length).map(u32::to_be_bytes).map_err(|_| "longer than 4 GiB".to_owned())
}

fn compound(out: &mut Vec<u8>, code: u8, count: usize, body: &[u8]) -> Encoded {
    match (u8::try_from(body.len() + 1), u8::try_from(count)) {
        (Ok(size), Ok(count)) => out.extend_from_slice(&[code, size, count]),
        _ => {
            out.push(code | 0x10);
            out.extend_from_slice(&length32(body.len() + 4)?);
            out.extend_from_slice(&length32(count)?);
        }
    }
    out.extend_from_slice(body);
    Ok(())
}

/// An array: the constructor of the first element serves all; an empty one is of symbols.
fn array(out: &mut Vec<u8>, items: &[Value]) -> Encoded {
    let mut body = Vec::new();
    let mut constructor = Vec::new();
    for item in items {
        let mut one = Vec::new();
        element(&mut one, item)?;
        let (this, rest) = one.split_first().ok_or("empty element")?;
        if constructor.is_empty() {
            constructor.push(*this);
        }
        if constructor.first() != Some(this) {
            return Err("array elements of several types".to_owned());
        }
        body.extend_from_slice(rest);
    }
    if constructor.is_empty() {
        constructor.push(0xa3);
    }
    constructor.extend_from_slice(&body);
    compound(out, 0xe0, items.len(), &constructor)
}

/// One array element in the form that every element of its type can take.
fn element(out: &mut Vec<u8>, value: &Value) -> Encoded {
    match value {
        Value::Bool(flag) => fixed(out, 0x56, &[u8::from(*flag)]),
        Value::Int(IntKind::Uint, n) => fixed(out, 0x70, &u32::try_from(*n).map_err(|_| "uint")?.to_be_bytes()),
        Value::Int(IntKind::Ulong, n) => fixed(out, 0x80, &u64::try_from(*n).map_err(|_| "ulong")?.to_be_bytes()),
        Value::Described(..) | Value::Composite(_) => Err("arrays of described types are raw hex only".to_owned()),
        other => plain(out, other),
    }
}
