//! Configuration and SASL layer of the played side, and what rules a recording out.

use super::Converter;
use crate::meaning::{MECHANISMS, OPEN, word};
use crate::observer::Side;
use crate::trace::Role;
use crate::wire::{Record, Value};

impl Converter {
    pub(super) fn set_up(&mut self) {
        if let Some(open) = self.find(Side::Ours, "open") {
            let open = open.clone();
            for name in OPEN {
                self.script.config.set(name, open.get(name).clone());
            }
            if self.script.config.number("idle-time-out") == Some(0) {
                self.script.config.set("idle-time-out", Value::Null);
            }
        }
        if self.pipelines() {
            self.script.config.set("pipelining", word("on"));
        }
        self.script.sasl = match self.script.role {
            Role::Client => self.sasl_client(),
            Role::Listener => self.sasl_listener(),
        };
        self.rule_out();
    }

    fn place(&self, side: Side, name: &str) -> Option<usize> {
        let named = |frame: &Record| frame.name == name;
        self.pieces.iter().position(|piece| piece.side == side && piece.frame.as_ref().is_some_and(named))
    }

    fn find(&self, side: Side, name: &str) -> Option<&Record> {
        self.place(side, name).and_then(|at| self.pieces[at].frame.as_ref())
    }

    fn header(&self, side: Side, layer: &str) -> Option<usize> {
        let is = |frame: &Record| frame.name == "header" && frame.text("layer") == Some(layer);
        self.pieces.iter().position(|piece| piece.side == side && piece.frame.as_ref().is_some_and(is))
    }

    /// The played side sent ahead of the peer: its open before the peer's header, or its begin before the peer's open.
    fn pipelines(&self) -> bool {
        let before = |ours: Option<usize>, theirs: Option<usize>| match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours < theirs,
            (ours, None) => ours.is_some(),
            (None, _) => false,
        };
        self.script.role == Role::Client
            && (before(self.place(Side::Ours, "open"), self.header(Side::Theirs, "amqp"))
                || before(self.place(Side::Ours, "begin"), self.place(Side::Theirs, "open")))
    }

    fn sasl_client(&self) -> Option<Record> {
        self.header(Side::Ours, "sasl")?;
        let sasl = Record::new("sasl");
        let Some(init) = self.find(Side::Ours, "sasl-init") else {
            // It found nothing to its liking: so must the core.
            let offer = self.find(Side::Theirs, "sasl-mechanisms").map(|frame| frame.get("sasl-server-mechanisms"));
            let offered = |name: &str| match offer {
                Some(Value::List(items)) => items.contains(&Value::Symbol(name.to_owned())),
                _ => false,
            };
            let chosen = ["EXTERNAL", "PLAIN", "ANONYMOUS"].into_iter().find(|name| !offered(name));
            return Some(sasl.with("mechanism", Value::Symbol(chosen.unwrap_or("EXTERNAL").to_owned())));
        };
        let mut sasl =
            sasl.with("mechanism", init.get("mechanism").clone()).with("hostname", init.get("hostname").clone());
        if let Some(client) = super::scram::Client::of(init) {
            sasl.set("user", client.user.into());
            sasl.set("nonce", client.nonce.into());
            sasl.set("password", super::scram::password(self.find(Side::Theirs, "sasl-outcome")).into());
        }
        if init.text("mechanism") == Some("PLAIN") {
            let response = String::from_utf8_lossy(init.binary("initial-response").unwrap_or_default()).into_owned();
            for (name, part) in ["authzid", "user", "password"].iter().zip(response.split('\0')) {
                sasl.set(name, if part.is_empty() { Value::Null } else { part.into() });
            }
        }
        Some(sasl)
    }

    /// A listener that took a bare AMQP header has no SASL layer here; one that answered it with SASL's has.
    fn sasl_listener(&self) -> Option<Record> {
        self.header(Side::Ours, "sasl")?;
        let offer = match self.find(Side::Ours, "sasl-mechanisms").map(|frame| frame.get("sasl-server-mechanisms")) {
            Some(Value::List(offer)) => offer.clone(),
            _ => vec![Value::Symbol("PLAIN".to_owned())],
        };
        let known = |item: &Value| matches!(item, Value::Symbol(name) if MECHANISMS.contains(&name.as_str()));
        let mut sasl = Record::new("sasl").with("mechanisms", Value::List(offer.into_iter().filter(known).collect()));
        let client = self.find(Side::Theirs, "sasl-init").and_then(super::scram::Client::of);
        let server = self.find(Side::Ours, "sasl-challenge").and_then(super::scram::Server::of);
        if let (Some(client), Some(server)) = (client, server) {
            sasl.set("nonce", server.nonce.trim_start_matches(client.nonce).into());
        }
        Some(sasl)
    }

    /// Features that the core has not got yet.
    fn rule_out(&mut self) {
        if let Some(why) = self.pieces.iter().filter_map(|piece| piece.frame.as_ref()).find_map(unplayable) {
            self.unsupported(why);
        }
    }
}

fn unplayable(frame: &Record) -> Option<String> {
    let state = frame.composite("state").map(|state| state.name.as_str());
    match frame.name.as_str() {
        "sasl-init" => {
            let mechanism = frame.text("mechanism").unwrap_or_default();
            (!MECHANISMS.contains(&mechanism)).then(|| format!("SASL mechanism {mechanism}"))
        }
        "transfer" | "disposition" if matches!(state, Some("transactional-state" | "declared")) => {
            Some("transactions".to_owned())
        }
        _ => None,
    }
}
