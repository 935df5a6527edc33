//! When to connect, where to, and when to stop: the decisions about a connection that is to be there.

use super::{Backoff, Classifier, RetryBudget};
use crate::connect::redacted;
use crate::error::{Error, Recovery};
use amqp_proto::Instant;
use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

/// How a connection comes back.
#[derive(Clone)]
pub struct ReconnectPolicy {
    /// After how many failures in a row to give up. Default: never.
    pub max_attempts: Option<u32>,
    /// How long to wait between attempts. Default [`Backoff::default`].
    pub backoff: Backoff,
    /// What all who share it may attempt together. Default: no bound.
    pub budget: Option<RetryBudget>,
    /// A connection that lasts this long counts as a success: after it the waits start from the beginning. One that is
    /// lost earlier is one more failure. Default 60 s.
    pub reset_after: Duration,
    /// Where to connect to: the first, and when that fails the next at once, round and round; only a whole round is
    /// followed by a wait. The one that answered is kept. Given to the connector as they are. Default: one, empty.
    pub endpoints: Vec<Arc<str>>,
    /// Which errors are worth another try. Default [`classify`](super::classify).
    pub classifier: Classifier,
}

impl Default for ReconnectPolicy {
    fn default() -> Self {
        Self {
            max_attempts: None,
            backoff: Backoff::default(),
            budget: None,
            reset_after: Duration::from_secs(60),
            endpoints: vec![Arc::from("")],
            classifier: Classifier::default(),
        }
    }
}

impl ReconnectPolicy {
    /// The defaults, connecting to these.
    #[must_use]
    pub fn to<E: Into<Arc<str>>>(endpoints: impl IntoIterator<Item = E>) -> Self {
        Self { endpoints: endpoints.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

/// Endpoints without their passwords.
pub(super) fn shown(endpoints: &[Arc<str>]) -> Vec<String> {
    endpoints.iter().map(|endpoint| redacted(endpoint)).collect()
}

/// Endpoints without their passwords.
impl fmt::Debug for ReconnectPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max_attempts, backoff, budget, reset_after, endpoints, classifier } = self;
        f.debug_struct("ReconnectPolicy")
            .field("max_attempts", max_attempts)
            .field("backoff", backoff)
            .field("budget", budget)
            .field("reset_after", reset_after)
            .field("endpoints", &shown(endpoints))
            .field("classifier", classifier)
            .finish()
    }
}

/// One attempt to connect.
#[derive(Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which one it is since the last success, from 1.
    pub number: u32,
    /// Where to.
    pub endpoint: Arc<str>,
}

/// The endpoint without its password.
impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, endpoint } = self;
        f.debug_struct("Attempt").field("number", number).field("endpoint", &redacted(endpoint)).finish()
    }
}

/// What to do now; see [`Reconnector::poll`].
#[derive(Clone, Debug)]
pub enum ReconnectStep {
    /// Connect, and say what came of it.
    Connect(Attempt),
    /// Nothing before then; `None`: nothing until something happens.
    Wait(Option<Instant>),
    /// Nothing ever again, for this reason.
    GaveUp(Error),
}

/// What has happened; see [`Reconnector::poll_event`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ReconnectEvent {
    /// The connection is lost, or an attempt failed; there will be another.
    Reconnecting {
        /// Which attempt since the last success that will be, from 1.
        attempt: u32,
        /// How long from now; the budget may delay it more.
        delay: Duration,
        /// Why.
        cause: Error,
    },
    /// The connection is there, for the first time or again.
    Connected {
        /// Which attempt since the last success it was, from 1.
        attempt: u32,
        /// How long there was none; zero the first time.
        downtime: Duration,
    },
    /// There will be none.
    GaveUp {
        /// Why.
        cause: Error,
    },
    /// The connection is there, and its peer has been silent for longer than it should be; told while somebody takes these
    /// events. See [`WatchEvent::HeartbeatMissed`](super::monitor::WatchEvent::HeartbeatMissed).
    HeartbeatMissed {
        /// For how long.
        silent: Duration,
    },
    /// The peer is heard again.
    Heard,
}

/// The machine: it is told what happens and says what to do. It reads no clock and draws no random numbers.
#[derive(Debug)]
pub struct Reconnector {
    policy: ReconnectPolicy,
    phase: Phase,
    /// Failures in a row.
    failures: u32,
    endpoint: usize,
    /// Since when there is none.
    down_since: Option<Instant>,
    events: VecDeque<ReconnectEvent>,
}

#[derive(Debug)]
enum Phase {
    /// To be connected then.
    Due(Instant),
    Connecting,
    Up(Instant),
    Ended(Error),
}

impl Reconnector {
    /// Nothing is connected, and the first attempt is due at once.
    #[must_use]
    pub fn new(policy: ReconnectPolicy) -> Self {
        let phase = Phase::Due(Instant::ZERO);
        Self { policy, phase, failures: 0, endpoint: 0, down_since: None, events: VecDeque::new() }
    }

    /// What to do now. Asked again and again, it gives each attempt out once.
    pub fn poll(&mut self, now: Instant) -> ReconnectStep {
        match &self.phase {
            Phase::Due(at) if *at > now => ReconnectStep::Wait(Some(*at)),
            Phase::Due(_) => self.attempt(now),
            Phase::Connecting | Phase::Up(_) => ReconnectStep::Wait(None),
            Phase::Ended(error) => ReconnectStep::GaveUp(error.clone()),
        }
    }

    fn attempt(&mut self, now: Instant) -> ReconnectStep {
        if let Some(Err(later)) = self.policy.budget.as_ref().map(|budget| budget.take(now)) {
            return ReconnectStep::Wait(Some(later));
        }
        self.phase = Phase::Connecting;
        let endpoint = self.policy.endpoints.get(self.endpoint).cloned().unwrap_or_default();
        ReconnectStep::Connect(Attempt { number: self.failures + 1, endpoint })
    }

    /// What has happened since, in order.
    pub fn poll_event(&mut self) -> Option<ReconnectEvent> {
        self.events.pop_front()
    }

    /// The attempt succeeded.
    pub fn connected(&mut self, now: Instant) {
        let downtime = self.down_since.take().map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.phase = Phase::Up(now);
        self.events.push_back(ReconnectEvent::Connected { attempt: self.failures + 1, downtime });
    }

    /// The attempt failed.
    pub fn failed(&mut self, now: Instant, cause: Error, random: u64) {
        if matches!(self.phase, Phase::Connecting) {
            self.next(now, cause, random);
        }
    }

    /// The connection that was there is lost.
    pub fn lost(&mut self, now: Instant, cause: Error, random: u64) {
        let Phase::Up(since) = self.phase else { return };
        self.down_since = Some(now);
        if now.saturating_duration_since(since) < self.policy.reset_after {
            return self.next(now, cause, random);
        }
        self.failures = 0;
        if self.is_hopeless(&cause) {
            return self.give_up(cause);
        }
        let delay = self.policy.backoff.spread(random);
        self.try_again(now, delay, cause);
    }

    /// One more failure.
    fn next(&mut self, now: Instant, cause: Error, random: u64) {
        self.failures = self.failures.saturating_add(1);
        if self.is_hopeless(&cause) || self.policy.max_attempts.is_some_and(|most| self.failures >= most) {
            return self.give_up(cause);
        }
        let endpoints = self.policy.endpoints.len().max(1);
        self.endpoint = (self.endpoint + 1) % endpoints;
        let endpoints = u32::try_from(endpoints).unwrap_or(u32::MAX);
        let delay = if self.failures % endpoints == 0 {
            self.policy.backoff.delay(self.failures / endpoints, random)
        } else {
            Duration::ZERO
        };
        self.try_again(now, delay, cause);
    }

    fn is_hopeless(&self, cause: &Error) -> bool {
        self.policy.classifier.classify(cause) == Recovery::GiveUp
    }

    fn try_again(&mut self, now: Instant, delay: Duration, cause: Error) {
        self.phase = Phase::Due(now.saturating_add(delay));
        self.events.push_back(ReconnectEvent::Reconnecting { attempt: self.failures + 1, delay, cause });
    }

    fn give_up(&mut self, cause: Error) {
        self.phase = Phase::Ended(cause.clone());
        self.events.push_back(ReconnectEvent::GaveUp { cause });
    }

    /// The network is back, or somebody cannot wait: the next attempt is due now. The budget holds nevertheless.
    pub fn hurry(&mut self, now: Instant) {
        if let Phase::Due(at) = &mut self.phase {
            *at = now.min(*at);
        }
    }

    /// The connection is wanted no longer; says whether it had not ended before.
    pub fn stop(&mut self, reason: Error) -> bool {
        let before = mem::replace(&mut self.phase, Phase::Ended(reason));
        if let Phase::Ended(first) = before {
            self.phase = Phase::Ended(first);
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Random;
    use amqp_proto::codec::Condition;
    use amqp_proto::{CloseReason, Misuse};
    use std::io;

    #[test]
    fn no_password_is_printed() {
        let policy = ReconnectPolicy::to(["amqp://user:secret@one.example", "amqps://user:sec/ret@two.example"]);
        let attempt = Attempt { number: 1, endpoint: Arc::clone(&policy.endpoints[0]) };
        let pool = crate::client::pool::PoolOptions::to(policy.endpoints.clone());
        for shown in [
            format!("{policy:?}"),
            format!("{attempt:?}"),
            format!("{pool:?}"),
            format!("{:?}", Reconnector::new(policy.clone())),
        ] {
            assert!(!shown.contains("sec") && shown.contains("one.example"), "{shown}");
        }
    }

    fn at(millis: u64) -> Instant {
        Instant::from_millis(millis)
    }

    fn refused() -> Error {
        Error::Transport(Arc::new(io::ErrorKind::ConnectionRefused.into()))
    }

    fn closed(condition: Condition) -> Error {
        Error::Closed(CloseReason::Remote(Some(condition.into())))
    }

    fn plain() -> ReconnectPolicy {
        ReconnectPolicy { backoff: Backoff::doubling_from_1s(), ..ReconnectPolicy::default() }
    }

    /// Lets every attempt fail; when they came, in ms, and how it ended.
    fn fail_all(machine: &mut Reconnector, mut now: u64, most: usize) -> (Vec<u64>, Option<Error>) {
        let mut attempts = Vec::new();
        while attempts.len() < most {
            match machine.poll(at(now)) {
                ReconnectStep::Connect(_) => {
                    attempts.push(now);
                    machine.failed(at(now), refused(), u64::MAX);
                }
                ReconnectStep::Wait(Some(later)) => {
                    now = u64::try_from(later.as_duration().as_millis()).unwrap();
                }
                ReconnectStep::Wait(None) => panic!("an attempt is due or it is over"),
                ReconnectStep::GaveUp(error) => return (attempts, Some(error)),
            }
        }
        (attempts, None)
    }

    #[test]
    fn s9_1_doubling_from_1s_waits_1_2_4_8_then_gives_up_after_5_attempts() {
        let mut machine = Reconnector::new(ReconnectPolicy { max_attempts: Some(5), ..plain() });
        let (attempts, error) = fail_all(&mut machine, 0, 99);
        assert_eq!(attempts, [0, 1000, 3000, 7000, 15_000]);
        assert!(matches!(error, Some(Error::Transport(_))));
        let events: Vec<_> = std::iter::from_fn(|| machine.poll_event()).collect();
        assert_eq!(events.len(), 5);
        assert!(matches!(events[0], ReconnectEvent::Reconnecting { attempt: 2, delay, .. } if delay.as_secs() == 1));
        assert!(matches!(events[4], ReconnectEvent::GaveUp { .. }));
    }

    #[test]
    fn s9_3_a_hundred_clients_come_back_within_the_budget_and_not_in_a_wave() {
        let budget = RetryBudget::new(Duration::from_millis(20), 10);
        let policy = ReconnectPolicy { budget: Some(budget), ..ReconnectPolicy::default() };
        let mut random = Random::new(11);
        let mut clients: Vec<_> = (0..100).map(|_| Reconnector::new(policy.clone())).collect();
        // all of them were up when the server went; it is back after 5 s
        let mut attempts: Vec<u64> = Vec::new();
        for client in &mut clients {
            client.phase = Phase::Up(at(0));
            client.lost(at(100_000), closed(Condition::CONNECTION_FORCED), random.next());
        }
        for now in 100_000..130_000 {
            for client in &mut clients {
                if let ReconnectStep::Connect(_) = client.poll(at(now)) {
                    attempts.push(now);
                    if now < 105_000 {
                        client.failed(at(now), refused(), random.next());
                    } else {
                        client.connected(at(now));
                    }
                }
            }
        }
        assert!(clients.iter().all(|client| matches!(client.phase, Phase::Up(_))));
        // 50 each second and a burst of 10
        for begin in (100_000..130_000).step_by(100) {
            let within = attempts.iter().filter(|at| (begin..begin + 1000).contains(*at)).count();
            assert!(within <= 60, "{within} attempts in the second from {begin}");
        }
        // nor do they come in a wave: in the second after the server is back no tenth has a third of them
        let mut tenths = [0_usize; 10];
        for at in attempts.iter().filter(|at| (105_000..106_000).contains(*at)) {
            tenths[usize::try_from((at - 105_000) / 100).unwrap()] += 1;
        }
        let all: usize = tenths.iter().sum();
        assert!(all >= 20 && tenths.iter().all(|tenth| tenth * 3 < all), "{tenths:?}");
    }

    #[test]
    fn s9_5_what_would_fail_again_stops_at_once() {
        let tls = io::Error::new(io::ErrorKind::InvalidData, "certificate has expired");
        let mut hopeless = vec![
            Error::Transport(Arc::new(tls)),
            Error::Misuse(Misuse::ConnectionClosed),
            Error::TooLarge { size: 2, limit: 1 },
        ];
        hopeless.extend(
            [
                Condition::UNAUTHORIZED_ACCESS,
                Condition::NOT_FOUND,
                Condition::NOT_IMPLEMENTED,
                Condition::NOT_ALLOWED,
                Condition::DECODE_ERROR,
                Condition::MESSAGE_SIZE_EXCEEDED,
                Condition::RESOURCE_LIMIT_EXCEEDED,
                Condition::CONNECTION_REDIRECT,
                Condition::PRECONDITION_FAILED,
                Condition::INVALID_FIELD,
                Condition::RESOURCE_DELETED,
                Condition::ILLEGAL_STATE,
                Condition::FRAME_SIZE_TOO_SMALL,
                Condition::FRAMING_ERROR,
            ]
            .map(closed),
        );
        for cause in hopeless {
            let mut machine = Reconnector::new(plain());
            assert!(matches!(machine.poll(at(0)), ReconnectStep::Connect(_)));
            machine.failed(at(1), cause.clone(), 0);
            assert!(matches!(machine.poll(at(1)), ReconnectStep::GaveUp(_)), "{cause}");

            let mut machine = Reconnector::new(plain());
            machine.phase = Phase::Up(at(0));
            machine.lost(at(99_000_000), cause.clone(), 0);
            assert!(matches!(machine.poll(at(99_000_000)), ReconnectStep::GaveUp(_)), "{cause}");
        }
        let mut machine = Reconnector::new(plain());
        assert!(matches!(machine.poll(at(0)), ReconnectStep::Connect(_)));
        machine.failed(at(1), closed(Condition::CONNECTION_FORCED), 0);
        assert!(matches!(machine.poll(at(1)), ReconnectStep::Wait(Some(_))));
    }

    #[test]
    fn s9_8_a_wait_ends_when_asked_to_hurry() {
        let mut machine = Reconnector::new(plain());
        fail_all(&mut machine, 0, 6);
        let ReconnectStep::Wait(Some(due)) = machine.poll(at(31_000)) else { panic!("a wait was due") };
        assert_eq!(due, at(63_000));
        machine.hurry(at(31_500));
        assert!(matches!(machine.poll(at(31_500)), ReconnectStep::Connect(Attempt { number: 7, .. })));
        // while connecting or connected there is nothing to hurry
        machine.hurry(at(31_600));
        assert!(matches!(machine.poll(at(31_600)), ReconnectStep::Wait(None)));
    }

    #[test]
    fn s9_9_after_a_lasting_success_the_waits_begin_anew_and_after_a_short_one_they_do_not() {
        for (lasted, delays) in [(60_000, [0, 1]), (59_999, [8, 16])] {
            let mut machine = Reconnector::new(plain());
            fail_all(&mut machine, 0, 3);
            assert!(matches!(machine.poll(at(10_000)), ReconnectStep::Connect(_)));
            machine.connected(at(10_000));
            let lost = 10_000 + lasted;
            machine.lost(at(lost), closed(Condition::CONNECTION_FORCED), 0);
            let (attempts, _) = fail_all(&mut machine, lost, 2);
            assert_eq!([attempts[0] - lost, attempts[1] - attempts[0]], delays.map(|delay| delay * 1000));
        }
    }

    #[test]
    fn fails_over_to_the_next_endpoint_at_once_and_waits_after_a_round() {
        let mut machine = Reconnector::new(ReconnectPolicy {
            backoff: Backoff::doubling_from_1s(),
            ..ReconnectPolicy::to(["a", "b", "c"])
        });
        let mut tried = Vec::new();
        for now in (0..2000).step_by(500) {
            while let ReconnectStep::Connect(attempt) = machine.poll(at(now)) {
                tried.push((now, attempt.endpoint.to_string()));
                if tried.len() == 5 {
                    machine.connected(at(now));
                } else {
                    machine.failed(at(now), refused(), 0);
                }
            }
        }
        let expected = [(0, "a"), (0, "b"), (0, "c"), (1000, "a"), (1000, "b")];
        assert_eq!(tried, expected.map(|(at, endpoint)| (at, endpoint.to_owned())));
        // the one that answered is kept
        machine.lost(at(100_000), closed(Condition::CONNECTION_FORCED), 0);
        let ReconnectStep::Connect(attempt) = machine.poll(at(100_000)) else { panic!("due at once") };
        assert_eq!((attempt.number, &*attempt.endpoint), (1, "b"));
    }

    #[test]
    fn says_how_long_there_was_no_connection() {
        let mut machine = Reconnector::new(plain());
        assert!(matches!(machine.poll(at(0)), ReconnectStep::Connect(_)));
        machine.connected(at(5));
        machine.lost(at(70_000), closed(Condition::CONNECTION_FORCED), 0);
        assert!(matches!(machine.poll(at(70_000)), ReconnectStep::Connect(_)));
        machine.failed(at(70_000), refused(), 0);
        assert!(matches!(machine.poll(at(71_000)), ReconnectStep::Connect(_)));
        machine.connected(at(71_200));
        let last = std::iter::from_fn(|| machine.poll_event()).last();
        let Some(ReconnectEvent::Connected { attempt: 2, downtime }) = last else { panic!("{last:?}") };
        assert_eq!(downtime, Duration::from_millis(1200));
    }
}
