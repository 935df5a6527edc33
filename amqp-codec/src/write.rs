//! Appending to the output: what all encoders have in common.

use alloc::vec::Vec;

/// Whether `len` more octets fit without another allocation.
#[inline(always)]
pub(crate) fn has_room(out: &Vec<u8>, len: usize) -> bool {
    // As `Vec` asks it, so that the compiler does not ask again.
    len <= out.capacity().wrapping_sub(out.len())
}

/// Appends octets whose number is known to the compiler.
///
/// The way through the allocator is a call in the last place: an encoder that
/// makes no other calls has no registers to save.
#[inline(always)]
pub(crate) fn put<const N: usize>(out: &mut Vec<u8>, octets: [u8; N]) {
    if has_room(out, N) {
        out.extend_from_slice(&octets);
    } else {
        put_and_grow(out, octets);
    }
}

// By value, so that the octets need no place in memory where there is room.
#[cold]
#[inline(never)]
fn put_and_grow<const N: usize>(out: &mut Vec<u8>, octets: [u8; N]) {
    out.extend_from_slice(&octets);
}

/// Appends a code and the data of a fixed width that follows it: `M` octets,
/// one more than `N`, in one write.
#[inline(always)]
pub(crate) fn put_constructed<const N: usize, const M: usize>(out: &mut Vec<u8>, code: u8, data: [u8; N]) {
    const { assert!(M == N + 1, "the code takes one octet") };
    let mut constructed = [code; M];
    if let Some(place) = constructed.last_chunk_mut() {
        *place = data;
    }
    put(out, constructed);
}
