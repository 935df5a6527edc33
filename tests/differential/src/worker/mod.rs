//! The foreign codecs, each in a process of its own that answers line by line: what to decode and octets in
//! hexadecimal digits in, what was made of them out. A codec that crashes takes nobody with it.

mod fe2o3;
mod ntex;

use std::io::{self, BufRead, Write};
use std::panic::catch_unwind;

use crate::node::{Node, hex, unhex};
use crate::subject::Subject;

/// What a codec made of octets, or why it refused them.
type Answer = Result<Read, String>;

/// What was read, and how many octets that was, if the codec tells.
enum Read {
    Value(Option<usize>, Node),
    /// Of a type other than value: what the codec writes for what it read.
    Again(Option<usize>, Vec<u8>),
}

/// Answers until the input ends. `None` if there is no codec of that name.
pub(crate) fn work(codec: &str) -> Option<io::Result<()>> {
    let decode = match codec {
        "fe2o3" => fe2o3::decode,
        "ntex" => ntex::decode,
        _ => return None,
    };
    Some(answer_lines(decode))
}

fn answer_lines(decode: fn(Subject, &[u8]) -> Answer) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (subject, digits) = line.split_once(' ').ok_or(io::ErrorKind::InvalidData)?;
        let subject = Subject::from_name(subject).ok_or(io::ErrorKind::InvalidData)?;
        let octets = unhex(digits);
        let length = |len: Option<usize>| len.map_or_else(|| "-".into(), |len| len.to_string());
        match catch_unwind(|| decode(subject, &octets)) {
            Ok(Ok(Read::Value(len, node))) => writeln!(out, "read {} {node}", length(len))?,
            Ok(Ok(Read::Again(len, octets))) => writeln!(out, "again {} {}", length(len), hex(&octets))?,
            Ok(Err(why)) => writeln!(out, "refused {}", why.replace('\n', " "))?,
            Err(_) => writeln!(out, "died of a panic")?,
        }
        // Whatever comes next, this answer has been given.
        out.flush()?;
    }
    Ok(())
}
