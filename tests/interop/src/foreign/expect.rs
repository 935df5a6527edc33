//! What a client has to say of a scenario in which it is refused something.

/// Part of the output, in lower case; `None`: nothing is refused.
pub(super) fn expected(scenario: &str) -> Option<&'static str> {
    Some(match scenario {
        "unknown-address" => "not-found",
        "unauthorized" => "unauthorized-access",
        "redirect" => "link:redirect",
        "sasl-fail" | "sasl-scram-fail" | "sasl-no-mechanism" => "refused",
        "no-coordinator" => "not-implemented",
        "peer-detaches" => "resource-limit-exceeded",
        "peer-ends" => "window-violation",
        "peer-closes" | "shutdown" => "connection:forced",
        "peer-rejects" => "precondition-failed",
        _ => return None,
    })
}
