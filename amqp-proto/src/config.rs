//! What one end of a connection wants: checked once, when built, so that nothing later can fail on it.

use crate::output::FRAME_HEADER;
use crate::{FrameTap, PeerLimits};
use amqp_codec::frame::MIN_MAX_FRAME_SIZE;
use amqp_codec::{Encode, Fields, Limits, Multiple, Open, Str, Symbol, Value};
use core::time::Duration;

/// The largest SASL frame that can be allowed, in octets.
const MAX_SASL_FRAME_SIZE: u32 = 65_536;

/// Whether frames may leave before the peer's answer to the ones before them has come (§2.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Pipelining {
    /// open waits for the peer's header, begin for its open, attach for its begin.
    #[default]
    Off,
    /// Everything leaves at once: fewer round trips, and limits of the peer are learnt too late. Only the outcome of SASL
    /// is awaited.
    On,
    /// Nor is that, where the mechanism has said all that it will (ANONYMOUS, PLAIN, EXTERNAL): one round trip less. Not
    /// every server reads on by itself behind the outcome; rhea does not.
    WithLogin,
}

impl Pipelining {
    /// Whether frames may leave before the answers to the ones before them.
    pub(crate) fn is_on(self) -> bool {
        self != Self::Off
    }
}

/// A checked configuration; [`Config::builder`] makes one.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) open: Open,
    /// Whether [`Config::introduced`] may add properties.
    pub(crate) may_introduce: bool,
    pub(crate) idle_time_out: Option<Duration>,
    pub(crate) required_capabilities: Multiple<Symbol>,
    pub(crate) pipelining: Pipelining,
    pub(crate) handshake_timeout: Option<Duration>,
    pub(crate) close_timeout: Duration,
    pub(crate) output_high_water: usize,
    pub(crate) limits: Limits,
    pub(crate) max_unsettled: u32,
    pub(crate) heartbeat_percent: u8,
    pub(crate) sasl_max_frame_size: u32,
    pub(crate) peer_limits: PeerLimits,
    pub(crate) frame_tap: Option<FrameTap>,
}

/// A configuration that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// max-frame-size is below what every peer may send (§2.7.1).
    #[error("max-frame-size is less than 512")]
    MaxFrameSize,
    /// An open has to fit into the 512 octets that any peer takes before it has said more (§2.4.1): container-id, hostname,
    /// capabilities and properties together are too long.
    #[error("open is larger than 512 octets")]
    Open,
    /// The idle time-out is shorter than anybody can keep (§2.4.5).
    #[error("the idle time-out is less than 2 milliseconds")]
    IdleTimeOut,
    /// The heartbeat would never come, or too late (§2.4.5).
    #[error("the heartbeat is not between 1 and 90 per cent of the peer's idle-time-out")]
    HeartbeatPercent,
    /// SASL frames of 512 octets must be read, and nothing needs more than 65,536 (§5.3.1).
    #[error("the largest SASL frame is not between 512 and 65,536 octets")]
    SaslMaxFrameSize,
    /// Nothing could ever be sent.
    #[error("the high-water mark of the output is 0")]
    OutputHighWater,
}

/// Whether a frame that any peer takes holds this open (req: TR-2.4.1-03).
fn fits(open: &Open) -> bool {
    open.encoded_len() + FRAME_HEADER <= MIN_MAX_FRAME_SIZE as usize
}

/// Collects settings for a [`Config`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct ConfigBuilder {
    config: Config,
}

impl Config {
    /// Starts from the defaults, which each setter names.
    pub fn builder(container_id: impl Into<Str>) -> ConfigBuilder {
        let mut open = Open::new(container_id.into());
        open.max_frame_size = 65_536;
        open.channel_max = 255;
        let idle_time_out = Some(Duration::from_secs(60));
        open.idle_time_out = told(idle_time_out);
        ConfigBuilder {
            config: Config {
                open,
                may_introduce: true,
                idle_time_out,
                required_capabilities: Multiple::new(),
                pipelining: Pipelining::Off,
                handshake_timeout: Some(Duration::from_secs(10)),
                close_timeout: Duration::from_secs(5),
                output_high_water: 256 * 1024,
                limits: Limits::default(),
                max_unsettled: 1 << 20,
                heartbeat_percent: 50,
                sasl_max_frame_size: 4096,
                peer_limits: PeerLimits::default(),
                frame_tap: None,
            },
        }
    }

    /// The container-id of our open (§2.7.1).
    #[must_use]
    pub fn container_id(&self) -> &Str {
        &self.open.container_id
    }

    /// The same, and seen by `tap` unless somebody sees its frames already; see [`ConfigBuilder::frame_tap`].
    #[must_use]
    pub fn tapped(mut self, tap: FrameTap) -> Self {
        self.frame_tap.get_or_insert(tap);
        self
    }

    /// The same, with no more than `most` events that wait ([`PeerLimits::max_events`]): for who takes all of them as soon as
    /// they are there. The fewer there are, the surer they are still in the processor's caches.
    #[must_use]
    pub fn events_at_once(mut self, most: usize) -> Self {
        self.peer_limits.max_events = self.peer_limits.max_events.min(most);
        self
    }

    /// The same, with these connection properties (§2.7.1) besides those that were set; as it is if
    /// [`ConfigBuilder::properties`] has said all of them, or if open would be too large with them.
    #[inline(never)]
    #[must_use]
    pub fn introduced(mut self, properties: Fields) -> Self {
        if core::mem::take(&mut self.may_introduce) {
            let before = self.open.properties.clone();
            let set = self.open.properties.get_or_insert_default();
            for (key, value) in properties {
                if set.get(key.as_str()).is_none() {
                    set.insert(key, value);
                }
            }
            if !fits(&self.open) {
                self.open.properties = before;
            }
        }
        self
    }

    /// The largest frame that we accept, in octets (§2.7.1).
    #[must_use]
    pub fn max_frame_size(&self) -> u32 {
        self.open.max_frame_size
    }
}

impl ConfigBuilder {
    /// The host that the client wants to reach (§2.7.1). Default: none.
    pub fn hostname(mut self, hostname: impl Into<Str>) -> Self {
        self.config.open.hostname = Some(hostname.into());
        self
    }

    /// The largest frame that we accept, in octets, at least 512 (§2.7.1). Default 65,536.
    pub fn max_frame_size(mut self, octets: u32) -> Self {
        self.config.open.max_frame_size = octets;
        self
    }

    /// The highest channel that the peer may use (§2.7.1); one less than the number of sessions.
    /// Default 255.
    pub fn channel_max(mut self, channel: u16) -> Self {
        self.config.open.channel_max = channel;
        self
    }

    /// After how long without a frame from the peer we give up (§2.4.5); half of it is what the peer is
    /// told. `None`: never. Default 60 s.
    pub fn idle_time_out(mut self, time_out: Option<Duration>) -> Self {
        self.config.idle_time_out = time_out;
        self.config.open.idle_time_out = told(time_out);
        self
    }

    /// After how much of the peer's idle-time-out, in per cent, we send an empty frame if there is nothing else to
    /// send (§2.4.5); 1 to 90. Default 50.
    pub fn heartbeat_percent(mut self, percent: u8) -> Self {
        self.config.heartbeat_percent = percent;
        self
    }

    /// Extensions that we support (§2.7.1). Default: none.
    pub fn offered_capabilities(mut self, capabilities: Multiple<Symbol>) -> Self {
        self.config.open.offered_capabilities = capabilities;
        self
    }

    /// Extensions that we would use if the peer has them (§2.7.1). Default: none.
    pub fn desired_capabilities(mut self, capabilities: Multiple<Symbol>) -> Self {
        self.config.open.desired_capabilities = capabilities;
        self
    }

    /// Extensions without which the connection is of no use: an open that does not offer them all is answered
    /// with close and `amqp:not-implemented` (§2.7.1). The peer is told only of what is also desired. Default: none.
    pub fn required_capabilities(mut self, capabilities: Multiple<Symbol>) -> Self {
        self.config.required_capabilities = capabilities;
        self
    }

    /// Locales for texts that we send (§2.7.1). Default: none, which means en-US.
    pub fn outgoing_locales(mut self, locales: Multiple<Symbol>) -> Self {
        self.config.open.outgoing_locales = locales;
        self
    }

    /// Locales in which we would like the peer's texts (§2.7.1). Default: none, which means en-US.
    pub fn incoming_locales(mut self, locales: Multiple<Symbol>) -> Self {
        self.config.open.incoming_locales = locales;
        self
    }

    /// The connection properties (§2.7.1): these and no others. Default: none from the core; an adapter adds `product`,
    /// `version` and `platform` ([`Config::introduced`]).
    pub fn properties(mut self, properties: Fields) -> Self {
        self.config.open.properties = Some(properties);
        self.config.may_introduce = false;
        self
    }

    /// One connection property (§2.7.1), such as `product` or `version`, besides the others or in place of its default.
    pub fn property(mut self, key: Symbol, value: impl Into<Value>) -> Self {
        self.config.open.properties.get_or_insert_default().insert(key, value);
        self
    }

    /// Whether to wait for answers while connecting (§2.4.2). Default [`Pipelining::Off`].
    pub fn pipelining(mut self, pipelining: Pipelining) -> Self {
        self.config.pipelining = pipelining;
        self
    }

    /// How long header, SASL and open together may take. `None`: for ever. Default 10 s.
    pub fn handshake_timeout(mut self, timeout: Option<Duration>) -> Self {
        self.config.handshake_timeout = timeout;
        self
    }

    /// How long to wait for the peer's close after ours (§2.4.3). Default 5 s.
    pub fn close_timeout(mut self, timeout: Duration) -> Self {
        self.config.close_timeout = timeout;
        self
    }

    /// Octets of unwritten output above which senders are told to wait. Deliveries in progress may add half of it, so
    /// that those that begin do not keep them from going on. Default 262,144.
    pub fn output_high_water(mut self, octets: usize) -> Self {
        self.config.output_high_water = octets;
        self
    }

    /// Bounds for decoding. Default [`Limits::default`].
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// How many deliveries may be unsettled in one session and direction. At that number our senders are told to
    /// wait, and automatic credit is not renewed, nor is a receiver granted more than is left of it, unless its sender
    /// settles all; several receivers may be granted the same places. Credit by hand is not bounded. Default 1,048,576.
    pub fn max_unsettled(mut self, deliveries: u32) -> Self {
        self.config.max_unsettled = deliveries;
        self
    }

    /// The largest SASL frame that is read, in octets, 512 to 65,536. The specification says 512 (§5.3.1), which
    /// tokens exceed. Default 4096.
    pub fn sasl_max_frame_size(mut self, octets: u32) -> Self {
        self.config.sasl_max_frame_size = octets;
        self
    }

    /// What the peer may make this connection hold or do. Default [`PeerLimits::default`].
    pub fn peer_limits(mut self, limits: PeerLimits) -> Self {
        self.config.peer_limits = limits;
        self
    }

    /// Who sees every frame, both ways. Default: nobody, at no cost.
    pub fn frame_tap(mut self, tap: FrameTap) -> Self {
        self.config.frame_tap = Some(tap);
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting that cannot be.
    pub fn build(self) -> Result<Config, ConfigError> {
        self.check()?;
        Ok(self.config)
    }

    /// As [`build`](Self::build), to go on with the builder.
    ///
    /// # Errors
    /// Those of [`build`](Self::build).
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.config.open.max_frame_size < MIN_MAX_FRAME_SIZE {
            return Err(ConfigError::MaxFrameSize);
        }
        if self.config.output_high_water == 0 {
            return Err(ConfigError::OutputHighWater);
        }
        if !(1..=90).contains(&self.config.heartbeat_percent) {
            return Err(ConfigError::HeartbeatPercent);
        }
        if !(MIN_MAX_FRAME_SIZE..=MAX_SASL_FRAME_SIZE).contains(&self.config.sasl_max_frame_size) {
            return Err(ConfigError::SaslMaxFrameSize);
        }
        if self.config.idle_time_out.is_some_and(|time_out| time_out.as_millis() < 2) {
            return Err(ConfigError::IdleTimeOut);
        }
        if !fits(&self.config.open) {
            return Err(ConfigError::Open);
        }
        Ok(())
    }
}

/// What the peer is told of the time after which we give up: half of it (req: TR-2.4.5-03).
fn told(idle_time_out: Option<Duration>) -> Option<u32> {
    idle_time_out.map(|time_out| u32::try_from(time_out.as_millis() / 2).unwrap_or(u32::MAX))
}
