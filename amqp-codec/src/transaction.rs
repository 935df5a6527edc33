//! Transactions (§4.5).

use alloc::boxed::Box;

use bytes::Bytes;

use crate::composite;
use crate::delivery_state::Outcome;
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
        txn_id: Bytes, mandatory;
        /// Whether its work is to be undone.
        fail: bool = false;
    }
}

composite! {
    /// The outcome of a declare (§4.5.5).
    #[derive(Clone, PartialEq, Eq)]
    pub struct Declared = "amqp:declared:list" 0x33 {
        /// The transaction, as the coordinator calls it.
        txn_id: Bytes, mandatory;
    }
}

composite! {
    /// The state of a delivery that is part of a transaction (§4.5.6).
    #[derive(Clone, PartialEq, Eq)]
    pub struct TransactionalState = "amqp:transactional-state:list" 0x34 {
        /// The transaction.
        txn_id: Bytes, mandatory;
        /// The outcome that the delivery has if the transaction succeeds.
        outcome: Option<Outcome>;
    }
}
