//! Tapped frames as the lines of a recording, which the conformance suite plays (`docs/BUG_REPORTS.md`).
//!
//! What is said within SASL is left out, both headers included: it is all that is secret by its nature. Payloads are
//! kept as they are.

use super::{Direction, TappedFrame, What};
use amqp_codec::ProtocolId;
use amqp_codec::frame::{FRAME_TYPE_SASL, FrameHeader};
use core::fmt;
use core::time::Duration;

/// Which side of the connection is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordedAt {
    /// The side that connected.
    Client,
    /// The side that accepted.
    Listener,
}

/// One line of a recording: a JSON object, without the end of the line.
#[derive(Clone, Copy, Debug)]
pub struct RecordedFrame<'a> {
    frame: &'a TappedFrame<'a>,
    at: RecordedAt,
    since: Duration,
    connection: Option<u64>,
}

impl RecordedFrame<'_> {
    /// With the number of its connection, where several are recorded in one place.
    #[must_use]
    pub fn of_connection(self, number: u64) -> Self {
        Self { connection: Some(number), ..self }
    }
}

impl TappedFrame<'_> {
    /// The line that records it; `since` is the time since the recording began. `None` for SASL's header and frames: a
    /// recording begins behind them.
    #[must_use]
    pub fn recorded(&self, at: RecordedAt, since: Duration) -> Option<RecordedFrame<'_>> {
        let is_sasl = match &self.what {
            What::Header(header) => header.id == ProtocolId::SASL,
            What::Frame(header, _) => header.frame_type == FRAME_TYPE_SASL,
        };
        (!is_sasl).then_some(RecordedFrame { frame: self, at, since, connection: None })
    }
}

impl fmt::Display for RecordedFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from_client = (self.frame.direction == Direction::Out) == (self.at == RecordedAt::Client);
        let direction = if from_client { "c2s" } else { "s2c" };
        write!(f, "{{\"t\":{}.{:06},", self.since.as_secs(), self.since.subsec_micros())?;
        if let Some(number) = self.connection {
            write!(f, "\"conn\":{number},")?;
        }
        write!(f, "\"dir\":\"{direction}\"")?;
        match &self.frame.what {
            What::Header(header) => {
                f.write_str(",\"kind\":\"header\",\"hex\":\"")?;
                hex(f, &header.to_bytes())?;
            }
            What::Frame(header, body) => {
                let body = body.of(header);
                f.write_str(",\"kind\":\"frame\",\"hex\":\"")?;
                // without an extended header, of which nothing is known
                let size = u32::try_from(body.len()).unwrap_or(u32::MAX).saturating_add(8);
                let plain = FrameHeader { size, data_offset: 2, ..*header };
                hex(f, &size.to_be_bytes())?;
                hex(f, &[plain.data_offset, plain.frame_type])?;
                hex(f, &plain.channel.to_be_bytes())?;
                hex(f, &body)?;
            }
        }
        f.write_str("\"}")
    }
}

#[inline(never)]
fn hex(f: &mut fmt::Formatter<'_>, octets: &[u8]) -> fmt::Result {
    octets.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
}
