//! The comparison in meaning: what it must notice, and what it must let pass.

use amqp10_testkit::meaning::{Difference, Meaning};
use amqp10_testkit::trace::parse_record;

/// A short session of a client that sends one message and receives one; `<` is the compared side.
const SESSION: &str = r#"
< header layer=amqp
> header layer=amqp
< open container-id="c" hostname="h" max-frame-size=1000
> open container-id="peer"
< begin next-outgoing-id=0 incoming-window=10 outgoing-window=10
> begin remote-channel=0 next-outgoing-id=0 incoming-window=10 outgoing-window=10
< attach name="out" handle=0 role=sender target=@target{address="q"} initial-delivery-count=0
> attach name="out" handle=0 role=receiver target=@target{address="q"}
> flow next-incoming-id=0 incoming-window=10 next-outgoing-id=0 outgoing-window=10 handle=0 delivery-count=0 link-credit=10
< transfer handle=0 delivery-id=0 delivery-tag=0x01 message-format=0 settled=false payload=0x01020304
> disposition role=receiver first=0 settled=true state=@accepted
< attach name="in" handle=1 role=receiver source=@source{address="q"}
> attach name="in" handle=1 role=sender source=@source{address="q"} initial-delivery-count=0
< flow next-incoming-id=0 incoming-window=10 next-outgoing-id=1 outgoing-window=10 handle=1 delivery-count=0 link-credit=5
> transfer handle=1 delivery-id=0 delivery-tag=0x0a message-format=0 payload=0x05
< disposition role=receiver first=0 settled=true state=@accepted
< detach handle=0 closed=true
> detach handle=0 closed=true
< end
> end
< close
> close
"#;

fn meaning(session: &str) -> Meaning {
    let mut meaning = Meaning::default();
    for (number, line) in session.lines().enumerate() {
        let Some((sigil, text)) = line.split_at_checked(1) else { continue };
        let frame = parse_record(text).unwrap_or_else(|fault| panic!("{line}: {fault}"));
        match sigil {
            "<" => meaning.ours(&frame, number + 1),
            _ => meaning.theirs(&frame),
        }
    }
    meaning
}

fn compare(changed: &str) -> Option<Difference> {
    Meaning::compare(&meaning(SESSION), &meaning(changed))
}

/// The session with one text in place of another, which must have been there.
fn with(old: &str, new: &str) -> String {
    assert!(SESSION.contains(old), "{old:?} is not in the session");
    SESSION.replacen(old, new, 1)
}

#[test]
fn a_session_equals_itself() {
    assert_eq!(compare(SESSION), None);
}

#[test]
fn every_difference_that_matters_is_noticed() {
    let changes = [
        ("< open container-id=\"c\"", "< open container-id=\"d\""),
        ("max-frame-size=1000", "max-frame-size=2000"),
        ("role=sender target=@target{address=\"q\"}", "role=sender target=@target{address=\"r\"}"),
        ("initial-delivery-count=0\n> attach name=\"out\"", "initial-delivery-count=1\n> attach name=\"out\""),
        ("delivery-tag=0x01", "delivery-tag=0x02"),
        ("settled=false payload", "settled=true payload"),
        ("payload=0x01020304", "payload=0x010203"),
        ("link-credit=5", "link-credit=4"),
        ("link-credit=5", "link-credit=5 drain=true"),
        (
            "< disposition role=receiver first=0 settled=true state=@accepted",
            "< disposition role=receiver first=0 settled=true state=@released",
        ),
        ("< disposition role=receiver first=0 settled=true", "< disposition role=receiver first=0"),
        ("< disposition role=receiver first=0 settled=true state=@accepted\n", ""),
        ("< detach handle=0 closed=true", "< detach handle=0"),
        ("< detach handle=0 closed=true", "< detach handle=0 closed=true error=@error{condition=:amqp:internal-error}"),
        ("< detach handle=0 closed=true\n", ""),
        ("< close\n", "< close error=@error{condition=:amqp:internal-error}\n"),
        ("< close\n", ""),
        ("< end\n", "< begin ch=1 next-outgoing-id=0 incoming-window=1 outgoing-window=1\n< end\n"),
    ];
    for (old, new) in changes {
        let difference = compare(&with(old, new));
        assert!(difference.is_some(), "not noticed: {old:?} became {new:?}");
    }
}

#[test]
fn the_first_difference_is_told_with_its_line_and_field() {
    let difference = compare(&with("payload=0x01020304", "payload=0x010203")).map(|found| found.to_string());
    assert_eq!(
        difference.as_deref(),
        Some("line 11: expected s0/l0 deliveries: delivery payload=0x01020304; came payload=0x010203")
    );
}

#[test]
fn what_the_text_leaves_open_makes_no_difference() {
    let one = "< transfer handle=0 delivery-id=0 delivery-tag=0x01 message-format=0 settled=false payload=0x01020304\n";
    let two = "< transfer handle=0 delivery-id=7 delivery-tag=0x01 message-format=0 more=true payload=0x01\n\
               < transfer handle=0 payload=0x020304\n";
    let echo = "< flow next-incoming-id=0 incoming-window=9 next-outgoing-id=1 outgoing-window=9\n< end\n";
    let changes = [
        // frames cut otherwise, another delivery-id
        (one, two),
        // other windows, a session flow more
        ("incoming-window=10 outgoing-window=10\n> begin", "incoming-window=99 outgoing-window=1\n> begin"),
        ("< end\n", echo),
        // a heartbeat
        ("< end\n", "< empty\n< end\n"),
        // a default written out
        ("< end\n", "< end error=null\n"),
    ];
    for (old, new) in changes {
        let changed = with(old, new);
        assert_eq!(compare(&changed), None, "{old:?} became {new:?}");
    }
}

#[test]
fn handles_and_channels_are_only_numbers() {
    let changed = SESSION.replace("< attach name=\"in\" handle=1", "< attach name=\"in\" handle=5").replace(
        "outgoing-window=10 handle=1 delivery-count=0 link-credit=5",
        "outgoing-window=10 handle=5 delivery-count=0 link-credit=5",
    );
    assert_eq!(compare(&changed), None);
}
