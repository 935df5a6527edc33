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
    /// What the peer does, and which clause it leaves if it does.
    pub(crate) why: &'static str,
}

/// The row of a peer and a scenario.
pub(crate) fn of(peer: &str, scenario: &str) -> Option<&'static Oddity> {
    ODDITIES.iter().find(|it| it.peer == peer && it.scenario == scenario)
}

const fn odd(peer: &'static str, scenario: &'static str, says: &'static str, why: &'static str) -> Oddity {
    Oddity { peer, scenario, says, why }
}

/// What peers do that is lived with, without a scenario that fails: as the scenarios of `tests/scenarios` and the
/// recordings of `tests/traces` prove.
pub(crate) const LIVED_WITH: &str = include_str!("../lived-with.md");

pub(crate) const ODDITIES: &[Oddity] = &[
    odd("rabbitmq4", "dynamic-reply", "amqp:not-implemented", "no dynamic nodes: the session is ended"),
    odd(
        "go-amqp",
        "rcv-second",
        "requested, received \"first\" from server",
        "wants rcv-settle-mode second or nothing, and our listener answers first, as it may (§2.7.3)",
    ),
    odd(
        "rabbitmq4",
        "forced-close",
        "amqp:internal-error: Connection forced",
        "a connection closed by its operator is closed with amqp:internal-error (§2.8.16 has connection:forced)",
    ),
    odd(
        "rabbitmq4",
        "selector",
        "a message that was not selected",
        "knows no selectors on classic queues, and leaves the filter out of its attach, as §3.5.8 asks",
    ),
    odd(
        "rhea",
        "same-name",
        "the transport ended without close",
        "drops the connection: it looks links up by name alone (§2.6.1: names are unique per direction)",
    ),
];
