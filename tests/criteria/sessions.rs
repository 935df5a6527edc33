//! S3.3: a session that floods the line leaves another one its share.

use crate::sim::{Chance, Sim, send_all, take_all};
use amqp_proto::{
    Config, CreditMode, Instant, LinkOptions, Outgoing, ReceiverId, Segments, SendError, SenderId, SessionOptions,
};
use bytes::{Buf, BytesMut};
use std::collections::VecDeque;
use std::time::Duration;

/// Octets that the line carries in a millisecond: 12.5 MB/s.
const RATE: usize = 12_500;

const FRAME: usize = 65_536;

const LARGE: usize = 1 << 20;

/// Milliseconds.
const TIME: usize = 60_000;

/// The client's end of a line of that rate. As a driver does, it asks for output when the last has left.
struct Line {
    sim: Sim,
    leaving: Segments,
    arrived: BytesMut,
    now: Duration,
}

impl Line {
    /// One millisecond: what has got through by its end is there.
    fn tick(&mut self) {
        self.now += Duration::from_millis(1);
        let now = Instant::from_duration(self.now);
        let mut room = RATE;
        while room > 0 {
            if self.leaving.is_empty() {
                let _ = self.sim.pair.client.core.poll_transmit(now, &mut self.leaving);
            }
            let piece = self.leaving.chunk().len().min(room);
            if piece == 0 {
                break;
            }
            self.arrived.extend_from_slice(&self.leaving.chunk()[..piece]);
            self.leaving.advance(piece);
            room -= piece;
        }
        self.sim.pair.listener.core.handle_input(now, &mut self.arrived);
    }

    /// What the listener says comes back at once; the way back is not what is scarce here.
    fn answer(&mut self) {
        let now = Instant::from_duration(self.now);
        let (mut out, mut back) = (Segments::new(), BytesMut::new());
        let _ = self.sim.pair.listener.core.poll_transmit(now, &mut out);
        while out.has_remaining() {
            back.extend_from_slice(out.chunk());
            out.advance(out.chunk().len());
        }
        self.sim.pair.client.core.handle_input(now, &mut back);
        while self.sim.pair.client.core.poll_event().is_some() {}
        while self.sim.pair.listener.core.poll_event().is_some() {}
    }
}

/// How long each small message takes from when it is there to be sent until it has arrived, sorted; and how many large
/// ones have arrived meanwhile.
fn latencies(output_high_water: usize) -> (Vec<Duration>, usize) {
    let config = |name| Config::builder(name).idle_time_out(None).output_high_water(output_high_water).build().unwrap();
    let mut sim = Sim::of(config("client"), config("listener"), Duration::ZERO);
    let mut links: Vec<(SenderId, ReceiverId)> = Vec::new();
    for name in ["a", "b"] {
        let (session, _) = sim.session(SessionOptions::default(), SessionOptions::default());
        let receiver = LinkOptions { credit: CreditMode::Auto(1000), ..LinkOptions::receiver(name, "q") };
        links.push(sim.link(session, LinkOptions::sender(name, "q"), receiver));
    }
    let [large, small] = [links[0], links[1]];
    let now = sim.pair.clock.now().as_duration();
    let mut line = Line { sim, leaving: Segments::new(), arrived: BytesMut::new(), now };
    let (large_message, small_message) = (Outgoing::new(vec![7; LARGE]), Outgoing::new(vec![7; 100]));
    let mut chance = Chance(3);
    let (mut waiting, mut under_way) = (VecDeque::new(), VecDeque::new());
    let (mut found, mut through) = (Vec::new(), 0);
    for _ in 0..TIME {
        if chance.below(20) == 0 {
            waiting.push_back(line.now);
        }
        let (client, listener) = (&mut line.sim.pair.client, &mut line.sim.pair.listener);
        while !waiting.is_empty() {
            match client.core.sender(small.0).unwrap().send(small_message.clone()) {
                Ok(_) => under_way.extend(waiting.pop_front()),
                Err(SendError::Blocked(..)) => break,
                Err(error) => panic!("{error}"),
            }
        }
        send_all(client, large.0, &large_message);
        through += take_all(listener, large.1);
        line.tick();
        let came = take_all(&mut line.sim.pair.listener, small.1);
        found.extend(under_way.drain(..came).map(|since| line.now - since));
        line.answer();
    }
    found.sort();
    (found, through)
}

#[test]
fn s3_3_small_messages_of_one_session_get_through_beside_large_ones_of_another() {
    let frame = Duration::from_micros(u64::try_from(FRAME * 1000 / RATE).unwrap());
    // the bound for two sessions, with the defaults; and with as little output that waits as `Profile::latency` has
    for (output_high_water, bound) in [(256 * 1024, 4 * 2 * frame), (64 * 1024, 2 * frame)] {
        let (found, large) = latencies(output_high_water);
        let p99 = found[found.len() * 99 / 100];
        assert!(found.len() > 2500 && p99 <= bound, "{p99:?} instead of {bound:?}, {} messages", found.len());
        assert!(large * LARGE >= TIME * RATE / 100 * 95, "{large} large messages: the line is used");
    }
}
