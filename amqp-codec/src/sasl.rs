//! The bodies of SASL frames (§5.3.3).
//!
//! `Debug` never prints what may be a secret, only how long it is.

use crate::composite::Unread;
use bytes::Bytes;

use crate::composite;
use crate::composite::one_of;
use crate::definition::choices;
use crate::types::{Multiple, Str, Symbol};

composite! {
    /// The server's mechanisms (§5.3.3.1).
    #[derive(Clone, PartialEq, Eq)]
    pub struct SaslMechanisms = "amqp:sasl-mechanisms:list" 0x40 {
        /// At least one, the preferred first.
        sasl_server_mechanisms: Multiple<Symbol>, mandatory;
    }
}

composite! {
    /// The client's choice (§5.3.3.2).
    #[derive(Clone, PartialEq, Eq)]
    pub struct SaslInit = "amqp:sasl-init:list" 0x41 {
        /// One of the server's mechanisms.
        mechanism: Symbol, mandatory;
        /// The mechanism's first response, if the client begins.
        initial_response: Option<Bytes>, secret;
        /// The host that the client means to reach.
        hostname: Option<Str>;
    }
}

composite! {
    /// What the mechanism's server says (§5.3.3.3).
    #[derive(Clone, PartialEq, Eq)]
    pub struct SaslChallenge = "amqp:sasl-challenge:list" 0x42 {
        /// As the mechanism defines.
        challenge: Bytes, mandatory, secret;
    }
}

composite! {
    /// What the mechanism's client says (§5.3.3.4).
    #[derive(Clone, PartialEq, Eq)]
    pub struct SaslResponse = "amqp:sasl-response:list" 0x43 {
        /// As the mechanism defines.
        response: Bytes, mandatory, secret;
    }
}

composite! {
    /// How the authentication ended (§5.3.3.5).
    #[derive(Clone, PartialEq, Eq)]
    pub struct SaslOutcome = "amqp:sasl-outcome:list" 0x44 {
        /// Success, or the kind of failure.
        code: SaslCode, mandatory;
        /// What the mechanism's server says with success.
        additional_data: Option<Bytes>, secret;
    }
}

choices! {
    /// How an authentication ended (§5.3.3.6).
    pub enum SaslCode: u8 = "sasl-code" {
        /// The client is authenticated.
        Ok = 0 "ok",
        /// The credentials were not accepted.
        Auth = 1 "auth",
        /// The server failed.
        Sys = 2 "sys",
        /// The server failed, and will again.
        SysPerm = 3 "sys-perm",
        /// The server failed, and may not the next time.
        SysTemp = 4 "sys-temp",
    }
}

impl Unread for SaslCode {
    fn unread() -> Self {
        Self::Sys
    }
}

one_of! {
    /// The body of a SASL frame (§5.3.3).
    pub enum SaslFrame = "sasl-frame" {
        /// The server's mechanisms.
        Mechanisms(SaslMechanisms) = SaslMechanisms "sasl-mechanisms",
        /// The client's choice.
        Init(SaslInit) = SaslInit "sasl-init",
        /// What the mechanism's server says.
        Challenge(SaslChallenge) = SaslChallenge "sasl-challenge",
        /// What the mechanism's client says.
        Response(SaslResponse) = SaslResponse "sasl-response",
        /// How the authentication ended.
        Outcome(SaslOutcome) = SaslOutcome "sasl-outcome",
    }
}
