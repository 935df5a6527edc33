//! A live session is recorded by the tap, and the recording is played by the suite, with the core in either place.

#![cfg(feature = "tokio")]

use amqp10::codec::{Outcome, SaslCode};
use amqp10::proto::{Config, CreditMode, LinkOptions, Mechanism, RecordedAt, SaslClient, SaslListener, SessionOptions};
use amqp10::tokio::{Builder, Listener};
use amqp10::{IncomingLink, Options, recording};
use amqp10_testkit::replay::{BOTH, traces};
use amqp10_testkit::runner::{Verdict, play};
use std::fs::{self, File};
use std::path::PathBuf;

const PASSWORD: &str = "correct-horse-battery-staple";

/// Lets one client in, and takes two messages from it.
async fn serve(listener: Listener) -> Result<(), amqp10::Error> {
    let (mut incoming, _) = listener.accept().await.expect("a client");
    if incoming.login().await?.is_some() {
        incoming.answer(SaslCode::Ok)?;
    }
    let connection = incoming.open().await?;
    let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
    let IncomingLink::Receiver(link) = session.incoming_link().await? else { panic!("the client sends") };
    let options = LinkOptions { credit: CreditMode::Auto(10), ..LinkOptions::answering(link.attach()) };
    let receiver = link.accept(options)?;
    receiver.recv().await?.accept()?;
    receiver.recv().await?.release()?;
    connection.closed().await;
    Ok(())
}

async fn record(file: &PathBuf) {
    let config = Config::builder("listener").build().expect("valid");
    let sasl = SaslListener::new([Mechanism::Plain]).insecure_allowed(true);
    let listener = Listener::bind("127.0.0.1:0", Options::listener(config), Some(sasl)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serving = tokio::spawn(serve(listener));

    let tap = recording(RecordedAt::Client, File::create(file).expect("a file"));
    let builder = Builder::new(Config::builder("client").frame_tap(tap)).host("127.0.0.1").port(port);
    let connection = builder.login(SaslClient::plain("user", PASSWORD)).connect().await.expect("let in");
    let session = connection.session().await.expect("a session");
    let sender = session.sender("queue").await.expect("a link");
    assert_eq!(sender.send("one").await.expect("sent"), Outcome::Accepted);
    assert_eq!(sender.send(vec![0_u8; 200_000]).await.expect("sent"), Outcome::Released);
    sender.close().await.expect("detached");
    connection.close().await.expect("closed");
    serving.await.expect("no panic").expect("served");
}

#[tokio::test]
async fn a_live_session_is_recorded_and_replayed() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("amqp10--amqp10--live.jsonl");
    record(&file).await;
    let text = fs::read_to_string(&file).expect("the recording");
    assert!(text.lines().count() > 15, "{text}");
    let secret: String = PASSWORD.bytes().map(|octet| format!("{octet:02x}")).collect();
    assert!(!text.contains(&secret) && !text.contains("5341534c"), "something of SASL is in it");
    let played = traces(&file, &BOTH).expect("it can be read");
    assert_eq!(played.len(), 2);
    for (name, trace) in played {
        assert_eq!(play(&trace), Verdict::Pass, "{name}");
    }
    // and it can fail: without the listener's flows nobody may send
    let flow = "005313";
    let lines: Vec<&str> = text.lines().filter(|line| !(line.contains("s2c") && line.contains(flow))).collect();
    assert!(lines.len() < text.lines().count(), "no flow in {text}");
    fs::write(&file, lines.join("\n")).expect("written");
    for (name, trace) in traces(&file, &BOTH[..1]).expect("it can be read") {
        assert_ne!(play(&trace), Verdict::Pass, "{name}");
    }
}
