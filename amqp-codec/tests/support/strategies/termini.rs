//! The ends of a link (§3.5, §4.5.1).

use amqp_codec::terminus::{COPY, DeleteOnClose, DeleteOnNoLinks, DeleteOnNoLinksOrMessages, DeleteOnNoMessages, MOVE};
use amqp_codec::{
    Coordinator, LifetimePolicy, Source, SourceTerminus, Target, TargetTerminus, TerminusDurability,
    TerminusExpiryPolicy,
};
use proptest::option;
use proptest::prelude::*;

use super::states::{outcome, unknown};
use super::values::{fields, symbol, symbols, text};

pub(crate) fn durability() -> impl Strategy<Value = TerminusDurability> {
    use TerminusDurability::{Configuration, None, UnsettledState};
    prop_oneof![Just(None), Just(Configuration), Just(UnsettledState)]
}

pub(crate) fn expiry_policy() -> impl Strategy<Value = TerminusExpiryPolicy> {
    prop_oneof![
        Just(TerminusExpiryPolicy::LINK_DETACH),
        Just(TerminusExpiryPolicy::SESSION_END),
        Just(TerminusExpiryPolicy::CONNECTION_CLOSE),
        Just(TerminusExpiryPolicy::NEVER),
        symbol().prop_map(TerminusExpiryPolicy),
    ]
}

pub(crate) fn lifetime_policy() -> impl Strategy<Value = LifetimePolicy> {
    prop_oneof![
        Just(DeleteOnClose {}.into()),
        Just(DeleteOnNoLinks {}.into()),
        Just(DeleteOnNoMessages {}.into()),
        Just(DeleteOnNoLinksOrMessages {}.into()),
    ]
}

pub(crate) fn source() -> BoxedStrategy<Source> {
    let node = (option::of(text()), any::<bool>(), option::of(fields()));
    let lifetime = (durability(), expiry_policy(), any::<u32>());
    let mode = option::of(prop_oneof![Just(MOVE), Just(COPY), symbol()]);
    let messages = (mode, option::of(fields()), option::of(outcome()), symbols(0..3), symbols(0..3));
    (node, lifetime, messages)
        .prop_map(|(node, lifetime, messages)| {
            let (address, dynamic, dynamic_node_properties) = node;
            let (durable, expiry_policy, timeout) = lifetime;
            let (distribution_mode, filter, default_outcome, outcomes, capabilities) = messages;
            Source {
                address,
                durable,
                expiry_policy,
                timeout,
                dynamic,
                dynamic_node_properties,
                distribution_mode,
                filter,
                default_outcome,
                outcomes,
                capabilities,
            }
        })
        .boxed()
}

pub(crate) fn source_terminus() -> BoxedStrategy<SourceTerminus> {
    prop_oneof![
        4 => source().prop_map(SourceTerminus::from),
        1 => unknown(),
    ]
    .boxed()
}

pub(crate) fn target() -> BoxedStrategy<Target> {
    let node = (option::of(text()), any::<bool>(), option::of(fields()));
    let lifetime = (durability(), expiry_policy(), any::<u32>());
    (node, lifetime, symbols(0..3))
        .prop_map(|(node, (durable, expiry_policy, timeout), capabilities)| {
            let (address, dynamic, dynamic_node_properties) = node;
            Target { address, durable, expiry_policy, timeout, dynamic, dynamic_node_properties, capabilities }
        })
        .boxed()
}

pub(crate) fn coordinator() -> impl Strategy<Value = Coordinator> {
    symbols(0..3).prop_map(|capabilities| Coordinator { capabilities })
}

pub(crate) fn target_terminus() -> BoxedStrategy<TargetTerminus> {
    prop_oneof![
        3 => target().prop_map(TargetTerminus::from),
        1 => coordinator().prop_map(TargetTerminus::from),
        1 => unknown(),
    ]
    .boxed()
}
