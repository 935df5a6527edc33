//! The floor's frames, one message at a time, on Tokio, one thread: what the runtime's wait takes of a round trip.

use amqp10_bench_e2e::floor::{DISPOSITION, FIRST, LAST, number, transfer};
use amqp10_bench_e2e::{Bodies, Mode, SenderArguments, now, print_sender};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = SenderArguments::read();
    assert!(arguments.mode == Mode::PingPong, "only one message at a time: {:?}", arguments.mode);
    let mut stream = TcpStream::connect((&*arguments.to.host, arguments.to.port)).await?;
    stream.set_nodelay(true)?;
    let (mut bodies, mut times) = (Bodies::new(arguments.size), Vec::new());
    let (mut out, mut answer) = (Vec::new(), [0; DISPOSITION]);
    let started = now();
    for sent in 0..arguments.count {
        let asked = now();
        let body = bodies.number(sent);
        out.clear();
        transfer(&mut out, body.len(), body.len(), sent as u32, false, false);
        out.extend_from_slice(body);
        stream.write_all(&out).await?;
        stream.read_exact(&mut answer).await?;
        assert!([FIRST, LAST].iter().all(|at| number(&answer, *at) == sent as u32), "another was accepted");
        times.push(now() - asked);
    }
    print_sender(arguments.count, arguments.count, started, now(), times);
    Ok(())
}
