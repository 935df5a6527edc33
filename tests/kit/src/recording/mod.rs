//! Recorded sessions of foreign peers (`.jsonl`): connections, each a list of headers, frames and ends in the order
//! in which the recorder saw them.

mod websocket;

use crate::wire::{next_unit, unhex};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Who sent a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum From {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// One connection of a recording.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// In the recorder's order.
    pub pieces: Vec<Piece>,
}

/// One header, frame or end.
#[derive(Clone, Debug)]
pub struct Piece {
    /// Milliseconds since the connection's first piece.
    pub millis: u64,
    /// Who sent it.
    pub from: From,
    /// What it is.
    pub content: Content,
}

/// What a piece is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A whole header or frame.
    Unit(Vec<u8>),
    /// Octets that are none.
    Junk(Vec<u8>),
    /// The end of that side's stream.
    End,
}

/// Reads a recording.
///
/// # Errors
/// `line N: what is wrong`.
pub fn read(text: &str) -> Result<Vec<Session>, String> {
    let mut connections: BTreeMap<u64, websocket::Unwrapper> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let piece = |fault: &dyn std::fmt::Display| format!("line {}: {fault}", number + 1);
        let json: Json = serde_json::from_str(line).map_err(|fault| piece(&fault))?;
        let connection = json.get("conn").and_then(Json::as_u64).unwrap_or(1);
        read_line(&json, connections.entry(connection).or_default()).map_err(|fault| piece(&fault))?;
    }
    Ok(connections.into_values().map(|connection| rebase(connection.session)).collect())
}

fn read_line(json: &Json, connection: &mut websocket::Unwrapper) -> Result<(), String> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).ok_or_else(|| format!("no {key:?}"));
    let seconds = json.get("t").and_then(Json::as_f64).unwrap_or(0.0);
    // Times of day do not come near the limits of the conversion.
    let millis = std::time::Duration::try_from_secs_f64(seconds).map_or(0, |time| time.as_millis());
    let millis = u64::try_from(millis).unwrap_or(u64::MAX);
    let from = match text("dir")? {
        "c2s" => From::Client,
        "s2c" => From::Server,
        other => return Err(format!("no direction is called {other:?}")),
    };
    let octets = unhex(text("hex")?)?;
    match text("kind")? {
        "header" | "frame" => connection.push(millis, from, Content::Unit(octets)),
        "junk" => connection.push(millis, from, Content::Junk(octets)),
        "eof" => connection.push(millis, from, Content::End),
        "http" => {}
        "ws" => connection.websocket(millis, from, &octets)?,
        other => return Err(format!("no kind is called {other:?}")),
    }
    Ok(())
}

/// The units at the front of `stream`, taken out of it.
fn take_units(stream: &mut Vec<u8>) -> Result<Vec<Vec<u8>>, String> {
    let mut units = Vec::new();
    while let Some(length) = next_unit(stream)? {
        units.push(stream.drain(..length).collect());
    }
    Ok(units)
}

fn rebase(mut session: Session) -> Session {
    let start = session.pieces.first().map_or(0, |piece| piece.millis);
    for piece in &mut session.pieces {
        piece.millis = piece.millis.saturating_sub(start);
    }
    session
}
