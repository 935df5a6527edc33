//! What peers are known not to do, or to do otherwise: one row each, told in `docs/INTEROP.md`.
//!
//! A row says how the scenario fails with that peer. If it fails otherwise, or no longer fails, the run fails.

/// How one peer differs in one scenario.
#[derive(Debug)]
pub(crate) struct Oddity {
    pub(crate) peer: &'static str,
    pub(crate) scenario: &'static str,
    /// Part of what the scenario then says.
    pub(crate) says: &'static str,
    pub(crate) how_often: HowOften,
    /// What the peer does, and which clause it leaves if it does.
    pub(crate) why: &'static str,
}

/// Whether a row always shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HowOften {
    Always,
    /// It depends on what comes first; the scenario may pass as well.
    Sometimes,
}

/// The scenario of a row about what the peer may do in any.
const ANY: &str = "any";

/// The rows of a peer and a scenario.
pub(crate) fn of(peer: &str, scenario: &str) -> impl Iterator<Item = &'static Oddity> {
    ODDITIES.iter().filter(move |it| it.peer == peer && [scenario, ANY].contains(&it.scenario))
}

/// Whether this is what the peer may do in any scenario.
pub(crate) fn is_mood(peer: &str, why: &str) -> bool {
    of(peer, ANY).any(|it| it.why == why)
}

type Text = &'static str;

const fn odd(peer: Text, scenario: Text, says: Text, why: Text) -> Oddity {
    Oddity { peer, scenario, says, how_often: HowOften::Always, why }
}

const fn at_times(peer: Text, scenario: Text, says: Text, why: Text) -> Oddity {
    Oddity { how_often: HowOften::Sometimes, ..odd(peer, scenario, says, why) }
}

/// What peers do that is lived with, without a scenario that fails: as the scenarios of `tests/scenarios` and the
/// recordings of `tests/traces` prove.
pub(crate) const LIVED_WITH: &str = include_str!("../lived-with.md");

const BEYOND_CREDIT: &str = "a flow that renews credit while deliveries are under way grants them again: it works credit out \
    with a delivery-count that leaves out what its queue has already handed over, and so sends more than was granted \
    (§2.6.7: without link-credit a sender must not send); our link is detached with transfer-limit-exceeded; with a \
    low_water of 0 nothing is under way when credit is renewed (credit-used-up)";
const ONE_BEYOND_CREDIT: &str = "counts a delivery only after it has handed it to the socket, which may send others meanwhile: so it \
    can send one more than was granted (§2.6.7: without link-credit a sender must not send; 51 transfers on a link-credit of \
    50 in a trace of AMQP_TRACE); our link is detached with transfer-limit-exceeded";
const LOST_BEGIN: &str = "loses a begin that comes soon behind the end with which its own was answered: its reader still leads the \
    channel to the session that goes (§2.5.1: a channel is free once end has gone both ways); our sessions take the channels in \
    turn, and with many that end side by side it can be too soon all the same";
const WINDOW_CLOSED: &str = "a transfer came with the incoming-window closed";
const BEYOND_WINDOW: &str = "writes all transfers of a message whatever the session's incoming-window says (§2.5.6), and counts \
    one: a listener that takes large messages in small frames from it grants as many transfers (sizes-512-wide)";
const TLS_WITHOUT_SASL: &str = "without SASL it begins with the header of TLS (§5.2.1), over plain TCP too, and goes on with \
    no regard to the answer";
const NO_DYNAMIC_NODES: &str = "no dynamic nodes: the session is ended";
const FORCED_AS_INTERNAL: &str =
    "a connection closed by its operator is closed with amqp:internal-error (§2.8.16 has connection:forced)";
const NO_SELECTORS: &str =
    "knows no selectors on classic queues, and leaves the filter out of its attach, as §3.5.8 asks";

pub(crate) const ODDITIES: &[Oddity] = &[
    odd("rabbitmq4", "dynamic-reply", "amqp:not-implemented", NO_DYNAMIC_NODES),
    odd(
        "go-amqp",
        "rcv-second",
        "requested, received \"first\" from server",
        "wants rcv-settle-mode second or nothing, and our listener answers first, as it may (§2.7.3)",
    ),
    odd("rabbitmq4", "forced-close", "amqp:internal-error: Connection forced", FORCED_AS_INTERNAL),
    odd(
        "uamqp",
        "credit-one",
        "no message of 9",
        "renews its credit behind a delivery with the delivery-count from before it: of a credit of one nothing is left \
         (§2.6.7), of more one less than it says",
    ),
    odd("uamqp", "types-char", "Cannot get body AMQP value encoded size", "cannot encode a char (§1.6.16)"),
    odd(
        "uamqp",
        "peer-ends",
        "was to be said: outcomes: [(1, {'delivery_state': []}), (2, {'delivery_state': None})] |",
        "answers the end of a session, and tells of no error: its sender stays open, without an outcome; at times \
         it crashes when it is taken down then",
    ),
    // whichever comes first, its next frame or our end
    odd(
        "pyamqp",
        "sasl-none",
        "ErrorCondition.SocketError |  Error Description: Can not send frame out due to exception: [Errno 32] Broken pipe",
        TLS_WITHOUT_SASL,
    ),
    odd(
        "pyamqp",
        "sasl-none",
        "ErrorCondition.SocketError |  Error Description: Can not read frame due to exception: Server unexpectedly closed",
        TLS_WITHOUT_SASL,
    ),
    odd(
        "pyamqp",
        "types-decimal128",
        "Invalid AMQP decimal128 encoding",
        "does not read the decimal128 that it writes (§1.6.17)",
    ),
    odd(
        "pyamqp",
        "session-end",
        "a frame came on a channel that has no session",
        "detaches the links of a session behind its end of it (§2.5.5); Azure's clients detach first, and so do its other \
         scenarios",
    ),
    odd("rabbitmq43", "forced-close", "amqp:internal-error: Connection forced", FORCED_AS_INTERNAL),
    odd("rabbitmq4", "selector", "a message that was not selected", NO_SELECTORS),
    odd("rabbitmq43", "selector", "a message that was not selected", NO_SELECTORS),
    odd(
        "rhea",
        "same-name",
        "the transport ended without close",
        "drops the connection: it looks links up by name alone (§2.6.1: names are unique per direction)",
    ),
    odd(
        "rabbitmq4",
        "consumer-timeout",
        "only AMQP 0-9-1 knows a consumer time-out: [rabbit_channel]",
        "none in 4.0.5: of its modules only the one for AMQP 0-9-1 channels knows consumer_timeout; 4.3 has it, see there",
    ),
    odd("rhea", "sasl-scram", "none of the offered mechanisms", "its server has no SCRAM"),
    odd(
        "rhea-client",
        "large-512",
        "0 of 1 messages came",
        "does not renew its session's window of 2048 transfers in the midst of a delivery: one of more never comes whole, \
         and our sender waits, as it has to (§2.5.6); with a larger session_buffer_size it does (sizes-512)",
    ),
    odd(
        "pyamqp",
        "send-settled",
        "received 1 | failed: send_message has not returned",
        "its sending client never returns from a send on a link that settles: the transfer goes out settled, as it should, \
         and the client waits for an outcome that cannot come (§2.6.12), with any peer; its own settled-transfers do",
    ),
    odd("proton-cpp", "sasl-plain", "none of the offered mechanisms", "ANONYMOUS only"),
    odd(
        "proton-cpp",
        "body-kinds",
        "came",
        "encodes messages anew: of several sections of a body only the last is kept (§3.2.6)",
    ),
    odd("proton-cpp", "outcomes-given", "did not come", "a delivery that was released or modified does not come again"),
    odd("proton-cpp", "drain", "draining a link", "does not answer a drain (§2.6.7)"),
    odd("proton-cpp", "selector", "a message that was not selected", "no filters"),
    odd("fe2o3", "value-types", "link detached by the peer", "cannot read an array of lists, and detaches (§1.6.24)"),
    odd("fe2o3", "drain", "after 0 of 3", "gives the credit of a drain back with messages in its queue (§2.6.7)"),
    odd(
        "fe2o3",
        "unknown-address",
        "missing took a",
        "our broker on it refuses senders only, and those by a detach behind a whole attach (§2.6.3)",
    ),
    odd(
        "fe2o3",
        "same-name",
        "session ended by the peer",
        "takes no two links of one name, whatever their directions (§2.6.1)",
    ),
    odd(
        "fe2o3",
        "dynamic-reply",
        "no answer in time: attaching a link",
        "answers a dynamic source with a null source, and no detach behind it (§2.6.3)",
    ),
    odd("fe2o3", "selector", "a message that was not selected", "no filters"),
    odd("rabbitmq3", "value-types", "differ", "a list as a body ends the connection"),
    odd("rabbitmq3", "body-kinds", "outcome will not be known", "a list as a body ends the connection"),
    at_times("rabbitmq3", "unsettled-10000", "without link-credit", BEYOND_CREDIT),
    at_times("rabbitmq3", "presettled-10000", "without link-credit", BEYOND_CREDIT),
    at_times("rabbitmq3", "credit-window", "without link-credit", BEYOND_CREDIT),
    at_times("rabbitmq3", "credit-restated", "without link-credit", BEYOND_CREDIT),
    odd("rabbitmq3", "outcomes-given", "Unrecognised state", "does not know modified (§3.4.5)"),
    odd("rabbitmq3", "drain", "amqp:internal-error", "a drain ends the session"),
    odd("rabbitmq3", "unknown-address", "took a sender", "attaches links to and from nodes that are not there"),
    odd(
        "rabbitmq3",
        "forced-close",
        "amqp:internal-error",
        "ends the session, with amqp:internal-error, instead of closing",
    ),
    odd("rabbitmq3", "dynamic-reply", "amqp:not-implemented", NO_DYNAMIC_NODES),
    odd("rabbitmq3", "selector", "a message that was not selected", "no filters"),
    at_times(
        "protonj",
        "open-close",
        "TransportImpl.process",
        "forgets a session when it has sent end, and fails on the begin that answers its own (§2.5.1)",
    ),
    at_times(
        "protonj",
        "sasl-none",
        "TransportImpl.process",
        "forgets a session when it has sent end, and fails on the begin that answers its own (§2.5.1)",
    ),
    odd(
        "proton-cpp",
        "value-types",
        "body: Empty came, Value(null) was sent",
        "a null as a body comes back as no body (§3.2)",
    ),
    odd("proton-cpp", "property-types", "1 differ", "puts the entries of a map in another order (§1.6.23)"),
    at_times(
        "rabbitmq3",
        ANY,
        "{connection_closing,{internal_error,541,<<60,",
        "opens a channel for each link that is attached and closes it at once; one that is gone before it is looked for \
         (noproc) passes for a fault of the session, which ends with amqp:internal-error",
    ),
    at_times(
        "rabbitmq3",
        ANY,
        "no answer in time: ending a session",
        "hands its end to a writer that it stops at the same moment: at times ours stays without an answer (§2.5.5)",
    ),
    at_times(
        "fe2o3",
        ANY,
        "session ended: a frame names a handle that is not attached",
        "renews the credit of a link behind its own detach: the session has to be ended with unattached-handle (§2.7.4)",
    ),
    at_times(
        "rabbitmq3",
        ANY,
        "Connection reset by peer",
        "a delivery that waits while its link is detached breaks the session, and the connection goes without a close",
    ),
    odd(
        "erlang",
        "peer-detaches",
        "our listener complains: a detach of ours without an answer",
        "tells of a detach with its error, and answers none, however the link came to its end (§2.6.6); the link goes with its \
         session",
    ),
    odd("amqp10-js", "sizes-512", WINDOW_CLOSED, BEYOND_WINDOW),
    odd("erlang", "sizes-512", WINDOW_CLOSED, BEYOND_WINDOW),
    odd("pyamqp", "sizes-512", WINDOW_CLOSED, BEYOND_WINDOW),
    odd("uamqp", "sizes-512", WINDOW_CLOSED, BEYOND_WINDOW),
    // our window may open meanwhile
    at_times("amqp10-js", "sizes-4096", WINDOW_CLOSED, BEYOND_WINDOW),
    at_times("erlang", "sizes-4096", WINDOW_CLOSED, BEYOND_WINDOW),
    at_times("pyamqp", "sizes-4096", WINDOW_CLOSED, BEYOND_WINDOW),
    at_times("uamqp", "sizes-4096", WINDOW_CLOSED, BEYOND_WINDOW),
    at_times("amqp10-js", ANY, "a delivery came without link-credit", ONE_BEYOND_CREDIT),
    odd(
        "amqp10-js",
        "types-char",
        "Unable to decode bytes from message body",
        "writes the code of a char twice (§1.6.16)",
    ),
    odd(
        "amqp10-js",
        "open-capabilities",
        "offered-capabilities (symbol): unexpected format code 0xc0",
        "writes several capabilities as a list, where the text has an array (§1.4: multiple)",
    ),
    at_times("rabbitmq4", ANY, "no answer in time: beginning a session", LOST_BEGIN),
    at_times("rabbitmq43", ANY, "no answer in time: beginning a session", LOST_BEGIN),
];
