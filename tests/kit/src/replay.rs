//! The commands: files found, played, and told of.

use crate::convert::convert;
use crate::runner::{Verdict, play_shown};
use crate::trace::{Role, Step, Trace};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Both roles.
pub const BOTH: [Role; 2] = [Role::Client, Role::Listener];

/// The `.jsonl` and `.trace` files at or below the paths, in order.
///
/// # Errors
/// When a path cannot be read.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = fs::read_dir(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
            let mut inside: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
            inside.retain(|path| path.is_dir() || is_known(path));
            inside.sort();
            found.extend(files(&inside)?);
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn is_known(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "jsonl" || extension == "trace")
}

/// The traces that a file holds, each with a name: itself, or a recording converted for each role.
///
/// # Errors
/// When the file cannot be read.
pub fn traces(path: &Path, roles: &[Role]) -> Result<Vec<(String, Trace)>, String> {
    let text = fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    let name = path.display().to_string();
    if !is_recording(&text) {
        return Ok(vec![(name.clone(), Trace::parse(&name, &text)?)]);
    }
    let file = file_name(path);
    let convert = |role: &Role| {
        // Through the text, so that a difference has a line and the text is known to say everything.
        let printed = convert(&file, &text, *role)?.to_string();
        let trace = Trace::parse(&format!("{file} --role {}", role.name()), &printed)?;
        Ok((format!("{file} as {}", role.name()), trace))
    };
    roles.iter().map(convert).collect()
}

/// Whether these are objects of JSON, whatever the file is called: `AMQP_TRACE=bug.trace` writes them.
fn is_recording(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Prints a recording as a trace.
///
/// # Errors
/// When it cannot be read.
pub fn print_converted(path: &Path, role: Role) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    print!("{}", convert(&file_name(path), &text, role)?);
    Ok(())
}

/// Plays all files, a line each, and says whether none failed; `shown` prints what comes out of the core besides.
///
/// # Errors
/// When a path cannot be read.
pub fn replay(paths: &[PathBuf], roles: &[Role], shown: bool) -> Result<bool, String> {
    let (mut passed, mut unsupported, mut failed) = (0u32, 0u32, 0u32);
    for path in files(paths)? {
        for (name, trace) in traces(&path, roles)? {
            let verdict = play_shown(&trace, shown);
            println!("{name}: {verdict}");
            match verdict {
                Verdict::Pass => passed += 1,
                Verdict::Unsupported(_) => unsupported += 1,
                Verdict::Fail(_) => failed += 1,
            }
        }
    }
    println!("{passed} pass, {unsupported} unsupported, {failed} FAIL");
    Ok(failed == 0)
}

/// Prints a table of the files and what each asserts, in Markdown.
///
/// # Errors
/// When a path cannot be read.
pub fn print_list(paths: &[PathBuf]) -> Result<(), String> {
    println!("| trace | core | connections | input | frames | events | snapshots | what | proves |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for path in files(paths)? {
        for (name, trace) in traces(&path, &BOTH)? {
            println!("{}", print_row(&name, &trace));
        }
    }
    Ok(())
}

/// A file's name with the folders below `traces` or `scenarios`.
fn listed_name(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    let base = parts.iter().rposition(|part| part == "traces" || part == "scenarios");
    let below = base.and_then(|base| parts.get(base + 1..)).filter(|below| !below.is_empty());
    below.map_or_else(|| file_name(path), |below| below.join("/"))
}

/// The row of that table for one trace.
pub fn print_row(name: &str, trace: &Trace) -> String {
    let name = listed_name(Path::new(name));
    let roles: BTreeSet<_> = trace.connections.iter().map(|script| script.role.name()).collect();
    let roles = roles.into_iter().collect::<Vec<_>>().join(", ");
    let count = |wanted: fn(&Step) -> bool| {
        let steps = trace.connections.iter().flat_map(|script| &script.entries).map(|entry| &entry.step);
        steps.filter(|step| wanted(step)).count()
    };
    let connections = trace.connections.len();
    let input = count(|step| matches!(step, Step::Input(_) | Step::Raw(..) | Step::Part(_) | Step::InputEnd));
    let frames = count(|step| matches!(step, Step::Output(_)));
    let events = count(|step| matches!(step, Step::Event(_)));
    let snapshots = count(|step| matches!(step, Step::Snapshot(_)));
    let title = trace.comments.first().map_or("", String::as_str);
    let rows: BTreeSet<_> = trace.requirements().into_iter().collect();
    let rows = rows.into_iter().collect::<Vec<_>>().join(" ");
    format!("| {name} | {roles} | {connections} | {input} | {frames} | {events} | {snapshots} | {title} | {rows} |")
}
