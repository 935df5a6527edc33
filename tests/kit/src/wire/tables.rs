//! The composites of Parts 2, 3, 4 and 5 that frames carry: descriptor, field names, field types.

use super::Value;

/// How a field is carried, hence how its text is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// boolean
    Bool,
    /// ushort
    Ushort,
    /// uint
    Uint,
    /// ulong
    Ulong,
    /// string
    Str,
    /// symbol
    Sym,
    /// binary
    Bin,
    /// symbol, `multiple="true"`
    Syms,
    /// anything: maps, nested composites, addresses
    Any,
    /// boolean, written as the names of false and true
    Flag([&'static str; 2]),
    /// ubyte, written as names
    Choice(&'static [&'static str]),
}

/// One composite.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The name in the specification's element, hence `amqp:<name>:list`.
    pub name: &'static str,
    /// The numeric descriptor.
    pub code: u64,
    /// The fields in order.
    pub fields: &'static [(&'static str, Kind)],
}

use Kind::{Any, Bin, Bool, Choice, Flag, Str, Sym, Syms, Uint, Ulong, Ushort};

const ROLE: Kind = Flag(["sender", "receiver"]);
const SND: Kind = Choice(&["unsettled", "settled", "mixed"]);
const RCV: Kind = Choice(&["first", "second"]);
const CODE: Kind = Choice(&["ok", "auth", "sys", "sys-perm", "sys-temp"]);

const fn table(name: &'static str, code: u64, fields: &'static [(&'static str, Kind)]) -> Table {
    Table { name, code, fields }
}

#[rustfmt::skip]
static TABLES: &[Table] = &[
    table("open", 0x10, &[("container-id", Str), ("hostname", Str), ("max-frame-size", Uint), ("channel-max", Ushort),
        ("idle-time-out", Uint), ("outgoing-locales", Syms), ("incoming-locales", Syms),
        ("offered-capabilities", Syms), ("desired-capabilities", Syms), ("properties", Any)]),
    table("begin", 0x11, &[("remote-channel", Ushort), ("next-outgoing-id", Uint), ("incoming-window", Uint),
        ("outgoing-window", Uint), ("handle-max", Uint), ("offered-capabilities", Syms),
        ("desired-capabilities", Syms), ("properties", Any)]),
    table("attach", 0x12, &[("name", Str), ("handle", Uint), ("role", ROLE), ("snd-settle-mode", SND),
        ("rcv-settle-mode", RCV), ("source", Any), ("target", Any), ("unsettled", Any),
        ("incomplete-unsettled", Bool), ("initial-delivery-count", Uint), ("max-message-size", Ulong),
        ("offered-capabilities", Syms), ("desired-capabilities", Syms), ("properties", Any)]),
    table("flow", 0x13, &[("next-incoming-id", Uint), ("incoming-window", Uint), ("next-outgoing-id", Uint),
        ("outgoing-window", Uint), ("handle", Uint), ("delivery-count", Uint), ("link-credit", Uint),
        ("available", Uint), ("drain", Bool), ("echo", Bool), ("properties", Any)]),
    table("transfer", 0x14, &[("handle", Uint), ("delivery-id", Uint), ("delivery-tag", Bin), ("message-format", Uint),
        ("settled", Bool), ("more", Bool), ("rcv-settle-mode", RCV), ("state", Any), ("resume", Bool),
        ("aborted", Bool), ("batchable", Bool)]),
    table("disposition", 0x15, &[("role", ROLE), ("first", Uint), ("last", Uint), ("settled", Bool), ("state", Any),
        ("batchable", Bool)]),
    table("detach", 0x16, &[("handle", Uint), ("closed", Bool), ("error", Any)]),
    table("end", 0x17, &[("error", Any)]),
    table("close", 0x18, &[("error", Any)]),
    table("error", 0x1d, &[("condition", Sym), ("description", Str), ("info", Any)]),
    table("received", 0x23, &[("section-number", Uint), ("section-offset", Ulong)]),
    table("accepted", 0x24, &[]),
    table("rejected", 0x25, &[("error", Any)]),
    table("released", 0x26, &[]),
    table("modified", 0x27, &[("delivery-failed", Bool), ("undeliverable-here", Bool), ("message-annotations", Any)]),
    table("source", 0x28, &[("address", Any), ("durable", Uint), ("expiry-policy", Sym), ("timeout", Uint),
        ("dynamic", Bool), ("dynamic-node-properties", Any), ("distribution-mode", Sym), ("filter", Any),
        ("default-outcome", Any), ("outcomes", Syms), ("capabilities", Syms)]),
    table("target", 0x29, &[("address", Any), ("durable", Uint), ("expiry-policy", Sym), ("timeout", Uint),
        ("dynamic", Bool), ("dynamic-node-properties", Any), ("capabilities", Syms)]),
    table("delete-on-close", 0x2b, &[]),
    table("delete-on-no-links", 0x2c, &[]),
    table("delete-on-no-messages", 0x2d, &[]),
    table("delete-on-no-links-or-messages", 0x2e, &[]),
    table("coordinator", 0x30, &[("capabilities", Syms)]),
    table("declare", 0x31, &[("global-id", Any)]),
    table("discharge", 0x32, &[("txn-id", Bin), ("fail", Bool)]),
    table("declared", 0x33, &[("txn-id", Bin)]),
    table("transactional-state", 0x34, &[("txn-id", Bin), ("outcome", Any)]),
    table("sasl-mechanisms", 0x40, &[("sasl-server-mechanisms", Syms)]),
    table("sasl-init", 0x41, &[("mechanism", Sym), ("initial-response", Bin), ("hostname", Str)]),
    table("sasl-challenge", 0x42, &[("challenge", Bin)]),
    table("sasl-response", 0x43, &[("response", Bin)]),
    table("sasl-outcome", 0x44, &[("code", CODE), ("additional-data", Bin)]),
];

/// Whether a field of that value may as well be absent: `false` always, else the specification's default.
pub fn is_default(composite: &str, field: &str, value: &Value) -> bool {
    match (composite, field, value) {
        (_, _, Value::Null | Value::Bool(false)) | (_, "ch", Value::Number(0)) => true,
        ("attach", "snd-settle-mode", Value::Word(word)) => word == "mixed",
        ("attach", "rcv-settle-mode", Value::Word(word)) => word == "first",
        ("open", "max-frame-size", Value::Number(n)) | ("begin", "handle-max", Value::Number(n)) => {
            *n == i128::from(u32::MAX)
        }
        ("open", "channel-max", Value::Number(n)) => *n == i128::from(u16::MAX),
        ("source" | "target", "durable" | "timeout", Value::Number(n)) => *n == 0,
        ("source" | "target", "expiry-policy", Value::Symbol(policy)) => policy == "session-end",
        (_, _, Value::List(items)) => items.is_empty(),
        _ => false,
    }
}

/// The table of that name.
pub fn by_name(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}

/// The table of that descriptor, numeric or `amqp:<name>:list`.
pub fn by_descriptor(descriptor: &Value) -> Option<&'static Table> {
    match descriptor {
        Value::Int(_, code) => TABLES.iter().find(|table| i128::from(table.code) == *code),
        Value::Symbol(symbol) => {
            let name = symbol.strip_prefix("amqp:")?.strip_suffix(":list")?;
            by_name(name)
        }
        _ => None,
    }
}
