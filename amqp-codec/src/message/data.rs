//! The body of a message that is one `data` section (§3.2.6), read where it lies.

use bytes::Bytes;

use super::layout::Layout;
use super::section::Section;
use super::{Body, EncodedMessage};
use crate::{DecodeError, Limits, code};

/// The short form of the descriptor of a data section.
const DATA: u8 = Section::Data as u8;

impl EncodedMessage {
    /// The octets of the body of an encoded message, if that is one `data` section (§3.2.6); `None` for any other body.
    ///
    /// For whoever wants nothing else of it: what [`parse`](Self::parse) and [`body`](Self::body) find, with the same
    /// checks, but without a share in `message`, which costs something where several threads may have one.
    ///
    /// ```
    /// use amqp_codec::{EncodedMessage, Message};
    ///
    /// let message = Message::builder().to("orders").data("12 crates").build().to_bytes();
    /// assert_eq!(EncodedMessage::data_of(&message)?, Some(&b"12 crates"[..]));
    /// assert_eq!(EncodedMessage::data_of(&Message::from("text").to_bytes())?, None);
    /// # Ok::<(), amqp_codec::DecodeError>(())
    /// ```
    ///
    /// # Errors
    /// As for [`parse`](Self::parse) and [`body`](Self::body).
    #[inline]
    pub fn data_of(message: &Bytes) -> Result<Option<&[u8]>, DecodeError> {
        let layout = Layout::scan(message, &Limits::new())?;
        let section = message.get(layout.range(Section::Data)).unwrap_or_default();
        match section {
            [] => Ok(None),
            // as most are
            [code::DESCRIBED, code::SMALL_ULONG, DATA, code::BINARY_8, size, data @ ..]
                if data.len() == usize::from(*size) =>
            {
                Ok(Some(data))
            }
            _ => {
                let Body::Data(sections) = Self::parse(message.clone())?.body()? else { return Ok(None) };
                let [only] = sections.as_slice() else { return Ok(None) };
                Ok(section.len().checked_sub(only.len()).and_then(|head| section.get(head..)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;
    use alloc::vec;

    /// What `data_of` must say, by the way round the body.
    fn expected(message: &Bytes) -> Result<Option<Bytes>, DecodeError> {
        Ok(match EncodedMessage::parse(message.clone())?.body()? {
            Body::Data(sections) if sections.len() == 1 => sections.into_iter().next(),
            _ => None,
        })
    }

    #[test]
    fn is_what_the_body_says() {
        let messages = [
            Message::from(vec![7; 12]),
            Message::from(vec![7; 255]),
            Message::from(vec![7; 256]),
            Message::from(vec![0_u8; 0]),
            Message::builder().to("queue").durable(true).data("octets").build(),
            Message::from("text"),
            Message {
                body: Body::Data([&b"a"[..], b"b"].map(Bytes::from).into_iter().collect()),
                ..Message::default()
            },
            Message { body: Body::Sequence(vec![]), ..Message::default() },
            Message { body: Body::Empty, ..Message::default() },
        ];
        let encoded = messages.iter().map(Message::to_bytes);
        // the descriptor in its long form, and as a symbol
        let long = [&[0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x75, 0xa0, 2][..], b"ab"].concat();
        let symbol = [&[0, 0xa3, 16][..], b"amqp:data:binary", &[0xb0, 0, 0, 0, 2], b"ab"].concat();
        for message in encoded.chain([long.into(), symbol.into()]) {
            for len in 0..=message.len() {
                let message = message.slice(..len);
                let data = EncodedMessage::data_of(&message);
                assert_eq!(
                    data,
                    expected(&message).as_ref().map(Option::as_deref).map_err(Clone::clone),
                    "{message:?}"
                );
            }
        }
    }
}
