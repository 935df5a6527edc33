//! Disagreements about composite types: performatives, SASL frames, and the sections of messages.

use amqp_codec::{DecodeErrorKind, Value};

use super::{Class, Right, ours, reads, refused_for};
use crate::compare::form;
use crate::features::{any, array, code, field, state};
use crate::peer::Codec::{Fe2o3, Ntex};
use crate::peer::Verdict;
use crate::subject::Subject;

/// Whether they refuse what we read, and this holds of it.
fn refuses(case: &super::Case<'_>, is: impl Fn(&Value) -> bool) -> bool {
    matches!(case.theirs, Verdict::Refused(_)) && ours(case, is)
}

fn is_symbol_but(names: &'static [&'static str]) -> impl Fn(&Value) -> bool {
    move |value| matches!(value, Value::Symbol(symbol) if !names.contains(&symbol.as_str()))
}

pub(super) const CLASSES: &[Class] = &[
    Class {
        name: "too-many-fields",
        codecs: &[Fe2o3, Ntex],
        what: "read a composite that has more fields than its type, without those",
        clause: "§1.4 says nothing; what they mean is unknown (TY-1.4-04)",
        right: Right::Both,
        matches: |case| reads(case, DecodeErrorKind::TooManyFields),
    },
    Class {
        name: "not-described",
        codecs: &[Fe2o3],
        what: "reads a composite without the octet 0x00 before its descriptor",
        clause: "§1.2, §1.4: that octet begins a described value (TY-1.2-01, TY-1.4-05)",
        right: Right::We,
        matches: |case| {
            let unexpected = matches!(refused_for(case), Some(DecodeErrorKind::UnexpectedCode { .. }));
            let read = matches!(case.theirs, Verdict::Read { .. });
            case.input.subject != Subject::Value && case.input.octets.first() != Some(&0) && unexpected && read
        },
    },
    Class {
        name: "error-without-condition",
        codecs: &[Fe2o3, Ntex],
        what: "refuse an error that has no condition",
        clause: "§2.8.14: the condition is mandatory (TR-2.8.14-01); real peers leave it out",
        right: Right::They,
        matches: |case| {
            let unspecified = |part: &Value| match part {
                Value::Described(error) if error.descriptor == Value::Ulong(0x1d) => match &error.value {
                    Value::List(fields) => fields.first().is_none_or(|condition| *condition == Value::Null),
                    _ => false,
                },
                _ => false,
            };
            refuses(case, |value| any(value, &unspecified))
        },
    },
    Class {
        name: "unknown-choice",
        codecs: &[Fe2o3, Ntex],
        what: "refuse an expiry policy, a distribution mode or a coordinator's capability that the specification does \
               not name (ntex: the first)",
        clause: "§1.3.5: a value outside of the choices is invalid; ours are open, because peers define more \
                 (TY-1.3.5-01)",
        right: Right::They,
        matches: |case| {
            let policies = is_symbol_but(&["link-detach", "session-end", "connection-close", "never"]);
            let modes = is_symbol_but(&["move", "copy"]);
            refuses(case, |value| {
                field(value, 0x28, 2, &policies)
                    || field(value, 0x29, 2, &policies)
                    || (case.codec == Fe2o3
                        && (field(value, 0x28, 6, &modes) || field(value, 0x30, 0, &|names| *names != Value::Null)))
            })
        },
    },
    Class {
        name: "unknown-state",
        codecs: &[Fe2o3, Ntex],
        what: "refuse a delivery state, an outcome or a terminus with an unknown descriptor",
        clause: "§2.7.3, §2.7.5: they are of any type that provides one, and so are open; they are kept (TY-1.5-01)",
        right: Right::We,
        matches: |case| {
            let unknown = |state: &Value| !matches!(code(state), Some(0x23..=0x27 | 0x33 | 0x34));
            let no_terminus =
                |found: &Value| !matches!(found, Value::Null) && !matches!(code(found), Some(0x28..=0x30));
            refuses(case, |value| {
                state(value, &|found| *found != Value::Null && unknown(found))
                    || field(value, 0x12, 5, &no_terminus)
                    || field(value, 0x12, 6, &no_terminus)
            })
        },
    },
    Class {
        name: "transactions",
        codecs: &[Ntex],
        what: "refuses the states of transactions and the coordinator",
        clause: "§4.5.1, §4.5.5, §4.5.6 (Part 4 is optional)",
        right: Right::Both,
        matches: |case| {
            let coordinator = |target: &Value| code(target) == Some(0x30);
            let transactional = |found: &Value| matches!(code(found), Some(0x33 | 0x34));
            refuses(case, |value| field(value, 0x12, 6, &coordinator) || state(value, &transactional))
        },
    },
    Class {
        name: "filter-values",
        codecs: &[Ntex],
        what: "refuses a filter that is neither string nor null",
        clause: "§3.5.8: filters are described values of any type",
        right: Right::We,
        matches: |case| {
            let is_text = |filter: &Value| matches!(filter, Value::Null | Value::String(_));
            let others = |filters: &Value| match filters {
                Value::Map(filters) => !filters.iter().all(|(_, filter)| is_text(filter)),
                _ => false,
            };
            refuses(case, |value| field(value, 0x28, 7, &others))
        },
    },
    Class {
        name: "transfer-payload",
        codecs: &[Ntex],
        what: "takes what follows a transfer as part of it",
        clause: "§2.7.5: it is the payload; ours is read by the caller",
        right: Right::Both,
        matches: |case| {
            let whole = Some(case.input.octets.len());
            let same = |value: &Value| {
                let ours = form(Ntex, value);
                matches!(case.theirs, Verdict::Read { len, value } if *len == whole && *value == ours)
            };
            ours(case, |value| code(value) == Some(0x14) && same(value))
        },
    },
    Class {
        name: "no-mechanism",
        codecs: &[Ntex],
        what: "reads sasl-mechanisms without any mechanism",
        clause: "§5.3.3.1: at least one (TY-1.3.4-04)",
        right: Right::We,
        matches: |case| case.input.subject == Subject::Sasl && reads(case, DecodeErrorKind::MissingField),
    },
    Class {
        name: "empty-frame",
        codecs: &[Ntex],
        what: "reads an empty frame body as a kind of performative",
        clause: "§2.4.5: an empty frame only keeps alive; ours leaves it to the caller (TR-2.3.2-04)",
        right: Right::Both,
        matches: |case| case.input.subject == Subject::Performative && case.input.octets.is_empty(),
    },
    Class {
        name: "no-body",
        codecs: &[Fe2o3],
        what: "reads a message that has no body as one whose body is the value null",
        clause: "§3.2: a message has a body (MS-3.2-04); ours says that there is none, since real peers leave it out",
        right: Right::They,
        matches: |case| {
            let is_body = |part: &Value| matches!(code(part), Some(0x75..=0x77));
            let sections = |value: &Value| match value {
                Value::List(sections) => !sections.iter().any(is_body),
                section => !is_body(section),
            };
            case.input.subject == Subject::Message && ours(case, sections)
        },
    },
    Class {
        name: "sections-by-symbol",
        codecs: &[Fe2o3],
        what: "loses data sections where some have a numeric descriptor and others a symbolic one",
        clause: "§3.2.6: one or more data sections; a descriptor is either (MS-3.2-03, MS-3.2-09)",
        right: Right::We,
        matches: |case| {
            let symbol = b"amqp:data:binary";
            let by_symbol = case.input.octets.windows(symbol.len()).any(|octets| octets == symbol);
            let several = |value: &Value| match value {
                Value::List(sections) => sections.iter().filter(|section| code(section) == Some(0x75)).count() > 1,
                _ => false,
            };
            case.input.subject == Subject::Message && by_symbol && ours(case, several)
        },
    },
    Class {
        name: "section-order",
        codecs: &[Fe2o3, Ntex],
        what: "read a message whose sections are repeated or out of order",
        clause: "§3.2: each at most once, in this order (MS-3.2-01, MS-3.2-02, MS-3.2-03)",
        right: Right::We,
        matches: |case| reads(case, DecodeErrorKind::SectionOrder),
    },
    Class {
        name: "not-simple",
        codecs: &[Fe2o3],
        what: "reads an application property that is described",
        clause: "§3.2.5: values of simple types only",
        right: Right::We,
        matches: |case| {
            let refused = case.ours.as_ref().is_err_and(|error| {
                error.expected() == "application-properties"
                    && error.kind() == DecodeErrorKind::UnexpectedCode { code: 0 }
            });
            refused && matches!(case.theirs, Verdict::Read { .. })
        },
    },
    Class {
        name: "annotation-ulong",
        codecs: &[Ntex],
        what: "refuses annotations with a key that is a ulong",
        clause: "§3.2.10: symbol or ulong",
        right: Right::We,
        matches: |case| {
            let ulongs = |part: &Value| match (code(part), part) {
                (Some(0x71 | 0x72 | 0x78), Value::Described(section)) => match &section.value {
                    Value::Map(map) => map.iter().any(|(key, _)| matches!(key, Value::Ulong(_))),
                    _ => false,
                },
                _ => false,
            };
            case.input.subject == Subject::Message && refuses(case, |value| any(value, &ulongs))
        },
    },
    Class {
        name: "described-undecoded",
        codecs: &[Ntex],
        what: "does not look into described lists, maps and arrays until asked, and passes on what is wrong in them",
        clause: "§1.2: what is read there is not valid; when it is checked is open",
        right: Right::Both,
        matches: |case| {
            let passed_on = |value: &str| value.starts_with("what it writes") && value.contains("which we refuse");
            case.ours.is_err() && matches!(case.theirs, Verdict::Read { value, .. } if passed_on(value))
        },
    },
    Class {
        name: "writes-array-of-strings",
        codecs: &[Fe2o3],
        what: "writes the number of characters as the size of a string in an array",
        clause: "§1.6.20: the size counts octets (TY-1.6.20-03)",
        right: Right::We,
        matches: |case| {
            let wrote = matches!(case.theirs, Verdict::Read { value, .. } if value.starts_with("what it writes"));
            wrote && ours(case, |value| array(value, |elements| matches!(elements.code, 0xa1 | 0xb1)))
        },
    },
];
