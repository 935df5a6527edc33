//! The elements of an array, as Rust values.

use alloc::vec::Vec;

use super::{ArrayError, CODES};
use crate::code;
use crate::codec::{Encode, Primitive};
use crate::decoder::Decoder;
use crate::error::DecodeError;
use crate::types::Value;
use crate::types::list::{ROOM, container_len, encode_header};

/// Reads an array of a primitive type, whose code has been read.
pub(in crate::types) fn decode_elements<T: Primitive>(
    code: u8,
    decoder: &mut Decoder<'_>,
) -> Result<Vec<T>, DecodeError> {
    let (outer, count) = decoder.enter(code, CODES, T::NAME)?;
    if count == 0 && decoder.is_empty() {
        decoder.leave(outer, T::NAME)?;
        return Ok(Vec::new());
    }
    let code = decoder.code(T::NAME)?;
    // Elements without octets are of no use in a field; one octet each at
    // least is what bounds the memory.
    let count = decoder.check_count(count, T::NAME)?;
    let mut elements = Vec::with_capacity(count.min(ROOM));
    for _ in 0..count {
        elements.push(T::decode_data(code, decoder)?);
    }
    decoder.leave(outer, T::NAME)?;
    Ok(elements)
}

/// The code that fits all elements.
fn element_code<T: Primitive>(elements: &[T]) -> u8 {
    let codes = elements.iter().map(Primitive::element_code);
    codes.max().unwrap_or(T::WIDEST)
}

/// Appends the constructor and the data of all elements.
pub(super) fn encode_body<T: Primitive>(elements: &[T], out: &mut Vec<u8>) {
    let code = element_code(elements);
    out.reserve(body_len(elements, code));
    encode_all(elements, code, out);
}

fn encode_all<T: Primitive>(elements: &[T], code: u8, out: &mut Vec<u8>) {
    out.push(code);
    for element in elements {
        element.encode_data(code, out);
    }
}

/// The length of an array of these elements.
pub(in crate::types) fn elements_len<T: Primitive>(elements: &[T]) -> usize {
    container_len(elements.len(), body_len(elements, element_code(elements)))
}

/// The length of the constructor and the data of all elements.
fn body_len<T: Primitive>(elements: &[T], code: u8) -> usize {
    elements.iter().fold(1, |len, element| len.saturating_add(element.data_len(code)))
}

/// Appends an array of these elements.
pub(in crate::types) fn encode_elements<T: Primitive>(elements: &[T], out: &mut Vec<u8>) {
    let code = element_code(elements);
    encode_header(out, CODES, elements.len(), body_len(elements, code));
    encode_all(elements, code, out);
}

/// Appends the constructor and the data of all `values`.
pub(super) fn encode_values(values: &[&Value], out: &mut Vec<u8>) -> Result<(), ArrayError> {
    let first = values.first().ok_or(ArrayError::Empty)?;
    if let Value::Described(outer) = first {
        out.push(code::DESCRIBED);
        outer.descriptor.encode(out);
        let inner = values.iter().map(|value| match value {
            Value::Described(other) if other.descriptor == outer.descriptor => Some(&other.value),
            _ => None,
        });
        let inner: Option<Vec<&Value>> = inner.collect();
        return encode_values(&inner.ok_or(ArrayError::Mixed)?, out);
    }
    if values.iter().any(|value| value.type_name() != first.type_name()) {
        return Err(ArrayError::Mixed);
    }
    let codes = values.iter().map(|value| value.element_code());
    let code = codes.max().unwrap_or(code::NULL);
    out.push(code);
    for value in values {
        value.encode_data(code, out);
    }
    Ok(())
}
