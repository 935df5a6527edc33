//! The disciplines: as many messages as possible, each as soon as possible.

use crate::peer::{connect, receiver, runtime, session, start};
use amqp10::client::Profile;
use amqp10::proto::LinkOptions;
use amqp10::{Message, Settlement};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Octets of a message's body.
const BODY: usize = 1024;

/// The time of half of all, and that which one in a hundred exceeds.
#[derive(Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: Duration,
    pub(crate) p99: Duration,
}

impl Spread {
    pub(crate) const WORST: Self = Self { median: Duration::MAX, p99: Duration::MAX };

    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(Duration::MAX);
        Self { median: at(50), p99: at(99) }
    }

    pub(crate) fn better(self, other: Self) -> Self {
        Self { median: self.median.min(other.median), p99: self.p99.min(other.p99) }
    }
}

/// Processor time of this process, all threads, and how many messages it was spent on.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    ticks: u64,
    messages: u64,
}

impl Cost {
    /// What Linux says, in hundredths of a second; elsewhere nothing.
    pub(crate) fn so_far() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        // behind the name, which is in parentheses: utime and stime are the 14th and the 15th field
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        Self { ticks, messages: 0 }
    }

    pub(crate) fn add(&mut self, before: Self, messages: u32) {
        self.ticks += Self::so_far().ticks - before.ticks;
        self.messages += u64::from(messages);
    }

    /// Nanoseconds a message.
    pub(crate) fn each(self) -> f64 {
        self.ticks as f64 * 1e7 / self.messages.max(1) as f64
    }
}

/// What a flood was.
pub(crate) struct Flood {
    /// Messages that were accepted, a second.
    pub(crate) rate: f64,
    pub(crate) count: u32,
    /// How long each took from being handed over to being accepted.
    pub(crate) spread: Spread,
}

/// Sends unsettled messages of 1 KiB as fast as they are taken.
pub(crate) fn flood(profile: Option<Profile>, round_trip: Duration, time: Duration) -> Flood {
    let address = start(profile, round_trip);
    runtime().block_on(async {
        let connection = connect(profile, address).await;
        let session = connection.begin(session(profile)).await.expect("a session");
        let sender = session.attach_sender(LinkOptions::sender("flood", "queue")).await.expect("a link");
        let (under_way, settled) = mpsc::unbounded_channel();
        let times = tokio::spawn(times(settled));
        let body = Message::from(vec![7; BODY]);
        let begun = Instant::now();
        let mut count = 0_u32;
        while begun.elapsed() < time {
            sender.ready().await.expect("the link stands");
            let handed_over = Instant::now();
            let settlement = sender.submit(body.clone()).await.expect("it is sent");
            under_way.send((handed_over, settlement)).expect("awaited");
            count += 1;
        }
        sender.flush().await.expect("all are accepted");
        let rate = f64::from(count) / begun.elapsed().as_secs_f64();
        drop(under_way);
        let spread = Spread::of(times.await.expect("no panic"));
        connection.close().await.expect("closed");
        Flood { rate, count, spread }
    })
}

async fn times(mut settled: mpsc::UnboundedReceiver<(Instant, Settlement)>) -> Vec<Duration> {
    let mut times = Vec::new();
    while let Some((handed_over, settlement)) = settled.recv().await {
        settlement.await.expect("accepted");
        times.push(handed_over.elapsed());
    }
    times
}

/// Sends a message of 1 KiB and waits for it to come back, again and again; how long that took.
pub(crate) fn ping_pong(profile: Option<Profile>, time: Duration) -> Spread {
    let address = start(profile, Duration::ZERO);
    runtime().block_on(async {
        let connection = connect(profile, address).await;
        let session = connection.begin(session(profile)).await.expect("a session");
        let mut there = LinkOptions::sender("there", "queue");
        there.source.get_or_insert_default().address = Some("echo".into());
        let sender = session.attach_sender(there).await.expect("a link");
        let back = receiver(profile, LinkOptions::receiver("back", "echo"));
        let receiver = session.attach_receiver(back).await.expect("a link");
        let (body, begun, mut times) = (Message::from(vec![7; BODY]), Instant::now(), Vec::new());
        while begun.elapsed() < time {
            let sent = Instant::now();
            drop(sender.submit(body.clone()).await.expect("it is sent"));
            receiver.recv().await.expect("it comes back").accept().expect("the link stands");
            times.push(sent.elapsed());
        }
        connection.close().await.expect("closed");
        Spread::of(times)
    })
}
