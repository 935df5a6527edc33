//! What is Tokio's only: its streams, its paused clock, its tasks. What all bindings have in common is in `adapters.rs`;
//! the handles' own behaviour is tested in `amqp-async`, without a runtime.

use amqp_tokio::proto::codec::{Outcome, SaslCode};
use amqp_tokio::proto::{Config, LinkOptions, Mechanism, SaslListener, SessionOptions};
use amqp_tokio::{
    Builder, ConnectError, Connection, Error, Fault, IncomingConnection, IncomingLink, Io, Listener, Step, builder,
    connect, listen,
};
use std::time::Duration;
use tokio::io::{AsyncWriteExt, duplex};

async fn listener() -> (Listener, String) {
    let offered = SaslListener::new([Mechanism::Anonymous, Mechanism::Plain]);
    let listener = listen("127.0.0.1:0", offered).await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, address)
}

/// Lets everybody in and accepts every message.
async fn serve(mut incoming: IncomingConnection) -> Result<(), Error> {
    incoming.login().await?;
    incoming.answer(SaslCode::Ok)?;
    let connection = incoming.open().await?;
    let session = connection.incoming_session().await?.accept(SessionOptions::default())?;
    let IncomingLink::Receiver(link) = session.incoming_link().await? else { panic!("wrong role") };
    let options = LinkOptions::answering(link.attach());
    let receiver = link.accept(options)?;
    loop {
        receiver.recv().await?.accept()?;
    }
}

async fn send_some(connection: &Connection) {
    let session = connection.session().await.unwrap();
    let sender = session.sender("queue").await.unwrap();
    for number in 0..100_u64 {
        let outcome = sender.send(amqp_tokio::proto::codec::Value::from(number)).await;
        assert_eq!(outcome.unwrap(), Outcome::Accepted);
    }
    connection.close().await.unwrap();
}

#[tokio::test]
async fn any_stream_will_do() {
    let (listener, _) = listener().await;
    let (near, far) = duplex(1024);
    let serving = tokio::spawn(serve(listener.accept_on(Io::new(far))));
    let connection = amqp_tokio::connect_on(near).await.unwrap();
    send_some(&connection).await;
    assert!(serving.await.unwrap().unwrap_err().is_clean());
}

#[tokio::test]
async fn the_task_ends_with_the_last_handle() {
    let (listener, address) = listener().await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let serving = tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
    drop(connect(&format!("amqp://{address}")).await.unwrap());
    let _ = serving.await.unwrap();
    tokio::time::timeout(Duration::from_secs(1), async {
        while tasks() > before {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("driver tasks end within a second");
}

#[tokio::test]
async fn urls_that_cannot_be_used() {
    for (url, part) in [("ftp://localhost", "scheme ftp"), ("amqp://localhost/path", "/path")] {
        let error = connect(url).await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        assert_eq!(error.fault(), Fault::Misuse);
    }
}

/// Never in clear instead.
#[cfg(not(any(feature = "rustls", feature = "rustls-no-provider", feature = "native-tls")))]
#[tokio::test]
async fn tls_that_is_not_built_in() {
    let error = connect("amqps://u:secret@localhost").await.unwrap_err();
    assert!(matches!(error, ConnectError::TlsSetUp(_)), "{error:?}");
    assert!(error.to_string().contains("features rustls"), "{error}");
    assert_eq!(error.fault(), Fault::Misuse);
}

#[tokio::test]
async fn a_password_is_not_sent_where_others_could_read_it() {
    let (near, mut far) = duplex(1024);
    let builder = builder().url("amqp://guest:secret@example.com").unwrap();
    let error = builder.connect_on(Io::new(near)).await.unwrap_err();
    assert!(matches!(error, ConnectError::ClearText { .. }), "{error:?}");
    let mut written = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut far, &mut written).await.unwrap();
    assert!(written.is_empty());
}

#[test]
fn b_28_a_builder_shows_no_password() {
    let builder = builder().url("amqp://guest:hunter2@example.com").unwrap();
    for shown in [format!("{builder:?}"), format!("{builder:#?}")] {
        assert!(shown.contains("guest") && !shown.contains("hunter2"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer() {
    let (near, _far) = duplex(1024);
    let start = tokio::time::Instant::now();
    let config = Config::builder("c").handshake_timeout(Some(Duration::from_secs(3)));
    let error = Builder::new(config).connect_on(Io::new(near)).await.unwrap_err();
    assert!(matches!(error, ConnectError::TimedOut { step: Step::Login, .. }), "{error:?}");
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_secs(3) && elapsed < Duration::from_secs(4), "{elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn heartbeats_keep_an_idle_connection() {
    let (listener, _) = listener().await;
    let (near, far) = duplex(1024);
    let serving = tokio::spawn(serve(listener.accept_on(Io::new(far))));
    let config = || Config::builder("c").idle_time_out(Some(Duration::from_secs(10)));
    let connection = Builder::new(config()).connect_on(Io::new(near)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    send_some(&connection).await;
    assert!(serving.await.unwrap().unwrap_err().is_clean());
}

#[tokio::test]
async fn not_amqp() {
    let (near, mut far) = duplex(1024);
    far.write_all(b"220 mail.example.com ESMTP\r\n").await.unwrap();
    let error = amqp_tokio::connect_on(near).await.unwrap_err();
    assert_eq!(error.fault(), Fault::Violation);
    assert!(error.to_string().contains("does not speak AMQP"), "{error}");
}

#[test]
fn the_defaults_are_valid() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { drop(listener().await) });
}
