//! WebSocket (RFC 6455) as far as a recording needs it: the payloads of data frames, unmasked, are the AMQP stream.

use super::{Content, From, Piece, Session, take_units};

/// A connection being read, plain or inside a WebSocket.
#[derive(Default)]
pub(super) struct Unwrapper {
    pub(super) session: Session,
    client: Vec<u8>,
    server: Vec<u8>,
}

impl Unwrapper {
    pub(super) fn push(&mut self, millis: u64, from: From, content: Content) {
        let twice = content == Content::End
            && self.session.pieces.iter().any(|piece| piece.from == from && piece.content == Content::End);
        if !twice {
            self.session.pieces.push(Piece { millis, from, content });
        }
    }

    /// One WebSocket frame: data joins that side's stream, a close ends it, pings and pongs say nothing.
    pub(super) fn websocket(&mut self, millis: u64, from: From, frame: &[u8]) -> Result<(), String> {
        let (opcode, payload) = unwrap(frame).ok_or("cut-off WebSocket frame")?;
        match opcode {
            0..=2 => {
                let stream = if from == From::Client { &mut self.client } else { &mut self.server };
                stream.extend(payload);
                for unit in take_units(stream)? {
                    self.push(millis, from, Content::Unit(unit));
                }
            }
            8 => self.push(millis, from, Content::End),
            _ => {}
        }
        Ok(())
    }
}

/// Opcode and unmasked payload of one frame (§5.2 of the RFC).
fn unwrap(frame: &[u8]) -> Option<(u8, Vec<u8>)> {
    let opcode = frame.first()? & 0x0f;
    let second = *frame.get(1)?;
    let (length, at) = match second & 0x7f {
        126 => (u64::from(u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(frame.get(2..10)?.try_into().ok()?), 10),
        short => (u64::from(short), 2),
    };
    let length = usize::try_from(length).ok()?;
    if second & 0x80 == 0 {
        return Some((opcode, frame.get(at..at + length)?.to_vec()));
    }
    let mask = frame.get(at..at + 4)?;
    let masked = frame.get(at + 4..at + 4 + length)?;
    Some((opcode, masked.iter().zip(mask.iter().cycle()).map(|(octet, mask)| octet ^ mask).collect()))
}
