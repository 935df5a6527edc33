//! Our client against foreign servers: the scenarios, and how one is played.

mod adapters;
mod blocking;
mod bodies;
mod credit;
mod ends;
mod filter;
mod login;
pub(crate) mod management;
mod many;
mod names;
mod open;
mod outcomes;
mod parts;
mod rabbitmq;
mod values;
mod volume;

use crate::server::{Kind, Scale, Target};
use crate::verdict::Check;
use std::future::Future;
use std::pin::Pin;

type Play = fn(Target) -> Pin<Box<dyn Future<Output = Check> + Send>>;

/// Something to be done with any server of the kinds given.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// The least scale in which it is played.
    pub(crate) scale: Scale,
    /// The servers that it concerns; none: all.
    pub(crate) kinds: &'static [Kind],
    pub(crate) play: Play,
}

macro_rules! scenarios {
    ($($scale:ident $name:literal $(of $($kind:ident)|+)? => $($path:ident)::+;)*) => {
        /// All of them, in the order in which they are played.
        pub(crate) const SCENARIOS: &[Scenario] = &[$(Scenario {
            name: $name,
            scale: Scale::$scale,
            kinds: &[$($(Kind::$kind),+)?],
            play: |target| Box::pin($($path)::+(target)),
        }),*];
    };
}

scenarios! {
    Quick "sasl-anonymous" => login::anonymous;
    Quick "sasl-plain" => login::plain;
    Quick "sasl-scram" of ActingUp => login::scram;
    Quick "sasl-wrong-password" => login::wrong_password;
    Quick "no-sasl" => login::none;
    Quick "tls" of Rabbit4 | Rabbit3 | ActingUp => login::tls;
    Quick "sasl-external" of Rabbit4 | Rabbit3 | ActingUp => login::external;
    Quick "open-close" => open::open_close;
    Quick "pipelined-open" => open::pipelined;
    Quick "value-types" => values::as_bodies;
    Quick "property-types" => values::as_properties;
    Quick "sections" => bodies::sections;
    Quick "body-kinds" => bodies::kinds;
    Quick "sizes-512" => bodies::frames_of_512;
    Quick "sizes-4096" => bodies::frames_of_4096;
    Quick "sizes-default" => bodies::default_frames;
    Quick "unsettled-10000" => volume::unsettled;
    Quick "presettled-10000" => volume::presettled;
    Quick "blocking-thread" => blocking::with_thread;
    Quick "blocking-pump" => blocking::with_pump;
    Quick "async-std" => adapters::on_async_std;
    Quick "smol" => adapters::on_smol;
    Quick "outcomes-given" => outcomes::given;
    Quick "outcomes-taken" of Rabbit4 | ActingUp | Acceptor => outcomes::taken;
    Quick "credit-one" => credit::one_at_a_time;
    Quick "credit-window" => credit::windowed;
    Quick "credit-used-up" => credit::used_up;
    Quick "credit-restated" => credit::restated;
    Quick "credit-large" => credit::large;
    Quick "drain" => credit::drain;
    Quick "links-100" => many::links;
    Quick "sessions-20" => many::sessions;
    Quick "unknown-address" of Rabbit4 | Rabbit3 | ActingUp | Acceptor => ends::unknown_address;
    Quick "begin-behind-end" of Rabbit4 => ends::begin_behind_end;
    Quick "unauthorized" of Rabbit4 | ActingUp => ends::unauthorized;
    Quick "forced-detach" of Rabbit4 | ActingUp => ends::forced_detach;
    Quick "forced-end" of ActingUp => ends::forced_end;
    Quick "forced-close" of Rabbit4 | Rabbit3 | ActingUp => ends::forced_close;
    Whole "shutdown" => ends::shutdown;
    Quick "idle" => open::idle;
    Quick "same-name" => names::same_name;
    Quick "dynamic-reply" => names::dynamic_reply;
    Quick "selector" => filter::selector;
    Quick "v2-addresses" of Rabbit4 => rabbitmq::v2_addresses;
    Quick "management" of Rabbit4 => rabbitmq::management;
    Quick "stream-offset" of Rabbit4 => rabbitmq::stream_offset;
    Quick "memory-alarm" of Rabbit4 => rabbitmq::memory_alarm;
    Whole "consumer-timeout" of Rabbit4 => rabbitmq::consumer_timeout;
}
