//! The command lines of sender and receiver.

use std::ops::Range;
use std::process::exit;
use std::str::FromStr;

/// What every program says of its frames in open, in octets.
pub const MAX_FRAME_SIZE: u32 = 65_536;

/// How messages are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Settled by the sender; the run is over when the receiver has closed.
    Settled,
    /// Settled by the receiver; as many as the window admits are outstanding.
    Unsettled,
    /// As unsettled, one at a time; each round trip is timed.
    PingPong,
}

/// `amqp://HOST:PORT[NODE]`: where to connect to.
#[derive(Clone, Debug)]
pub struct Place {
    /// The receiver's or the broker's host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The node of a broker, such as `/queues/test`; `None`: a receiver that listens there itself.
    pub node: Option<String>,
}

impl Place {
    /// The address of the target, or of the source if a broker is in between.
    #[must_use]
    pub fn address(&self) -> &str {
        self.node.as_deref().unwrap_or("bench")
    }

    /// Whether a broker is there, which wants a login (ANONYMOUS) and outlasts the run.
    #[must_use]
    pub fn is_broker(&self) -> bool {
        self.node.is_some()
    }

    fn parse(url: &str) -> Option<Self> {
        let rest = url.strip_prefix("amqp://")?;
        let (authority, node) = rest.find('/').map_or((rest, None), |at| (&rest[..at], Some(rest[at..].to_owned())));
        let (host, port) = authority.rsplit_once(':')?;
        Some(Self { host: host.to_owned(), port: port.parse().ok()?, node })
    }
}

/// `NAME-sender amqp://HOST:PORT[NODE] N SIZE settled|unsettled|pingpong [--links L] [--conns C] [--window W] [--tasks]`.
#[derive(Clone, Debug)]
pub struct SenderArguments {
    /// The receiver or the broker.
    pub to: Place,
    /// Messages over all links.
    pub count: u64,
    /// Octets of a body; at least 8.
    pub size: usize,
    /// How they are sent.
    pub mode: Mode,
    /// Links on each connection, all on one session.
    pub links: usize,
    /// Connections.
    pub connections: usize,
    /// Where there are tasks: one for each link, not one for each connection.
    pub tasks: bool,
    window: usize,
}

/// Where messages come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Senders that connect to this port of 127.0.0.1.
    Port(u16),
    /// A node of a broker.
    Broker(Place),
}

/// `NAME-receiver PORT|amqp://HOST:PORT/NODE N [--credit W] [--tasks]`.
#[derive(Clone, Debug)]
pub struct ReceiverArguments {
    /// Where to listen, or what to attach to.
    pub from: Source,
    /// Messages over all links.
    pub count: u64,
    /// Credit of a link.
    pub credit: u32,
    /// Where there are tasks: one for each link, not one for each connection.
    pub tasks: bool,
}

impl SenderArguments {
    /// Reads the command line, or exits with what is wrong with it.
    #[must_use]
    pub fn read() -> Self {
        let usage =
            "amqp://HOST:PORT[NODE] N SIZE settled|unsettled|pingpong [--links L] [--conns C] [--window W] [--tasks]";
        let mut line = Line::new(usage);
        let (links, connections) = (line.option("--links", 1), line.option("--conns", 1));
        let window = line.option("--window", 1000);
        let tasks = line.flag("--tasks");
        let [url, count, size, mode] = line.rest();
        let to = line.some(Place::parse(&url));
        let mode = line.some(match mode.as_str() {
            "settled" => Some(Mode::Settled),
            "unsettled" => Some(Mode::Unsettled),
            "pingpong" => Some(Mode::PingPong),
            _ => None,
        });
        Self {
            to,
            count: line.parse(&count),
            size: line.some(Some(line.parse(&size)).filter(|size| *size >= 8)),
            mode,
            links,
            connections,
            tasks,
            window: if mode == Mode::PingPong { 1 } else { window },
        }
    }

    /// The numbers of the messages of link `link` out of all links of all connections: a block of them.
    #[must_use]
    pub fn share(&self, link: usize) -> Range<u64> {
        let (links, link) = ((self.links * self.connections) as u64, link as u64);
        let (each, more) = (self.count / links, self.count % links);
        let first = link * each + link.min(more);
        first..first + each + u64::from(link < more)
    }

    /// How many messages of one link may be outstanding.
    #[must_use]
    pub fn link_window(&self) -> usize {
        (self.window / (self.links * self.connections)).max(1)
    }
}

impl ReceiverArguments {
    /// Reads the command line, or exits with what is wrong with it.
    #[must_use]
    pub fn read() -> Self {
        let mut line = Line::new("PORT|amqp://HOST:PORT/NODE N [--credit W] [--tasks]");
        let credit = line.option("--credit", 1000);
        let tasks = line.flag("--tasks");
        let [from, count] = line.rest();
        let broker = Place::parse(&from).filter(Place::is_broker).map(Source::Broker);
        let from = line.some(broker.or_else(|| from.parse().ok().map(Source::Port)));
        Self { from, count: line.parse(&count), credit, tasks }
    }

    /// The port of a program that only listens; exits if it is to receive from a broker.
    #[must_use]
    pub fn port(&self) -> u16 {
        match self.from {
            Source::Port(port) => port,
            Source::Broker(_) => {
                eprintln!("this program receives from no broker");
                exit(2)
            }
        }
    }
}

struct Line {
    words: Vec<String>,
    usage: &'static str,
}

impl Line {
    fn new(usage: &'static str) -> Self {
        Self { words: std::env::args().skip(1).collect(), usage }
    }

    fn option<T: FromStr>(&mut self, name: &str, default: T) -> T {
        let Some(at) = self.words.iter().position(|word| word == name) else { return default };
        self.words.remove(at);
        if at == self.words.len() {
            self.wrong();
        }
        let value = self.words.remove(at);
        self.parse(&value)
    }

    fn flag(&mut self, name: &str) -> bool {
        let before = self.words.len();
        self.words.retain(|word| word != name);
        self.words.len() < before
    }

    fn rest<const COUNT: usize>(&mut self) -> [String; COUNT] {
        let words = std::mem::take(&mut self.words);
        words.try_into().unwrap_or_else(|_| self.wrong())
    }

    fn parse<T: FromStr>(&self, word: &str) -> T {
        self.some(word.parse().ok())
    }

    fn some<T>(&self, value: Option<T>) -> T {
        value.unwrap_or_else(|| self.wrong())
    }

    fn wrong(&self) -> ! {
        eprintln!("use: {} {}", std::env::args().next().unwrap_or_default(), self.usage);
        exit(2)
    }
}
