//! What a peer can do wrong, as one table: violation → section, condition, scope.
//!
//! A layer that meets a violation returns it; the layer that owns the scope ends what is to be ended,
//! with exactly one detach, end or close that carries the condition.

use alloc::format;
use amqp_codec::{Condition, DecodeError, DecodeErrorKind, DeliveryState, Error};
use core::fmt;

/// How much a violation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The link: answered with detach (closed, with the error).
    Link,
    /// The session: answered with end.
    Session,
    /// The connection: answered with close.
    Connection,
}

macro_rules! violations {
    ($( $(#[$doc:meta])* $name:ident: $section:literal $condition:ident $scope:ident $text:literal; )*) => {
        /// A rule of the specification that the peer broke.
        ///
        /// `Display` is one sentence for people; [`condition`](Self::condition) is what the peer is told.
        #[derive(Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Violation {
            /// A frame body that is no valid performative (§1, §2.7).
            Decode(DecodeError),
            $( #[doc = concat!($text, " (", $section, ").")] $name, )*
        }

        // By hand: derived, each text would be a call of its own.

        impl fmt::Display for Violation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    Violation::Decode(error) => return fmt::Display::fmt(error, f),
                    $( Violation::$name => $text, )*
                })
            }
        }

        impl fmt::Debug for Violation {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    Violation::Decode(error) => return f.debug_tuple("Decode").field(error).finish(),
                    $( Violation::$name => stringify!($name), )*
                })
            }
        }

        impl core::error::Error for Violation {}

        /// All but [`Violation::Decode`].
        #[cfg(test)]
        const NAMED: &[Violation] = &[$(Violation::$name),*];

        impl Violation {
            /// The section of the specification that was violated.
            #[must_use]
            pub fn section(&self) -> &'static str {
                match self {
                    Violation::Decode(_) => "§1.4",
                    $( Violation::$name => $section, )*
                }
            }

            /// The error condition that answers it (§2.8.15 to §2.8.18).
            #[must_use]
            pub fn condition(&self) -> Condition {
                match self {
                    Violation::Decode(error) => error.condition(),
                    $( Violation::$name => Condition::$condition, )*
                }
            }

            /// What is ended by it.
            #[must_use]
            pub fn scope(&self) -> Scope {
                match self {
                    Violation::Decode(_) => Scope::Connection,
                    $( Violation::$name => Scope::$scope, )*
                }
            }
        }
    };
}

violations! {
    FrameTooLarge: "§2.7.1" FRAMING_ERROR Connection "a frame is larger than the max-frame-size of our open";
    FrameTooSmall: "§2.3.1" FRAMING_ERROR Connection "the size of a frame is less than its header";
    DataOffset: "§2.3.1" FRAMING_ERROR Connection "the data offset of a frame is less than 2 or points past the frame";
    FrameType: "§2.3.1" FRAMING_ERROR Connection "the frame type is not the one of this layer";
    ChannelTooHigh: "§2.7.1" FRAMING_ERROR Connection "a channel number is above the channel-max of our open";
    HandleTooHigh: "§2.7.2" FRAMING_ERROR Connection "a handle is above the handle-max of our begin";
    PayloadNotAllowed: "§2.3.2" DECODE_ERROR Connection "octets follow a performative that carries no payload";
    NotOpened: "§2.4.1" NOT_ALLOWED Connection "a frame came before open";
    OpenedTwice: "§2.4.1" ILLEGAL_STATE Connection "a second open came";
    OpenChannel: "§2.4.1" FRAMING_ERROR Connection "open came on a channel other than 0";
    MaxFrameSize: "§2.7.1" INVALID_FIELD Connection "the max-frame-size in open is less than 512";
    IdleTimeOutTooShort: "§2.4.5" NOT_ALLOWED Connection "the idle-time-out in open is too short to keep";
    CapabilityMissing: "§2.7.1" NOT_IMPLEMENTED Connection "open does not offer a capability that is required here";
    Idle: "§2.4.5" RESOURCE_LIMIT_EXCEEDED Connection "no frame came within the idle-time-out";
    ChannelNotBegun: "§2.4" NOT_ALLOWED Connection "a frame came on a channel that has no session";
    BegunTwice: "§2.5.1" ILLEGAL_STATE Connection "begin came on a channel that has a session";
    AnswersUnread: "§2.4" RESOURCE_LIMIT_EXCEEDED Connection "the peer goes on sending and does not read the answers";
    FramesBeforeOpen: "§2.4.1" RESOURCE_LIMIT_EXCEEDED Connection "too many frames came before open";
    Churn: "§2.5.2" RESOURCE_LIMIT_EXCEEDED Connection "sessions or links are begun and ended too often";
    TooManyViolations: "§2.5.4" RESOURCE_LIMIT_EXCEEDED Connection "too many sessions and links had to be ended for violations";
    NoChannelLeft: "§2.7.1" NOT_ALLOWED Connection "the peer's channel-max leaves no channel to answer its begin";
    RemoteChannel: "§2.5.1" NOT_ALLOWED Connection "the remote-channel in begin names no session that waits for an answer";

    SessionLimit: "§2.5.1" RESOURCE_LIMIT_EXCEEDED Session "the connection holds as many sessions as it may";
    LinkLimit: "§2.6.3" RESOURCE_LIMIT_EXCEEDED Session "the connection holds as many links as it may";
    WindowExceeded: "§2.5.6" WINDOW_VIOLATION Session "a transfer came with the incoming-window closed";
    IncomingIdAhead: "§2.5.6" INVALID_FIELD Session "next-incoming-id in flow is ahead of what was sent";
    HandleInUse: "§2.7.3" HANDLE_IN_USE Session "attach names a handle that is in use";
    UnattachedHandle: "§2.7.4" UNATTACHED_HANDLE Session "a frame names a handle that is not attached";
    NoHandleLeft: "§2.7.2" NOT_ALLOWED Session "the peer's handle-max leaves no handle to answer its attach";
    FlowWithoutHandle: "§2.7.4" INVALID_FIELD Session "flow has link fields but no handle";
    DeliveryIdMissing: "§2.7.5" INVALID_FIELD Session "the first transfer of a delivery has no delivery-id";
    DeliveryIdOrder: "§2.7.5" INVALID_FIELD Session "the delivery-id of a new delivery is not the next one";
    DeliveryTagMissing: "§2.7.5" INVALID_FIELD Session "the first transfer of a delivery has no delivery-tag";
    DeliveryTagTooLong: "§2.8.7" INVALID_FIELD Session "a delivery-tag is longer than 32 octets";
    TransactionIdTooLong: "§4.5.4" INVALID_FIELD Session "a transaction-id is longer than 32 octets";
    ContinuationDiffers: "§2.7.5" INVALID_FIELD Session "a transfer differs from the first one of its delivery";
    SettledTakenBack: "§2.7.5" INVALID_FIELD Session "settled went from true to false within a delivery";
    EmptyTransfers: "§2.7.5" RESOURCE_LIMIT_EXCEEDED Session "too many transfers without payload in one delivery";
    DispositionRange: "§2.7.6" INVALID_FIELD Session "last comes before first in disposition";
    DefaultOutcomeType: "§3.5.3" INVALID_FIELD Session "the default-outcome of a source is a state that is no outcome";
    UnknownDeliveryState: "§2.7.6" NOT_IMPLEMENTED Session "a delivery-state is unknown, or of a transaction, which is not supported";

    NameInUse: "§2.6.1" NOT_ALLOWED Link "a link of this name and direction is attached to the session already";
    InitialDeliveryCount: "§2.7.3" INVALID_FIELD Link "the attach of a sender has no initial-delivery-count";
    TransferDirection: "§2.7.5" NOT_ALLOWED Link "a transfer came from the receiver of a link";
    TransferLimit: "§2.6.7" TRANSFER_LIMIT_EXCEEDED Link "a delivery came without link-credit";
    MessageSize: "§2.7.3" MESSAGE_SIZE_EXCEEDED Link "a message is larger than the max-message-size of the link";
    Unread: "§2.5.6" RESOURCE_LIMIT_EXCEEDED Link "a delivery is larger than what may wait to be read on the connection";
    DeliveryCount: "§2.6.7" INVALID_FIELD Link "the delivery-count in flow went backwards or beyond the credit";
    DeliveryCountMissing: "§2.7.4" INVALID_FIELD Link "the flow of a sender has no delivery-count";
    TagInUse: "§2.6.12" INVALID_FIELD Link "the delivery-tag of a new delivery is that of an unsettled one";
    NotSettled: "§2.7.5" INVALID_FIELD Link "an unsettled delivery came on a link of mode settled";
    NotUnsettled: "§2.7.5" INVALID_FIELD Link "a settled delivery came on a link of mode unsettled";
    ReceiverSettleMode: "§2.7.5" INVALID_FIELD Link "a transfer asks for mode second on a link of mode first";
    DynamicAddress: "§3.5.3" INVALID_FIELD Link "a dynamic terminus was requested together with an address";
    DynamicProperties: "§3.5.3" INVALID_FIELD Link "dynamic-node-properties came without dynamic";
    DynamicUnnamed: "§3.5.3" INVALID_FIELD Link "the answer to a dynamic source has no address";
    LifetimePolicy: "§3.5.9" INVALID_FIELD Link "the lifetime-policy of a dynamic node is none of the four";
    TerminusType: "§2.7.3" NOT_IMPLEMENTED Link "the source or target is of a type that is not supported";
    DefaultOutcome: "§3.5.3" INVALID_FIELD Link "the default-outcome of a source is none that is known here";
    NoCoordinator: "§4.2" PRECONDITION_FAILED Link "a coordinator was asked for and the answer names another target";
    SettleModes: "§2.7.3" NOT_IMPLEMENTED Link "the peer settles otherwise than the application requires";
    CoordinatorResumed: "§4.2" NOT_IMPLEMENTED Link "the link to a coordinator cannot be resumed";
    UnsettledLimit: "§2.6.13" RESOURCE_LIMIT_EXCEEDED Link "the unsettled map of an attach has more entries than are taken";
    UnsettledState: "§2.6.13" NOT_IMPLEMENTED Link "a state in the unsettled map of an attach is unknown, or of a transaction";
    ResumeOnly: "§2.7.3" ILLEGAL_STATE Link "a new delivery came although the unsettled map of our attach was incomplete";
    NewWhileIncomplete: "§2.7.3" PRECONDITION_FAILED Link "a new delivery came although the unsettled map of its sender was incomplete";
}

impl Violation {
    /// The error to send to the peer: condition, and the sentence with its section.
    #[cold]
    #[inline(never)]
    pub(crate) fn to_error(&self) -> Error {
        Error::new(self.condition(), format!("{self} ({})", self.section()))
    }
}

/// Refuses delivery-states that nothing here acts on: of transactions (§4.4), and those of no known type.
pub(crate) fn supported(state: Option<&DeliveryState>) -> Result<(), Violation> {
    match state {
        Some(DeliveryState::Declared(_) | DeliveryState::Transactional(_) | DeliveryState::Other(_)) => {
            Err(Violation::UnknownDeliveryState)
        }
        Some(
            DeliveryState::Received(_)
            | DeliveryState::Accepted
            | DeliveryState::Rejected(_)
            | DeliveryState::Released
            | DeliveryState::Modified(_),
        )
        | None => Ok(()),
    }
}

/// Some of what cannot be read has a rule of its own, and ends the session only.
impl From<DecodeError> for Violation {
    fn from(error: DecodeError) -> Self {
        match (error.kind(), error.field()) {
            (DecodeErrorKind::TooLong, Some("transfer.delivery-tag")) => Violation::DeliveryTagTooLong,
            (DecodeErrorKind::TooLong, Some("transactional-state.txn-id" | "declared.txn-id")) => {
                Violation::TransactionIdTooLong
            }
            (DecodeErrorKind::UnknownDescriptor, Some("source.default-outcome")) => Violation::DefaultOutcomeType,
            _ => Violation::Decode(error),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Link => "link",
            Scope::Session => "session",
            Scope::Connection => "connection",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use amqp_codec::message::Section;

    /// Nothing of a peer's gets into a description: a violation holds text of ours at most, and says where and what.
    // req: TR-2.8.15-02
    #[test]
    fn what_peers_are_told_is_short_and_of_our_own_words() {
        fn of_our_own<T: Copy + 'static>(_: T) {}
        let kind = DecodeErrorKind::UnexpectedCode { code: 0xff };
        let decode = DecodeError::new(kind, "amqp:delete-on-no-links-or-messages:list", u32::MAX)
            .in_field("application-properties.dynamic-node-properties")
            .in_section(Section::ApplicationProperties);
        of_our_own(decode);
        for violation in NAMED.iter().chain(&[Violation::Decode(decode)]) {
            let text = violation.to_error().description.unwrap_or_default();
            assert!(!text.is_empty() && text.len() <= 256, "{text}");
            assert!(text.chars().all(|char| char == '§' || char == ' ' || char.is_ascii_graphic()), "{text}");
        }
    }
}
