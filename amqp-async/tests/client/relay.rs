//! A line that takes its time, and that can go dead.

use crate::support::*;
use amqp_async::proto::Instant;
use amqp_async::{Timer, Transport};
use bytes::BytesMut;
use std::cell::Cell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Whether anything gets through.
pub(crate) type Dead = Rc<Cell<bool>>;

/// One direction: what is under way, and when it arrives.
#[derive(Default)]
struct Lane(VecDeque<(Instant, Vec<u8>)>);

impl Lane {
    fn carry(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        delay: Duration,
        from: &mut PipeEnd,
        to: &PipeEnd,
        dead: bool,
    ) {
        let mut octets = BytesMut::new();
        while let Poll::Ready(Ok(count)) = from.poll_read(cx, &mut octets) {
            if count == 0 {
                break;
            }
            self.0.push_back((now.saturating_add(delay), octets.split().to_vec()));
        }
        while self.0.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, octets)) = self.0.pop_front() else { return };
            if !dead {
                to.say(&octets);
            }
        }
    }
}

/// Two ends, with so much time between them each way.
pub(crate) fn slow_pipe(world: &World, delay: Duration) -> (PipeEnd, PipeEnd, Dead) {
    let (near, mut left, _) = pipe(1 << 20);
    let (mut right, far, _) = pipe(1 << 20);
    let dead = Dead::default();
    let (is_dead, mut timer) = (Rc::clone(&dead), world.timer());
    let (mut there, mut back) = (Lane::default(), Lane::default());
    world.spawn("relay", async move {
        poll_fn(|cx| -> Poll<()> {
            loop {
                let now = timer.now();
                there.carry(cx, now, delay, &mut left, &right, is_dead.get());
                back.carry(cx, now, delay, &mut right, &left, is_dead.get());
                let next = [&there, &back].into_iter().filter_map(|lane| lane.0.front()).map(|(due, _)| *due).min();
                match next {
                    Some(due) if timer.poll_until(cx, due).is_ready() => {}
                    Some(_) | None => return Poll::Pending,
                }
            }
        })
        .await;
    });
    (near, far, dead)
}
