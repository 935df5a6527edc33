//! A server that takes connections while it is up, and remembers everything.

use crate::support::*;
use amqp_async::client::Attempt;
use amqp_async::proto::codec::message::BATCH_FORMAT;
use amqp_async::proto::codec::{self, Attach, Condition, Message, Outcome, ReceiverSettleMode};
use amqp_async::proto::{CreditMode, LinkOptions, Resume, SessionOptions};
use amqp_async::{Connection, Error, IncomingConnection, IncomingLink, Receiver, Sender, Session};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

#[derive(Clone)]
pub(crate) struct Broker {
    pub(crate) world: World,
    pub(crate) log: Rc<RefCell<Log>>,
}

#[derive(Default)]
pub(crate) struct Log {
    pub(crate) down: bool,
    /// When each attempt came.
    pub(crate) attempts: Vec<(Duration, Attempt)>,
    pub(crate) taps: Vec<Tap>,
    pub(crate) connections: Vec<Connection>,
    pub(crate) sessions: Vec<Session>,
    /// The attaches, and on which connection.
    pub(crate) attaches: Vec<(usize, Attach)>,
    pub(crate) senders: Vec<Sender>,
    pub(crate) receivers: Vec<Rc<Receiver>>,
    /// What arrived.
    pub(crate) bodies: Vec<String>,
    /// What it has for whoever receives; a message that is not accepted goes back.
    pub(crate) stock: Vec<String>,
    /// What was accepted of that.
    pub(crate) taken: Vec<String>,
    /// Sizes of batches that arrived.
    pub(crate) batches: Vec<usize>,
    /// Take messages and never settle them.
    pub(crate) mute: bool,
    /// Where messages that arrive are answered from, by address.
    pub(crate) reply_nodes: Vec<(String, Sender)>,
    /// Keep requests back instead of answering them.
    pub(crate) hold: bool,
    pub(crate) held: Vec<Message>,
    /// What each delivery is settled with, in turn; then they are accepted.
    pub(crate) outcomes: Vec<Outcome>,
    /// The max-message-size of receivers.
    pub(crate) max_message_size: Option<u64>,
    /// So many links are detached by force as soon as they are attached.
    pub(crate) detach_next: usize,
    /// Receivers keep what is unsettled, settle second, and go on where the one of their name before has stopped.
    pub(crate) resumes: bool,
    /// The latest receiver of each name, if so.
    pub(crate) latest: BTreeMap<String, Rc<Receiver>>,
    /// A link with an unsettled map is refused.
    pub(crate) refuses_maps: bool,
    /// Octets that each connection carries in both directions before it breaks.
    pub(crate) cut_after: Option<usize>,
    /// The same, for the next ones each.
    pub(crate) cuts: Vec<usize>,
}

impl Broker {
    pub(crate) fn new() -> Self {
        Self { world: World::new(), log: Rc::default() }
    }

    pub(crate) fn log(&self) -> std::cell::RefMut<'_, Log> {
        self.log.borrow_mut()
    }

    /// What connects to it.
    pub(crate) fn connector(
        &self,
    ) -> impl FnMut(Attempt) -> std::pin::Pin<Box<dyn Future<Output = Result<Connection, Error>>>> + use<> {
        let broker = self.clone();
        move |attempt| {
            let broker = broker.clone();
            Box::pin(async move { broker.connect(attempt).await })
        }
    }

    async fn connect(self, attempt: Attempt) -> Result<Connection, Error> {
        self.log().attempts.push((self.world.now(), attempt));
        if self.log().down {
            return Err(Error::Transport(Arc::new(io::ErrorKind::ConnectionRefused.into())));
        }
        let (near, far, tap) = pipe(4096);
        let cut_after = {
            let mut log = self.log();
            log.cuts.pop().or(log.cut_after)
        };
        if let Some(octets) = cut_after {
            tap.break_after(octets);
        }
        self.log().taps.push(tap);
        let (client, driver) = Connection::client(&client_options(), None, near, self.world.timer());
        self.world.spawn("client", driver);
        let (incoming, driver) = IncomingConnection::new(&listener_options(), None, far, self.world.timer());
        self.world.spawn("listener", driver);
        self.world.spawn("broker", self.clone().serve(incoming));
        client.opened().await?;
        Ok(client)
    }

    async fn serve(self, incoming: IncomingConnection) {
        let Ok(connection) = incoming.open().await else { return };
        let number = self.log().connections.len();
        self.log().connections.push(connection.clone());
        while let Ok(session) = connection.incoming_session().await {
            let Ok(session) = session.accept(SessionOptions::default()) else { continue };
            self.log().sessions.push(session.clone());
            self.world.spawn("broker session", self.clone().serve_session(number, session));
        }
    }

    async fn serve_session(self, number: usize, session: Session) {
        while let Ok(link) = session.incoming_link().await {
            self.log().attaches.push((number, link.attach().clone()));
            match link {
                IncomingLink::Receiver(link) => {
                    if self.log().refuses_maps && link.attach().unsettled.is_some() {
                        link.refuse(codec::Error::new(Condition::NOT_IMPLEMENTED, "no resuming"));
                        continue;
                    }
                    let name = link.attach().name.to_string();
                    let resume = self.clone().goes_on(&name).await;
                    let rcv_settle_mode = match self.log().resumes {
                        true => ReceiverSettleMode::Second,
                        false => ReceiverSettleMode::First,
                    };
                    let options = LinkOptions {
                        credit: CreditMode::Auto(10),
                        max_message_size: self.log().max_message_size,
                        rcv_settle_mode,
                        resume,
                        ..LinkOptions::answering(link.attach())
                    };
                    let Ok(receiver) = link.accept(options) else { continue };
                    let receiver = Rc::new(receiver);
                    if self.log().resumes {
                        self.log().latest.insert(name, Rc::clone(&receiver));
                        self.world.spawn("broker resumed", Self::accept_resumed(Rc::clone(&receiver)));
                    }
                    if self.log().detach_next > 0 {
                        self.log().detach_next -= 1;
                        let error = codec::Error::new(Condition::DETACH_FORCED, "maintenance");
                        let _ = receiver.close_with(error).await;
                        continue;
                    }
                    self.log().receivers.push(Rc::clone(&receiver));
                    self.world.spawn("broker receiver", self.clone().receive(receiver));
                }
                IncomingLink::Sender(link) => {
                    let mut options = LinkOptions::answering(link.attach());
                    let node = format!("node-{}", self.log().reply_nodes.len());
                    let dynamic = options.source.as_mut().filter(|source| source.dynamic);
                    let is_dynamic = dynamic.map(|source| source.address = Some(node.as_str().into())).is_some();
                    let Ok(sender) = link.accept(options) else { continue };
                    if is_dynamic {
                        self.log().reply_nodes.push((node, sender));
                    } else {
                        self.log().senders.push(sender.clone());
                        self.world.spawn("broker sender", self.clone().deliver(sender));
                    }
                }
            }
        }
    }

    /// How a receiver of that name is attached. What the one before had received and nobody has taken yet is taken now.
    async fn goes_on(self, name: &str) -> Resume {
        if !self.log().resumes {
            return Resume::forget();
        }
        let Some(before) = self.log().latest.remove(name) else { return Resume::keep() };
        before.detached().await;
        while let Ok(Some(delivery)) = before.try_recv() {
            let body = delivery.message().unwrap().body.as_str().unwrap().to_owned();
            self.log().bodies.push(body);
            delivery.leave_unsettled();
        }
        before.take_unsettled().map_or_else(Resume::keep, Resume::with)
    }

    /// All that was received before is accepted, again if need be.
    async fn accept_resumed(receiver: Rc<Receiver>) {
        while let Ok(delivery) = receiver.resumed().await {
            let _ = delivery.accept();
        }
    }

    async fn receive(self, receiver: Rc<Receiver>) {
        while let Ok(delivery) = receiver.recv().await {
            let message = delivery.message().unwrap();
            if delivery.message_format() == BATCH_FORMAT {
                let encoded = delivery.encoded().unwrap();
                let size: usize = delivery.payload().chunks().iter().map(bytes::Bytes::len).sum();
                self.log().batches.push(size);
                for message in encoded.batched_messages() {
                    self.log().bodies.push(message.unwrap().body().unwrap().as_str().unwrap().to_owned());
                }
            } else {
                self.log().bodies.push(message.body.as_str().unwrap().to_owned());
            }
            let (hold, outcome) = {
                let mut log = self.log();
                let outcome = if log.outcomes.is_empty() { Outcome::Accepted } else { log.outcomes.remove(0) };
                (log.hold, outcome)
            };
            match message.reply_to() {
                Some(_) if hold => self.log().held.push(message),
                Some(_) => self.reply(&message).await,
                None => {}
            }
            if self.log().mute {
                delivery.leave_unsettled();
            } else {
                // refused only if the link has just gone
                let _ = delivery.settle(outcome);
            }
        }
    }

    /// Sends what is in stock, all at once.
    async fn deliver(self, sender: Sender) {
        while sender.ready().await.is_ok() {
            let Some(body) = self.log().stock.pop() else { return };
            let (broker, sender) = (self.clone(), sender.clone());
            self.world.spawn("broker delivery", async move {
                match sender.send(body.as_str()).await {
                    Ok(Outcome::Accepted) => broker.log().taken.push(body),
                    _ => broker.log().stock.push(body),
                }
            });
        }
    }

    /// Answers a request with its own body.
    pub(crate) async fn reply(&self, request: &Message) {
        let node = request.reply_to().unwrap().to_owned();
        let sender = self.log().reply_nodes.iter().find(|(name, _)| *name == node).map(|(_, sender)| sender.clone());
        let id = request.message_id().unwrap().clone();
        let body = format!("re: {}", request.body.as_str().unwrap());
        let reply = Message::builder().value(body.as_str()).correlation_id(id).build();
        drop(sender.unwrap().submit(reply).await.unwrap());
    }

    /// Breaks every connection there is, and takes no more.
    pub(crate) fn stop(&self) {
        self.log().down = true;
        self.log().taps.iter().for_each(Tap::reset);
        self.world.settle();
        let mut log = self.log();
        log.connections.clear();
        log.sessions.clear();
        log.senders.clear();
        log.receivers.clear();
    }

    pub(crate) fn start(&self) {
        self.log().down = false;
    }
}
