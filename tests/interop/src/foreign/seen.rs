//! What our listener has to have seen of a client that plays `open-fields`.

use crate::verdict::{Check, ensure};
use amqp10::codec::{Multiple, Open, Symbol};

/// What a script has its client say in open (§2.7.1).
#[derive(Debug)]
struct Said {
    container_id: &'static str,
    hostname: &'static str,
    max_frame_size: u32,
    channel_max: u16,
    /// In milliseconds, as it comes.
    idle_time_out: u32,
    offered: &'static [&'static str],
    desired: &'static [&'static str],
    /// Of the properties, these texts.
    properties: &'static [(&'static str, &'static str)],
}

/// By the names of the clients.
const SAID: &[(&str, Said)] = &[
    (
        "protonj",
        Said {
            container_id: "protonj-client",
            hostname: "localhost",
            max_frame_size: 8192,
            channel_max: 7,
            // half of the 20 s that it waits, as §2.4.5 asks
            idle_time_out: 10_000,
            offered: &["one", "two"],
            desired: &["ANONYMOUS-RELAY"],
            properties: &[("name", "protonj-client")],
        },
    ),
    (
        "erlang",
        Said {
            container_id: "erlang-client",
            hostname: "localhost",
            max_frame_size: 8192,
            // it has no setting for it, and none for capabilities
            channel_max: 100,
            idle_time_out: 20_000,
            offered: &[],
            desired: &[],
            properties: &[("name", "erlang-client"), ("product", "AMQP 1.0 client"), ("version", "4.0.5")],
        },
    ),
];

/// Whether the one open that came has the property `name`, as the script of every client sets it, and says what else the
/// script set.
pub(super) fn check(client: &str, scenario: &str, opens: &[Open]) -> Check {
    if scenario != "open-fields" {
        return Ok(());
    }
    let [open] = opens else { return Err(format!("{} opens came, not one", opens.len()).into()) };
    ensure!(text(open, "name").is_some(), "our listener saw no property name in {open:?}");
    if let Some((_, said)) = SAID.iter().find(|(name, _)| *name == client) {
        ensure!(said.is_in(open), "our listener saw {open:?}, and {said:?} was said");
    }
    Ok(())
}

impl Said {
    fn is_in(&self, open: &Open) -> bool {
        open.container_id.as_str() == self.container_id
            && open.hostname.as_deref() == Some(self.hostname)
            && open.max_frame_size == self.max_frame_size
            && open.channel_max == self.channel_max
            && open.idle_time_out == Some(self.idle_time_out)
            && are(&open.offered_capabilities, self.offered)
            && are(&open.desired_capabilities, self.desired)
            && self.properties.iter().all(|(key, value)| text(open, key) == Some(value))
    }
}

/// A property that is a text.
fn text<'a>(open: &'a Open, key: &str) -> Option<&'a str> {
    open.properties.as_ref()?.get(key)?.as_text()
}

fn are(capabilities: &Multiple<Symbol>, said: &[&str]) -> bool {
    capabilities.iter().map(Symbol::as_str).eq(said.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::check;
    use amqp10::codec::{Fields, Open, Symbol};

    /// What the client on Proton-J has to say.
    fn open() -> Open {
        let mut properties = Fields::default();
        properties.insert(Symbol::from_static("name"), "protonj-client");
        Open {
            hostname: Some("localhost".into()),
            max_frame_size: 8192,
            channel_max: 7,
            idle_time_out: Some(10_000),
            offered_capabilities: ["one", "two"].map(Symbol::from_static).into_iter().collect(),
            desired_capabilities: Symbol::from_static("ANONYMOUS-RELAY").into(),
            properties: Some(properties),
            ..Open::new("protonj-client")
        }
    }

    #[test]
    fn every_field_that_was_set_has_to_come() {
        let says = |opens: &[Open]| check("protonj", "open-fields", opens).is_ok();
        assert!(says(&[open()]));
        for other in [
            Open { container_id: "other".into(), ..open() },
            Open { hostname: None, ..open() },
            Open { max_frame_size: 512, ..open() },
            Open { channel_max: 8, ..open() },
            Open { idle_time_out: None, ..open() },
            Open { offered_capabilities: Symbol::from_static("one").into(), ..open() },
            Open { desired_capabilities: Default::default(), ..open() },
            Open { properties: None, ..open() },
        ] {
            assert!(!says(std::slice::from_ref(&other)), "{other:?}");
        }
        assert!(!says(&[]) && !says(&[open(), open()]));
    }

    #[test]
    fn every_client_says_its_name_and_other_scenarios_say_nothing() {
        let says = |client, open| check(client, "open-fields", &[open]).is_ok();
        let named = Open { properties: open().properties, ..Open::new("other") };
        assert!(says("rhea-client", named.clone()) && !says("protonj", named));
        assert!(!says("rhea-client", Open::new("other")));
        assert!(check("protonj", "open-close", &[]).is_ok());
    }
}
