//! States to start from: `@ listener start=receiver` plays these lines before the trace's own.
//!
//! | `start=` | what has happened |
//! | --- | --- |
//! | `open` | headers and opens exchanged, no SASL |
//! | `session` | and a session: channel 0 on both sides, ids from 0, windows of 100 |
//! | `sender` | and a link on which the core sends: handle 0, delivery-count 0, 10 credits |
//! | `receiver` | and a link on which the core receives: handle 0, delivery-count 0, 10 credits |
//!
//! A client has begun and attached by itself (`s0`, `s0/l0`), a listener was asked to (`p0`, `p0/p0`). The terminus
//! is `q` at both ends.

use crate::trace::{Role, Script, Trace};

const LISTENER_OPEN: &str = r#"
> header layer=amqp
< header layer=amqp
> open container-id="peer"
= open container-id="peer"
< open
"#;

const LISTENER_SESSION: &str = "
> begin next-outgoing-id=0 incoming-window=100 outgoing-window=100
= begin-requested p0
! accept p0 incoming-window=100 outgoing-window=100
< begin remote-channel=0 next-outgoing-id=0 incoming-window=100
";

const LISTENER_SENDER: &str = r#"
> attach name="link" handle=0 role=receiver source=@source{address="q"} target=@target{address="q"}
= attach-requested p0/p0
! accept p0/p0 role=sender source=@source{address="q"} target=@target{address="q"} initial-delivery-count=0
< attach name="link" role=sender source=@source{address="q"} initial-delivery-count=0
> flow next-incoming-id=0 incoming-window=100 next-outgoing-id=0 outgoing-window=100 handle=0 delivery-count=0 link-credit=10
"#;

const LISTENER_RECEIVER: &str = r#"
> attach name="link" handle=0 role=sender source=@source{address="q"} target=@target{address="q"} initial-delivery-count=0
= attach-requested p0/p0
! accept p0/p0 role=receiver source=@source{address="q"} target=@target{address="q"}
< attach name="link" role=receiver target=@target{address="q"}
! flow p0/p0 link-credit=10
< flow handle=0 delivery-count=0 link-credit=10
"#;

const CLIENT_OPEN: &str = r#"
< header layer=amqp
> header layer=amqp
< open
> open container-id="peer"
= open container-id="peer"
"#;

const CLIENT_SESSION: &str = "
! begin s0 incoming-window=100 outgoing-window=100
< begin remote-channel=null next-outgoing-id=0 incoming-window=100
> begin remote-channel=0 next-outgoing-id=0 incoming-window=100 outgoing-window=100
= begun s0
";

const CLIENT_SENDER: &str = r#"
! attach s0/l0 name="link" role=sender source=@source{address="q"} target=@target{address="q"}
< attach name="link" handle=0 role=sender initial-delivery-count=0
> attach name="link" handle=0 role=receiver source=@source{address="q"} target=@target{address="q"}
= attached s0/l0
> flow next-incoming-id=0 incoming-window=100 next-outgoing-id=0 outgoing-window=100 handle=0 delivery-count=0 link-credit=10
"#;

const CLIENT_RECEIVER: &str = r#"
! attach s0/l0 name="link" role=receiver source=@source{address="q"} target=@target{address="q"}
< attach name="link" handle=0 role=receiver initial-delivery-count=null
> attach name="link" handle=0 role=sender source=@source{address="q"} target=@target{address="q"} initial-delivery-count=0
= attached s0/l0
! flow s0/l0 link-credit=10
< flow handle=0 delivery-count=0 link-credit=10
"#;

/// The lines to play first, as a script of their own.
///
/// # Errors
/// When no such state is known.
pub(super) fn script(script: &Script) -> Result<Option<Script>, String> {
    let Some(state) = script.config.text("start") else { return Ok(None) };
    let all = match script.role {
        Role::Listener => [LISTENER_OPEN, LISTENER_SESSION, LISTENER_SENDER, LISTENER_RECEIVER],
        Role::Client => [CLIENT_OPEN, CLIENT_SESSION, CLIENT_SENDER, CLIENT_RECEIVER],
    };
    let [open, session, sender, receiver] = all;
    let lines = match state {
        "open" => open.to_owned(),
        "session" => [open, session].concat(),
        "sender" => [open, session, sender].concat(),
        "receiver" => [open, session, receiver].concat(),
        other => return Err(format!("start={other}: open, session, sender or receiver")),
    };
    let text = format!("@ {}\n{lines}", script.role.name());
    Ok(Trace::parse(&format!("start={state}"), &text)?.connections.pop())
}
