//! Every verb has a deadline, and its error names the step.

use crate::support::{
    BRIEF, MODES, SOON, accept_receiver, accept_session, address, builder, config, hasty_client, listener, offered,
    open, options, plain_client,
};
use amqp_blocking::proto::CreditMode;
use amqp_blocking::proto::codec::Outcome;
use amqp_blocking::{
    BatchOptions, ConnectError, Connection, Error, Fault, IncomingLink, Listener, Pump, Receiver, SendError, Sender,
    Session, Step,
};
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// `act` fails because `step` took too long, and that takes about as long as said.
#[track_caller]
fn times_out<T>(step: Step, act: impl FnOnce() -> Result<T, Error>) {
    let begun = Instant::now();
    let Err(error) = act() else { panic!("{step:?} is answered") };
    assert!(matches!(error, Error::Timeout(named) if named == step), "{error:?} instead of {step:?}");
    assert_eq!(error.fault(), Fault::Timeout);
    let elapsed = begun.elapsed();
    assert!(elapsed >= BRIEF && elapsed < SOON, "{step:?}: {elapsed:?}");
}

/// All that a peer has answered before it went silent.
struct Peer {
    connection: Connection,
    session: Session,
    sender: Sender,
    receiver: Receiver,
    /// The peer's own, which nobody drives any more.
    _silent: (Connection, Session, Vec<Receiver>, Vec<Sender>),
}

/// A peer that answers everything up to here, and nothing from here on.
fn silent(client: impl FnOnce(&Listener) -> Connection) -> Peer {
    let pump = Pump::new().unwrap();
    let listener = pump.listen("127.0.0.1:0", options(config("server")), Some(offered())).unwrap();
    let (until, attached) = mpsc::channel();
    let answering = thread::spawn({
        let listener = listener.clone();
        move || {
            let connection = open(listener.accept().unwrap().0).unwrap();
            let session = accept_session(&connection);
            let receiver = accept_receiver(&session, CreditMode::Auto(2));
            let IncomingLink::Sender(link) = session.incoming_link().unwrap() else { panic!("wrong role") };
            let options = amqp_blocking::proto::LinkOptions::answering(link.attach());
            let sender = link.accept(options).unwrap();
            while attached.try_recv().is_err() {
                let _ = pump.work(BRIEF);
            }
            (connection, session, vec![receiver], vec![sender])
        }
    });
    let connection = client(&listener);
    let session = connection.session().unwrap();
    let sender = session.sender("queue").unwrap();
    let receiver = session.receiver("queue").unwrap();
    while sender.credit() == 0 {
        connection.sleep(Duration::from_millis(1)).unwrap();
    }
    until.send(()).unwrap();
    let silent = answering.join().unwrap();
    Peer { connection, session, sender, receiver, _silent: silent }
}

#[test]
fn of_the_callers_choice() {
    for mode in MODES {
        let Peer { connection, session, sender, receiver, _silent } = silent(|listener| plain_client(mode, listener));
        times_out(Step::Receive, || receiver.within(BRIEF).recv());
        times_out(Step::Receive, || receiver.within(BRIEF).recv_batch(BatchOptions::new(10)));
        times_out(Step::Receive, || receiver.until(Instant::now() + BRIEF).iter().next().unwrap());
        times_out(Step::Drain, || receiver.within(BRIEF).drain());

        // two credits: these leave, and are in doubt
        let Err(SendError::InDoubt(error)) = sender.within(BRIEF).send("x") else { panic!("settled") };
        assert!(matches!(error, Error::Timeout(Step::Settle)), "{error:?}");
        let mut settlement = sender.within(BRIEF).submit("x").unwrap();
        for _ in 0..2 {
            let error = settlement.outcome().unwrap_err();
            assert!(matches!(error, SendError::InDoubt(Error::Timeout(Step::Settle))), "{error:?}");
        }
        // and for this one there is none
        let Err(SendError::NotSent(error)) = sender.within(BRIEF).send("x") else { panic!("sent") };
        assert!(matches!(error, Error::Timeout(Step::Send)), "{error:?}");
        times_out(Step::Send, || sender.within(BRIEF).ready());

        times_out(Step::Begin, || connection.within(BRIEF).session());
        times_out(Step::Attach, || session.within(BRIEF).sender("other"));
        times_out(Step::Attach, || session.within(BRIEF).receiver("other"));
        times_out(Step::Begin, || connection.within(BRIEF).incoming_session());
        times_out(Step::Attach, || session.within(BRIEF).incoming_link());
        assert!(sender.within(BRIEF).detached().is_none());
        assert!(receiver.within(BRIEF).detached().is_none());
        assert!(connection.within(BRIEF).closed().is_none());
        times_out(Step::Detach, || sender.within(BRIEF).close());
        times_out(Step::Detach, || receiver.within(BRIEF).close());
        times_out(Step::End, || session.within(BRIEF).end());
        times_out(Step::Close, || connection.within(BRIEF).close());
    }
}

#[test]
fn by_default() {
    for mode in MODES {
        let Peer { connection, session, sender, receiver, _silent } =
            silent(|listener| hasty_client(mode, address(listener)));
        times_out(Step::Begin, || connection.session());
        times_out(Step::Attach, || session.sender("other"));
        times_out(Step::Drain, || receiver.drain());
        times_out(Step::Detach, || sender.close());
        times_out(Step::End, || session.end());
        times_out(Step::Close, || connection.close());
    }
}

#[test]
fn of_the_handshake() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for mode in MODES {
        let connecting = builder(mode, config("c").handshake_timeout(Some(BRIEF)));
        let begun = Instant::now();
        let error = connecting.addresses([silent.local_addr().unwrap()]).connect().unwrap_err();
        assert!(matches!(error, ConnectError::TimedOut { step: Step::Login, .. }), "{error:?}");
        assert!(begun.elapsed() >= BRIEF && begun.elapsed() < SOON);
    }
    let listener = listener(config("server").handshake_timeout(Some(BRIEF)));
    let _silent = TcpStream::connect(address(&listener)).unwrap();
    let (mut incoming, _) = listener.accept().unwrap();
    times_out(Step::Login, || incoming.login());
    times_out(Step::Login, || {
        thread::sleep(BRIEF);
        incoming.open()
    });
    let error = listener.within(BRIEF).accept().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// A wait that was given up leaves nothing behind: what comes later comes to the next one.
#[test]
fn nothing_is_lost_by_it() {
    for mode in MODES {
        let listener = listener(config("server"));
        let serving = crate::support::serve(listener.clone());
        let connection = plain_client(mode, &listener);
        let sender = connection.session().unwrap().sender("queue").unwrap();
        let mut settlement = sender.within(Duration::ZERO).submit("x").unwrap();
        let outcome = loop {
            match settlement.outcome() {
                Ok(outcome) => break outcome,
                Err(SendError::InDoubt(Error::Timeout(Step::Settle))) => {}
                Err(error) => panic!("{error}"),
            }
        };
        assert_eq!(outcome, Outcome::Accepted, "{mode:?}");
        connection.close().unwrap();
        assert_eq!(serving.join().unwrap().0, 1);
    }
}
