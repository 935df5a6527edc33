//! A password that does not show, and is not left in memory.

use alloc::string::String;
use alloc::vec::Vec;
use bytes::Bytes;
use core::fmt;
use core::hint::black_box;

/// Octets that appear in no `Debug` output and are overwritten, as best safe code can, when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The octets themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Compares without telling by its duration where the first difference is. The lengths are no secret.
    #[must_use]
    pub fn matches(&self, other: &[u8]) -> bool {
        let difference = self.0.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b));
        self.0.len() == other.len() && black_box(difference) == 0
    }

    /// The octets for the wire, or from it: overwritten like the secret itself, once nobody holds a part of them. Only
    /// their `Debug` is not to be trusted.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(Wiped(self))
    }
}

/// What `Bytes` asks of an owner, which a secret should not have for everybody.
struct Wiped(Secret);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0.0
    }
}

impl From<Vec<u8>> for Secret {
    fn from(octets: Vec<u8>) -> Self {
        Self(octets)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into_bytes())
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
