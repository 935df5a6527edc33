//! Runs the library against foreign AMQP 1.0 peers, in both roles, and writes down what came of it.
//!
//! The peers are installed, started and stopped by the scripts of `peers/`. README.md here says more.

mod broker;
mod client;
mod foreign;
mod oddity;
mod options;
mod run;
mod script;
mod server;
mod table;
mod verdict;
mod watch;

use options::Options;
use std::process::ExitCode;

fn main() -> ExitCode {
    let options = match Options::parse() {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{}", options::USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("amqp10-interop: {error}\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    if options.list {
        run::list();
        return ExitCode::SUCCESS;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let ended = runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run::run(options)));
    match ended {
        Ok(table) if table.failed() > 0 => {
            eprintln!("amqp10-interop: {} FAILED", table.failed());
            ExitCode::FAILURE
        }
        Ok(table) if table.nothing_ran() => {
            eprintln!("amqp10-interop: SKIPPED: not one peer could be run here");
            ExitCode::from(75) // EX_TEMPFAIL of sysexits
        }
        Ok(table) if table.out_of_time() > 0 => {
            eprintln!("amqp10-interop: SKIPPED {} for want of time, as told above", table.out_of_time());
            ExitCode::from(75)
        }
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("amqp10-interop: {error}");
            ExitCode::FAILURE
        }
    }
}
