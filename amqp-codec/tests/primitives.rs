//! Every primitive type in every encoding, as golden octets (§1.6).

use amqp_codec::{
    Array, Bytes, Dec32, Dec64, Dec128, Decode, DecodeError, DecodeErrorKind, Decoder, Described, Encode, Limits, Map,
    Str, Symbol, Timestamp, Uuid, Value,
};

fn bytes(hex: &str) -> Bytes {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(octet).collect()
}

fn decode_as<T: Decode>(hex: &str) -> Result<T, DecodeError> {
    let input = bytes(hex);
    let mut decoder = Decoder::new(&input);
    let value = decoder.decode()?;
    assert!(decoder.is_empty(), "{hex}: octets left over");
    Ok(value)
}

fn decode(hex: &str) -> Result<Value, DecodeError> {
    decode_as(hex)
}

fn kind(hex: &str) -> DecodeErrorKind {
    decode(hex).expect_err(hex).kind()
}

/// The octets are the value's shortest form, and read back.
fn golden(hex: &str, value: impl Into<Value>) {
    let value = value.into();
    let mut out = Vec::new();
    value.encode(&mut out);
    assert_eq!(out, bytes(hex), "encoding {value:?}");
    assert_eq!(value.encoded_len(), out.len(), "length of {value:?}");
    accepts(hex, value);
}

/// The octets are another form of the value.
fn accepts(hex: &str, value: impl Into<Value>) {
    assert_eq!(decode(hex), Ok(value.into()), "{hex}");
    let input = bytes(hex);
    let mut decoder = Decoder::new(&input);
    assert_eq!(decoder.skip(), Ok(()), "{hex}");
    assert!(decoder.is_empty(), "{hex}");
    for cut in 0..input.len() {
        let prefix = input.slice(..cut);
        let error = Decoder::new(&prefix).decode::<Value>().expect_err(hex);
        assert_eq!(error.kind(), DecodeErrorKind::Incomplete, "{hex} cut at {cut}");
    }
}

#[test]
fn null_and_boolean() {
    // req: TY-1.6.1-01 TY-1.6.2-01 TY-1.6.2-02
    golden("40", Value::Null);
    golden("41", true);
    golden("42", false);
    accepts("56 01", true);
    accepts("56 00", false);
    assert_eq!(kind("56 02"), DecodeErrorKind::InvalidBoolean);
}

#[test]
fn unsigned_integers() {
    // req: TY-1.6.3-01 TY-1.6.4-01 TY-1.6.5-01 TY-1.6.6-01 TY-1.2-06
    golden("50 ff", 255_u8);
    golden("60 0102", 0x0102_u16);
    golden("43", 0_u32);
    golden("52 ff", 255_u32);
    golden("70 00000100", 256_u32);
    accepts("70 00000000", 0_u32);
    accepts("52 00", 0_u32);
    golden("44", 0_u64);
    golden("53 01", 1_u64);
    golden("80 0102030405060708", 0x0102_0304_0506_0708_u64);
    accepts("80 0000000000000001", 1_u64);
}

#[test]
fn signed_integers() {
    // req: TY-1.6.7-01 TY-1.6.8-01 TY-1.6.9-01 TY-1.6.10-01
    golden("51 80", i8::MIN);
    golden("61 fffe", -2_i16);
    golden("54 80", -128_i32);
    golden("71 ffffff7f", -129_i32);
    golden("71 00000080", 128_i32);
    accepts("71 00000000", 0_i32);
    golden("55 ff", -1_i64);
    golden("81 8000000000000000", i64::MIN);
    accepts("81 0000000000000001", 1_i64);
}

#[test]
fn floating_point_bit_for_bit() {
    // req: TY-1.6.11-01 TY-1.6.12-01
    golden("72 3f800000", 1.0_f32);
    golden("72 80000000", -0.0_f32);
    golden("72 7fc00123", f32::from_bits(0x7fc0_0123));
    golden("82 7ff8000000000456", f64::from_bits(0x7ff8_0000_0000_0456));
    golden("82 c000000000000000", -2.0_f64);
}

#[test]
fn other_fixed_types() {
    // req: TY-1.6.13-01 TY-1.6.14-01 TY-1.6.15-01 TY-1.6.16-01 TY-1.6.16-02 TY-1.6.17-01 TY-1.6.18-01
    golden("74 22500000", Dec32([0x22, 0x50, 0, 0]));
    golden("84 0102030405060708", Dec64([1, 2, 3, 4, 5, 6, 7, 8]));
    golden("94 000102030405060708090a0b0c0d0e0f", Dec128(core::array::from_fn(|i| i as u8)));
    golden("73 0001f600", '\u{1f600}');
    assert_eq!(kind("73 0000d800"), DecodeErrorKind::InvalidChar);
    assert_eq!(kind("73 00110000"), DecodeErrorKind::InvalidChar);
    golden("83 0000018bcfe56800", Timestamp(1_700_000_000_000));
    golden("83 8000000000000000", Timestamp(i64::MIN));
    golden("98 000102030405060708090a0b0c0d0e0f", Uuid(core::array::from_fn(|i| i as u8)));
    let uuid = Uuid(core::array::from_fn(|i| i as u8));
    assert_eq!(uuid.to_string(), "00010203-0405-0607-0809-0a0b0c0d0e0f");
}

#[test]
fn variable_width() {
    // req: TY-1.6.19-01 TY-1.6.20-01 TY-1.6.20-02 TY-1.6.20-03 TY-1.6.21-01 TY-1.6.21-03 TY-1.2.2-01
    golden("a0 02 00ff", vec![0, 0xff]);
    accepts("b0 00000001 07", vec![7]);
    golden("a1 03 e282ac", "\u{20ac}");
    golden("a1 05 efbbbf 00 61", "\u{feff}\0a");
    accepts("b1 00000001 61", "a");
    golden("a3 03 612d62", Symbol::from_static("a-b"));
    accepts("b3 00000001 61", Symbol::from_static("a"));
    let long = Str::from("x".repeat(256));
    golden(&format!("b1 00000100 {}", "78".repeat(256)), long);
    for overlong in ["a1 02 c080", "a1 03 eda080", "a1 02 e282"] {
        assert_eq!(kind(overlong), DecodeErrorKind::InvalidUtf8);
    }
    assert_eq!(kind("a3 01 80"), DecodeErrorKind::InvalidAscii);
    assert_eq!(kind("b0 ffffffff 00"), DecodeErrorKind::Incomplete);
    let error = decode_as::<Str>("a3 01 61").unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::UnexpectedCode { code: 0xa3 });
    assert_eq!(error.to_string(), "string: unexpected format code 0xa3 (at octet 0)");
}

#[test]
fn lists() {
    // req: TY-1.6.22-01 TY-1.2.3-01 TY-1.2.3-02 TY-1.2.3-03 TY-1.2.3-04 TY-1.6-30 TY-1.2-07
    golden("45", Value::List(vec![]));
    golden("c0 04 02 41 52 07", vec![Value::from(true), 7_u32.into()]);
    accepts("d0 00000005 00000001 41", vec![Value::from(true)]);
    accepts("c0 01 00", Value::List(vec![]));
    golden(&format!("c0 ff fe {}", "40".repeat(254)), vec![Value::Null; 254]);
    golden(&format!("d0 00000103 000000ff {}", "40".repeat(255)), vec![Value::Null; 255]);
    assert_eq!(kind("c0 00 00"), DecodeErrorKind::Incomplete);
    assert_eq!(kind("d0 00000003 000000"), DecodeErrorKind::Incomplete);
    assert_eq!(kind("c0 03 01 41 42"), DecodeErrorKind::TrailingOctets);
    assert_eq!(kind("c0 02 02 41 42"), DecodeErrorKind::CountTooLarge);
    assert_eq!(kind("c0 03 02 52 01 02"), DecodeErrorKind::Incomplete);
    assert_eq!(kind("d0 00000004 ffffffff"), DecodeErrorKind::CountTooLarge);
}

#[test]
fn maps() {
    // req: TY-1.6.23-01 TY-1.6.23-02 TY-1.6.23-03 TY-1.6.23-04
    let map: Map = [(Value::from(1_u32), true), (Value::from(1_u64), false)].into_iter().collect();
    golden("c1 07 04 52 01 41 53 01 42", map.clone());
    accepts("d1 0000000a 00000004 52 01 41 53 01 42", map.clone());
    let reversed: Map = [(Value::from(1_u64), false), (Value::from(1_u32), true)].into_iter().collect();
    assert_ne!(map, reversed);
    golden("c1 01 00", Map::new());
    assert_eq!(kind("c1 02 01 41"), DecodeErrorKind::OddMap);
    let equal = "c1 0a 04 52 01 41 70 00000001 42";
    assert_eq!(kind(equal), DecodeErrorKind::DuplicateKey);
    let many: String = (0..100).map(|i| format!("60 {i:04x} 40")).collect();
    let equal = format!("d1 {:08x} 000000ca {many} 60 0007 40", 101 * 4 + 4);
    assert_eq!(kind(&equal), DecodeErrorKind::DuplicateKey);
    let distinct = format!("d1 {:08x} 000000c8 {many}", 100 * 4 + 4);
    assert!(decode(&distinct).is_ok());
}

#[test]
fn arrays() {
    // req: TY-1.6.24-01 TY-1.6.24-02 TY-1.2.4-01 TY-1.2.4-03 TY-1.2.4-04
    golden("e0 0a 02 71 00000001 fffffffe", Array::of(&[1_i32, -2]));
    golden("e0 07 02 a1 01 61 02 6262", Array::of::<Str>(&["a".into(), "bb".into()]));
    accepts("f0 00000007 00000001 60 0102", Array::of(&[0x0102_u16]));
    golden("e0 02 00 70", Array::of::<u32>(&[]));
    assert!(decode("e0 01 00").is_ok(), "an empty array without constructor");
    let lists = Array::from_values(&[Value::List(vec![true.into()]), Value::List(vec![])]).unwrap();
    golden("e0 13 02 d0 00000005 00000001 41 00000004 00000000", lists.clone());
    assert_eq!(lists.iter().count(), 2);
    let arrays: Value = decode("e0 0a 02 e0 03 02 50 01 02 02 00 50").unwrap_or_default();
    assert_eq!(arrays, Value::Null, "the second array is short of an octet");
    let arrays: Array = decode_as("e0 0a 02 e0 04 02 50 01 02 02 00 50").unwrap();
    let inner: Vec<Value> = arrays.iter().collect();
    assert_eq!(inner, [Array::of(&[1_u8, 2]).into(), Value::from(Array::of::<u8>(&[]))]);
    let described = Array::from_values(&[
        Described::new(Symbol::from_static("d"), 1_u8).into(),
        Described::new(Symbol::from_static("d"), 2_u8).into(),
    ]);
    golden("e0 08 02 00 a3 01 64 50 01 02", described.unwrap());
    assert!(Array::from_values(&[Value::Null, true.into()]).is_err());
    assert_eq!(kind("e0 04 02 56 01 02"), DecodeErrorKind::InvalidBoolean);
    assert_eq!(kind("e0 05 02 50 01 02 03"), DecodeErrorKind::TrailingOctets);
}

#[test]
fn zero_width_elements_cost_nothing() {
    // req: TY-1.2.4-02 TY-D-02
    let array: Array = decode_as("f0 00000005 00010000 43").unwrap();
    assert_eq!(array.len(), 65_536);
    assert_eq!(array.iter().last(), Some(Value::Uint(0)));
    assert_eq!(kind("f0 00000005 00010001 43"), DecodeErrorKind::CountTooLarge);
    let input = bytes("e0 02 01 43");
    let strict = Limits::new().zero_width_items(0);
    assert!(Decoder::with_limits(&input, &strict).decode::<Value>().is_err());
}

#[test]
fn symbols_are_limited() {
    // req: TY-1.6.21-02
    let mut input = vec![0xa3, 24];
    input.extend([b'a'; 24]);
    let input = Bytes::from(input);
    let decode = |limits: Limits| Decoder::with_limits(&input, &limits).decode::<Symbol>();
    assert!(decode(Limits::new().symbol_len(24)).is_ok());
    let error = decode(Limits::new().symbol_len(23)).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::TooLong);
}

#[test]
fn values_and_errors_are_small() {
    assert!(size_of::<Value>() <= 40);
    assert!(size_of::<DecodeError>() <= 24);
    assert!(size_of::<Result<u32, DecodeError>>() <= 24);
}

#[test]
fn described_values() {
    // req: TY-1.2-01 TY-1.2-02 TY-1.2-03 TY-1.5-01
    golden("00 53 70 45", Described::new(0x70_u64, Value::List(vec![])));
    golden("00 a3 01 61 00 44 41", Described::new(Symbol::from_static("a"), Described::new(0_u64, true)));
    golden("00 00 53 01 40 41", Described::new(Described::new(1_u64, Value::Null), true));
}

#[test]
fn elements_of_a_fixed_width_are_checked() {
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

#[test]
fn nesting_is_limited() {
    // req: TY-D-01 TY-D-03
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
        let error = deep(&nested(33)).unwrap_err();
        assert_eq!(error.kind(), DecodeErrorKind::NestingTooDeep);
        for code in ["00", "e0 7f 01", "f0 000000ff 00000001", "c1 7f 02"] {
            let input = bytes(&code.repeat(10_000));
            assert!(deep(&input).is_err());
            let _ = Decoder::new(&input).skip();
        }
    });
    on_small_stack.unwrap().join().unwrap();
}
