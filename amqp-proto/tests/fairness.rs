//! Who gets on when there is not enough for all: output, session window, and what waits unread.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "test code")]
#![allow(clippy::disallowed_types, reason = "a tap may be called from any thread")]

mod support;

use amqp_proto::{
    Config, CreditMode, Event, FrameTap, LinkOptions, Outgoing, ReceiverId, SendError, SenderId, SessionId,
};
use amqp_proto::{Segments, SessionOptions};
use bytes::Buf;
use std::sync::{Arc, Mutex};
use support::{Pair, config};

/// An application that sends on some links whenever it may, and another one that takes all at once.
struct Shop {
    pair: Pair,
    senders: Vec<(SenderId, usize)>,
    receivers: Vec<ReceiverId>,
    /// Messages that each link has begun, and that have arrived on it.
    begun: Vec<usize>,
    arrived: Vec<usize>,
}

fn settled(size: usize) -> Outgoing {
    Outgoing { settled: true, ..Outgoing::new(vec![7; size]) }
}

impl Shop {
    fn new(client: Config, listener: Config) -> Self {
        let pair = Pair::new(client, listener);
        Self { pair, senders: vec![], receivers: vec![], begun: vec![], arrived: vec![] }
    }

    /// A link that sends messages of this size all the time.
    fn link(&mut self, session: SessionId, name: &'static str, size: usize) {
        let receiver = LinkOptions { credit: CreditMode::Auto(10_000), ..LinkOptions::receiver(name, "q") };
        let (sender, receiver) = self.pair.link(session, LinkOptions::sender(name, "q"), receiver);
        self.senders.push((sender, size));
        self.receivers.push(receiver);
        self.begun.push(0);
        self.arrived.push(0);
    }

    /// Sends on a link until it is told to wait.
    fn send(&mut self, at: usize) {
        let (sender, size) = self.senders[at];
        loop {
            match self.pair.client.core.sender(sender).unwrap().send(settled(size)) {
                Ok(_) => self.begun[at] += 1,
                Err(SendError::Blocked(..)) => return,
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Those that were told that they may send do so, in the order in which they were told.
    fn told(&mut self) {
        for event in self.pair.client.take() {
            let Event::Writable { sender } = event else { continue };
            let at = self.senders.iter().position(|(id, _)| *id == sender).unwrap();
            self.send(at);
        }
    }

    /// One round of the transport: one poll of the client, all of the listener.
    fn round(&mut self) {
        self.told();
        self.round_without_events();
    }

    fn round_without_events(&mut self) {
        let now = self.pair.now;
        let mut segments = Segments::new();
        let _ = self.pair.client.core.poll_transmit(now, &mut segments);
        let octets = segments.copy_to_bytes(segments.remaining());
        self.pair.listener.feed(now, &octets);
        for (at, receiver) in self.receivers.iter().enumerate() {
            let mut receiver = self.pair.listener.core.receiver(*receiver).unwrap();
            self.arrived[at] += std::iter::from_fn(|| receiver.recv()).count();
        }
        let octets = self.pair.listener.output(now);
        self.pair.client.feed(now, &octets);
        self.pair.listener.take();
    }

    fn rounds(&mut self, count: usize) {
        (0..count).for_each(|_| self.round());
    }

    fn started(mut self) -> Self {
        (0..self.senders.len()).for_each(|at| self.send(at));
        self
    }

    /// Every link has got at least this much through.
    fn check(&self, least: &[usize]) {
        let fair = self.arrived.iter().zip(least).all(|(arrived, least)| arrived >= least);
        assert!(fair, "arrived {:?}, begun {:?}, expected at least {least:?}", self.arrived, self.begun);
    }
}

fn narrow(name: &'static str) -> Config {
    config(name).max_frame_size(512).output_high_water(1000).build().unwrap()
}

fn windowed(transfers: u32) -> SessionOptions {
    SessionOptions { incoming_window: transfers, ..SessionOptions::default() }
}

#[test]
fn a_large_message_does_not_stop_another_session() {
    let mut shop = Shop::new(narrow("c"), narrow("l"));
    for name in ["large", "small"] {
        let (session, _) = shop.pair.session(SessionOptions::default(), SessionOptions::default());
        shop.link(session, name, if name == "large" { 1_000_000 } else { 1_500 });
    }
    let mut shop = shop.started();
    shop.rounds(200);
    shop.check(&[0, 50]);
    assert_eq!(shop.arrived[0], 0, "still under way");
}

#[test]
fn a_flood_of_messages_does_not_stop_a_large_one() {
    for sessions in [1, 2] {
        let mut shop = Shop::new(narrow("c"), narrow("l"));
        let (first, _) = shop.pair.session(SessionOptions::default(), SessionOptions::default());
        shop.link(first, "large", 10_000);
        let mut second = first;
        if sessions == 2 {
            second = shop.pair.session(SessionOptions::default(), SessionOptions::default()).0;
        }
        shop.link(second, "flood", 10);
        let mut shop = shop.started();
        shop.rounds(200);
        shop.check(&[5, 200]);
    }
}

#[test]
fn those_who_wait_for_the_output_take_turns() {
    for sessions in [1, 3] {
        let mut shop = Shop::new(narrow("c"), narrow("l"));
        let (mut session, _) = shop.pair.session(SessionOptions::default(), SessionOptions::default());
        for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
            if at > 0 && sessions == 3 {
                session = shop.pair.session(SessionOptions::default(), SessionOptions::default()).0;
            }
            shop.link(session, name, 100);
        }
        let mut shop = shop.started();
        shop.rounds(90);
        shop.check(&[150, 150, 150]);
    }
}

#[test]
fn those_who_wait_for_the_window_take_turns() {
    for window in [1, 2, 7] {
        let mut shop = Shop::new(config("c").build().unwrap(), config("l").build().unwrap());
        let (session, _) = shop.pair.session(SessionOptions::default(), windowed(window));
        for name in ["a", "b", "c"] {
            shop.link(session, name, 100);
        }
        let mut shop = shop.started();
        shop.rounds(90);
        let least = window as usize * 90 / 2 / 3 / 2;
        shop.check(&[least, least, least]);
    }
}

// scenario: SW-16
#[test]
fn a_window_that_opens_for_one_transfer_is_told_to_one_of_those_who_wait() {
    let mut shop = Shop::new(config("c").build().unwrap(), config("l").build().unwrap());
    let (session, _) = shop.pair.session(SessionOptions::default(), windowed(1));
    let names: Vec<&'static str> = (0..100).map(|n| &*format!("l{n}").leak()).collect();
    names.into_iter().for_each(|name| shop.link(session, name, 10));
    let mut shop = shop.started();
    let (mut told, rounds) = (0, 300);
    for _ in 0..rounds {
        shop.round_without_events();
        // Each does what it was told before the next event is asked for.
        while let Some(event) = shop.pair.client.core.poll_event() {
            let Event::Writable { sender } = event else { continue };
            told += 1;
            let at = shop.senders.iter().position(|(id, _)| *id == sender).unwrap();
            shop.send(at);
        }
    }
    assert!(told <= rounds, "{told} were told of {rounds} places");
    shop.check(&[2; 100]);
}

#[test]
fn large_and_small_messages_share_a_window() {
    for window in [1, 2, 3, 8] {
        let mut shop = Shop::new(narrow("c"), narrow("l"));
        let (session, _) = shop.pair.session(SessionOptions::default(), windowed(window));
        shop.link(session, "large", 5_000);
        shop.link(session, "small", 10);
        let mut shop = shop.started();
        shop.rounds(400);
        // Of one transfer a round each gets half; a large message has eleven.
        shop.check(&[12, 100]);
    }
}

#[test]
fn those_who_wait_for_settlement_take_turns() {
    let client = config("c").max_unsettled(10).build().unwrap();
    let mut pair = Pair::new(client, config("l").build().unwrap());
    let (session, _) = pair.session(SessionOptions::default(), SessionOptions::default());
    let links: Vec<_> = ["a", "b", "c"]
        .into_iter()
        .map(|name| pair.link(session, LinkOptions::sender(name, "q"), LinkOptions::receiver(name, "q")))
        .collect();
    let mut begun = [0; 3];
    let send = |pair: &mut Pair, begun: &mut [usize; 3], at: usize| {
        while pair.client.core.sender(links[at].0).unwrap().send(Outgoing::new("m")).is_ok() {
            begun[at] += 1;
        }
    };
    (0..3).for_each(|at| send(&mut pair, &mut begun, at));
    for _ in 0..30 {
        pair.pump();
        for (_, receiver) in &links {
            let mut receiver = pair.listener.core.receiver(*receiver).unwrap();
            while let Some(delivery) = receiver.recv() {
                receiver.accept_delivery(delivery.id).unwrap();
            }
        }
        pair.pump();
        for event in pair.client.take() {
            let Event::Writable { sender } = event else { continue };
            send(&mut pair, &mut begun, links.iter().position(|(id, _)| *id == sender).unwrap());
        }
    }
    assert!(begun.iter().all(|begun| *begun >= 60), "{begun:?}");
}

#[test]
fn frames_of_large_messages_alternate() {
    for sessions in [1, 2] {
        let lines: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&lines);
        let tap = FrameTap::new(move |frame| log.lock().unwrap().push(frame.to_string()));
        let client = config("c").max_frame_size(512).output_high_water(1000).frame_tap(tap).build().unwrap();
        let mut shop = Shop::new(client, narrow("l"));
        let (mut session, _) = shop.pair.session(SessionOptions::default(), SessionOptions::default());
        for (at, name) in ["a", "b"].into_iter().enumerate() {
            if at > 0 && sessions == 2 {
                session = shop.pair.session(SessionOptions::default(), SessionOptions::default()).0;
            }
            shop.link(session, name, 10_000);
        }
        let mut shop = shop.started();
        shop.rounds(30);
        let lines = lines.lock().unwrap();
        let transfers = lines.iter().filter(|line| line.contains("-> Transfer{"));
        // The channel, or the handle.
        let which: Vec<_> = transfers.map(|line| (line[..1].to_owned(), line[21..22].to_owned())).collect();
        let turns = which.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(turns >= 40, "{sessions}: {turns} of {which:?}");
    }
}

/// What arrives on a link whose messages are of this size beside one that nobody reads.
fn beside_unread(size: usize) -> (usize, [usize; 2]) {
    let mut pair = Pair::new(narrow("c"), narrow("l"));
    let (session, _) = pair.session(SessionOptions::default(), windowed(20));
    let options = |name| LinkOptions { credit: CreditMode::Auto(100), ..LinkOptions::receiver(name, "q") };
    let (unread, _) = pair.link(session, LinkOptions::sender("unread", "q"), options("unread"));
    let (read, reader) = pair.link(session, LinkOptions::sender("read", "q"), options("read"));
    let (mut sent, mut arrived) = ([0; 2], 0);
    for _ in 0..500 {
        for (at, (link, size)) in [(unread, 10), (read, size)].into_iter().enumerate() {
            while pair.client.core.sender(link).unwrap().send(settled(size)).is_ok() {
                sent[at] += 1;
            }
        }
        pair.pump();
        let mut reader = pair.listener.core.receiver(reader).unwrap();
        arrived += std::iter::from_fn(|| reader.recv()).count();
        pair.pump();
    }
    (arrived, sent)
}

#[test]
fn what_one_link_leaves_unread_does_not_stop_another() {
    // In one frame, in several, in more than the window has.
    for (size, least) in [(10, 500), (2_000, 400), (20_000, 100)] {
        let (arrived, sent) = beside_unread(size);
        assert!(arrived >= least, "{size}: {arrived} of {sent:?}");
        assert!(sent[0] <= 100, "no more than its credit: {sent:?}");
    }
}
