//! What an attach of the peer has to keep to: any attach (§2.7.3, §3.5), and the answer to ours (§2.6.3).

use super::options::{LinkOptions, SettleModes};
use crate::PeerLimits;
use crate::violation::{Violation, supported};
use alloc::vec::Vec;
use amqp_codec::terminus::DYNAMIC_LIFETIME_POLICY;
use amqp_codec::{
    Attach, Decoder, Encode, Fields, LifetimePolicy, Outcome, ReceiverSettleMode, Role, SenderSettleMode, Source,
    SourceTerminus, Str, Target, TargetTerminus, UnsettledMap, Value,
};
use bytes::Bytes;

/// What our attach asked for and its answer may not deny.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    coordinator: bool,
    /// A source to be made. Of a target the Proton C++ broker tells no address, and takes messages all the same.
    dynamic_source: bool,
    /// How the sender has to settle, if that matters.
    snd: Option<SenderSettleMode>,
    /// How the receiver has to settle, if that matters.
    rcv: Option<ReceiverSettleMode>,
}

impl Asked {
    /// What an attach of ours with these options asks for; `role` is ours.
    pub(crate) fn of(role: Role, options: &LinkOptions) -> Self {
        let required = options.settle_modes == SettleModes::Required;
        match role {
            Role::Sender => Self {
                coordinator: matches!(options.target, Some(TargetTerminus::Coordinator(_))),
                rcv: required.then_some(options.rcv_settle_mode),
                ..Self::default()
            },
            Role::Receiver => Self {
                dynamic_source: options.source.as_ref().is_some_and(|source| source.dynamic),
                // Mixed leaves the choice to the sender.
                snd: Some(options.snd_settle_mode).filter(|mode| required && *mode != SenderSettleMode::Mixed),
                ..Self::default()
            },
        }
    }

    /// Whether the answer grants it (req: TR-2.6.3-07, TR-2.7.3-05, MS-3.5.3-02).
    pub(crate) fn check(&self, answer: &Attach) -> Result<(), Violation> {
        if self.coordinator && target(answer).is_some() {
            return Err(Violation::NoCoordinator);
        }
        if self.dynamic_source && source(answer).is_some_and(|source| source.address.is_none()) {
            return Err(Violation::DynamicUnnamed);
        }
        let differs = match answer.role {
            Role::Sender => self.snd.is_some_and(|mode| mode != answer.snd_settle_mode),
            Role::Receiver => self.rcv.is_some_and(|mode| mode != answer.rcv_settle_mode),
        };
        if differs { Err(Violation::SettleModes) } else { Ok(()) }
    }
}

/// What any attach of a peer has to keep to.
pub(crate) fn check(attach: &Attach, limits: &PeerLimits) -> Result<(), Violation> {
    if attach.role == Role::Sender && attach.initial_delivery_count.is_none() {
        return Err(Violation::InitialDeliveryCount);
    }
    if let Some(unsettled) = attach.unsettled.as_ref().filter(|unsettled| !unsettled.0.is_empty()) {
        check_unsettled(unsettled, attach, limits)?;
    }
    if matches!(attach.source, Some(SourceTerminus::Other(_)))
        || matches!(attach.target, Some(TargetTerminus::Other(_)))
    {
        return Err(Violation::TerminusType);
    }
    let (source, target) = (source(attach), target(attach));
    // What is not known as an outcome cannot be applied either (req: MS-3.5.3-07).
    if source.is_some_and(|source| matches!(source.default_outcome, Some(Outcome::Other(_)))) {
        return Err(Violation::DefaultOutcome);
    }
    let (source, target) = (source.map(Node::source), target.map(Node::target));
    // Whoever asks for a node to be made cannot name it; whoever made it has to.
    let asked = match attach.role {
        Role::Receiver => source,
        Role::Sender => target,
    };
    if asked.is_some_and(|node| node.dynamic && node.address.is_some()) {
        return Err(Violation::DynamicAddress);
    }
    source.map_or(Ok(()), Node::check_properties)?;
    target.map_or(Ok(()), Node::check_properties)
}

/// A map of deliveries that were unsettled when the link was attached before (§2.6.13).
fn check_unsettled(unsettled: &UnsettledMap, attach: &Attach, limits: &PeerLimits) -> Result<(), Violation> {
    if matches!(attach.target, Some(TargetTerminus::Coordinator(_))) {
        return Err(Violation::CoordinatorResumed);
    }
    if unsettled.0.len() > limits.max_unsettled_map as usize {
        return Err(Violation::UnsettledLimit);
    }
    let states = unsettled.0.iter().map(|(_, state)| supported(state.as_ref()));
    if states.into_iter().any(|state| state.is_err()) { Err(Violation::UnsettledState) } else { Ok(()) }
}

/// What source and target have in common.
#[derive(Clone, Copy)]
struct Node<'a> {
    address: Option<&'a Str>,
    dynamic: bool,
    properties: Option<&'a Fields>,
}

fn source(attach: &Attach) -> Option<&Source> {
    attach.source.as_ref().and_then(SourceTerminus::as_source)
}

fn target(attach: &Attach) -> Option<&Target> {
    attach.target.as_ref().and_then(TargetTerminus::as_target)
}

impl<'a> Node<'a> {
    fn source(source: &'a Source) -> Self {
        Self {
            address: source.address.as_ref(),
            dynamic: source.dynamic,
            properties: source.dynamic_node_properties.as_ref(),
        }
    }

    fn target(target: &'a Target) -> Self {
        Self {
            address: target.address.as_ref(),
            dynamic: target.dynamic,
            properties: target.dynamic_node_properties.as_ref(),
        }
    }

    /// An empty map says nothing; the npm client amqp10 and fe2o3-amqp send one in every attach.
    #[inline(never)]
    fn check_properties(self) -> Result<(), Violation> {
        let Some(properties) = self.properties.filter(|properties| !properties.is_empty()) else { return Ok(()) };
        if !self.dynamic {
            return Err(Violation::DynamicProperties);
        }
        match properties.get(DYNAMIC_LIFETIME_POLICY.as_str()) {
            None | Some(Value::Null) => Ok(()),
            Some(policy) if is_lifetime_policy(policy) => Ok(()),
            Some(_) => Err(Violation::LifetimePolicy),
        }
    }
}

/// One of the four that the text has (req: MS-3.5.9-01).
fn is_lifetime_policy(policy: &Value) -> bool {
    let mut octets = Vec::new();
    policy.encode(&mut octets);
    Decoder::new(&Bytes::from(octets)).decode::<LifetimePolicy>().is_ok()
}
