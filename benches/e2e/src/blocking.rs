//! Sender and receiver on plain threads, with no thread but those of the application: whoever waits services the
//! connections.

use crate::{Bodies, MAX_FRAME_SIZE, Mode, ReceiverArguments, SenderArguments, Tally, now, print_ready, print_sender};
use amqp10::blocking::{
    BatchOptions, Connection, Delivery, IncomingLink, Listener, Options, Pump, Receiver, ReceiverSet, Sender, Session,
    Settlement,
};
use amqp10::codec::{Outcome, SenderSettleMode};
use amqp10::proto::{Config, CreditMode, LinkOptions, ReceiverId, SessionOptions};
use rustc_hash::FxHashMap;
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
    outstanding: VecDeque<Settlement>,
}

/// One thread for all, or one for each link.
fn send_all(arguments: &SenderArguments, pump: &Pump, links: &[Sender]) -> Result<Vec<u64>, Failure> {
    let room = || VecDeque::with_capacity(arguments.link_window());
    let share = |(number, link)| Share { link, numbers: arguments.share(number), outstanding: room() };
    let mut shares: Vec<Share<'_>> = links.iter().enumerate().map(share).collect();
    if arguments.connections > 1 && !arguments.tasks && arguments.mode == Mode::Unsettled {
        send_by_connection(arguments, pump, &mut shares)?;
    }
    // what is left, which may be all of it
    if shares.len() == 1 || !arguments.tasks {
        return send_shares(arguments, &mut shares);
    }
    thread::scope(|scope| {
        let start = |share| scope.spawn(move || send_shares(arguments, std::slice::from_mut(share)));
        let threads: Vec<_> = shares.iter_mut().map(start).collect();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| "a thread failed")??);
        }
        Ok(times)
    })
}

/// All that can be sent on one connection, then on the next, so that waiting for one does not send a lone message of
/// another. Returns when all messages are handed over.
fn send_by_connection(arguments: &SenderArguments, pump: &Pump, shares: &mut [Share<'_>]) -> Result<(), Failure> {
    let mut bodies = Bodies::new(arguments.size);
    let is_left = |shares: &[Share<'_>]| shares.iter().any(|share| !share.numbers.is_empty());
    while is_left(shares) {
        for shares in shares.chunks_mut(arguments.links) {
            let mut any = true;
            while any {
                any = false;
                for share in &mut *shares {
                    any |= share.try_send(&mut bodies, arguments.link_window())?;
                }
            }
        }
        let _ = pump.work(LONG);
    }
    Ok(())
}

impl Share<'_> {
    /// Sends the next message, if there is one and fewer than `window` are outstanding; says whether it has.
    fn try_send(&mut self, bodies: &mut Bodies, window: usize) -> Result<bool, Failure> {
        if self.numbers.is_empty() {
            return Ok(false);
        }
        if self.outstanding.len() == window {
            let Some(oldest) = self.outstanding.front_mut() else { return Ok(false) };
            let Some(outcome) = oldest.try_outcome()? else { return Ok(false) };
            check(outcome)?;
            self.outstanding.pop_front();
        }
        let Some(number) = self.numbers.next() else { return Ok(false) };
        self.outstanding.push_back(self.link.submit(bodies.make(number))?);
        Ok(true)
    }
}

fn send_shares(arguments: &SenderArguments, shares: &mut [Share<'_>]) -> Result<Vec<u64>, Failure> {
    let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
    let mut left = true;
    while left {
        left = false;
        for Share { link, numbers, outstanding } in &mut *shares {
            let Some(number) = numbers.next() else { continue };
            left = true;
            let body = bodies.make(number);
            match arguments.mode {
                Mode::Settled => drop(link.submit(body)?),
                Mode::PingPong => {
                    let asked = now();
                    check(link.send(body)?)?;
                    times.push(now() - asked);
                }
                Mode::Unsettled => {
                    if outstanding.len() == arguments.link_window() {
                        settle(outstanding.pop_front())?;
                    }
                    outstanding.push_back(link.submit(body)?);
                }
            }
        }
    }
    let mut outstanding = shares.iter_mut().flat_map(|share| share.outstanding.drain(..));
    outstanding.try_for_each(|settlement| settle(Some(settlement)))?;
    Ok(times)
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
    links: Vec<(Receiver, Tally)>,
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
    let mut guests = Guests { pump, listener, credit: arguments.credit, connections, sessions, links };
    let mut count = 0;
    while count == 0 {
        guests.let_in()?;
        count += guests.take_all()?;
    }
    let mut together = guests.together();
    while count < arguments.count {
        count += match &mut together {
            Some(together) => together.receive()?,
            None => guests.receive()?,
        };
    }
    let ended = now();
    for connection in &guests.connections {
        // the sender may be quicker
        let _ = connection.close();
    }
    let tallies = guests.links.into_iter().map(|(_, tally)| tally);
    let others = together.into_iter().flat_map(|together| together.tallies.into_values());
    tallies.chain(others).fold(Tally::default(), Tally::and).print(ended);
    Ok(())
}

/// Many links of one connection.
struct Together {
    set: ReceiverSet,
    tallies: FxHashMap<ReceiverId, Tally>,
}

impl Together {
    /// Waits for messages; says how many came.
    fn receive(&mut self) -> Result<u64, Failure> {
        let batch = self.set.recv_batch(BATCH)?;
        for delivery in &batch {
            take(delivery, self.tallies.entry(delivery.receiver()).or_default())?;
        }
        let count = batch.len() as u64;
        batch.accept()?;
        Ok(count)
    }
}

impl Guests {
    /// All links, if there are several, of one connection.
    fn together(&mut self) -> Option<Together> {
        let ([connection], [_, _, ..]) = (&*self.connections, &*self.links) else { return None };
        let (mut set, mut tallies) = (ReceiverSet::new(connection), FxHashMap::default());
        for (receiver, tally) in self.links.drain(..) {
            tallies.insert(set.add(receiver).ok()?, tally);
        }
        Some(Together { set, tallies })
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
                self.links.push((link.accept(options)?, Tally::default()));
            }
        }
        Ok(())
    }

    /// What is there on all links; says how many.
    fn take_all(&mut self) -> Result<u64, Failure> {
        let what_is_there = BatchOptions { deadline: Some(Duration::ZERO), ..BatchOptions::new(BATCH) };
        let mut count = 0;
        for (receiver, tally) in &mut self.links {
            loop {
                let batch = receiver.recv_batch(what_is_there)?;
                for delivery in &batch {
                    take(delivery, tally)?;
                }
                count += batch.len() as u64;
                let is_all = batch.len() < BATCH;
                batch.accept()?;
                if is_all {
                    break;
                }
            }
        }
        Ok(count)
    }

    /// Waits for messages; says how many came.
    fn receive(&mut self) -> Result<u64, Failure> {
        if let [(receiver, tally)] = &mut *self.links {
            let batch = receiver.recv_batch(BatchOptions::new(BATCH))?;
            for delivery in &batch {
                take(delivery, tally)?;
            }
            let count = batch.len() as u64;
            batch.accept()?;
            return Ok(count);
        }
        let _ = self.pump.work(LONG);
        self.take_all()
    }
}

/// Takes the message apart and checks its body.
fn take(delivery: &Delivery, tally: &mut Tally) -> Result<(), Failure> {
    tally.take(delivery.payload())?;
    Ok(())
}
