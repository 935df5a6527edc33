//! Settings that go together, for one purpose each.

use amqp_proto::codec::Handle;
use amqp_proto::{ConfigBuilder, CreditMode, LinkOptions, PeerLimits, SessionOptions};
use std::time::Duration;

/// Settings of connection, sessions and receivers for one purpose. Every number can be changed.
///
/// ```
/// use amqp_async::client::Profile;
/// use amqp_async::proto::{Config, LinkOptions};
///
/// let profile = Profile::throughput();
/// let config = profile.config(Config::builder("my-container")).build()?;
/// let session = profile.session();
/// let receiver = profile.receiver(LinkOptions::receiver("in", "queue"));
/// # Ok::<(), amqp_async::proto::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The largest frame that we take, in octets (§2.7.1).
    pub max_frame_size: u32,
    /// One less than the number of sessions (§2.7.1).
    pub channel_max: u16,
    /// After how long without a frame the connection is given up; the peer is told half of it (§2.4.5).
    pub idle_time_out: Duration,
    /// Octets of unwritten output above which senders wait.
    pub output_high_water: usize,
    /// Octets of payload that may wait to be taken on all sessions; one session's window takes half of what is left at most.
    pub max_unread: u64,
    /// The incoming-window of sessions, in transfer frames (§2.5.6).
    pub incoming_window: u32,
    /// The same in octets of payload.
    pub incoming_octets: Option<u64>,
    /// The outgoing-window that sessions state (§2.5.6).
    pub outgoing_window: u32,
    /// One less than the number of links that the peer may attach to a session (§2.7.2).
    pub handle_max: u32,
    /// The credit of receivers (§2.6.7).
    pub credit: u32,
}

impl Profile {
    /// What has no profile: the defaults of this library.
    const DEFAULT: Self = Self {
        max_frame_size: 65_536,
        channel_max: 255,
        idle_time_out: Duration::from_secs(60),
        output_high_water: 256 * 1024,
        max_unread: 256 << 20,
        incoming_window: 2048,
        incoming_octets: None,
        outgoing_window: 2048,
        handle_max: 1023,
        credit: 1000,
    };

    /// Many messages a second: frames of 64 KiB, windows of 4096, credit of 2000. Up to 512 MiB may wait to be taken.
    #[must_use]
    pub fn throughput() -> Self {
        Self {
            idle_time_out: Duration::from_secs(300),
            output_high_water: 1 << 20,
            max_unread: 512 << 20,
            incoming_window: 4096,
            outgoing_window: 4096,
            credit: 2000,
            ..Self::DEFAULT
        }
    }

    /// Each message soon: frames of 64 KiB, little output that waits, credit of 64.
    #[must_use]
    pub fn latency() -> Self {
        Self { idle_time_out: Duration::from_secs(30), output_high_water: 64 * 1024, credit: 64, ..Self::DEFAULT }
    }

    /// Little memory: frames of 4 KiB, 64 KiB of unread payload for a session and 512 KiB for all, credit of 8.
    #[must_use]
    pub fn low_memory() -> Self {
        Self {
            max_frame_size: 4096,
            max_unread: 512 * 1024,
            channel_max: 7,
            output_high_water: 16 * 1024,
            incoming_window: 16,
            incoming_octets: Some(64 * 1024),
            outgoing_window: 16,
            handle_max: 15,
            credit: 8,
            ..Self::DEFAULT
        }
    }

    /// What RabbitMQ 4 allows by default: 64 sessions of 256 links, frames of 128 KiB; credit of 200.
    #[must_use]
    pub fn rabbitmq() -> Self {
        Self { max_frame_size: 131_072, channel_max: 63, handle_max: 255, credit: 200, ..Self::DEFAULT }
    }

    /// The numbers that uamqp's pages give for high throughput, as they are to be seen on the wire: frames of 65,536,
    /// channel-max 1000, idle-time-out 300 s, windows of 10,000, handle-max 100: up to 1.3 GB may wait to be taken.
    /// [`throughput`](Self::throughput) is better.
    #[must_use]
    pub fn uamqp_high_throughput() -> Self {
        Self {
            max_frame_size: 65_536,
            channel_max: 1000,
            idle_time_out: Duration::from_secs(600),
            max_unread: 2 * 10_000 * 65_536,
            incoming_window: 10_000,
            outgoing_window: 10_000,
            handle_max: 100,
            ..Self::DEFAULT
        }
    }

    /// The numbers that uamqp's pages give for low latency, as they are to be seen on the wire: frames of 4096,
    /// channel-max 10, idle-time-out 30 s, windows of 1, handle-max 10. A window of 1 makes each transfer wait for a flow,
    /// which is the contrary of low latency: [`latency`](Self::latency) is better.
    #[must_use]
    pub fn uamqp_low_latency() -> Self {
        Self {
            max_frame_size: 4096,
            channel_max: 10,
            idle_time_out: Duration::from_secs(60),
            incoming_window: 1,
            outgoing_window: 1,
            handle_max: 10,
            ..Self::DEFAULT
        }
    }

    /// Sets what concerns the connection.
    pub fn config(&self, builder: ConfigBuilder) -> ConfigBuilder {
        builder
            .max_frame_size(self.max_frame_size)
            .channel_max(self.channel_max)
            .idle_time_out(Some(self.idle_time_out))
            .output_high_water(self.output_high_water)
            .peer_limits(PeerLimits { max_unread: self.max_unread, ..PeerLimits::default() })
    }

    /// A session's options.
    #[must_use]
    pub fn session(&self) -> SessionOptions {
        SessionOptions {
            incoming_window: self.incoming_window,
            incoming_octets: self.incoming_octets,
            outgoing_window: self.outgoing_window,
            handle_max: Handle(self.handle_max),
            ..SessionOptions::default()
        }
    }

    /// Sets a receiver's credit.
    #[must_use]
    pub fn receiver(&self, options: LinkOptions) -> LinkOptions {
        LinkOptions { credit: CreditMode::Auto(self.credit), ..options }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_proto::codec::{Decode, Decoder, Performative};
    use amqp_proto::{Config, Connection, Instant, Pipelining, Segments};
    use bytes::Buf;

    /// The bodies of the frames that a client sends to open and begin.
    fn frames(profile: Profile) -> Vec<Performative> {
        let config = profile.config(Config::builder("c")).pipelining(Pipelining::On).build().unwrap();
        let mut client = Connection::client(config, None, Instant::ZERO);
        client.begin(profile.session()).unwrap();
        let mut out = Segments::new();
        let _ = client.poll_transmit(Instant::ZERO, &mut out);
        let mut octets = out.copy_to_bytes(out.remaining());
        octets.advance(8);
        let mut frames = Vec::new();
        while octets.has_remaining() {
            let size = usize::try_from(octets.get_u32()).unwrap();
            octets.advance(4);
            let body = octets.copy_to_bytes(size - 8);
            frames.push(Performative::decode(&mut Decoder::new(&body)).unwrap());
        }
        frames
    }

    #[test]
    fn s11_1_uamqps_numbers_are_on_the_wire() {
        let cases = [
            (Profile::uamqp_high_throughput(), (65_536, 1000, 300_000), (10_000, 10_000, 100)),
            (Profile::uamqp_low_latency(), (4096, 10, 30_000), (1, 1, 10)),
        ];
        for (profile, connection, session) in cases {
            let frames = frames(profile);
            let [Performative::Open(open), Performative::Begin(begin)] = frames.as_slice() else {
                panic!("{frames:?}")
            };
            assert_eq!((open.max_frame_size, open.channel_max, open.idle_time_out), {
                let (frame, channel, idle) = connection;
                (frame, channel, Some(idle))
            });
            assert_eq!((begin.incoming_window, begin.outgoing_window, begin.handle_max.0), session);
        }
    }

    #[test]
    fn all_of_them_can_be() {
        for profile in [
            Profile::throughput(),
            Profile::latency(),
            Profile::low_memory(),
            Profile::rabbitmq(),
            Profile::uamqp_high_throughput(),
            Profile::uamqp_low_latency(),
        ] {
            assert_eq!(frames(profile).len(), 2, "{profile:?}");
        }
    }
}
