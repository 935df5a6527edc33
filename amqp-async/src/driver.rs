//! The future that pumps one connection: octets from the transport into the machine, octets from the
//! machine to the transport, time into both.
//!
//! It reads and writes outside the lock. Under the lock it feeds the machine, brings the events home and
//! swaps the output out. Reading goes on while writing waits, so two peers that both write never block
//! each other.

use crate::error::Error;
use crate::intake::Intake;
use crate::state::{Phase, Shared, State};
use crate::transport::{READ_SIZE, Timer, Transport};
use amqp_proto::codec::SaslCode;
use amqp_proto::{CloseReason, Event, Instant, Misuse, Segments, Transmit};
use std::future::Future;
use std::io::{self, IoSlice};
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// How many times one poll goes round before it lets other tasks run.
const ROUNDS: usize = 16;

/// When one poll has read more octets than this, those that it has woken have a turn: what they answer leaves while the peer,
/// which may have a processor of its own, sends the next.
const PORTION: usize = READ_SIZE;

/// How many slices one write offers to the transport.
const SLICES: usize = 64;

/// How long the last octets and the end of stream may take once the connection is over.
const FAREWELL: Duration = Duration::from_secs(2);

/// How long all that may take if nobody holds the connection any more.
const ABANDONED: Duration = Duration::from_millis(900);

/// Drives one connection; to be spawned, or polled in whatever way the runtime has.
///
/// Nothing happens on the connection unless this is polled. It ends by itself when the connection is
/// over: closed by either side, or by dropping the last of its handles. Dropping it before that ends the
/// connection at once, and every handle answers with [`Error::Undriven`].
///
/// Its output says how the connection ended: `Ok` if this side closed it and the peer agreed.
#[must_use = "a connection does nothing unless its driver is polled"]
pub struct Driver<T, C> {
    shared: Arc<Shared>,
    wire: Wire<T, C>,
}

/// The transport's side of the connection: what was read, what is to be written, and when to look again.
struct Wire<T, C> {
    transport: T,
    timer: C,
    input: Intake,
    output: Segments,
    transmit: Transmit,
    /// What the transport reported last, until the machine has been told.
    news: News,
    failure: Option<Arc<io::Error>>,
    reading: bool,
    /// Octets read in this poll, and whether anybody was woken in it.
    portion: usize,
    has_told: bool,
    unflushed: bool,
    shut: bool,
    alarm: Option<Instant>,
    /// What the timer was told last, and whom it wakes then.
    armed: Option<(Instant, Waker)>,
    /// As of the last exchange.
    now: Instant,
    /// Set when the connection is over or abandoned: until when octets may still leave.
    farewell: Option<Instant>,
    wake: Vec<Waker>,
}

/// What came from the transport.
#[derive(Clone, Copy, PartialEq, Eq)]
enum News {
    None,
    Octets,
    End,
}

/// Whether another round may find something to do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Again,
    /// Only if more has arrived: whoever has something else for the machine meanwhile wakes the driver.
    IfArrived,
    Wait,
}

impl<T: Transport, C: Timer> Driver<T, C> {
    pub(crate) fn new(shared: Arc<Shared>, transport: T, timer: C) -> Self {
        let wire = Wire {
            now: timer.now(),
            transport,
            timer,
            input: Intake::new(),
            output: Segments::new(),
            transmit: Transmit::Idle,
            news: News::None,
            failure: None,
            reading: true,
            portion: 0,
            has_told: false,
            unflushed: false,
            shut: false,
            alarm: None,
            armed: None,
            farewell: None,
            wake: Vec::new(),
        };
        Self { shared, wire }
    }
}

impl<T: Transport, C: Timer> Wire<T, C> {
    // Twice in a program that connects: until the connection is open, and from then on.
    #[inline(never)]
    fn round(&mut self, shared: &Shared, cx: &mut Context<'_>, before: Round) -> Round {
        self.read(cx);
        let has_read = self.news != News::None;
        if before == Round::IfArrived && !has_read {
            return if self.alarm_rings(cx) { Round::Again } else { Round::Wait };
        }
        let was_blocked = !self.output.is_empty();
        let has_events = self.exchange(&mut shared.lock(), cx.waker());
        if !self.wake.is_empty() {
            self.has_told = true;
            self.wake.drain(..).for_each(Waker::wake);
        }
        self.write(cx);
        let has_room = self.output.is_empty() && (was_blocked || self.transmit == Transmit::More);
        let has_failed = self.news != News::None;
        if has_events || has_room || has_failed {
            Round::Again
        } else if has_read {
            Round::IfArrived
        } else if self.alarm_rings(cx) {
            Round::Again
        } else {
            Round::Wait
        }
    }

    fn read(&mut self, cx: &mut Context<'_>) {
        if !self.reading {
            return;
        }
        match self.input.poll_read(&mut self.transport, cx) {
            Poll::Ready(Ok(0)) => self.end(None),
            Poll::Ready(Ok(octets)) => {
                self.portion += octets;
                self.news = News::Octets;
            }
            Poll::Ready(Err(error)) => self.end(Some(error)),
            Poll::Pending => {}
        }
    }

    /// The transport has ended.
    fn end(&mut self, error: Option<io::Error>) {
        self.failure = self.failure.take().or(error.map(Arc::new));
        self.reading = false;
        self.news = News::End;
    }

    /// Everything that needs the lock, in one go. Says whether events came after the output was taken,
    /// since handling them may have made more.
    fn exchange(&mut self, state: &mut State, waker: &Waker) -> bool {
        let now = self.timer.now();
        self.now = now;
        state.probes.now = now;
        match mem::replace(&mut self.news, News::None) {
            News::None => {}
            News::Octets => {
                self.input.used(now);
                state.machine.handle_input(now, self.input.octets());
            }
            News::End => state.machine.handle_eof(now),
        }
        let rings = self.alarm.is_some_and(|alarm| alarm <= now);
        if rings {
            self.ring(state, now);
        }
        if rings || state.deadlines.wants_driver() {
            state.deadlines.advance(now, &mut state.wake);
        }
        if state.answer.is_some() || state.closing.is_some() {
            carry_out(state, now);
        }
        self.drain_events(state);
        if self.output.is_empty() {
            state.probes.leave();
            state.pushed = false;
            self.transmit = state.machine.poll_transmit(now, &mut self.output);
        }
        // what has left makes room for senders
        let has_events = self.drain_events(state);
        if state.watching.is_some() {
            state.publish(None);
        }
        self.note_time(state, now);
        match &mut state.parked {
            Some(known) => known.clone_from(waker),
            unknown => *unknown = Some(waker.clone()),
        }
        mem::swap(&mut self.wake, &mut state.wake);
        has_events
    }

    /// The first of all that was to come has: deadlines of the machine's, or of memory that rests, or the handles'.
    #[cold]
    fn ring(&mut self, state: &mut State, now: Instant) {
        self.alarm = None;
        if state.machine.poll_timeout().is_some_and(|(at, _)| at <= now) {
            state.machine.handle_timeout(now);
            self.relax();
        }
        if self.input.rests_at().is_some_and(|at| at <= now) {
            self.input.rest();
        }
    }

    /// Whether there were any.
    fn drain_events(&mut self, state: &mut State) -> bool {
        let mut any = false;
        while let Some(event) = state.machine.poll_event() {
            any = true;
            match &self.failure {
                Some(failure) if matches!(&event, Event::Closed(reason) if **reason == CloseReason::Eof) => {
                    state.close_with(Error::Transport(Arc::clone(failure)));
                }
                _ => state.handle(event),
            }
        }
        any
    }

    /// Sets the alarm, and the time of farewell once the connection is over.
    fn note_time(&mut self, state: &State, now: Instant) {
        if state.abandoned || !matches!(state.phase, Phase::Opening | Phase::Open) {
            let left = if state.abandoned { ABANDONED } else { FAREWELL };
            self.farewell = earlier(self.farewell, Some(now.saturating_add(left)));
        }
        let machine = state.machine.poll_timeout().map(|(at, _)| at);
        let handles = earlier(state.deadlines.next(), self.farewell);
        let due = earlier(earlier(machine, handles), self.input.rests_at());
        // an alarm that is too early costs one round; moving it costs more than that
        if self.alarm.is_none_or(|alarm| due.is_none_or(|due| due < alarm)) {
            self.alarm = due;
        }
    }

    /// A deadline of the machine passed: nothing has been moving for a while, so give memory back.
    fn relax(&mut self) {
        self.input.rest();
        if self.output.is_empty() {
            // it changes places with the machine's own at the next output, which goes the time after
            self.output = Segments::new();
        }
    }

    fn alarm_rings(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(alarm) = self.alarm else { return false };
        let waits = self.armed.as_ref().is_some_and(|(at, waker)| *at == alarm && waker.will_wake(cx.waker()));
        if waits && self.now < alarm {
            return false;
        }
        let rings = self.timer.poll_until(cx, alarm).is_ready();
        self.armed = (!rings).then(|| (alarm, cx.waker().clone()));
        rings
    }

    fn write(&mut self, cx: &mut Context<'_>) {
        while !self.output.is_empty() && self.failure.is_none() {
            match self.write_some(cx) {
                Poll::Ready(Ok(0)) => return self.end(Some(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => {
                    self.output.advance(written);
                    self.unflushed = true;
                }
                Poll::Ready(Err(error)) => return self.end(Some(error)),
                Poll::Pending => return,
            }
        }
        self.finish_writing(cx);
    }

    /// One write of what there is. A lone message is one run of octets, and needs no list of them.
    fn write_some(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunks = self.output.chunks().map(IoSlice::new);
        let Some(first) = chunks.next() else { return Poll::Ready(Ok(0)) };
        let Some(second) = chunks.next() else { return self.transport.poll_write(cx, &[first]) };
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut used = 0;
        for (slice, chunk) in slices.iter_mut().zip([first, second].into_iter().chain(chunks)) {
            *slice = chunk;
            used += 1;
        }
        self.transport.poll_write(cx, &slices[..used])
    }

    fn finish_writing(&mut self, cx: &mut Context<'_>) {
        if self.failure.is_some() {
            return;
        }
        let result = if self.transmit == Transmit::Closing {
            if self.shut {
                return;
            }
            let result = self.transport.poll_shutdown(cx);
            self.shut = result.is_ready();
            result
        } else if self.unflushed {
            let result = self.transport.poll_flush(cx);
            self.unflushed = result.is_pending();
            result
        } else {
            return;
        };
        if let Poll::Ready(Err(error)) = result {
            self.end(Some(error));
        }
    }

    /// How the connection ended, once it has and the last octets have left or had their time.
    fn ended(&self, shared: &Shared) -> Option<Result<(), Error>> {
        let farewell = self.farewell?;
        if self.shut || self.failure.is_some() || self.timer.now() >= farewell {
            return Some(match shared.lock().closed() {
                None | Some(Error::Misuse(_)) => Ok(()),
                Some(error) => Err(error),
            });
        }
        None
    }
}

/// What a handle has asked for that needs to know the time.
#[cold]
fn carry_out(state: &mut State, now: Instant) {
    if let Some(answer) = state.answer.take() {
        // the machine knows whether the client still waits, and for what
        if state.machine.sasl_answer(now, answer) == Err(Misuse::SaslAnswer) {
            let _ = state.machine.sasl_outcome(now, SaslCode::Sys);
        }
    }
    if let Some(error) = state.closing.take() {
        state.machine.close(now, error);
    }
}

/// The first of two instants, of those that there are.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

impl<T: Transport + Unpin, C: Timer + Unpin> Future for Driver<T, C> {
    type Output = Result<(), Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { shared, wire } = self.get_mut();
        let mut round = Round::Again;
        (wire.portion, wire.has_told) = (0, false);
        for _ in 0..ROUNDS {
            round = wire.round(shared, cx, round);
            if let Some(result) = wire.ended(shared) {
                return Poll::Ready(result);
            }
            if round == Round::Wait {
                return Poll::Pending;
            }
            if wire.has_told && wire.portion > PORTION {
                break;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<T, C> Drop for Driver<T, C> {
    fn drop(&mut self) {
        self.shared.with(|state| state.close_with(Error::Undriven));
    }
}
