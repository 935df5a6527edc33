//! What stands before frames (§2.2) and what frames them (§2.3).

mod header;
mod protocol_header;
#[cfg(test)]
mod tests;
mod write;

pub use self::header::{FRAME_TYPE_AMQP, FRAME_TYPE_SASL, FrameError, FrameHeader, MIN_MAX_FRAME_SIZE};
pub use self::protocol_header::{HeaderStatus, ProtocolHeader, ProtocolId};
pub use self::write::{begin_frame, encode_frame, finish_frame};
