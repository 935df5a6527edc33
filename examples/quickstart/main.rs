//! The whole of it in one command: a listener with a queue in this very process, a client that connects
//! to it, 100,000 messages of every kind sent unsettled on one session and received on another, all
//! verified and settled on both sides.
//!
//! ```text
//! quickstart [--count N]                              against a listener of its own
//! quickstart --url URL --address ADDRESS [--count N]  against a broker
//! quickstart --listen ADDRESS                         keep a listener up for other clients
//! ```
//!
//! With `--frames` the client prints every frame.

mod arguments;
mod job;
mod message;
mod node;
mod queue;
mod report;

use amqp10::proto::{Mechanism, SaslListener};
use amqp10::tokio::Listener;
use arguments::{Arguments, Mode};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = match Arguments::parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("quickstart: {error}\n{}", arguments::USAGE);
            return ExitCode::from(2);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("quickstart: cannot start the runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<(), job::Failure> {
    match arguments.mode {
        Mode::Help => println!("{}", arguments::USAGE),
        Mode::Listen { address } => {
            let listener = listen(&address).await?;
            println!("listening on {}", listener.local_addr()?);
            node::serve(listener, Arc::default()).await;
        }
        Mode::Broker { url, address } => {
            report::show(&job::run(&url, &address, arguments.count, arguments.tap).await?);
        }
        Mode::Loopback => {
            let listener = listen("127.0.0.1:0").await?;
            let url = format!("amqp://guest:guest@{}", listener.local_addr()?);
            let node = Arc::new(node::Node::default());
            tokio::spawn(node::serve(listener, Arc::clone(&node)));
            let report = job::run(&url, "quickstart", arguments.count, arguments.tap).await?;
            node.check_all_accepted("quickstart", arguments.count).await?;
            report::show(&report);
        }
    }
    Ok(())
}

/// PLAIN and ANONYMOUS; on a loopback address also no SASL at all, as some clients begin.
async fn listen(address: &str) -> Result<Listener, job::Failure> {
    let failed = |error| format!("cannot listen on {address}: {error}");
    let offered = SaslListener::new([Mechanism::Plain, Mechanism::Anonymous]);
    let mut addresses = tokio::net::lookup_host(address).await.map_err(failed)?;
    let safe = addresses.all(|address| address.ip().is_loopback());
    let sasl = if safe { offered.optional() } else { offered };
    Ok(amqp10::tokio::listen(address, sasl).await.map_err(failed)?)
}
