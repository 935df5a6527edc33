//! Two cores, the line between them, and the applications above them.

use amqp_proto::codec::SequenceNo;
use amqp_proto::{
    Config, Connection, Direction, Event, FrameTap, LinkId, LinkOptions, Outgoing, ReceiverId, SenderId, SessionId,
    SessionOptions,
};
use amqp10_testkit::pair::{End, Pair};
use amqp10_testkit::pipe::Cut;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Counters that begin here wrap at the fourth step.
pub(crate) const NEAR: SequenceNo = SequenceNo(u32::MAX - 2);

/// More steps than this at one moment mean that something spins.
const BOUND: usize = 100_000;

/// More time than anything here is under way.
const LONG: Duration = Duration::from_secs(1);

pub(crate) struct Sim {
    pub(crate) pair: Pair,
    /// What the listener wrote, a line for each frame.
    pub(crate) said: Lines,
}

/// What a tap has written down.
pub(crate) type Lines = Arc<Mutex<Vec<String>>>;

/// A tap that writes down what leaves.
pub(crate) fn outgoing() -> (FrameTap, Lines) {
    let lines = Lines::default();
    let log = Arc::clone(&lines);
    let tap = FrameTap::new(move |frame| {
        if frame.direction() == Direction::Out {
            log.lock().unwrap().push(frame.to_string());
        }
    });
    (tap, lines)
}

impl Sim {
    /// Two cores with so much time between them each way, and no idle time-out.
    pub(crate) fn new(lag: Duration) -> Self {
        let config = |name| Config::builder(name).idle_time_out(None).build().unwrap();
        Self::of(config("client"), config("listener"), lag)
    }

    pub(crate) fn of(client: Config, listener: Config, lag: Duration) -> Self {
        let (tap, said) = outgoing();
        let now = amqp_proto::Instant::ZERO;
        let client = Connection::client(client, None, now);
        let listener = Connection::listener(listener.tapped(tap), None, now);
        Self { pair: Pair::new(client, listener, Cut::Nowhere, lag), said }
    }

    /// Lets octets and time go on until neither moves, or `limit` has passed. At each moment `act` does what the
    /// applications do, and says whether it did anything.
    pub(crate) fn run(&mut self, limit: Duration, mut act: impl FnMut(&mut Pair) -> bool) {
        let end = self.pair.clock.after(limit);
        loop {
            self.pair.drive(BOUND).expect("it comes to rest");
            while act(&mut self.pair) {
                self.pair.drive(BOUND).expect("it comes to rest");
            }
            let pipes = [self.pair.client.pipe.next_arrival(), self.pair.listener.pipe.next_arrival()];
            let cores = [&self.pair.client, &self.pair.listener].map(|end| end.core.poll_timeout().map(|(at, _)| at));
            let next = pipes.into_iter().chain(cores).flatten().min();
            if next.is_none_or(|next| next > end) || !self.pair.jump() {
                self.pair.clock.set(end);
                return;
            }
        }
    }

    /// The same, and nobody does anything: until nothing is under way.
    pub(crate) fn rest(&mut self) {
        self.run(LONG, |_| false);
    }

    /// A session that the client begins and the listener accepts.
    pub(crate) fn session(&mut self, client: SessionOptions, listener: SessionOptions) -> (SessionId, SessionId) {
        let ours = self.pair.client.core.begin(client).unwrap();
        self.rest();
        let asked =
            |event: &Event| if let Event::BeginRequested { session, .. } = event { Some(*session) } else { None };
        let theirs = self.pair.listener.events.iter().rev().find_map(asked).expect("a begin came");
        self.pair.listener.core.session(theirs).unwrap().accept(listener).unwrap();
        self.rest();
        (ours, theirs)
    }

    /// A link on which the client sends.
    pub(crate) fn link(
        &mut self,
        session: SessionId,
        sender: LinkOptions,
        receiver: LinkOptions,
    ) -> (SenderId, ReceiverId) {
        let ours = self.pair.client.core.session(session).unwrap().attach_sender(sender).unwrap();
        self.rest();
        let asked = |event: &Event| if let Event::AttachRequested { link, .. } = event { Some(*link) } else { None };
        let found = self.pair.listener.events.iter().rev().find_map(asked);
        let Some(LinkId::Receiver(theirs)) = found else { panic!("no attach of a sender came: {found:?}") };
        self.pair.listener.core.receiver(theirs).unwrap().accept(receiver).unwrap();
        self.rest();
        (ours, theirs)
    }

    /// How many frames of this name the listener has written.
    pub(crate) fn said(&self, name: &str) -> usize {
        let name = format!("-> {name}{{");
        self.said.lock().unwrap().iter().filter(|line| line.contains(&name)).count()
    }
}

/// Sends while it may; how many that were.
pub(crate) fn send_all(end: &mut End, sender: SenderId, message: &Outgoing) -> usize {
    let mut sender = end.core.sender(sender).unwrap();
    std::iter::from_fn(|| sender.send(message.clone()).ok()).count()
}

/// Takes and accepts all that there is; how many that were.
pub(crate) fn take_all(end: &mut End, receiver: ReceiverId) -> usize {
    let mut receiver = end.core.receiver(receiver).unwrap();
    let mut count = 0;
    while let Some(delivery) = receiver.recv() {
        if !delivery.settled {
            receiver.accept_delivery(delivery.id).unwrap();
        }
        count += 1;
    }
    count
}

/// SplitMix64.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let hash = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (hash ^ (hash >> 31)) % bound
    }
}
