//! The nine performatives (§2.7).

use std::collections::BTreeMap;

use amqp_codec::{
    Attach, Begin, Close, Detach, Disposition, End, Flow, Handle, Open, Performative, ReceiverSettleMode, Role,
    SenderSettleMode, SequenceNo, Transfer, UnsettledMap,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::states::delivery_state;
use super::termini::{source_terminus, target_terminus};
use super::values::{delivery_tag, error, fields, symbols, text};

pub(crate) fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Sender), Just(Role::Receiver)]
}

pub(crate) fn sender_settle_mode() -> impl Strategy<Value = SenderSettleMode> {
    use SenderSettleMode::{Mixed, Settled, Unsettled};
    prop_oneof![Just(Unsettled), Just(Settled), Just(Mixed)]
}

pub(crate) fn receiver_settle_mode() -> impl Strategy<Value = ReceiverSettleMode> {
    prop_oneof![Just(ReceiverSettleMode::First), Just(ReceiverSettleMode::Second)]
}

fn number() -> impl Strategy<Value = SequenceNo> {
    prop_oneof![any::<u32>(), 0..300_u32].prop_map(SequenceNo)
}

fn handle() -> impl Strategy<Value = Handle> {
    prop_oneof![any::<u32>(), 0..300_u32, Just(u32::MAX)].prop_map(Handle)
}

pub(crate) fn open() -> BoxedStrategy<Open> {
    let names = (text(), option::of(text()));
    let limits = (any::<u32>(), any::<u16>(), option::of(any::<u32>()));
    let symbols = (symbols(0..3), symbols(0..3), symbols(0..3), symbols(0..3));
    (names, limits, symbols, option::of(fields()))
        .prop_map(|(names, limits, symbols, properties)| {
            let (container_id, hostname) = names;
            let (max_frame_size, channel_max, idle_time_out) = limits;
            let (outgoing_locales, incoming_locales, offered_capabilities, desired_capabilities) = symbols;
            Open {
                container_id,
                hostname,
                max_frame_size,
                channel_max,
                idle_time_out,
                outgoing_locales,
                incoming_locales,
                offered_capabilities,
                desired_capabilities,
                properties,
            }
        })
        .boxed()
}

pub(crate) fn begin() -> BoxedStrategy<Begin> {
    let windows = (option::of(any::<u16>()), number(), any::<u32>(), any::<u32>(), handle());
    let capabilities = (symbols(0..3), symbols(0..3), option::of(fields()));
    (windows, capabilities)
        .prop_map(|(windows, (offered_capabilities, desired_capabilities, properties))| {
            let (remote_channel, next_outgoing_id, incoming_window, outgoing_window, handle_max) = windows;
            Begin {
                remote_channel,
                next_outgoing_id,
                incoming_window,
                outgoing_window,
                handle_max,
                offered_capabilities,
                desired_capabilities,
                properties,
            }
        })
        .boxed()
}

pub(crate) fn unsettled_map() -> BoxedStrategy<UnsettledMap> {
    vec((delivery_tag(), option::of(delivery_state())), 0..4)
        .prop_map(|entries| BTreeMap::from_iter(entries).into_iter().collect())
        .boxed()
}

pub(crate) fn attach() -> BoxedStrategy<Attach> {
    let link = (text(), handle(), role(), sender_settle_mode(), receiver_settle_mode());
    let termini = (option::of(source_terminus()), option::of(target_terminus()));
    let unsettled = (option::of(unsettled_map()), any::<bool>());
    let limits = (option::of(number()), option::of(any::<u64>()));
    let capabilities = (symbols(0..3), symbols(0..3), option::of(fields()));
    (link, termini, unsettled, limits, capabilities)
        .prop_map(|(link, (source, target), unsettled, limits, capabilities)| {
            let (name, handle, role, snd_settle_mode, rcv_settle_mode) = link;
            let (unsettled, incomplete_unsettled) = unsettled;
            let (initial_delivery_count, max_message_size) = limits;
            let (offered_capabilities, desired_capabilities, properties) = capabilities;
            Attach {
                name,
                handle,
                role,
                snd_settle_mode,
                rcv_settle_mode,
                source,
                target,
                unsettled,
                incomplete_unsettled,
                initial_delivery_count,
                max_message_size,
                offered_capabilities,
                desired_capabilities,
                properties,
            }
        })
        .boxed()
}

pub(crate) fn flow() -> BoxedStrategy<Flow> {
    let session = (option::of(number()), any::<u32>(), number(), any::<u32>());
    let link = (option::of(handle()), option::of(number()), option::of(any::<u32>()), option::of(any::<u32>()));
    (session, link, any::<[bool; 2]>(), option::of(fields()))
        .prop_map(|(session, link, [drain, echo], properties)| {
            let (next_incoming_id, incoming_window, next_outgoing_id, outgoing_window) = session;
            let (handle, delivery_count, link_credit, available) = link;
            Flow {
                next_incoming_id,
                incoming_window,
                next_outgoing_id,
                outgoing_window,
                handle,
                delivery_count,
                link_credit,
                available,
                drain,
                echo,
                properties,
            }
        })
        .boxed()
}

pub(crate) fn transfer() -> BoxedStrategy<Transfer> {
    let delivery = (handle(), option::of(number()), option::of(delivery_tag()), option::of(any::<u32>()));
    let state = (option::of(any::<bool>()), option::of(receiver_settle_mode()), option::of(delivery_state()));
    (delivery, state, any::<[bool; 4]>())
        .prop_map(|(delivery, (settled, rcv_settle_mode, state), [more, resume, aborted, batchable])| {
            let (handle, delivery_id, delivery_tag, message_format) = delivery;
            Transfer {
                handle,
                delivery_id,
                delivery_tag,
                message_format,
                settled,
                more,
                rcv_settle_mode,
                state,
                resume,
                aborted,
                batchable,
            }
        })
        .boxed()
}

pub(crate) fn disposition() -> BoxedStrategy<Disposition> {
    let range = (role(), number(), option::of(number()));
    (range, option::of(delivery_state()), any::<[bool; 2]>())
        .prop_map(|((role, first, last), state, [settled, batchable])| Disposition {
            role,
            first,
            last,
            settled,
            state,
            batchable,
        })
        .boxed()
}

pub(crate) fn detach() -> impl Strategy<Value = Detach> {
    (handle(), any::<bool>(), option::of(error())).prop_map(|(handle, closed, error)| Detach { handle, closed, error })
}

pub(crate) fn end() -> impl Strategy<Value = End> {
    option::of(error()).prop_map(|error| End { error })
}

pub(crate) fn close() -> impl Strategy<Value = Close> {
    option::of(error()).prop_map(|error| Close { error })
}

pub(crate) fn performative() -> BoxedStrategy<Performative> {
    prop_oneof![
        open().prop_map(Performative::from),
        begin().prop_map(Performative::from),
        attach().prop_map(Performative::from),
        flow().prop_map(Performative::from),
        transfer().prop_map(Performative::from),
        disposition().prop_map(Performative::from),
        detach().prop_map(Performative::from),
        end().prop_map(Performative::from),
        close().prop_map(Performative::from),
    ]
    .boxed()
}
