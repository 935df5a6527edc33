//! A foreign codec, as seen from here: a process that is asked.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::{fmt, thread};

use amqp_codec::Bytes;

use crate::node::{hex, unhex};
use crate::subject::Subject;

/// The foreign codecs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// serde_amqp, of fe2o3-amqp.
    Fe2o3,
    /// ntex-amqp-codec.
    Ntex,
    /// Qpid Proton, from Python.
    Proton,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fe2o3 => "fe2o3",
            Self::Ntex => "ntex",
            Self::Proton => "proton",
        })
    }
}

/// What a codec made of its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The value, in the common form, and how many octets it had, if the codec tells.
    Read { len: Option<usize>, value: String },
    /// Of a type other than value: what the codec writes for what it read.
    Again { len: Option<usize>, octets: Bytes },
    /// Nothing of that type.
    Refused(String),
    /// A panic, or the process ended: a stack overflow, more than 1 GiB of memory, or too long.
    Died,
}

/// How to start a codec.
pub(crate) struct Peer {
    pub(crate) codec: Codec,
    program: String,
    arguments: Vec<String>,
    /// How much processor time it may use for what it is asked at once.
    seconds: u32,
}

impl Peer {
    /// A codec that is part of this program.
    pub(crate) fn of_this_program(codec: Codec) -> io::Result<Self> {
        let program = std::env::current_exe()?.display().to_string();
        Ok(Self { codec, program, arguments: vec!["worker".into(), codec.to_string()], seconds: 1 })
    }

    /// Proton, with a Python that has its package.
    pub(crate) fn proton(python: String) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/decode_with_proton.py");
        Self { codec: Codec::Proton, program: python, arguments: vec![script.into()], seconds: 20 }
    }

    /// Whether the codec is there and answers.
    pub(crate) fn check(&self) -> io::Result<()> {
        let null = Verdict::Read { len: Some(1), value: "null".into() };
        let null_of_unknown_length = Verdict::Read { len: None, value: "null".into() };
        match &self.ask(&[(Subject::Value, Bytes::from_static(&[0x40]))])?[..] {
            [verdict] if [null, null_of_unknown_length].contains(verdict) => Ok(()),
            verdicts => Err(io::Error::other(format!("{} does not read a null: {verdicts:?}", self.codec))),
        }
    }

    /// Whether the codec has types for it.
    pub(crate) fn knows(&self, subject: Subject) -> bool {
        subject == Subject::Value || self.codec != Codec::Proton
    }

    fn start(&self) -> io::Result<Child> {
        let limits = format!("ulimit -v 1048576; ulimit -t {}; ulimit -c 0; exec \"$0\" \"$@\"", self.seconds);
        let mut command = Command::new("sh");
        command.args(["-c", &limits, &self.program]).args(&self.arguments);
        // Looking for the lines of a backtrace takes longer than thousands of inputs.
        command.env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()
    }

    /// Asks for each of the inputs. A process that dies is started anew for what is left.
    pub(crate) fn ask(&self, inputs: &[(Subject, Bytes)]) -> io::Result<Vec<Verdict>> {
        let mut verdicts = Vec::with_capacity(inputs.len());
        while verdicts.len() < inputs.len() {
            let left = &inputs[verdicts.len()..];
            let answers = self.ask_one_process(left)?;
            let died = answers.len() < left.len();
            verdicts.extend(answers);
            if died {
                verdicts.push(Verdict::Died);
            }
        }
        Ok(verdicts)
    }

    fn ask_one_process(&self, inputs: &[(Subject, Bytes)]) -> io::Result<Vec<Verdict>> {
        let mut process = self.start()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let lines: String = inputs.iter().map(|(subject, octets)| format!("{subject} {}\n", hex(octets))).collect();
        // Fails if the process dies, which is seen at its output.
        let writing = thread::spawn(move || input.map(|mut input| input.write_all(lines.as_bytes())));
        let output = BufReader::new(output.ok_or_else(|| io::Error::other("no output"))?);
        let verdicts: Vec<Verdict> = output.lines().map_while(Result::ok).map_while(|line| verdict(&line)).collect();
        process.wait()?;
        let _ = writing.join();
        Ok(verdicts)
    }
}

/// An answer; `None` if the line is cut off.
fn verdict(line: &str) -> Option<Verdict> {
    let (word, rest) = line.split_once(' ')?;
    match word {
        "read" => {
            let (len, value) = rest.split_once(' ')?;
            Some(Verdict::Read { len: len.parse().ok(), value: value.into() })
        }
        "again" => {
            let (len, digits) = rest.split_once(' ')?;
            Some(Verdict::Again { len: len.parse().ok(), octets: unhex(digits).into() })
        }
        "refused" => Some(Verdict::Refused(rest.into())),
        "died" => Some(Verdict::Died),
        _ => None,
    }
}
