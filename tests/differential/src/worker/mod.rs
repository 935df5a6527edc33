//! The foreign codecs, each in a process of its own that answers line by line: octets in hexadecimal digits in, what
//! was made of them out. A codec that crashes takes nobody with it.

mod fe2o3;
mod ntex;

use std::io::{self, BufRead, Write};
use std::panic::catch_unwind;

use crate::node::{Node, unhex};

/// What a codec made of octets: how many it read, if it tells, and the value; or why it refused them.
type Answer = Result<(Option<usize>, Node), String>;

/// Answers until the input ends. `None` if there is no codec of that name.
pub(crate) fn work(codec: &str) -> Option<io::Result<()>> {
    let decode = match codec {
        "fe2o3" => fe2o3::decode,
        "ntex" => ntex::decode,
        _ => return None,
    };
    Some(answer_lines(decode))
}

fn answer_lines(decode: fn(&[u8]) -> Answer) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let octets = unhex(&line?);
        match catch_unwind(|| decode(&octets)) {
            Ok(Ok((Some(len), node))) => writeln!(out, "read {len} {node}")?,
            Ok(Ok((None, node))) => writeln!(out, "read - {node}")?,
            Ok(Err(why)) => writeln!(out, "refused {}", why.replace('\n', " "))?,
            Err(_) => writeln!(out, "died of a panic")?,
        }
        // Whatever comes next, this answer has been given.
        out.flush()?;
    }
    Ok(())
}
