//! `AMQP_TRACE=FILE.trace`: what it records is played back, event for event (S13.1), and can be turned into text and read
//! again (S13.3).

#![cfg(feature = "tokio")]

use amqp10::proto::codec::{Message, SaslCode};
use amqp10::proto::{
    Config, Connection, Event, FrameTap, Instant, LinkId, LinkOptions, Mechanism, Outgoing, RecordedAt, SaslListener,
    Segments, SenderId, SessionOptions,
};
use amqp10::tokio::{Builder, Listener};
use amqp10::{IncomingLink, Options, recording};
use amqp10_testkit::pair::Pair;
use amqp10_testkit::pipe::Cut;
use amqp10_testkit::recording::{Content, From, read};
use amqp10_testkit::replay::{BOTH, traces};
use amqp10_testkit::runner::{Verdict, play};
use amqp10_testkit::trace::Trace;
use std::io::Write;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const PASSWORD: &str = "correct-horse-battery-staple";

/// Two connections, one after the other, and what serves them, in one process.
async fn exchange() {
    let sasl = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
    let listener = Listener::bind("127.0.0.1:0", Options::default_listener(), Some(sasl)).await.expect("a port");
    let url = format!("amqp://user:{PASSWORD}@{}", listener.local_addr().expect("an address"));
    for _ in 0..2 {
        let mut connecting = std::pin::pin!(Builder::default().url(&url).expect("a URL").connect());
        let mut accepting = std::pin::pin!(async {
            let (mut incoming, _) = listener.accept().await.expect("a client");
            incoming.login().await.expect("PLAIN");
            incoming.answer(SaslCode::Ok).expect("asked");
            let connection = incoming.open().await.expect("open");
            let session = connection.incoming_session().await.expect("begun");
            let session = session.accept(SessionOptions::default()).expect("alive");
            let IncomingLink::Receiver(link) = session.incoming_link().await.expect("a link") else { panic!() };
            let options = LinkOptions::answering(link.attach());
            let receiver = link.accept(options).expect("alive");
            receiver.recv().await.expect("a message").accept().expect("alive");
            connection.closed().await;
        });
        let mut sending = std::pin::pin!(async {
            let connection = connecting.as_mut().await.expect("let in");
            let session = connection.session().await.expect("a session");
            let sender = session.sender("queue").await.expect("a link");
            sender.send("12 crates").await.expect("accepted");
            connection.close().await.expect("closed");
        });
        let mut done = (false, false);
        std::future::poll_fn(|cx| {
            done.0 = done.0 || sending.as_mut().poll(cx).is_ready();
            done.1 = done.1 || accepting.as_mut().poll(cx).is_ready();
            if done == (true, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
    }
}

/// Runs `alone` in a process of its own, with that in its environment; what it prints to standard error.
fn alone_with(trace: &str) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["--exact", "alone", "--ignored", "--nocapture"]).env("AMQP_TRACE", trace);
    let output = command.output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("test result: ok. 1 passed;"), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
fn s13_1_all_connections_of_a_process_are_recorded_and_replayed() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("all.trace");
    // what was there is replaced
    std::fs::write(&file, "nonsense\n".repeat(10_000)).expect("written");
    alone_with(file.to_str().expect("text"));
    let text = std::fs::read_to_string(&file).expect("the recording");
    let secret: String = PASSWORD.bytes().map(|octet| format!("{octet:02x}")).collect();
    assert!(!text.contains(&secret) && !text.contains("5341534c"), "something of SASL is in it");
    let played = traces(&file, &BOTH).expect("it can be read");
    assert_eq!(played.len(), 2);
    for (name, trace) in played {
        assert_eq!(trace.connections.len(), 4, "{name}: two connections, and both ends of each");
        assert_eq!(play(&trace), Verdict::Pass, "{name}");
    }
}

#[test]
#[ignore = "runs in a process of its own, with AMQP_TRACE"]
fn alone() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(exchange());
}

#[test]
fn what_cannot_be_recorded_is_told_and_harms_nobody() {
    for (wanted, told) in [("/nowhere/at/all/x.trace", "nothing is recorded"), ("frame", "frames")] {
        let said = alone_with(wanted);
        assert!(said.contains("AMQP_TRACE") && said.contains(told), "{said}");
    }
    assert!(alone_with("frames").contains("-> Open{"));
    assert_eq!(alone_with(""), "");
}

/// An application that does what it does because of events only.
#[derive(Default)]
struct Application {
    /// What it was told, in words.
    told: Vec<String>,
    sent: bool,
    settled: usize,
    taken: usize,
}

/// How many messages go each way.
const MESSAGES: usize = 5;

impl Application {
    fn react(&mut self, core: &mut Connection, event: &Event) {
        self.told.push(format!("{event:?}"));
        match event {
            Event::Open(_) => drop(core.begin(SessionOptions::default()).expect("a channel")),
            Event::Begun { session, .. } => {
                let mut session = core.session(*session).expect("live");
                session.attach_sender(LinkOptions::sender("out", "queue")).expect("a handle");
                session.attach_receiver(LinkOptions::receiver("in", "queue")).expect("a handle");
            }
            Event::Flow { link: LinkId::Sender(link), flow } if flow.link_credit > 0 => {
                send_once(core, *link, &mut self.sent);
            }
            Event::Disposition { settled: true, .. } => self.settled += 1,
            Event::Arrived { receiver } => {
                let mut receiver = core.receiver(*receiver).expect("live");
                while let Some(delivery) = receiver.recv() {
                    receiver.accept_delivery(delivery.id).expect("unsettled");
                    self.taken += 1;
                }
            }
            _ => {}
        }
        if (self.settled, self.taken) == (MESSAGES, MESSAGES) {
            core.close(Instant::ZERO, None);
        }
    }
}

/// Sends messages, some of which take several frames, unless that has been done.
fn send_once(core: &mut Connection, link: SenderId, sent: &mut bool) {
    if std::mem::replace(sent, true) {
        return;
    }
    for number in 0..MESSAGES {
        let message = Message::from(vec![7; number * 400]);
        core.sender(link).expect("live").send(Outgoing::new(message.to_bytes())).map(drop).expect("credit");
    }
}

/// The other side accepts all, and sends as many.
fn serve(core: &mut Connection, sent: &mut bool, event: &Event) {
    match event {
        Event::BeginRequested { session, .. } => {
            core.session(*session).expect("live").accept(SessionOptions::default()).expect("asked");
        }
        Event::AttachRequested { link: LinkId::Receiver(link), attach } => {
            core.receiver(*link).expect("live").accept(LinkOptions::answering(attach)).expect("asked");
        }
        Event::AttachRequested { link: LinkId::Sender(link), attach } => {
            core.sender(*link).expect("live").accept(LinkOptions::answering(attach)).expect("asked");
        }
        Event::Flow { link: LinkId::Sender(link), flow } if flow.link_credit > 0 => send_once(core, *link, sent),
        Event::Arrived { receiver } => {
            let mut receiver = core.receiver(*receiver).expect("live");
            while let Some(delivery) = receiver.recv() {
                receiver.accept_delivery(delivery.id).expect("unsettled");
            }
        }
        _ => {}
    }
}

/// What a tap has written.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
    }
}

fn tapped(name: &'static str, tap: FrameTap) -> Config {
    Config::builder(name).max_frame_size(512).frame_tap(tap).build().expect("valid")
}

/// A session between two cores: what the application was told, and the recording of it.
fn captured() -> (Vec<String>, String) {
    let written = Written::default();
    let config = tapped("client", recording(RecordedAt::Client, written.clone()));
    let client = Connection::client(config, None, Instant::ZERO);
    let config = Config::builder("listener").max_frame_size(512).build().expect("valid");
    let listener = Connection::listener(config, None, Instant::ZERO);
    let mut pair = Pair::new(client, listener, Cut::Every(1), Duration::ZERO);
    let (mut application, mut sent) = (Application::default(), false);
    while pair.drive(1).is_err() {
        for event in std::mem::take(&mut pair.client.events) {
            application.react(&mut pair.client.core, &event);
        }
        for event in std::mem::take(&mut pair.listener.events) {
            serve(&mut pair.listener.core, &mut sent, &event);
        }
    }
    (application.told, written.text())
}

/// A new core, told what the peer has said in that recording.
fn replayed(text: &str) -> (Vec<String>, String) {
    let written = Written::default();
    let config = tapped("client", recording(RecordedAt::Client, written.clone()));
    let mut client = Connection::client(config, None, Instant::ZERO);
    let mut application = Application::default();
    let mut segments = Segments::new();
    let sessions = read(text).expect("a recording");
    for piece in sessions.iter().flat_map(|session| &session.pieces).filter(|piece| piece.from == From::Server) {
        let _ = client.poll_transmit(Instant::ZERO, &mut segments);
        if let Content::Unit(octets) = &piece.content {
            client.handle_input(Instant::ZERO, &mut octets.as_slice().into());
        }
        while let Some(event) = client.poll_event() {
            application.react(&mut client, &event);
        }
    }
    (application.told, written.text())
}

/// What one side said, without the times.
fn said(text: &str, by: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.contains(by));
    lines.map(|line| line.split_once(',').expect("a time first").1.to_owned()).collect()
}

#[test]
fn s13_1_a_capture_replayed_gives_the_identical_sequence_of_events() {
    let (told, text) = captured();
    assert!(told.len() > 2 * MESSAGES && told.last().expect("events").starts_with("Closed"), "{told:#?}");
    let (again, copy) = replayed(&text);
    assert_eq!(told, again);
    assert_eq!(said(&text, "s2c"), said(&copy, "s2c"));
    assert_eq!(said(&text, "c2s"), said(&copy, "c2s"));
}

#[test]
fn s13_3_a_recording_as_text_is_read_back_and_plays() {
    let (_, text) = captured();
    for role in BOTH {
        let trace = amqp10_testkit::convert::convert("live.jsonl", &text, role).expect("a recording");
        let printed = trace.to_string();
        let again = Trace::parse("live", &printed).expect("text that can be read");
        assert_eq!(again.to_string(), printed);
        assert_eq!(play(&again), Verdict::Pass, "{}", role.name());
    }
}
