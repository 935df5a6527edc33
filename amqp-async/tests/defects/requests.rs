//! Requests and replies, where uAMQP's management client went wrong.

use crate::support::*;
use amqp_async::client::{RequestClient, RequestError};
use amqp_async::proto::codec::{Condition, Message, MessageId};
use amqp_async::proto::{CreditMode, LinkOptions};
use amqp_async::{Error, IncomingLink, Receiver, Sender, Session, Step};
use std::time::Duration;

/// A client of requests, and the server's ends of its links.
fn server(pair: &Pair, sessions: &(Session, Session)) -> (RequestClient, Receiver, Sender) {
    let theirs = sessions.1.clone();
    let accepting = pair.world.spawn("accept", async move {
        let IncomingLink::Sender(replies) = theirs.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions::answering(replies.attach());
        let replies = replies.accept(options).unwrap();
        let IncomingLink::Receiver(requests) = theirs.incoming_link().await.unwrap() else { panic!("wrong role") };
        let options = LinkOptions { credit: CreditMode::Auto(10), ..LinkOptions::answering(requests.attach()) };
        (requests.accept(options).unwrap(), replies)
    });
    let client = pair.world.run(attach(sessions.0.clone())).unwrap();
    let (requests, replies) = accepting.take().unwrap();
    (client, requests, replies)
}

async fn attach(session: Session) -> Result<RequestClient, Error> {
    let (requests, replies) = (LinkOptions::sender("requests", "node"), LinkOptions::receiver("replies", "node"));
    RequestClient::attach_with(&session, requests, replies).await
}

fn reply(id: impl Into<MessageId>) -> Message {
    Message::builder().correlation_id(id).value("done").build()
}

/// A reply before the outcome of its request, one that belongs to no request, and a node that does not answer, or
/// refuses at first.
#[test]
fn b_24_requests_survive_what_servers_do() {
    let pair = Pair::open();
    let sessions = pair.session();
    let (client, requests, replies) = server(&pair, &sessions);
    for _ in 0..2 {
        let calling = client.clone();
        let call = pair.world.spawn("call", async move { calling.call("do", STEP).await });
        let request = pair.world.run(requests.recv()).unwrap();
        let id = request.message().unwrap().properties.unwrap().message_id.unwrap();
        drop(pair.world.run(replies.submit(reply("nobody's"))).unwrap());
        drop(pair.world.run(replies.submit(Message::from("without an id"))).unwrap());
        drop(pair.world.run(replies.submit(reply(id))).unwrap());
        pair.world.settle();
        let done = call.take().expect("the reply has come, though the request is not settled");
        assert_eq!(done.unwrap().body.as_str(), Some("done"));
        request.accept().unwrap();
    }
    assert_eq!((client.strays(), client.waiting()), (4, 0));
    let call = pair.world.run_within(STEP, client.call("not answered", Duration::from_secs(1)));
    assert!(matches!(call, Some(Err(RequestError::TimedOut))), "{call:?}");

    let unanswered = pair.session();
    let error = pair.world.run_within(STEP, attach(unanswered.0.clone())).expect("a deadline").unwrap_err();
    assert!(matches!(error, Error::Timeout(Step::Attach)), "{error:?}");

    let refusing = pair.session();
    let theirs = refusing.1.clone();
    pair.world.spawn("refuse", async move { drop(theirs.incoming_link().await) });
    let error = pair.world.run(attach(refusing.0.clone())).unwrap_err();
    assert_eq!(error.condition(), Some(Condition::NOT_ALLOWED));
    pair.world.settle();
    let (again, requests, _replies) = server(&pair, &refusing);
    assert_eq!(again.waiting(), 0);
    assert_eq!(requests.credit(), 10);
}
