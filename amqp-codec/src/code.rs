//! The format codes of the primitive types (§1.6), and what their high nibble
//! says about the octets that follow (§1.2).

/// The octet that begins a described value (§1.2).
pub const DESCRIBED: u8 = 0x00;
/// null (§1.6.1).
pub const NULL: u8 = 0x40;
/// boolean true, without data (§1.6.2).
pub const TRUE: u8 = 0x41;
/// boolean false, without data (§1.6.2).
pub const FALSE: u8 = 0x42;
/// boolean, one octet (§1.6.2).
pub const BOOLEAN: u8 = 0x56;
/// ubyte (§1.6.3).
pub const UBYTE: u8 = 0x50;
/// ushort (§1.6.4).
pub const USHORT: u8 = 0x60;
/// uint, four octets (§1.6.5).
pub const UINT: u8 = 0x70;
/// uint, one octet (§1.6.5).
pub const SMALL_UINT: u8 = 0x52;
/// uint zero, without data (§1.6.5).
pub const UINT_0: u8 = 0x43;
/// ulong, eight octets (§1.6.6).
pub const ULONG: u8 = 0x80;
/// ulong, one octet (§1.6.6).
pub const SMALL_ULONG: u8 = 0x53;
/// ulong zero, without data (§1.6.6).
pub const ULONG_0: u8 = 0x44;
/// byte (§1.6.7).
pub const BYTE: u8 = 0x51;
/// short (§1.6.8).
pub const SHORT: u8 = 0x61;
/// int, four octets (§1.6.9).
pub const INT: u8 = 0x71;
/// int, one octet (§1.6.9).
pub const SMALL_INT: u8 = 0x54;
/// long, eight octets (§1.6.10).
pub const LONG: u8 = 0x81;
/// long, one octet (§1.6.10).
pub const SMALL_LONG: u8 = 0x55;
/// float (§1.6.11).
pub const FLOAT: u8 = 0x72;
/// double (§1.6.12).
pub const DOUBLE: u8 = 0x82;
/// decimal32 (§1.6.13).
pub const DECIMAL32: u8 = 0x74;
/// decimal64 (§1.6.14).
pub const DECIMAL64: u8 = 0x84;
/// decimal128 (§1.6.15).
pub const DECIMAL128: u8 = 0x94;
/// char (§1.6.16).
pub const CHAR: u8 = 0x73;
/// timestamp (§1.6.17).
pub const TIMESTAMP: u8 = 0x83;
/// uuid (§1.6.18).
pub const UUID: u8 = 0x98;
/// binary of up to 255 octets (§1.6.19).
pub const BINARY_8: u8 = 0xa0;
/// binary (§1.6.19).
pub const BINARY_32: u8 = 0xb0;
/// string of up to 255 octets (§1.6.20).
pub const STRING_8: u8 = 0xa1;
/// string (§1.6.20).
pub const STRING_32: u8 = 0xb1;
/// symbol of up to 255 octets (§1.6.21).
pub const SYMBOL_8: u8 = 0xa3;
/// symbol (§1.6.21).
pub const SYMBOL_32: u8 = 0xb3;
/// empty list (§1.6.22).
pub const LIST_0: u8 = 0x45;
/// list of up to 255 octets (§1.6.22).
pub const LIST_8: u8 = 0xc0;
/// list (§1.6.22).
pub const LIST_32: u8 = 0xd0;
/// map of up to 255 octets (§1.6.23).
pub const MAP_8: u8 = 0xc1;
/// map (§1.6.23).
pub const MAP_32: u8 = 0xd1;
/// array of up to 255 octets (§1.6.24).
pub const ARRAY_8: u8 = 0xe0;
/// array (§1.6.24).
pub const ARRAY_32: u8 = 0xf0;

/// How many octets the data of a format code takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// Always this many.
    Fixed(u8),
    /// As many as a size of one octet says.
    Sized8,
    /// As many as a size of four octets says.
    Sized32,
}

/// The width of a format code's data; `None` for a code that the
/// specification does not assign, even where its nibble would tell.
pub(crate) const fn width(code: u8) -> Option<Width> {
    Some(match code {
        NULL | TRUE | FALSE | UINT_0 | ULONG_0 | LIST_0 => Width::Fixed(0),
        UBYTE | BYTE | SMALL_UINT | SMALL_ULONG | SMALL_INT | SMALL_LONG | BOOLEAN => Width::Fixed(1),
        USHORT | SHORT => Width::Fixed(2),
        UINT | INT | FLOAT | CHAR | DECIMAL32 => Width::Fixed(4),
        ULONG | LONG | DOUBLE | TIMESTAMP | DECIMAL64 => Width::Fixed(8),
        DECIMAL128 | UUID => Width::Fixed(16),
        BINARY_8 | STRING_8 | SYMBOL_8 | LIST_8 | MAP_8 | ARRAY_8 => Width::Sized8,
        BINARY_32 | STRING_32 | SYMBOL_32 | LIST_32 | MAP_32 | ARRAY_32 => Width::Sized32,
        _ => return None,
    })
}

/// By the code, how many octets a value takes with it, if it is of fixed width
/// and every choice of its octets is a value; zero if not.
#[expect(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler")]
pub(crate) const fn plain() -> [u8; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = match (code as u8, width(code as u8)) {
            (BOOLEAN | CHAR | LIST_0, _) => 0,
            (_, Some(Width::Fixed(width))) => width + 1,
            _ => 0,
        };
        code += 1;
    }
    table
}
