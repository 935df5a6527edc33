//! What the profiles are good for: each in its own discipline, beside the defaults and the literal numbers of uamqp's pages
//! (S11.2). Client and listener have the same profile, a thread each, and TCP over the loopback between them; or, for a round
//! trip of 20 ms, a relay that keeps everything for 10 ms each way.
//!
//! `cargo bench --bench profiles [-- SECONDS]`: so many for each measurement, 0.5 by default. Prints tables in Markdown, and
//! fails where a profile misses a bound of `missed`: ahead by less, or behind by more, than it may be.

mod peer;
mod relay;
mod work;

use amqp10::client::Profile;
use std::process::ExitCode;
use std::time::Duration;
use work::{Cost, Flood, Spread, flood, ping_pong};

/// The relay's round trip.
const ROUND_TRIP: Duration = Duration::from_millis(20);

/// How often each is measured; the best counts, since the machine is not ours alone.
const ROUNDS: usize = 7;

/// `None`: the defaults.
type Make = fn() -> Option<Profile>;

const PROFILES: [(&str, Make); 6] = [
    ("default", || None),
    ("throughput", || Some(Profile::throughput())),
    ("latency", || Some(Profile::latency())),
    ("low_memory", || Some(Profile::low_memory())),
    ("uamqp_high_throughput", || Some(Profile::uamqp_high_throughput())),
    ("uamqp_low_latency", || Some(Profile::uamqp_low_latency())),
];

/// What was measured of one profile.
struct Row {
    name: &'static str,
    near: f64,
    /// Processor time of both ends for a message, kernel included.
    cost: Cost,
    far: f64,
    ping_pong: Spread,
    queued: Spread,
}

/// One round for every profile after the other, so that none has the quiet moments of the machine to itself.
fn measure(rows: &mut [Row], time: Duration) {
    for (row, (_, profile)) in rows.iter_mut().zip(&PROFILES) {
        let profile = profile();
        let before = Cost::so_far();
        let Flood { rate, count, spread: queued } = flood(profile, Duration::ZERO, time);
        row.cost.add(before, count);
        row.near = row.near.max(rate);
        row.queued = row.queued.better(queued);
        row.far = row.far.max(flood(profile, ROUND_TRIP, time).rate);
        row.ping_pong = row.ping_pong.better(ping_pong(profile, time));
    }
}

fn print(rows: &[Row]) {
    println!(
        "| profile | messages/s | CPU ns each | messages/s, 20 ms away | ping-pong p50, p99 µs | in a flood p50, p99 µs |"
    );
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    for Row { name, near, cost, far, ping_pong, queued } in rows {
        let spread = |it: &Spread| format!("{:.0}, {:.0}", micros(it.median), micros(it.p99));
        let cost = cost.each();
        println!("| {name} | {near:.0} | {cost:.0} | {far:.0} | {} | {} |", spread(ping_pong), spread(queued));
    }
}

/// What has to hold, and does not.
fn missed(rows: &[Row]) -> Vec<String> {
    let row = |name: &str| rows.iter().find(|row| row.name == name).expect("all are measured");
    let (default, throughput, latency) = (row("default"), row("throughput"), row("latency"));
    let (high, low) = (row("uamqp_high_throughput"), row("uamqp_low_latency"));
    // what is alike is so but for noise
    let alike = |ours: f64, theirs: f64| ours <= theirs * 1.1;
    let median = |row: &Row| row.ping_pong.median.as_secs_f64();
    // the 99th centile: a pause of the machine is more noise there than in the middle
    let hundredth = |row: &Row| row.ping_pong.p99.as_secs_f64();
    let claims = [
        ("20 ms away, throughput() is 1.5 times the default", throughput.far >= 1.5 * default.far),
        ("20 ms away, throughput() is 1.5 times uamqp's preset", throughput.far >= 1.5 * high.far),
        ("near, throughput() costs no more than the default", alike(throughput.cost.each(), default.cost.each())),
        ("near, throughput() costs no more than uamqp's preset", alike(throughput.cost.each(), high.cost.each())),
        (
            "in a flood, latency() has a quarter of the default's time",
            latency.queued.median <= default.queued.median / 4,
        ),
        ("in a flood, so has the slowest hundredth of latency()", latency.queued.p99 <= default.queued.p99 / 4),
        ("latency() answers as soon as the default", alike(median(latency), median(default))),
        (
            "latency() answers the slowest hundredth as soon as the default",
            hundredth(latency) <= hundredth(default) * 1.25,
        ),
        ("latency() answers as soon as uamqp's preset", alike(median(latency), median(low))),
        ("latency() bears five times what uamqp's preset does", latency.near >= 5.0 * low.near),
    ];
    claims.iter().filter(|(_, holds)| !holds).map(|(claim, _)| (*claim).to_owned()).collect()
}

fn main() -> ExitCode {
    // `cargo bench` says --bench
    let seconds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(0.5);
    let time = Duration::from_secs_f64(seconds);
    let row = |name| Row {
        name,
        near: 0.0,
        cost: Cost::default(),
        far: 0.0,
        ping_pong: Spread::WORST,
        queued: Spread::WORST,
    };
    let mut rows: Vec<Row> = PROFILES.iter().map(|(name, _)| row(*name)).collect();
    (0..ROUNDS).for_each(|_| measure(&mut rows, time));
    print(&rows);
    let missed = missed(&rows);
    missed.iter().for_each(|claim| eprintln!("does not hold: {claim}"));
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
