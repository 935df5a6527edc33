//! Every recorded session, cut off anywhere: the core neither panics nor does anything else the second time (scenario: LM-09).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "test code")]

use amqp_proto::{Config, Connection, Event, Instant, LinkOptions, Segments, SessionOptions};
use amqp10_testkit::replay::{BOTH, files, traces};
use amqp10_testkit::trace::{Role, Script, Step};
use amqp10_testkit::wire::encode_unit;
use bytes::{Buf, BytesMut};
use std::path::PathBuf;

/// Cuts that are tried of one session, beside those in its first octets.
const CUTS: usize = 60;

fn core(role: Role) -> Connection {
    let config = Config::builder("core").build().unwrap();
    match role {
        Role::Client => {
            let mut core = Connection::client(config, None, Instant::ZERO);
            let session = core.begin(SessionOptions::default()).unwrap();
            core.session(session).unwrap().attach_receiver(LinkOptions::receiver("link", "q")).unwrap();
            core
        }
        Role::Listener => Connection::listener(config, None, Instant::ZERO),
    }
}

/// The peer's octets from the AMQP header on.
fn peer(script: &Script) -> Vec<u8> {
    let units = script.entries.iter().filter_map(|entry| match &entry.step {
        Step::Input(frame) => encode_unit(frame).ok(),
        Step::Raw(octets, _) => Some(octets.clone()),
        _ => None,
    });
    let all: Vec<u8> = units.flatten().collect();
    let header = all.windows(8).position(|octets| octets == b"AMQP\x00\x01\x00\x00").unwrap_or(0);
    all.get(header..).unwrap_or_default().to_vec()
}

/// What came of these octets and the end of the stream behind them.
fn outcome(role: Role, octets: &[u8]) -> (Vec<u8>, Vec<String>) {
    let mut core = core(role);
    let mut input = BytesMut::from(octets);
    core.handle_input(Instant::ZERO, &mut input);
    let mut events = Vec::new();
    while let Some(event) = core.poll_event() {
        events.push(format!("{event:?}"));
        match event {
            Event::BeginRequested { session, .. } => {
                if let Ok(mut session) = core.session(session) {
                    let _ = session.accept(SessionOptions::default());
                }
            }
            Event::Arrived { receiver } => {
                while core.receiver(receiver).ok().and_then(|mut link| link.recv()).is_some() {}
            }
            _ => {}
        }
    }
    core.handle_eof(Instant::ZERO);
    events.extend(std::iter::from_fn(|| core.poll_event()).map(|event| format!("{event:?}")));
    let mut segments = Segments::new();
    let _ = core.poll_transmit(Instant::ZERO, &mut segments);
    (segments.copy_to_bytes(segments.remaining()).to_vec(), events)
}

#[test]
fn recorded_sessions_cut_off_anywhere() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../traces");
    let mut sessions = 0;
    for path in files(&[folder]).unwrap() {
        for script in traces(&path, &BOTH).unwrap().into_iter().flat_map(|(_, trace)| trace.connections) {
            let octets = peer(&script);
            let step = (octets.len() / CUTS).max(1);
            for cut in (0..octets.len().min(40)).chain((40..=octets.len()).step_by(step)) {
                let first = outcome(script.role, &octets[..cut]);
                assert_eq!(first, outcome(script.role, &octets[..cut]), "{} cut at {cut}", path.display());
                let ends = first.1.iter().filter(|event| event.starts_with("Closed")).count();
                assert_eq!(ends, 1, "{} cut at {cut}", path.display());
            }
            sessions += 1;
        }
    }
    assert!(sessions >= 24, "only {sessions} sessions");
}
