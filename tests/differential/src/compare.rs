//! Comparing verdicts, and counting what comes of it.

use std::collections::BTreeMap;
use std::io;

use amqp_codec::{Bytes, DecodeError, Value};

use crate::classes::{self, Case};
use crate::input::Input;
use crate::node::{Node, hex};
use crate::peer::{Codec, Peer, Verdict};
use crate::subject::Subject;

/// How many disagreements of no class are printed: the shortest.
const PRINTED: usize = 12;

/// What our codec made of the octets: the value and how many octets it had.
pub(crate) type Ours = Result<(Value, usize), DecodeError>;

/// What has been compared so far.
#[derive(Default)]
pub(crate) struct Tally {
    inputs: usize,
    accepted: usize,
    agreed: BTreeMap<(String, Subject), usize>,
    /// Class and codec, and how often.
    classes: BTreeMap<(&'static str, String), usize>,
    unknown: Vec<(usize, String)>,
}

impl Tally {
    pub(crate) fn compare(&mut self, peers: &[Peer], inputs: &[Input]) -> io::Result<()> {
        let ours: Vec<Ours> = inputs.iter().map(|input| input.subject.decode(&input.octets)).collect();
        self.inputs += inputs.len();
        self.accepted += ours.iter().filter(|ours| ours.is_ok()).count();
        for peer in peers {
            let known = || inputs.iter().zip(&ours).filter(|(input, _)| peer.knows(input.subject));
            let questions: Vec<(Subject, Bytes)> =
                known().map(|(input, _)| (input.subject, input.octets.clone())).collect();
            for ((input, ours), theirs) in known().zip(peer.ask(&questions)?) {
                let theirs = rewritten(peer.codec, input.subject, theirs);
                self.judge(Case { codec: peer.codec, input, ours, theirs: &theirs });
            }
        }
        Ok(())
    }

    fn judge(&mut self, case: Case<'_>) {
        if agree(case.codec, case.ours, case.theirs) {
            *self.agreed.entry((case.codec.to_string(), case.input.subject)).or_default() += 1;
        } else if let Some(class) = classes::of(&case) {
            *self.classes.entry((class.name, case.codec.to_string())).or_default() += 1;
        } else {
            let ours = match case.ours {
                Ok((value, len)) => format!("reads {len} octets: {}", Node::from(value)),
                Err(error) => format!("refuses: {error}"),
            };
            let Case { codec, input: Input { subject, kind, octets }, theirs, .. } = case;
            let text = format!("{subject} {kind:?} {}\n  we {ours}\n  {codec} {theirs:?}", hex(octets));
            self.unknown.push((octets.len(), text));
        }
    }

    /// Prints the figures. Whether every disagreement is of a class.
    pub(crate) fn report(mut self) -> bool {
        println!("{} inputs, of which we accept {}", self.inputs, self.accepted);
        for ((codec, subject), count) in &self.agreed {
            println!("{codec:6} {count:8} agree on a {subject}");
        }
        for ((class, codec), count) in &self.classes {
            println!("{codec:6} {count:8} {class}");
        }
        self.unknown.sort();
        for (_, text) in self.unknown.iter().take(PRINTED) {
            println!("DISAGREEMENT of no class: {text}");
        }
        println!("{} disagreements of no class", self.unknown.len());
        self.unknown.is_empty()
    }
}

/// What a codec wrote for what it had read, as we read it.
fn rewritten(codec: Codec, subject: Subject, verdict: Verdict) -> Verdict {
    let Verdict::Again { len, octets } = verdict else { return verdict };
    let value = match subject.decode(&octets) {
        Ok((value, _)) => form(codec, &value),
        Err(error) => format!("what it writes as {}, which we refuse: {error}", hex(&octets)),
    };
    Verdict::Read { len, value }
}

/// A value of ours in the common form. ntex's maps are hash tables: their order is lost.
pub(crate) fn form(codec: Codec, value: &Value) -> String {
    let node = Node::from(value);
    let node = if codec == Codec::Ntex { node.with_sorted_maps() } else { node };
    node.to_string()
}

/// Whether both refuse, or both read the same value out of as many octets.
fn agree(codec: Codec, ours: &Ours, theirs: &Verdict) -> bool {
    match (ours, theirs) {
        (Err(_), Verdict::Refused(_)) => true,
        (Ok((ours, our_len)), Verdict::Read { len, value }) => {
            len.is_none_or(|len| len == *our_len) && form(codec, ours) == *value
        }
        _ => false,
    }
}
