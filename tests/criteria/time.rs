//! S6.3: deadlines that are served late.

use crate::sim::Chance;
use amqp_proto::{Config, Connection, Event, Instant, Segments, TimeoutReason, Transmit};
use amqp10_testkit::peer::Peer;
use std::time::Duration;

const MILLI: Duration = Duration::from_millis(1);

/// A core that has opened with a peer whose idle-time-out is 1000 ms, and gives up after 3 s of silence.
fn open() -> Peer {
    let config = Config::builder("core").idle_time_out(Some(3000 * MILLI)).close_timeout(700 * MILLI);
    let mut peer = Peer::new(Connection::listener(config.build().unwrap(), None, Instant::ZERO));
    peer.send("header layer=amqp").unwrap();
    peer.send(r#"open container-id="peer" idle-time-out=1000"#).unwrap();
    peer.expect("header layer=amqp").unwrap();
    peer.expect("open").unwrap();
    peer
}

/// Whether the core has something to write, which is dropped.
fn writes(core: &mut Connection, now: Instant) -> bool {
    let mut out = Segments::new();
    let transmit = core.poll_transmit(now, &mut out);
    !out.is_empty() || transmit == Transmit::Closing
}

#[test]
fn s6_3_a_deadline_served_late_delays_what_is_due_by_no_more_than_that() {
    let mut chance = Chance(6);
    let mut peer = open();
    let core = &mut peer.core;
    let (mut now, mut beats) = (Instant::ZERO, 0);
    let mut last_out = now;
    for _ in 0..5000 {
        let (deadline, reason) = core.poll_timeout().expect("heartbeats are due for ever");
        if reason == TimeoutReason::Heartbeat {
            assert_eq!(deadline, last_out.saturating_add(500 * MILLI), "from the last octets, whenever they left");
        }
        // asked again and again before it has come, it stays, and nothing happens
        let early = Duration::from_millis(chance.below(400));
        let before = Instant::from_duration(deadline.as_duration().saturating_sub(early)).max(now);
        if before < deadline {
            core.handle_timeout(before);
            assert!(!writes(core, before), "too early");
            assert_eq!(core.poll_timeout(), Some((deadline, reason)));
        }
        // served so late, it is served at once
        let late = Duration::from_millis([0, 1, 7, chance.below(300)][usize::try_from(chance.below(4)).unwrap()]);
        now = deadline.saturating_add(late);
        core.handle_timeout(now);
        if writes(core, now) {
            (last_out, beats) = (now, beats + 1);
        }
        assert_eq!(now.saturating_duration_since(last_out), Duration::ZERO, "the frame that was due has left");
        assert!(core.poll_timeout().is_some_and(|(next, _)| next > now), "no deadline stays behind");
        // heard again, lest it is given up
        let mut heartbeat = bytes::BytesMut::from(&[0, 0, 0, 8, 2, 0, 0, 0][..]);
        core.handle_input(now, &mut heartbeat);
    }
    assert_eq!(beats, 5000);
}

/// When a core that hears nothing says that it is over, and when its output ends, if each deadline is served so late.
fn ends(late: Duration, leave: bool) -> (Duration, Duration) {
    let mut peer = open();
    let core = &mut peer.core;
    if leave {
        core.close(Instant::ZERO, None);
    }
    let (mut over, mut out) = (None, Segments::new());
    loop {
        let (deadline, _) = core.poll_timeout().expect("something is due until all is over");
        let now = deadline.saturating_add(late);
        core.handle_timeout(now);
        let events = std::iter::from_fn(|| core.poll_event());
        if events.filter(|event| matches!(event, Event::Closed(_))).count() > 0 {
            over = Some(now.as_duration());
        }
        if core.poll_transmit(now, &mut out) == Transmit::Closing {
            return (over.expect("it has said so"), now.as_duration());
        }
    }
}

#[test]
fn s6_3_an_end_served_late_comes_no_later_than_that() {
    for (leave, due) in [(false, 3000), (true, 700)] {
        let (over, finished) = ends(Duration::ZERO, leave);
        assert_eq!(over, due * MILLI);
        for late in [1, 20, 499, 10_000] {
            let late = late * MILLI;
            let (later, later_finished) = ends(late, leave);
            assert!(over <= later && later <= over + late, "{later:?} instead of {over:?}");
            assert!(later_finished - later <= finished - over + late);
        }
    }
}
