//! The primitive types as Rust values, and what bounds them (§1.6). Their octets are in `vectors/types`.

use amqp_codec::{
    Array, ArrayError, Bytes, Dec32, Dec64, Dec128, DecodeError, DecodeErrorKind, Decoder, Described, Encode, Limits,
    Map, Str, Symbol, Timestamp, Uuid, Value,
};

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(octet).collect()
}

/// The value is written as these octets, and read from them.
fn golden(hex: &str, value: impl Into<Value>) {
    let value = value.into();
    let mut out = Vec::new();
    value.encode(&mut out);
    assert_eq!(out, bytes(hex), "encoding {value:?}");
    assert_eq!(Decoder::new(&out.into()).decode(), Ok(value), "{hex}");
}

#[test]
fn rust_types_become_the_types_of_their_names() {
    golden("40", Value::Null);
    golden("41", true);
    golden("50 07", 7_u8);
    golden("60 0007", 7_u16);
    golden("52 07", 7_u32);
    golden("53 07", 7_u64);
    golden("51 07", 7_i8);
    golden("61 0007", 7_i16);
    golden("54 07", 7_i32);
    golden("55 07", 7_i64);
    golden("72 3f800000", 1.0_f32);
    golden("82 3ff0000000000000", 1.0_f64);
    golden("74 22500000", Dec32([0x22, 0x50, 0, 0]));
    golden("84 0102030405060708", Dec64([1, 2, 3, 4, 5, 6, 7, 8]));
    golden("94 000102030405060708090a0b0c0d0e0f", Dec128(core::array::from_fn(|i| i as u8)));
    golden("73 0001f600", '\u{1f600}');
    golden("83 0000000000000007", Timestamp(7));
    golden("98 000102030405060708090a0b0c0d0e0f", Uuid(core::array::from_fn(|i| i as u8)));
    golden("a0 01 07", vec![7]);
    golden("a0 01 07", Bytes::from_static(&[7]));
    golden("a1 01 61", "a");
    golden("a1 01 61", String::from("a"));
    golden("a1 01 61", Str::from_static("a"));
    golden("a3 01 61", Symbol::from_static("a"));
    golden("c0 03 02 41 43", vec![Value::from(true), 0_u32.into()]);
    golden("c1 05 02 a1 01 61 41", Map::from_iter([("a", true)]));
    golden("e0 03 01 50 07", Array::of(&[7_u8]));
    golden("00 53 07 41", Described::new(7_u64, true));
}

#[test]
fn the_order_of_a_map_is_part_of_it() {
    // req: TY-1.6.23-03
    let map: Map = [(Value::from(1_u32), true), (Value::from(1_u64), false)].into_iter().collect();
    let reversed: Map = [(Value::from(1_u64), false), (Value::from(1_u32), true)].into_iter().collect();
    assert_ne!(map, reversed);
}

#[test]
fn arrays_of_rust_values() {
    // req: TY-1.6.24-01 TY-1.6.24-02 TY-1.2.4-03
    golden("e0 0a 02 71 00000001 fffffffe", Array::of(&[1_i32, -2]));
    golden("e0 07 02 a1 01 61 02 6262", Array::of::<Str>(&["a".into(), "bb".into()]));
    golden("e0 02 00 70", Array::of::<u32>(&[]));
    let lists = Array::from_values(&[Value::List(vec![true.into()]), Value::List(vec![])]).unwrap();
    assert_eq!(lists.iter().collect::<Vec<_>>(), [Value::List(vec![true.into()]), Value::List(vec![])]);
    golden("e0 13 02 d0 00000005 00000001 41 00000004 00000000", lists);
    let described = |number: u8| Value::from(Described::new(Symbol::from_static("d"), number));
    golden("e0 08 02 00 a3 01 64 50 01 02", Array::from_values(&[described(1), described(2)]).unwrap());
    assert_eq!(Array::from_values(&[Value::Null, true.into()]), Err(ArrayError::Mixed));
    assert_eq!(Array::from_values(&[described(1), 2_u8.into()]), Err(ArrayError::Mixed));
    assert_eq!(Array::from_values(&[]), Err(ArrayError::Empty));
    assert_eq!(Array::of(&[1_u32, 2]).to_vec::<u32>(), Some(vec![1, 2]));
    assert_eq!(Array::of(&[1_u32, 2]).to_vec::<u64>(), None);
}

#[test]
fn limits_are_the_callers() {
    // req: TY-1.6.21-02
    let decode = |hex: &str, limits: Limits| {
        Decoder::with_limits(&bytes(hex), &limits).decode::<Value>().map_err(|error| error.kind())
    };
    let symbol = format!("a3 18 {}", "61".repeat(24));
    assert!(decode(&symbol, Limits::new().symbol_len(24)).is_ok());
    assert_eq!(decode(&symbol, Limits::new().symbol_len(23)), Err(DecodeErrorKind::TooLong));
    let short = "c0 06 01 a3 03 616263";
    for octets in [short.into(), format!("c0 24 02 a3 03 616263 a1 1c {}", "61".repeat(28))] {
        assert!(decode(&octets, Limits::new().symbol_len(3)).is_ok());
        assert_eq!(decode(&octets, Limits::new().symbol_len(2)), Err(DecodeErrorKind::TooLong));
    }
    let zero = "e0 02 02 43";
    assert!(decode(zero, Limits::new().zero_width_items(2)).is_ok());
    assert_eq!(decode(zero, Limits::new().zero_width_items(1)), Err(DecodeErrorKind::CountTooLarge));
    let nested = "c0 04 01 c0 01 00";
    assert!(decode(nested, Limits::new().depth(2)).is_ok());
    assert_eq!(decode(nested, Limits::new().depth(1)), Err(DecodeErrorKind::NestingTooDeep));
    for items in ["c0 03 02 40 40", "c1 03 02 43 40", "e0 04 02 50 01 02"] {
        assert!(decode(items, Limits::new().items(2)).is_ok());
        assert_eq!(decode(items, Limits::new().items(1)), Err(DecodeErrorKind::CountTooLarge));
    }
    let five = "c0 07 02 c0 03 02 40 40 40";
    assert!(decode(five, Limits::new().total(5)).is_ok());
    assert_eq!(decode(five, Limits::new().total(4)), Err(DecodeErrorKind::TooManyValues));
}

#[test]
fn values_and_errors_are_small() {
    assert!(size_of::<Value>() <= 40);
    assert!(size_of::<DecodeError>() <= 40);
    assert!(size_of::<Result<u32, DecodeError>>() <= 40);
}

#[test]
fn elements_of_a_fixed_width_are_checked() {
    let decode = |hex: &str| Decoder::new(&bytes(hex)).decode::<Value>();
    let kind = |hex: &str| decode(hex).unwrap_err().kind();
    let ints = "e0 0a 02 71 00000001 ffffffff";
    assert_eq!(decode(ints), Ok(Array::of(&[1, -1]).into()));
    let error = decode("e0 09 02 71 00000001 ffffff").unwrap_err();
    assert_eq!((error.kind(), error.expected()), (DecodeErrorKind::Incomplete, "int"));
    assert_eq!(kind("e0 0b 02 71 00000001 ffffffff 00"), DecodeErrorKind::TrailingOctets);
    // Of these, octets of the right number may be no value.
    assert_eq!(kind("e0 04 02 56 01 02"), DecodeErrorKind::InvalidBoolean);
    assert_eq!(kind("e0 06 01 73 0000d800"), DecodeErrorKind::InvalidChar);
}

#[test]
fn unassigned_codes() {
    // req: TY-1.2-04 TY-1.2-05
    let assigned = [
        0x00, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x60, 0x61, 0x70, 0x71,
        0x72, 0x73, 0x74, 0x80, 0x81, 0x82, 0x83, 0x84, 0x94, 0x98, 0xa0, 0xa1, 0xa3, 0xb0, 0xb1, 0xb3, 0xc0, 0xc1,
        0xd0, 0xd1, 0xe0, 0xf0,
    ];
    for code in 0..=u8::MAX {
        let input: Bytes = [code].iter().copied().chain([0; 40]).collect();
        let unexpected = DecodeErrorKind::UnexpectedCode { code };
        let refused = |error: &DecodeError| error.kind() == unexpected && error.offset() == 0;
        let refuses = Decoder::new(&input).decode::<Value>().as_ref().is_err_and(refused);
        assert_eq!(refuses, !assigned.contains(&code), "{code:02x}");
        assert_eq!(Decoder::new(&input).skip().as_ref().is_err_and(refused), refuses);
    }
}

/// The deepest that is read, and what goes far deeper, on a stack of 128 KiB.
#[test]
fn nesting_never_overflows_the_stack() {
    // req: TY-D-01
    let nested = |levels: usize| {
        let mut value = vec![0x40];
        for _ in 0..levels {
            let size = (value.len() + 4) as u32;
            value = [&[0xd0][..], &size.to_be_bytes(), &[0, 0, 0, 1], &value].concat();
        }
        Bytes::from(value)
    };
    let deep = |input: &Bytes| Decoder::new(input).decode::<Value>().map(|_| ());
    let on_small_stack = std::thread::Builder::new().stack_size(128 * 1024).spawn(move || {
        assert!(deep(&nested(32)).is_ok());
        let error = deep(&nested(10_000)).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::NestingTooDeep);
        for code in ["00", "e0 7f 01", "f0 000000ff 00000001", "c1 7f 02"] {
            let input = bytes(&code.repeat(10_000));
            assert!(deep(&input).is_err());
            let _ = Decoder::new(&input).skip();
        }
    });
    on_small_stack.unwrap().join().unwrap();
}
