//! What every binding to a runtime has to do, over real sockets: one list, run by each of them. A binding's test file
//! includes this one and says `adapter_tests!(RUNTIME, run)`, where `run` polls a future to its end.
//!
//! The handles themselves are tested in `amqp-async`, without sockets; connecting in virtual time too.

mod basics;
mod client;
mod guarantees;
mod steps;
mod support;
mod timers;
#[cfg(feature = "rustls")]
mod tls;

pub(crate) use self::basics::*;
pub(crate) use self::client::*;
pub(crate) use self::guarantees::*;
pub(crate) use self::steps::*;
pub(crate) use self::timers::*;
#[cfg(feature = "rustls")]
pub(crate) use self::tls::*;

/// One test for each of the list.
#[macro_export]
macro_rules! adapter_tests {
    ($runtime:ty, $run:path) => {
        $crate::adapter_tests!(@ $runtime, $run,
            round_trip, wrong_password, nobody_listens, dead_address_first, last_handle_dropped, password_stays_here,
            silent_in_tcp, silent_in_login, silent_in_open, ends_in_login, ends_in_open, dropped_while_connecting,
            given_up_anywhere);
        $crate::adapter_tests!(@ $runtime, $run,
            saturated_both_ways, unread_backlog, dropped_anywhere, close_flushes, one_fate_each, panics_poison_nothing,
            b_12_two_thousand_descriptors, alarms, comes_back, lent_and_asked);

        #[test]
        fn recorded_as_the_environment_asks() {
            $crate::adapters::recorded(concat!(module_path!(), "::round_trip"));
        }

        #[cfg(feature = "rustls")]
        $crate::adapter_tests!(@ $runtime, $run,
            tls_round_trip, tls_untrusted, tls_wrong_name, tls_expired, tls_external, tls_certificate_demanded,
            tls_peer_in_clear, tls_client_in_clear, tls_server_name, tls_silent, tls_ends, tls_truncated, tls_refuses_to_be_clear);
    };
    (@ $runtime:ty, $run:path, $($name:ident),*) => {
        $(#[test]
        fn $name() {
            $run($crate::adapters::$name::<$runtime>());
        })*
    };
}
