//! The floor: octets in the shape of transfer and disposition frames, at fixed offsets. There is no open, no flow, no
//! state: it is what the machine costs for the same octets, not a protocol. The receiver reads nothing but the frames'
//! sizes and the one octet that says whether more of the body comes.

/// Octets of a transfer frame before the body: header, performative and head of a data section.
pub const HEAD: usize = 37;

/// Where a transfer frame says whether it is settled, and whether more frames of its body follow.
pub const SETTLED: usize = 27;
/// See [`SETTLED`].
pub const MORE: usize = 28;

/// Octets of a disposition frame, and where it has the first and the last delivery-id.
pub const DISPOSITION: usize = 31;
/// See [`DISPOSITION`].
pub const FIRST: usize = 16;
/// See [`DISPOSITION`].
pub const LAST: usize = 21;

/// `true` as the floor's frames have it.
pub const YES: u8 = 0x41;
const NO: u8 = 0x42;

/// Appends the head of a transfer of `part` octets of a body of `whole`.
pub fn transfer(out: &mut Vec<u8>, whole: usize, part: usize, id: u32, settled: bool, more: bool) {
    let flag = |yes| if yes { YES } else { NO };
    out.extend_from_slice(&((HEAD + part) as u32).to_be_bytes());
    out.extend_from_slice(&[2, 0, 0, 0, 0, 0x53, 0x14, 0xc0, 16, 6, 0x43, 0x70]);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&[0xa0, 4]);
    out.extend_from_slice(&id.to_be_bytes());
    out.extend_from_slice(&[0x43, flag(settled), flag(more), 0, 0x53, 0x75, 0xb0]);
    out.extend_from_slice(&(whole as u32).to_be_bytes());
}

/// A disposition: `first` to `last` are accepted and settled.
#[must_use]
pub fn disposition(first: u32, last: u32) -> Vec<u8> {
    let mut out = (DISPOSITION as u32).to_be_bytes().to_vec();
    out.extend_from_slice(&[2, 0, 0, 0, 0, 0x53, 0x15, 0xc0, 17, 5, YES, 0x70]);
    out.extend_from_slice(&first.to_be_bytes());
    out.push(0x70);
    out.extend_from_slice(&last.to_be_bytes());
    out.extend_from_slice(&[YES, 0, 0x53, 0x24, 0x45, 0]);
    out
}

/// The number that is at an offset of a frame, big-endian.
#[must_use]
pub fn number(frame: &[u8], at: usize) -> u32 {
    frame[at..].first_chunk().map_or(0, |octets| u32::from_be_bytes(*octets))
}
