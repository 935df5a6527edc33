//! The two cores with their views and pipes: each command, piece of input and moment goes through here, and all that
//! comes of it is looked at before anything else happens.

use super::Strictness;
use super::case::{Case, Command, Setup, Side};
use super::line::Line;
use super::resume::Map;
use super::session::Session;
use super::view::View;
use amqp10_testkit::pipe::{Pipe, Pulled};
use amqp10_testkit::runner::Live;
use amqp10_testkit::trace::{Role, Step};
use amqp10_testkit::wire::{Record, Value, decode_unit, next_unit};
use std::collections::VecDeque;
use std::time::Duration;

/// With room for so many events no frame waits unread.
pub(crate) const MANY_EVENTS: u32 = 1024;

/// Something is not as the text wants it.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) side: Side,
    pub(crate) what: String,
    /// The line that says what should be, if one can.
    pub(crate) demand: Option<Step>,
}

pub(crate) type Checked<T = ()> = Result<T, Box<Fault>>;

/// What the other side has asked for, and nobody has answered.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    Session(String),
    Link(String),
}

/// One core, and what can be known at its end.
pub(crate) struct End {
    pub(crate) live: Live,
    pub(crate) view: View,
    pub(crate) setup: Setup,
    pub(crate) strictness: Strictness,
    /// What it writes, on its way to the other end.
    pub(crate) pipe: Pipe,
    /// What has come and is no whole frame yet.
    incoming: Vec<u8>,
    pub(crate) requests: VecDeque<Request>,
    /// Events that have to come, in this order.
    expected: VecDeque<Record>,
    /// Sessions that it, and the other side, have begun.
    pub(crate) begun: [usize; 2],
    /// What links have left that were suspended, by their names.
    pub(crate) left: Vec<(String, Map)>,
}

/// See the module.
pub(crate) struct World {
    pub(crate) ends: [End; 2],
    pub(crate) lines: Vec<Line>,
    /// Links keep what is unsettled.
    pub(crate) keeps: bool,
    /// Of each flow that comes, so many transfers too many are told to the model: to see that it is found out.
    pub(crate) lie: u32,
    /// The connection is being closed.
    pub(crate) closing: bool,
    /// Whose turn it is, or was.
    pub(crate) last: Side,
}

pub(crate) fn word(text: impl Into<String>) -> Value {
    Value::Word(text.into())
}

impl End {
    fn new(role: Role, setup: &Setup) -> Result<Self, String> {
        let config = Record::new(role.name())
            .with("max-frame-size", setup.max_frame_size)
            .with("output-high-water", setup.high_water)
            .with("max-unsettled", setup.max_unsettled)
            .with("max-events", setup.max_events)
            .with("idle-time-out", 40_000u32);
        let config = if setup.pipelining { config.with("pipelining", word("on")) } else { config };
        Ok(Self {
            live: Live::new(role, config)?,
            view: View::default(),
            setup: setup.clone(),
            strictness: Strictness::Exact,
            pipe: Pipe::new(setup.cut, setup.lag),
            incoming: Vec::new(),
            requests: VecDeque::new(),
            expected: VecDeque::new(),
            begun: [0, 0],
            left: Vec::new(),
        })
    }

    /// How what it sends is judged. A core that leaves frames unread while events wait may write before it knows what has
    /// come.
    fn judged(&self) -> Strictness {
        if self.setup.max_events < MANY_EVENTS { Strictness::Delayed } else { self.strictness }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.strictness == Strictness::Delayed
    }
}

impl World {
    /// An open connection with one session, begun by the client.
    pub(crate) fn new(case: &Case) -> Checked<Self> {
        let broken = |what| Box::new(Fault { side: Side::Client, what, demand: None });
        let [client, listener] = &case.setup;
        let ends =
            [End::new(Role::Client, client).map_err(broken)?, End::new(Role::Listener, listener).map_err(broken)?];
        Ok(Self { ends, lines: Vec::new(), keeps: case.keeps, lie: 0, closing: false, last: Side::Client })
    }

    /// Opens the connection and begins a session with so many links each way.
    pub(crate) fn open(&mut self, links: usize) -> Checked {
        Side::BOTH.into_iter().try_for_each(|side| self.after(side))?;
        self.rest()?;
        let side = Side::Client;
        self.step(&Command::Begin(side))?;
        self.rest()?;
        self.step(&Command::Answer { side: Side::Listener, refuse: false, credit: None })?;
        for sends in [true, false].repeat(links) {
            self.step(&Command::Attach { side, session: 0, sends, snd: 0, rcv: 0, credit: Some(3) })?;
            self.rest()?;
            self.step(&Command::Answer { side: Side::Listener, refuse: false, credit: Some(3) })?;
        }
        self.rest()
    }

    pub(crate) fn end(&self, side: Side) -> &End {
        &self.ends[side.at()]
    }

    pub(crate) fn end_mut(&mut self, side: Side) -> &mut End {
        &mut self.ends[side.at()]
    }

    pub(crate) fn session(&mut self, side: Side, at: usize) -> &mut Session {
        &mut self.ends[side.at()].view.sessions[at]
    }

    pub(crate) fn line(&mut self, name: &str) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.name == name)
    }

    pub(crate) fn fault<T>(&self, side: Side, what: impl Into<String>, demand: Option<Step>) -> Checked<T> {
        Err(Box::new(Fault { side, what: what.into(), demand }))
    }

    /// The application of a side does something. Whether the core did it; look [`after`](Self::after) it.
    #[expect(clippy::needless_pass_by_value, reason = "all callers make the record for this")]
    pub(crate) fn tell(&mut self, side: Side, command: Record) -> Checked<Result<(), String>> {
        self.last = side;
        match self.end_mut(side).live.command(&command) {
            Err(what) if what.contains("come to rest") || what.contains("no frame") => self.fault(side, what, None),
            done => Ok(done),
        }
    }

    /// A piece of what the other side wrote arrives; whether there was one.
    pub(crate) fn deliver(&mut self, side: Side) -> Checked<bool> {
        let now = self.end(side).live.now();
        let octets = match self.end_mut(side.other()).pipe.pull(now) {
            Pulled::Octets(octets) => octets,
            Pulled::End | Pulled::Nothing => return Ok(false),
        };
        self.last = side;
        self.hear(side, &octets)?;
        if let Err(what) = self.end_mut(side).live.feed(&octets) {
            return self.fault(side, what, None);
        }
        self.after(side)?;
        if let Some(event) = self.end_mut(side).expected.pop_front() {
            return self.fault(side, "a disposition is not told", Some(Step::Event(event)));
        }
        self.all_is_told(side)?;
        Ok(true)
    }

    /// The view of a side learns of the whole frames among these octets.
    fn hear(&mut self, side: Side, octets: &[u8]) -> Checked {
        let lie = self.lie;
        let end = self.end_mut(side);
        end.incoming.extend_from_slice(octets);
        while let Ok(Some(length)) = next_unit(&end.incoming) {
            let unit: Vec<u8> = end.incoming.drain(..length).collect();
            let too_large = unit.len() > end.setup.max_frame_size as usize;
            let heard = decode_unit(&unit).and_then(|mut frame| {
                if let (Some(window), "flow") = (frame.uint("incoming-window"), frame.name.as_str()) {
                    frame.set("incoming-window", Value::from(window.wrapping_add(lie)));
                }
                if too_large { Err("a frame above the max-frame-size".to_owned()) } else { end.view.hears(&frame) }
            });
            let news = match heard {
                Ok(news) => news,
                Err(what) => return self.fault(side, what, None),
            };
            for (at, news) in news {
                let subject = end.view.sessions[at].delivery_subject(news.link, news.id);
                let event = Record::new("disposition").with("subject", word(subject));
                end.expected.push_back(event.with("state", news.state).with("settled", news.settled));
            }
        }
        Ok(())
    }

    /// Time passes for both.
    pub(crate) fn advance(&mut self, time: Duration) -> Checked {
        for side in Side::BOTH {
            self.last = side;
            if let Err(what) = self.end_mut(side).live.advance(time) {
                return self.fault(side, what, None);
            }
            self.after(side)?;
        }
        Ok(())
    }

    /// Looks at all that has come of a step at one end.
    pub(crate) fn after(&mut self, side: Side) -> Checked {
        while let Some(frame) = self.end_mut(side).live.next_frame() {
            let end = self.end_mut(side);
            if let Err(what) = end.view.says(&frame, end.judged()) {
                let frame = amqp10_testkit::trace::print_record(&frame);
                return self.fault(side, format!("{what}, but: {frame}"), None);
            }
            end.live.note(Step::Output(frame));
        }
        let end = self.end_mut(side);
        let octets = end.live.octets();
        end.pipe.push(end.live.now(), &octets);
        while let Some(event) = self.end_mut(side).live.next_event() {
            self.told(side, &event)?;
            self.end_mut(side).live.note(Step::Event(event));
        }
        self.check(side)
    }

    fn told(&mut self, side: Side, event: &Record) -> Checked {
        let subject = event.text("subject").unwrap_or_default().to_owned();
        match event.name.as_str() {
            "begin-requested" => {
                let new = |session: &&mut Session| session.subject.is_empty();
                if let Some(session) = self.end_mut(side).view.sessions.iter_mut().find(new) {
                    session.subject.clone_from(&subject);
                }
                self.end_mut(side).requests.push_back(Request::Session(subject));
            }
            "attach-requested" => {
                let name = event.text("name").unwrap_or_default();
                let links = self.end_mut(side).view.sessions.iter_mut().flat_map(|session| &mut session.links);
                if let Some(link) = links.into_iter().find(|link| link.name == name && link.subject.is_empty()) {
                    link.subject.clone_from(&subject);
                }
                self.end_mut(side).requests.push_back(Request::Link(subject));
            }
            "disposition" => return self.disposition(side, event),
            "suspended" => return self.suspended(side, &subject, event),
            "compared" => return self.compared(side, &subject, event),
            "delivery" | "piece" => return self.delivery(side, &subject, event),
            "writable" => {
                let name = self.link_name(side, &subject);
                let waits = self.line(&name).is_some_and(|line| std::mem::take(&mut line.waits));
                if !waits {
                    return self.fault(side, "nobody waits to be told that", None);
                }
            }
            "detached" | "ended" if event.text("reason") == Some("violation") => {
                return self.fault(side, "a violation where nobody has broken a rule", None);
            }
            "closed" if !self.closing => return self.fault(side, "the connection is not being closed", None),
            _ => {}
        }
        Ok(())
    }

    fn disposition(&mut self, side: Side, event: &Record) -> Checked {
        let expected = self.end_mut(side).expected.pop_front();
        match expected {
            Some(expected) if expected == *event => Ok(()),
            expected => self.fault(side, "a disposition is told otherwise", expected.map(Step::Event)),
        }
    }

    fn delivery(&mut self, side: Side, subject: &str, event: &Record) -> Checked {
        let (link, number) = subject.split_once('#').unwrap_or((subject, ""));
        let number: usize = number.parse().unwrap_or(usize::MAX);
        let name = self.link_name(side, link);
        let progress = event.text("progress").unwrap_or("complete");
        let Some(line) = self.line(&name) else { return self.fault(side, "a delivery on no link", None) };
        line.seen.push(subject.to_owned());
        match line.gets(number, event.binary("payload").unwrap_or_default(), progress) {
            Ok(()) => Ok(()),
            Err(what) => self.fault(side, what, None),
        }
    }

    /// The client closes the connection, and both hear that it is closed.
    pub(crate) fn close(&mut self) -> Checked {
        self.closing = true;
        let _ = self.tell(Side::Client, Record::new("close"))?;
        self.after(Side::Client)?;
        self.rest()?;
        for side in Side::BOTH {
            if !self.end(side).live.core().is_closed() {
                return self.fault(side, "the connection is not closed", None);
            }
        }
        Ok(())
    }

    /// The name of the link that the trace of a side calls so.
    pub(crate) fn link_name(&self, side: Side, subject: &str) -> String {
        let mut links = self.end(side).view.sessions.iter().flat_map(|session| &session.links);
        links.find(|link| link.subject == subject).map(|link| link.name.clone()).unwrap_or_default()
    }
}
