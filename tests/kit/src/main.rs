//! The kit's commands; see [`USAGE`].

use amqp10_testkit::coverage::{Coverage, Kind};
use amqp10_testkit::heap::Counting;
use amqp10_testkit::trace::Role;
use amqp10_testkit::{hostile, replay};
use lexopt::prelude::*;
use std::path::PathBuf;
use std::process::ExitCode;

/// `hostile` measures the heap.
#[global_allocator]
static HEAP: Counting = Counting;

const USAGE: &str = "\
usage: amqp10-testkit replay PATH… [--role client|listener|both] [--show]
       amqp10-testkit convert PATH [--role client|listener]
       amqp10-testkit list PATH…
       amqp10-testkit hostile PATH
       amqp10-testkit coverage [--scenarios] [--part XX] [--open] [--prune]

replay   plays recordings (of JSON, the core in the place of either side) and traces (.trace) against the core;
         one line a file and role: pass, unsupported: why, or FAIL: the first difference; exit 1 if one fails;
         --show prints what comes out of the core
convert  prints a recording as a trace
hostile  plays a catalogue of hostile input (cases.jsonl, with preambles.json beside it), a line a case and a count
list     prints a table of traces and what each asserts, in Markdown
coverage prints a line a row of tests/requirements: proved by which files, open, or excepted and why; with --scenarios a
         line a scenario; --part: those whose ids begin so (TY, TR, MS, TX, SE, EX); --open leaves out what is not open;
         --prune first takes out of the lists of open ones what is proved by now; exit 1 if a proof was lost, a test
         names a row that does not exist, or a list is not true
A PATH is a file, or a directory that is searched for .jsonl and .trace files.";

#[derive(Default)]
struct Arguments {
    command: String,
    paths: Vec<PathBuf>,
    roles: Vec<Role>,
    shown: bool,
    part: Option<String>,
    kind: Kind,
    open: bool,
    prune: bool,
}

fn arguments() -> Result<Arguments, lexopt::Error> {
    let mut arguments = Arguments::default();
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("role") => {
                arguments.roles = match parser.value()?.string()?.as_str() {
                    "client" => vec![Role::Client],
                    "listener" => vec![Role::Listener],
                    "both" => vec![Role::Client, Role::Listener],
                    other => return Err(format!("--role {other}: client, listener or both").into()),
                };
            }
            Long("show") => arguments.shown = true,
            Long("part") => arguments.part = Some(parser.value()?.string()?),
            Long("scenarios") => arguments.kind = Kind::Scenarios,
            Long("open") => arguments.open = true,
            Long("prune") => arguments.prune = true,
            Short('h') | Long("help") => "help".clone_into(&mut arguments.command),
            Value(value) if arguments.command.is_empty() => arguments.command = value.string()?,
            Value(value) => arguments.paths.push(value.into()),
            other => return Err(other.unexpected()),
        }
    }
    Ok(arguments)
}

fn run() -> Result<bool, String> {
    let arguments = arguments().map_err(|fault| format!("{fault}\n{USAGE}"))?;
    let Arguments { command, paths, roles, shown, .. } = &arguments;
    match command.as_str() {
        "help" => {
            println!("{USAGE}");
            return Ok(true);
        }
        "coverage" => return coverage(&arguments),
        _ => {}
    }
    let path = paths.first().ok_or(USAGE)?;
    match command.as_str() {
        "replay" => replay::replay(paths, if roles.is_empty() { &replay::BOTH } else { roles }, *shown),
        "convert" => replay::print_converted(path, roles.first().copied().unwrap_or(Role::Client)).map(|()| true),
        "hostile" => hostile::run(path),
        "list" => replay::print_list(paths).map(|()| true),
        other => Err(format!("no command is called {other:?}\n{USAGE}")),
    }
}

fn coverage(arguments: &Arguments) -> Result<bool, String> {
    if arguments.prune {
        Coverage::of_this_tree()?.prune()?;
    }
    Coverage::of_this_tree()?.print(arguments.kind, arguments.part.as_deref(), arguments.open)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}
