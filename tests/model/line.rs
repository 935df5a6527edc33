//! What the applications gave and got on one link: every message once, in order, octet by octet.

/// How far the sender's application has come with a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// More is to come.
    Part,
    Whole,
    /// Taken back: it may never come out whole.
    Aborted,
}

/// A message that the core has taken.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) payload: Vec<u8>,
    pub(crate) given: Given,
}

/// A link, from the one application to the other.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) messages: Vec<Message>,
    /// How many of those have been taken whole, or taken back.
    taken: usize,
    /// What has been read of the next one.
    reading: Vec<u8>,
    /// Those that the receiver has settled while they came.
    unwanted: Vec<usize>,
    /// The sender was told to wait, and not yet that it may go on.
    pub(crate) waits: bool,
    /// The sender's application has detached.
    pub(crate) leaving: bool,
    /// The receiver's application, or a refusal, has ended it: what was under way is lost.
    pub(crate) cut: bool,
    /// The deliveries that the receiver's application has seen, as the trace calls them.
    pub(crate) seen: Vec<String>,
}

impl Line {
    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            messages: Vec::new(),
            taken: 0,
            reading: Vec::new(),
            unwanted: Vec::new(),
            waits: false,
            leaving: false,
            cut: false,
            seen: Vec::new(),
        }
    }

    /// Whether all that was given is among so many deliveries that were seen on the wire. If not, the transport keeps
    /// some of it back, and which delivery the core gives up cannot be told.
    pub(crate) fn is_seen(&self, deliveries: usize) -> bool {
        self.messages.len() == deliveries
    }

    /// The payload of what is given next: no two pieces of a link are alike.
    pub(crate) fn payload(&self, size: u16) -> Vec<u8> {
        let before: usize = self.messages.iter().map(|message| message.payload.len() + 1).sum();
        (0..usize::from(size)).map(|at| (((before + at) * 37) >> 3) as u8).collect()
    }

    pub(crate) fn last(&self) -> Option<&Message> {
        self.messages.last()
    }

    pub(crate) fn begins(&mut self, payload: Vec<u8>, given: Given) {
        self.messages.push(Message { payload, given });
    }

    pub(crate) fn goes_on(&mut self, payload: &[u8], given: Given) {
        if let Some(message) = self.messages.last_mut() {
            message.payload.extend_from_slice(payload);
            message.given = given;
        }
    }

    pub(crate) fn aborts(&mut self) {
        self.goes_on(&[], Given::Aborted);
    }

    /// The receiver has settled delivery `number` before all of it has come: the rest is not wanted.
    pub(crate) fn unwanted(&mut self, number: usize) {
        self.unwanted.push(number);
    }

    /// Nobody has to take it.
    fn is_void(&self, number: usize, given: Given) -> bool {
        given == Given::Aborted || self.unwanted.contains(&number)
    }

    /// The receiver's application gets a delivery, or a piece of one; `progress` as the trace writes it.
    pub(crate) fn gets(&mut self, number: usize, octets: &[u8], progress: &str) -> Result<(), String> {
        while self.taken < number {
            let skipped = self.messages.get(self.taken).map(|message| message.given);
            if !skipped.is_some_and(|given| self.is_void(self.taken, given)) {
                return Err(format!("message {} is next", self.taken));
            }
            self.taken += 1;
            self.reading.clear();
        }
        if number != self.taken {
            return Err(format!("message {} is next", self.taken));
        }
        self.reading.extend_from_slice(octets);
        let message = self.messages.get(number).ok_or("a message that nobody has sent")?;
        if !message.payload.starts_with(&self.reading) {
            return Err(format!("payload 0x{}", amqp10_testkit::wire::hex(&message.payload)));
        }
        match (progress, message.given) {
            ("more", _) => return Ok(()),
            ("complete", Given::Whole) if self.reading.len() == message.payload.len() => {}
            ("aborted", Given::Aborted) => {}
            (_, given) => return Err(format!("a message of {} octets, {given:?}", message.payload.len())),
        }
        self.taken += 1;
        self.reading.clear();
        Ok(())
    }

    /// Nothing is left to take but what was taken back, or is not whole.
    pub(crate) fn is_empty(&self) -> bool {
        let mut left = self.messages.iter().enumerate().skip(self.taken);
        left.all(|(number, message)| message.given != Given::Whole || self.is_void(number, message.given))
    }
}
