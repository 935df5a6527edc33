//! The clock of a runtime: its alarm rings when it is time, not before, and can be moved.

use amqp_async::Timer;
use amqp_async::connect::Runtime;
use amqp_async::proto::Instant;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const SOON: Duration = Duration::from_millis(40);
const NEVER: Duration = Duration::MAX;

/// Sets the alarm, and waits for nothing.
fn set(timer: &mut impl Timer, at: Instant) -> Poll<()> {
    timer.poll_until(&mut Context::from_waker(Waker::noop()), at)
}

/// Waits until the alarm rings, which it does neither early nor much too late.
async fn ring(timer: &mut impl Timer, at: Instant) {
    poll_fn(|cx| timer.poll_until(cx, at)).await;
    let late = timer.now().as_duration().checked_sub(at.as_duration()).expect("not before it is time");
    assert!(late < Duration::from_secs(5), "{late:?} late");
}

pub(crate) async fn alarms<R: Runtime + Default>() {
    let mut timer = R::default().timer();
    let within = |timer: &R::Timer, duration| timer.now().saturating_add(duration);
    ring(&mut timer, Instant::ZERO).await;
    let at = within(&timer, SOON);
    ring(&mut timer, at).await;
    // moved to earlier, from what can hardly be represented too
    for far in [Duration::from_secs(3600), NEVER] {
        let (far, at) = (within(&timer, far), within(&timer, SOON));
        assert!(set(&mut timer, far).is_pending());
        ring(&mut timer, at).await;
    }
    // and to later
    let (at, later) = (within(&timer, SOON), within(&timer, 2 * SOON));
    assert!(set(&mut timer, at).is_pending());
    ring(&mut timer, later).await;
    // one that has rung can be asked for again
    assert!(set(&mut timer, later).is_ready());
}
