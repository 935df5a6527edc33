//! A line whose other end is a listener that grants everything, and a clock that stands still. Both are the driver's own.

use amqp_async::proto::{
    Config, Connection as Machine, CreditMode, Event, Instant, LinkId, LinkOptions, Outgoing, Segments, SessionOptions,
    Transmit,
};
use amqp_async::{Connection, Driver, Options, Timer, Transport};
use bytes::{Buf, BytesMut};
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

pub(crate) struct Loopback {
    listener: Machine,
    /// The credit of its receivers.
    credit: CreditMode,
    input: BytesMut,
    answer: Segments,
    over: bool,
    reader: Option<Waker>,
}

pub(crate) struct Frozen;

impl Timer for Frozen {
    fn now(&self) -> Instant {
        Instant::ZERO
    }

    fn poll_until(&mut self, _: &mut Context<'_>, _: Instant) -> Poll<()> {
        Poll::Pending
    }
}

fn config(name: &'static str) -> Config {
    Config::builder(name).idle_time_out(None).build().unwrap()
}

/// A connection on which nothing has been said.
pub(crate) fn connect(credit: CreditMode) -> (Connection, Driver<Loopback, Frozen>) {
    let line = Loopback {
        listener: Machine::listener(config("listener"), None, Instant::ZERO),
        credit,
        input: BytesMut::new(),
        answer: Segments::new(),
        over: false,
        reader: None,
    };
    Connection::client(&Options::client(config("client")), None, line, Frozen)
}

/// The same, open.
pub(crate) fn opened(credit: CreditMode) -> (Connection, Driver<Loopback, Frozen>) {
    let (connection, mut driver) = connect(credit);
    let mut cx = Context::from_waker(Waker::noop());
    while pin!(connection.opened()).poll(&mut cx).is_pending() {
        assert!(pin!(&mut driver).poll(&mut cx).is_pending());
    }
    (connection, driver)
}

impl Loopback {
    /// Reads what came, grants what was asked for, takes or sends what there is.
    fn work(&mut self) {
        self.listener.handle_input(Instant::ZERO, &mut self.input);
        while let Some(event) = self.listener.poll_event() {
            let _ = self.answer_to(event);
        }
        self.over |= self.listener.poll_transmit(Instant::ZERO, &mut self.answer) == Transmit::Closing;
    }

    /// What has gone again by then needs no answer.
    fn answer_to(&mut self, event: Event) -> Option<()> {
        let machine = &mut self.listener;
        match event {
            Event::BeginRequested { session, .. } => {
                machine.session(session).ok()?.accept(SessionOptions::default()).ok()
            }
            Event::AttachRequested { link: LinkId::Receiver(link), attach } => {
                let options = LinkOptions { credit: self.credit, ..LinkOptions::answering(&attach) };
                machine.receiver(link).ok()?.accept(options).ok()
            }
            Event::AttachRequested { link: LinkId::Sender(link), attach } => {
                machine.sender(link).ok()?.accept(LinkOptions::answering(&attach)).ok()
            }
            Event::Arrived { receiver } => {
                let mut receiver = machine.receiver(receiver).ok()?;
                while let Some(delivery) = receiver.recv() {
                    receiver.accept_delivery(delivery.id).ok()?;
                }
                Some(())
            }
            Event::Flow { link: LinkId::Sender(sender), flow } if flow.link_credit > 0 => {
                machine.sender(sender).ok()?.send(Outgoing::new("x")).ok().map(drop)
            }
            _ => None,
        }
    }
}

impl Transport for Loopback {
    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut BytesMut) -> Poll<io::Result<usize>> {
        let count = self.answer.remaining();
        if count == 0 && !self.over {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        buffer.extend_from_slice(&self.answer.copy_to_bytes(count));
        Poll::Ready(Ok(count))
    }

    fn poll_write(&mut self, _: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let before = self.input.len();
        slices.iter().for_each(|slice| self.input.extend_from_slice(slice));
        let count = self.input.len() - before;
        self.work();
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
