//! Frames for people to read, when the environment asks for them: `AMQP_TRACE=frames`.

use amqp_proto::{Config, FrameTap};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The variable of the environment.
const VARIABLE: &str = "AMQP_TRACE";

/// The configuration, its frames printed if that is asked for and nobody else sees them.
pub(crate) fn tapped(config: &Config) -> Config {
    static WANTED: OnceLock<bool> = OnceLock::new();
    let wanted = WANTED.get_or_init(|| is_wanted(std::env::var(VARIABLE).ok().as_deref()));
    let config = config.clone();
    if *wanted { config.tapped(printer(|line| eprintln!("{line}"))) } else { config }
}

fn is_wanted(value: Option<&str>) -> bool {
    match value {
        None | Some("" | "0") => false,
        Some("frames") => true,
        Some(other) => {
            eprintln!("{VARIABLE}={other} is not understood; use {VARIABLE}=frames");
            false
        }
    }
}

/// One line for each frame, with the number of the connection.
fn printer(print: impl Fn(String) + Send + Sync + 'static) -> FrameTap {
    static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
    let number = CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    FrameTap::new(move |frame| print(format!("[{number}] {frame}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_proto::{Connection, Instant, SaslClient, Segments};
    use std::sync::{Arc, Mutex};

    #[test]
    fn s13_2_each_frame_is_a_line_and_no_secret_is_in_it() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        let tap = printer(move |line| log.lock().unwrap().push(line));
        let config = Config::builder("client").pipelining(amqp_proto::Pipelining::On).build().unwrap().tapped(tap);
        let login = SaslClient::plain("scott", "tiger").insecure_allowed(true);
        let mut client = Connection::client(config, Some(login), Instant::ZERO);
        let mut mechanisms =
            b"AMQP\x03\x01\x00\x00\x00\x00\x00\x15\x02\x01\x00\x00\x00\x53\x40\xc0\x08\x01\xa3\x05PLAIN"[..].into();
        let _ = client.poll_transmit(Instant::ZERO, &mut Segments::new());
        client.handle_input(Instant::ZERO, &mut mechanisms);
        let _ = client.poll_transmit(Instant::ZERO, &mut Segments::new());
        let lines = lines.lock().unwrap();
        assert!(
            lines.len() >= 4 && lines.iter().all(|line| !line.contains('\n') && line.starts_with("[1] ")),
            "{lines:?}"
        );
        assert!(lines.iter().any(|line| line.contains("PLAIN")) && !lines.iter().any(|line| line.contains("tiger")));
        assert!(is_wanted(Some("frames")) && !is_wanted(None) && !is_wanted(Some("0")));
    }
}
