//! Whether a reaction is the right one.

use super::case::{Case, Reaction};
use super::endpoint::{Consumed, Endpoint};
use crate::trace::print_record;
use crate::wire::{Record, Value, unhex};
use std::time::Duration;

pub(super) type Judged = Result<(), String>;

/// The probe of the catalogue: a begin on channel 5.
const PROBE: &str = "0000001602000005005311c0090540435264526452ff";

/// How a case went that did nothing it must not.
pub(super) struct Played {
    /// Whether it did all that it has to.
    pub(super) demanded: Judged,
    /// Whether a link was refused for want of a part.
    pub(super) refused: bool,
}

/// Judges all that the case says. `before`: what the preamble has brought out.
pub(super) fn judge(case: &Case, endpoint: &mut Endpoint, before: &[Record]) -> Result<Played, String> {
    let consumed = endpoint.consume()?;
    let frames = endpoint.frames()?;
    let demanded = demanded(case, endpoint, &frames);
    forbidden(case, endpoint, consumed, &frames)?;
    let after = |()| case.after.iter().try_for_each(|what| after(what, endpoint, &frames));
    let demanded = demanded.and_then(after);
    Ok(Played { demanded, refused: before.iter().chain(&frames).any(refuses) })
}

fn refuses(frame: &Record) -> bool {
    frame.name == "detach" && frame.flag("closed") && condition(frame) == Some("amqp:not-implemented")
}

/// One of the reactions, and the answers.
fn demanded(case: &Case, endpoint: &mut Endpoint, frames: &[Record]) -> Judged {
    let mut faults = Vec::new();
    for reaction in &case.reactions {
        match right(case, reaction, endpoint, frames) {
            Ok(()) => {
                faults.clear();
                break;
            }
            Err(fault) => faults.push(fault),
        }
    }
    if let Some(fault) = faults.into_iter().next() {
        return Err(format!("{fault}; sent: {}", printed(frames)));
    }
    answers(case, endpoint, frames)
}

fn printed(frames: &[Record]) -> String {
    let all: Vec<_> = frames.iter().map(print_record).collect();
    crate::meaning::shorten(&all.join(" | "))
}

fn condition(frame: &Record) -> Option<&str> {
    frame.composite("error").and_then(|error| error.text("condition"))
}

fn right(case: &Case, reaction: &Reaction, endpoint: &mut Endpoint, frames: &[Record]) -> Judged {
    let wanted = reaction.condition.as_deref();
    let with = |name: &str| frames.iter().any(|frame| frame.name == name && condition(frame) == wanted);
    let ended = |fault: &str| Err(format!("expected {fault}"));
    let bare_end = matches!(case.phase.as_str(), "header" | "sasl" | "preopen");
    match reaction.scope.as_str() {
        "connection" if wanted.is_none() => {
            endpoint.advance(Duration::from_secs(6))?;
            if endpoint.shut { Ok(()) } else { ended("the transport to end") }
        }
        "connection" if with("close") => {
            endpoint.advance(Duration::from_secs(6))?;
            if endpoint.shut { Ok(()) } else { ended("the transport to end after close") }
        }
        "connection" if bare_end && endpoint.shut && !frames.iter().any(|frame| frame.name == "close") => Ok(()),
        "connection" => ended(&format!("close with {}", wanted.unwrap_or("no condition"))),
        "session" if with("end") => Ok(()),
        "session" => ended(&format!("end with {}", wanted.unwrap_or("no condition"))),
        "link" if frames.iter().any(|f| f.name == "detach" && condition(f) == wanted && f.flag("closed")) => Ok(()),
        "link" => ended(&format!("detach, closed, with {}", wanted.unwrap_or("no condition"))),
        "none" if reaction.outcome => {
            let rejected = |frame: &Record| {
                let state = frame.composite("state").filter(|state| state.name == "rejected");
                state.is_some_and(|state| condition(state) == wanted)
            };
            if frames.iter().any(rejected) { Ok(()) } else { ended("the delivery to be rejected") }
        }
        _ => match frames.iter().find(|frame| condition(frame).is_some()) {
            Some(frame) => Err(format!("expected no error; came {}", print_record(frame))),
            None if endpoint.shut => ended("the connection to go on"),
            None => Ok(()),
        },
    }
}

fn answers(case: &Case, endpoint: &Endpoint, frames: &[Record]) -> Judged {
    if let Some(reply) = &case.reply {
        if endpoint.sent != *reply {
            let (wanted, came) = (crate::wire::hex(reply), crate::wire::hex(&endpoint.sent));
            return Err(format!("expected exactly {wanted} to be sent; came {came}"));
        }
    }
    if let Some(code) = case.sasl_outcome {
        let codes = ["ok", "auth", "sys", "sys-perm", "sys-temp"];
        let name = usize::try_from(code).ok().and_then(|code| codes.get(code)).copied();
        let told = |frame: &Record| frame.name == "sasl-outcome" && frame.text("code") == name;
        if !frames.iter().any(told) {
            return Err(format!("expected sasl-outcome {name:?}; sent: {}", printed(frames)));
        }
    }
    let mut names = frames.iter().map(|frame| frame.name.as_str());
    match case.reply_order.iter().find(|wanted| !names.any(|name| name == *wanted)) {
        Some(missing) => Err(format!("expected {missing} in its place; sent: {}", printed(frames))),
        None => Ok(()),
    }
}

fn forbidden(case: &Case, endpoint: &Endpoint, consumed: Consumed, frames: &[Record]) -> Judged {
    let count = |name: &str| frames.iter().filter(|frame| frame.name == name).count();
    let mut broken = vec![
        ("reply", !endpoint.sent.is_empty()),
        ("authenticated", endpoint.authenticated),
        ("settle", endpoint.settled),
        ("second-close", count("close") > 1),
        ("second-end", count("end") > 1),
        ("loop", count("sasl-mechanisms") > 1),
    ];
    broken.extend(["transfer", "open", "begin", "attach"].map(|name| (name, count(name) > 0)));
    broken.extend([("deliver", consumed.whole), ("deliver-parsed", consumed.parsed)]);
    match broken.into_iter().find(|(name, done)| *done && case.must_not(name)) {
        Some((name, _)) => Err(format!("must not: {name}; sent: {}", printed(frames))),
        None => Ok(()),
    }
}

fn after(what: &str, endpoint: &mut Endpoint, frames: &[Record]) -> Judged {
    let holds = match what {
        "alive" => {
            endpoint.sent.clear();
            endpoint.feed(&unhex(PROBE)?)?;
            let answer = |frame: &Record| frame.name == "begin" && *frame.get("remote-channel") == Value::Number(5);
            endpoint.frames()?.iter().any(answer)
        }
        "shut" => endpoint.shut,
        name => frames.iter().any(|frame| frame.name == name),
    };
    if holds { Ok(()) } else { Err(format!("afterwards: not {what}; sent: {}", printed(frames))) }
}
