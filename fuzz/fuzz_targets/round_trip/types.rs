//! The types that the specification defines (Parts 2, 4 and 5): the fields of each, and what each can be one of.

use std::collections::BTreeMap;

use amqp_codec::{
    Attach, Begin, Bytes, Close, Condition, Coordinator, Declare, Declared, Decode, Decoder, DeliveryState,
    DeliveryTag, Described, Detach, Discharge, Disposition, Encode, End, Error, Fields, Flow, Handle, Modified, Open,
    Outcome, Performative, Received, ReceiverSettleMode, Rejected, Role, SaslChallenge, SaslCode, SaslFrame, SaslInit,
    SaslMechanisms, SaslOutcome, SaslResponse, SenderSettleMode, SequenceNo, Source, SourceTerminus, Symbol, Target,
    TargetTerminus, TerminusDurability, TerminusExpiryPolicy, TransactionId, TransactionalState, Transfer,
    UnsettledMap, Value,
};

use crate::octets::{Made, Octets};
use crate::values::unknown_descriptor;

/// Types whose fields are each made of what comes next.
macro_rules! of_fields {
    ($($type:ident { $($field:ident)* })*) => { $(impl Made for $type {
        fn made(octets: &mut Octets<'_>) -> Self {
            Self { $($field: octets.make()),* }
        }
    })* };
}
pub(crate) use of_fields;

/// Types that are one of several: an octet says which.
macro_rules! one_of {
    ($($type:ident: $($made:expr),+;)*) => { $(impl Made for $type {
        fn made(octets: &mut Octets<'_>) -> Self {
            let makers: &[fn(&mut Octets<'_>) -> Self] = &[$($made),+];
            let chosen = octets.below(makers.len() as u8);
            makers[usize::from(chosen)](octets)
        }
    })* };
}
pub(crate) use one_of;

of_fields! {
    Open {
        container_id hostname max_frame_size channel_max idle_time_out outgoing_locales incoming_locales
        offered_capabilities desired_capabilities properties
    }
    Begin {
        remote_channel next_outgoing_id incoming_window outgoing_window handle_max offered_capabilities
        desired_capabilities properties
    }
    Attach {
        name handle role snd_settle_mode rcv_settle_mode source target unsettled incomplete_unsettled
        initial_delivery_count max_message_size offered_capabilities desired_capabilities properties
    }
    Flow {
        next_incoming_id incoming_window next_outgoing_id outgoing_window handle delivery_count link_credit available
        drain echo properties
    }
    Transfer {
        handle delivery_id delivery_tag message_format settled more rcv_settle_mode state resume aborted batchable
    }
    Disposition { role first last settled state batchable }
    Detach { handle closed error }
    End { error }
    Close { error }
    Source {
        address durable expiry_policy timeout dynamic dynamic_node_properties distribution_mode filter default_outcome
        outcomes capabilities
    }
    Target { address durable expiry_policy timeout dynamic dynamic_node_properties capabilities }
    Coordinator { capabilities }
    Received { section_number section_offset }
    Rejected { error }
    Modified { delivery_failed undeliverable_here message_annotations }
    Declared { txn_id }
    TransactionalState { txn_id outcome }
    Discharge { txn_id fail }
    SaslInit { mechanism initial_response hostname }
    SaslChallenge { challenge }
    SaslResponse { response }
    SaslOutcome { code additional_data }
}

one_of! {
    Performative:
        |octets| octets.make::<Open>().into(), |octets| octets.make::<Begin>().into(),
        |octets| octets.make::<Attach>().into(), |octets| octets.make::<Flow>().into(),
        |octets| octets.make::<Transfer>().into(), |octets| octets.make::<Disposition>().into(),
        |octets| octets.make::<Detach>().into(), |octets| octets.make::<End>().into(),
        |octets| octets.make::<Close>().into();
    SaslFrame:
        |octets| octets.make::<SaslMechanisms>().into(), |octets| octets.make::<SaslInit>().into(),
        |octets| octets.make::<SaslChallenge>().into(), |octets| octets.make::<SaslResponse>().into(),
        |octets| octets.make::<SaslOutcome>().into();
    DeliveryState:
        |octets| octets.make::<Outcome>().into(), |octets| octets.make::<Received>().into(),
        |octets| octets.make::<Declared>().into(), |octets| octets.make::<TransactionalState>().into(), unknown;
    Outcome:
        |_| Self::Accepted, |_| Self::Released, |octets| Self::Rejected(octets.make()),
        |octets| Self::Modified(octets.make()), unknown;
    SourceTerminus: |octets| octets.make::<Source>().into(), unknown;
    TargetTerminus: |octets| octets.make::<Target>().into(), |octets| octets.make::<Coordinator>().into(), unknown;
    Role: |_| Self::Sender, |_| Self::Receiver;
    SenderSettleMode: |_| Self::Unsettled, |_| Self::Settled, |_| Self::Mixed;
    ReceiverSettleMode: |_| Self::First, |_| Self::Second;
    SaslCode: |_| Self::Ok, |_| Self::Auth, |_| Self::Sys, |_| Self::SysPerm, |_| Self::SysTemp;
    TerminusDurability: |_| Self::None, |_| Self::Configuration, |_| Self::UnsettledState;
    TerminusExpiryPolicy:
        |_| Self::LINK_DETACH, |_| Self::SESSION_END, |_| Self::CONNECTION_CLOSE, |_| Self::NEVER,
        |octets| Self(octets.make());
    Condition:
        |_| Self::DECODE_ERROR, |_| Self::DETACH_FORCED, |_| Self::UNSPECIFIED, |octets| Self(octets.make());
    Handle: |octets| Self(octets.make()), |_| Self(u32::MAX);
    SequenceNo: |octets| Self(octets.make());
}

/// A described value that the codec does not know: read from its octets, whatever it is kept as.
fn unknown<T: Decode>(octets: &mut Octets<'_>) -> T {
    let descriptor = unknown_descriptor(octets);
    let mut encoded = Vec::new();
    Described::new(descriptor, octets.make::<Value>()).encode(&mut encoded);
    Decoder::new(&Bytes::from(encoded)).decode().expect("what is unknown is kept")
}

impl Made for Error {
    fn made(octets: &mut Octets<'_>) -> Self {
        let condition = octets.make();
        if condition == Condition::UNSPECIFIED {
            return Self::default();
        }
        Self { condition, description: octets.make(), info: octets.make::<Option<Fields>>().map(Into::into) }
    }
}

impl Made for TransactionId {
    fn made(octets: &mut Octets<'_>) -> Self {
        let len = octets.len().min(Self::MAX_LEN);
        Self::try_from(Bytes::from(octets.string(len))).expect("short")
    }
}

impl Made for UnsettledMap {
    fn made(octets: &mut Octets<'_>) -> Self {
        let entries: BTreeMap<DeliveryTag, Option<DeliveryState>> =
            (0..octets.below(4)).map(|_| (octets.make(), octets.make())).collect();
        entries.into_iter().collect()
    }
}

impl Made for SaslMechanisms {
    fn made(octets: &mut Octets<'_>) -> Self {
        let mechanisms: Vec<Symbol> = (0..=octets.below(4)).map(|_| octets.make()).collect();
        Self { sasl_server_mechanisms: mechanisms.into_iter().collect() }
    }
}

impl Made for Declare {
    fn made(octets: &mut Octets<'_>) -> Self {
        // a field that holds null has no value
        Self { global_id: Some(octets.make::<Value>()).filter(|id| *id != Value::Null).map(Box::new) }
    }
}
