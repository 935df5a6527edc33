//! Where a redirect leads (§2.8.16, §2.8.18).

use super::{Condition, Error, Info};
use crate::types::{Str, Value};

/// The info of an `amqp:connection:redirect` or `amqp:link:redirect`, read.
///
/// It comes from the peer: whoever follows it has to judge the new host as he
/// judged the old one. Nothing here follows it by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// For open, TLS and SASL at the new place (§2.7.1), if it says so.
    pub hostname: Option<Str>,
    /// The host to connect to: a DNS name or an address.
    pub network_host: Str,
    /// The port to connect to.
    pub port: u16,
    /// Of a link: the node at the new place.
    pub address: Option<Str>,
}

impl Error {
    /// Where the redirect leads; `None` if this is none, or one that lacks
    /// network-host or port.
    pub fn redirect(&self) -> Option<Redirect> {
        if self.condition != Condition::CONNECTION_REDIRECT && self.condition != Condition::LINK_REDIRECT {
            return None;
        }
        let info = self.info.as_ref()?;
        Some(Redirect {
            hostname: text(info, "hostname"),
            network_host: text(info, "network-host")?,
            port: port(info.get("port")?)?,
            address: text(info, "address"),
        })
    }
}

fn text(info: &Info, key: &str) -> Option<Str> {
    info.get(key).and_then(Value::as_text).map(|text| Str::from(alloc::string::String::from(text)))
}

/// The text says ushort; peers write whatever their language calls a number.
fn port(value: &Value) -> Option<u16> {
    match *value {
        Value::Ubyte(port) => Some(port.into()),
        Value::Ushort(port) => Some(port),
        Value::Uint(port) => port.try_into().ok(),
        Value::Ulong(port) => port.try_into().ok(),
        Value::Byte(port) => port.try_into().ok(),
        Value::Short(port) => port.try_into().ok(),
        Value::Int(port) => port.try_into().ok(),
        Value::Long(port) => port.try_into().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::Fields;
    use crate::types::Symbol;

    fn error(condition: Condition, entries: &[(&'static str, Value)]) -> Error {
        let fields = entries.iter().map(|(key, value)| (Symbol::from_static(key), value.clone())).collect::<Fields>();
        Error { info: Some(fields.into()), ..condition.into() }
    }

    // Scenario CN-45; req: TR-2.8.16-01 TR-2.8.18-01
    #[test]
    fn both_kinds_are_read_and_nothing_else() {
        let host = ("network-host", Value::from("other.example"));
        let full = [
            host.clone(),
            ("port", Value::Ushort(5671)),
            ("hostname", Value::from("vhost")),
            ("address", Value::from("queue")),
        ];
        for condition in [Condition::CONNECTION_REDIRECT, Condition::LINK_REDIRECT] {
            let redirect = error(condition, &full).redirect().expect("a redirect");
            assert_eq!((redirect.network_host.as_str(), redirect.port), ("other.example", 5671));
            assert_eq!(redirect.hostname.as_deref(), Some("vhost"));
            assert_eq!(redirect.address.as_deref(), Some("queue"));
        }
        assert_eq!(error(Condition::DETACH_FORCED, &full).redirect(), None);
        for port in [Value::Int(-1), Value::Uint(65_536), Value::from("5671"), Value::Null] {
            assert_eq!(error(Condition::LINK_REDIRECT, &[host.clone(), ("port", port)]).redirect(), None);
        }
        assert_eq!(error(Condition::LINK_REDIRECT, &[("port", Value::Int(5671))]).redirect(), None);
        let least = error(Condition::LINK_REDIRECT, &[host, ("port", Value::Int(5671))]).redirect();
        assert_eq!(least.map(|redirect| (redirect.hostname, redirect.address)), Some((None, None)));
        assert_eq!(Error::from(Condition::LINK_REDIRECT).redirect(), None);
    }
}
