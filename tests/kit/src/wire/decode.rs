//! Octets to values (§1.6), with every encoding of every type.

use super::tables::{Kind, Table, by_descriptor, is_default};
use super::value::{IntKind, Record, Value};

type Decoded<T> = Result<T, String>;

/// How deep values may nest: the recursion is bounded by this, not by the input.
const DEPTH: u8 = 64;

/// Decodes one value and says how many octets it took.
///
/// # Errors
/// What is wrong, in words.
pub fn decode(octets: &[u8]) -> Decoded<(Value, usize)> {
    let mut cursor = Cursor { octets, at: 0 };
    let value = cursor.value(DEPTH)?;
    Ok((value, cursor.at))
}

/// Decodes one composite with a known table and says how many octets it took.
///
/// # Errors
/// What is wrong, in words.
pub fn decode_composite(octets: &[u8]) -> Decoded<(Record, usize)> {
    match decode(octets)? {
        (Value::Composite(record), used) => Ok((record, used)),
        (other, _) => Err(format!("no composite of the specification: {other:?}")),
    }
}

struct Cursor<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Decoded<&'a [u8]> {
        let end = self.at.checked_add(count).ok_or("size overflows")?;
        let taken = self.octets.get(self.at..end).ok_or_else(|| format!("cut off at octet {}", self.at))?;
        self.at = end;
        Ok(taken)
    }

    fn unsigned(&mut self, width: usize) -> Decoded<u64> {
        Ok(self.take(width)?.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet)))
    }

    fn signed(&mut self, width: usize) -> Decoded<i128> {
        let bits = 64 - 8 * u32::try_from(width).map_err(|_| "width")?;
        Ok(i128::from((self.unsigned(width)? << bits) as i64 >> bits))
    }

    fn length(&mut self, width: usize) -> Decoded<usize> {
        usize::try_from(self.unsigned(width)?).map_err(|_| "size overflows".to_owned())
    }

    fn value(&mut self, depth: u8) -> Decoded<Value> {
        let depth = depth.checked_sub(1).ok_or("nested too deep")?;
        let code = self.unsigned(1)?;
        if code != 0 {
            return self.of_code(code, depth);
        }
        let descriptor = self.value(depth)?;
        let value = self.value(depth)?;
        Ok(match (by_descriptor(&descriptor), value) {
            (Some(table), Value::List(items)) => Value::Composite(shape(table, items)?),
            (_, value) => Value::Described(Box::new(descriptor), Box::new(value)),
        })
    }

    fn of_code(&mut self, code: u64, depth: u8) -> Decoded<Value> {
        Ok(match code {
            0x40 => Value::Null,
            0x41 | 0x42 => Value::Bool(code == 0x41),
            0x56 => Value::Bool(self.unsigned(1)? == 1),
            0x43 => Value::Int(IntKind::Uint, 0),
            0x44 => Value::Int(IntKind::Ulong, 0),
            0x50 => Value::Int(IntKind::Ubyte, self.unsigned(1)?.into()),
            0x51 => Value::Int(IntKind::Byte, self.signed(1)?),
            0x52 => Value::Int(IntKind::Uint, self.unsigned(1)?.into()),
            0x53 => Value::Int(IntKind::Ulong, self.unsigned(1)?.into()),
            0x54 => Value::Int(IntKind::Int, self.signed(1)?),
            0x55 => Value::Int(IntKind::Long, self.signed(1)?),
            0x60 => Value::Int(IntKind::Ushort, self.unsigned(2)?.into()),
            0x61 => Value::Int(IntKind::Short, self.signed(2)?),
            0x70 => Value::Int(IntKind::Uint, self.unsigned(4)?.into()),
            0x71 => Value::Int(IntKind::Int, self.signed(4)?),
            0x80 => Value::Int(IntKind::Ulong, self.unsigned(8)?.into()),
            0x81 => Value::Int(IntKind::Long, self.signed(8)?),
            0x72 => Value::Bits("float", self.take(4)?.to_vec()),
            0x82 => Value::Bits("double", self.take(8)?.to_vec()),
            0x74 => Value::Bits("decimal32", self.take(4)?.to_vec()),
            0x84 => Value::Bits("decimal64", self.take(8)?.to_vec()),
            0x94 => Value::Bits("decimal128", self.take(16)?.to_vec()),
            0x98 => Value::Bits("uuid", self.take(16)?.to_vec()),
            0x73 => Value::Char(u32::try_from(self.unsigned(4)?).map_err(|_| "char")?),
            0x83 => Value::Timestamp(self.unsigned(8)? as i64),
            _ => return self.variable(code, depth),
        })
    }

    fn variable(&mut self, code: u64, depth: u8) -> Decoded<Value> {
        let width = if code & 0x10 == 0 { 1 } else { 4 };
        if code == 0x45 {
            return Ok(Value::List(Vec::new()));
        }
        let size = self.length(width)?;
        let octets = self.take(size)?;
        let mut inner = Cursor { octets, at: 0 };
        match code {
            0xa0 | 0xb0 => Ok(Value::Binary(octets.to_vec())),
            0xa1 | 0xb1 => Ok(Value::String(text(octets)?)),
            0xa3 | 0xb3 => Ok(Value::Symbol(text(octets)?)),
            0xc0 | 0xd0 => Ok(Value::List(inner.items(width, depth)?)),
            0xc1 | 0xd1 => pairs(inner.items(width, depth)?),
            0xe0 | 0xf0 => inner.array(width, depth),
            _ => Err(format!("unknown format code {code:#04x}")),
        }
    }

    fn items(&mut self, width: usize, depth: u8) -> Decoded<Vec<Value>> {
        let count = self.length(width)?;
        let items = (0..count).map(|_| self.value(depth)).collect::<Decoded<Vec<_>>>()?;
        if self.at == self.octets.len() { Ok(items) } else { Err("octets left over in a compound".to_owned()) }
    }

    fn array(&mut self, width: usize, depth: u8) -> Decoded<Value> {
        let count = self.length(width)?;
        let mut descriptors = Vec::new();
        let mut code = self.unsigned(1)?;
        while code == 0 {
            descriptors.push(self.value(depth)?);
            code = self.unsigned(1)?;
        }
        if count > 100_000 {
            return Err(format!("array of {count} elements"));
        }
        let element = |cursor: &mut Self| {
            let value = cursor.of_code(code, depth)?;
            let describe = |value, descriptor: &Value| Value::Described(Box::new(descriptor.clone()), Box::new(value));
            Ok(descriptors.iter().rev().fold(value, describe))
        };
        (0..count).map(|_| element(self)).collect::<Decoded<Vec<_>>>().map(Value::Array)
    }
}

fn text(octets: &[u8]) -> Decoded<String> {
    String::from_utf8(octets.to_vec()).map_err(|_| "not UTF-8".to_owned())
}

fn pairs(items: Vec<Value>) -> Decoded<Value> {
    let mut pairs = Vec::with_capacity(items.len() / 2);
    let mut items = items.into_iter();
    while let Some(key) = items.next() {
        pairs.push((key, items.next().ok_or("map with an odd count")?));
    }
    Ok(Value::Map(pairs))
}

/// Gives a list's items the names of the table's fields; a field that says its default is left out.
fn shape(table: &'static Table, items: Vec<Value>) -> Decoded<Record> {
    if items.len() > table.fields.len() {
        return Err(format!("{} has {} fields, not {}", table.name, table.fields.len(), items.len()));
    }
    let mut record = Record::new(table.name);
    for ((name, kind), item) in table.fields.iter().zip(items) {
        let value = shape_field(*kind, item);
        if !is_default(table.name, name, &value) {
            record.fields.push(((*name).to_owned(), value));
        }
    }
    Ok(record)
}

/// A field in the form its table gives it; what does not fit the table keeps its type, so that a difference shows.
fn shape_field(kind: Kind, value: Value) -> Value {
    let word = |names: &[&str], n: i128| {
        let name = usize::try_from(n).ok().and_then(|n| names.get(n));
        name.map_or(Value::Number(n), |name| Value::Word((*name).to_owned()))
    };
    match (kind, value) {
        (Kind::Flag(names), Value::Bool(flag)) => word(&names, flag.into()),
        (Kind::Choice(names), Value::Int(IntKind::Ubyte, n)) => word(names, n),
        (Kind::Ushort, Value::Int(IntKind::Ushort, n))
        | (Kind::Uint, Value::Int(IntKind::Uint, n))
        | (Kind::Ulong, Value::Int(IntKind::Ulong, n)) => Value::Number(n),
        (Kind::Syms, Value::Array(items)) => Value::List(items),
        (Kind::Syms, symbol @ Value::Symbol(_)) => Value::List(vec![symbol]),
        (_, value) => value,
    }
}
