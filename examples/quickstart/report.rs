//! What is measured while the job runs, and the table at its end.

use amqp10::proto::Windows;
use amqp10::{Connection, Sender, Session};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// How often windows and credit are looked at.
const SAMPLE: Duration = Duration::from_millis(2);

/// Measures from start to finish.
pub(crate) struct Meter {
    connection: Connection,
    started: Instant,
    samples: Arc<Mutex<Samples>>,
    sampling: JoinHandle<()>,
}

/// What is left of a limit, over time.
#[derive(Default)]
struct Left {
    most: u32,
    sum: u64,
    count: u64,
}

#[derive(Default)]
struct Samples {
    window: Left,
    credit: Left,
}

pub(crate) struct Report {
    pub(crate) messages: usize,
    pub(crate) elapsed: Duration,
    pub(crate) latencies: Vec<Duration>,
    pub(crate) sent: Traffic,
    pub(crate) received: Traffic,
    pub(crate) window: f64,
    pub(crate) credit: f64,
}

/// One way.
pub(crate) struct Traffic {
    pub(crate) frames: u64,
    pub(crate) octets: u64,
}

impl Left {
    fn note(&mut self, left: u32) {
        self.most = self.most.max(left);
        self.sum += u64::from(left);
        self.count += 1;
    }

    /// The part of the limit that was in use, on average.
    fn used(&self) -> f64 {
        if self.count == 0 || self.most == 0 {
            return 0.0;
        }
        1.0 - self.sum as f64 / self.count as f64 / f64::from(self.most)
    }
}

impl Meter {
    pub(crate) fn start(connection: &Connection, session: &Session, sender: &Sender) -> Self {
        let samples = Arc::<Mutex<Samples>>::default();
        let sampling = tokio::spawn(sample(session.clone(), sender.clone(), Arc::clone(&samples)));
        Self { connection: connection.clone(), started: Instant::now(), samples, sampling }
    }

    pub(crate) fn finish(self, mut latencies: Vec<Duration>) -> Report {
        let elapsed = self.started.elapsed();
        self.sampling.abort();
        latencies.sort_unstable();
        let snapshot = self.connection.snapshot();
        let samples = self.samples.lock().unwrap_or_else(PoisonError::into_inner);
        Report {
            messages: latencies.len(),
            elapsed,
            latencies,
            sent: Traffic { frames: snapshot.frames_out, octets: snapshot.octets_out },
            received: Traffic { frames: snapshot.frames_in, octets: snapshot.octets_in },
            window: samples.window.used(),
            credit: samples.credit.used(),
        }
    }
}

async fn sample(session: Session, sender: Sender, samples: Arc<Mutex<Samples>>) {
    let mut ticks = tokio::time::interval(SAMPLE);
    while let Some(Windows { remote_incoming_window, .. }) = session.windows() {
        {
            let mut samples = samples.lock().unwrap_or_else(PoisonError::into_inner);
            samples.window.note(remote_incoming_window);
            samples.credit.note(sender.credit());
        }
        ticks.tick().await;
    }
}

fn quantile(sorted: &[Duration], part: f64) -> Duration {
    let index = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(index).copied().unwrap_or_default()
}

pub(crate) fn show(report: &Report) {
    let seconds = report.elapsed.as_secs_f64();
    let rows = [
        ("messages", format!("{} sent, accepted, received, verified", report.messages)),
        ("time", format!("{seconds:.3} s")),
        ("messages/s", format!("{:.0}", report.messages as f64 / seconds)),
        ("sent to accepted, p50", format!("{:.3?}", quantile(&report.latencies, 0.50))),
        ("sent to accepted, p99", format!("{:.3?}", quantile(&report.latencies, 0.99))),
        ("out", format!("{} frames, {} bytes", report.sent.frames, report.sent.octets)),
        ("in", format!("{} frames, {} bytes", report.received.frames, report.received.octets)),
        ("session window in use", format!("{:.0} %", report.window * 100.0)),
        ("link credit in use", format!("{:.0} %", report.credit * 100.0)),
    ];
    for (what, value) in rows {
        println!("{what:>22}  {value}");
    }
}
