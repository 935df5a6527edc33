//! A deadline for a future.

use crate::Timer;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// What the future gives, if that is within `after`; `None` waits for ever.
pub(super) async fn within<T>(
    mut timer: impl Timer,
    after: Option<Duration>,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = pin!(future);
    let at = after.map(|after| timer.now().saturating_add(after));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => match at {
            Some(at) => timer.poll_until(cx, at).map(|()| None),
            None => Poll::Pending,
        },
    })
    .await
}
