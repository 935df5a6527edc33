//! What a peer may cost a connection, beside what is negotiated with it.

/// Bounds for what a peer can make a connection hold or do. Each has a default that is safe for a listener which
/// anybody may reach; what is beyond is answered with `amqp:resource-limit-exceeded` (§2.8.15).
///
/// Negotiated bounds are elsewhere: [`max_frame_size`](crate::ConfigBuilder::max_frame_size) and
/// [`channel_max`](crate::ConfigBuilder::channel_max) of the connection, handle-max and incoming-window of
/// [`SessionOptions`](crate::SessionOptions), max-message-size and credit of [`LinkOptions`](crate::LinkOptions). So
/// are those that are not for the peer alone: [`handshake_timeout`](crate::ConfigBuilder::handshake_timeout) for the
/// time before open, [`max_unsettled`](crate::ConfigBuilder::max_unsettled),
/// [`output_high_water`](crate::ConfigBuilder::output_high_water) and the
/// [`limits`](crate::ConfigBuilder::limits) of what is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerLimits {
    /// Sessions, of either side, beside which the peer may begin one more. One too many is begun and ended
    /// (§2.5.1). Default 256.
    pub max_sessions: u32,
    /// Links on all sessions, of either side, beside which the peer may attach one more. One too many ends its
    /// session, with all links on it (§2.6.3). Default 8,192.
    pub max_links: u32,
    /// Entries of the unsettled map of one attach, which is one frame (§2.6.13). One too many has the attach refused.
    /// What we keep of a map is what we hold unsettled ourselves. Default 65,536.
    pub max_unsettled_map: u32,
    /// Octets of payload that may wait for the application on all sessions together. Kept by granting no larger
    /// incoming-windows; of what is left a session gets at most half, and at least one frame, each frame taken for as
    /// large as our max-frame-size (§2.5.6): where that is huge, windows are of few frames. A delivery that is larger
    /// than a window may take all that a session gets; one for which that is not enough is refused by a detach.
    /// Default 268,435,456.
    pub max_unread: u64,
    /// Frames before open, those of SASL and empty ones included (§2.4.1). Default 64.
    pub max_frames_before_open: u32,
    /// Octets that a client may send behind its sasl-init before the application has judged it (§5.3.3).
    /// Default 32,768.
    pub max_octets_before_outcome: usize,
    /// Challenges of one SASL exchange, ours as well as the peer's (§5.3.2). Default 16.
    pub max_sasl_rounds: u32,
    /// begin and attach frames a second that only replace what was ended or detached in that second, by the peer or
    /// because of it, with no transfer of either side to show for it: such pairs leave nothing behind, so nothing
    /// else bounds them. Default 1,000.
    pub max_churn: u32,
    /// Sessions and links that we had to end for a violation, in the life of the connection. Default 100.
    pub max_violations: u32,
    /// Octets of answers to the peer's frames that may wait for it to read them. Flows are put together and
    /// transfers obey [`output_high_water`](crate::ConfigBuilder::output_high_water), so only floods get here.
    /// Default 1,048,576.
    pub max_answers: usize,
    /// Events that may wait for the application before frames wait, too, unread in the buffer that they came in. One
    /// frame may cause more: a disposition one for each delivery that it concerns. At least 1. Default 1,024;
    /// `amqp-async` takes 64 at most.
    pub max_events: usize,
}

impl Default for PeerLimits {
    fn default() -> Self {
        Self {
            max_sessions: 256,
            max_links: 8192,
            max_unsettled_map: 65_536,
            max_unread: 256 * 1024 * 1024,
            max_frames_before_open: 64,
            max_octets_before_outcome: 32 * 1024,
            max_sasl_rounds: 16,
            max_churn: 1000,
            max_violations: 100,
            max_answers: 1024 * 1024,
            max_events: 1024,
        }
    }
}
