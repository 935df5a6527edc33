//! Sends the floor's frames in blocks of 64 KiB over one connection, and counts what the dispositions say.

use amqp10_bench_e2e::floor::{DISPOSITION, FIRST, HEAD, LAST, number, transfer};
use amqp10_bench_e2e::{Bodies, MAX_FRAME_SIZE, Mode, SenderArguments, now, print_sender};
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

const BLOCK: usize = 64 * 1024;

struct Answers {
    buffer: Vec<u8>,
    filled: usize,
    accepted: u64,
}

impl Answers {
    /// Reads once. Whether the stream goes on.
    fn read(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        let read = match stream.read(&mut self.buffer[self.filled..]) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
            read => read?,
        };
        self.filled += read;
        let whole = self.filled - self.filled % DISPOSITION;
        for frame in self.buffer[..whole].chunks_exact(DISPOSITION) {
            self.accepted += u64::from(number(frame, LAST).wrapping_sub(number(frame, FIRST))) + 1;
        }
        self.buffer.copy_within(whole..self.filled, 0);
        self.filled -= whole;
        Ok(read > 0)
    }

    /// Reads what is there.
    fn glance(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        stream.set_nonblocking(true)?;
        let goes_on = self.read(stream);
        stream.set_nonblocking(false)?;
        goes_on
    }
}

fn write_message(out: &mut Vec<u8>, body: &[u8], id: u32, settled: bool) {
    let mut parts = body.chunks(MAX_FRAME_SIZE as usize - HEAD).peekable();
    while let Some(part) = parts.next() {
        transfer(out, body.len(), part.len(), id, settled, parts.peek().is_some());
        out.extend_from_slice(part);
    }
}

fn main() -> io::Result<()> {
    let arguments = SenderArguments::read();
    let mut stream = TcpStream::connect((&*arguments.to.host, arguments.to.port))?;
    stream.set_nodelay(true)?;
    let settled = arguments.mode == Mode::Settled;
    let window = if settled { u64::MAX } else { arguments.link_window() as u64 };
    let mut answers = Answers { buffer: vec![0; 16 * 1024], filled: 0, accepted: 0 };
    let mut bodies = Bodies::new(arguments.size);
    let mut out = Vec::with_capacity(2 * BLOCK + arguments.size);
    let mut times = Vec::new();
    let started = now();
    let mut sent = 0;
    while sent < arguments.count {
        let asked = if arguments.mode == Mode::PingPong { now() } else { 0 };
        out.clear();
        while sent < arguments.count && sent - answers.accepted < window && out.len() < BLOCK {
            write_message(&mut out, bodies.number(sent), sent as u32, settled);
            sent += 1;
        }
        stream.write_all(&out)?;
        match arguments.mode {
            Mode::Settled => {}
            Mode::Unsettled if sent - answers.accepted < window => drop(answers.glance(&mut stream)?),
            Mode::Unsettled => drop(answers.read(&mut stream)?),
            Mode::PingPong => {
                while answers.accepted < sent {
                    answers.read(&mut stream)?;
                }
                times.push(now() - asked);
            }
        }
    }
    if settled {
        stream.shutdown(Shutdown::Write)?;
    }
    while (settled || answers.accepted < sent) && answers.read(&mut stream)? {}
    print_sender(sent, answers.accepted, started, now(), times);
    Ok(())
}
