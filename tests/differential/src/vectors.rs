//! Values out of files: the hexadecimal vectors of the codec's tests, and the seeds of the fuzz target `value`.

use std::{fs, io};

use crate::input::{Input, Kind};
use crate::node::unhex;
use crate::subject::Subject;

/// The values in the files: of a `.hex` file each vector that is read `as value`, of any other its octets.
pub(crate) fn read(files: &[String]) -> io::Result<Vec<Input>> {
    let mut values = Vec::new();
    for file in files {
        if file.ends_with(".hex") {
            values.extend(of_text(&fs::read_to_string(file)?));
        } else {
            values.push(fs::read(file)?);
        }
    }
    let input = |octets: Vec<u8>| Input { subject: Subject::Value, kind: Kind::Recorded, octets: octets.into() };
    Ok(values.into_iter().map(input).collect())
}

/// Octets stand before `=` or `!`, over one or several lines; `amqp-codec/tests/vectors/parse.rs` says how.
fn of_text(text: &str) -> Vec<Vec<u8>> {
    let mut values = Vec::new();
    let mut is_value = false;
    let mut octets = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(kind) = line.strip_prefix("as ") {
            is_value = kind.trim() == "value";
        } else if !line.starts_with(['#', '=', '>']) {
            let rest = take_octets(line, &mut octets);
            if rest.starts_with(['=', '!']) {
                values.extend(Some(std::mem::take(&mut octets)).filter(|_| is_value));
            }
        } else if line.starts_with('=') && !octets.is_empty() {
            values.extend(Some(std::mem::take(&mut octets)).filter(|_| is_value));
        }
    }
    values
}

/// Groups of hexadecimal digits and text in quotation marks, each perhaps repeated with `*N`. Returns what follows.
fn take_octets<'a>(mut line: &'a str, octets: &mut Vec<u8>) -> &'a str {
    loop {
        line = line.trim_start();
        let (group, rest) = match line.strip_prefix('"').and_then(|text| text.split_once('"')) {
            Some((text, rest)) => (text.as_bytes().to_vec(), rest),
            None => {
                let end = line.find(|digit: char| !digit.is_ascii_hexdigit()).unwrap_or(line.len());
                (unhex(&line[..end]), &line[end..])
            }
        };
        let (times, rest) = match rest.strip_prefix('*') {
            Some(rest) => {
                let end = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
                (rest[..end].parse().unwrap_or(1), &rest[end..])
            }
            None => (1, rest),
        };
        if rest.len() == line.len() {
            return line;
        }
        octets.extend(group.repeat(times));
        line = rest;
    }
}
