//! SCRAM (RFC 5802, RFC 7677): the client proves that it knows the password, the server that it knows what is derived
//! from it, and neither says it. Without channel binding.
//!
//! [`hash`] is the arithmetic, [`message`] the four messages; [`client`] and [`listener`] are the two sides.
//!
//! User names and passwords are taken as given. SASLprep (RFC 4013) is applied as far as ASCII goes: nothing to
//! change, control characters refused. Text that is not ASCII and that it would change (compatibility characters,
//! combining accents, odd spaces) has to be prepared by the caller.

mod client;
mod hash;
mod listener;
mod message;

pub use client::Scram;
pub use hash::{ScramCredential, ScramHash};
pub use listener::ScramListener;

use super::{Exposure, MechanismError};

/// Fewer iterations than any server may ask for (RFC 5802 §5.1).
const MIN_ITERATIONS: u32 = 4096;

/// A nonce that is shorter can be guessed.
const MIN_NONCE: usize = 16;

/// Whether this can be a nonce: printable, no comma (RFC 5802 §7).
fn is_nonce(text: &str) -> bool {
    text.bytes().all(|octet| matches!(octet, 0x21..=0x2b | 0x2d..=0x7e))
}

fn checked_nonce(text: &str) -> Result<&str, MechanismError> {
    if text.len() >= MIN_NONCE && is_nonce(text) {
        Ok(text)
    } else {
        Err(MechanismError::Failed("SCRAM needs a nonce of at least 16 printable characters without comma"))
    }
}

#[cfg(test)]
mod tests;
