//! A tap that writes a recording of the connection, for a bug report.

use amqp_proto::{FrameTap, RecordedAt};
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Writes every frame of one connection to `to`, a line each, as the conformance suite plays them: to be given to
/// [`frame_tap`](amqp_proto::ConfigBuilder::frame_tap). What is said within SASL is left out; messages are not.
///
/// Lines are written as they come, in the middle of the connection's work: this is for finding faults. What cannot be
/// written is lost. Connections that share a configuration would be mixed up: record one at a time. To record all
/// connections of a process, without a change of its code, set `AMQP_TRACE=bug.trace` in its environment.
///
/// ```
/// use amqp_async::{proto::{Config, RecordedAt}, recording};
///
/// # fn example() -> std::io::Result<()> {
/// let tap = recording(RecordedAt::Client, std::fs::File::create("bug.jsonl")?);
/// let config = Config::builder("client").frame_tap(tap);
/// # Ok(()) }
/// ```
pub fn recording(at: RecordedAt, to: impl Write + Send + 'static) -> FrameTap {
    let (started, to) = (Instant::now(), Mutex::new(to));
    FrameTap::new(move |frame| {
        if let Some(line) = frame.recorded(at, started.elapsed()) {
            let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
            // that a recording fails is no reason for the connection to
            let _ = to.write_all(format!("{line}\n").as_bytes()).and_then(|()| to.flush());
        }
    })
}
