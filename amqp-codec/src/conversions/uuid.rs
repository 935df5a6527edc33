//! `uuid::Uuid` (feature `uuid`).

use uuid::Uuid as ForeignUuid;

use super::values_from;
use crate::{MessageId, SimpleValue, Uuid, Value, WrongType};

/// The same octets.
///
/// ```
/// use amqp_codec::{Message, MessageId, Uuid};
///
/// let id = uuid::Uuid::from_u128(0x67e5_5044_10b1_426f_9247_bb68_0e5f_e0c8);
/// assert_eq!(Uuid::from(id).to_string(), id.to_string());
/// let message = Message::builder().message_id(id).build();
/// assert_eq!(message.message_id(), Some(&MessageId::from(id)));
/// ```
impl From<ForeignUuid> for Uuid {
    #[inline]
    fn from(uuid: ForeignUuid) -> Self {
        Self(uuid.into_bytes())
    }
}

/// The same octets.
impl From<Uuid> for ForeignUuid {
    #[inline]
    fn from(uuid: Uuid) -> Self {
        Self::from_bytes(uuid.0)
    }
}

values_from!(ForeignUuid as Uuid for Value SimpleValue MessageId);

/// Refuses a value of another type, and gives it back.
macro_rules! try_from {
    ($($type:ty)*) => {$(
        impl TryFrom<$type> for ForeignUuid {
            type Error = $type;

            fn try_from(value: $type) -> Result<Self, $type> {
                value.as_uuid().map(Self::from).ok_or(value)
            }
        }
    )*};
}

try_from! { Value SimpleValue MessageId }

impl TryFrom<&Value> for ForeignUuid {
    type Error = WrongType;

    fn try_from(value: &Value) -> Result<Self, WrongType> {
        Uuid::try_from(value).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let id = ForeignUuid::from_u128(7 << 120);
        assert_eq!(ForeignUuid::from(Uuid::from(id)), id);
        assert_eq!(Value::from(id), Value::Uuid(Uuid::from(id)));
        assert_eq!(ForeignUuid::try_from(Value::from(id)), Ok(id));
        assert_eq!(ForeignUuid::try_from(&Value::from(id)), Ok(id));
        assert_eq!(ForeignUuid::try_from(SimpleValue::from(id)), Ok(id));
        assert_eq!(ForeignUuid::try_from(MessageId::from(id)), Ok(id));
        assert_eq!(ForeignUuid::try_from(MessageId::from(7)), Err(MessageId::from(7)));
        let wrong = ForeignUuid::try_from(&Value::Null).unwrap_err();
        assert_eq!((wrong.expected, wrong.found), ("uuid", "null"));
    }
}
