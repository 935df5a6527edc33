//! What one end of a connection has written and read, frame by frame; and a peer that writes frames by hand.

use crate::support::*;
use amqp_async::Options;
use amqp_async::proto::FrameTap;
use amqp_async::proto::codec::frame::{FRAME_TYPE_AMQP, encode_frame};
use amqp_async::proto::codec::{Begin, Encode, Open, ProtocolHeader, SequenceNo};
use amqp_async::proto::{Config, Direction, SessionOptions};
use amqp_async::{Connection, Session};
use std::mem;
use std::sync::{Arc, Mutex};

/// The frames of one end, as lines; see [`TappedFrame`](amqp_async::proto::TappedFrame).
#[derive(Clone, Default)]
pub(crate) struct Frames(Arc<Mutex<Vec<(Direction, String)>>>);

impl Frames {
    fn config(&self, name: &'static str) -> Config {
        let lines = Arc::clone(&self.0);
        let tap = FrameTap::new(move |frame| lines.lock().unwrap().push((frame.direction(), frame.to_string())));
        config_builder(name).frame_tap(tap).build().unwrap()
    }

    /// Those of this kind that it has written.
    pub(crate) fn sent(&self, kind: &str) -> Vec<String> {
        self.of(Direction::Out, kind)
    }

    /// Those of this kind that it has read.
    pub(crate) fn received(&self, kind: &str) -> Vec<String> {
        self.of(Direction::In, kind)
    }

    fn of(&self, direction: Direction, kind: &str) -> Vec<String> {
        let pattern = format!(" {kind}{{");
        let lines = self.0.lock().unwrap();
        let wanted = lines.iter().filter(|(of, line)| *of == direction && line.contains(&pattern));
        wanted.map(|(_, line)| line.clone()).collect()
    }

    /// The kinds of all that it has read, in order.
    pub(crate) fn kinds_received(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        let kind = |line: &str| Some(line.split_once('{')?.0.rsplit(' ').next()?.to_owned());
        let read = lines.iter().filter(|(of, _)| *of == Direction::In);
        read.filter_map(|(_, line)| kind(line)).collect()
    }

    /// Forgets what was.
    pub(crate) fn clear(&self) {
        mem::take(&mut *self.0.lock().unwrap());
    }
}

/// Both ends of an open connection, and their frames.
pub(crate) fn tapped() -> (Pair, Frames, Frames) {
    let (client, listener) = (Frames::default(), Frames::default());
    let pair = Pair::open_as(
        4096,
        &Options { config: client.config("client"), ..client_options() },
        &Options { config: listener.config("listener"), ..listener_options() },
    );
    (pair, client, listener)
}

/// A client, and a peer that says what it likes.
pub(crate) struct Raw {
    pub(crate) world: World,
    pub(crate) client: Connection,
    pub(crate) far: PipeEnd,
}

impl Raw {
    /// The peer has opened.
    pub(crate) fn open() -> Self {
        let (world, client, _, far, _) = client_alone();
        let raw = Self { world, client, far };
        raw.far.say(&ProtocolHeader::AMQP.to_bytes());
        raw.say(&Open::new("raw"), &[]);
        raw.world.run(raw.client.opened()).unwrap();
        raw
    }

    /// A session, on channel 0 at either end, with this incoming-window.
    pub(crate) fn session(&self, incoming_window: u32) -> Session {
        let options = SessionOptions { incoming_window, ..SessionOptions::default() };
        let client = self.client.clone();
        let session = self.world.spawn("session", async move { client.begin(options).await.unwrap() });
        self.world.settle();
        let mut begin = Begin::new(SequenceNo(0), 100, 100);
        begin.remote_channel = Some(0);
        self.say(&begin, &[]);
        session.take().unwrap()
    }

    /// A frame on channel 0.
    pub(crate) fn say(&self, body: &impl Encode, payload: &[u8]) {
        let mut octets = Vec::new();
        encode_frame(&mut octets, FRAME_TYPE_AMQP, 0, body, payload);
        self.far.say(&octets);
        self.world.settle();
    }

    /// Whether what the client has written since the last look has this in it.
    pub(crate) fn has_written(&self, text: &str) -> bool {
        let octets = self.far.hear();
        self.world.settle();
        octets.windows(text.len()).any(|window| window == text.as_bytes())
    }
}
