//! What a peer may send to do harm.

use std::collections::HashMap;
use std::thread;

use amqp_codec::serde::{Error, ErrorKind, from_bytes, from_bytes_with_limits};
use amqp_codec::{Bytes, DecodeErrorKind, Limits, Value};
use serde::Deserialize;
use serde::de::IgnoredAny;

#[track_caller]
fn kind<T: std::fmt::Debug>(result: Result<T, Error>) -> DecodeErrorKind {
    match result.unwrap_err().kind() {
        ErrorKind::Decode(error) => error.kind(),
        other => panic!("{other:?}"),
    }
}

/// Lists within lists, `levels` deep.
fn nested(levels: usize) -> Bytes {
    let mut octets = vec![0x45];
    for _ in 1..levels {
        let len = u32::try_from(octets.len()).unwrap() + 4;
        octets = [&[0xd0][..], &len.to_be_bytes(), &[0, 0, 0, 1], &octets].concat();
    }
    octets.into()
}

#[derive(Debug, Deserialize)]
struct Nested(#[expect(dead_code, reason = "only read")] Vec<Nested>);

#[derive(Debug, Deserialize)]
enum Tree {
    #[serde(rename = "@value t")]
    Node(#[expect(dead_code, reason = "only read")] Box<Tree>),
    Leaf,
}

#[derive(Debug, Deserialize)]
struct Chain {
    #[expect(dead_code, reason = "only read")]
    next: Option<Box<Chain>>,
}

/// On the stack that the decoder promises to do with (req: TY-D-01).
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    thread::Builder::new().stack_size(128 * 1024).spawn(test).unwrap().join().unwrap();
}

#[test]
fn the_deepest_nesting_allowed_fits_a_small_stack() {
    on_a_small_stack(|| {
        // The innermost list counts as none: it is empty.
        from_bytes::<Nested>(&nested(32)).unwrap();
        from_bytes::<Value>(&nested(32)).unwrap();
    });
    on_a_small_stack(|| {
        let tree = [&b"\x00\xa3\x01t".repeat(32)[..], b"\xa1\x04Leaf"].concat();
        from_bytes::<Tree>(&tree.into()).unwrap();
    });
    on_a_small_stack(|| {
        let mut chain = vec![0x40];
        for _ in 0..32 {
            let len = u32::try_from(chain.len()).unwrap() + 10;
            chain = [&[0xd1][..], &len.to_be_bytes(), b"\0\0\0\x02\xa1\x04next", &chain].concat();
        }
        from_bytes::<Chain>(&chain.into()).unwrap();
    });
}

#[test]
fn deeper_nesting_is_refused() {
    on_a_small_stack(|| {
        for levels in [34, 1_000, 10_000] {
            let octets = nested(levels);
            assert_eq!(kind(from_bytes::<Nested>(&octets)), DecodeErrorKind::NestingTooDeep);
            assert_eq!(kind(from_bytes::<Value>(&octets)), DecodeErrorKind::NestingTooDeep);
            // What is ignored is not looked into.
            from_bytes::<IgnoredAny>(&octets).unwrap();
        }
        let tree = [&b"\x00\xa3\x01t".repeat(10_000)[..], b"\xa1\x04Leaf"].concat();
        assert_eq!(kind(from_bytes::<Tree>(&tree.into())), DecodeErrorKind::NestingTooDeep);
        let descriptors = Bytes::from(vec![0; 10_000]);
        assert_eq!(kind(from_bytes::<Tree>(&descriptors)), DecodeErrorKind::NestingTooDeep);
        assert_eq!(kind(from_bytes::<IgnoredAny>(&descriptors)), DecodeErrorKind::NestingTooDeep);
        assert_eq!(kind(from_bytes::<serde_json::Value>(&descriptors)), DecodeErrorKind::NestingTooDeep);
    });
}

/// What stands side by side does not nest.
#[test]
fn depth_is_given_back() {
    let leaves = b"\x00\xa3\x01t\xa1\x04Leaf".repeat(20);
    let list = Bytes::from([&b"\xc0\xc9\x14"[..], &leaves].concat());
    let limits = Limits::new().depth(2);
    assert_eq!(from_bytes_with_limits::<Vec<Tree>>(&list, &limits).unwrap().len(), 20);
    from_bytes_with_limits::<serde_json::Value>(&list, &limits).unwrap();
    let lists = Bytes::from([&b"\xc0\x15\x14"[..], &b"\x45".repeat(20)].concat());
    assert_eq!(from_bytes_with_limits::<Vec<Nested>>(&lists, &limits).unwrap().len(), 20);
}

#[test]
fn limits_are_the_callers() {
    let limits = Limits::new().depth(2);
    from_bytes_with_limits::<Nested>(&nested(3), &limits).unwrap();
    assert_eq!(kind(from_bytes_with_limits::<Nested>(&nested(4), &limits)), DecodeErrorKind::NestingTooDeep);
    let symbol = Bytes::from([&b"\xa3\x18"[..], &[b'a'; 24]].concat());
    let limits = Limits::new().symbol_len(23);
    assert_eq!(kind(from_bytes_with_limits::<String>(&symbol, &limits)), DecodeErrorKind::TooLong);
}

/// Few octets could claim any number of elements, and each is a Rust value (req: TY-D-02).
#[test]
fn values_are_counted_over_all_arrays() {
    // A list of two arrays, of 40,000 nulls each.
    let array = b"\xf0\0\0\0\x05\0\0\x9c\x40\x40";
    let list = Bytes::from([&b"\xc0\x15\x02"[..], array, array].concat());
    let read = |limits: Limits| match from_bytes_with_limits::<Vec<Vec<()>>>(&list, &limits) {
        Ok(lists) => Ok(lists.iter().map(Vec::len).sum::<usize>()),
        error => Err(kind(error)),
    };
    assert_eq!(read(Limits::new()), Ok(80_000));
    assert_eq!(read(Limits::new().total(80_003)), Ok(80_000));
    assert_eq!(read(Limits::new().total(80_002)), Err(DecodeErrorKind::TooManyValues));
    assert_eq!(read(Limits::new().zero_width_items(39_999)), Err(DecodeErrorKind::CountTooLarge));
    assert_eq!(read(Limits::new().items(39_999)), Err(DecodeErrorKind::CountTooLarge));
    let all = Bytes::from_static(b"\xf0\0\0\0\x05\xff\xff\xff\xff\x40");
    assert_eq!(kind(from_bytes::<Vec<()>>(&all)), DecodeErrorKind::CountTooLarge);
}

/// A count that the octets cannot hold costs nothing (req: TY-1.2.3-04).
#[test]
fn counts_are_not_believed() {
    for octets in [
        &b"\xd0\0\0\0\x04\xff\xff\xff\xff"[..],
        b"\xd1\0\0\0\x04\xff\xff\xff\xfe",
        b"\xf0\0\0\0\x05\xff\xff\xff\xff\x50",
    ] {
        let octets = Bytes::copy_from_slice(octets);
        assert_eq!(kind(from_bytes::<serde_json::Value>(&octets)), DecodeErrorKind::CountTooLarge);
    }
}

/// req: TY-1.2.3-03
#[test]
fn octets_behind_the_value_are_refused() {
    assert_eq!(kind(from_bytes::<u8>(&Bytes::from_static(b"\x50\x01\x40"))), DecodeErrorKind::TrailingOctets);
    // A list of one element whose size goes on behind it.
    assert_eq!(
        kind(from_bytes::<Vec<u8>>(&Bytes::from_static(b"\xc0\x04\x01\x50\x01\x40"))),
        DecodeErrorKind::TrailingOctets
    );
    assert_eq!(kind(from_bytes::<u8>(&Bytes::new())), DecodeErrorKind::Incomplete);
}

#[test]
fn malformed_text_and_codes_are_refused() {
    assert_eq!(kind(from_bytes::<String>(&Bytes::from_static(b"\xa1\x01\xff"))), DecodeErrorKind::InvalidUtf8);
    assert_eq!(kind(from_bytes::<String>(&Bytes::from_static(b"\xa3\x01\xff"))), DecodeErrorKind::InvalidAscii);
    assert_eq!(kind(from_bytes::<u8>(&Bytes::from_static(b"\x3f"))), DecodeErrorKind::UnexpectedCode { code: 0x3f });
    assert_eq!(
        kind(from_bytes::<Vec<u8>>(&Bytes::from_static(b"\xe0\x03\x01\x3f\x01"))),
        DecodeErrorKind::UnexpectedCode { code: 0x3f }
    );
}

/// Many keys are compared in `n log n` steps (req: TY-1.6.23-04).
#[test]
fn many_keys() {
    let mut entries = Vec::new();
    for key in 0..40_000_u32 {
        entries.extend([0x70]);
        entries.extend(key.to_be_bytes());
        entries.push(0x40);
    }
    let len = u32::try_from(entries.len()).unwrap() + 4;
    let octets = [&[0xd1][..], &len.to_be_bytes(), &80_000_u32.to_be_bytes(), &entries].concat();
    assert_eq!(from_bytes::<HashMap<u32, ()>>(&octets.into()).unwrap().len(), 40_000);
}
