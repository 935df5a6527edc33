//! What a client's interface has no way to do; and the one list that every client plays but for that.

/// Client, scenario, why.
const CANNOT: &[(&str, &str, &str)] = &[
    ("uamqp", "sasl-none", "its connection takes a SASL client, and there is none for no SASL"),
    (
        "uamqp",
        "sasl-external",
        "its Python interface has ANONYMOUS, PLAIN and CBS only, and no certificate of a client",
    ),
    ("go-amqp", "drain", "its receiver has no drain"),
    (
        "erlang",
        "dynamic",
        "of a source its attach has only address and durability: it sends no dynamic, and of the attach that comes back \
         it tells only that it came",
    ),
    (
        "amqp10-js",
        "types-decimal128",
        "of decimal32, 64 and 128 its codec knows the codes, and neither writes nor reads one",
    ),
];

/// What this client has no way to do, and why.
pub(crate) fn cannot(client: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    CANNOT.iter().filter(move |(of, ..)| *of == client).map(|(_, scenario, why)| (*scenario, *why))
}

#[cfg(test)]
mod tests {
    use super::{CANNOT, cannot};
    use crate::foreign::CLIENTS;

    /// What a client plays or cannot: an item, and the scenarios of which any shows it.
    const LIST: &[(&str, &[&str])] = &[
        ("SASL ANONYMOUS", &["sasl-anonymous"]),
        ("SASL PLAIN", &["sasl-plain"]),
        ("wrong password", &["sasl-fail"]),
        ("EXTERNAL", &["sasl-external"]),
        ("TLS", &["tls-roundtrip"]),
        ("open and close", &["open-close"]),
        ("open with properties", &["open-fields"]),
        ("types as bodies", &["types-body", "roundtrip"]),
        ("types in application-properties", &["types-properties", "roundtrip"]),
        ("bodies in frames of 512", &["sizes-512"]),
        ("bodies in frames of 4096", &["sizes-4096"]),
        ("bodies by default", &["sizes-default"]),
        ("10,000 unsettled", &["unsettled-10000"]),
        ("10,000 pre-settled", &["presettled-10000"]),
        ("outcomes given", &["outcomes"]),
        ("rejected", &["peer-rejects"]),
        ("released", &["peer-releases"]),
        ("modified", &["peer-modifies"]),
        ("credit", &["credit"]),
        ("large credit", &["credit-large"]),
        ("drain", &["drain"]),
        ("100 links", &["links-100"]),
        ("20 sessions", &["sessions-20"]),
        ("unknown address", &["unknown-address"]),
        ("refused attach", &["unauthorized"]),
        ("forced detach", &["peer-detaches"]),
        ("shutdown", &["shutdown"]),
        ("three heartbeats", &["idle-timeout", "heartbeat"]),
        ("two links of one name", &["same-name"]),
        ("dynamic source", &["dynamic"]),
        ("filter", &["selector", "filter"]),
    ];

    #[test]
    fn every_client_plays_the_whole_list_or_says_why_not() {
        for client in CLIENTS {
            let mut missing = Vec::new();
            let can: Vec<&str> =
                client.scenarios.split_whitespace().chain(cannot(client.name).map(|it| it.0)).collect();
            for (item, scenarios) in LIST {
                let told = scenarios.iter().any(|it| can.contains(it));
                let always = client.needs_tls && *item == "TLS";
                if !told && !always {
                    missing.push(*item);
                }
            }
            assert!(missing.is_empty(), "{}: {missing:?}", client.name);
        }
    }

    #[test]
    fn nothing_that_cannot_be_done_is_played() {
        for (name, scenario, _) in CANNOT {
            let client = CLIENTS.iter().find(|client| client.name == *name).expect("a client of this name");
            assert!(!client.scenarios.split_whitespace().any(|it| it == *scenario), "{name} plays {scenario}");
        }
    }
}
