//! How much credit a receiver should grant, found out from how fast messages come and how far the sender is.

use amqp_proto::Instant;
use std::time::Duration;

/// Credit that follows the rate: as much as keeps the sender busy for a round trip, twice over since credit is renewed at
/// half, and a quarter more to let it grow. Where credit is what holds the sender back, the rate grows with it, so it
/// soon is enough; where it is not, it shrinks to what is used.
#[derive(Clone, Debug)]
pub struct AdaptiveCredit {
    min: u32,
    max: u32,
    round_trip: Duration,
    credit: u32,
    since: Option<Instant>,
    arrived: u64,
}

/// Shorter than this nothing is measured.
const SHORTEST: Duration = Duration::from_millis(1);

impl AdaptiveCredit {
    /// Credit between `min` (at least 1) and `max`, beginning with `min`, over this round trip.
    #[must_use]
    pub fn new(min: u32, max: u32, round_trip: Duration) -> Self {
        let min = min.max(1);
        Self { min, max: max.max(min), round_trip, credit: min, since: None, arrived: 0 }
    }

    /// The credit to grant.
    #[must_use]
    pub fn credit(&self) -> u32 {
        self.credit
    }

    /// Another round trip has been measured.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip = round_trip;
    }

    /// So many messages have come by now; the credit to grant from now on, if it is another than before.
    pub fn arrived(&mut self, now: Instant, count: u32) -> Option<u32> {
        self.arrived += u64::from(count);
        let Some(since) = self.since else {
            // the time before the first says nothing of the rate
            self.since = Some(now);
            self.arrived = 0;
            return None;
        };
        let elapsed = now.saturating_duration_since(since);
        if elapsed < self.round_trip.max(SHORTEST) {
            return None;
        }
        let wanted = self.wanted(elapsed);
        self.since = Some(now);
        self.arrived = 0;
        (wanted != self.credit).then(|| {
            self.credit = wanted;
            wanted
        })
    }

    fn wanted(&self, elapsed: Duration) -> u32 {
        // messages of 2.5 round trips, at the rate of this period
        let nanos = u128::from(self.arrived) * self.round_trip.as_nanos() * 5 / 2;
        let used = nanos.div_ceil(elapsed.as_nanos().max(1));
        let used = u32::try_from(used).unwrap_or(u32::MAX);
        // a pause of the sender does not undo what was learnt
        let floor = self.credit - self.credit / 8;
        used.max(floor).clamp(self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// A sender of this rate, so far away, and a receiver that renews credit at half. What it got through in the second
    /// half of the run, in messages, and the most credit that was out then.
    fn run(rate: u64, round_trip: Duration, mut credit: u32, mut adaptive: Option<AdaptiveCredit>) -> (u64, u32) {
        let tick = (round_trip / 200).max(Duration::from_micros(10));
        let time = (round_trip * 100).max(Duration::from_secs(1));
        let ticks = u64::try_from(time.as_nanos() / tick.as_nanos()).unwrap();
        let delay = usize::try_from((round_trip / 2).as_nanos().div_ceil(tick.as_nanos())).unwrap();
        let (mut to_sender, mut to_receiver) = (VecDeque::from(vec![0_u32; delay]), VecDeque::from(vec![0_u32; delay]));
        let (mut sender_credit, mut left, mut ready_nanos) = (0_u64, 0_u32, 0_u64);
        let (mut got, mut most) = (0, 0);
        for now in 0..ticks {
            let mut grant = 0;
            if left <= credit / 2 {
                grant = credit - left;
                left = credit;
            }
            to_sender.push_back(grant);
            sender_credit += u64::from(to_sender.pop_front().unwrap());
            ready_nanos += rate * u64::try_from(tick.as_nanos()).unwrap();
            let ready = ready_nanos / 1_000_000_000;
            let sent = ready.min(sender_credit);
            // what is not sent now waits: the sender can always go on at its rate, and no faster
            ready_nanos -= ready * 1_000_000_000;
            sender_credit -= sent;
            to_receiver.push_back(u32::try_from(sent).unwrap());
            let arrived = to_receiver.pop_front().unwrap();
            left -= arrived;
            if now > ticks / 2 {
                got += u64::from(arrived);
                most = most.max(left);
            }
            if let (Some(machine), true) = (&mut adaptive, arrived > 0) {
                let time = Instant::from_duration(tick * u32::try_from(now).unwrap());
                if let Some(wanted) = machine.arrived(time, arrived) {
                    credit = wanted.max(left);
                }
            }
        }
        (got, most)
    }

    #[test]
    fn s7_7_adaptive_credit_is_nearly_as_fast_as_the_best_fixed_one_with_no_more_than_twice_as_much_out() {
        for round_trip in [100, 10_000, 100_000].map(Duration::from_micros) {
            for rate in [1000, 100_000] {
                // the smallest fixed credit that is as fast as any
                let fixed = |credit| run(rate, round_trip, credit, None);
                let mut best = 1;
                let (top, _) = fixed(1 << 20);
                while fixed(best).0 * 100 < top * 99 {
                    best *= 2;
                }
                let (mut low, mut high) = (best / 2, best);
                while high - low > (high / 16).max(1) {
                    let middle = low.midpoint(high);
                    if fixed(middle).0 * 100 < top * 99 { low = middle } else { high = middle }
                }
                let (reached, out) = fixed(high);
                let (got, most) = run(rate, round_trip, 10, Some(AdaptiveCredit::new(10, 1 << 20, round_trip)));
                assert!(got * 10 >= reached * 9, "{round_trip:?} {rate}/s: {got} of {reached}");
                // ten are nothing
                assert!(most <= 2 * out.max(10), "{round_trip:?} {rate}/s: {most} out instead of {out}");
            }
        }
    }

    #[test]
    fn stays_within_its_bounds_and_forgets_slowly() {
        let at = Instant::from_millis;
        let mut machine = AdaptiveCredit::new(0, 100, Duration::from_millis(10));
        assert_eq!(machine.credit(), 1);
        assert_eq!(machine.arrived(at(0), 1), None);
        assert_eq!(machine.arrived(at(5), 1_000_000), None, "too short to say");
        assert_eq!(machine.arrived(at(10), 0), Some(100));
        assert_eq!(machine.arrived(at(1000), 1), Some(88), "an eighth less");
        machine.set_round_trip(Duration::ZERO);
        assert_eq!(machine.arrived(at(2000), 1), Some(77));
    }
}
