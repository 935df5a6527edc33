//! The core on plain non-blocking sockets of the standard library: no runtime, no poller, no thread. One loop moves the
//! octets of both ends of a connection; a client sends, a listener accepts. Ends after a second.

use amqp10::Message;
use amqp10::proto::{
    Config, Connection, Event, Instant, LinkId, LinkOptions, Outgoing, ReceiverId, Segments, SenderId, SessionOptions,
    Transmit,
};
use bytes::{Buf, BytesMut};
use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::iter::from_fn;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{self, Duration};

/// One end: the machine, its socket, and what is on the way between the two.
struct End {
    machine: Connection,
    socket: TcpStream,
    epoch: time::Instant,
    input: BytesMut,
    output: Segments,
    buffer: Vec<u8>,
}

impl End {
    fn new(machine: Connection, socket: TcpStream, epoch: time::Instant) -> std::io::Result<Self> {
        socket.set_nonblocking(true)?;
        let (input, output, buffer) = (BytesMut::new(), Segments::new(), vec![0; 64 * 1024]);
        Ok(Self { machine, socket, epoch, input, output, buffer })
    }

    /// Moves what can be moved now: octets in, time, octets out. Says whether octets have moved.
    fn turn(&mut self) -> std::io::Result<bool> {
        let now = Instant::from_duration(self.epoch.elapsed());
        let mut moved = false;
        match self.socket.read(&mut self.buffer) {
            Ok(0) => self.machine.handle_eof(now),
            Ok(count) => {
                self.input.extend_from_slice(&self.buffer[..count]);
                self.machine.handle_input(now, &mut self.input);
                moved = true;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if self.machine.poll_timeout().is_some_and(|(at, _)| at <= now) {
            self.machine.handle_timeout(now);
        }
        let transmit = self.machine.poll_transmit(now, &mut self.output);
        while self.output.has_remaining() {
            match self.socket.write(self.output.chunk()) {
                Ok(count) => self.output.advance(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(moved),
                Err(error) => return Err(error),
            }
            moved = true;
        }
        if transmit == Transmit::Closing {
            let _ = self.socket.shutdown(Shutdown::Write); // the peer may have gone before us
        }
        Ok(moved)
    }
}

/// The client's turn: sends while there is credit, and counts what was settled.
fn send(client: &mut Connection, sender: SenderId, message: &Message) -> usize {
    while let Ok(mut sender) = client.sender(sender) {
        if sender.send(Outgoing::new(message.to_bytes())).is_err() {
            break; // no credit, window or room now
        }
    }
    from_fn(|| client.poll_event()).filter(|event| matches!(event, Event::Disposition { settled: true, .. })).count()
}

/// The listener's turn: takes what the client asks for, and accepts what it sends.
fn receive(listener: &mut Connection, receiver: &mut Option<ReceiverId>) -> Result<(), Box<dyn Error>> {
    while let Some(event) = listener.poll_event() {
        match event {
            Event::BeginRequested { session, .. } => listener.session(session)?.accept(SessionOptions::default())?,
            Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
                listener.receiver(id)?.accept(LinkOptions::answering(&attach))?;
                *receiver = Some(id);
            }
            _ => {}
        }
    }
    let Some(Ok(mut receiver)) = receiver.map(|id| listener.receiver(id)) else { return Ok(()) };
    while let Some(delivery) = receiver.recv() {
        let _ = receiver.accept_delivery(delivery.id); // once the client has closed it can be read, not settled
    }
    Ok(())
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let epoch = time::Instant::now();
    let tcp = TcpListener::bind("127.0.0.1:0")?;
    let (near, far) = (TcpStream::connect(tcp.local_addr()?)?, tcp.accept()?.0);
    let machine = Connection::client(Config::builder("client").build()?, None, Instant::ZERO);
    let mut client = End::new(machine, near, epoch)?;
    let machine = Connection::listener(Config::builder("listener").build()?, None, Instant::ZERO);
    let mut listener = End::new(machine, far, epoch)?;

    let session = client.machine.begin(SessionOptions::default())?;
    let sender = client.machine.session(session)?.attach_sender(LinkOptions::sender("out", "queue"))?;
    let (mut receiver, mut settled, message) = (None, 0, Message::from("12 crates"));
    while !(client.machine.is_closed() && listener.machine.is_closed()) {
        if !client.turn()? & !listener.turn()? {
            std::thread::sleep(Duration::from_micros(200)); // a poller would wait for events, or for poll_timeout
        }
        receive(&mut listener.machine, &mut receiver)?;
        settled += send(&mut client.machine, sender, &message);
        if epoch.elapsed() >= Duration::from_secs(1) {
            client.machine.close(Instant::from_duration(epoch.elapsed()), None);
        }
    }
    println!("{settled} messages were accepted in a second");
    (settled > 0).then_some(()).ok_or_else(|| "none was accepted".into())
}
