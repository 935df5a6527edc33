//! What all maps in a message share: an ordered list of entries with distinct keys.

use alloc::vec::Vec;
use core::fmt;

use super::section::{DESCRIPTOR_LEN, Section};
use crate::types::list::{fits_short, patch, widen, wire_octet};
use crate::types::{check_keys, decode_entries, entries_len};
use crate::write::put;
use crate::{Decode, DecodeError, Decoder, Encode, code};

/// How many entries are made room for at the first: maps of a message hold a handful.
const ROOM: usize = 8;

/// Sets the value of a key; returns the value that it had.
pub(super) fn insert<K: PartialEq, V>(entries: &mut Vec<(K, V)>, key: K, value: V) -> Option<V> {
    if let Some((_, held)) = entries.iter_mut().find(|(held, _)| *held == key) {
        return Some(core::mem::replace(held, value));
    }
    if entries.is_empty() {
        entries.reserve(ROOM);
    }
    entries.push((key, value));
    None
}

/// Formats entries as a map.
pub(super) fn debug<K: fmt::Debug, V: fmt::Debug>(entries: &[(K, V)], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_map().entries(entries.iter().map(|(key, value)| (key, value))).finish()
}

/// The length of a section that is a map of these entries.
pub(super) fn section_len<K: Encode, V: Encode>(entries: &[(K, V)]) -> usize {
    entries_len(entries).saturating_add(DESCRIPTOR_LEN)
}

/// Appends a section that is a map of these entries.
///
/// Writes a map8 and patches size and count in when they are known; only a map that turns out
/// longer is moved to make room for a map32.
#[inline]
pub(super) fn encode_section<K: Encode, V: Encode>(section: Section, entries: &[(K, V)], out: &mut Vec<u8>) {
    let [described, small, descriptor] = section.descriptor_octets();
    put(out, [described, small, descriptor, code::MAP_8, 0, 0]);
    let body = out.len();
    for (key, value) in entries {
        key.encode(out);
        value.encode(out);
    }
    let len = out.len().saturating_sub(body);
    let count = entries.len().saturating_mul(2);
    if fits_short(count, len) {
        let header = [wire_octet(len.saturating_add(1)), wire_octet(count)];
        patch(out, body.saturating_sub(2), header);
    } else {
        widen(out, body, code::MAP_32, count);
    }
}

/// Reads the map that a section consists of, and refuses equal keys; the descriptor has been read.
pub(super) fn decode_map<K: Decode + Ord, V: Decode>(
    section: Section,
    decoder: &mut Decoder<'_>,
) -> Result<Vec<(K, V)>, DecodeError> {
    decode_distinct(decoder).map_err(|error| error.in_section(section))
}

fn decode_distinct<K: Decode + Ord, V: Decode>(decoder: &mut Decoder<'_>) -> Result<Vec<(K, V)>, DecodeError> {
    const NAME: &str = "map";
    let code = decoder.code(NAME)?;
    let entries = decode_entries(code, decoder, NAME)?;
    check_keys(&entries, decoder, NAME)?;
    Ok(entries)
}
