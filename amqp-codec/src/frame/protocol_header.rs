//! The protocol header (§2.2, §5.2, §5.3.2).

use core::fmt;

/// What a protocol header asks for. Open: a peer may send any octet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolId(pub u8);

impl ProtocolId {
    /// AMQP frames (§2.2).
    pub const AMQP: Self = Self(0);
    /// A TLS handshake (§5.2).
    pub const TLS: Self = Self(2);
    /// SASL frames (§5.3).
    pub const SASL: Self = Self(3);
}

impl fmt::Debug for ProtocolId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AMQP => f.write_str("AMQP"),
            Self::TLS => f.write_str("TLS"),
            Self::SASL => f.write_str("SASL"),
            Self(id) => write!(f, "{id}"),
        }
    }
}

/// The eight octets that begin a layer of a connection (§2.2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProtocolHeader {
    /// The layer.
    pub id: ProtocolId,
    /// The major version: 1.
    pub major: u8,
    /// The minor version: 0.
    pub minor: u8,
    /// The revision: 0.
    pub revision: u8,
}

/// What the first octets from a peer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderStatus {
    /// A protocol header, of whatever layer and version.
    Complete(ProtocolHeader),
    /// The beginning of one.
    Incomplete,
    /// Nothing that could become one.
    Invalid,
}

const MAGIC: &[u8; 4] = b"AMQP";

impl ProtocolHeader {
    /// How many octets a header has.
    pub const LEN: usize = 8;
    /// AMQP 1.0.0.
    pub const AMQP: Self = Self::version_1(ProtocolId::AMQP);
    /// TLS for AMQP 1.0.0.
    pub const TLS: Self = Self::version_1(ProtocolId::TLS);
    /// SASL for AMQP 1.0.0.
    pub const SASL: Self = Self::version_1(ProtocolId::SASL);

    const fn version_1(id: ProtocolId) -> Self {
        Self { id, major: 1, minor: 0, revision: 0 }
    }

    /// The octets to send.
    pub const fn to_bytes(self) -> [u8; Self::LEN] {
        let [a, m, q, p] = *MAGIC;
        [a, m, q, p, self.id.0, self.major, self.minor, self.revision]
    }

    /// Reads a header from the first octets of `input`. What cannot become a
    /// header is told at its first wrong octet.
    pub fn parse(input: &[u8]) -> HeaderStatus {
        match *input {
            [b'A', b'M', b'Q', b'P', id, major, minor, revision, ..] => {
                HeaderStatus::Complete(Self { id: ProtocolId(id), major, minor, revision })
            }
            _ if input.iter().zip(MAGIC).all(|(a, b)| a == b) => HeaderStatus::Incomplete,
            _ => HeaderStatus::Invalid,
        }
    }
}

impl fmt::Debug for ProtocolHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, major, minor, revision } = self;
        write!(f, "{id:?} {major}.{minor}.{revision}")
    }
}

impl fmt::Display for ProtocolHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}
