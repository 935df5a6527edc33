//! Golden octets: every vector of the `.hex` files in the folders beside this file.
//!
//! A vector is octets and what they are. `parse` tells how it is written, `kinds` as what it may be read. Octets that
//! are accepted must moreover
//!
//! * be written again as they were, or as the `>` line says, in exactly `encoded_len` octets, which read the same;
//! * mean the same amid other octets, which stay unread.
//!
//! Qpid Proton 0.40 reads what is accepted here, as far as values go, except for descriptors that are lists, maps, arrays
//! or described, for empty arrays without a constructor, and for tens of thousands of elements that take no octets.
//!
//! Octets of either kind must, wherever they are cut, be incomplete (§1.2.1) or refused for the same reason as the whole:
//! what is made of them does not depend on how they arrive. Only messages may be cut, at the borders of sections.

mod kinds;
mod parse;

use std::fs;
use std::path::{Path, PathBuf};

use amqp_codec::Bytes;

use self::kinds::{Kind, Refusal};
use self::parse::{Vector, Verdict};

/// Vectors longer than this are not cut at every octet.
const CUT_UP_TO: usize = 300;

fn judge(vector: &Vector) -> Result<(), String> {
    let kind = kinds::find(&vector.kind).ok_or_else(|| format!("nothing is read as {:?}", vector.kind))?;
    let octets = Bytes::from(vector.octets.clone());
    let result = (kind.read)(&octets);
    match (&vector.verdict, &result) {
        (Verdict::Refused(expected), Err(refusal)) => judge_refusal(expected, refusal)?,
        (Verdict::Refused(expected), Ok(reading)) => {
            return Err(format!("expected {expected}; it is {}", reading.text));
        }
        (Verdict::Reads { text, .. }, Err(refusal)) => return Err(format!("expected {text}; refused: {refusal}")),
        (Verdict::Reads { text, writes }, Ok(reading)) => {
            if reading.text != *text {
                return Err(format!("expected {text}\n    it is {}", reading.text));
            }
            if reading.writes != *writes.as_ref().unwrap_or(&vector.octets) {
                return Err(format!("written as {:02x?}", reading.writes));
            }
        }
    }
    judge_cuts(kind, &octets, result.err())
}

/// What the vector says of kind, place and offset must be so.
fn judge_refusal(expected: &str, refusal: &Refusal) -> Result<(), String> {
    let mut rest = expected;
    for part in [Some(refusal.kind.clone()), refusal.field(), refusal.place()].into_iter().flatten() {
        rest = rest.strip_prefix(part.as_str()).unwrap_or(rest).trim_start();
    }
    let named = expected.starts_with(&refusal.kind);
    if named && rest.is_empty() { Ok(()) } else { Err(format!("expected {expected}; refused: {refusal}")) }
}

fn judge_cuts(kind: &Kind, octets: &Bytes, refusal: Option<Refusal>) -> Result<(), String> {
    if !kind.delimited || octets.len() > CUT_UP_TO {
        return Ok(());
    }
    let whole = refusal.map(|refusal| refusal.to_string());
    for cut in 0..octets.len() {
        match (kind.read)(&octets.slice(..cut)) {
            Err(refusal) if refusal.kind == "Incomplete" || whole.as_ref() == Some(&refusal.to_string()) => {}
            Err(refusal) => return Err(format!("cut after {cut} octets: {refusal}")),
            Ok(reading) => return Err(format!("cut after {cut} octets: {}", reading.text)),
        }
    }
    Ok(())
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("an entry").path());
    let (folders, mut files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    files.retain(|path| path.extension().is_some_and(|extension| extension == "hex"));
    files.extend(folders.iter().flat_map(|folder| self::files(folder)));
    files.sort();
    files
}

/// What is wrong with the vectors of a file, and how many there are.
fn judge_file(name: &str, text: &str) -> (Vec<String>, usize) {
    let vectors = match parse::vectors(text) {
        Ok(vectors) => vectors,
        Err(fault) => return (vec![format!("{name}:{fault}")], 0),
    };
    let fault = |vector: &Vector| Some(format!("{name}:{}: {}", vector.line, judge(vector).err()?));
    (vectors.iter().filter_map(fault).collect(), vectors.len())
}

// req: TY-D-03, TY-1.2.1-01
#[test]
fn every_vector() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    let mut faults = Vec::new();
    for path in files(&root) {
        let text = fs::read_to_string(&path).expect("the file can be read");
        let (found, count) = judge_file(&path.strip_prefix(&root).unwrap_or(&path).display().to_string(), &text);
        faults.extend(found);
        assert!(count > 0, "{} holds no vector", path.display());
    }
    assert!(faults.is_empty(), "{} of the vectors are wrong:\n{}", faults.len(), faults.join("\n"));
}

/// A vector that is not true is found, whatever is untrue about it.
#[test]
fn what_is_not_true_is_found() {
    let lies = [
        "as value\n52 01 = uint 2",
        "as value\n52 01 = ulong 1",
        "as value\n70 00000001 = uint 1",
        "as value\n52 01 = uint 1\n> 70 00000001",
        "as value\n52 01 ! Incomplete",
        "as value\n52 ! InvalidUtf8",
        "as value\n52 ! Incomplete in string",
        "as value\n52 ! Incomplete in uint at 7",
        "as value\n52 = uint 0",
        "as value\n52 01 02 = uint 1",
        "as nothing\n52 01 = uint 1",
        "as value\n52 01",
        "as value\n5 = uint 1",
        "as value\n\"unfinished = uint 1",
        "52 01 = uint 1",
    ];
    for lie in lies {
        assert_eq!(judge_file("lie", lie).0.len(), 1, "{lie}");
    }
    let truth = "as value\n# a comment\n52 01 = uint 1\n70 # wide\n 00*3 01 = uint 1\n> 52 01\n52 ! Incomplete at 1";
    assert_eq!(judge_file("truth", truth), (Vec::new(), 3));
}
