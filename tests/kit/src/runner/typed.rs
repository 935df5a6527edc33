//! Records to the types of the codec and of the core's configuration, and back.

use crate::trace::Script;
use crate::wire::{Record, Value, decode, encode_record};
use amqp_proto::codec::{
    Attach, Begin, Decode, Decoder, DeliveryState, DeliveryTag, Encode, Open, SequenceNo, SourceTerminus,
};
use amqp_proto::{
    Config, CreditMode, CreditRenewal, CreditUntil, LinkOptions, PeerLimits, Pipelining, Resume, SessionOptions,
    SettleModes, UnsettledDelivery,
};
use bytes::Bytes;
use std::time::Duration;

type Built<T> = Result<T, String>;

/// A record as the codec's type of that name.
pub(super) fn typed<T: Decode>(record: &Record) -> Built<T> {
    let mut octets = Vec::new();
    encode_record(&mut octets, record)?;
    let octets = Bytes::from(octets);
    Decoder::new(&octets).decode().map_err(|fault| format!("{}: {fault}", record.name))
}

/// A codec value as traces write it.
pub(super) fn untyped(value: &impl Encode) -> Value {
    let mut octets = Vec::new();
    value.encode(&mut octets);
    decode(&octets).map_or_else(|fault| Value::String(format!("undecodable: {fault}")), |(value, _)| value)
}

/// The fields of a codec composite, under another name.
pub(super) fn fields_of(value: &impl Encode, name: &str) -> Record {
    match untyped(value) {
        Value::Composite(record) => Record { name: name.to_owned(), fields: record.fields },
        other => Record::new(name).with("is", other),
    }
}

/// A record under another name, without the fields that its composite has not got.
pub(super) fn renamed(record: &Record, name: &str, without: &[&str]) -> Record {
    let mut renamed = Record::new(name);
    let kept = record.fields.iter().filter(|(field, _)| field != "subject" && !without.contains(&field.as_str()));
    renamed.fields = kept.cloned().collect();
    renamed
}

/// Fields of an `@` line that no open has.
const OWN: &[&str] = &[
    "required-capabilities",
    "pipelining",
    "handshake-timeout",
    "close-timeout",
    "start",
    "take",
    "split",
    "heartbeat-percent",
    "output-high-water",
    "sasl-max-frame-size",
    "max-unsettled",
    "max-sessions",
    "max-links",
    "max-unsettled-map",
    "max-unread",
    "max-frames-before-open",
    "max-octets-before-outcome",
    "max-sasl-rounds",
    "max-churn",
    "max-violations",
    "max-answers",
    "max-events",
];

/// The configuration of the `@` line.
pub(super) fn config(script: &Script) -> Built<Config> {
    let mut open = renamed(&script.config, "open", OWN);
    if *open.get("container-id") == Value::Null {
        open.set("container-id", Value::from(script.role.name()));
    }
    let open: Open = typed(&open)?;
    // The core advertises half of what it is told.
    let idle = open.idle_time_out.map(|millis| Duration::from_millis(u64::from(millis) * 2));
    let mut builder = Config::builder(open.container_id)
        .max_frame_size(open.max_frame_size)
        .channel_max(open.channel_max)
        .idle_time_out(idle)
        .offered_capabilities(open.offered_capabilities)
        .desired_capabilities(open.desired_capabilities)
        .outgoing_locales(open.outgoing_locales)
        .incoming_locales(open.incoming_locales);
    // Read as a field of open is that holds the same.
    let mut required = Record::new("open");
    required.set("container-id", Value::from(""));
    required.set("offered-capabilities", script.config.get("required-capabilities").clone());
    builder = builder.required_capabilities(typed::<Open>(&required)?.offered_capabilities);
    if let Some(hostname) = open.hostname {
        builder = builder.hostname(hostname);
    }
    if let Some(properties) = open.properties {
        builder = builder.properties(properties);
    }
    if script.config.text("pipelining") == Some("on") {
        builder = builder.pipelining(Pipelining::On);
    }
    if let Some(percent) = script.config.number("heartbeat-percent") {
        builder = builder.heartbeat_percent(u8::try_from(percent).unwrap_or(u8::MAX));
    }
    if let Some(octets) = script.config.number("output-high-water") {
        builder = builder.output_high_water(usize::try_from(octets).unwrap_or(usize::MAX));
    }
    if let Some(octets) = script.config.uint("sasl-max-frame-size") {
        builder = builder.sasl_max_frame_size(octets);
    }
    if let Some(deliveries) = script.config.uint("max-unsettled") {
        builder = builder.max_unsettled(deliveries);
    }
    if let Some(millis) = script.config.number("handshake-timeout") {
        builder = builder.handshake_timeout(Some(Duration::from_millis(millis)));
    }
    if let Some(millis) = script.config.number("close-timeout") {
        builder = builder.close_timeout(Duration::from_millis(millis));
    }
    builder.peer_limits(peer_limits(&script.config)).build().map_err(|fault| fault.to_string())
}

/// What a peer may cost: defaults, but for what the `@` line says.
fn peer_limits(config: &Record) -> PeerLimits {
    let defaults = PeerLimits::default();
    let count = |name: &str, default: u32| config.uint(name).unwrap_or(default);
    let octets = |name: &str, default: usize| {
        config.number(name).and_then(|octets| usize::try_from(octets).ok()).unwrap_or(default)
    };
    PeerLimits {
        max_sessions: count("max-sessions", defaults.max_sessions),
        max_links: count("max-links", defaults.max_links),
        max_unsettled_map: count("max-unsettled-map", defaults.max_unsettled_map),
        // Not bounded unless said so: the max-frame-size of most traces is not bounded either.
        max_unread: config.number("max-unread").unwrap_or(u64::MAX),
        max_frames_before_open: count("max-frames-before-open", defaults.max_frames_before_open),
        max_octets_before_outcome: octets("max-octets-before-outcome", defaults.max_octets_before_outcome),
        max_sasl_rounds: count("max-sasl-rounds", defaults.max_sasl_rounds),
        max_churn: count("max-churn", defaults.max_churn),
        max_violations: count("max-violations", defaults.max_violations),
        max_answers: octets("max-answers", defaults.max_answers),
        max_events: octets("max-events", defaults.max_events),
    }
}

/// Options of a begin, from the fields of one.
pub(super) fn session_options(command: &Record) -> Built<SessionOptions> {
    let defaults = SessionOptions::default();
    let mut begin = renamed(command, "begin", &["incoming-octets", "low-water", "delivery-id"]);
    let standard = [
        ("next-outgoing-id", defaults.next_outgoing_id.0),
        ("incoming-window", defaults.incoming_window),
        ("outgoing-window", defaults.outgoing_window),
    ];
    for (name, value) in standard {
        if *begin.get(name) == Value::Null {
            begin.set(name, Value::from(value));
        }
    }
    let begin: Begin = typed(&begin)?;
    Ok(SessionOptions {
        incoming_window: begin.incoming_window,
        incoming_octets: command.number("incoming-octets"),
        low_water: command.uint("low-water"),
        outgoing_window: begin.outgoing_window,
        handle_max: begin.handle_max,
        next_outgoing_id: begin.next_outgoing_id,
        initial_delivery_id: SequenceNo(command.uint("delivery-id").unwrap_or(0)),
        offered_capabilities: begin.offered_capabilities,
        desired_capabilities: begin.desired_capabilities,
        properties: begin.properties,
    })
}

fn unsettled((tag, state): (DeliveryTag, Option<DeliveryState>)) -> (DeliveryTag, UnsettledDelivery) {
    (tag, UnsettledDelivery { state, token: 0 })
}

/// Options of an attach, from the fields of one; `credit=N` has the core grant it by itself.
pub(super) fn link_options(command: &Record) -> Built<LinkOptions> {
    let mut attach =
        renamed(command, "attach", &["credit", "low-water", "counts", "settle-modes", "resume"]).with("handle", 0u32);
    if *attach.get("name") == Value::Null {
        attach.set("name", Value::from("link"));
    }
    if *attach.get("role") == Value::Null {
        attach.set("role", crate::meaning::word("sender"));
    }
    let attach: Attach = typed(&attach)?;
    let until = if command.text("counts") == Some("on-settle") { CreditUntil::Settled } else { CreditUntil::Taken };
    let credit_renewal = CreditRenewal { low_water: command.uint("low-water"), until };
    let credit = command.uint("credit").map_or(CreditMode::Manual, CreditMode::Auto);
    Ok(LinkOptions {
        name: attach.name,
        source: attach.source.as_ref().and_then(SourceTerminus::as_source).cloned(),
        target: attach.target,
        snd_settle_mode: attach.snd_settle_mode,
        rcv_settle_mode: attach.rcv_settle_mode,
        settle_modes: match command.text("settle-modes") {
            Some("required") => SettleModes::Required,
            _ => SettleModes::Preferred,
        },
        max_message_size: attach.max_message_size,
        initial_delivery_count: attach.initial_delivery_count.unwrap_or_default(),
        credit,
        credit_renewal,
        resume: match attach.unsettled {
            Some(map) => Resume::with(map.0.into_iter().map(unsettled).collect()),
            None if command.text("resume") == Some("keep") => Resume::keep(),
            None => Resume::forget(),
        },
        offered_capabilities: attach.offered_capabilities,
        desired_capabilities: attach.desired_capabilities,
        properties: attach.properties,
    })
}
