//! A case: how the two sides are set up, and what is done to them. Made by proptest, or out of any octets.

use super::world::MANY_EVENTS;
use amqp10_testkit::pipe::{Cut, Lag};
use proptest::collection::vec;
use proptest::prelude::*;

/// Which core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Listener,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Client, Side::Listener];

    pub(crate) fn other(self) -> Self {
        match self {
            Side::Client => Side::Listener,
            Side::Listener => Side::Client,
        }
    }

    pub(crate) fn at(self) -> usize {
        match self {
            Side::Client => 0,
            Side::Listener => 1,
        }
    }
}

/// How one side is set up.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) max_frame_size: u32,
    pub(crate) high_water: u32,
    pub(crate) max_unsettled: u32,
    pub(crate) incoming_window: u32,
    pub(crate) incoming_octets: Option<u32>,
    pub(crate) pipelining: bool,
    /// Events that may wait before frames do.
    pub(crate) max_events: u32,
    /// Of the links on which it receives.
    pub(crate) max_message_size: Option<u32>,
    /// Where ids and counts begin.
    pub(crate) first: u32,
    /// Deliveries are read as they come, piece by piece.
    pub(crate) by_pieces: bool,
    /// What it writes arrives in such pieces.
    pub(crate) cut: Cut,
    pub(crate) lag: Lag,
}

/// Something done by an application, or by what carries the octets. What a number names is counted among what there is
/// at that moment, and begins anew at its end: each command can always be carried out, if there is anything for it.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Begin(Side),
    End(Side, u8),
    Attach {
        side: Side,
        session: u8,
        sends: bool,
        snd: u8,
        rcv: u8,
        credit: Option<u8>,
    },
    /// A link that was suspended comes back, with what both ends have left; if there is none, one is suspended.
    Reattach {
        side: Side,
        link: u8,
        credit: Option<u8>,
    },
    /// The oldest request of the other side is answered.
    Answer {
        side: Side,
        refuse: bool,
        credit: Option<u8>,
    },
    Detach {
        side: Side,
        link: u8,
        closed: bool,
    },
    Send {
        side: Side,
        link: u8,
        size: u16,
        settled: bool,
        more: bool,
    },
    /// A small message on each link.
    Round(Side, u8),
    Write {
        side: Side,
        link: u8,
        size: u16,
        more: bool,
    },
    Abort(Side, u8),
    Credit {
        side: Side,
        link: u8,
        credit: u8,
        drain: bool,
    },
    AutoCredit {
        side: Side,
        link: u8,
        credit: u8,
    },
    Drained(Side, u8),
    SenderFlow {
        side: Side,
        link: u8,
        echo: bool,
    },
    SessionFlow {
        side: Side,
        session: u8,
        echo: bool,
    },
    Window {
        side: Side,
        session: u8,
        transfers: u8,
    },
    Take {
        side: Side,
        link: u8,
        count: u8,
    },
    /// `last`: how many more, up to the last unsettled delivery of the link.
    Dispose {
        side: Side,
        link: u8,
        first: u8,
        last: u8,
        state: u8,
        settled: bool,
    },
    /// The same for what has come on all links of a session, `first` counted from the last one backwards.
    DisposeReceived {
        side: Side,
        session: u8,
        first: u8,
        last: u8,
        state: u8,
        settled: bool,
    },
    /// Those unsettled deliveries of a link that have their bit are accepted one by one, and leave together.
    Batch {
        side: Side,
        link: u8,
        pattern: u8,
        backwards: bool,
    },
    /// So many pieces arrive at this side, as far as they are due.
    Deliver(Side, u8),
    Advance(u16),
    /// The transport takes no more of what this side sends.
    Hold(Side),
    Release(Side),
    /// Whatever is under way arrives.
    Rest,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) setup: [Setup; 2],
    /// So many links each way are there from the beginning.
    pub(crate) links: u8,
    /// Links keep what is unsettled.
    pub(crate) keeps: bool,
    pub(crate) commands: Vec<Command>,
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Client), Just(Side::Listener)]
}

fn credit() -> impl Strategy<Value = Option<u8>> {
    prop_oneof![Just(None), (1u8..6).prop_map(Some)]
}

fn size() -> impl Strategy<Value = u16> {
    prop_oneof![2 => 0u16..20, 2 => 0u16..1200, 1 => 0u16..5000]
}

fn setup() -> impl Strategy<Value = Setup> {
    let cut = prop_oneof![Just(Cut::Nowhere), (1usize..200).prop_map(Cut::Every), any::<u64>().prop_map(Cut::Random)];
    let lag = prop_oneof![
        Just(Lag::Random(0, 0)),
        (any::<u64>(), 1u32..100).prop_map(|(seed, most)| Lag::Random(seed, most)),
    ];
    let sizes = (
        prop_oneof![Just(512u32), Just(700), Just(65_536)],
        prop_oneof![Just(600u32), Just(3000), Just(262_144)],
        prop_oneof![Just(1000u32), 1u32..6],
        prop_oneof![3 => 1u32..8, 1 => Just(100)],
        prop_oneof![3 => Just(None), 1 => (1u32..4).prop_map(Some)],
        prop_oneof![3 => (0u32..12).prop_map(|before| 0u32.wrapping_sub(before)), 1 => any::<u32>()],
    );
    let bounds = (
        prop_oneof![4 => Just(MANY_EVENTS), 1 => 1u32..5],
        prop_oneof![3 => Just(None), 1 => (1u32..4000).prop_map(Some)],
    );
    let flags = (any::<bool>(), any::<bool>());
    (sizes, bounds, flags, cut, lag).prop_map(|(sizes, bounds, (pipelining, by_pieces), cut, lag)| {
        let (max_events, max_message_size) = bounds;
        let (max_frame_size, high_water, max_unsettled, incoming_window, frames, first) = sizes;
        let incoming_octets = frames.map(|frames| frames * max_frame_size);
        Setup {
            max_frame_size,
            high_water,
            max_unsettled,
            incoming_window,
            incoming_octets,
            pipelining,
            max_events,
            max_message_size,
            first,
            by_pieces,
            cut,
            lag,
        }
    })
}

fn command() -> impl Strategy<Value = Command> {
    let n = any::<u8>;
    let rare = prop_oneof![
        side().prop_map(Command::Begin),
        (side(), n()).prop_map(|(side, session)| Command::End(side, session)),
        (side(), n(), any::<bool>()).prop_map(|(side, link, closed)| Command::Detach { side, link, closed }),
        (side(), n()).prop_map(|(side, link)| Command::Abort(side, link)),
        (side(), n(), any::<bool>()).prop_map(|(side, link, echo)| Command::SenderFlow { side, link, echo }),
        (side(), n(), any::<bool>()).prop_map(|(side, session, echo)| Command::SessionFlow { side, session, echo }),
        (side(), n(), 0u8..9).prop_map(|(side, session, transfers)| Command::Window { side, session, transfers }),
        (side(), n(), 1u8..6).prop_map(|(side, link, credit)| Command::AutoCredit { side, link, credit }),
        side().prop_map(Command::Hold),
    ];
    let attach =
        (side(), n(), any::<bool>(), 0u8..3, 0u8..2, credit()).prop_map(|(side, session, sends, snd, rcv, credit)| {
            Command::Attach { side, session, sends, snd, rcv, credit }
        });
    let answer = (side(), 0u8..8, credit()).prop_map(|(side, refuse, credit)| Command::Answer {
        side,
        refuse: refuse == 0,
        credit,
    });
    let send = (side(), n(), size(), any::<bool>(), 0u8..4)
        .prop_map(|(side, link, size, settled, more)| Command::Send { side, link, size, settled, more: more == 0 });
    let write = (side(), n(), size(), any::<bool>()).prop_map(|(side, link, size, more)| Command::Write {
        side,
        link,
        size,
        more,
    });
    let grant = (side(), n(), 0u8..6, 0u8..4).prop_map(|(side, link, credit, drain)| Command::Credit {
        side,
        link,
        credit,
        drain: drain == 0,
    });
    let take = (side(), n(), 1u8..4).prop_map(|(side, link, count)| Command::Take { side, link, count });
    let dispose =
        (side(), n(), 0u8..4, 0u8..4, 0u8..6, any::<bool>()).prop_map(|(side, link, first, last, state, settled)| {
            Command::Dispose { side, link, first, last, state, settled }
        });
    let dispose_received = (side(), n(), 0u8..8, 0u8..8, 0u8..6, any::<bool>()).prop_map(
        |(side, session, first, last, state, settled)| Command::DisposeReceived {
            side,
            session,
            first,
            last,
            state,
            settled,
        },
    );
    let batch = (side(), n(), n(), any::<bool>()).prop_map(|(side, link, pattern, backwards)| Command::Batch {
        side,
        link,
        pattern,
        backwards,
    });
    prop_oneof![
        4 => rare,
        2 => batch,
        1 => attach,
        3 => (side(), n(), credit()).prop_map(|(side, link, credit)| Command::Reattach { side, link, credit }),
        3 => answer,
        8 => send,
        2 => (side(), 0u8..20).prop_map(|(side, size)| Command::Round(side, size)),
        4 => write,
        3 => grant,
        1 => (side(), n()).prop_map(|(side, link)| Command::Drained(side, link)),
        5 => take,
        5 => dispose,
        2 => dispose_received,
        10 => (side(), 1u8..8).prop_map(|(side, pieces)| Command::Deliver(side, pieces)),
        2 => (1u16..500).prop_map(Command::Advance),
        1 => side().prop_map(Command::Release),
        2 => Just(Command::Rest),
    ]
}

/// Cases of up to so many commands.
pub(crate) fn cases(most: usize) -> impl Strategy<Value = Case> {
    let vec = vec(command(), 1..most);
    (setup(), setup(), 1u8..=2, any::<bool>(), vec).prop_map(|(client, listener, links, keeps, commands)| Case {
        setup: [client, listener],
        links,
        keeps,
        commands,
    })
}
