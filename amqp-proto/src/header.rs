//! Version negotiation (§2.2): what the first octets of the peer mean to us.

use amqp_codec::{HeaderStatus, ProtocolHeader};

/// What to do with the first octets of the peer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not enough octets yet to tell.
    Wait,
    /// The header that we can go on with; its octets are to be consumed.
    Accept(ProtocolHeader),
    /// Something else: the transport has to end.
    Refuse(Option<ProtocolHeader>),
}

/// Judges `input` at the first octet that decides (req: TR-2.2-11).
pub(crate) fn judge(input: &[u8], acceptable: &[ProtocolHeader]) -> Verdict {
    match ProtocolHeader::parse(input) {
        HeaderStatus::Incomplete => Verdict::Wait,
        HeaderStatus::Invalid => Verdict::Refuse(None),
        HeaderStatus::Complete(header) if acceptable.contains(&header) => Verdict::Accept(header),
        HeaderStatus::Complete(header) => Verdict::Refuse(Some(header)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCEPTABLE: [ProtocolHeader; 2] = [ProtocolHeader::SASL, ProtocolHeader::AMQP];

    #[test]
    fn decides_at_the_first_wrong_octet() {
        // req: TR-2.2-11
        for (input, verdict) in [
            (&b""[..], Verdict::Wait),
            (b"AMQP\x00\x01\x00", Verdict::Wait),
            (b"G", Verdict::Refuse(None)),
            (b"AMQX", Verdict::Refuse(None)),
            (b"AMQP\x00\x01\x00\x00rest", Verdict::Accept(ProtocolHeader::AMQP)),
            (b"AMQP\x03\x01\x00\x00", Verdict::Accept(ProtocolHeader::SASL)),
        ] {
            assert_eq!(judge(input, &ACCEPTABLE), verdict, "{input:?}");
        }
    }

    #[test]
    fn other_versions_and_layers_are_refused_with_their_name() {
        // req: TR-2.2-05 TR-2.2-08
        assert!(matches!(judge(b"AMQP\x00\x01\x01\x00", &ACCEPTABLE), Verdict::Refuse(Some(_))));
        assert!(matches!(judge(b"AMQP\x00\x01\x00\x00", &[ProtocolHeader::SASL]), Verdict::Refuse(Some(_))));
    }
}
