//! Octets out of text.

use core::str::FromStr;

use super::Uuid;

/// Text that is not a uuid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a uuid is 32 hexadecimal digits, in groups of 8-4-4-4-12 or in one")]
pub struct UuidError;

/// Hexadecimal digits of either case, hyphenated as [`Display`](core::fmt::Display) writes them,
/// or without any hyphen.
///
/// ```
/// use amqp_codec::Uuid;
///
/// let uuid: Uuid = "67e55044-10b1-426f-9247-bb680e5fe0c8".parse()?;
/// assert_eq!("67E5504410B1426F9247BB680E5FE0C8".parse(), Ok(uuid));
/// assert!("67e55044-10b1-426f-9247".parse::<Uuid>().is_err());
/// # Ok::<(), amqp_codec::types::UuidError>(())
/// ```
impl FromStr for Uuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Self, UuidError> {
        if let Some(octets) = from_hex(text) {
            return Ok(Self(octets));
        }
        let mut digits = [0; 32];
        let mut places = digits.iter_mut();
        for (index, digit) in text.bytes().enumerate() {
            match (digit, matches!(index, 8 | 13 | 18 | 23)) {
                (b'-', true) => {}
                (_, true) | (b'-', false) => return Err(UuidError),
                (digit, false) => *places.next().ok_or(UuidError)? = digit,
            }
        }
        let digits = core::str::from_utf8(&digits).map_err(|_| UuidError)?;
        from_hex(digits).map(Self).ok_or(UuidError)
    }
}

/// `N` octets out of twice as many hexadecimal digits.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut octets = [0; N];
    let mut digits = text.bytes();
    for octet in &mut octets {
        *octet = nibble(digits.next()?)? << 4 | nibble(digits.next()?)?;
    }
    digits.next().is_none().then_some(octets)
}

fn nibble(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn text_and_back() {
        let uuid = Uuid([0x0f, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xf0]);
        assert_eq!(uuid.to_string().parse(), Ok(uuid));
        assert_eq!(uuid.to_string().replace('-', "").parse(), Ok(uuid));
    }

    #[test]
    fn nothing_else_is_a_uuid() {
        let uuid = Uuid([0x11; 16]).to_string();
        let mut wrong =
            std::vec![std::string::String::new(), uuid[1..].into(), uuid.clone() + "1", uuid.replace("1-1", "11-")];
        wrong.extend(["g", "é", "+", "-", " "].map(|other| uuid.replacen('1', other, 1)));
        for text in wrong {
            assert_eq!(text.parse::<Uuid>(), Err(UuidError), "{text}");
        }
    }
}
