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
    let times = send_all(arguments, &links)?;
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

/// One thread for each connection, whose links take turns, or one for each link; this one, if that makes but one.
fn send_all(arguments: &SenderArguments, links: &[Sender]) -> Result<Vec<u64>, Failure> {
    let share = |(number, link)| Share { link, numbers: arguments.share(number) };
    let mut shares: Vec<Share<'_>> = links.iter().enumerate().map(share).collect();
    let together = if arguments.tasks { 1 } else { arguments.links };
    if shares.len() == together {
        return send_shares(arguments, &mut shares);
    }
    thread::scope(|scope| {
        let start = |shares| scope.spawn(move || send_shares(arguments, shares));
        let threads: Vec<_> = shares.chunks_mut(together).map(start).collect();
        let mut times = Vec::new();
        for thread in threads {
            times.extend(thread.join().map_err(|_| "a thread failed")??);
        }
        Ok(times)
    })
}

fn send_shares(arguments: &SenderArguments, shares: &mut [Share<'_>]) -> Result<Vec<u64>, Failure> {
    let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
    // of all links: since each has its turn, the oldest of all is of the link that is next
    let window = arguments.link_window() * shares.len();
    let mut outstanding = VecDeque::with_capacity(window);
    let mut left = true;
    while left {
        left = false;
        for Share { link, numbers } in &mut *shares {
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
                    if outstanding.len() == window {
                        settle(outstanding.pop_front())?;
                    }
                    outstanding.push_back(link.submit(body)?);
                }
            }
        }
    }
    outstanding.into_iter().try_for_each(|settlement| settle(Some(settlement)))?;
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
        for (receiver, order) in &mut self.links {
            while let Some(delivery) = receiver.try_recv()? {
                self.tally.take(order, delivery.payload())?;
                delivery.accept()?;
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
