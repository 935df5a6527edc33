//! What the core holds while nothing happens, what it allocates for a message, and that it copies no large body.
//!
//! Two cores in one process; the transport's buffers are not counted.

use amqp10::codec::message::MessagePieces;
use amqp10::codec::{Bytes, EncodedMessage, Message};
use amqp10::proto::{
    Config, Connection, Delivery, Event, Instant, LinkId, LinkOptions, Outgoing, ReceiverId, Segments, SenderId,
    SessionId, SessionOptions,
};
use amqp10_testkit::heap::{Counting, Heap, live, measure};
use bytes::{Buf, BytesMut};

#[global_allocator]
static HEAP: Counting = Counting;

const NOW: Instant = Instant::ZERO;

struct Pair {
    client: Connection,
    listener: Connection,
    receivers: Vec<ReceiverId>,
}

impl Pair {
    fn new() -> Self {
        let config = |name| Config::builder(name).build().expect("defaults");
        let client = Connection::client(config("client"), None, NOW);
        let listener = Connection::listener(config("listener"), None, NOW);
        let mut pair = Self { client, listener, receivers: Vec::with_capacity(1024) };
        pair.settle();
        pair
    }

    /// Octets and events until there are none; the buffers on the way are given back.
    fn settle(&mut self) {
        while carry(&mut self.client, &mut self.listener) | carry(&mut self.listener, &mut self.client) {
            while let Some(event) = self.listener.poll_event() {
                match event {
                    Event::BeginRequested { session, .. } => {
                        let mut session = self.listener.session(session).expect("requested");
                        session.accept(SessionOptions::default()).expect("requested");
                    }
                    Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
                        let mut receiver = self.listener.receiver(id).expect("requested");
                        receiver.accept(LinkOptions::answering(&attach)).expect("requested");
                        self.receivers.push(id);
                    }
                    _ => {}
                }
            }
            while self.client.poll_event().is_some() {}
        }
    }

    /// A second without output: the room for it, and for events, is given back.
    fn rest(&mut self) {
        for core in [&mut self.client, &mut self.listener] {
            let _ = core.poll_transmit(Instant::from_millis(1000), &mut Segments::new());
        }
    }

    fn begin(&mut self) -> SessionId {
        self.client.begin(SessionOptions::default()).expect("a channel is free")
    }

    fn attach(&mut self, session: SessionId, name: String) -> SenderId {
        let mut session = self.client.session(session).expect("begun");
        session.attach_sender(LinkOptions::sender(name, "queue")).expect("a handle is free")
    }

    fn link(&mut self) -> (SenderId, ReceiverId) {
        let session = self.begin();
        let sender = self.attach(session, "link".into());
        self.settle();
        (sender, *self.receivers.last().expect("attached"))
    }
}

/// What one side says, to the other.
fn carry(from: &mut Connection, to: &mut Connection) -> bool {
    let octets = output(from);
    to.handle_input(NOW, &mut BytesMut::from(&octets[..]));
    !octets.is_empty()
}

fn output(from: &mut Connection) -> Vec<u8> {
    let mut wire = Segments::new();
    let _ = from.poll_transmit(NOW, &mut wire);
    let mut octets = Vec::new();
    wire.chunks().for_each(|chunk| octets.extend_from_slice(chunk));
    octets
}

/// Octets that one more of something takes on one side, out of many.
fn each(pair: &mut Pair, more: impl Fn(&mut Pair, usize)) -> isize {
    const MANY: usize = 200;
    pair.rest();
    let before = live();
    (0..MANY).for_each(|number| more(pair, number));
    pair.settle();
    pair.rest();
    (live() - before) / 2 / MANY as isize
}

#[test]
fn what_idles_is_small() {
    let before = live();
    let mut pair = Pair::new();
    pair.receivers = Vec::new();
    let connection = size_of::<Connection>() as isize + (live() - before) / 2;
    let session = each(&mut pair, |pair, _| _ = pair.begin());
    pair.receivers = Vec::with_capacity(1024);
    let one = pair.begin();
    pair.settle();
    let link = each(&mut pair, |pair, number| _ = pair.attach(one, format!("link-{number:04}")));
    println!("connection {connection}, session {session}, link {link}");
    assert!(connection <= 4_096, "a connection takes {connection} octets");
    assert!(session <= 512, "a session takes {session} octets");
    assert!(link <= 768, "a link takes {link} octets");
}

#[test]
fn room_for_output_is_given_back_at_rest() {
    let mut pair = Pair::new();
    let (sender, _) = pair.link();
    let before = live();
    let mut wire = Segments::new();
    let mut send = |count| {
        for _ in 0..count {
            let message = Outgoing { settled: true, ..Outgoing::new(Bytes::from_static(&[7; 1000])) };
            pair.client.sender(sender).expect("attached").send(message).expect("there is credit");
        }
        let _ = pair.client.poll_transmit(NOW, &mut wire);
        wire.advance(wire.len());
    };
    // The buffer of the first 50 is in the core after the second time, the other one here.
    send(50);
    send(1);
    assert!(live() - before > 50_000, "{}", live() - before);
    wire = Segments::new();
    let _ = pair.client.poll_transmit(Instant::from_millis(999), &mut wire);
    assert!(live() - before > 50_000, "not at once: {}", live() - before);
    let _ = pair.client.poll_transmit(Instant::from_millis(1000), &mut wire);
    assert!(live() - before < 1_024, "{}", live() - before);
}

/// Sends so many messages and receives them, after the same once before; allocations of the one, of the other.
fn allocations(send: impl Fn(&mut Pair, SenderId, &Bytes)) -> (Heap, Heap) {
    let mut pair = Pair::new();
    let (sender, receiver) = pair.link();
    let body = Bytes::from(vec![7; 100]);
    let mut figures = (Heap::default(), Heap::default());
    for _ in 0..4 {
        let ((), sent) = measure(|| (0..64).for_each(|_| send(&mut pair, sender, &body)));
        let mut input = BytesMut::from(&output(&mut pair.client)[..]);
        let (received, taken) = measure(|| {
            pair.listener.handle_input(NOW, &mut input);
            let mut view = pair.listener.receiver(receiver).expect("attached");
            let mut take = || view.recv().map(|delivery| accept(&mut view, delivery));
            std::iter::from_fn(&mut take).count()
        });
        assert_eq!(received, 64);
        figures = (sent, taken);
        pair.settle();
    }
    figures
}

fn accept(view: &mut amqp10::proto::ReceiverMut<'_>, delivery: Delivery) {
    let id = delivery.id;
    let message = EncodedMessage::parse(delivery.payload.into_bytes()).expect("a message");
    assert_eq!(message.body().ok().and_then(|body| body.to_data()).map_or(0, |data| data.len()), 100);
    view.accept_delivery(id).expect("unsettled");
}

#[test]
fn a_message_allocates_once_at_most() {
    let (sent, received) = allocations(|pair, sender, body| {
        let message = Message::from(body.clone()).to_bytes();
        pair.client.sender(sender).expect("attached").send(Outgoing::new(message)).expect("there is credit");
    });
    println!("send {sent:?} receive {received:?}");
    // Beside what the messages take: the room for output, and for what is unsettled.
    assert!(sent.count <= 64 + 16, "{sent:?}");
    assert!(received.count <= 8, "{received:?}");
    let (sent, _) = allocations(|pair, sender, body| {
        let message = Message::from(body.clone());
        let mut view = pair.client.sender(sender).expect("attached");
        view.send_encoded(&message, Outgoing::default()).expect("there is credit");
    });
    println!("send_encoded {sent:?}");
    assert!(sent.count <= 16, "{sent:?}");
}

#[test]
fn a_large_body_is_not_copied() {
    let mut pair = Pair::new();
    let (sender, receiver) = pair.link();
    let payload = Bytes::from(vec![0; 5_000]);
    let mut wire = Segments::new();
    let ((), heap) = measure(|| {
        let mut view = pair.client.sender(sender).expect("attached");
        let message = Outgoing { settled: true, ..Outgoing::new(payload.clone()) };
        view.send(message).expect("there is credit");
        let _ = pair.client.poll_transmit(NOW, &mut wire);
    });
    assert!(wire.chunks().any(|chunk| chunk.as_ptr() == payload.as_ptr()), "handed on as it is");
    assert!(heap.total < 4_096, "{heap:?}");

    let mut input = BytesMut::from(&wire.copy_to_bytes(wire.remaining())[..]);
    let buffer = input.as_ptr_range();
    let (delivery, heap) = measure(|| {
        pair.listener.handle_input(NOW, &mut input);
        pair.listener.receiver(receiver).expect("attached").recv().expect("arrived")
    });
    let octets = delivery.payload.into_bytes();
    assert_eq!(octets.len(), payload.len());
    assert!(buffer.contains(&octets.as_ptr()), "a slice of what was read");
    assert!(heap.total < 4_096, "{heap:?}");
}

/// A message of a mebibyte, of which all but the body is little.
fn mebibyte() -> (Message, Bytes) {
    let body = Bytes::from((0..1 << 20).map(|octet| (octet * 131 + 17) as u8).collect::<Vec<_>>());
    (Message::builder().to("queue").data(body.clone()).build(), body)
}

/// Sends it in many frames and takes what has come, after each.
fn by_pieces(pair: &mut Pair, (sender, receiver): (SenderId, ReceiverId), message: &Message) -> (Vec<Bytes>, Heap) {
    let mut pieces = Vec::with_capacity(1_000);
    let ((), mut heap) = measure(|| {
        let mut view = pair.client.sender(sender).expect("attached");
        view.send_encoded(message, Outgoing { settled: true, ..Outgoing::default() }).expect("there is credit");
    });
    let mut wire = Segments::new();
    loop {
        let ((), sent) = measure(|| _ = pair.client.poll_transmit(NOW, &mut wire));
        if wire.is_empty() {
            return (pieces, heap);
        }
        let mut input = BytesMut::from(&wire.copy_to_bytes(wire.remaining())[..]);
        let ((), received) = measure(|| {
            pair.listener.handle_input(NOW, &mut input);
            let mut view = pair.listener.receiver(receiver).expect("attached");
            while let Some(chunk) = view.read() {
                pieces.extend(chunk.delivery.payload.chunks().iter().cloned());
            }
        });
        heap.total += sent.total + received.total;
        carry(&mut pair.listener, &mut pair.client);
    }
}

#[test]
fn a_body_in_many_frames_is_not_copied() {
    let mut pair = Pair::new();
    let link = pair.link();
    let (message, body) = mebibyte();
    let (pieces, heap) = by_pieces(&mut pair, link, &message);
    println!("a mebibyte, sent and received by pieces: {heap:?}");
    assert!(pieces.len() > 16, "{}", pieces.len());
    assert_eq!(pieces.concat(), message.to_bytes());
    assert!(heap.total < 8 * 1024, "{heap:?}");
    let (parsed, heap) = measure(|| MessagePieces::parse(&pieces).expect("a message"));
    println!("its sections found: {heap:?}");
    assert_eq!(parsed.sections().properties().ok().flatten(), message.properties.as_deref().cloned());
    assert_eq!(parsed.data().map(<[Bytes]>::concat), Some(body.to_vec()));
    assert!(heap.total < 8 * 1024, "{heap:?}");
    let body = body.as_ptr_range();
    let mut wire = Segments::new();
    let mut view = pair.client.sender(link.0).expect("attached");
    view.send_encoded(&message, Outgoing::default()).expect("there is credit");
    let _ = pair.client.poll_transmit(NOW, &mut wire);
    let own: usize = wire.chunks().filter(|chunk| !body.contains(&chunk.as_ptr())).map(<[u8]>::len).sum();
    assert!(own < 1_024 && wire.len() > 64 * 1024, "{own} of {}", wire.len());
}
