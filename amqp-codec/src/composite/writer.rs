//! Writing the fields of a composite.

use alloc::vec::Vec;

use crate::code;
use crate::codec::Encode;
use crate::types::list::{HEADER_8, container_len, short_head, widen};
use crate::write::{has_room, put};

/// Takes the fields of a composite one after another: to write them, or to
/// count their octets.
pub trait FieldSink {
    /// A field without a value, or with its default.
    fn null(&mut self);
    /// A field.
    fn field<T: Encode>(&mut self, value: &T);
}

/// Whether there is no room for what [`ListWriter`] writes first: descriptor, and what stands
/// before the fields of a list8.
#[inline(always)]
pub fn is_tight(out: &Vec<u8>, descriptor: u64) -> bool {
    !has_room(out, head_len(descriptor))
}

pub(super) const fn head_len(descriptor: u64) -> usize {
    if descriptor <= 0xff { 6 } else { 13 }
}

/// Appends what tells of which type a value is (§1.2).
pub(super) fn put_descriptor(descriptor: u64, out: &mut Vec<u8>) {
    match u8::try_from(descriptor) {
        Ok(small) => put(out, [code::DESCRIBED, code::SMALL_ULONG, small]),
        Err(_) => {
            out.push(code::DESCRIBED);
            descriptor.encode(out);
        }
    }
}

/// Makes such room, unless the whole composite takes less: then it is appended. Whether it was.
#[cold]
#[inline(never)]
pub fn encode_tight(composite: &impl Encode, descriptor: u64, out: &mut Vec<u8>) -> bool {
    if composite.encoded_len() < head_len(descriptor) {
        put_descriptor(descriptor, out);
        out.push(code::LIST_0);
        return true;
    }
    out.reserve(head_len(descriptor));
    false
}

/// Writes a described list (§1.4), without the nulls at its end.
///
/// Writes a list8 and patches size and count in when they are known; only a
/// list that turns out longer is moved to make room for a list32.
#[derive(Debug)]
pub struct ListWriter<'a> {
    out: &'a mut Vec<u8>,
    /// Where the list begins.
    start: usize,
    /// Fields so far, and fields written; between them are nulls that are
    /// only written if a value follows.
    fields: usize,
    written: usize,
}

impl<'a> ListWriter<'a> {
    /// Writes the descriptor.
    #[inline(always)]
    pub fn new(out: &'a mut Vec<u8>, descriptor: u64) -> Self {
        const LIST: u8 = code::LIST_8;
        let start = out.len().saturating_add(head_len(descriptor)).saturating_sub(HEADER_8);
        if let Ok(small) = u8::try_from(descriptor) {
            put(out, [code::DESCRIBED, code::SMALL_ULONG, small, LIST, 0, 0]);
        } else {
            out.push(code::DESCRIBED);
            descriptor.encode(out);
            out.extend_from_slice(&[LIST, 0, 0]);
        }
        Self { out, start, fields: 0, written: 0 }
    }

    /// Completes the list.
    #[inline(always)]
    pub fn finish(self) {
        let list = self.out.get_mut(self.start..).and_then(<[u8]>::split_first_chunk_mut);
        debug_assert!(list.is_some(), "the head has been written");
        let Some((head, fields)) = list else {
            return;
        };
        match short_head(code::LIST_8, self.written, fields.len()) {
            Some(_) if self.written == 0 => {
                self.out.truncate(self.start);
                self.out.push(code::LIST_0);
            }
            Some(short) => *head = short,
            None => widen(self.out, self.start.saturating_add(HEADER_8), code::LIST_32, self.written),
        }
    }
}

impl FieldSink for ListWriter<'_> {
    #[inline(always)]
    fn null(&mut self) {
        self.fields = self.fields.saturating_add(1);
    }

    #[inline(always)]
    fn field<T: Encode>(&mut self, value: &T) {
        if value.is_null() {
            return self.null();
        }
        while self.written < self.fields {
            put(self.out, [code::NULL]);
            self.written = self.written.saturating_add(1);
        }
        value.encode(self.out);
        self.fields = self.fields.saturating_add(1);
        self.written = self.fields;
    }
}

/// Counts the octets of a described list.
#[derive(Debug)]
pub struct ListLength {
    descriptor: u64,
    fields: usize,
    count: usize,
    len: usize,
    end: usize,
}

impl ListLength {
    /// Nothing yet.
    #[inline(always)]
    pub fn new(descriptor: u64) -> Self {
        Self { descriptor, fields: 0, count: 0, len: 0, end: 0 }
    }

    /// The length of the whole described list.
    #[inline(always)]
    pub fn finish(self) -> usize {
        let descriptor = head_len(self.descriptor).saturating_sub(HEADER_8);
        descriptor.saturating_add(list_len(self.count, self.end))
    }
}

/// The length of a list with this many octets of elements.
#[inline]
pub(crate) fn list_len(count: usize, body_len: usize) -> usize {
    if count == 0 { 1 } else { container_len(count, body_len) }
}

impl FieldSink for ListLength {
    #[inline(always)]
    fn null(&mut self) {
        self.fields = self.fields.saturating_add(1);
        self.len = self.len.saturating_add(1);
    }

    #[inline(always)]
    fn field<T: Encode>(&mut self, value: &T) {
        if value.is_null() {
            return self.null();
        }
        self.fields = self.fields.saturating_add(1);
        self.len = self.len.saturating_add(value.encoded_len());
        self.count = self.fields;
        self.end = self.len;
    }
}
