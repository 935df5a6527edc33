//! Every stall has exactly one reason: what `why_blocked` and `why_idle` say is what a try finds, whatever happened
//! before, and nobody who was told to wait is forgotten.

use amqp_proto::{Blocked, Config, Connection, CreditMode, Event, FrameTap, Instant, LinkId, LinkOptions, Outgoing};
use amqp_proto::{ReceiverId, SendError, SenderId, SessionId, SessionOptions};
use amqp10_testkit::pair::{End, Pair};
use amqp10_testkit::pipe::Cut;
use proptest::prelude::*;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BOUND: usize = 100_000;

/// Links on which each side sends; the first is granted credit by itself, the second by hand.
const LINKS: usize = 2;

/// Which core, and which of the links that it sends or receives on.
type At = (bool, usize);

#[derive(Clone, Debug)]
enum Step {
    Send { at: At, size: usize, settled: bool },
    Start { at: At, size: usize },
    Write { at: At, size: usize, more: bool },
    Abort(At),
    Ready(At),
    Take { at: At, settle: bool },
    Credit { at: At, credit: u32 },
    Window { client: bool, transfers: u32 },
    HighWater { client: bool, octets: usize },
    Detach(At),
    Some,
    All,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let at = || (any::<bool>(), 0..LINKS);
    let size = || prop_oneof![Just(0_usize), 1..100_usize, 400..3000_usize];
    let step = prop_oneof![
        8 => (at(), size(), any::<bool>()).prop_map(|(at, size, settled)| Step::Send { at, size, settled }),
        2 => (at(), size()).prop_map(|(at, size)| Step::Start { at, size }),
        3 => (at(), size(), any::<bool>()).prop_map(|(at, size, more)| Step::Write { at, size, more }),
        1 => at().prop_map(Step::Abort),
        2 => at().prop_map(Step::Ready),
        5 => (at(), any::<bool>()).prop_map(|(at, settle)| Step::Take { at, settle }),
        2 => (at(), 0..4_u32).prop_map(|(at, credit)| Step::Credit { at, credit }),
        1 => (any::<bool>(), 0..5_u32).prop_map(|(client, transfers)| Step::Window { client, transfers }),
        1 => (any::<bool>(), prop_oneof![Just(0_usize), Just(1), Just(900), Just(4000)])
            .prop_map(|(client, octets)| Step::HighWater { client, octets }),
        1 => prop_oneof![20 => Just(Step::All), 1 => at().prop_map(Step::Detach)],
        4 => Just(Step::Some),
        4 => Just(Step::All),
    ];
    prop::collection::vec(step, 1..80)
}

/// What one core has, and whom it told to wait and has not told yet that this has passed.
struct Side {
    session: SessionId,
    senders: Vec<SenderId>,
    receivers: Vec<ReceiverId>,
    waiting: Vec<bool>,
    /// Deliveries begun by `start`.
    open: Vec<bool>,
}

struct World {
    pair: Pair,
    client: Side,
    listener: Side,
    /// All frames, for the report of a failure.
    frames: Arc<Mutex<String>>,
}

fn core(frames: &Arc<Mutex<String>>, name: &'static str, window: u32) -> (Config, SessionOptions) {
    let frames = Arc::clone(frames);
    let tap = FrameTap::new(move |frame| {
        let _ = writeln!(frames.lock().expect("no panic"), "{name} {frame}");
    });
    let config = Config::builder(name).max_frame_size(512).output_high_water(1500).max_unsettled(5).frame_tap(tap);
    let options = SessionOptions { incoming_window: window, ..SessionOptions::default() };
    (config.idle_time_out(None).build().expect("valid"), options)
}

fn link(number: usize) -> LinkOptions {
    let credit = if number == 0 { CreditMode::Auto(4) } else { CreditMode::Manual };
    LinkOptions { credit, ..LinkOptions::sender(format!("l{number}"), "q") }
}

impl World {
    fn new(windows: (u32, u32)) -> Self {
        let frames = Arc::default();
        let (client, options) = core(&frames, "client", windows.0);
        let (listener, theirs) = core(&frames, "listener", windows.1);
        let client = Connection::client(client, None, Instant::ZERO);
        let listener = Connection::listener(listener, None, Instant::ZERO);
        let mut pair = Pair::new(client, listener, Cut::Nowhere, Duration::ZERO);
        let session = pair.client.core.begin(options).expect("a channel");
        let mut view = pair.client.core.session(session).expect("live");
        let senders = (0..LINKS).map(|number| view.attach_sender(link(number)).expect("a handle")).collect();
        let receivers = (0..LINKS).map(|number| view.attach_receiver(link(number)).expect("a handle")).collect();
        let side = |session, senders, receivers| Side {
            session,
            senders,
            receivers,
            waiting: vec![false; LINKS],
            open: vec![false; LINKS],
        };
        let client = side(session, senders, receivers);
        let listener = accept(&mut pair, &theirs, side);
        Self { pair, client, listener, frames }
    }

    fn at(&mut self, client: bool) -> (&mut End, &mut Side) {
        if client { (&mut self.pair.client, &mut self.client) } else { (&mut self.pair.listener, &mut self.listener) }
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Send { at, size, settled } => {
                self.begin(at, |link| link.send(Outgoing { settled, ..Outgoing::new(vec![1; size]) }).map(drop));
            }
            Step::Start { at, size } => {
                if self.begin(at, |link| link.start(Outgoing::new(vec![2; size])).map(drop)) {
                    self.at(at.0).1.open[at.1] = true;
                }
            }
            Step::Write { at, size, more } => self.write(at, size, more),
            Step::Abort((client, number)) => {
                let (end, side) = self.at(client);
                if let Ok(mut link) = end.core.sender(side.senders[number]) {
                    let _ = link.abort();
                    side.open[number] = false;
                }
            }
            Step::Ready(at) => {
                self.begin(at, |link| match link.ready() {
                    Ok(()) => Ok(()),
                    Err(blocked) => Err(SendError::Blocked(Outgoing::default(), blocked)),
                });
            }
            Step::Take { at: (client, number), settle } => self.take(client, number, settle),
            Step::Credit { at: (client, number), credit } => {
                let (end, side) = self.at(client);
                let _ = end.core.receiver(side.receivers[number]).and_then(|mut link| link.set_credit(credit));
            }
            Step::Window { client, transfers } => {
                let (end, side) = self.at(client);
                let _ = end.core.session(side.session).and_then(|mut view| view.set_incoming_window(transfers));
            }
            Step::HighWater { client, octets } => self.at(client).0.core.set_output_high_water(octets),
            Step::Detach((client, number)) => {
                let (end, side) = self.at(client);
                let _ = end.core.sender(side.senders[number]).and_then(|mut link| link.detach(true, None));
            }
            Step::Some => _ = self.pair.drive(1),
            Step::All => {
                self.pair.drive(BOUND).expect("it comes to rest");
                self.told();
                self.nobody_is_forgotten();
            }
        }
        self.told();
        self.snapshots_agree();
    }

    /// A try that begins a delivery finds what was foretold. Whether it began.
    fn begin(
        &mut self,
        (client, number): At,
        r#try: impl Fn(&mut amqp_proto::SenderMut<'_>) -> Result<(), SendError>,
    ) -> bool {
        let (end, side) = self.at(client);
        let Ok(mut link) = end.core.sender(side.senders[number]) else { return false };
        let foretold = link.why_blocked();
        let since = link.blocked_since();
        match r#try(&mut link) {
            Ok(()) => assert_eq!(foretold, None),
            Err(SendError::Blocked(_, blocked)) => {
                assert_eq!(foretold, Some(blocked));
                let peers = matches!(blocked, Blocked::NoCredit | Blocked::WindowClosed);
                assert_eq!(since.is_some(), peers, "{blocked:?}");
                side.waiting[number] = true;
                return false;
            }
            Err(SendError::Misuse(_)) => {
                assert!(foretold.is_some(), "a link that is going cannot send");
                return false;
            }
            Err(error) => panic!("{error}"),
        }
        true
    }

    fn write(&mut self, (client, number): At, size: usize, more: bool) {
        let (end, side) = self.at(client);
        if !side.open[number] {
            return;
        }
        let Ok(mut link) = end.core.sender(side.senders[number]) else { return };
        match link.write(vec![3; size].into(), more) {
            Ok(()) => side.open[number] = more,
            Err(SendError::Blocked(..)) => {
                assert!(link.why_blocked().is_some());
                side.waiting[number] = true;
            }
            Err(_) => side.open[number] = false,
        }
    }

    fn take(&mut self, client: bool, number: usize, settle: bool) {
        let (end, side) = self.at(client);
        let Ok(mut link) = end.core.receiver(side.receivers[number]) else { return };
        let foretold = link.why_idle();
        let delivery = link.recv();
        assert_eq!(foretold.is_none(), delivery.is_some(), "{foretold:?}");
        if let Some(delivery) = delivery.filter(|delivery| settle && !delivery.settled) {
            let _ = link.accept_delivery(delivery.id);
        }
    }

    /// Takes events: who waits, and has been told?
    fn told(&mut self) {
        for client in [true, false] {
            let (end, side) = self.at(client);
            let mut events = std::mem::take(&mut end.events);
            events.extend(std::iter::from_fn(|| end.core.poll_event()));
            for event in events {
                match event {
                    Event::Writable { sender } => {
                        let number = side.senders.iter().position(|id| *id == sender).expect("one of ours");
                        assert!(std::mem::take(&mut side.waiting[number]), "told without having asked");
                    }
                    Event::Ended { reason, .. } => panic!("{reason:?}"),
                    _ => {}
                }
            }
        }
    }

    /// At rest who waits has a reason to, unless it is the application that it waits for.
    fn nobody_is_forgotten(&mut self) {
        for client in [true, false] {
            let (end, side) = self.at(client);
            for number in 0..LINKS {
                let Ok(link) = end.core.sender(side.senders[number]) else { continue };
                let reason = link.why_blocked();
                assert!(!side.waiting[number] || reason.is_some(), "{number} of client {client} waits for nothing");
                let owed = side.open[number] && !side.waiting[number];
                assert!(reason != Some(Blocked::Busy) || side.open[number], "{number}: busy with what? {owed}");
            }
        }
    }

    fn snapshots_agree(&mut self) {
        for client in [true, false] {
            let (end, _) = self.at(client);
            for link in end.core.snapshot().sessions.into_iter().flat_map(|session| session.links) {
                match link.id {
                    LinkId::Sender(id) => {
                        let view = end.core.sender(id).expect("it is there");
                        assert_eq!((view.why_blocked(), view.blocked_since()), (link.blocked, link.blocked_since));
                    }
                    LinkId::Receiver(id) => {
                        assert_eq!(end.core.receiver(id).expect("it is there").why_idle(), link.idle);
                    }
                }
            }
        }
    }
}

/// The listener takes whatever is asked for.
fn accept(
    pair: &mut Pair,
    options: &SessionOptions,
    side: impl FnOnce(SessionId, Vec<SenderId>, Vec<ReceiverId>) -> Side,
) -> Side {
    let (mut begun, mut senders, mut receivers) = (None, Vec::new(), Vec::new());
    while receivers.len() < LINKS || senders.len() < LINKS {
        pair.drive(BOUND).expect("it comes to rest");
        let core = &mut pair.listener.core;
        for event in std::mem::take(&mut pair.listener.events) {
            match event {
                Event::BeginRequested { session, .. } => {
                    core.session(session).and_then(|mut view| view.accept(options.clone())).expect("requested");
                    begun = Some(session);
                }
                Event::AttachRequested { link: LinkId::Receiver(id), .. } => {
                    core.receiver(id).and_then(|mut view| view.accept(link(receivers.len()))).expect("requested");
                    receivers.push(id);
                }
                Event::AttachRequested { link: LinkId::Sender(id), .. } => {
                    core.sender(id).and_then(|mut view| view.accept(link(senders.len()))).expect("requested");
                    senders.push(id);
                }
                _ => {}
            }
        }
    }
    pair.drive(BOUND).expect("it comes to rest");
    side(begun.expect("first of all"), senders, receivers)
}

proptest! {
    #[test]
    fn every_stall_has_exactly_one_reason(windows in (1..6_u32, 1..6_u32), steps in steps()) {
        let mut world = World::new(windows);
        let frames = Arc::clone(&world.frames);
        let played = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            steps.iter().for_each(|step| world.step(step));
            world.step(&Step::All);
        }));
        prop_assert!(played.is_ok(), "{}", frames.lock().expect("no panic"));
    }
}
