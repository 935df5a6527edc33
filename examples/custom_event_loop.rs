//! The core in an event loop of one's own: `mio` tells which sockets are ready, a timer wheel whose deadline is next, and
//! any number of connections share one thread. Here it is four clients and the four ends of a listener that serves them.
//! Ends after a second.
//!
//! ```sh
//! cargo run --example custom_event_loop
//! ```

use amqp10::Message;
use amqp10::proto::{
    Config, Connection, Event, Instant, LinkId, LinkOptions, Outgoing, Segments, SenderId, SessionOptions, Transmit,
};
use bytes::BytesMut;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::net::Shutdown;
use std::time::{self, Duration};

const LISTENER: Token = Token(0);
const CLIENTS: usize = 4;
const RUN: Duration = Duration::from_secs(1);

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let mut event_loop = EventLoop::new()?;
    let address = event_loop.listener.local_addr()?;
    for number in 0..CLIENTS {
        let config = Config::builder(format!("client-{number}")).idle_time_out(Some(Duration::from_millis(400)));
        let mut machine = Connection::client(config.build()?, None, event_loop.now());
        let session = machine.begin(SessionOptions::default())?;
        let sender = machine.session(session)?.attach_sender(LinkOptions::sender("out", "queue"))?;
        event_loop.add(TcpStream::connect(address)?, machine, Application::Sends(sender, 0))?;
    }
    let settled = event_loop.run()?;
    println!("messages accepted in a second, by client: {settled:?}");
    if settled.len() == CLIENTS && settled.iter().all(|count| *count > 0) {
        Ok(())
    } else {
        Err("a client had nothing accepted".into())
    }
}

/// What is done with a connection.
enum Application {
    /// A client: sends on this link as fast as it may; so many messages were settled.
    Sends(SenderId, u64),
    /// The listener: accepts what comes.
    Accepts,
}

/// A connection and its socket.
struct Peer {
    machine: Connection,
    socket: TcpStream,
    application: Application,
    input: BytesMut,
    output: Segments,
    /// The deadline that the wheel knows of.
    deadline: Option<Instant>,
}

struct EventLoop {
    poll: Poll,
    listener: TcpListener,
    epoch: time::Instant,
    peers: BTreeMap<Token, Peer>,
    wheel: Wheel,
    last: usize,
    buffer: Vec<u8>,
}

impl EventLoop {
    fn new() -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut listener = TcpListener::bind("127.0.0.1:0".parse().map_err(io::Error::other)?)?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let (peers, wheel, buffer) = (BTreeMap::new(), Wheel::new(), vec![0; 64 * 1024]);
        Ok(Self { poll, listener, epoch: time::Instant::now(), peers, wheel, last: 0, buffer })
    }

    fn now(&self) -> Instant {
        Instant::from_duration(self.epoch.elapsed())
    }

    fn add(&mut self, mut socket: TcpStream, machine: Connection, application: Application) -> io::Result<()> {
        self.last += 1;
        let token = Token(self.last);
        self.poll.registry().register(&mut socket, token, Interest::READABLE | Interest::WRITABLE)?;
        let (input, output) = (BytesMut::new(), Segments::new());
        self.peers.insert(token, Peer { machine, socket, application, input, output, deadline: None });
        self.turn(token)
    }

    /// Until all connections are over; says how many messages of each client were settled.
    fn run(&mut self) -> Result<Vec<u64>, Box<dyn Error>> {
        let mut events = Events::with_capacity(64);
        let mut closing = false;
        while !(closing && self.peers.values().all(|peer| peer.machine.is_closed())) {
            self.poll.poll(&mut events, Some(self.wheel.until_next(self.now())))?;
            for event in &events {
                match event.token() {
                    LISTENER => self.accept()?,
                    token => self.turn(token)?,
                }
            }
            for token in self.wheel.due(self.now()) {
                self.turn(token)?;
            }
            if !closing && self.epoch.elapsed() >= RUN {
                closing = true;
                self.close()?;
            }
        }
        let settled = self.peers.values().filter_map(|peer| match peer.application {
            Application::Sends(_, settled) => Some(settled),
            Application::Accepts => None,
        });
        Ok(settled.collect())
    }

    fn accept(&mut self) -> Result<(), Box<dyn Error>> {
        loop {
            match self.listener.accept() {
                Ok((socket, _)) => {
                    let machine = Connection::listener(Config::builder("listener").build()?, None, self.now());
                    self.add(socket, machine, Application::Accepts)?;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn close(&mut self) -> io::Result<()> {
        let now = self.now();
        for token in self.peers.keys().copied().collect::<Vec<_>>() {
            if let Some(peer) = self.peers.get_mut(&token) {
                if matches!(peer.application, Application::Sends(..)) {
                    peer.machine.close(now, None);
                }
            }
            self.turn(token)?;
        }
        Ok(())
    }

    /// Whatever a connection can do now; afterwards the wheel knows its next deadline.
    fn turn(&mut self, token: Token) -> io::Result<()> {
        let now = self.now();
        let Some(peer) = self.peers.get_mut(&token) else { return Ok(()) };
        peer.read(now, &mut self.buffer)?;
        if peer.machine.poll_timeout().is_some_and(|(at, _)| at <= now) {
            peer.machine.handle_timeout(now);
        }
        // what was written makes room for more
        while peer.apply() | peer.write(now)? {}
        let deadline = peer.machine.poll_timeout().map(|(at, _)| at);
        if peer.deadline != deadline {
            peer.deadline = deadline;
            self.wheel.set(token, deadline);
        }
        Ok(())
    }
}

impl Peer {
    /// Takes all that has come, since `mio` tells of it only once.
    fn read(&mut self, now: Instant, buffer: &mut [u8]) -> io::Result<()> {
        loop {
            match self.socket.read(buffer) {
                Ok(0) => {
                    return {
                        self.machine.handle_eof(now);
                        Ok(())
                    };
                }
                Ok(count) => {
                    self.input.extend_from_slice(&buffer[..count]);
                    self.machine.handle_input(now, &mut self.input);
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes as much as the socket takes. Says whether that was something.
    fn write(&mut self, now: Instant) -> io::Result<bool> {
        let mut any = false;
        loop {
            let mut transmit = Transmit::Idle;
            if self.output.is_empty() {
                transmit = self.machine.poll_transmit(now, &mut self.output);
            }
            let slices: Vec<IoSlice<'_>> = self.output.chunks().take(64).map(IoSlice::new).collect();
            if slices.is_empty() {
                if transmit == Transmit::Closing {
                    // the peer may have gone before us
                    let _ = self.socket.shutdown(Shutdown::Write);
                }
                return Ok(any);
            }
            match self.socket.write_vectored(&slices) {
                Ok(count) => self.output.advance(count),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(any);
                }
                Err(error) => return Err(error),
            }
            any = true;
        }
    }

    /// The application's turn. Says whether it may have made output.
    fn apply(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.machine.poll_event() {
            any = true;
            if let Event::Disposition { settled: true, .. } = event {
                if let Application::Sends(_, settled) = &mut self.application {
                    *settled += 1;
                }
            } else if let Application::Accepts = self.application {
                // what is gone meanwhile needs no answer
                let _ = answer(&mut self.machine, event);
            }
        }
        match self.application {
            Application::Sends(sender, _) => any | send(&mut self.machine, sender),
            Application::Accepts => any,
        }
    }
}

/// Sends a message, if there is credit, window and room for it.
fn send(machine: &mut Connection, sender: SenderId) -> bool {
    let Ok(mut sender) = machine.sender(sender) else { return false };
    sender.ready().is_ok() && sender.send(Outgoing::new(Message::from("12 crates").to_bytes())).is_ok()
}

/// Takes what a client asks for and what it sends.
fn answer(machine: &mut Connection, event: Event) -> Result<(), amqp10::proto::Misuse> {
    match event {
        Event::BeginRequested { session, .. } => machine.session(session)?.accept(SessionOptions::default()),
        Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
            machine.receiver(id)?.accept(LinkOptions::answering(&attach))
        }
        Event::Arrived { receiver } => {
            let mut receiver = machine.receiver(receiver)?;
            while let Some(delivery) = receiver.recv() {
                // once the client has closed it can be read, but not settled
                let _ = receiver.accept_delivery(delivery.id);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// A timer wheel: slots of so many milliseconds. What is later than a turn waits in
/// its slot for the next ones.
struct Wheel {
    slots: Vec<BTreeMap<Token, Instant>>,
    set: BTreeMap<Token, usize>,
    /// How far the wheel has turned, in slots from the beginning.
    turned: u64,
}

impl Wheel {
    const SLOTS: usize = 256;
    const SLOT: Duration = Duration::from_millis(5);

    fn new() -> Self {
        Self { slots: vec![BTreeMap::new(); Self::SLOTS], set: BTreeMap::new(), turned: 0 }
    }

    fn tick(at: Instant) -> u64 {
        (at.as_duration().as_millis() / Self::SLOT.as_millis()) as u64
    }

    fn slot(tick: u64) -> usize {
        tick as usize % Self::SLOTS
    }

    /// Sets or cancels the deadline of a connection.
    fn set(&mut self, token: Token, at: Option<Instant>) {
        if let Some(slot) = self.set.remove(&token) {
            self.slots[slot].remove(&token);
        }
        if let Some(at) = at {
            // what is due already is found by the next tick
            let slot = Self::slot(Self::tick(at).max(self.turned));
            self.slots[slot].insert(token, at);
            self.set.insert(token, slot);
        }
    }

    /// How long nothing is due: until the next tick if anything is set at all within this turn.
    fn until_next(&self, now: Instant) -> Duration {
        let next = (0..Self::SLOTS as u64).find(|ahead| !self.slots[Self::slot(self.turned + ahead)].is_empty());
        let tick = self.turned + next.unwrap_or(Self::SLOTS as u64) + 1;
        let at = Self::SLOT.saturating_mul(u32::try_from(tick).unwrap_or(u32::MAX));
        at.saturating_sub(now.as_duration())
    }

    /// Turns the wheel, and takes out whose deadline has passed.
    fn due(&mut self, now: Instant) -> Vec<Token> {
        let mut due = Vec::new();
        while self.turned < Self::tick(now) {
            self.slots[Self::slot(self.turned)].retain(|token, at| {
                let later = *at > now;
                if !later {
                    due.push(*token);
                }
                later
            });
            self.turned += 1;
        }
        self.set.retain(|token, _| !due.contains(token));
        due
    }
}
