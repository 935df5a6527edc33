//! The verbs of the library on plain threads, with a thread of its own for each connection, and with none; then a connection
//! that comes back. A listener in the same process takes the messages.
//!
//! ```sh
//! cargo run --example blocking --features blocking
//! ```

use amqp10::blocking::connect::Runtime;
use amqp10::blocking::{Connection, Delivery, Error, IncomingLink, Listener, Pump, builder, connect, listen};
use amqp10::client::{ReconnectPolicy, Resilient, RetryPolicy};
use amqp10::proto::codec::SaslCode;
use amqp10::proto::{LinkOptions, Mechanism, SaslListener, SessionOptions};
use std::thread;
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listener = listen("127.0.0.1:0", SaslListener::new([Mechanism::Plain, Mechanism::Anonymous]))?;
    let address = listener.local_addr()?;
    let serving = thread::spawn(move || [serve(&listener), serve(&listener), serve(&listener)]);

    // serviced by a thread of its own, whatever this one does
    let connection = connect(&format!("amqp://guest:guest@{address}"))?;
    let sender = connection.session()?.sender("orders")?;
    println!("with a thread: {:?}", sender.within(Duration::from_secs(5)).send("12 crates")?);
    thread::sleep(Duration::from_millis(300));
    println!("and after a rest: {:?}", sender.send("12 more")?);
    connection.close()?;

    // serviced by this thread, while it waits for anything
    let pump = Pump::new()?;
    let connection = pump.connect(&format!("amqp://{address}"))?;
    let sender = connection.session()?.sender("orders")?;
    let mut settlement = sender.submit("12 crates")?;
    let outcome = loop {
        match settlement.try_outcome()? {
            Some(outcome) => break outcome,
            None => println!("without a thread: {:?}", connection.work(Duration::from_millis(100))?),
        }
    };
    println!("without a thread: {outcome:?}");
    connection.sleep(Duration::from_millis(300))?;
    println!("and after a rest: {:?}", sender.send("12 more")?);
    connection.close()?;

    // one that comes back when it is lost, with its links; the same for whoever waits by himself: `Pump::new`
    let pump = Pump::with_thread()?;
    let policy = ReconnectPolicy::to([format!("amqp://{address}")]);
    let (resilient, supervisor) = Resilient::new(policy, builder().connector(&pump), pump.timer());
    pump.spawn(supervisor);
    let sender = resilient.sender(LinkOptions::sender("out", "orders"));
    println!("again and again: {:?}", pump.within(Duration::from_secs(5), sender.send("12 crates"))??);
    pump.block_on(sender.send_retrying("12 more", RetryPolicy::default()))?;
    pump.block_on(resilient.close())?;

    let served = serving.join().map_err(|_| "the listener has failed")?;
    println!("the listener took {served:?} messages");
    if served == [2, 2, 2] { Ok(()) } else { Err("messages are missing".into()) }
}

/// Serves one client, and says how many messages it sent.
fn serve(listener: &Listener) -> usize {
    let mut count = 0;
    let served = take(listener, &mut count);
    println!("the client has left: {served:?}");
    count
}

/// Lets a client in and accepts what it sends on one link.
fn take(listener: &Listener, count: &mut usize) -> Result<Connection, Box<dyn std::error::Error>> {
    let (mut incoming, _) = listener.accept()?;
    if incoming.login()?.is_some() {
        incoming.answer(SaslCode::Ok)?;
    }
    let connection = incoming.open()?;
    let session = connection.incoming_session()?.accept(SessionOptions::default())?;
    let IncomingLink::Receiver(link) = session.incoming_link()? else { return Err("the client receives".into()) };
    let options = LinkOptions::answering(link.attach());
    let receiver = link.accept(options)?;
    for delivery in receiver.iter() {
        match delivery.and_then(Delivery::accept) {
            Ok(()) => *count += 1,
            Err(Error::Closed(_)) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(connection)
}
