//! Values in any valid form: each part in one of its encodings, picked at random (§1.6). Written from the tables of the
//! specification, without the codec.

use amqp_codec::{Bytes, Value};

/// The octets of a value in a form that depends on the seed.
pub(crate) fn in_any_form(value: &Value, seed: u64) -> Bytes {
    let mut writer = Writer { random: seed | 1, out: Vec::new() };
    writer.value(value);
    writer.out.into()
}

struct Writer {
    random: u64,
    out: Vec<u8>,
}

impl Writer {
    /// A number below `n`, from a xorshift generator.
    fn pick(&mut self, n: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) % n
    }

    /// One of the forms that are possible.
    fn one_of(&mut self, forms: &[(bool, &[u8])]) {
        let possible: Vec<&[u8]> = forms.iter().filter(|form| form.0).map(|form| form.1).collect();
        let form = self.pick(possible.len() as u64) as usize;
        self.out.extend_from_slice(possible[form]);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.out.push(0x40),
            Value::Boolean(true) => self.one_of(&[(true, &[0x41]), (true, &[0x56, 1])]),
            Value::Boolean(false) => self.one_of(&[(true, &[0x42]), (true, &[0x56, 0])]),
            Value::Uint(n) => self.unsigned(*n == 0, (0x43, 0x52, 0x70), &n.to_be_bytes()),
            Value::Ulong(n) => self.unsigned(*n == 0, (0x44, 0x53, 0x80), &n.to_be_bytes()),
            Value::Int(n) => self.signed(i8::try_from(*n).is_ok(), (0x54, 0x71), &n.to_be_bytes()),
            Value::Long(n) => self.signed(i8::try_from(*n).is_ok(), (0x55, 0x81), &n.to_be_bytes()),
            Value::Binary(octets) => self.variable((0xa0, 0xb0), octets),
            Value::String(text) => self.variable((0xa1, 0xb1), text.as_bytes()),
            Value::Symbol(text) => self.variable((0xa3, 0xb3), text.as_bytes()),
            Value::List(elements) if elements.is_empty() && self.pick(2) == 0 => self.out.push(0x45),
            Value::List(elements) => self.compound((0xc0, 0xd0), elements.iter()),
            Value::Map(map) => self.compound((0xc1, 0xd1), map.iter().flat_map(|(key, value)| [key, value])),
            Value::Array(array) => {
                let octets = crate::support::check::encode(&**array);
                let header = if octets[0] == 0xe0 { 3 } else { 9 };
                let elements = octets[header..].to_vec();
                self.sized((0xe0, 0xf0), array.len(), &elements);
            }
            Value::Described(described) => {
                self.out.push(0);
                self.value(&described.descriptor);
                self.value(&described.value);
            }
            // The types that have one form.
            _ => self.out.extend_from_slice(&crate::support::check::encode(value)),
        }
    }

    fn unsigned(&mut self, zero: bool, (code_0, small, wide): (u8, u8, u8), octets: &[u8]) {
        let (last, high) = octets.split_last().expect("not empty");
        let fits = high.iter().all(|octet| *octet == 0);
        self.one_of(&[(zero, &[code_0]), (fits, &[small, *last]), (true, &[&[wide], octets].concat())]);
    }

    fn signed(&mut self, fits: bool, (small, wide): (u8, u8), octets: &[u8]) {
        let last = octets.last().copied().unwrap_or_default();
        self.one_of(&[(fits, &[small, last]), (true, &[&[wide], octets].concat())]);
    }

    fn variable(&mut self, (short, long): (u8, u8), octets: &[u8]) {
        let size = (octets.len() as u32).to_be_bytes();
        self.one_of(&[(octets.len() < 256, &[short, size[3]]), (true, &[&[long], &size[..]].concat())]);
        self.out.extend_from_slice(octets);
    }

    fn compound<'a>(&mut self, codes: (u8, u8), elements: impl Iterator<Item = &'a Value>) {
        let outer = std::mem::take(&mut self.out);
        let mut count = 0;
        for element in elements {
            self.value(element);
            count += 1;
        }
        let body = std::mem::replace(&mut self.out, outer);
        self.sized(codes, count, &body);
    }

    /// A list, map or array: the size counts the count too.
    fn sized(&mut self, (short, long): (u8, u8), count: usize, body: &[u8]) {
        let (size8, size32) = (body.len() + 1, body.len() as u32 + 4);
        let fits = size8 < 256 && count < 256;
        let long = [&[long], &size32.to_be_bytes()[..], &(count as u32).to_be_bytes()].concat();
        self.one_of(&[(fits, &[short, size8 as u8, count as u8]), (true, &long)]);
        self.out.extend_from_slice(body);
    }
}
