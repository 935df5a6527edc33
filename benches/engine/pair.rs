//! Two cores in one process, the wire a memcpy.

use amqp10::proto::{
    Config, Connection, Event, Instant, LinkId, LinkOptions, ReceiverId, Segments, SenderId, SessionOptions,
};
use bytes::{Buf, BytesMut};

pub(crate) const NOW: Instant = Instant::ZERO;

/// Messages that leave before the other side is let run.
pub(crate) const BATCH: u64 = 64;

/// The default of both sides, in octets.
pub(crate) const MAX_FRAME_SIZE: u32 = 65_536;

/// A client and a listener.
pub(crate) struct Pair {
    pub(crate) client: Connection,
    pub(crate) listener: Connection,
    to_client: BytesMut,
    to_listener: BytesMut,
    wire: Segments,
}

impl Pair {
    /// Both take frames of so many octets.
    pub(crate) fn new(max_frame_size: u32) -> Self {
        let config = |name| Config::builder(name).max_frame_size(max_frame_size).build().expect("large enough");
        Self {
            client: Connection::client(config("client"), None, NOW),
            listener: Connection::listener(config("listener"), None, NOW),
            to_client: BytesMut::new(),
            to_listener: BytesMut::new(),
            wire: Segments::new(),
        }
    }

    /// Octets each way, once. Whether there were any.
    pub(crate) fn exchange(&mut self) -> bool {
        let there = carry(&mut self.client, &mut self.wire, &mut self.listener, &mut self.to_listener);
        let back = carry(&mut self.listener, &mut self.wire, &mut self.client, &mut self.to_client);
        there || back
    }

    /// A link on which the client sends; the listener grants credit by itself.
    pub(crate) fn attach(&mut self) -> (SenderId, ReceiverId) {
        let session = self.client.begin(SessionOptions::default()).expect("a channel is free");
        let mut client = self.client.session(session).expect("it has just begun");
        let sender = client.attach_sender(LinkOptions::sender("bench", "queue")).expect("a handle is free");
        loop {
            self.exchange();
            while let Some(event) = self.listener.poll_event() {
                match event {
                    Event::BeginRequested { session, .. } => {
                        let mut session = self.listener.session(session).expect("requested");
                        session.accept(SessionOptions::default()).expect("requested");
                    }
                    Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
                        let mut receiver = self.listener.receiver(id).expect("requested");
                        receiver.accept(LinkOptions::answering(&attach)).expect("requested");
                        while self.exchange() {}
                        return (sender, id);
                    }
                    _ => {}
                }
            }
        }
    }
}

fn carry(from: &mut Connection, wire: &mut Segments, to: &mut Connection, input: &mut BytesMut) -> bool {
    let _ = from.poll_transmit(NOW, wire);
    let any = wire.has_remaining();
    input.reserve(wire.len());
    wire.chunks().for_each(|chunk| input.extend_from_slice(chunk));
    wire.advance(wire.len());
    to.handle_input(NOW, input);
    any
}
