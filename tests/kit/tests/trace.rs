//! The trace format: what is written can be read, and says the same.

use amqp10_testkit::trace::{Trace, parse_record, print_record};
use amqp10_testkit::wire::{decode_unit, encode_unit};

#[test]
fn frames_survive_text_and_wire() {
    let frames = [
        r#"header layer=sasl"#,
        r#"header layer=0x00010a00"#,
        r#"empty ch=3"#,
        r#"open container-id="a \"quoted\" name\n" max-frame-size=512 channel-max=0 properties={:product="x" :n=uint(7) :l=[int(-1) timestamp(5) char(97)]}"#,
        r#"begin ch=65535 remote-channel=4 next-outgoing-id=4294967295 incoming-window=0 outgoing-window=1"#,
        r#"attach name="l" handle=1 role=receiver snd-settle-mode=settled rcv-settle-mode=second source=@source{address="q" dynamic=true filter={:f=described(:s "x")} default-outcome=@modified{delivery-failed=true}} target=@coordinator{capabilities=[:amqp:local-transactions]}"#,
        r#"flow next-incoming-id=1 incoming-window=2 next-outgoing-id=3 outgoing-window=4 handle=5 delivery-count=6 link-credit=7 available=8 drain=true echo=true"#,
        r#"transfer handle=0 delivery-id=0 delivery-tag=0x message-format=0 state=@received{section-number=1 section-offset=18446744073709551615} payload=0x0102"#,
        r#"disposition role=sender first=1 last=2 settled=true state=@rejected{error=@error{condition=:amqp:internal-error info={:k=uuid(0x00112233445566778899aabbccddeeff)}}}"#,
        r#"detach handle=3 closed=true"#,
        r#"end"#,
        r#"close error=@error{condition=:"odd symbol" description="why"}"#,
        r#"sasl-mechanisms sasl-server-mechanisms=[:PLAIN :ANONYMOUS]"#,
        r#"sasl-outcome code=sys-temp"#,
    ];
    for text in frames {
        let frame = parse_record(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(print_record(&frame), text);
        let octets = encode_unit(&frame).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        let again = decode_unit(&octets).unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(print_record(&again), text);
    }
}

#[test]
fn a_trace_prints_as_it_reads() {
    let text = "\
# A title.
# req: TR-2.2-01 TR-2.2-02

@ client container-id=\"x\" compare=meaning
@ sasl mechanism=:PLAIN user=\"u\" password=\"p\"
# inside
< header layer=amqp
> 414d515000010000  # header layer=amqp
> open container-id=\"peer\"
= open container-id=*
! begin s0
~ 250ms
? link s0/l0 credit=1 unsettled=0
> eof
";
    let trace = Trace::parse("file", text).expect("a trace");
    assert_eq!(trace.to_string(), text);
    assert_eq!(trace.requirements(), ["TR-2.2-01", "TR-2.2-02"]);
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let fault = |text: &str| Trace::parse("file", text).expect_err("no trace");
    assert_eq!(fault("# nothing"), "file: no connection: a line `@ client …` or `@ listener …` is wanted");
    assert!(fault("> open").starts_with("file:1: no connection yet"));
    assert!(fault("@ client\n~ soon").starts_with("file:2: a time is written"));
    assert!(fault("@ client\n> open container-id=").starts_with("file:2: a value is wanted"));
    assert!(fault("@ client\n< open x=[1 2").starts_with("file:2: \"]\" is missing"));
}
