//! Writing the fields of a composite that is seldom written: one function for all such types.

use alloc::vec::Vec;

use super::writer::{head_len, list_len, put_descriptor};
use crate::code;
use crate::codec::Encode;
use crate::types::list::{HEADER_8, begin_container, finish_container};
use crate::write::put;

/// What a field is written as, whatever its type.
pub trait Element {
    /// How many octets [`put`](Self::put) appends.
    fn size(&self) -> usize;
    /// Appends the value.
    fn put(&self, out: &mut Vec<u8>);
}

impl<T: Encode> Element for T {
    #[inline(never)]
    fn size(&self) -> usize {
        self.encoded_len()
    }

    #[inline(never)]
    fn put(&self, out: &mut Vec<u8>) {
        self.encode(out);
    }
}

/// A field, unless it has no value.
#[inline(always)]
pub fn element<T: Encode>(value: &T) -> Option<&dyn Element> {
    if value.is_null() { None } else { Some(value) }
}

/// The fields without the nulls at their end.
fn written<'f, 'e>(fields: &'f [Option<&'e dyn Element>]) -> &'f [Option<&'e dyn Element>] {
    let last = fields.iter().rposition(Option::is_some);
    last.and_then(|last| fields.get(..=last)).unwrap_or_default()
}

/// How many octets [`encode_fields`] appends.
#[inline(never)]
pub fn fields_len(descriptor: u64, fields: &[Option<&dyn Element>]) -> usize {
    let fields = written(fields);
    let len = fields.iter().fold(0_usize, |len, field| len.saturating_add(field.map_or(1, Element::size)));
    head_len(descriptor).saturating_sub(HEADER_8).saturating_add(list_len(fields.len(), len))
}

/// Appends a described list of the fields (§1.4), without the nulls at their end.
#[inline(never)]
pub fn encode_fields(descriptor: u64, fields: &[Option<&dyn Element>], out: &mut Vec<u8>) {
    put_descriptor(descriptor, out);
    let fields = written(fields);
    if fields.is_empty() {
        return out.push(code::LIST_0);
    }
    let start = begin_container(out);
    for field in fields {
        match field {
            Some(value) => value.put(out),
            None => put(out, [code::NULL]),
        }
    }
    finish_container(out, start, (code::LIST_8, code::LIST_32), fields.len());
}
