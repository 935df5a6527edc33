//! What an application says about a link when it attaches one, or lets the peer attach one (§2.7.3).

use super::unsettled::Resume;
use amqp_codec::{
    Attach, Fields, Handle, Multiple, ReceiverSettleMode, Role, SenderSettleMode, SequenceNo, Source, SourceTerminus,
    Str, Symbol, Target, TargetTerminus,
};

/// How a receiver grants credit (§2.6.7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditMode {
    /// Only as the application says.
    Manual,
    /// Up to this many deliveries, under way or waiting to be taken; renewed when the application has
    /// taken half of them. [`CreditRenewal`] can say otherwise. Never more than
    /// [`max_unsettled`](crate::ConfigBuilder::max_unsettled) leaves.
    Auto(u32),
}

impl Default for CreditMode {
    fn default() -> Self {
        CreditMode::Auto(1000)
    }
}

/// When automatic credit is renewed (§2.6.7). Of no effect in [`CreditMode::Manual`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CreditRenewal {
    /// One flow grants the whole again when no more than so many deliveries are left: those that the sender may
    /// still begin, and those that count until `until`. `Some(u32::MAX)`: after each delivery. `Some(0)`: when all of
    /// it is used up, as RabbitMQ before 4.0 needs: it grants again what is under way when a flow comes. Default: half
    /// of what [`CreditMode::Auto`] says.
    pub low_water: Option<u32>,
    /// What a delivery that has arrived counts as. Default [`Taken`](CreditUntil::Taken).
    pub until: CreditUntil,
}

/// Until when a delivery takes up automatic credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CreditUntil {
    /// Until the application has taken it.
    #[default]
    Taken,
    /// Until it is settled by either side; one that was sent settled, until it is taken. So no more are
    /// unsettled than were granted.
    Settled,
}

/// Whether a link is of use if the peer settles otherwise than our attach wishes (§2.7.3). Each end states
/// its own mode; what it says of the other's is a wish.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SettleModes {
    /// It is. What counts is what the peer's attach states.
    #[default]
    Preferred,
    /// It is not: such an answer is detached with `amqp:not-implemented`. A receiver that wishes
    /// [`Mixed`](SenderSettleMode::Mixed) leaves the choice to the sender.
    Required,
}

/// The fields of our attach (§2.7.3).
#[derive(Clone, Debug, Default)]
pub struct LinkOptions {
    /// The link's name, unique among the links of one direction between the two containers (§2.6.1).
    pub name: Str,
    /// Where messages come from. Default: none.
    pub source: Option<Source>,
    /// Where messages go to. Default: none.
    pub target: Option<TargetTerminus>,
    /// How the sender settles. Default [`Mixed`](SenderSettleMode::Mixed).
    pub snd_settle_mode: SenderSettleMode,
    /// How the receiver settles. Default [`First`](ReceiverSettleMode::First).
    pub rcv_settle_mode: ReceiverSettleMode,
    /// Whether the peer has to settle as these two say. Default [`Preferred`](SettleModes::Preferred). Of no
    /// effect in an answer: whoever accepts an attach has the peer's modes in hand.
    pub settle_modes: SettleModes,
    /// The largest message that we take, in octets; `None` or 0: no limit. Default: none. A message of more
    /// transfers than the session's incoming-window is taken in whole if nothing else waits: it is this that
    /// bounds it.
    pub max_message_size: Option<u64>,
    /// Sender: where its delivery-count begins. Default 0.
    pub initial_delivery_count: SequenceNo,
    /// Receiver: how credit is granted. Default [`CreditMode::Auto`] of 1000.
    pub credit: CreditMode,
    /// Receiver: when automatic credit is renewed. Default: at half, by deliveries that were taken.
    pub credit_renewal: CreditRenewal,
    /// Whether the link keeps its unsettled deliveries when it is gone, and with which it comes back (§2.6.13).
    /// Default: it keeps none.
    pub resume: Resume,
    /// Extensions that we support. Default: none.
    pub offered_capabilities: Multiple<Symbol>,
    /// Extensions that we would use if the peer has them. Default: none.
    pub desired_capabilities: Multiple<Symbol>,
    /// Link properties. Default: none.
    pub properties: Option<Fields>,
}

impl LinkOptions {
    /// A link that sends to `address`; the name doubles as the source's address.
    #[must_use]
    pub fn sender(name: impl Into<Str>, address: impl Into<Str>) -> Self {
        let name = name.into();
        Self {
            source: Some(Source::new(name.clone())),
            target: Some(Target::new(address.into()).into()),
            name,
            ..Self::default()
        }
    }

    /// A link that receives from `address`; the name doubles as the target's address.
    #[must_use]
    pub fn receiver(name: impl Into<Str>, address: impl Into<Str>) -> Self {
        let name = name.into();
        Self {
            source: Some(Source::new(address.into())),
            target: Some(Target::new(name.clone()).into()),
            name,
            ..Self::default()
        }
    }

    /// The answer that takes the peer's attach as it is, but settles in mode first where we receive.
    #[must_use]
    pub fn answering(attach: &Attach) -> Self {
        Self {
            name: attach.name.clone(),
            source: attach.source.as_ref().and_then(SourceTerminus::as_source).cloned(),
            target: attach.target.clone(),
            snd_settle_mode: attach.snd_settle_mode,
            rcv_settle_mode: match attach.role {
                Role::Sender => ReceiverSettleMode::First,
                Role::Receiver => attach.rcv_settle_mode,
            },
            ..Self::default()
        }
    }

    /// The attach frame for these options.
    pub(crate) fn attach(self, role: Role, handle: Handle) -> Attach {
        let mut attach = Attach::new(self.name, handle, role);
        attach.snd_settle_mode = self.snd_settle_mode;
        attach.rcv_settle_mode = self.rcv_settle_mode;
        attach.source = self.source.map(SourceTerminus::from);
        attach.target = self.target;
        attach.initial_delivery_count = (role == Role::Sender).then_some(self.initial_delivery_count);
        attach.max_message_size = self.max_message_size;
        attach.offered_capabilities = self.offered_capabilities;
        attach.desired_capabilities = self.desired_capabilities;
        attach.properties = self.properties;
        attach
    }
}
