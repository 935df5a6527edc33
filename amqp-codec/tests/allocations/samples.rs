//! The nine performatives (§2.7) and the five SASL frames (§5.3.3), with what must be in them and with every field.

use amqp_codec::{
    Attach, Begin, Bytes, Close, Condition, DeliveryNumber, DeliveryState, DeliveryTag, Detach, Disposition, End,
    Error, Fields, Flow, Handle, Map, Modified, Multiple, Open, Outcome, Performative, Received, ReceiverSettleMode,
    Rejected, Role, SaslChallenge, SaslCode, SaslFrame, SaslInit, SaslMechanisms, SaslOutcome, SaslResponse,
    SenderSettleMode, SequenceNo, Source, Symbol, Target, TerminusDurability, TerminusExpiryPolicy, TransactionalState,
    Transfer, TransferNumber, UnsettledMap, Value,
};

pub(crate) fn bare_performatives() -> [Performative; 9] {
    [
        Open::new("container").into(),
        Begin::new(TransferNumber::from(0), 1, 1).into(),
        Attach::new("link", Handle(0), Role::Sender).into(),
        Flow::new(1, TransferNumber::from(0), 1).into(),
        Transfer::new(Handle(0)).into(),
        Disposition::new(Role::Receiver, DeliveryNumber::from(0)).into(),
        Detach { handle: Handle(0), closed: false, error: None }.into(),
        End { error: None }.into(),
        Close { error: None }.into(),
    ]
}

pub(crate) fn full_performatives() -> [Performative; 9] {
    let detach = Detach { handle: Handle(300), closed: true, error: Some(error()) };
    [
        open().into(),
        begin().into(),
        attach().into(),
        flow(Some(fields())).into(),
        transfer(Some(rejected())).into(),
        disposition(Some(rejected())).into(),
        detach.into(),
        End { error: Some(error()) }.into(),
        Close { error: Some(error()) }.into(),
    ]
}

pub(crate) fn sasl_frames() -> [SaslFrame; 5] {
    let octets = Bytes::from_static(&[7; 300]);
    let init = SaslInit {
        mechanism: Symbol::from_static("PLAIN"),
        initial_response: Some(octets.clone()),
        hostname: Some("broker.example.com".into()),
    };
    [
        SaslMechanisms { sasl_server_mechanisms: symbols() }.into(),
        init.into(),
        SaslChallenge { challenge: octets.clone() }.into(),
        SaslResponse { response: octets.clone() }.into(),
        SaslOutcome { code: SaslCode::Ok, additional_data: Some(octets) }.into(),
    ]
}

/// A flow with every field but for the properties, which are as given.
pub(crate) fn flow(properties: Option<Fields>) -> Flow {
    Flow {
        next_incoming_id: Some(TransferNumber::from(70_000)),
        incoming_window: 300,
        next_outgoing_id: TransferNumber::from(u32::MAX),
        outgoing_window: 70_000,
        handle: Some(Handle(300)),
        delivery_count: Some(SequenceNo::from(7)),
        link_credit: Some(1_000),
        available: Some(2_000),
        drain: true,
        echo: true,
        properties,
    }
}

/// A transfer with every field but for the state, which is as given.
pub(crate) fn transfer(state: Option<DeliveryState>) -> Transfer {
    Transfer {
        handle: Handle(300),
        delivery_id: Some(DeliveryNumber::from(70_000)),
        delivery_tag: Some(tag(32)),
        message_format: Some(300),
        settled: Some(true),
        more: true,
        rcv_settle_mode: Some(ReceiverSettleMode::Second),
        state,
        resume: true,
        aborted: true,
        batchable: true,
    }
}

/// A disposition with every field but for the state, which is as given.
pub(crate) fn disposition(state: Option<DeliveryState>) -> Disposition {
    Disposition {
        role: Role::Receiver,
        first: DeliveryNumber::from(7),
        last: Some(DeliveryNumber::from(70_000)),
        settled: true,
        state,
        batchable: true,
    }
}

/// The states that have no content, or only numbers.
pub(crate) fn plain_states() -> [Option<DeliveryState>; 4] {
    let received = Received { section_number: 5, section_offset: 70_000 };
    [None, Some(DeliveryState::Accepted), Some(DeliveryState::Released), Some(DeliveryState::Received(received))]
}

fn open() -> Open {
    Open {
        container_id: "container".into(),
        hostname: Some("broker.example.com".into()),
        max_frame_size: 65_536,
        channel_max: 255,
        idle_time_out: Some(60_000),
        outgoing_locales: symbols(),
        incoming_locales: symbols(),
        offered_capabilities: symbols(),
        desired_capabilities: symbols(),
        properties: Some(fields()),
    }
}

fn begin() -> Begin {
    Begin {
        remote_channel: Some(7),
        next_outgoing_id: TransferNumber::from(u32::MAX),
        incoming_window: 300,
        outgoing_window: 70_000,
        handle_max: Handle(255),
        offered_capabilities: symbols(),
        desired_capabilities: symbols(),
        properties: Some(fields()),
    }
}

fn attach() -> Attach {
    let states = [None, Some(rejected()), Some(modified()), Some(transactional())];
    let unsettled = (1..).zip(states).map(|(len, state)| (tag(len), state));
    Attach {
        name: "link".into(),
        handle: Handle(300),
        role: Role::Receiver,
        snd_settle_mode: SenderSettleMode::Settled,
        rcv_settle_mode: ReceiverSettleMode::Second,
        source: Some(source().into()),
        target: Some(target().into()),
        unsettled: Some(unsettled.collect::<UnsettledMap>()),
        incomplete_unsettled: true,
        initial_delivery_count: Some(SequenceNo::from(70_000)),
        max_message_size: Some(1_048_576),
        offered_capabilities: symbols(),
        desired_capabilities: symbols(),
        properties: Some(fields()),
    }
}

fn source() -> Source {
    Source {
        address: Some("orders".into()),
        durable: TerminusDurability::UnsettledState,
        expiry_policy: TerminusExpiryPolicy::NEVER,
        timeout: 300,
        dynamic: true,
        dynamic_node_properties: Some(fields()),
        distribution_mode: Some(Symbol::from_static("copy")),
        filter: Some(fields()),
        default_outcome: modified().try_into().ok(),
        outcomes: symbols(),
        capabilities: symbols(),
    }
}

fn target() -> Target {
    Target {
        address: Some("orders".into()),
        durable: TerminusDurability::UnsettledState,
        expiry_policy: TerminusExpiryPolicy::NEVER,
        timeout: 300,
        dynamic: true,
        dynamic_node_properties: Some(fields()),
        capabilities: symbols(),
    }
}

fn rejected() -> DeliveryState {
    DeliveryState::Rejected(Box::new(Rejected { error: Some(error()) }))
}

fn modified() -> DeliveryState {
    let message_annotations = Some(fields());
    DeliveryState::Modified(Box::new(Modified { delivery_failed: true, undeliverable_here: true, message_annotations }))
}

fn transactional() -> DeliveryState {
    let txn_id = Bytes::from_static(b"transaction").try_into().unwrap();
    DeliveryState::Transactional(Box::new(TransactionalState { txn_id, outcome: Some(Outcome::Accepted) }))
}

fn error() -> Error {
    Error { info: Some(fields().into()), ..Error::new(Condition::NOT_FOUND, "no such node") }
}

fn tag(len: usize) -> DeliveryTag {
    let octets = [7; DeliveryTag::MAX_LEN];
    DeliveryTag::try_from(&octets[..len]).expect("at most 32 octets")
}

fn symbols() -> Multiple<Symbol> {
    ["en-GB", "de-DE"].into_iter().map(Symbol::from_static).collect()
}

/// Values of every kind that holds others, within each other.
fn fields() -> Fields {
    let array = amqp_codec::Array::of(&[1_u64, u64::MAX]);
    let described = amqp_codec::Described::new(Symbol::from_static("example:descriptor"), vec![Value::from(1_u8)]);
    let map = Map::from_iter([("key", Value::from(array)), ("other", Value::from(described))]);
    let list = vec![Value::Null, Value::Map(map), Value::from("text")];
    [("number", Value::from(7_i64)), ("list", Value::List(list))]
        .into_iter()
        .map(|(key, value)| (Symbol::from_static(key), value))
        .collect()
}
