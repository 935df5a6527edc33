//! Answers the floor's frames, one at a time, on Tokio, one thread.

use amqp10_bench_e2e::floor::{HEAD, disposition, number};
use amqp10_bench_e2e::{Order, ReceiverArguments, Tally, now, print_ready};
use std::io;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let arguments = ReceiverArguments::read();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port())).await?;
    print_ready();
    let (mut stream, _) = listener.accept().await?;
    stream.set_nodelay(true)?;
    let (mut buffer, mut filled, mut order, mut tally) = (vec![0; 256 * 1024], 0, Order::default(), Tally::default());
    while tally.count < arguments.count {
        filled += stream.read(&mut buffer[filled..]).await?;
        if filled < 4 || filled < number(&buffer, 0) as usize {
            continue;
        }
        tally.add(&mut order, &buffer[HEAD..filled]);
        let id = tally.count as u32 - 1;
        stream.write_all(&disposition(id, id)).await?;
        filled = 0;
    }
    tally.print(now());
    Ok(())
}
