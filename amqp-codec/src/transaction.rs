//! Transactions (§4.5).

use crate::composite::Unread;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::codec::{Decode, Encode};
use crate::composite;
use crate::decoder::Decoder;
use crate::delivery_state::Outcome;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::types::{Multiple, Symbol, Value};

/// The capabilities of a coordinator (§4.5.7).
pub mod capability {
    use crate::types::Symbol;

    /// Transactions within the coordinator.
    pub const LOCAL_TRANSACTIONS: Symbol = Symbol::from_static("amqp:local-transactions");
    /// Transactions over several resources.
    pub const DISTRIBUTED_TRANSACTIONS: Symbol = Symbol::from_static("amqp:distributed-transactions");
    /// Local transactions that can become distributed.
    pub const PROMOTABLE_TRANSACTIONS: Symbol = Symbol::from_static("amqp:promotable-transactions");
    /// Several transactions at a time in a session.
    pub const MULTI_TXNS_PER_SSN: Symbol = Symbol::from_static("amqp:multi-txns-per-ssn");
    /// A transaction over several sessions of the connection.
    pub const MULTI_SSNS_PER_TXN: Symbol = Symbol::from_static("amqp:multi-ssns-per-txn");
}

/// What a coordinator calls a transaction (§4.5.4): up to 32 octets.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TransactionId(Bytes);

/// Octets that cannot be a transaction-id, because they are more than 32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a transaction-id has at most 32 octets")]
pub struct TransactionIdTooLong;

impl TransactionId {
    /// The longest id, in octets.
    pub const MAX_LEN: usize = 32;

    /// The octets.
    pub fn as_bytes(&self) -> &Bytes {
        &self.0
    }
}

impl Unread for TransactionId {
    fn unread() -> Self {
        Self(Bytes::new())
    }
}

impl TryFrom<Bytes> for TransactionId {
    type Error = TransactionIdTooLong;

    fn try_from(octets: Bytes) -> Result<Self, TransactionIdTooLong> {
        if octets.len() <= Self::MAX_LEN { Ok(Self(octets)) } else { Err(TransactionIdTooLong) }
    }
}

impl fmt::Debug for TransactionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Decode for TransactionId {
    fn decode(decoder: &mut Decoder<'_>) -> Result<Self, DecodeError> {
        let octets = Bytes::decode(decoder)?;
        Self::try_from(octets).map_err(|_| decoder.error(DecodeErrorKind::TooLong, "transaction-id"))
    }
}

impl Encode for TransactionId {
    fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
}

composite! {
    /// The target of the link that transactions are controlled by (§4.5.1).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Coordinator = "amqp:coordinator:list" 0x30 {
        /// What the sender wants, or the coordinator does; see [`capability`].
        capabilities: Multiple<Symbol>;
    }
}

composite! {
    /// Begins a transaction (§4.5.2); the body of a message to the
    /// coordinator.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Declare = "amqp:declare:list" 0x31 {
        /// The id of a distributed transaction to join.
        global_id: Option<Box<Value>>;
    }
}

composite! {
    /// Ends a transaction (§4.5.3); the body of a message to the coordinator.
    #[derive(Clone, PartialEq, Eq)]
    pub struct Discharge = "amqp:discharge:list" 0x32 {
        /// The transaction.
        txn_id: TransactionId, mandatory;
        /// Whether its work is to be undone.
        fail: bool = false;
    }
}

composite! {
    /// The outcome of a declare (§4.5.5).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Declared = "amqp:declared:list" 0x33 {
        /// The transaction, as the coordinator calls it.
        txn_id: TransactionId, mandatory;
    }
}

composite! {
    /// The state of a delivery that is part of a transaction (§4.5.6).
    #[derive(Clone, PartialEq, Eq)]
    pub struct TransactionalState = "amqp:transactional-state:list" 0x34 {
        /// The transaction.
        txn_id: TransactionId, mandatory;
        /// The outcome that the delivery has if the transaction succeeds.
        outcome: Option<Outcome>;
    }
}
