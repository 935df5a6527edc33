//! Comparing verdicts, and counting what comes of it.

use std::collections::BTreeMap;
use std::io;

use amqp_codec::{Bytes, DecodeError, Decoder, Value};

use crate::classes::{self, Case};
use crate::input::Kind;
use crate::node::{Node, hex};
use crate::peer::{Codec, Peer, Verdict};

/// How many disagreements of no class are printed: the shortest.
const PRINTED: usize = 12;

/// What our codec made of the octets: the value and how many octets it had.
pub(crate) type Ours = Result<(Value, usize), DecodeError>;

fn decode(octets: &Bytes) -> Ours {
    let mut decoder = Decoder::new(octets);
    decoder.decode().map(|value| (value, decoder.position()))
}

/// What has been compared so far.
#[derive(Default)]
pub(crate) struct Tally {
    inputs: usize,
    accepted: usize,
    agreed: BTreeMap<String, usize>,
    /// Class and codec, and how often.
    classes: BTreeMap<(&'static str, String), usize>,
    unknown: Vec<(usize, String)>,
}

impl Tally {
    pub(crate) fn compare(&mut self, peers: &[Peer], inputs: &[(Kind, Bytes)]) -> io::Result<()> {
        let octets: Vec<Bytes> = inputs.iter().map(|(_, octets)| octets.clone()).collect();
        let ours: Vec<Ours> = octets.iter().map(decode).collect();
        self.inputs += inputs.len();
        self.accepted += ours.iter().filter(|ours| ours.is_ok()).count();
        for peer in peers {
            let verdicts = peer.ask(&octets)?;
            for (((kind, input), ours), theirs) in inputs.iter().zip(&ours).zip(&verdicts) {
                self.judge(Case { codec: peer.codec, kind: *kind, input, ours, theirs });
            }
        }
        Ok(())
    }

    fn judge(&mut self, case: Case<'_>) {
        if agree(case.codec, case.ours, case.theirs) {
            *self.agreed.entry(case.codec.to_string()).or_default() += 1;
        } else if let Some(class) = classes::of(&case) {
            *self.classes.entry((class.name, case.codec.to_string())).or_default() += 1;
        } else {
            let ours = match case.ours {
                Ok((value, len)) => format!("reads {len} octets: {}", Node::from(value)),
                Err(error) => format!("refuses: {error}"),
            };
            let Case { codec, kind, input, theirs, .. } = case;
            let text = format!("{kind:?} {}\n  we {ours}\n  {codec} {theirs:?}", hex(input));
            self.unknown.push((case.input.len(), text));
        }
    }

    /// Prints the figures. Whether every disagreement is of a class.
    pub(crate) fn report(mut self) -> bool {
        println!("{} inputs, of which we accept {}", self.inputs, self.accepted);
        for (codec, count) in &self.agreed {
            println!("agree with {codec:6} {count:8}");
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

/// Whether both refuse, or both read the same value out of as many octets.
fn agree(codec: Codec, ours: &Ours, theirs: &Verdict) -> bool {
    match (ours, theirs) {
        (Err(_), Verdict::Refused(_)) => true,
        (Ok((ours, our_len)), Verdict::Read { len, value }) => {
            let node = Node::from(ours);
            // Its maps are hash tables: their order is lost. Its worker prints them sorted, too.
            let node = if codec == Codec::Ntex { node.with_sorted_maps() } else { node };
            len.is_none_or(|len| len == *our_len) && node.to_string() == *value
        }
        _ => false,
    }
}
