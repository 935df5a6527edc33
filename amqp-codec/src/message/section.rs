//! The kinds of section and the order in which a message may hold them (§3.2).

use core::fmt;

use crate::code;

/// The length of a section's descriptor as it is written.
pub(super) const DESCRIPTOR_LEN: usize = 3;

/// A kind of message section, in the order of §3.2.
///
/// `Ord` follows that order; the three body kinds stand in the place of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Section {
    /// `header` (§3.2.1): delivery details, for each hop.
    Header = 0x70,
    /// `delivery-annotations` (§3.2.2): for the next hop only.
    DeliveryAnnotations = 0x71,
    /// `message-annotations` (§3.2.3): for the infrastructure, on every hop.
    MessageAnnotations = 0x72,
    /// `properties` (§3.2.4): first section of the bare message.
    Properties = 0x73,
    /// `application-properties` (§3.2.5).
    ApplicationProperties = 0x74,
    /// `data` (§3.2.6): a body of octets, in one or more sections.
    Data = 0x75,
    /// `amqp-sequence` (§3.2.7): a body of lists, in one or more sections.
    AmqpSequence = 0x76,
    /// `amqp-value` (§3.2.8): a body of one value.
    AmqpValue = 0x77,
    /// `footer` (§3.2.9): what can only be known after the bare message.
    Footer = 0x78,
}

impl Section {
    /// Every kind, in the order of §3.2.
    pub const ALL: [Self; 9] = [
        Self::Header,
        Self::DeliveryAnnotations,
        Self::MessageAnnotations,
        Self::Properties,
        Self::ApplicationProperties,
        Self::Data,
        Self::AmqpSequence,
        Self::AmqpValue,
        Self::Footer,
    ];

    /// The kind with this numeric descriptor, for example `0x73` for `properties`.
    #[must_use]
    #[inline]
    pub const fn from_code(code: u64) -> Option<Self> {
        Some(match code {
            0x70 => Self::Header,
            0x71 => Self::DeliveryAnnotations,
            0x72 => Self::MessageAnnotations,
            0x73 => Self::Properties,
            0x74 => Self::ApplicationProperties,
            0x75 => Self::Data,
            0x76 => Self::AmqpSequence,
            0x77 => Self::AmqpValue,
            0x78 => Self::Footer,
            _ => return None,
        })
    }

    /// The kind with this symbolic descriptor, for example `amqp:properties:list`.
    ///
    /// The whole symbol has to match, not a prefix of it.
    #[must_use]
    pub fn from_descriptor(descriptor: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.descriptor() == descriptor)
    }

    /// The numeric descriptor.
    #[must_use]
    #[inline]
    pub const fn code(self) -> u64 {
        self as u64
    }

    /// Both descriptors, as [`Decoder::descriptor`](crate::Decoder::descriptor) takes them.
    #[inline]
    pub(super) const fn descriptors(self) -> (&'static str, u64) {
        (self.descriptor(), self.code())
    }

    /// The descriptor as it is written: the octets before the value of the section.
    #[inline]
    pub(super) const fn descriptor_octets(self) -> [u8; DESCRIPTOR_LEN] {
        [code::DESCRIBED, code::SMALL_ULONG, self as u8]
    }

    /// The symbolic descriptor.
    #[must_use]
    pub const fn descriptor(self) -> &'static str {
        match self {
            Self::Header => "amqp:header:list",
            Self::DeliveryAnnotations => "amqp:delivery-annotations:map",
            Self::MessageAnnotations => "amqp:message-annotations:map",
            Self::Properties => "amqp:properties:list",
            Self::ApplicationProperties => "amqp:application-properties:map",
            Self::Data => "amqp:data:binary",
            Self::AmqpSequence => "amqp:amqp-sequence:list",
            Self::AmqpValue => "amqp:amqp-value:*",
            Self::Footer => "amqp:footer:map",
        }
    }

    /// The name that the specification gives the section.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::DeliveryAnnotations => "delivery-annotations",
            Self::MessageAnnotations => "message-annotations",
            Self::Properties => "properties",
            Self::ApplicationProperties => "application-properties",
            Self::Data => "data",
            Self::AmqpSequence => "amqp-sequence",
            Self::AmqpValue => "amqp-value",
            Self::Footer => "footer",
        }
    }

    /// Whether the section is (part of) a body.
    #[must_use]
    #[inline]
    pub const fn is_body(self) -> bool {
        matches!(self, Self::Data | Self::AmqpSequence | Self::AmqpValue)
    }

    /// Whether a message may go on with `next` after this section.
    ///
    /// Sections follow the order of §3.2, each at most once; only `data` and `amqp-sequence` may
    /// repeat, and a body is of one kind.
    #[must_use]
    #[inline]
    pub const fn may_precede(self, next: Self) -> bool {
        // Descriptors are numbered in the order of §3.2.
        if !self.is_body() {
            return next.code() > self.code();
        }
        let repeated = next.code() == self.code() && !matches!(self, Self::AmqpValue);
        repeated || matches!(next, Self::Footer)
    }

    /// The code of the short form of what carries the section; of `amqp-value`, which any value
    /// carries, that of none.
    #[inline(always)]
    pub(super) const fn short_carrier(self) -> u8 {
        match self {
            Self::Header | Self::Properties | Self::AmqpSequence => code::LIST_8,
            Self::Data => code::BINARY_8,
            Self::DeliveryAnnotations | Self::MessageAnnotations | Self::ApplicationProperties | Self::Footer => {
                code::MAP_8
            }
            Self::AmqpValue => code::DESCRIBED,
        }
    }

    /// The place of the section in a message; the three kinds of body have the same.
    #[inline]
    pub(super) const fn place(self) -> usize {
        match self {
            Self::Data | Self::AmqpSequence | Self::AmqpValue => 5,
            Self::Footer => 6,
            // Their descriptors are numbered from 0x70, in the order of §3.2.
            Self::Header
            | Self::DeliveryAnnotations
            | Self::MessageAnnotations
            | Self::Properties
            | Self::ApplicationProperties => (self as u8 & 0xf) as usize,
        }
    }

    /// How many places there are.
    pub(super) const PLACES: usize = 7;
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
