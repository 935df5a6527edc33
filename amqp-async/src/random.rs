//! What SASL mechanisms need of randomness: a nonce for each connection, and a secret that lasts as long as the process.
//! Both come from the operating system; where that has none to give, mechanisms that need one fail.

use amqp_proto::{SaslClient, SaslListener};
use std::sync::OnceLock;

/// Octets of a nonce.
const NONCE: usize = 24;

pub(crate) fn for_client(sasl: SaslClient) -> SaslClient {
    sasl.nonce(nonce())
}

pub(crate) fn for_listener(sasl: SaslListener) -> SaslListener {
    static SECRET: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    let sasl = sasl.nonce(nonce());
    match SECRET.get_or_init(octets) {
        Some(secret) if !sasl.has_secret() => sasl.secret(secret.to_vec()),
        Some(_) | None => sasl,
    }
}

/// As hexadecimal text; empty if there is none.
fn nonce() -> String {
    octets::<NONCE>().map_or_else(String::new, |octets| octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

fn octets<const N: usize>() -> Option<[u8; N]> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).ok().map(|()| octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_nonce_is_used_twice() {
        let (one, other) = (nonce(), nonce());
        assert_eq!((one.len(), other.len()), (2 * NONCE, 2 * NONCE));
        assert_ne!(one, other);
    }
}
