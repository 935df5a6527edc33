//! The classes of disagreement: what each is about, which clause decides it, and who is right.
//!
//! A class is as narrow as can be told from the input, from our verdict and from theirs. The first that matches counts:
//! those of [`values`], then those of [`composites`].

mod composites;
mod values;

use std::fmt::Write as _;

use amqp_codec::{DecodeErrorKind, Value};

use crate::compare::Ours;
use crate::input::Input;
use crate::peer::Codec;
use crate::peer::Verdict;

/// An input that we and a codec do not judge alike.
pub(crate) struct Case<'a> {
    pub(crate) codec: Codec,
    pub(crate) input: &'a Input,
    pub(crate) ours: &'a Ours,
    pub(crate) theirs: &'a Verdict,
}

/// Whom the clause agrees with.
#[derive(Clone, Copy)]
enum Right {
    We,
    /// The text leaves it open.
    Both,
    /// They keep to the text; what we accept beyond it is on purpose, or left to the caller.
    They,
}

pub(crate) struct Class {
    pub(crate) name: &'static str,
    codecs: &'static [Codec],
    what: &'static str,
    clause: &'static str,
    right: Right,
    matches: fn(&Case<'_>) -> bool,
}

fn all() -> impl Iterator<Item = &'static Class> {
    values::CLASSES.iter().chain(composites::CLASSES)
}

/// The class of a disagreement.
pub(crate) fn of(case: &Case<'_>) -> Option<&'static Class> {
    all().find(|class| class.codecs.contains(&case.codec) && (class.matches)(case))
}

/// The classes as a table in Markdown.
pub(crate) fn table() -> String {
    let mut table =
        String::from("| class | codecs | what they do | clause | right |\n| --- | --- | --- | --- | --- |\n");
    for Class { name, codecs, what, clause, right, .. } in all() {
        let codecs: Vec<String> = codecs.iter().map(Codec::to_string).collect();
        let right = match right {
            Right::We => "we",
            Right::Both => "both",
            Right::They => "they",
        };
        let _ = writeln!(table, "| `{name}` | {} | {what} | {clause} | {right} |", codecs.join(", "));
    }
    table
}

/// Whether they read what we refuse for this reason.
fn reads(case: &Case<'_>, reason: DecodeErrorKind) -> bool {
    matches!(case.theirs, Verdict::Read { .. }) && refused_for(case) == Some(reason)
}

fn refused_for(case: &Case<'_>) -> Option<DecodeErrorKind> {
    case.ours.as_ref().err().map(|error| error.kind())
}

/// Whether we read a value of which this holds; whatever they make of it is not the same.
fn ours(case: &Case<'_>, is: impl Fn(&Value) -> bool) -> bool {
    case.ours.as_ref().is_ok_and(|(value, _)| is(value))
}

const ALL: &[Codec] = &[Codec::Fe2o3, Codec::Ntex, Codec::Proton];

#[cfg(test)]
mod tests {
    #[test]
    fn the_readme_has_the_table() {
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&super::table()), "replace the table by what `differential --table` prints");
    }
}
