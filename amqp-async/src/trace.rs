//! What the environment asks for: `AMQP_TRACE=frames` prints frames for people, `AMQP_TRACE=FILE.trace` records them for
//! the conformance suite. Read once a process, when its first connection begins.

use amqp_proto::{Config, FrameTap, RecordedAt};
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

/// The variable of the environment.
const VARIABLE: &str = "AMQP_TRACE";

/// How the names of files end that can be recorded to.
const ENDINGS: [&str; 2] = ["trace", "jsonl"];

/// What is asked for.
enum Wanted {
    Nothing,
    Frames,
    Recording(Arc<Recording>),
}

/// A file that all connections of the process are recorded in.
struct Recording {
    /// `None` once it could not be written.
    file: Mutex<Option<File>>,
    begun: Instant,
}

/// The configuration, its frames seen as the environment asks for, if nobody else sees them.
pub(crate) fn tapped(config: Config, at: RecordedAt) -> Config {
    static WANTED: OnceLock<Wanted> = OnceLock::new();
    static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
    let wanted = WANTED.get_or_init(|| match std::env::var_os(VARIABLE) {
        None => Wanted::Nothing,
        Some(value) => {
            let value = Path::new(&value);
            wanted(value).unwrap_or_else(|why| {
                tell(format_args!("{VARIABLE}={}: {why}", value.to_string_lossy()));
                Wanted::Nothing
            })
        }
    });
    let number = || CONNECTIONS.fetch_add(1, Ordering::Relaxed);
    match wanted {
        Wanted::Nothing => config,
        Wanted::Frames => config.tapped(printer(number(), |line| tell(format_args!("{line}")))),
        Wanted::Recording(recording) => config.tapped(recorder(number(), at, Arc::clone(recording))),
    }
}

fn wanted(value: &Path) -> Result<Wanted, String> {
    match value.to_str() {
        Some("" | "0") => Ok(Wanted::Nothing),
        Some("frames") => Ok(Wanted::Frames),
        _ if value.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known)) => {
            let file = create(value).map_err(|error| format!("nothing is recorded: {error}"))?;
            Ok(Wanted::Recording(Arc::new(Recording { file: Mutex::new(Some(file)), begun: Instant::now() })))
        }
        _ => Err("not understood; use `frames`, or a file that ends in .trace or .jsonl".to_owned()),
    }
}

/// A line on standard error. One that cannot be written is no reason to panic, in the middle of a connection's work.
#[cold]
#[inline(never)]
fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A new file in place of what was there; for its owner only, as there are messages in it. What was there is not written
/// to: others may be able to read it, it may stand for a file elsewhere, or be another process's.
fn create(path: &Path) -> io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut options = OpenOptions::new();
    options.append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// One line for each frame, with the number of the connection.
fn printer(number: u64, print: impl Fn(String) + Send + Sync + 'static) -> FrameTap {
    FrameTap::new(move |frame| print(format!("[{number}] {frame}")))
}

/// The same for a recording.
fn recorder(number: u64, at: RecordedAt, recording: Arc<Recording>) -> FrameTap {
    FrameTap::new(move |frame| {
        if let Some(line) = frame.recorded(at, recording.begun.elapsed()) {
            recording.write(&format!("{}\n", line.of_connection(number)));
        }
    })
}

impl Recording {
    /// Writes a line at once, so that it is there whatever becomes of the process. That a recording fails is no reason
    /// for the connection to: it is told, and nothing more is recorded.
    fn write(&self, line: &str) {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Err(error)) = file.as_mut().map(|file| file.write_all(line.as_bytes())) {
            *file = None;
            tell(format_args!("{VARIABLE}: no more is recorded: {error}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_proto::{Connection, Instant, Pipelining, SaslClient, Segments};
    #[cfg(unix)]
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// Logs in, and sends open.
    fn log_in(tap: FrameTap) {
        let config = Config::builder("client").pipelining(Pipelining::On).build().unwrap().tapped(tap);
        let login = SaslClient::plain("scott", "tiger").insecure_allowed(true);
        let mut client = Connection::client(config, Some(login), Instant::ZERO);
        let answers: [&[u8]; 3] = [
            b"AMQP\x03\x01\x00\x00\x00\x00\x00\x15\x02\x01\x00\x00\x00\x53\x40\xc0\x08\x01\xa3\x05PLAIN",
            b"\x00\x00\x00\x10\x02\x01\x00\x00\x00\x53\x44\xc0\x03\x01\x50\x00",
            b"AMQP\x00\x01\x00\x00",
        ];
        for answer in answers {
            let _ = client.poll_transmit(Instant::ZERO, &mut Segments::new());
            client.handle_input(Instant::ZERO, &mut answer.into());
        }
        let _ = client.poll_transmit(Instant::ZERO, &mut Segments::new());
    }

    #[test]
    fn s13_2_each_frame_is_a_line_and_no_secret_is_in_it() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&lines);
        log_in(printer(1, move |line| log.lock().unwrap().push(line)));
        let lines = lines.lock().unwrap();
        assert!(
            lines.len() >= 4 && lines.iter().all(|line| !line.contains('\n') && line.starts_with("[1] ")),
            "{lines:?}"
        );
        assert!(lines.iter().any(|line| line.contains("PLAIN")) && !lines.iter().any(|line| line.contains("tiger")));
    }

    #[test]
    fn s13_2_a_recording_holds_nothing_of_a_login() {
        let path = std::env::temp_dir().join(format!("amqp10-{}.trace", std::process::id()));
        let Ok(Wanted::Recording(recording)) = wanted(&path) else { panic!("a file can be made there") };
        log_in(recorder(7, RecordedAt::Client, recording));
        let text = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(text.lines().count() == 3 && text.lines().all(|line| line.contains("\"conn\":7,")), "{text}");
        let tiger: String = b"tiger".iter().map(|octet| format!("{octet:02x}")).collect();
        assert!(!text.contains(&tiger) && !text.contains("03010000"), "{text}");
    }

    #[cfg(unix)]
    #[test]
    fn what_was_there_is_replaced_and_not_written_to() {
        let folder = std::env::temp_dir().join(format!("amqp10-trace-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [elsewhere, plain, link] = ["else", "plain.trace", "link.trace"].map(|name| folder.join(name));
        for path in [&elsewhere, &plain] {
            fs::write(path, "as it was").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        symlink(&elsewhere, &link).unwrap();
        for path in [&plain, &link] {
            let Ok(Wanted::Recording(recording)) = wanted(path) else { panic!("a file can be made there") };
            recording.write("line");
            let metadata = fs::symlink_metadata(path).unwrap();
            assert!(metadata.is_file() && metadata.permissions().mode() & 0o777 == 0o600, "{metadata:?}");
            assert_eq!(fs::read_to_string(path).unwrap(), "line");
        }
        assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "as it was");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    #[ignore = "runs in a process of its own, with AMQP_TRACE"]
    fn alone() {
        let config = Config::builder("client").pipelining(Pipelining::On).build().unwrap();
        let mut client = Connection::client(tapped(config, RecordedAt::Client), None, Instant::ZERO);
        // header and open
        let _ = client.poll_transmit(Instant::ZERO, &mut Segments::new());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn standard_error_that_cannot_be_written_harms_nobody() {
        for wanted in ["frames", "nonsense", "/dev/full.trace/none.trace"] {
            let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
            let mut command = std::process::Command::new(std::env::current_exe().unwrap());
            command
                .args(["--exact", "trace::tests::alone", "--ignored", "--nocapture"])
                .env(VARIABLE, wanted)
                .stderr(full);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("1 passed"), "{wanted}: {said}");
        }
    }

    #[test]
    fn what_cannot_be_is_told_and_harms_nobody() {
        let asked = |value: &str| wanted(Path::new(value));
        assert!(matches!(asked("frames"), Ok(Wanted::Frames)));
        assert!(matches!(asked(""), Ok(Wanted::Nothing)) && matches!(asked("0"), Ok(Wanted::Nothing)));
        assert!(asked("frame").is_err_and(|why| why.contains("frames")));
        assert!(asked("/nowhere/at/all/bug.trace").is_err_and(|why| why.contains("nothing is recorded")));
        #[cfg(target_os = "linux")]
        {
            let full = Mutex::new(Some(OpenOptions::new().write(true).open("/dev/full").unwrap()));
            let recording = Arc::new(Recording { file: full, begun: std::time::Instant::now() });
            log_in(recorder(1, RecordedAt::Client, Arc::clone(&recording)));
            assert!(recording.file.lock().unwrap().is_none());
        }
    }
}
