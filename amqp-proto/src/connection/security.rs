//! From the first octet to the AMQP header: protocol headers (§2.2) and the SASL exchange (§5.3).

use super::{Connection, Layer, Side};
use crate::config::Pipelining;
use crate::header::{Verdict, judge};
use crate::link::Half;
use crate::sasl::{SaslAnswer, Step};
use crate::violation::Violation;
use crate::{CloseReason, Event, HeaderMismatch, Instant, Misuse, SaslFailure};
use alloc::boxed::Box;
use alloc::vec;
use amqp_codec::{Decoder, ProtocolHeader, SaslCode, SaslFrame, Symbol};
use bytes::{Bytes, BytesMut};

impl Connection {
    /// What happens before the first octet of the peer.
    pub(super) fn start(&mut self) {
        self.layer = Layer::Header(match &self.security {
            None => vec![ProtocolHeader::AMQP],
            Some(exchange) if exchange.is_optional() => vec![ProtocolHeader::SASL, ProtocolHeader::AMQP],
            Some(_) => vec![ProtocolHeader::SASL],
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
        let Some(mut exchange) = self.security.take() else {
            self.layer = Layer::Deaf;
            return;
        };
        match exchange.begin() {
            Ok(mechanisms) => {
                if let Some(mechanisms) = mechanisms {
                    self.ctx.output.sasl(&mechanisms);
                }
                self.layer = Layer::Sasl(exchange);
            }
            Err(failure) => self.cut(CloseReason::Sasl(failure)),
        }
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
        let max_rounds = self.ctx.limits.max_sasl_rounds;
        let step = exchange.received(frame, max_rounds);
        self.sasl_step(step);
        self.pipeline_header();
    }

    /// Our last word has left: with pipelining header and open follow at once (§2.4.2), and are read once we are let in.
    fn pipeline_header(&mut self) {
        let Layer::Sasl(exchange) = &self.layer else { return };
        if exchange.has_said_all() && self.config.pipelining == Pipelining::WithLogin && self.local == Half::Idle {
            self.ctx.output.header(ProtocolHeader::AMQP);
            self.pipeline_open();
        }
    }

    fn sasl_step(&mut self, step: Step) {
        match step {
            Step::Say(frame) => self.sasl_frame(&frame),
            Step::Ask(request) => self.ctx.seldom(Event::SaslInit(Box::new(request))),
            Step::Done { mechanism, outcome } => {
                if let Some(outcome) = outcome {
                    self.ctx.output.sasl(&outcome);
                }
                self.authenticated(mechanism);
            }
            Step::Fail(failure, outcome) => {
                if let Some(outcome) = outcome {
                    self.ctx.output.sasl(&outcome);
                }
                self.cut(CloseReason::Sasl(failure));
            }
        }
    }

    fn sasl_frame(&mut self, frame: &SaslFrame) {
        let output = &mut self.ctx.output;
        match frame {
            SaslFrame::Mechanisms(mechanisms) => output.sasl(mechanisms),
            SaslFrame::Init(init) => output.sasl(init),
            SaslFrame::Challenge(challenge) => output.sasl(challenge),
            SaslFrame::Response(response) => output.sasl(response),
            SaslFrame::Outcome(outcome) => output.sasl(outcome),
        }
    }

    pub(crate) fn sasl_violation(&mut self, violation: Violation) {
        self.cut(CloseReason::Sasl(SaslFailure::Protocol(Box::new(violation))));
    }

    /// Whether the application has to judge a client before more of it is read.
    pub(crate) fn awaits_application(&self) -> bool {
        matches!(&self.layer, Layer::Sasl(exchange) if exchange.awaits_application())
    }

    /// Listener: lets the client in, or not: an answer to [`Event::SaslInit`] (§5.3.3.6), the one that most mechanisms
    /// need. As [`sasl_answer`](Self::sasl_answer) with [`SaslAnswer::Outcome`].
    ///
    /// # Errors
    /// Those of [`sasl_answer`](Self::sasl_answer).
    pub fn sasl_outcome(&mut self, now: Instant, code: SaslCode) -> Result<(), Misuse> {
        self.sasl_answer(now, SaslAnswer::Outcome(code))
    }

    /// Listener: the answer to [`Event::SaslInit`] (§5.3.3). What the client had sent meanwhile is read now.
    ///
    /// # Errors
    /// [`Misuse::NothingToAnswer`] if no client waits; [`Misuse::SaslAnswer`] if its mechanism needs another answer, for
    /// which it still waits.
    pub fn sasl_answer(&mut self, now: Instant, answer: SaslAnswer) -> Result<(), Misuse> {
        let Layer::Sasl(exchange) = &mut self.layer else { return Err(Misuse::NothingToAnswer) };
        let step = exchange.answered(answer, self.ctx.limits.max_sasl_rounds)?;
        self.sasl_step(step);
        let mut input = core::mem::take(&mut self.held_back);
        self.handle_input(now, &mut input);
        if self.held_back.is_empty() {
            self.held_back = input;
        }
        Ok(())
    }

    fn authenticated(&mut self, mechanism: Symbol) {
        self.ctx.seldom(Event::Authenticated { mechanism });
        self.layer = Layer::Header(vec![ProtocolHeader::AMQP]);
        if self.side == Side::Client && self.local == Half::Idle {
            self.ctx.output.header(ProtocolHeader::AMQP);
            self.pipeline_open();
        }
    }

    /// Ends the transport without a close frame.
    #[cold]
    #[inline(never)]
    pub(crate) fn cut(&mut self, reason: CloseReason) {
        self.layer = Layer::Deaf;
        self.local = Half::Ended;
        self.finished = true;
        self.timers.clear_all();
        self.gone(reason);
    }
}
