//! The arithmetic of SCRAM (RFC 5802 §2.2, §3) over each of its hashes, and what a server stores of a password.

use crate::Secret;
use alloc::vec;
use alloc::vec::Vec;
use hmac::Hmac;
use hmac::digest::{Digest, FixedOutput, KeyInit, Mac, Update};
use sha1::Sha1;
use sha2::{Sha256, Sha512};

/// The hash of a SCRAM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScramHash {
    /// SCRAM-SHA-1 (RFC 5802).
    Sha1,
    /// SCRAM-SHA-256 (RFC 7677).
    Sha256,
    /// SCRAM-SHA-512, as the others with SHA-512.
    Sha512,
}

/// What a server stores of a password: enough to check a proof, not enough to make one (RFC 5802 §3).
#[derive(Clone, Debug)]
pub struct ScramCredential {
    /// Random octets, others for each user.
    pub salt: Vec<u8>,
    /// How often the password was hashed; at least 4096, or clients refuse.
    pub iterations: u32,
    /// The hash of the client's key.
    pub stored_key: Secret,
    /// The key by which the server proves itself.
    pub server_key: Secret,
}

impl ScramCredential {
    /// What is to be stored of a password. `salt` should be 16 random octets or more, `iterations` at least 4096, and
    /// this takes as long as they make it: derive when the password is set, not when somebody logs in, or the time
    /// tells who exists.
    #[must_use]
    pub fn derive(hash: ScramHash, password: impl Into<Secret>, salt: impl Into<Vec<u8>>, iterations: u32) -> Self {
        let salt = salt.into();
        let keys = Keys::derive(hash, &password.into(), &salt, iterations);
        Self { salt, iterations, stored_key: keys.stored, server_key: keys.server }
    }
}

/// All keys that follow from a password.
pub(super) struct Keys {
    pub(super) client: Secret,
    pub(super) stored: Secret,
    pub(super) server: Secret,
}

impl Keys {
    pub(super) fn derive(hash: ScramHash, password: &Secret, salt: &[u8], iterations: u32) -> Self {
        let salted = hash.hi(password.expose(), salt, iterations);
        let client = hash.hmac(&salted, &[b"Client Key"]);
        let stored = hash.h(client.expose());
        let server = hash.hmac(&salted, &[b"Server Key"]);
        Self { client, stored, server }
    }
}

impl ScramHash {
    /// The registered name of the mechanism.
    pub(crate) fn mechanism(self) -> &'static str {
        match self {
            ScramHash::Sha1 => "SCRAM-SHA-1",
            ScramHash::Sha256 => "SCRAM-SHA-256",
            ScramHash::Sha512 => "SCRAM-SHA-512",
        }
    }

    /// Octets of a hash.
    fn size(self) -> usize {
        match self {
            ScramHash::Sha1 => 20,
            ScramHash::Sha256 => 32,
            ScramHash::Sha512 => 64,
        }
    }

    /// H(text)
    pub(super) fn h(self, text: &[u8]) -> Secret {
        match self {
            ScramHash::Sha1 => h::<Sha1>(text),
            ScramHash::Sha256 => h::<Sha256>(text),
            ScramHash::Sha512 => h::<Sha512>(text),
        }
    }

    /// HMAC(key, text), the text in parts.
    pub(super) fn hmac(self, key: &Secret, text: &[&[u8]]) -> Secret {
        match self {
            ScramHash::Sha1 => hmac::<Hmac<Sha1>>(key, text),
            ScramHash::Sha256 => hmac::<Hmac<Sha256>>(key, text),
            ScramHash::Sha512 => hmac::<Hmac<Sha512>>(key, text),
        }
    }

    /// Hi(password, salt, iterations)
    fn hi(self, password: &[u8], salt: &[u8], iterations: u32) -> Secret {
        let size = self.size();
        match self {
            ScramHash::Sha1 => hi::<Hmac<Sha1>>(password, salt, iterations, size),
            ScramHash::Sha256 => hi::<Hmac<Sha256>>(password, salt, iterations, size),
            ScramHash::Sha512 => hi::<Hmac<Sha512>>(password, salt, iterations, size),
        }
    }
}

fn h<D: Digest>(text: &[u8]) -> Secret {
    Secret::from(D::digest(text).to_vec())
}

/// An HMAC takes keys of any length, so the empty result is none that is ever seen.
fn hmac<M: Mac + KeyInit>(key: &Secret, text: &[&[u8]]) -> Secret {
    let Ok(mut mac) = M::new_from_slice(key.expose()) else { return Secret::from(Vec::new()) };
    text.iter().for_each(|part| Mac::update(&mut mac, part));
    Secret::from(mac.finalize().into_bytes().to_vec())
}

fn hi<M>(password: &[u8], salt: &[u8], iterations: u32, size: usize) -> Secret
where
    M: KeyInit + Update + FixedOutput + Clone,
{
    let mut salted = vec![0; size];
    // as with hmac
    let _ = pbkdf2::pbkdf2::<M>(password, salt, iterations.max(1), &mut salted);
    Secret::from(salted)
}

/// a XOR b, as long as the shorter one.
pub(super) fn xor(a: &[u8], b: &[u8]) -> Secret {
    Secret::from(a.iter().zip(b).map(|(a, b)| a ^ b).collect::<Vec<u8>>())
}
