//! Reads what there is, cuts it by the frames' sizes, sums the bodies, and answers each read with one disposition.

use amqp10_bench_e2e::floor::{HEAD, MORE, SETTLED, YES, disposition, number};
use amqp10_bench_e2e::{Order, ReceiverArguments, Tally, now, print_ready};
use std::io::{self, Read, Write};
use std::net::TcpListener;

fn main() -> io::Result<()> {
    let arguments = ReceiverArguments::read();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port()))?;
    print_ready();
    let (mut stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 256 * 1024];
    let (mut filled, mut order, mut tally) = (0, Order::default(), Tally::default());
    let mut joined = Vec::new();
    while tally.count < arguments.count {
        let read = stream.read(&mut buffer[filled..])?;
        assert!(read > 0, "the sender has closed");
        filled += read;
        let (before, mut at, mut settled) = (tally.count, 0, true);
        while filled - at >= 4 && filled - at >= number(&buffer, at) as usize {
            let frame = &buffer[at..at + number(&buffer, at) as usize];
            settled = frame[SETTLED] == YES;
            match (frame[MORE] == YES, joined.is_empty()) {
                (false, true) => tally.add(&mut order, &frame[HEAD..]),
                _ => joined.extend_from_slice(&frame[HEAD..]),
            }
            if frame[MORE] != YES && !joined.is_empty() {
                tally.add(&mut order, &joined);
                joined.clear();
            }
            at += frame.len();
        }
        buffer.copy_within(at..filled, 0);
        filled -= at;
        if !settled && tally.count > before {
            stream.write_all(&disposition(before as u32, tally.count as u32 - 1))?;
        }
    }
    tally.print(now());
    Ok(())
}
