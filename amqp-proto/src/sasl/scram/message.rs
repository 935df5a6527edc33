//! The messages of SCRAM (RFC 5802 §5, §7), taken apart. Attributes come in their order; those at the end that nobody
//! knows are passed over, and one that demands to be known (`m=`) is an error.

use super::is_nonce;
use crate::sasl::MechanismError;
use crate::sasl::escape;
use alloc::string::String;
use alloc::vec::Vec;
use base64ct::{Base64, Encoding};

type Parsed<T> = Result<T, MechanismError>;

const MALFORMED: MechanismError = MechanismError::Failed("a SCRAM message is malformed");

/// The value of the attribute that comes next, and the rest behind its comma.
fn attribute<'a>(text: &'a str, name: &str) -> Parsed<(&'a str, &'a str)> {
    if text.starts_with("m=") {
        return Err(MechanismError::Failed("the peer demands a SCRAM extension"));
    }
    let text = text.strip_prefix(name).and_then(|text| text.strip_prefix('=')).ok_or(MALFORMED)?;
    Ok(text.split_once(',').unwrap_or((text, "")))
}

fn octets(base64: &str) -> Parsed<Vec<u8>> {
    let octets = Base64::decode_vec(base64).map_err(|_| MALFORMED)?;
    if octets.is_empty() { Err(MALFORMED) } else { Ok(octets) }
}

/// What all messages are.
pub(super) fn text(message: &[u8]) -> Parsed<&str> {
    core::str::from_utf8(message).map_err(|_| MALFORMED)
}

/// What the client says first: `n,,n=user,r=nonce`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFirst<'a> {
    /// The header before the message.
    pub(super) header: &'a str,
    pub(super) authorization: String,
    pub(super) user: String,
    pub(super) nonce: &'a str,
    /// The message without its header.
    pub(super) bare: &'a str,
}

impl<'a> ClientFirst<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Parsed<Self> {
        let message = text(message)?;
        let (bare, authorization) = escape::gs2_header(message).ok_or(MALFORMED)?;
        let header = message.strip_suffix(bare).ok_or(MALFORMED)?;
        let (user, rest) = attribute(bare, "n")?;
        let (nonce, _) = attribute(rest, "r")?;
        let user = escape::read(user).ok_or(MALFORMED)?;
        if nonce.is_empty() || !is_nonce(nonce) {
            return Err(MALFORMED);
        }
        Ok(Self { header, authorization, user, nonce, bare })
    }
}

/// What the server answers: `r=nonce,s=salt,i=iterations`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ServerFirst<'a> {
    pub(super) nonce: &'a str,
    pub(super) salt: Vec<u8>,
    pub(super) iterations: u32,
}

impl<'a> ServerFirst<'a> {
    /// `nonce` is the client's: the server's has to begin with it, and go on.
    pub(super) fn parse(message: &'a str, client: &str) -> Parsed<Self> {
        let (nonce, rest) = attribute(message, "r")?;
        let (salt, rest) = attribute(rest, "s")?;
        let (iterations, _) = attribute(rest, "i")?;
        if !nonce.strip_prefix(client).is_some_and(|own| !own.is_empty() && is_nonce(own)) {
            return Err(MechanismError::Failed("the server's nonce does not begin with ours"));
        }
        if !iterations.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(MALFORMED);
        }
        let iterations = iterations.parse().map_err(|_| MALFORMED)?;
        Ok(Self { nonce, salt: octets(salt)?, iterations })
    }
}

/// The client's proof: `c=header,r=nonce,p=proof`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ClientFinal<'a> {
    /// What the client believes its header was.
    pub(super) header: Vec<u8>,
    pub(super) nonce: &'a str,
    pub(super) proof: Vec<u8>,
    pub(super) without_proof: &'a str,
}

impl<'a> ClientFinal<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Parsed<Self> {
        let message = text(message)?;
        let (header, rest) = attribute(message, "c")?;
        let (nonce, rest) = attribute(rest, "r")?;
        if rest.starts_with("m=") {
            return Err(MALFORMED);
        }
        // the proof is the last attribute, whatever comes before it
        let (without_proof, proof) = message.rsplit_once(",p=").ok_or(MALFORMED)?;
        Ok(Self { header: octets(header)?, nonce, proof: octets(proof)?, without_proof })
    }
}

/// The server's last word.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ServerFinal<'a> {
    /// `v=signature`
    Signature(Vec<u8>),
    /// `e=error`
    Error(&'a str),
}

impl<'a> ServerFinal<'a> {
    pub(super) fn parse(message: &'a [u8]) -> Parsed<Self> {
        let message = text(message)?;
        if let Ok((error, _)) = attribute(message, "e") {
            return Ok(ServerFinal::Error(error));
        }
        let (signature, _) = attribute(message, "v")?;
        octets(signature).map(ServerFinal::Signature)
    }
}

pub(super) fn base64(octets: &[u8]) -> String {
    Base64::encode_string(octets)
}
