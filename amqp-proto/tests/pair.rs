//! Two cores, a pipe that splits anywhere, random commands: all arrives once, both ends agree at rest.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;
use amqp_proto::codec::ReceiverSettleMode;
use amqp_proto::{CreditMode, DetachReason, Event, LinkId, LinkOptions, Outgoing, Progress, ReceiverId, SendError};
use amqp_proto::{SenderId, SessionId, SessionOptions};
use proptest::prelude::*;
use support::{NEAR, Pair, config};

#[derive(Clone, Debug)]
enum Step {
    Send { link: usize, size: usize, settled: bool },
    Stream { link: usize, size: usize, more: bool },
    Abort { link: usize },
    Take { link: usize, outcome: u8 },
    Drain { link: usize },
    Credit { link: usize, credit: u32 },
    Detach { link: usize, by_client: bool, closed: bool },
    Attach { link: usize },
    Window { transfers: u32 },
    Echo,
    Pump,
}

const LINKS: usize = 3;

const MAX_WINDOW: u32 = 7;

fn step() -> impl Strategy<Value = Step> {
    let link = 0..LINKS;
    prop_oneof![
        6 => (link.clone(), 0usize..3000, any::<bool>()).prop_map(|(link, size, settled)| Step::Send { link, size, settled }),
        3 => (link.clone(), 0usize..1500, any::<bool>()).prop_map(|(link, size, more)| Step::Stream { link, size, more }),
        1 => link.clone().prop_map(|link| Step::Abort { link }),
        6 => (link.clone(), 0u8..6).prop_map(|(link, outcome)| Step::Take { link, outcome }),
        1 => link.clone().prop_map(|link| Step::Drain { link }),
        2 => (link.clone(), 0u32..5).prop_map(|(link, credit)| Step::Credit { link, credit }),
        1 => (link.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(link, by_client, closed)| Step::Detach { link, by_client, closed }),
        2 => link.prop_map(|link| Step::Attach { link }),
        1 => (0..=MAX_WINDOW).prop_map(|transfers| Step::Window { transfers }),
        1 => Just(Step::Echo),
        5 => Just(Step::Pump),
    ]
}

#[derive(Default)]
struct Link {
    sender: Option<SenderId>,
    receiver: Option<ReceiverId>,
    sent: Vec<Vec<u8>>,
    got: Vec<Vec<u8>>,
    writing: Option<Vec<u8>>,
    reading: Vec<u8>,
    blocked: bool,
}

struct World {
    pair: Pair,
    session: SessionId,
    /// The listener's name for it.
    theirs: SessionId,
    links: [Link; LINKS],
    auto: bool,
    octet: u8,
}

impl World {
    fn new(window: u32, incoming_octets: Option<u64>, split: usize, auto: bool) -> Self {
        let build = |name| config(name).max_frame_size(512).output_high_water(1500).max_unsettled(6).build().unwrap();
        let mut pair = Pair::new(build("c"), build("l"));
        pair.split = split;
        let options = SessionOptions {
            next_outgoing_id: NEAR,
            incoming_window: window,
            incoming_octets,
            ..SessionOptions::default()
        };
        let (session, theirs) = pair.session(options.clone(), options);
        let mut world = Self { pair, session, theirs, links: Default::default(), auto, octet: 0 };
        (0..LINKS).for_each(|link| world.attach(link));
        world
    }

    fn attach(&mut self, link: usize) {
        if self.links[link].sender.is_some() || self.links[link].receiver.is_some() {
            return;
        }
        let name = format!("{link}");
        let sender = LinkOptions { initial_delivery_count: NEAR, ..LinkOptions::sender(name.clone(), "q") };
        let credit = if self.auto { CreditMode::Auto(4) } else { CreditMode::Manual };
        let receiver =
            LinkOptions { credit, rcv_settle_mode: ReceiverSettleMode::First, ..LinkOptions::receiver(name, "q") };
        let (sender, receiver) = self.pair.link(self.session, sender, receiver);
        self.links[link] = Link { sender: Some(sender), receiver: Some(receiver), ..Link::default() };
    }

    fn payload(&mut self, size: usize) -> Vec<u8> {
        self.octet = self.octet.wrapping_add(1);
        (0..size).map(|at| self.octet.wrapping_add(at as u8)).collect()
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Send { link, size, settled } => self.send(link, size, settled),
            Step::Stream { link, size, more } => self.stream(link, size, more),
            Step::Abort { link } => {
                let Some(id) = self.links[link].sender else { return };
                if self.links[link].writing.is_some() && self.pair.client.core.sender(id).unwrap().abort().is_ok() {
                    self.links[link].writing = None;
                }
            }
            Step::Take { link, outcome } => _ = self.take(link, outcome),
            Step::Drain { link } => {
                if let Some(id) = self.links[link].receiver {
                    let _ = self.pair.listener.core.receiver(id).map(|mut receiver| receiver.drain());
                }
            }
            Step::Credit { link, credit } => {
                if let Some(id) = self.links[link].receiver {
                    let _ = self.pair.listener.core.receiver(id).map(|mut receiver| receiver.set_credit(credit));
                }
            }
            Step::Detach { link, by_client, closed } => self.detach(link, by_client, closed),
            Step::Attach { link } => self.attach(link),
            Step::Window { transfers } => {
                self.pair.listener.core.session(self.theirs).unwrap().set_incoming_window(transfers).unwrap();
            }
            Step::Echo => self.pair.client.core.session(self.session).unwrap().flow(true).unwrap(),
            Step::Pump => self.pump(),
        }
    }

    fn send(&mut self, link: usize, size: usize, settled: bool) {
        let payload = self.payload(size);
        let Some(id) = self.links[link].sender else { return };
        let message = Outgoing { settled, ..Outgoing::new(payload.clone()) };
        match self.pair.client.core.sender(id).unwrap().send(message) {
            Ok(_) => self.links[link].sent.push(payload),
            Err(SendError::Blocked(message, _)) => {
                assert_eq!(message.payload, payload, "the message comes back");
                self.links[link].blocked = true;
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn stream(&mut self, link: usize, size: usize, more: bool) {
        let payload = self.payload(size);
        let Some(id) = self.links[link].sender else { return };
        let mut sender = self.pair.client.core.sender(id).unwrap();
        let result = match &self.links[link].writing {
            None => sender.start(Outgoing::new(payload.clone())).map(|_| true),
            Some(_) => sender.write(payload.clone().into(), more).map(|()| more),
        };
        let link = &mut self.links[link];
        match result {
            Ok(more) => {
                let mut whole = link.writing.take().unwrap_or_default();
                whole.extend_from_slice(&payload);
                if more { link.writing = Some(whole) } else { link.sent.push(whole) }
            }
            Err(SendError::Blocked(..)) => link.blocked = true,
            Err(error) => panic!("{error}"),
        }
    }

    /// Takes a piece; whether there was any.
    fn take(&mut self, link: usize, outcome: u8) -> bool {
        let Some(id) = self.links[link].receiver else { return false };
        let Ok(mut receiver) = self.pair.listener.core.receiver(id) else { return false };
        let Some(chunk) = receiver.read() else { return false };
        let state = &mut self.links[link];
        let delivery = chunk.delivery;
        delivery.payload.chunks().iter().for_each(|piece| state.reading.extend_from_slice(piece));
        match chunk.progress {
            Progress::More => return true,
            Progress::Aborted => state.reading.clear(),
            Progress::Complete => {
                state.got.push(std::mem::take(&mut state.reading));
                let settled = match outcome {
                    0 => receiver.release_delivery(delivery.id),
                    1 => receiver.reject_delivery(delivery.id, None),
                    _ => receiver.accept_delivery(delivery.id),
                };
                assert_eq!(settled.is_ok(), !delivery.settled);
            }
        }
        true
    }

    fn detach(&mut self, link: usize, by_client: bool, closed: bool) {
        let state = &mut self.links[link];
        let (Some(sender), Some(receiver)) = (state.sender, state.receiver) else { return };
        if by_client {
            self.pair.client.core.sender(sender).unwrap().detach(closed, None).unwrap();
        } else {
            self.pair.listener.core.receiver(receiver).unwrap().detach(closed, None).unwrap();
        }
        self.pump();
        // A message that was taken leaves first, as the receivers make room for it.
        self.step(&Step::Window { transfers: MAX_WINDOW });
        for _ in 0..500 {
            if self.links[link].sender.is_none() {
                break;
            }
            (0..LINKS).for_each(|link| while self.take(link, 2) {});
            self.pump();
        }
        assert!(self.links[link].sender.is_none());
        if let Ok(mut receiver) = self.pair.listener.core.receiver(receiver) {
            receiver.forget();
        }
        self.links[link].receiver = None;
    }

    fn pump(&mut self) {
        loop {
            self.pair.pump();
            let mut events = self.pair.client.take();
            events.extend(self.pair.listener.take());
            if events.is_empty() {
                return self.check();
            }
            events.into_iter().for_each(|event| self.handle(event));
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Writable { sender } => {
                let link = self.links.iter_mut().find(|link| link.sender == Some(sender)).expect("a live link");
                link.blocked = false;
            }
            Event::Drain { sender } => {
                let link = self.links.iter().find(|link| link.sender == Some(sender)).expect("a live link");
                if link.writing.is_none() {
                    // Its detach may follow in the same batch of events.
                    let _ = self.pair.client.core.sender(sender).map(|mut sender| sender.drained());
                }
            }
            Event::Detached { link: LinkId::Sender(id), reason } => {
                assert!(!matches!(*reason, DetachReason::Violation(_)), "{reason:?}");
                let link = self.links.iter_mut().find(|link| link.sender == Some(id)).expect("only once");
                link.sender = None;
            }
            Event::Detached { link: LinkId::Receiver(_), reason } => {
                assert!(!matches!(*reason, DetachReason::Violation(_)), "{reason:?}");
            }
            Event::Ended { reason, .. } => panic!("{reason:?}"),
            Event::Closed(reason) => panic!("{reason:?}"),
            _ => {}
        }
    }

    /// At rest both ends agree.
    fn check(&mut self) {
        let (client, listener) = (self.pair.client.core.snapshot(), self.pair.listener.core.snapshot());
        let (ours, theirs) = (&client.sessions[0], &listener.sessions[0]);
        assert_eq!(Some(ours.windows.next_outgoing_id), theirs.windows.next_incoming_id);
        assert_eq!(ours.windows.remote_incoming_window, theirs.windows.incoming_window);
        // An abort that waits for the window is settled here and not there yet.
        let waits = ours.links.iter().any(|link| link.in_progress);
        assert!(waits || ours.unsettled_outgoing == theirs.unsettled_incoming);
        assert!(theirs.windows.buffered <= MAX_WINDOW);
        for link in &ours.links {
            let other = theirs.links.iter().find(|other| other.remote_handle == Some(link.handle)).expect("attached");
            assert_eq!((link.delivery_count, link.link_credit), (other.delivery_count, other.link_credit));
            assert!(link.in_progress || link.unsettled == other.unsettled);
        }
    }

    /// Everything is taken, and credit given where it is not automatic: then nobody waits.
    fn settle_down(&mut self) {
        self.step(&Step::Window { transfers: MAX_WINDOW });
        for _ in 0..500 {
            self.pump();
            let mut moved = false;
            for link in 0..LINKS {
                if self.links[link].writing.is_some() {
                    self.stream(link, 1, false);
                    moved |= self.links[link].writing.is_none();
                }
                moved |= self.take(link, 2);
            }
            if !moved {
                break;
            }
        }
        for link in 0..LINKS {
            let state = &self.links[link];
            let Some(id) = state.sender else { continue };
            assert_eq!(state.sent.len(), state.got.len(), "link {link}: {:?}", self.pair.client.core.snapshot());
            assert!(state.sent == state.got, "link {link}: every message once, in order, intact");
            let sender = self.pair.client.core.sender(id).unwrap();
            assert_eq!(sender.unsettled(), 0);
            assert!(!state.blocked || sender.why_blocked().is_some(), "link {link} was never told");
        }
        let windows = self.pair.client.core.snapshot().sessions[0].windows;
        assert!(windows.remote_incoming_window > 0, "the window is open again");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    // req: TR-2.5.6-02 TR-2.5.6-03 TR-2.5.6-08 TR-2.5.6-11 TR-2.5.6-13 TR-2.6.7-01 TR-2.6.7-02 TR-2.6.7-03
    // req: TR-2.6.7-07 TR-2.6.7-12 TR-2.6.12-03 TR-2.6.14-01 TR-2.6.14-02 TR-2.6.14-03 TR-2.7.5-23
    #[test]
    fn arrives_once_and_intact(
        window in 1..=MAX_WINDOW,
        incoming_octets in prop::option::of(512u64..4096),
        split in prop_oneof![Just(1usize), 2usize..40, Just(usize::MAX)],
        auto in any::<bool>(),
        steps in prop::collection::vec(step(), 1..120),
    ) {
        let mut world = World::new(window, incoming_octets, split, auto);
        for step in &steps {
            world.step(step);
        }
        world.settle_down();
    }
}
