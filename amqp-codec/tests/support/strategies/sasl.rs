//! The five SASL frames (§5.3.3).

use amqp_codec::{SaslChallenge, SaslCode, SaslFrame, SaslInit, SaslMechanisms, SaslOutcome, SaslResponse};
use proptest::option;
use proptest::prelude::*;

use super::values::{octets, symbol, symbols, text};

pub(crate) fn mechanisms() -> impl Strategy<Value = SaslMechanisms> {
    symbols(1..5).prop_map(|sasl_server_mechanisms| SaslMechanisms { sasl_server_mechanisms })
}

pub(crate) fn init() -> impl Strategy<Value = SaslInit> {
    let fields = (symbol(), option::of(octets()), option::of(text()));
    fields.prop_map(|(mechanism, initial_response, hostname)| SaslInit { mechanism, initial_response, hostname })
}

pub(crate) fn challenge() -> impl Strategy<Value = SaslChallenge> {
    octets().prop_map(|challenge| SaslChallenge { challenge })
}

pub(crate) fn response() -> impl Strategy<Value = SaslResponse> {
    octets().prop_map(|response| SaslResponse { response })
}

pub(crate) fn outcome() -> impl Strategy<Value = SaslOutcome> {
    use SaslCode::{Auth, Ok, Sys, SysPerm, SysTemp};
    let code = prop_oneof![Just(Ok), Just(Auth), Just(Sys), Just(SysPerm), Just(SysTemp)];
    (code, option::of(octets())).prop_map(|(code, additional_data)| SaslOutcome { code, additional_data })
}

pub(crate) fn sasl_frame() -> BoxedStrategy<SaslFrame> {
    prop_oneof![
        mechanisms().prop_map(SaslFrame::from),
        init().prop_map(SaslFrame::from),
        challenge().prop_map(SaslFrame::from),
        response().prop_map(SaslFrame::from),
        outcome().prop_map(SaslFrame::from),
    ]
    .boxed()
}
