//! Two cores in one process, the wire a memcpy.

use amqp10::proto::{
    Config, Connection, Event, Instant, LinkId, LinkOptions, ReceiverId, Segments, SenderId, SessionId, SessionOptions,
};
use bytes::{Buf, BytesMut};

pub(crate) const NOW: Instant = Instant::ZERO;

/// The default of both sides, in octets.
pub(crate) const MAX_FRAME_SIZE: u32 = 65_536;

/// A client and a listener.
pub(crate) struct Pair {
    pub(crate) client: Connection,
    pub(crate) listener: Connection,
    /// Of the listener, where something has arrived and nothing has been taken since.
    pub(crate) arrived: Vec<ReceiverId>,
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
            arrived: Vec::new(),
            to_client: BytesMut::new(),
            to_listener: BytesMut::new(),
            wire: Segments::new(),
        }
    }

    /// What the client has to say, and what the listener makes of it.
    pub(crate) fn there(&mut self) -> bool {
        let any = carry(&mut self.client, &mut self.wire, &mut self.listener, &mut self.to_listener);
        while let Some(event) = self.listener.poll_event() {
            match event {
                Event::Arrived { receiver } => self.arrived.push(receiver),
                Event::BeginRequested { session, .. } => {
                    let mut session = self.listener.session(session).expect("requested");
                    session.accept(SessionOptions::default()).expect("requested");
                }
                Event::AttachRequested { link: LinkId::Receiver(id), attach } => {
                    let mut receiver = self.listener.receiver(id).expect("requested");
                    receiver.accept(LinkOptions::answering(&attach)).expect("requested");
                }
                _ => {}
            }
        }
        any
    }

    /// What the listener has to say, if anything, and how many deliveries of the client's that settles.
    pub(crate) fn back(&mut self) -> (bool, u64) {
        let any = carry(&mut self.listener, &mut self.wire, &mut self.client, &mut self.to_client);
        let mut settled = 0;
        while let Some(event) = self.client.poll_event() {
            settled += u64::from(matches!(event, Event::Disposition { settled: true, .. }));
        }
        (any, settled)
    }

    /// There and back until there is nothing; the buffers on the way are given back.
    pub(crate) fn rest(&mut self) {
        while self.there() | self.back().0 {}
        (self.to_client, self.to_listener, self.wire) = (BytesMut::new(), BytesMut::new(), Segments::new());
    }

    pub(crate) fn begin(&mut self) -> SessionId {
        self.client.begin(SessionOptions::default()).expect("a channel is free")
    }

    /// Links on which the client sends; the listener grants credit by itself.
    pub(crate) fn attach(&mut self, session: SessionId, links: u32) -> Vec<SenderId> {
        let mut view = self.client.session(session).expect("it has just begun");
        let attach = |link| view.attach_sender(LinkOptions::sender(format!("link-{link}"), "queue"));
        (0..links).map(attach).collect::<Result<_, _>>().expect("handles are free")
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
