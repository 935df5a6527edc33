//! SCRAM in recordings: what the messages say that the played side has to be told, and one freedom.
//!
//! The passwords are those of the recordings' README: `guest`, and `wrong` where the login fails.

use super::{Converter, Piece};
use crate::meaning::pick;
use crate::observer::Side;
use crate::wire::{Record, Value};

/// The attribute of a message.
fn attribute<'a>(message: &'a str, name: &str) -> Option<&'a str> {
    message.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

fn text<'a>(frame: &'a Record, field: &str) -> Option<&'a str> {
    std::str::from_utf8(frame.binary(field)?).ok()
}

/// A client's first message.
pub(super) struct Client<'a> {
    pub(super) user: &'a str,
    pub(super) nonce: &'a str,
}

impl<'a> Client<'a> {
    pub(super) fn of(init: &'a Record) -> Option<Self> {
        init.text("mechanism").filter(|name| name.starts_with("SCRAM-"))?;
        let message = text(init, "initial-response")?;
        Some(Self { user: attribute(message, "n")?, nonce: attribute(message, "r")? })
    }
}

/// A server's first message.
pub(super) struct Server<'a> {
    pub(super) nonce: &'a str,
    salt: Vec<u8>,
    iterations: u32,
}

impl<'a> Server<'a> {
    pub(super) fn of(challenge: &'a Record) -> Option<Self> {
        let message = text(challenge, "challenge")?;
        let salt = base64(attribute(message, "s")?)?;
        let iterations = attribute(message, "i")?.parse().ok()?;
        Some(Self { nonce: attribute(message, "r")?, salt, iterations })
    }
}

/// What the client's password was, by what became of it.
pub(super) fn password(outcome: Option<&Record>) -> &'static str {
    if outcome.and_then(|outcome| outcome.text("code")) == Some("ok") { "guest" } else { "wrong" }
}

fn base64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut octets, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for digit in text.trim_end_matches('=').bytes() {
        let value = DIGITS.iter().position(|known| *known == digit)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        held += 6;
        if held >= 8 {
            held -= 8;
            octets.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(octets)
}

/// A server of ours says its last word in the outcome: so must the recorded one, which said it in a challenge.
pub(super) fn last_word_into_outcome(pieces: &mut Vec<Piece>) {
    let named = |piece: &Piece, side: Side, name: &str| {
        piece.side == side && piece.frame.as_ref().is_some_and(|frame| frame.name == name)
    };
    let last_word = |frame: &Record| text(frame, "challenge").is_some_and(|message| message.starts_with("v="));
    let said =
        |piece: &Piece| named(piece, Side::Ours, "sasl-challenge") && piece.frame.as_ref().is_some_and(last_word);
    let Some(at) = pieces.iter().position(said) else { return };
    let word = pieces[at].frame.as_ref().map(|frame| frame.get("challenge").clone());
    pieces.remove(at);
    if let Some(answer) = pieces.iter().skip(at).position(|piece| named(piece, Side::Theirs, "sasl-response")) {
        pieces.remove(at + answer);
    }
    let outcome = pieces.iter_mut().find(|piece| named(piece, Side::Ours, "sasl-outcome"));
    if let (Some(word), Some(frame)) = (word, outcome.and_then(|piece| piece.frame.as_mut())) {
        frame.set("additional-data", word);
    }
}

impl Converter {
    /// Our challenge, by what the application says is stored of the user.
    pub(super) fn sasl_challenge(&mut self, challenge: &Record) {
        let Some(server) = Server::of(challenge) else { return };
        let iterations = server.iterations;
        let command = Record::new("sasl-scram").with("password", "guest").with("salt", server.salt.as_slice());
        self.command(command.with("iterations", iterations));
    }

    /// Our outcome, unless the core comes to it by itself.
    pub(super) fn sasl_outcome(&mut self, outcome: &Record) {
        let scram =
            matches!(self.script.sasl.as_ref().map(|sasl| sasl.get("nonce")), Some(nonce) if *nonce != Value::Null);
        if !scram {
            self.command(pick(outcome, "sasl-outcome", &["code"]));
        }
    }
}
