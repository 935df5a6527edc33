//! A fault as a trace: what was done to both cores, octet by octet, up to where one of them went wrong. It replays to
//! just there: the last line of the faulty core's connection says what should be, or it ends before the frame that
//! should not.

use super::case::Case;
use super::world::{Checked, Fault, World};
use amqp10_testkit::trace::{Step, Trace};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A case that went wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) what: String,
    pub(crate) trace: Trace,
}

/// Plays a case. With a `lie` the model is told wrong windows.
///
/// # Errors
/// What went wrong first.
pub(crate) fn play(case: &Case, lie: u32) -> Result<World, Box<Failure>> {
    let mut world =
        World::new(case).map_err(|fault| Box::new(Failure { what: fault.what, trace: Trace::default() }))?;
    let played = catch_unwind(AssertUnwindSafe(|| run(&mut world, case, lie)));
    let fault = match played {
        Ok(Ok(())) => return Ok(world),
        Ok(Err(fault)) => fault,
        Err(panic) => Box::new(panicked(&world, panic.downcast_ref::<String>().map(String::as_str))),
    };
    Err(Box::new(Failure { what: format!("{:?}: {}", fault.side, fault.what), trace: trace(&world, case, *fault) }))
}

fn run(world: &mut World, case: &Case, lie: u32) -> Checked {
    world.open(case.links.into())?;
    world.lie = lie;
    case.commands.iter().try_for_each(|command| world.step(command))?;
    world.settle_down()?;
    world.close()
}

/// The script of the core whose turn it was ends with what made it panic.
fn panicked(world: &World, message: Option<&str>) -> Fault {
    Fault { side: world.last, what: format!("panic: {}", message.unwrap_or("?")), demand: None }
}

/// The faulty core's connection first: a replay stops at the first difference.
fn trace(world: &World, case: &Case, fault: Fault) -> Trace {
    let mut trace = Trace { comments: vec![format!("The model found: {}", fault.what)], ..Trace::default() };
    trace.comments.extend(case.setup.iter().map(|setup| format!("{setup:?}")));
    trace.comments.extend(case.commands.iter().map(|command| format!("{command:?}")));
    let mut faulty = world.end(fault.side).live.script().clone();
    faulty.push(Step::Comment(format!("What is wrong now: {}", fault.what)));
    faulty.entries.extend(fault.demand.map(|step| amqp10_testkit::trace::Entry { line: 0, step }));
    trace.connections = vec![faulty, world.end(fault.side.other()).live.script().clone()];
    trace
}
