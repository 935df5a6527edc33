//! A case of the catalogue, and the preambles.

use crate::wire::unhex;
use serde_json::Value as Json;

/// One line of the catalogue.
pub(super) struct Case {
    pub(super) id: String,
    pub(super) phase: String,
    pub(super) client: bool,
    pub(super) preamble: String,
    feature: Option<String>,
    pub(super) eof: bool,
    pub(super) hold_output: bool,
    pub(super) advance_millis: u64,
    pub(super) reply_order: Vec<String>,
    /// What is right: the first, or one of the others.
    pub(super) reactions: Vec<Reaction>,
    pub(super) reply: Option<Vec<u8>>,
    pub(super) sasl_outcome: Option<u64>,
    pub(super) after: Vec<String>,
    must_not: Vec<String>,
    octets: Vec<u8>,
    repeat: u64,
    chunk: Option<usize>,
    vary: Option<Vary>,
}

/// A reaction that is right.
#[derive(Debug)]
pub(super) struct Reaction {
    pub(super) scope: String,
    pub(super) condition: Option<String>,
    pub(super) outcome: bool,
}

/// A number inside the octets that changes with each repetition.
struct Vary {
    at: usize,
    length: usize,
    add: u64,
    decimal: bool,
}

fn text(json: &Json, key: &str) -> Option<String> {
    json.get(key).and_then(Json::as_str).map(str::to_owned)
}

fn texts(json: &Json, key: &str) -> Vec<String> {
    match json.get(key) {
        Some(Json::String(one)) => vec![one.clone()],
        Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn size(json: &Json, key: &str) -> Option<usize> {
    json.get(key).and_then(Json::as_u64).and_then(|n| usize::try_from(n).ok())
}

impl Reaction {
    fn of(json: &Json) -> Self {
        Self {
            scope: text(json, "scope").unwrap_or_default(),
            condition: text(json, "condition"),
            outcome: json.get("outcome").is_some_and(|outcome| !outcome.is_null()),
        }
    }
}

impl Case {
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(line).map_err(|fault| fault.to_string())?;
        let flag = |key: &str| json.get(key).and_then(Json::as_bool).unwrap_or(false);
        let number = |key: &str| json.get(key).and_then(Json::as_u64);
        let wanted = |key: &str| text(&json, key).ok_or_else(|| format!("no {key:?}"));
        let expect = json.get("expect").ok_or("no \"expect\"")?;
        let also = expect.get("also").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let vary = json.get("vary").map(|vary| Vary {
            at: size(vary, "at").unwrap_or(0),
            length: size(vary, "len").unwrap_or(0),
            add: vary.get("add").and_then(Json::as_u64).unwrap_or(1),
            decimal: text(vary, "as").as_deref() == Some("decimal"),
        });
        Ok(Self {
            id: wanted("id")?,
            phase: wanted("phase")?,
            client: wanted("role")? == "client",
            preamble: wanted("preamble")?,
            feature: text(&json, "feature"),
            eof: flag("eof"),
            hold_output: flag("hold_output"),
            advance_millis: number("advance_ms").unwrap_or(0),
            reply_order: texts(&json, "reply_order"),
            reactions: std::iter::once(expect).chain(also).map(Reaction::of).collect(),
            reply: text(expect, "reply").map(|hex| unhex(&hex)).transpose()?,
            sasl_outcome: expect.get("sasl_outcome").and_then(Json::as_u64),
            after: texts(expect, "after"),
            must_not: texts(expect, "must_not"),
            octets: unhex(&wanted("hex")?)?,
            repeat: number("repeat").unwrap_or(1),
            chunk: size(&json, "chunk"),
            vary,
        })
    }

    /// The optional part that it is about, if nothing is known of that.
    pub(super) fn unknown_part(&self) -> Option<&str> {
        self.feature.as_deref().filter(|feature| !matches!(*feature, "scram" | "txn"))
    }

    /// The optional part that a link of the case asks for.
    pub(super) fn part_of_link(&self) -> Option<&'static str> {
        self.feature.as_deref().filter(|feature| *feature == "txn").map(|_| "transactions")
    }

    pub(super) fn must_not(&self, what: &str) -> bool {
        self.must_not.iter().any(|known| known == what)
    }

    /// The octets as they are fed.
    pub(super) fn pieces(&self) -> Vec<Vec<u8>> {
        let repeated = (0..self.repeat).map(|turn| {
            let mut octets = self.octets.clone();
            if let Some(vary) = &self.vary {
                vary.apply(&mut octets, turn);
            }
            octets
        });
        let Some(chunk) = self.chunk else { return repeated.collect() };
        repeated.flat_map(|octets| octets.chunks(chunk).map(<[u8]>::to_vec).collect::<Vec<_>>()).collect()
    }
}

impl Vary {
    fn apply(&self, octets: &mut [u8], turn: u64) {
        let Some(field) = octets.get_mut(self.at..self.at + self.length) else { return };
        let base: u64 = if self.decimal { 10 } else { 256 };
        let zero = if self.decimal { b'0' } else { 0 };
        let start = field
            .iter()
            .fold(0u64, |sum, octet| sum.wrapping_mul(base).wrapping_add(u64::from(octet.wrapping_sub(zero))));
        let mut number = start.wrapping_add(self.add.wrapping_mul(turn));
        for octet in field.iter_mut().rev() {
            *octet = u8::try_from(number % base).unwrap_or(0).wrapping_add(zero);
            number /= base;
        }
    }
}

/// How each state is reached: what the peer sends.
pub(super) struct Preambles(Json);

impl Preambles {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map(Self).map_err(|fault| format!("preambles.json: {fault}"))
    }

    /// The peer's octets, in order; what the endpoint does in between is the endpoint's.
    pub(super) fn steps(&self, name: &str) -> Result<Vec<Vec<u8>>, String> {
        let preamble = self.0.get(name).ok_or_else(|| format!("no preamble is called {name:?}"))?;
        let steps = preamble.get("steps").and_then(Json::as_array).ok_or("a preamble without steps")?;
        steps.iter().filter_map(|step| text(step, "peer")).map(|hex| unhex(&hex)).collect()
    }
}
