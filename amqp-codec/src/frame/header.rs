//! The frame header (§2.3.1).

use crate::definition::Condition;

/// The type of frames that hold performatives (§2.3.2).
pub const FRAME_TYPE_AMQP: u8 = 0;
/// The type of frames that hold SASL bodies (§5.3.1).
pub const FRAME_TYPE_SASL: u8 = 1;
/// The smallest max-frame-size that an endpoint may have, in octets (§2.8.19).
pub const MIN_MAX_FRAME_SIZE: u32 = 512;

/// The first eight octets of a frame (§2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHeader {
    /// The size of the whole frame, in octets; at least that of the header.
    pub size: u32,
    /// Where the body begins, in words of four octets; at least 2.
    pub data_offset: u8,
    /// [`FRAME_TYPE_AMQP`] or [`FRAME_TYPE_SASL`].
    pub frame_type: u8,
    /// The channel; without meaning in SASL frames (§5.3.1).
    pub channel: u16,
}

/// Why octets are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The size is more than was agreed on.
    #[error("frame of {size} octets is larger than the {max} allowed")]
    TooLarge {
        /// The frame's size.
        size: u32,
        /// The largest size allowed.
        max: u32,
    },
    /// The size is less than that of the header.
    #[error("frame of {size} octets is smaller than its header")]
    TooSmall {
        /// The frame's size.
        size: u32,
    },
    /// The body begins within the header, or after the frame's end.
    #[error("frame body begins at word {data_offset}, outside of the frame's {size} octets")]
    DataOffset {
        /// Where the body is said to begin, in words of four octets.
        data_offset: u8,
        /// The frame's size.
        size: u32,
    },
    /// A type that is neither AMQP nor SASL.
    #[error("frame is of unknown type 0x{frame_type:02x}")]
    UnknownType {
        /// The type.
        frame_type: u8,
    },
}

impl FrameError {
    /// The condition to close the connection with (§2.8.16).
    pub const fn condition(&self) -> Condition {
        Condition::FRAMING_ERROR
    }
}

impl FrameHeader {
    /// How many octets a header has.
    pub const LEN: usize = 8;

    /// Reads the header at the start of `input`; `None` if more octets are
    /// needed. The size is judged as soon as its four octets are there.
    ///
    /// # Errors
    /// No frame can begin like this, or it is larger than `max_frame_size`
    /// octets.
    #[inline]
    pub fn parse(input: &[u8], max_frame_size: u32) -> Result<Option<Self>, FrameError> {
        let Some((size, rest)) = input.split_first_chunk() else {
            return Ok(None);
        };
        let size = u32::from_be_bytes(*size);
        if size < 8 {
            return Err(FrameError::TooSmall { size });
        }
        if size > max_frame_size {
            return Err(FrameError::TooLarge { size, max: max_frame_size });
        }
        let Some(&[data_offset, frame_type, high, low]) = rest.first_chunk() else {
            return Ok(None);
        };
        let channel = u16::from_be_bytes([high, low]);
        Self { size, data_offset, frame_type, channel }.check().map(Some)
    }

    #[inline]
    fn check(self) -> Result<Self, FrameError> {
        let Self { size, data_offset, frame_type, .. } = self;
        if data_offset < 2 || u32::from(data_offset).saturating_mul(4) > size {
            return Err(FrameError::DataOffset { data_offset, size });
        }
        match frame_type {
            FRAME_TYPE_AMQP | FRAME_TYPE_SASL => Ok(self),
            _ => Err(FrameError::UnknownType { frame_type }),
        }
    }

    /// How many octets stand before the body, with the extended header.
    pub fn body_offset(&self) -> usize {
        usize::from(self.data_offset).saturating_mul(4)
    }

    /// How many octets the body has.
    pub fn body_len(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX).saturating_sub(self.body_offset())
    }
}
