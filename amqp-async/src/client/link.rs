//! What links that come back have in common: a session below them, and what to do when they fail.

use super::hub::{Generation, Root};
use super::same_tag::SameTag;
use super::single::Single;
use super::{Again, Backoff, Classifier, Escalation, Level};
use crate::error::{Error, Recovery, SendError};
use crate::receiver::Receiver;
use crate::resume::Comparison;
use crate::sender::{Sender, Settlement};
use crate::session::Session;
use crate::sync::{Mutex, MutexGuard};
use amqp_proto::codec::{Condition, DeliveryTag, Message, ReceiverSettleMode};
use amqp_proto::{LinkOptions, Misuse, Outgoing, Resume, SessionOptions, UnsettledDeliveries};
use std::future::Future;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How a link comes back.
#[derive(Clone, Debug, Default)]
pub struct LinkPolicy {
    /// How long to wait between attempts to attach it. Default [`Backoff::default`].
    pub backoff: Backoff,
    /// Which errors are worth another try. Default [`classify`](super::classify).
    pub classifier: Classifier,
    /// Sender: what to do about messages whose outcome was not known when the link went. Default [`InFlight::Fail`].
    pub in_flight: InFlight,
}

/// What to do about messages that were sent, and whose outcome had not come when the link went: the receiver may have
/// them, or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InFlight {
    /// Tell the caller, once for each: [`SendError::InDoubt`](crate::SendError::InDoubt).
    #[default]
    Fail,
    /// Send them again: each arrives at least once, and some may arrive twice.
    Resend,
    /// Resume their deliveries, on a link of the same name (§2.6.13): each is sent again only as far as the receiver does
    /// not have it, so it arrives once. The link is attached with rcv-settle-mode second, and has to have a name that no
    /// other link from this container uses, and a terminus that the peer keeps (expiry-policy, §3.5.6).
    ///
    /// A message whose receiver has forgotten the link is in doubt, told once:
    /// [`SendError::InDoubt`](crate::SendError::InDoubt) of [`Error::ResumeLost`](crate::Error::ResumeLost). So are all
    /// that were on their way where a peer refuses to resume (`amqp:not-implemented`): the link is then attached as a new
    /// one. A peer that answers with mode first forgets what it has settled, and may get a message twice.
    ResendSameTag,
}

/// A session, made again when its connection is.
pub(super) struct SessionCell {
    pub(super) root: Arc<Root>,
    options: SessionOptions,
    cell: Single<Place>,
}

/// A session on the connection of a generation.
#[derive(Clone)]
pub(super) struct Place {
    generation: Generation,
    session: Session,
}

impl SessionCell {
    pub(super) fn new(root: Arc<Root>, options: SessionOptions) -> Self {
        Self { root, options, cell: Single::default() }
    }

    async fn get(&self) -> Result<Place, Trouble> {
        let hub = &self.root.hub;
        let good = |place: &Place| hub.generation() == Some(place.generation);
        self.cell
            .get(good, || async {
                let (generation, connection) = hub.connection(None).await.map_err(over)?;
                let begun = connection.begin(self.options.clone()).await;
                let session = begun.map_err(|error| Trouble { error, generation: Some(generation), place: None })?;
                Ok(Place { generation, session })
            })
            .await
    }
}

/// Why no link could be attached, and what it was to stand on.
struct Trouble {
    error: Error,
    /// None if there will be no connection any more.
    generation: Option<Generation>,
    place: Option<Place>,
}

/// A link and where it stands.
pub(super) struct Attached<L> {
    pub(super) link: Arc<L>,
    place: Place,
}

impl<L> Clone for Attached<L> {
    fn clone(&self) -> Self {
        Self { link: Arc::clone(&self.link), place: self.place.clone() }
    }
}

/// A message that may have to be given to several links. Large data is shared, not copied.
#[derive(Clone)]
pub(super) enum Given {
    Message(Message),
    Encoded(Outgoing),
}

impl Given {
    pub(super) async fn submit(&self, sender: &Sender) -> Result<Settlement, SendError> {
        match self {
            Self::Message(message) => sender.submit(message.clone()).await,
            Self::Encoded(outgoing) => sender.submit_encoded(outgoing.clone()).await,
        }
    }

    /// The same message, encoded, under a tag that it keeps: its own, or one that is made.
    pub(super) fn tagged(self, tags: &mut SameTag) -> (DeliveryTag, Outgoing) {
        let outgoing = match self {
            Self::Message(message) => Outgoing::new(message.to_bytes()),
            Self::Encoded(outgoing) => outgoing,
        };
        let tag = tags.begin(outgoing.tag);
        (tag, Outgoing { tag: Some(tag), ..outgoing })
    }
}

/// The two directions of a link.
pub(super) trait Attach: Sized + Send + Sync {
    /// Attaches one.
    fn attach(session: &Session, options: LinkOptions) -> impl Future<Output = Result<Self, Error>> + Send;

    /// What the link leaves unsettled; it is detached for that if it stands.
    fn leave(&self) -> impl Future<Output = Option<UnsettledDeliveries>> + Send;

    /// What the peer knows of deliveries before it.
    fn comparison(&self) -> Option<Comparison>;
}

impl Attach for Sender {
    fn attach(session: &Session, options: LinkOptions) -> impl Future<Output = Result<Self, Error>> + Send {
        session.attach_sender(options)
    }

    async fn leave(&self) -> Option<UnsettledDeliveries> {
        match self.take_unsettled() {
            None => self.suspend().await.ok().or_else(|| self.take_unsettled()),
            left => left,
        }
    }

    fn comparison(&self) -> Option<Comparison> {
        Self::comparison(self)
    }
}

impl Attach for Receiver {
    fn attach(session: &Session, options: LinkOptions) -> impl Future<Output = Result<Self, Error>> + Send {
        session.attach_receiver(options)
    }

    async fn leave(&self) -> Option<UnsettledDeliveries> {
        None
    }

    fn comparison(&self) -> Option<Comparison> {
        Self::comparison(self)
    }
}

/// A link that comes back.
pub(super) struct LinkCell<L> {
    session: Arc<SessionCell>,
    options: LinkOptions,
    policy: LinkPolicy,
    cell: Single<Attached<L>>,
    escalation: Mutex<Escalation>,
    /// Of a sender that resumes: its messages, and its last link.
    tags: Option<Mutex<SameTag>>,
    last: Mutex<Option<Arc<L>>>,
}

impl<L: Attach> LinkCell<L> {
    pub(super) fn new(session: Arc<SessionCell>, options: LinkOptions, policy: LinkPolicy) -> Self {
        let escalation = Mutex::new(Escalation::new(policy.backoff));
        Self { session, options, policy, cell: Single::default(), escalation, tags: None, last: Mutex::default() }
    }

    /// The same, of a sender: it may be one that resumes.
    pub(super) fn sender(session: Arc<SessionCell>, mut options: LinkOptions, policy: LinkPolicy) -> Self {
        let resumes = policy.in_flight == InFlight::ResendSameTag;
        if resumes {
            options.rcv_settle_mode = ReceiverSettleMode::Second;
        }
        Self { tags: resumes.then(Mutex::default), ..Self::new(session, options, policy) }
    }

    /// Those of its messages that are sent again under their tags, if it does so.
    pub(super) fn tags(&self) -> Option<MutexGuard<'_, SameTag>> {
        self.tags.as_ref().map(|tags| tags.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Attaches a link, which goes on where the one before it stopped if it is one of those.
    async fn attach(&self, session: &Session) -> Result<Arc<L>, Error> {
        if self.tags.is_none() {
            return L::attach(session, self.options.clone()).await.map(Arc::new);
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(last) = last {
            if let (Some(left), Some(mut tags)) = (last.leave().await, self.tags()) {
                tags.left(left);
            }
        }
        let resume = self.tags().map(|tags| tags.resume()).unwrap_or_default();
        let asks = resume.unsettled().is_some_and(|left| !left.is_empty());
        let mut attached = L::attach(session, LinkOptions { resume, ..self.options.clone() }).await;
        if asks && attached.as_ref().is_err_and(refuses_to_resume) {
            // it may take a link that resumes nothing: asked once
            attached = L::attach(session, LinkOptions { resume: Resume::keep(), ..self.options.clone() }).await;
        }
        let link = Arc::new(attached?);
        if let Some(mut tags) = self.tags() {
            tags.attached(link.comparison().as_ref());
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&link));
        Ok(link)
    }

    pub(super) fn options(&self) -> &LinkOptions {
        &self.options
    }

    pub(super) fn in_flight(&self) -> InFlight {
        self.policy.in_flight
    }

    /// The link, attached anew if need be, however often that takes.
    pub(super) async fn get(&self) -> Result<Attached<L>, Error> {
        loop {
            let made = self
                .cell
                .get(
                    |_| true,
                    || async {
                        let place = self.session.get().await?;
                        match self.attach(&place.session).await {
                            Ok(link) => Ok(Attached { link, place }),
                            Err(error) => {
                                Err(Trouble { error, generation: Some(place.generation), place: Some(place) })
                            }
                        }
                    },
                )
                .await;
            match made {
                Ok(attached) => return Ok(attached),
                Err(Trouble { error, generation: None, .. }) => return Err(error),
                Err(Trouble { error, generation: Some(generation), place }) => {
                    let again = self.escalate(error, generation, place.as_ref())?;
                    self.session.root.hub.sleep(again.after).await;
                }
            }
        }
    }

    /// The link that was there has failed: prepares for the next attempt, and waits as long as has to be waited.
    ///
    /// # Errors
    /// The cause, if there is to be none.
    pub(super) async fn failed(&self, attached: &Attached<L>, error: Error) -> Result<(), Error> {
        if let Some(again) = self.note(attached, error)? {
            self.session.root.hub.sleep(again.after).await;
        }
        Ok(())
    }

    /// The link that was there has failed. Several who use it may say so: it counts once.
    pub(super) fn note(&self, attached: &Attached<L>, error: Error) -> Result<Option<Again>, Error> {
        if self.recovery(&error) == Recovery::Retry {
            // nothing is gone: a deadline of the caller's has passed
            return Err(error);
        }
        let mut was_there = false;
        self.cell.drop_if(|there| {
            was_there = Arc::ptr_eq(&there.link, &attached.link);
            was_there
        });
        match was_there {
            true => self.escalate(error, attached.place.generation, Some(&attached.place)).map(Some),
            false if self.recovery(&error) == Recovery::GiveUp => Err(error),
            false => Ok(None),
        }
    }

    /// What is worth trying. What this side has closed was closed because another link found it of no use; if all is to
    /// be over, there will be no connection.
    fn recovery(&self, error: &Error) -> Recovery {
        match error {
            Error::Misuse(Misuse::ConnectionClosed) => Recovery::Reconnect,
            Error::Misuse(Misuse::SessionEnded) => Recovery::Rebegin,
            Error::Misuse(Misuse::Detached | Misuse::StaleId | Misuse::IncompleteUnsettled) => Recovery::Reattach,
            error => self.policy.classifier.classify(error),
        }
    }

    /// Drops what has to be built anew.
    fn escalate(&self, error: Error, generation: Generation, place: Option<&Place>) -> Result<Again, Error> {
        let random = self.session.root.hub.random();
        let recovery = self.recovery(&error);
        let again = self.escalation.lock().unwrap_or_else(PoisonError::into_inner).failed(recovery, random);
        let Some(again) = again else { return Err(error) };
        match again.level {
            Level::Link => {}
            Level::Session => self.session.cell.drop_if(|there| place.is_some_and(|place| place.is_same(there))),
            Level::Connection => self.session.root.hub.lose(generation, error),
        }
        Ok(again)
    }

    pub(super) fn random(&self) -> u64 {
        self.session.root.hub.random()
    }

    /// Lets time pass; less if there will be no link.
    pub(super) async fn sleep(&self, time: Duration) {
        self.session.root.hub.sleep(time).await;
    }

    /// A message came or went.
    pub(super) fn succeeded(&self) {
        self.escalation.lock().unwrap_or_else(PoisonError::into_inner).succeeded();
    }
}

impl Place {
    fn is_same(&self, other: &Self) -> bool {
        self.generation == other.generation && self.session.is_same(&other.session)
    }
}

/// Whether a peer refuses a link because it resumes none (§2.6.13).
fn refuses_to_resume(error: &Error) -> bool {
    matches!(error, Error::Detached(reason) if reason.condition() == Some(Condition::NOT_IMPLEMENTED))
}

/// There will be no connection any more.
fn over(error: Error) -> Trouble {
    Trouble { error, generation: None, place: None }
}
