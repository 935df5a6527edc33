//! Happy eyeballs (RFC 8305): the addresses of a host are tried one after the other, each with a head start only, so
//! that a dead one costs a quarter of a second and not the whole deadline.

use crate::Timer;
use crate::connect::{Attempt, Runtime, TcpOptions};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

/// How long one address may be the last one tried (RFC 8305 §5: "Connection Attempt Delay").
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to whichever address answers first; all others are given up. What has failed is put into `failed`, and
/// stays there when the future is dropped.
pub(super) async fn race<R: Runtime>(
    runtime: &R,
    tcp: &TcpOptions,
    addresses: &[SocketAddr],
    failed: &mut Vec<Attempt>,
) -> Option<(R::Stream, SocketAddr)> {
    let mut waiting = interleaved(addresses);
    let first = waiting.pop_front()?;
    let mut running = vec![(first, Box::pin(runtime.connect(first, tcp)))];
    let mut timer = runtime.timer();
    // when the next may start though none has failed; none: at once
    let mut next = Some(timer.now().saturating_add(STAGGER));
    poll_fn(|cx| {
        loop {
            let mut index = 0;
            while let Some((address, attempt)) = running.get_mut(index) {
                let address = *address;
                match attempt.as_mut().poll(cx) {
                    Poll::Ready(Ok(stream)) => return Poll::Ready(Some((stream, address))),
                    Poll::Ready(Err(error)) => {
                        failed.push(Attempt { address, error });
                        drop(running.swap_remove(index));
                        next = None;
                    }
                    Poll::Pending => index += 1,
                }
            }
            if !waiting.is_empty() && next.is_some_and(|at| timer.poll_until(cx, at).is_pending()) {
                return Poll::Pending;
            }
            match waiting.pop_front() {
                Some(address) => running.push((address, Box::pin(runtime.connect(address, tcp)))),
                None if running.is_empty() => return Poll::Ready(None),
                None => return Poll::Pending,
            }
            next = Some(timer.now().saturating_add(STAGGER));
        }
    })
    .await
}

/// The families in turn, beginning with that of the first; within a family in the order given (RFC 8305 §4).
fn interleaved(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let of = |first_family: bool| addresses.iter().filter(move |it| (it.is_ipv6() == first) == first_family);
    let (mut one, mut other) = (of(true), of(false));
    let mut all = VecDeque::with_capacity(addresses.len());
    while all.len() < addresses.len() {
        for next in [one.next(), other.next()].into_iter().flatten() {
            all.push_back(*next);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses = |list: &[&str]| -> Vec<SocketAddr> { list.iter().map(|text| text.parse().unwrap()).collect() };
        for (given, expected) in [
            (&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"][..], &["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"][..]),
            (&["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"], &["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]),
            (&["1.1.1.1:1", "[::1]:1", "[::2]:1"], &["1.1.1.1:1", "[::1]:1", "[::2]:1"]),
            (&[], &[]),
        ] {
            assert_eq!(interleaved(&addresses(given)), addresses(expected));
        }
    }
}
