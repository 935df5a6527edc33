//! Text to [`Trace`].

use super::scan::Scanner;
use super::{Compare, Entry, Role, Script, Step, Trace};
use crate::wire::{Record, Value, unhex};
use std::time::Duration;

pub(super) fn parse(file: &str, text: &str) -> Result<Trace, String> {
    let mut trace = Trace { file: file.to_owned(), ..Trace::default() };
    for (number, line) in text.lines().enumerate() {
        let line_number = number + 1;
        parse_line(&mut trace, line_number, line.trim()).map_err(|fault| format!("{file}:{line_number}: {fault}"))?;
    }
    if trace.connections.is_empty() {
        return Err(format!("{file}: no connection: a line `@ client …` or `@ listener …` is wanted"));
    }
    Ok(trace)
}

fn parse_line(trace: &mut Trace, line: usize, text: &str) -> Result<(), String> {
    let Some(sigil) = text.chars().next() else { return Ok(()) };
    let rest = text.get(sigil.len_utf8()..).unwrap_or_default().trim();
    if sigil == '@' {
        return setting(trace, rest);
    }
    let step = match sigil {
        '#' => Step::Comment(rest.to_owned()),
        '>' => input(rest)?,
        '+' => Step::Part(Box::new(input(rest)?)),
        '<' => Step::Output(Scanner::new(rest).record()?),
        '!' => Step::Command(Scanner::new(rest).record()?),
        '=' => Step::Event(Scanner::new(rest).record()?),
        '~' => Step::Advance(duration(rest)?),
        '?' => Step::Snapshot(Scanner::new(rest).record()?),
        _ => return Err(format!("no entry begins with {sigil:?}")),
    };
    match (trace.connections.last_mut(), step) {
        (None, Step::Comment(text)) => trace.comments.push(text),
        (None, _) => return Err("no connection yet: `@ client …` or `@ listener …` comes first".to_owned()),
        (Some(script), step) => script.entries.push(Entry { line, step }),
    }
    Ok(())
}

fn setting(trace: &mut Trace, text: &str) -> Result<(), String> {
    if let Some(why) = text.strip_prefix("unsupported") {
        let script = trace.connections.last_mut().ok_or("which connection?")?;
        script.unsupported = Some(why.trim().trim_matches('"').to_owned());
        return Ok(());
    }
    let mut record = Scanner::new(text).record()?;
    let role = match record.name.as_str() {
        "client" => Role::Client,
        "listener" => Role::Listener,
        "sasl" => {
            trace.connections.last_mut().ok_or("which connection?")?.sasl = Some(record);
            return Ok(());
        }
        other => return Err(format!("no setting is called {other:?}")),
    };
    let compare = match record.text("compare") {
        None | Some("exact") => Compare::Exact,
        Some("meaning") => Compare::Meaning,
        Some(other) => return Err(format!("compare={other}: exact or meaning")),
    };
    record.set("compare", Value::Null);
    trace.connections.push(Script { config: record, ..Script::new(role, compare) });
    Ok(())
}

/// A frame, `eof`, or octets: a word of hex digits only, as no frame has for a name.
fn input(text: &str) -> Result<Step, String> {
    let (first, comment) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if first == "eof" {
        return Ok(Step::InputEnd);
    }
    if first.len() >= 2 && first.chars().all(|c| c.is_ascii_hexdigit()) {
        let comment = comment.trim().trim_start_matches('#').trim();
        return Ok(Step::Raw(unhex(first)?, comment.to_owned()));
    }
    let record: Record = Scanner::new(text).record()?;
    Ok(Step::Input(record))
}

fn duration(text: &str) -> Result<Duration, String> {
    let text = text.split('#').next().unwrap_or_default().trim();
    let (number, scale) = match text.strip_suffix("ms") {
        Some(millis) => (millis, 1),
        None => (text.strip_suffix('s').ok_or("a time is written 250ms or 2s")?, 1000),
    };
    let number: u64 = number.trim().parse().map_err(|_| format!("no time: {text:?}"))?;
    Ok(Duration::from_millis(number * scale))
}
