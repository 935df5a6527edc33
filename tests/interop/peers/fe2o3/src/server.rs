//! A small broker in memory: addresses are queues; names that begin with missing, reject, release or modify act up;
//! transactions.

use crate::{Res, Whole};
use fe2o3_amqp::acceptor::sasl_acceptor::{SaslAcceptor, SaslServerFrame};
use fe2o3_amqp::acceptor::{ConnectionAcceptor, LinkAcceptor, LinkEndpoint, SessionAcceptor};
use fe2o3_amqp::transaction::coordinator::ControlLinkAcceptor;
use fe2o3_amqp::types::definitions::{AmqpError, Error};
use fe2o3_amqp::types::messaging::{Body, Modified, Outcome};
use fe2o3_amqp::types::primitives::{Array, Symbol};
use fe2o3_amqp::types::sasl::{SaslCode, SaslInit, SaslOutcome, SaslResponse};
use fe2o3_amqp::{Receiver, Sender};
use serde_amqp::Value;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

#[derive(Clone)]
struct Login;

impl SaslAcceptor for Login {
    fn mechanisms(&self) -> Array<Symbol> {
        Array::from(vec![Symbol::from("PLAIN"), Symbol::from("ANONYMOUS")])
    }
    fn on_init(&mut self, init: SaslInit) -> SaslServerFrame {
        let response = init.initial_response.map(|r| r.into_vec()).unwrap_or_default();
        let good = init.mechanism.as_str() == "ANONYMOUS" || response.ends_with(b"\0guest\0guest");
        let code = if good { SaslCode::Ok } else { SaslCode::Auth };
        SaslServerFrame::Outcome(SaslOutcome { code, additional_data: None })
    }
    fn on_response(&mut self, _: SaslResponse) -> SaslServerFrame {
        SaslServerFrame::Outcome(SaslOutcome { code: SaslCode::Sys, additional_data: None })
    }
}

#[derive(Default)]
struct Queue {
    ready: Mutex<VecDeque<Whole>>,
    more: Notify,
}

type Queues = Arc<Mutex<HashMap<String, Arc<Queue>>>>;

fn queue(queues: &Queues, name: &str) -> Arc<Queue> {
    queues.lock().unwrap().entry(name.to_string()).or_default().clone()
}

impl Queue {
    fn put(&self, m: Whole, front: bool) {
        let mut ready = self.ready.lock().unwrap();
        if front {
            ready.push_front(m)
        } else {
            ready.push_back(m)
        }
        self.more.notify_one();
    }
    async fn take(&self) -> Whole {
        loop {
            let waiting = self.more.notified();
            if let Some(m) = self.ready.lock().unwrap().pop_front() {
                self.more.notify_one(); // for another that waits
                return m;
            }
            waiting.await;
        }
    }
}

async fn incoming(mut receiver: Receiver, queues: Queues) {
    let name = receiver.target().as_ref().and_then(|t| t.address.clone()).unwrap_or_default();
    while let Ok(delivery) = receiver.recv::<Body<Value>>().await {
        let kind = name.split('-').next().unwrap_or_default();
        let done = match kind {
            "reject" => {
                receiver
                    .reject(
                        &delivery,
                        Error::new(AmqpError::PreconditionFailed, Some("this node rejects".into()), None),
                    )
                    .await
            }
            "release" => receiver.release(&delivery).await,
            "modify" => {
                receiver
                    .modify(
                        &delivery,
                        Modified {
                            delivery_failed: Some(true),
                            undeliverable_here: Some(true),
                            message_annotations: None,
                        },
                    )
                    .await
            }
            _ => {
                let done = receiver.accept(&delivery).await;
                queue(&queues, &name).put(delivery.into_message(), false);
                done
            }
        };
        if done.is_err() {
            break;
        }
    }
    let _ = receiver.close().await;
}

async fn outgoing(mut sender: Sender, queues: Queues) {
    let name = sender.source().as_ref().and_then(|s| s.address.clone()).unwrap_or_default();
    let q = queue(&queues, &name);
    loop {
        let m = tokio::select! {
            m = q.take() => m,
            _ = sender.on_detach() => break,
        };
        let (kept, back) = (m.clone(), q.clone());
        match sender.send_batchable(m).await {
            Ok(outcome) => drop(tokio::spawn(async move {
                match outcome.await {
                    Ok(Outcome::Accepted(_)) | Ok(Outcome::Rejected(_)) => {}
                    Ok(Outcome::Modified(state)) if state.undeliverable_here == Some(true) => {}
                    Ok(_) => back.put(kept, true),
                    Err(_) => back.put(kept, true),
                }
            })),
            Err(_) => {
                q.put(kept, true);
                break;
            }
        }
    }
    let _ = sender.close().await;
}

pub(crate) async fn serve(port: u16) -> Res<()> {
    let queues: Queues = Default::default();
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    println!("fe2o3 peer on 127.0.0.1:{port}");
    loop {
        let (stream, _) = listener.accept().await?;
        let queues = queues.clone();
        tokio::spawn(async move {
            let acceptor = ConnectionAcceptor::builder().container_id("fe2o3-acceptor").sasl_acceptor(Login).build();
            let mut connection = match acceptor.accept(stream).await {
                Ok(c) => c,
                Err(e) => return eprintln!("open: {e:?}"),
            };
            let sessions = SessionAcceptor::builder().control_link_acceptor(ControlLinkAcceptor::default()).build();
            while let Ok(mut session) = sessions.accept(&mut connection).await {
                let queues = queues.clone();
                tokio::spawn(async move {
                    let links = LinkAcceptor::new();
                    loop {
                        match links.accept(&mut session).await {
                            Ok(LinkEndpoint::Sender(s)) => drop(tokio::spawn(outgoing(s, queues.clone()))),
                            Ok(LinkEndpoint::Receiver(r)) => {
                                let name = r.target().as_ref().and_then(|t| t.address.clone()).unwrap_or_default();
                                if name.starts_with("missing") {
                                    let error = Error::new(AmqpError::NotFound, Some("no such node".into()), None);
                                    tokio::spawn(async move {
                                        let _ = r.close_with_error(error).await;
                                    });
                                } else {
                                    tokio::spawn(incoming(r, queues.clone()));
                                }
                            }
                            Err(e) => {
                                eprintln!("link: {e:?}");
                                break;
                            }
                        }
                    }
                    let _ = session.close().await;
                });
            }
            let _ = connection.close().await;
        });
    }
}
