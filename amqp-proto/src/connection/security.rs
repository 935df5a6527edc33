//! From the first octet to the AMQP header: protocol headers (§2.2) and the SASL exchange (§5.3).

use super::{Connection, Exchange, Layer, Security, Side};
use crate::header::{Verdict, judge};
use crate::link::Half;
use crate::sasl::{ClientExchange, ListenerExchange, Step};
use crate::violation::Violation;
use crate::{CloseReason, Event, HeaderMismatch, Instant, Misuse, SaslFailure};
use alloc::boxed::Box;
use alloc::vec;
use amqp_codec::{Decoder, ProtocolHeader, SaslCode, SaslFrame, SaslOutcome, Symbol};
use bytes::{Bytes, BytesMut};

impl Connection {
    /// What happens before the first octet of the peer.
    pub(super) fn start(&mut self) {
        self.layer = Layer::Header(match &self.security {
            Security::None => vec![ProtocolHeader::AMQP],
            Security::Client(_) => vec![ProtocolHeader::SASL],
            Security::Listener(sasl) if sasl.required() => vec![ProtocolHeader::SASL],
            Security::Listener(_) => vec![ProtocolHeader::SASL, ProtocolHeader::AMQP],
        });
        if self.side == Side::Client {
            // req: TR-2.2-02
            let header = self.first_header();
            self.ctx.output.header(header);
            if header == ProtocolHeader::AMQP {
                self.pipeline_open();
            }
        }
    }

    fn first_header(&self) -> ProtocolHeader {
        match &self.layer {
            Layer::Header(headers) => headers.first().copied().unwrap_or(ProtocolHeader::AMQP),
            Layer::Sasl(_) | Layer::Amqp | Layer::Deaf => ProtocolHeader::AMQP,
        }
    }

    /// Octets where a header is due. Whether there is more to do with the input.
    pub(crate) fn received_header(&mut self, now: Instant, input: &mut BytesMut) -> bool {
        let Layer::Header(acceptable) = &self.layer else { return true };
        match judge(input, acceptable) {
            Verdict::Wait => false,
            Verdict::Accept(header) => {
                let octets = input.split_to(ProtocolHeader::LEN).freeze();
                self.tap(&octets);
                self.octets_in = self.octets_in.wrapping_add(8);
                self.enter(now, header);
                true
            }
            Verdict::Refuse(received) => {
                if let Some(octets) = input.get(..ProtocolHeader::LEN).filter(|_| received.is_some()) {
                    self.tap(&Bytes::copy_from_slice(octets));
                }
                let offered = self.first_header();
                let octets = input.iter().take(ProtocolHeader::LEN).copied().collect();
                if self.side == Side::Listener {
                    // req: TR-2.2-05 TR-2.2-07 TR-2.2-08
                    self.ctx.output.header(offered);
                }
                self.cut(CloseReason::Header(HeaderMismatch { offered, received, octets }));
                true
            }
        }
    }

    /// The header has been agreed on.
    fn enter(&mut self, now: Instant, header: ProtocolHeader) {
        if self.side == Side::Listener {
            self.ctx.output.header(header);
        }
        if header == ProtocolHeader::AMQP {
            self.layer = Layer::Amqp;
            self.entered_amqp(now);
            return;
        }
        self.layer = match core::mem::replace(&mut self.security, Security::None) {
            Security::Client(sasl) => Layer::Sasl(Exchange::Client(ClientExchange::AwaitMechanisms(sasl))),
            Security::Listener(sasl) => {
                self.ctx.output.sasl(&sasl.mechanisms());
                Layer::Sasl(Exchange::Listener(ListenerExchange::AwaitInit(sasl)))
            }
            Security::None => Layer::Deaf,
        };
    }

    /// One SASL frame.
    pub(crate) fn received_sasl(&mut self, body: &Bytes) {
        let Layer::Sasl(exchange) = &mut self.layer else { return };
        let mut decoder = Decoder::with_limits(body, &self.config.limits);
        let frame = match decoder.decode::<SaslFrame>() {
            Ok(frame) if decoder.is_empty() => frame,
            Ok(_) => return self.sasl_violation(Violation::PayloadNotAllowed),
            Err(error) => return self.sasl_violation(error.into()),
        };
        let output = &mut self.ctx.output;
        let step = match exchange {
            Exchange::Client(exchange) => exchange.received(frame, |init| output.sasl(init)),
            Exchange::Listener(exchange) => exchange.received(frame),
        };
        match step {
            Step::Wait => {}
            Step::Ask(request) => self.ctx.event(Event::SaslInit(request)),
            Step::Done => self.authenticated(),
            Step::Fail(failure, outcome) => {
                if let Some(outcome) = outcome {
                    self.ctx.output.sasl(&outcome);
                }
                self.cut(CloseReason::Sasl(failure));
            }
        }
    }

    pub(crate) fn sasl_violation(&mut self, violation: Violation) {
        self.cut(CloseReason::Sasl(SaslFailure::Protocol(Box::new(violation))));
    }

    /// Whether the application has to judge a client before more of it is read.
    pub(crate) fn awaits_application(&self) -> bool {
        matches!(self.layer, Layer::Sasl(Exchange::Listener(ListenerExchange::AwaitApplication { .. })))
    }

    /// Listener: lets the client in, or not: the answer to [`Event::SaslInit`] (§5.3.3.6). What the
    /// client had sent meanwhile is read now.
    ///
    /// # Errors
    /// [`Misuse::NothingToAnswer`] if no client waits.
    pub fn sasl_outcome(&mut self, now: Instant, code: SaslCode) -> Result<(), Misuse> {
        if !self.awaits_application() {
            return Err(Misuse::NothingToAnswer);
        }
        self.ctx.output.sasl(&SaslOutcome { code, additional_data: None });
        if code == SaslCode::Ok {
            self.authenticated();
            let mut input = core::mem::take(&mut self.held_back);
            self.handle_input(now, &mut input);
            self.held_back = input;
        } else {
            self.cut(CloseReason::Sasl(SaslFailure::Outcome(code)));
        }
        Ok(())
    }

    fn authenticated(&mut self) {
        let mechanism = match &self.layer {
            Layer::Sasl(Exchange::Client(exchange)) => exchange.mechanism().cloned(),
            Layer::Sasl(Exchange::Listener(exchange)) => exchange.mechanism().cloned(),
            Layer::Header(_) | Layer::Amqp | Layer::Deaf => None,
        };
        let mechanism = mechanism.unwrap_or(Symbol::from_static("ANONYMOUS"));
        self.ctx.event(Event::Authenticated { mechanism });
        self.layer = Layer::Header(vec![ProtocolHeader::AMQP]);
        if self.side == Side::Client {
            self.ctx.output.header(ProtocolHeader::AMQP);
            self.pipeline_open();
        }
    }

    /// Ends the transport without a close frame.
    pub(crate) fn cut(&mut self, reason: CloseReason) {
        self.layer = Layer::Deaf;
        self.local = Half::Ended;
        self.finished = true;
        self.timers.clear_all();
        self.gone(reason);
    }
}
