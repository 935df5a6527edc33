//! Names and the GS2 header as SCRAM and OAUTHBEARER write them (RFC 5801 §4, RFC 5802 §5.1).

use alloc::string::String;

/// A name inside a message of attributes: `,` and `=` would end it.
pub(super) fn written(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// The name that was written so; `None` if it was not, or is empty.
pub(super) fn read(written: &str) -> Option<String> {
    let mut parts = written.split('=');
    let mut name = String::from(parts.next()?);
    for part in parts {
        let (octet, rest) = part.split_at_checked(2)?;
        name.push(match octet {
            "2C" => ',',
            "3D" => '=',
            _ => return None,
        });
        name.push_str(rest);
    }
    (!name.is_empty()).then_some(name)
}

/// `n,a=name,` or `n,,`: what comes behind it, and the name or nothing. A client that binds to a channel is not
/// understood; one that only says it could (`y`) is.
pub(super) fn gs2_header(message: &str) -> Option<(&str, String)> {
    let rest = message.strip_prefix("n,").or_else(|| message.strip_prefix("y,"))?;
    let (name, rest) = rest.split_once(',')?;
    match name {
        "" => Some((rest, String::new())),
        name => Some((rest, read(name.strip_prefix("a=")?)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive() {
        for name in ["u", "a,b", "=", ",=,", "=2C", "ü,x"] {
            assert_eq!(read(&written(name)).as_deref(), Some(name));
        }
        for wrong in ["", "=", "=2", "=2c", "a=4Ab", "=ü"] {
            assert_eq!(read(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn headers() {
        assert_eq!(gs2_header("n,,x,y"), Some(("x,y", String::new())));
        assert_eq!(gs2_header("y,a=u=2Cv,"), Some(("", String::from("u,v"))));
        for wrong in ["", "n", "n,", "p=tls-unique,,", "n,u,", "n,a=,", "x,,"] {
            assert_eq!(gs2_header(wrong), None, "{wrong:?}");
        }
    }
}
