//! The body of a message that is one `data` section (§3.2.6), read where it lies.

use bytes::Bytes;

use super::layout::Layout;
use super::section::Section;
use super::{Body, EncodedMessage};
use crate::{DecodeError, Limits, code};

/// The octets of one short data section, which is what most bodies are.
#[inline(always)]
pub(super) fn short_data(body: &[u8]) -> Option<&[u8]> {
    match body.split_first_chunk() {
        Some((descriptor, [code::BINARY_8, size, data @ ..]))
            if *descriptor == Section::Data.descriptor_octets() && data.len() == usize::from(*size) =>
        {
            Some(data)
        }
        _ => None,
    }
}

impl EncodedMessage {
    /// The octets of the body of an encoded message, if that is one `data` section (§3.2.6); `None` for any other body.
    ///
    /// For whoever wants nothing else of it: what [`parse`](Self::parse) and [`body`](Self::body) find, but without a
    /// share in `message`, which costs something where several threads may have one. A body of another kind is not
    /// checked: only [`body`](Self::body) tells whether its value, or its lists, are well formed.
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
    /// As for [`parse`](Self::parse).
    #[inline]
    pub fn data_of(message: &Bytes) -> Result<Option<&[u8]>, DecodeError> {
        let layout = Layout::scan(message, &Limits::new())?;
        let section = message.get(layout.range(Section::Data)).unwrap_or_default();
        if section.is_empty() {
            return Ok(None);
        }
        if let Some(data) = short_data(section) {
            return Ok(Some(data));
        }
        let Body::Data(sections) = Self::parse(message.clone())?.body()? else { return Ok(None) };
        let [only] = sections.as_slice() else { return Ok(None) };
        Ok(section.len().checked_sub(only.len()).and_then(|head| section.get(head..)))
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
    /// Text that is not UTF-8, and a list of fewer elements than it says: well-formed sections, whose content only
    /// `body` looks at.
    #[test]
    fn a_body_of_another_kind_is_not_checked() {
        for octets in [&[0x00, 0x53, 0x77, 0xa1, 0x01, 0xff][..], &[0x00, 0x53, 0x76, 0xc0, 0x02, 0x09, 0x40]] {
            let message = Bytes::copy_from_slice(octets);
            assert_eq!(EncodedMessage::data_of(&message), Ok(None));
            assert!(EncodedMessage::parse(message.clone()).is_ok_and(|parsed| parsed.body().is_err()));
            let cut = message.slice(..octets.len() - 1);
            assert_eq!(EncodedMessage::data_of(&cut).err(), EncodedMessage::parse(cut.clone()).err());
            assert!(EncodedMessage::data_of(&cut).is_err());
        }
    }
}
