//! The specification's names of types and fields, from those of Rust.

/// `max_frame_size` of `Open` as `open.max-frame-size`.
#[derive(Debug)]
pub struct FieldName {
    octets: [u8; CAPACITY],
    len: usize,
}

/// Longer names are cut off.
const CAPACITY: usize = 80;

/// Makes the name of a field, while compiling.
pub const fn field_name(composite: &str, field: &str) -> FieldName {
    let empty = FieldName { octets: [0; CAPACITY], len: 0 };
    empty.append(composite).push(b'.').append(field)
}

impl FieldName {
    /// The name with that of its type: `open.max-frame-size`.
    pub const fn qualified(&self) -> &str {
        let (name, _) = self.octets.split_at(self.len);
        match core::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => "",
        }
    }

    /// Appends a name of Rust, in small letters with hyphens.
    const fn append(mut self, name: &str) -> Self {
        let mut rest = name.as_bytes();
        let mut first = true;
        while let [octet, tail @ ..] = rest {
            self = match *octet {
                b'_' => self.push(b'-'),
                octet if octet.is_ascii_uppercase() && !first => self.push(b'-').push(octet.to_ascii_lowercase()),
                octet => self.push(octet.to_ascii_lowercase()),
            };
            first = false;
            rest = tail;
        }
        self
    }

    const fn push(mut self, octet: u8) -> Self {
        if let Some((place, _)) = self.octets.split_at_mut(self.len).1.split_first_mut() {
            *place = octet;
            self.len = self.len.saturating_add(1);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_specifications() {
        let name = |composite, field| std::string::String::from(field_name(composite, field).qualified());
        assert_eq!(name("Open", "max_frame_size"), "open.max-frame-size");
        assert_eq!(name("SaslInit", "mechanism"), "sasl-init.mechanism");
    }
}
