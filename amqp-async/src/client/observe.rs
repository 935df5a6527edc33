//! What operators see without asking: counters and gauges through the crate `metrics` (feature `metrics`), events through
//! `tracing` (feature `tracing`). Without the features nothing is done.
//!
//! | name | kind | what |
//! | --- | --- | --- |
//! | `amqp_connected_total` | counter | connections that came back, or came for the first time |
//! | `amqp_reconnecting_total` | counter | losses and failed attempts |
//! | `amqp_gave_up_total` | counter | connections that will not come back |
//! | `amqp_heartbeats_missed_total` | counter | silences longer than they should be, while somebody takes the events |
//! | `amqp_downtime_seconds` | histogram | how long there was none |
//! | `amqp_pool_idle`, `_busy`, `_connecting`, `_waiting`, `_leases` | gauges | a pool, at its driver's last pass |
//! | `amqp_pool_granted_total`, `_denied_total`, `_made_total`, `_failed_total`, `_lost_total` | counters | what a pool has done |

use super::ReconnectEvent;
use super::pool::PoolStats;

/// Something has happened to a connection that comes back.
pub(super) fn reconnect(event: &ReconnectEvent) {
    count(event);
    trace(event);
}

#[cfg(feature = "metrics")]
fn count(event: &ReconnectEvent) {
    match event {
        ReconnectEvent::Reconnecting { .. } => metrics::counter!("amqp_reconnecting_total").increment(1),
        ReconnectEvent::Connected { downtime, .. } => {
            metrics::counter!("amqp_connected_total").increment(1);
            if !downtime.is_zero() {
                metrics::histogram!("amqp_downtime_seconds").record(downtime.as_secs_f64());
            }
        }
        ReconnectEvent::GaveUp { .. } => metrics::counter!("amqp_gave_up_total").increment(1),
        ReconnectEvent::HeartbeatMissed { .. } => metrics::counter!("amqp_heartbeats_missed_total").increment(1),
        ReconnectEvent::Heard => {}
    }
}

#[cfg(not(feature = "metrics"))]
fn count(_: &ReconnectEvent) {}

#[cfg(feature = "tracing")]
fn trace(event: &ReconnectEvent) {
    match event {
        ReconnectEvent::Reconnecting { attempt, delay, cause } => {
            tracing::warn!(target: "amqp", attempt, ?delay, %cause, "reconnecting");
        }
        ReconnectEvent::Connected { attempt, downtime } => {
            tracing::info!(target: "amqp", attempt, ?downtime, "connected");
        }
        ReconnectEvent::GaveUp { cause } => tracing::error!(target: "amqp", %cause, "gave up"),
        ReconnectEvent::HeartbeatMissed { silent } => tracing::warn!(target: "amqp", ?silent, "heartbeat missed"),
        ReconnectEvent::Heard => tracing::info!(target: "amqp", "heard again"),
    }
}

#[cfg(not(feature = "tracing"))]
fn trace(_: &ReconnectEvent) {}

/// A pool at this moment. `before` is what was told last.
#[cfg(feature = "metrics")]
pub(super) fn pool(before: &PoolStats, now: &PoolStats) {
    let gauges = [
        ("amqp_pool_idle", now.idle),
        ("amqp_pool_busy", now.busy),
        ("amqp_pool_connecting", now.connecting),
        ("amqp_pool_waiting", now.waiting),
        ("amqp_pool_leases", now.leases),
    ];
    for (name, value) in gauges {
        // far below 2^53
        metrics::gauge!(name).set(u32::try_from(value).unwrap_or(u32::MAX));
    }
    let counters = [
        ("amqp_pool_granted_total", before.granted, now.granted),
        ("amqp_pool_denied_total", before.denied, now.denied),
        ("amqp_pool_made_total", before.made, now.made),
        ("amqp_pool_failed_total", before.failed, now.failed),
        ("amqp_pool_lost_total", before.lost, now.lost),
    ];
    for (name, before, now) in counters {
        if now > before {
            metrics::counter!(name).increment(now - before);
        }
    }
}

#[cfg(not(feature = "metrics"))]
pub(super) fn pool(_: &PoolStats, _: &PoolStats) {}

#[cfg(all(test, feature = "metrics"))]
mod tests {
    use super::*;
    use metrics::{Counter, CounterFn, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
    use std::collections::BTreeMap;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    type Counts = Arc<Mutex<BTreeMap<String, u64>>>;

    /// Keeps what is counted.
    struct Book(Counts);

    struct Line(Counts, String);

    impl CounterFn for Line {
        fn increment(&self, value: u64) {
            *self.0.lock().unwrap().entry(self.1.clone()).or_default() += value;
        }

        fn absolute(&self, _: u64) {}
    }

    impl Recorder for Book {
        fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
        fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
            Counter::from_arc(Arc::new(Line(Arc::clone(&self.0), key.name().to_owned())))
        }
        fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
            Gauge::noop()
        }
        fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
            Histogram::noop()
        }
    }

    #[test]
    fn what_happens_is_counted() {
        let counts = Counts::default();
        metrics::with_local_recorder(&Book(Arc::clone(&counts)), || {
            for _ in 0..2 {
                reconnect(&ReconnectEvent::Connected { attempt: 1, downtime: Duration::ZERO });
            }
            let before = PoolStats { granted: 3, ..PoolStats::default() };
            pool(&before, &PoolStats { granted: 7, made: 1, ..before });
        });
        let counts = counts.lock().unwrap();
        assert_eq!(
            counts.iter().map(|(name, count)| (name.as_str(), *count)).collect::<Vec<_>>(),
            [("amqp_connected_total", 2), ("amqp_pool_granted_total", 4), ("amqp_pool_made_total", 1)]
        );
    }
}
