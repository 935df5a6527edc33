//! A line that breaks, at any octet: deliveries are resumed, and each message is processed once (§2.6.13).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]

mod support;
use amqp_proto::codec::{DeliveryState, DeliveryTag, ReceiverSettleMode, Source, Target};
use amqp_proto::{
    Compared, Connection, CreditMode, Event, Instant, LinkId, LinkOptions, Outgoing, ReceiverId, Resume, Resumption,
    SendError, SenderId, SessionOptions, UnsettledDeliveries,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use support::{Side, config};

/// So small that most messages take several frames.
const FRAME: u32 = 512;

/// What an xorshift makes of a seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn options(resume: Resume) -> LinkOptions {
    LinkOptions {
        source: Some(Source::new("here")),
        target: Some(Target::new("there").into()),
        name: "link".into(),
        rcv_settle_mode: ReceiverSettleMode::Second,
        credit: CreditMode::Auto(3),
        resume,
        ..LinkOptions::default()
    }
}

/// An application that wants each message processed once.
struct Sending {
    side: Side,
    link: Option<SenderId>,
    kept: Option<UnsettledDeliveries>,
    /// What was not begun, or is to begin again.
    to_send: VecDeque<u32>,
    to_resume: VecDeque<DeliveryTag>,
    /// Messages whose outcome is known.
    done: BTreeSet<u32>,
    messages: BTreeMap<u32, Vec<u8>>,
    resumed: usize,
}

impl Sending {
    fn new(sizes: &[usize]) -> Self {
        let message = |(number, &size): (u32, &usize)| {
            let mut octets = number.to_be_bytes().to_vec();
            octets.resize(4 + size, number as u8);
            (number, octets)
        };
        let messages: BTreeMap<_, _> = (0..).zip(sizes).map(message).collect();
        Self {
            side: Side::new(client()),
            link: None,
            kept: None,
            to_send: messages.keys().copied().collect(),
            to_resume: VecDeque::new(),
            done: BTreeSet::new(),
            messages,
            resumed: 0,
        }
    }

    fn connect(&mut self) {
        self.side = Side::new(client());
        self.to_resume.clear();
        let core = &mut self.side.core;
        let session = core.begin(SessionOptions::default()).unwrap();
        let resume = self.kept.clone().map_or_else(Resume::keep, Resume::with);
        self.link = Some(core.session(session).unwrap().attach_sender(options(resume)).unwrap());
    }

    fn act(&mut self) {
        for event in self.side.take() {
            match event {
                Event::Compared { remembers, deliveries, .. } => {
                    assert!(remembers || deliveries.is_empty(), "the receiver has forgotten the link");
                    deliveries.into_iter().for_each(|compared| self.compared(&compared));
                }
                Event::Disposition { delivery, state, settled, token, .. } => {
                    assert_eq!(state, Some(DeliveryState::Accepted));
                    assert!(self.done.insert(token as u32), "{token} has two fates");
                    if !settled {
                        let mut sender = self.side.core.sender(self.link.unwrap()).unwrap();
                        sender.dispose(delivery, state, true).unwrap();
                    }
                }
                Event::Suspended { unsettled, .. } => self.kept = Some(*unsettled),
                _ => {}
            }
        }
        self.send();
    }

    fn compared(&mut self, compared: &Compared) {
        let number = compared.token as u32;
        match &compared.resumption {
            Resumption::Content { .. } => self.to_resume.push_back(compared.tag),
            Resumption::Outcome { agreed, .. } => {
                assert!(agreed);
                self.done.insert(number);
                self.to_resume.push_back(compared.tag);
            }
            Resumption::Unknown => self.to_send.push_front(number),
            Resumption::Settled => assert!(self.done.contains(&number), "{number} had an outcome"),
            other => panic!("{other:?} of {number}"),
        }
    }

    fn send(&mut self) {
        let Some(Ok(mut sender)) = self.link.map(|link| self.side.core.sender(link)) else { return };
        while let Some(tag) = self.to_resume.front().copied() {
            let number = tag.as_u64().unwrap() as u32;
            let message = outgoing(number, &self.messages);
            match sender.resume_delivery(&tag, message) {
                Ok(_) => self.resumed += 1,
                Err(SendError::Blocked(..) | SendError::Misuse(_)) => return,
                Err(other) => panic!("{other}"),
            }
            self.to_resume.pop_front();
        }
        while let Some(&number) = self.to_send.front() {
            match sender.send(outgoing(number, &self.messages)) {
                Ok(sent) => assert!(!sent.settled),
                Err(SendError::Blocked(..) | SendError::Misuse(_)) => return,
                Err(other) => panic!("{other}"),
            }
            self.to_send.pop_front();
        }
    }
}

fn outgoing(number: u32, messages: &BTreeMap<u32, Vec<u8>>) -> Outgoing {
    let message = Outgoing::new(messages[&number].clone());
    Outgoing { tag: Some(number.into()), token: number.into(), ..message }
}

fn client() -> Connection {
    Connection::client(config("client").max_frame_size(FRAME).build().unwrap(), None, Instant::ZERO)
}

fn listener() -> Connection {
    Connection::listener(config("listener").max_frame_size(FRAME).build().unwrap(), None, Instant::ZERO)
}

/// An application that processes each message that it is given, sooner or later.
struct Receiving {
    side: Side,
    link: Option<ReceiverId>,
    kept: Option<UnsettledDeliveries>,
    got: BTreeMap<u32, Vec<u8>>,
    /// Processed, but nobody was told yet.
    untold: Vec<(DeliveryTag, amqp_proto::DeliveryId)>,
}

impl Receiving {
    fn act(&mut self, chance: &mut Chance) {
        for event in self.side.take() {
            match event {
                Event::BeginRequested { session, .. } => {
                    self.side.core.session(session).unwrap().accept(SessionOptions::default()).unwrap();
                }
                Event::AttachRequested { link: LinkId::Receiver(link), .. } => {
                    let resume = self.kept.clone().map_or_else(Resume::keep, Resume::with);
                    self.side.core.receiver(link).unwrap().accept(options(resume)).unwrap();
                    self.link = Some(link);
                }
                Event::Arrived { .. } => self.take(),
                Event::Resumed { delivery, tag, settled: false, aborted: false, .. } => {
                    self.untold.push((tag, delivery));
                }
                Event::Resumed { aborted, .. } => assert!(!aborted),
                Event::Suspended { mut unsettled, .. } => {
                    self.take();
                    // What is processed and was not told: the map tells.
                    for (tag, _) in self.untold.drain(..) {
                        unsettled.get_mut(&tag).expect("it is not settled").state = Some(DeliveryState::Accepted);
                    }
                    self.kept = Some(*unsettled);
                }
                _ => {}
            }
        }
        let Some(Ok(mut receiver)) = self.link.map(|link| self.side.core.receiver(link)) else { return };
        while !self.untold.is_empty() && chance.below(4) > 0 {
            let (_, delivery) = self.untold.remove(0);
            receiver.dispose(delivery, Some(DeliveryState::Accepted), false).unwrap();
        }
    }

    fn take(&mut self) {
        let Some(Ok(mut receiver)) = self.link.map(|link| self.side.core.receiver(link)) else { return };
        while let Some(delivery) = receiver.recv() {
            let octets = delivery.payload.into_bytes().to_vec();
            let number = u32::from_be_bytes(octets[..4].try_into().unwrap());
            assert!(self.got.insert(number, octets).is_none(), "{number} came twice");
            self.untold.push((delivery.tag, delivery.id));
            // The last one may have been all that held a detached link.
            let Some(Ok(again)) = self.link.map(|link| self.side.core.receiver(link)) else { return };
            receiver = again;
        }
    }
}

/// Two applications, and a line that breaks after so many octets.
struct Line {
    sending: Sending,
    receiving: Receiving,
    chance: Chance,
}

impl Line {
    fn new(sizes: &[usize], seed: u64) -> Self {
        let receiving =
            Receiving { side: Side::new(listener()), link: None, kept: None, got: BTreeMap::new(), untold: Vec::new() };
        Self { sending: Sending::new(sizes), receiving, chance: Chance(seed | 1) }
    }

    /// A connection that lasts for so many octets; how many of them it took to come to rest, if it did.
    fn run(&mut self, octets: usize) -> Option<usize> {
        self.receiving.side = Side::new(listener());
        self.receiving.link = None;
        self.sending.connect();
        let (now, mut left, mut idle) = (Instant::ZERO, octets, 0);
        loop {
            let to_listener = self.sending.side.output(now);
            let to_client = self.receiving.side.output(now);
            idle = if to_listener.is_empty() && to_client.is_empty() { idle + 1 } else { 0 };
            let part = to_listener.len().min(left);
            self.receiving.side.feed(now, &to_listener[..part]);
            left -= part;
            let part = to_client.len().min(left);
            self.sending.side.feed(now, &to_client[..part]);
            left -= part;
            self.sending.act();
            self.receiving.act(&mut self.chance);
            if left == 0 || idle > 20 {
                self.sending.side.core.handle_eof(now);
                self.receiving.side.core.handle_eof(now);
                self.sending.act();
                self.receiving.act(&mut self.chance);
                return (left > 0).then_some(octets - left);
            }
        }
    }

    /// All has come, once, as it was sent, and both ends know.
    fn check(&self) {
        assert_eq!(self.receiving.got, self.sending.messages);
        assert_eq!(self.sending.done.len(), self.sending.messages.len());
        assert_eq!(self.sending.kept.as_ref().map(UnsettledDeliveries::len), Some(0));
        assert_eq!(self.receiving.kept.as_ref().map(UnsettledDeliveries::len), Some(0));
    }
}

const SIZES: &[usize] = &[10, 700, 0, 1_200, 100];

/// One break, at every octet of a short exchange.
// req: TR-2.6.13-01 TR-2.6.13-03
#[test]
fn a_break_at_every_octet() {
    let whole = Line::new(SIZES, 7).run(usize::MAX).expect("nothing breaks it");
    let mut resumed = 0;
    for octets in 0..whole {
        let mut line = Line::new(SIZES, 7);
        line.run(octets);
        line.run(usize::MAX).expect("nothing breaks it");
        line.check();
        resumed += line.sending.resumed;
    }
    assert!(resumed > whole / 10, "{resumed} resumed in {whole} exchanges");
}

/// Several breaks in a row, the ones of connections that resume among them.
#[test]
fn breaks_anywhere() {
    let mut chance = Chance(0x5eed);
    for seed in 1..=300 {
        let sizes: Vec<_> = (0..1 + chance.below(8)).map(|_| chance.below(1_500)).collect();
        let mut line = Line::new(&sizes, seed);
        for _ in 0..5 {
            line.run(chance.below(6_000));
        }
        line.run(usize::MAX).expect("nothing breaks it");
        line.check();
    }
}
