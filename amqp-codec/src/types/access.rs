//! Looking at the content of a [`Value`] of one type or another.

use super::{Array, Described, Map, Timestamp, Uuid, Value};

/// The content, if the value is of that type; whoever wants it by value
/// converts with `TryFrom`.
impl Value {
    /// The truth value of a boolean.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// The number, if this is an integer of any width and sign that an `i64` can hold.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.integer()
    }

    /// The number, if this is an integer of any width and sign that a `u64` can hold.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.integer()
    }

    /// The number of a float or a double.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Float(value) => Some((*value).into()),
            Self::Double(value) => Some(*value),
            _ => None,
        }
    }

    /// The text of a string or symbol.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.as_str()),
            Self::Symbol(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The octets of a binary.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Binary(octets) => Some(octets),
            _ => None,
        }
    }

    /// The point in time of a timestamp.
    #[must_use]
    pub const fn as_timestamp(&self) -> Option<Timestamp> {
        match self {
            Self::Timestamp(time) => Some(*time),
            _ => None,
        }
    }

    /// The identifier of a uuid.
    #[must_use]
    pub const fn as_uuid(&self) -> Option<Uuid> {
        match self {
            Self::Uuid(uuid) => Some(*uuid),
            _ => None,
        }
    }

    /// The elements of a list; those of an array are not values yet, see
    /// [`as_array`](Self::as_array).
    #[must_use]
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// The map.
    #[must_use]
    pub const fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The array.
    #[must_use]
    pub fn as_array(&self) -> Option<&Array> {
        match self {
            Self::Array(array) => Some(array),
            _ => None,
        }
    }

    /// The descriptor and the value that it describes.
    #[must_use]
    pub fn as_described(&self) -> Option<&Described> {
        match self {
            Self::Described(described) => Some(described),
            _ => None,
        }
    }

    /// An integer, if it fits.
    fn integer<T>(&self) -> Option<T>
    where
        T: TryFrom<u8> + TryFrom<u16> + TryFrom<u32> + TryFrom<u64>,
        T: TryFrom<i8> + TryFrom<i16> + TryFrom<i32> + TryFrom<i64>,
    {
        match *self {
            Self::Ubyte(value) => value.try_into().ok(),
            Self::Ushort(value) => value.try_into().ok(),
            Self::Uint(value) => value.try_into().ok(),
            Self::Ulong(value) => value.try_into().ok(),
            Self::Byte(value) => value.try_into().ok(),
            Self::Short(value) => value.try_into().ok(),
            Self::Int(value) => value.try_into().ok(),
            Self::Long(value) => value.try_into().ok(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bytes, Symbol};

    /// No integer is narrowed: what does not fit is none.
    #[test]
    fn integers_of_any_width() {
        let ones: [Value; 8] = [
            1_u8.into(),
            1_u16.into(),
            1_u32.into(),
            1_u64.into(),
            1_i8.into(),
            1_i16.into(),
            1_i32.into(),
            1_i64.into(),
        ];
        for one in ones {
            assert_eq!((one.as_i64(), one.as_u64()), (Some(1), Some(1)), "{}", one.type_name());
        }
        assert_eq!(Value::from(u64::MAX).as_i64(), None);
        assert_eq!(Value::from(u64::MAX).as_u64(), Some(u64::MAX));
        assert_eq!(Value::from(-1_i8).as_u64(), None);
        assert_eq!(Value::from(i64::MIN).as_i64(), Some(i64::MIN));
        assert_eq!(Value::from(1.0).as_i64(), None);
        assert_eq!(Value::from(true).as_u64(), None);
    }

    #[test]
    fn content_of_its_own_type_only() {
        let binary = Value::from(Bytes::from_static(b"ab"));
        assert_eq!(binary.as_bytes(), Some(&b"ab"[..]));
        assert_eq!((binary.as_text(), binary.as_list()), (None, None));
        assert_eq!(Value::from(Symbol::from_static("s")).as_text(), Some("s"));
        assert_eq!(Value::from(1.5_f32).as_f64(), Some(1.5));
        assert_eq!(Value::from(1_u8).as_f64(), None);
        assert_eq!(Value::from(true).as_bool(), Some(true));
        assert_eq!(Value::from(Timestamp(7)).as_timestamp(), Some(Timestamp(7)));
        assert_eq!(Value::from(Uuid([7; 16])).as_uuid(), Some(Uuid([7; 16])));
        assert_eq!(Value::Null.as_map(), None);
        let list = Value::from(std::vec![Value::Null]);
        assert_eq!(list.as_list(), Some(&[Value::Null][..]));
        let array = Value::from(Array::of(&[1_u8]));
        assert_eq!(array.as_array().map(Array::len), Some(1));
        assert_eq!(array.as_list(), None);
        let described = Value::from(Described::new(1_u64, 2_u8));
        assert_eq!(described.as_described().map(|found| &found.value), Some(&Value::Ubyte(2)));
        assert_eq!(described.as_u64(), None);
    }
}
