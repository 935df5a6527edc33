//! Events of the core as records.

use super::driver::{Driver, Take};
use super::sasl;
use super::snapshot::rcv_settle_mode;
use super::typed::{fields_of, untyped};
use crate::meaning::word;
use crate::wire::{Record, Value};
use amqp_proto::codec::{Attach, DeliveryState, Error};
use amqp_proto::{CloseReason, Compared, DeliveryId, DetachReason, EndReason, Event, LinkId, ReceiverId};
use amqp_proto::{Resumption, SaslFailure, SaslRequest, Violation};

impl Driver {
    /// One event: names what is new, and keeps a record of it.
    pub(super) fn told(&mut self, event: Event) -> Result<(), String> {
        let arrived = if let Event::Arrived { receiver } = &event { Some(*receiver) } else { None };
        let record = match event {
            Event::SaslInit(request) => self.sasl_requested(&request),
            Event::Authenticated { mechanism } => {
                Record::new("authenticated").with("mechanism", Value::Symbol(mechanism.as_str().to_owned()))
            }
            Event::Open(open) => fields_of(&*open, "open"),
            Event::BeginRequested { session, begin } => {
                let name = self.names.next("p");
                self.names.sessions.insert(name.clone(), session);
                about(fields_of(&*begin, "begin-requested"), name)
            }
            Event::Begun { session, begin } => about(fields_of(&*begin, "begun"), self.names.session(session)),
            Event::Ended { session, reason } => about(ended(&reason), self.names.session(session)),
            Event::AttachRequested { link, attach } => self.attach_requested(link, &attach),
            Event::Attached { link, attach } => about(fields_of(&*attach, "attached"), self.names.link(link)),
            Event::Detached { link, reason } => {
                let name = self.link_name(link);
                about(detached(&reason), name)
            }
            Event::Writable { sender } => about(Record::new("writable"), self.names.link(sender.into())),
            Event::Flow { link, flow } => {
                let record = Record::new("flow").with("link-credit", flow.link_credit).with("drain", flow.drain);
                let record = record
                    .with("available", flow.available.map_or(Value::Null, Value::from))
                    .with("properties", flow.properties.as_ref().map_or(Value::Null, untyped));
                about(record, self.names.link(link))
            }
            Event::Echo { session } => about(Record::new("echo"), self.names.session(session)),
            Event::Drain { sender } => about(Record::new("drain"), self.names.link(sender.into())),
            Event::Drained { receiver } => about(Record::new("drained"), self.names.link(receiver.into())),
            Event::Arrived { receiver } => about(Record::new("arrived"), self.names.link(receiver.into())),
            Event::Disposition { delivery, link, state, settled, .. } => {
                let state = state.as_ref().map_or(Value::Null, untyped);
                let name = self.delivery_name(link, delivery);
                about(Record::new("disposition").with("state", state).with("settled", settled), name)
            }
            Event::Suspended { link, unsettled } => {
                let entries = unsettled.iter().map(|(tag, of)| (tag.as_ref().into(), state(of.state.as_ref())));
                let record = Record::new("suspended").with("unsettled", Value::Map(entries.collect()));
                about(record, self.link_name(link))
            }
            Event::Compared { link, remembers, deliveries } => {
                let record = Record::new("compared").with("remembers", remembers);
                let deliveries = Value::Map(deliveries.iter().map(compared).collect());
                about(record.with("deliveries", deliveries), self.names.link(link))
            }
            Event::Resumed { receiver, delivery, tag, state: of_sender, settled, aborted, .. } => {
                let name = self.delivery_name(receiver.into(), delivery);
                self.names.deliveries.insert(name.clone(), delivery);
                let record = Record::new("resumed").with("delivery-tag", tag.as_ref()).with("settled", settled);
                about(record.with("state", state(of_sender.as_ref())).with("aborted", aborted), name)
            }
            Event::Closed(reason) => closed(&reason),
            other => return Err(format!("the kit does not know this event: {other:?}")),
        };
        self.show('=', &record);
        self.events.push_back(record);
        match arrived {
            Some(receiver) if self.take != Take::OnCommand => self.take(receiver, u64::MAX, self.take == Take::Pieces),
            _ => Ok(()),
        }
    }

    fn sasl_requested(&mut self, request: &SaslRequest) -> Record {
        if let SaslRequest::Scram { hash, .. } = request {
            self.scram = Some(*hash);
        }
        sasl::requested(request)
    }

    /// The name of a link; it has none yet if the peer's attach was not even shown to the application.
    fn link_name(&mut self, link: LinkId) -> String {
        if !self.names.links.values().any(|known| *known == link) {
            let session = self.names.session(link.session());
            let name = self.names.next(&format!("{session}/p"));
            self.names.links.insert(name, link);
        }
        self.names.link(link)
    }

    fn attach_requested(&mut self, link: LinkId, attach: &Attach) -> Record {
        let name = self.link_name(link);
        about(fields_of(attach, "attach-requested"), name)
    }

    /// Takes up to so many deliveries that have arrived, as `delivery` events, or their pieces, as `piece` events.
    pub(super) fn take(&mut self, receiver: ReceiverId, most: u64, pieces: bool) -> Result<(), String> {
        self.receiver(receiver)?;
        for _ in 0..most {
            // The last one may have been all that held a detached link.
            let Ok(mut link) = self.receiver(receiver) else { break };
            let (delivery, event) = if pieces {
                let Some(chunk) = link.read() else { break };
                let progress = word(format!("{:?}", chunk.progress).to_lowercase());
                (chunk.delivery, Record::new("piece").with("progress", progress))
            } else {
                let Some(delivery) = link.recv() else { break };
                (delivery, Record::new("delivery"))
            };
            let name = self.delivery_name(receiver.into(), delivery.id);
            self.names.deliveries.insert(name.clone(), delivery.id);
            let record = event
                .with("delivery-tag", delivery.tag.as_ref())
                .with("message-format", delivery.message_format)
                .with("settled", delivery.settled)
                .with("batchable", delivery.batchable)
                .with("rcv-settle-mode", word(rcv_settle_mode(delivery.rcv_settle_mode)))
                .with("state", delivery.state.as_ref().map_or(Value::Null, untyped))
                .with("payload", &*delivery.payload.into_bytes());
            let record = about(record, name);
            self.show('=', &record);
            self.events.push_back(record);
        }
        Ok(())
    }

    /// The name of a delivery, by what the observer has seen on the wire.
    pub(super) fn delivery_name(&self, link: LinkId, delivery: DeliveryId) -> String {
        let label = self.names.link(link);
        let seen = self.observer.links.iter().find(|link| link.label == label);
        let place = seen.and_then(|link| link.deliveries.iter().rposition(|seen| seen.id == delivery.number().0));
        place.map_or_else(|| format!("{label}#unknown"), |number| format!("{label}#{number}"))
    }
}

fn about(mut record: Record, subject: String) -> Record {
    record.fields.insert(0, ("subject".to_owned(), Value::Word(subject)));
    record
}

fn state(state: Option<&DeliveryState>) -> Value {
    state.map_or(Value::Null, untyped)
}

/// A tag, and `[what-is-to-be-done state-at-the-peer]`.
fn compared(compared: &Compared) -> (Value, Value) {
    let what = match &compared.resumption {
        Resumption::Content { .. } => "content",
        Resumption::Outcome { agreed: true, .. } => "outcome",
        Resumption::Outcome { agreed: false, .. } => "restate",
        Resumption::Abort => "abort",
        Resumption::Unknown => "unknown",
        Resumption::Settled => "settled",
        Resumption::Awaited => "awaited",
        Resumption::Pending => "pending",
        other => unreachable!("the kit does not know this: {other:?}"),
    };
    (compared.tag.as_ref().into(), Value::List(vec![word(what), state(compared.remote.as_ref())]))
}

fn error(error: Option<&Error>) -> Value {
    error.map_or(Value::Null, untyped)
}

fn violation(record: Record, violation: &Violation) -> Record {
    let condition = violation.condition();
    record.with("reason", word("violation")).with("condition", Value::Symbol(condition.as_str().to_owned()))
}

fn ended(reason: &EndReason) -> Record {
    let record = Record::new("ended");
    let plain = |why: &str| Record::new("ended").with("reason", word(why));
    match reason {
        EndReason::Local => plain("local"),
        EndReason::Remote(cause) => plain("remote").with("error", error(cause.as_ref())),
        EndReason::Violation(cause) => violation(record, cause),
        EndReason::ChannelMax => plain("channel-max"),
        EndReason::Connection => plain("connection"),
    }
}

fn detached(reason: &DetachReason) -> Record {
    let record = Record::new("detached");
    let plain = |why: &str| Record::new("detached").with("reason", word(why));
    match reason {
        DetachReason::Local => plain("local"),
        DetachReason::Remote { closed, error: cause } => {
            plain("remote").with("closed", *closed).with("error", error(cause.as_ref()))
        }
        DetachReason::Refused(cause) => plain("refused").with("error", error(cause.as_ref())),
        DetachReason::Violation(cause) => violation(record, cause),
        DetachReason::HandleMax => plain("handle-max"),
        DetachReason::FrameSize => plain("frame-size"),
        DetachReason::Session => plain("session"),
    }
}

fn closed(reason: &CloseReason) -> Record {
    let record = Record::new("closed");
    let plain = |why: &str| Record::new("closed").with("reason", word(why));
    match reason {
        CloseReason::Local => plain("local"),
        CloseReason::Remote(cause) => plain("remote").with("error", error(cause.as_ref())),
        CloseReason::Violation(cause) => violation(record, cause),
        CloseReason::Timeout(why) => plain("timeout").with("of", word(format!("{why:?}"))),
        CloseReason::Eof => plain("eof"),
        CloseReason::Header(mismatch) => {
            let received = mismatch.received.map_or(Value::Null, |header| header.to_bytes()[..].into());
            plain("header").with("received", received).with("octets", &mismatch.octets[..])
        }
        CloseReason::Sasl(failure) => sasl_failure(plain("sasl"), failure),
    }
}

fn sasl_failure(record: Record, failure: &SaslFailure) -> Record {
    match failure {
        SaslFailure::NoMechanism(offered) => {
            let offered = offered.iter().map(|name| Value::Symbol(name.as_str().to_owned())).collect();
            record.with("of", word("no-mechanism")).with("offered", Value::List(offered))
        }
        SaslFailure::Outcome { code, diagnosis } => {
            let diagnosis = diagnosis.as_ref().map_or(Value::Null, |diagnosis| diagnosis.as_str().into());
            record.with("of", word("outcome")).with("code", word(format!("{code:?}"))).with("diagnosis", diagnosis)
        }
        SaslFailure::Mechanism(why) => record.with("of", word("mechanism")).with("why", *why),
        SaslFailure::Rounds => record.with("of", word("rounds")),
        SaslFailure::Refused => record.with("of", word("refused")),
        SaslFailure::Protocol(cause) => {
            violation(record.with("of", word("protocol")), cause).with("reason", word("sasl"))
        }
        SaslFailure::Unexpected => record.with("of", word("unexpected")),
        other => record.with("of", word(format!("{other:?}"))),
    }
}
