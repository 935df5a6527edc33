//! Commands of traces as calls of the core.

use super::driver::{Driver, Take};
use super::typed::{link_options, renamed, session_options, typed};
use crate::wire::{Record, Value};
use amqp_proto::codec::{Close, DeliveryState, Disposition, Flow, SaslOutcome, Transfer};
use amqp_proto::{
    CreditMode, DeliveryId, LinkId, Misuse, Outgoing, ReceiverFlow, ReceiverId, ReceiverMut, SenderFlow, SenderId,
    SenderMut, SessionId,
};
use bytes::Bytes;

type Done = Result<(), String>;

fn misuse(fault: Misuse) -> String {
    format!("the core refuses the command: {fault}")
}

impl Driver {
    /// One command; with `fails="text"` one that the core must refuse, saying that text among others.
    pub(super) fn command(&mut self, command: &Record) -> Done {
        let Some(fault) = command.text("fails") else { return self.obey(command) };
        let mut plain = command.clone();
        plain.set("fails", Value::Null);
        match self.obey(&plain) {
            Err(came) if came.contains(fault) => Ok(()),
            Err(came) => Err(format!("another refusal: {came}")),
            Ok(()) => Err("the core did it".to_owned()),
        }
    }

    /// The core is pumped after it.
    fn obey(&mut self, command: &Record) -> Done {
        match command.name.as_str() {
            "begin" => self.begin(command)?,
            "accept" => self.accept(command)?,
            "attach" => self.attach(command)?,
            "refuse" => self.refuse(command)?,
            "flow" => self.flow(command)?,
            "drain" => {
                let receiver = self.receiver_id(command)?;
                self.receiver(receiver)?.drain().map_err(misuse)?;
            }
            "pause" => {
                let receiver = self.receiver_id(command)?;
                self.receiver(receiver)?.pause().map_err(misuse)?;
            }
            "resume" if *command.get("delivery-tag") != Value::Null => self.resume_delivery(command)?,
            "resume" => {
                let receiver = self.receiver_id(command)?;
                self.receiver(receiver)?.resume().map_err(misuse)?;
            }
            "drained" => {
                let sender = self.sender_id(command)?;
                self.sender(sender)?.drained().map_err(misuse)?;
            }
            "send" => self.send(command)?,
            "write" => {
                let (id, payload) = (self.sender_id(command)?, payload(command));
                let wrote = self.sender(id)?.write(payload, command.flag("more"));
                wrote.map_err(|fault| format!("the core does not send: {fault}"))?;
            }
            "abort" => self.abort(command)?,
            "dispose" => self.dispose(command)?,
            "skip" => self.skip(command)?,
            "take" => {
                let receiver = self.receiver_id(command)?;
                let pieces = self.take == Take::Pieces || command.flag("pieces");
                self.take(receiver, command.number("count").unwrap_or(u64::MAX), pieces)?;
            }
            "output-high-water" => {
                let octets = command.number("octets").ok_or("how many octets?")?;
                self.peer.core.set_output_high_water(usize::try_from(octets).unwrap_or(usize::MAX));
            }
            "hold" => self.peer.blocked = true,
            "release" => self.peer.blocked = false,
            "detach" => self.detach(command)?,
            "end" => {
                let (id, error) = (self.session_id(command)?, error(command)?);
                self.peer.core.session(id).map_err(misuse)?.end(error).map_err(misuse)?;
            }
            "close" => self.peer.core.close(self.peer.clock.now(), error(command)?),
            "sasl-outcome" => {
                let outcome: SaslOutcome = typed(command)?;
                self.sasl_answer(outcome.code.into())?;
            }
            "sasl-scram" => self.sasl_scram(command)?,
            "sasl-custom" => self.sasl_custom(command)?,
            other => return Err(format!("no command is called {other:?}")),
        }
        self.pump()
    }

    pub(super) fn sender(&mut self, id: SenderId) -> Result<SenderMut<'_>, String> {
        self.peer.core.sender(id).map_err(misuse)
    }

    pub(super) fn receiver(&mut self, id: ReceiverId) -> Result<ReceiverMut<'_>, String> {
        self.peer.core.receiver(id).map_err(misuse)
    }

    fn session_id(&self, command: &Record) -> Result<SessionId, String> {
        let name = command.text("subject").ok_or("which session?")?;
        self.names.sessions.get(name).copied().ok_or_else(|| format!("there is no session {name}"))
    }

    pub(super) fn link_id(&self, command: &Record) -> Result<LinkId, String> {
        let name = command.text("subject").ok_or("which link?")?;
        self.names.links.get(name).copied().ok_or_else(|| format!("there is no link {name}"))
    }

    fn sender_id(&self, command: &Record) -> Result<SenderId, String> {
        match self.link_id(command)? {
            LinkId::Sender(id) => Ok(id),
            LinkId::Receiver(_) => Err("the core is the receiver of that link".to_owned()),
        }
    }

    fn receiver_id(&self, command: &Record) -> Result<ReceiverId, String> {
        match self.link_id(command)? {
            LinkId::Receiver(id) => Ok(id),
            LinkId::Sender(_) => Err("the core is the sender of that link".to_owned()),
        }
    }

    fn begin(&mut self, command: &Record) -> Done {
        let id = self.peer.core.begin(session_options(command)?).map_err(misuse)?;
        let name = self.names.next("s");
        self.names.sessions.insert(name, id);
        Ok(())
    }

    fn accept(&mut self, command: &Record) -> Done {
        if let Ok(id) = self.session_id(command) {
            let options = session_options(command)?;
            return self.peer.core.session(id).map_err(misuse)?.accept(options).map_err(misuse);
        }
        match self.link_id(command)? {
            LinkId::Sender(id) => self.sender(id)?.accept(link_options(command)?).map_err(misuse),
            LinkId::Receiver(id) => {
                self.receiver(id)?.accept(link_options(command)?).map_err(misuse)?;
                self.read_ahead(id)
            }
        }
    }

    /// Whoever reads pieces looks once before there are any: from then on the core tells of them.
    fn read_ahead(&mut self, id: ReceiverId) -> Done {
        if self.take == Take::Pieces { self.take(id, 1, true) } else { Ok(()) }
    }

    fn attach(&mut self, command: &Record) -> Done {
        let subject = command.text("subject").ok_or("on which session?")?;
        let session_name = subject.split('/').next().unwrap_or_default().to_owned();
        let session = self.names.sessions.get(&session_name).copied();
        let session = session.ok_or_else(|| format!("there is no session {session_name}"))?;
        let mut session = self.peer.core.session(session).map_err(misuse)?;
        let id: LinkId = if command.text("role") == Some("receiver") {
            session.attach_receiver(link_options(command)?).map_err(misuse)?.into()
        } else {
            session.attach_sender(link_options(command)?).map_err(misuse)?.into()
        };
        let name = self.names.next(&format!("{session_name}/l"));
        self.names.links.insert(name, id);
        match id {
            LinkId::Receiver(id) => self.read_ahead(id),
            LinkId::Sender(_) => Ok(()),
        }
    }

    fn refuse(&mut self, command: &Record) -> Done {
        let error = error(command)?.ok_or("refuse why? error=@error{…}")?;
        match self.link_id(command)? {
            LinkId::Sender(id) => self.sender(id)?.refuse(error).map_err(misuse),
            LinkId::Receiver(id) => self.receiver(id)?.refuse(error).map_err(misuse),
        }
    }

    fn detach(&mut self, command: &Record) -> Done {
        let (closed, error) = (command.flag("closed"), error(command)?);
        match self.link_id(command)? {
            LinkId::Sender(id) => self.sender(id)?.detach(closed, error).map_err(misuse),
            LinkId::Receiver(id) => self.receiver(id)?.detach(closed, error).map_err(misuse),
        }
    }

    fn flow(&mut self, command: &Record) -> Done {
        if let Ok(id) = self.session_id(command) {
            let mut session = self.peer.core.session(id).map_err(misuse)?;
            return match command.uint("incoming-window") {
                Some(transfers) => session.set_incoming_window(transfers).map_err(misuse),
                None => session.flow(command.flag("echo")).map_err(misuse),
            };
        }
        if let (Some(credit), LinkId::Receiver(id)) = (command.uint("credit"), self.link_id(command)?) {
            return self.receiver(id)?.set_credit_mode(CreditMode::Auto(credit)).map_err(misuse);
        }
        let mut flow = renamed(command, "flow", &[]);
        for name in ["incoming-window", "next-outgoing-id", "outgoing-window"] {
            flow.set(name, Value::from(0u32));
        }
        let flow: Flow = typed(&flow)?;
        match self.link_id(command)? {
            LinkId::Sender(id) => {
                let flow = SenderFlow { available: flow.available, echo: flow.echo, properties: flow.properties };
                self.sender(id)?.flow(flow).map_err(misuse)
            }
            LinkId::Receiver(id) => {
                let link_credit = flow.link_credit.unwrap_or(0);
                let Flow { drain, echo, properties, .. } = flow;
                self.receiver(id)?.flow(ReceiverFlow { link_credit, drain, echo, properties }).map_err(misuse)
            }
        }
    }

    fn outgoing(command: &Record) -> Result<Outgoing, String> {
        let transfer = renamed(command, "transfer", &["payload", "more"]).with("handle", 0u32);
        let transfer: Transfer = typed(&transfer)?;
        Ok(Outgoing {
            payload: payload(command),
            tag: transfer.delivery_tag,
            message_format: transfer.message_format.unwrap_or(0),
            settled: transfer.settled.unwrap_or(false),
            rcv_settle_mode: transfer.rcv_settle_mode,
            state: transfer.state,
            batchable: transfer.batchable,
            ..Outgoing::default()
        })
    }

    fn send(&mut self, command: &Record) -> Done {
        let (id, message) = (self.sender_id(command)?, Self::outgoing(command)?);
        let mut sender = self.sender(id)?;
        let sent = if command.flag("more") { sender.start(message) } else { sender.send(message) };
        let sent = sent.map_err(|fault| format!("the core does not send: {fault}"))?;
        self.name_sent(command, sent.delivery);
        Ok(())
    }

    /// A delivery from before the link was attached again.
    fn resume_delivery(&mut self, command: &Record) -> Done {
        let (id, message) = (self.sender_id(command)?, Self::outgoing(command)?);
        let tag = message.tag.ok_or("resume which delivery? delivery-tag=0x…")?;
        let sent = self.sender(id)?.resume_delivery(&tag, message);
        let sent = sent.map_err(|fault| format!("the core does not resume: {fault}"))?;
        self.name_sent(command, sent.delivery);
        Ok(())
    }

    /// The delivery in progress taken back, or one begun for that.
    fn abort(&mut self, command: &Record) -> Done {
        let id = self.sender_id(command)?;
        if *command.get("delivery-tag") == Value::Null {
            return self.sender(id)?.abort().map_err(misuse);
        }
        let message = Self::outgoing(command)?;
        let sent = self.sender(id)?.start(message).map_err(|fault| format!("the core does not send: {fault}"))?;
        self.name_sent(command, sent.delivery);
        self.pump()?;
        self.sender(id)?.abort().map_err(misuse)
    }

    fn name_sent(&mut self, command: &Record, delivery: DeliveryId) {
        let link = command.text("subject").unwrap_or_default().to_owned();
        let name = self.names.next(&format!("{link}#"));
        self.names.deliveries.insert(name, delivery);
    }

    /// The delivery that a command is about, or another number of the same link; and that link.
    fn delivery(&self, command: &Record, number: Option<u64>) -> Result<(LinkId, DeliveryId), String> {
        let subject = command.text("subject").ok_or("which delivery?")?;
        let (link, first) = subject.split_once('#').ok_or("a delivery is written s0/l0#3")?;
        let number = number.map_or_else(|| first.to_owned(), |number| number.to_string());
        let delivery = self.names.deliveries.get(&format!("{link}#{number}")).copied();
        let delivery = delivery.ok_or_else(|| format!("the core has no delivery {link}#{number}"))?;
        let id = *self.names.links.get(link).ok_or_else(|| format!("there is no link {link}"))?;
        Ok((id, delivery))
    }

    fn skip(&mut self, command: &Record) -> Done {
        match self.delivery(command, None)? {
            (LinkId::Receiver(id), delivery) => self.receiver(id)?.skip(delivery),
            (LinkId::Sender(_), _) => return Err("a sender skips nothing".to_owned()),
        }
        Ok(())
    }

    fn dispose(&mut self, command: &Record) -> Done {
        if command.text("through").is_some() {
            return self.dispose_received(command);
        }
        let (id, from) = self.delivery(command, None)?;
        let last = command.number("last").map(|last| self.delivery(command, Some(last))).transpose()?;
        let last = last.map(|(_, last)| last);
        let (state, settled) = (state(command)?, command.flag("settled"));
        match (id, last) {
            (LinkId::Receiver(id), Some(last)) => {
                self.receiver(id)?.dispose_range(from, last, state.as_ref(), settled).map(|_| ()).map_err(misuse)
            }
            (LinkId::Receiver(id), None) => self.receiver(id)?.dispose(from, state, settled).map_err(misuse),
            (LinkId::Sender(id), Some(last)) => {
                self.sender(id)?.dispose_range(from, last, state.as_ref(), settled).map(|_| ()).map_err(misuse)
            }
            (LinkId::Sender(id), None) => self.sender(id)?.dispose(from, state, settled).map_err(misuse),
        }
    }

    /// Whatever has come on the session from one delivery to another, which may be of another link.
    fn dispose_received(&mut self, command: &Record) -> Done {
        let (_, first) = self.delivery(command, None)?;
        let through = Record::new("dispose").with("subject", command.get("through").clone());
        let (_, last) = self.delivery(&through, None)?;
        let mut session = self.peer.core.session(first.session()).map_err(misuse)?;
        let missing = session.dispose_received(first, last, state(command)?.as_ref(), command.flag("settled"));
        let missing =
            missing.map_err(misuse)?.map(|missing| u64::from(missing.number().0.wrapping_sub(first.number().0)));
        if missing == command.number("missing") {
            Ok(())
        } else {
            Err(format!("the first that is missing: {missing:?}"))
        }
    }
}

fn payload(command: &Record) -> Bytes {
    Bytes::copy_from_slice(command.binary("payload").unwrap_or_default())
}

fn error(command: &Record) -> Result<Option<amqp_proto::codec::Error>, String> {
    let close = Record::new("close").with("error", command.get("error").clone());
    typed::<Close>(&close).map(|close| close.error)
}

fn state(command: &Record) -> Result<Option<DeliveryState>, String> {
    let disposition = Record::new("disposition")
        .with("role", crate::meaning::word("sender"))
        .with("first", 0u32)
        .with("state", command.get("state").clone());
    typed::<Disposition>(&disposition).map(|disposition| disposition.state)
}
