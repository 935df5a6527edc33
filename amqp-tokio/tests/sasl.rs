//! Logging in over real sockets, our client at our listener: that what the core can do can be had from here.

use amqp_tokio::proto::codec::{SaslCode, Str};
use amqp_tokio::proto::{Mechanism, SaslClient, SaslListener, SaslRequest};
use amqp_tokio::{ConnectError, Connection, Error, IncomingConnection, Io, Listener, builder, listen};
use tokio::task::JoinHandle;

/// Opens a connection with `login` at a listener that offers `offered` and answers by `judge`.
async fn log_in<F>(
    offered: Mechanism,
    login: SaslClient,
    judge: F,
) -> (Result<Connection, ConnectError>, JoinHandle<Result<Connection, Error>>)
where
    F: FnOnce(&mut IncomingConnection, SaslRequest) + Send + 'static,
{
    let listener = listen("127.0.0.1:0", SaslListener::new([offered])).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(serve(listener, judge));
    (builder().host("127.0.0.1").port(port).login(login).connect().await, serving)
}

async fn serve<F>(listener: Listener, judge: F) -> Result<Connection, Error>
where
    F: FnOnce(&mut IncomingConnection, SaslRequest),
{
    let (mut incoming, _) = listener.accept().await.unwrap();
    let request = incoming.login().await?.expect("a login");
    judge(&mut incoming, request);
    incoming.open().await
}

fn by_token(incoming: &mut IncomingConnection, request: SaslRequest) {
    let SaslRequest::Bearer { user, token, mechanism, .. } = request else { panic!("{request:?}") };
    assert_eq!((user, mechanism), (Str::from("user@example.com"), Mechanism::Oauthbearer.name()));
    incoming.answer(if token.matches(b"the-token") { SaslCode::Ok } else { SaslCode::Auth }).unwrap();
}

#[tokio::test]
async fn a_token() {
    let login = SaslClient::oauthbearer("user@example.com", "the-token");
    let (connected, serving) = log_in(Mechanism::Oauthbearer, login, by_token).await;
    connected.unwrap().close().await.unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_token_that_has_expired() {
    let login = SaslClient::oauthbearer("user@example.com", "another-token");
    let (connected, serving) = log_in(Mechanism::Oauthbearer, login, by_token).await;
    let error = connected.unwrap_err();
    let ConnectError::Login { source, .. } = &error else { panic!("{error:?}") };
    assert!(source.is_login(), "{error}");
    assert!(error.to_string().contains("invalid_token"), "{error}");
    assert!(!format!("{error:?} {error}").contains("another-token"));
    assert!(serving.await.unwrap().unwrap_err().is_login());
}

#[tokio::test]
async fn a_token_is_not_sent_where_others_could_read_it() {
    let (near, far) = tokio::io::duplex(1024);
    let listener =
        listen("127.0.0.1:0", SaslListener::new([Mechanism::Oauthbearer, Mechanism::External])).await.unwrap();
    let mut incoming = listener.accept_on(Io::new(far));
    let serving = tokio::spawn(async move { incoming.login().await });
    let login = SaslClient::oauthbearer("user@example.com", "the-token");
    let error = builder().login(login).connect_on(Io::new(near)).await.unwrap_err();
    // and it was not offered either
    assert!(error.to_string().contains("EXTERNAL") && !error.to_string().contains("OAUTHBEARER"), "{error}");
    assert!(serving.await.unwrap().is_err());
}

#[cfg(feature = "scram")]
mod scram {
    use super::*;
    use amqp_tokio::proto::{Scram, ScramCredential, ScramHash};

    const OFFERED: Mechanism = Mechanism::Scram(ScramHash::Sha256);

    /// What is stored of the one user.
    fn by_proof(incoming: &mut IncomingConnection, request: SaslRequest) {
        let SaslRequest::Scram { hash, user, .. } = request else { panic!("{request:?}") };
        let stored = || ScramCredential::derive(hash, "pencil", *b"0123456789abcdef", 4096);
        incoming.answer((user.as_str() == "user").then(stored)).unwrap();
    }

    #[tokio::test]
    async fn a_proof() {
        let (connected, serving) = log_in(OFFERED, SaslClient::scram("user", "pencil"), by_proof).await;
        connected.unwrap().close().await.unwrap();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn on_any_stream() {
        // no password crosses it, so nothing has to be allowed
        let (near, far) = tokio::io::duplex(64);
        let listener = listen("127.0.0.1:0", SaslListener::new([OFFERED])).await.unwrap();
        let mut incoming = listener.accept_on(Io::new(far));
        let serving = tokio::spawn(async move {
            let request = incoming.login().await?.expect("a login");
            by_proof(&mut incoming, request);
            incoming.open().await
        });
        let login = SaslClient::new(Scram::new(ScramHash::Sha256, "user", "pencil"));
        builder().login(login).connect_on(Io::new(near)).await.unwrap().close().await.unwrap();
        serving.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_wrong_password_and_nobody_look_the_same() {
        let mut seen = Vec::new();
        for (user, password) in [("user", "pen"), ("nobody", "pencil")] {
            let (connected, serving) = log_in(OFFERED, SaslClient::scram(user, password), by_proof).await;
            let ConnectError::Login { source, .. } = connected.unwrap_err() else { panic!("another error") };
            assert!(source.is_login());
            seen.push(source.to_string());
            assert!(serving.await.unwrap().unwrap_err().is_login());
        }
        assert_eq!(seen[0], seen[1]);
    }

    #[tokio::test]
    async fn ok_for_who_has_proved_nothing_is_a_failure_of_the_server() {
        let answer = |incoming: &mut IncomingConnection, _| incoming.answer(SaslCode::Ok).unwrap();
        let (connected, serving) = log_in(OFFERED, SaslClient::scram("user", "pencil"), answer).await;
        assert!(connected.unwrap_err().to_string().contains("outcome sys"));
        assert!(serving.await.unwrap().is_err());
    }
}
