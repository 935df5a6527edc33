//! Sender and receiver on plain threads, with no thread but those of the application: whoever waits services the
//! connections.

use crate::{
    Bodies, MAX_FRAME_SIZE, Mode, Order, ReceiverArguments, SenderArguments, Tally, now, print_ready, print_sender,
};
use amqp10::blocking::{
    BatchOptions, Connection, IncomingLink, Listener, Options, Pump, Receiver, ReceiverSet, Sender, Session, Settlement,
};
use amqp10::codec::{Outcome, SenderSettleMode};
use amqp10::proto::{Config, CreditMode, LinkOptions, SessionOptions};
use std::collections::VecDeque;
use std::error::Error;
use std::ops::Range;
use std::thread;
use std::time::Duration;

type Failure = Box<dyn Error + Send + Sync>;

/// Sends what the command line says, and prints the result.
///
/// # Errors
/// Whatever fails.
pub fn send(arguments: &SenderArguments) -> Result<(), Failure> {
    let pump = Pump::new()?;
    let (mut connections, mut links) = (Vec::new(), Vec::new());
    for number in 0..arguments.connections {
        let connection = connect(&pump, arguments, number)?;
        let session = connection.session()?;
        for number in 0..arguments.links {
            let settled = arguments.mode == Mode::Settled;
            let snd_settle_mode = if settled { SenderSettleMode::Settled } else { SenderSettleMode::Unsettled };
            let options = LinkOptions::sender(format!("bench-{number}"), arguments.to.address());
            links.push(session.attach_sender(LinkOptions { snd_settle_mode, ..options })?);
        }
        connections.push(connection);
    }
    let started = now();
    let times = send_all(arguments, &pump, &links)?;
    let mut ended = now();
    if arguments.mode == Mode::Settled && !arguments.to.is_broker() {
        links.iter().for_each(|link| drop(link.detached()));
        ended = now();
    }
    let accepted = if arguments.mode == Mode::Settled { 0 } else { arguments.count };
    print_sender(arguments.count, accepted, started, ended, times);
    for connection in connections {
        // the receiver may be quicker
        let _ = connection.close();
    }
    Ok(())
}

fn connect(pump: &Pump, arguments: &SenderArguments, number: usize) -> Result<Connection, Failure> {
    let config = Config::builder(format!("bench-sender-{number}")).max_frame_size(MAX_FRAME_SIZE);
    let builder = amqp10::blocking::Builder::new(config).serviced_by(pump);
    let builder = builder.host(&*arguments.to.host).port(arguments.to.port);
    let builder = if arguments.to.is_broker() { builder } else { builder.without_login() };
    Ok(builder.connect()?)
}

/// A link, and what it has to send.
struct Share<'a> {
    link: &'a Sender,
    numbers: Range<u64>,
}

/// Links that take turns.
struct Turns<'a> {
    shares: Vec<Share<'a>>,
    next: usize,
    /// Of all links, oldest first: that is of the link whose turn is next when as many are outstanding as may be.
    outstanding: VecDeque<Settlement>,
    most: usize,
}

/// One thread for all, or one for each link.
fn send_all(arguments: &SenderArguments, pump: &Pump, links: &[Sender]) -> Result<Vec<u64>, Failure> {
    let share = |(number, link)| Share { link, numbers: arguments.share(number) };
    let mut shares = links.iter().enumerate().map(share);
    let mut take = |count: usize| Turns::new(shares.by_ref().take(count).collect(), arguments.link_window());
    if !arguments.tasks || links.len() == 1 {
        if arguments.connections == 1 || arguments.mode != Mode::Unsettled {
            return take(links.len()).send(arguments);
        }
        let connections = (0..arguments.connections).map(|_| take(arguments.links)).collect();
        return send_by_connection(arguments, pump, connections);
    }
    thread::scope(|scope| {
        let mut start = |_| {
            let turns = take(1);
            scope.spawn(move || turns.send(arguments))
        };
        let threads: Vec<_> = links.iter().map(&mut start).collect();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| "a thread failed")??);
        }
        Ok(times)
    })
}

/// All that can be sent on one connection, then on the next: waiting for one would send a lone message of another.
fn send_by_connection(
    arguments: &SenderArguments,
    pump: &Pump,
    mut connections: Vec<Turns<'_>>,
) -> Result<Vec<u64>, Failure> {
    let mut bodies = Bodies::new(arguments.size);
    loop {
        for turns in &mut connections {
            while turns.has_room()? {
                let Some((link, number)) = turns.next() else { break };
                turns.outstanding.push_back(link.submit(bodies.make(number))?);
            }
        }
        connections.retain(|turns| !turns.outstanding.is_empty());
        if connections.is_empty() {
            return Ok(Vec::new());
        }
        let _ = pump.work(LONG);
    }
}

impl<'a> Turns<'a> {
    fn new(shares: Vec<Share<'a>>, link_window: usize) -> Self {
        let most = link_window * shares.len();
        Self { shares, next: 0, outstanding: VecDeque::with_capacity(most), most }
    }

    /// The link whose turn it is, and the number of its next message.
    fn next(&mut self) -> Option<(&'a Sender, u64)> {
        let links = self.shares.len();
        for _ in 0..links {
            let share = self.shares.get_mut(self.next)?;
            self.next = if self.next + 1 == links { 0 } else { self.next + 1 };
            if let Some(number) = share.numbers.next() {
                return Some((share.link, number));
            }
        }
        None
    }

    /// Whether another message may be outstanding; takes the outcome of the oldest, if it is there and needed.
    fn has_room(&mut self) -> Result<bool, Failure> {
        let is_over = self.shares.iter().all(|share| share.numbers.is_empty());
        while self.outstanding.len() == self.most || is_over {
            let Some(oldest) = self.outstanding.front_mut() else { return Ok(false) };
            let Some(outcome) = oldest.try_outcome()? else { return Ok(false) };
            check(outcome)?;
            self.outstanding.pop_front();
        }
        Ok(true)
    }

    /// Sends all, waiting where it has to; how long each took, in ping-pong.
    fn send(mut self, arguments: &SenderArguments) -> Result<Vec<u64>, Failure> {
        let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
        while let Some((link, number)) = self.next() {
            let body = bodies.make(number);
            match arguments.mode {
                Mode::Settled => drop(link.submit(body)?),
                Mode::PingPong => {
                    let asked = now();
                    check(link.send(body)?)?;
                    times.push(now() - asked);
                }
                Mode::Unsettled => {
                    if self.outstanding.len() == self.most {
                        settle(self.outstanding.pop_front())?;
                    }
                    self.outstanding.push_back(link.submit(body)?);
                }
            }
        }
        self.outstanding.into_iter().try_for_each(|settlement| settle(Some(settlement)))?;
        Ok(times)
    }
}

fn settle(settlement: Option<Settlement>) -> Result<(), Failure> {
    settlement.map_or(Ok(()), |mut settlement| check(settlement.outcome()?))
}

fn check(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Accepted => Ok(()),
        other => Err(format!("not accepted but {other:?}").into()),
    }
}

/// How long the receiver pumps before it looks again who has come.
const MOMENT: Duration = Duration::from_millis(1);

/// How long it pumps when everybody is there; octets end it earlier.
const LONG: Duration = Duration::from_secs(1);

/// How many messages are taken at once, if they are there.
const BATCH: usize = 64;

/// Who has come, on one pump.
struct Guests {
    pump: Pump,
    listener: Listener,
    credit: u32,
    connections: Vec<Connection>,
    sessions: Vec<Session>,
    links: Vec<(Receiver, Order)>,
    tally: Tally,
}

/// Receives as many messages as the command line says, in one thread, and prints the result.
///
/// Connections and links are taken until the first message: no sender sends before all its links are attached.
///
/// # Errors
/// Whatever fails.
pub fn receive(arguments: &ReceiverArguments) -> Result<(), Failure> {
    let config = Config::builder("bench-receiver").max_frame_size(MAX_FRAME_SIZE).build()?;
    let pump = Pump::new()?;
    let listener = pump.listen(("127.0.0.1", arguments.port()), Options::listener(config), None)?;
    print_ready();
    let (connections, sessions, links) = (Vec::new(), Vec::new(), Vec::new());
    let tally = Tally::default();
    let mut guests = Guests { pump, listener, credit: arguments.credit, connections, sessions, links, tally };
    while guests.tally.count == 0 {
        guests.let_in()?;
        guests.take_all()?;
    }
    let mut together = guests.together();
    while guests.tally.count < arguments.count {
        match &mut together {
            Some(together) => together.receive(&mut guests.tally)?,
            None => guests.receive()?,
        }
    }
    let ended = now();
    for connection in &guests.connections {
        // the sender may be quicker
        let _ = connection.close();
    }
    guests.tally.print(ended);
    Ok(())
}

/// Many links of one connection.
struct Together {
    set: ReceiverSet,
    /// By the links' numbers in their session.
    orders: Vec<Order>,
}

impl Together {
    /// Waits for messages.
    fn receive(&mut self, tally: &mut Tally) -> Result<(), Failure> {
        let batch = self.set.recv_batch(BATCH)?;
        for delivery in &batch {
            tally.take(&mut self.orders[delivery.receiver().index()], delivery.payload())?;
        }
        Ok(batch.accept()?)
    }
}

impl Guests {
    /// All links, if there are several, of one session.
    fn together(&mut self) -> Option<Together> {
        let ([connection], [_], [_, _, ..]) = (&*self.connections, &*self.sessions, &*self.links) else { return None };
        let (mut set, mut orders) = (ReceiverSet::new(connection), vec![Order::default(); self.links.len()]);
        for (receiver, order) in self.links.drain(..) {
            // none has gone yet, so that they are numbered from 0
            *orders.get_mut(set.add(receiver).ok()?.index())? = order;
        }
        Some(Together { set, orders })
    }

    /// Whoever comes within a moment.
    fn let_in(&mut self) -> Result<(), Failure> {
        if let Ok((client, _)) = self.listener.within(MOMENT).accept() {
            self.connections.push(client.open()?);
        }
        for connection in &self.connections {
            while let Ok(session) = connection.within(Duration::ZERO).incoming_session() {
                let options = SessionOptions { incoming_window: 1 << 20, ..SessionOptions::default() };
                self.sessions.push(session.accept(options)?);
            }
        }
        for session in &self.sessions {
            while let Ok(link) = session.within(Duration::ZERO).incoming_link() {
                let IncomingLink::Receiver(link) = link else { return Err("a sender was to come".into()) };
                let credit = CreditMode::Auto(self.credit);
                let options = LinkOptions { credit, ..LinkOptions::answering(link.attach()) };
                self.links.push((link.accept(options)?, Order::default()));
            }
        }
        Ok(())
    }

    /// What is there on all links.
    fn take_all(&mut self) -> Result<(), Failure> {
        let what_is_there = BatchOptions { deadline: Some(Duration::ZERO), ..BatchOptions::new(BATCH) };
        for (receiver, order) in &mut self.links {
            let mut is_all = false;
            while !is_all {
                let batch = receiver.recv_batch(what_is_there)?;
                for delivery in &batch {
                    self.tally.take(order, delivery.payload())?;
                }
                is_all = batch.len() < BATCH;
                batch.accept()?;
            }
        }
        Ok(())
    }

    /// Waits for messages.
    fn receive(&mut self) -> Result<(), Failure> {
        if let [(receiver, order)] = &mut *self.links {
            let batch = receiver.recv_batch(BatchOptions::new(BATCH))?;
            for delivery in &batch {
                self.tally.take(order, delivery.payload())?;
            }
            return Ok(batch.accept()?);
        }
        let _ = self.pump.work(LONG);
        self.take_all()
    }
}
