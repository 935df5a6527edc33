//! URLs of peers: `amqp://[USER[:PASSWORD]@]HOST[:PORT]`.

use amqp_async::proto::codec::definition::PORT;
use fluent_uri::Uri;
use fluent_uri::component::Host;
use fluent_uri::pct_enc::EStr;
use fluent_uri::pct_enc::encoder::Userinfo;

/// Where a URL points, and who is to log in there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) login: Option<(String, String)>,
}

/// What is wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL at all.
    #[error("it is not a URL: {0}")]
    Syntax(String),
    /// The scheme is neither `amqp` nor `amqps`.
    #[error("the scheme {0}:// is not supported (amqp:// is)")]
    Scheme(String),
    /// `amqps`: TLS is not built yet.
    #[error("amqps:// needs TLS, which is not built yet")]
    Tls,
    /// No host is named.
    #[error("it names no host")]
    Host,
    /// The port is no number from 0 to 65535.
    #[error("the port {0} is not a number from 0 to 65535")]
    Port(String),
    /// User or password are not UTF-8 after percent-decoding.
    #[error("user or password are not UTF-8")]
    UserInfo,
    /// A path, query or fragment, which says nothing here.
    #[error("nothing may follow host and port, but {0} does")]
    Surplus(String),
}

/// The URL with its password blotted out, for showing.
#[must_use]
pub fn redacted(url: &str) -> String {
    let Some((before, after)) = url.split_once("://") else { return url.to_owned() };
    let authority = after.find(['/', '?', '#']).map_or(after, |end| &after[..end]);
    match authority.rsplit_once('@').and_then(|(user_info, _)| Some((user_info, user_info.split_once(':')?.0))) {
        Some((user_info, user)) => format!("{before}://{user}:***{}", &after[user_info.len()..]),
        None => url.to_owned(),
    }
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Self, UrlError> {
        let uri = Uri::parse(url).map_err(|error| UrlError::Syntax(error.to_string()))?;
        match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "amqp" => {}
            "amqps" => return Err(UrlError::Tls),
            other => return Err(UrlError::Scheme(other.to_owned())),
        }
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or(UrlError::Host)?;
        let port = authority.port().map(EStr::as_str).filter(|port| !port.is_empty());
        let port = port.map_or(Ok(PORT), |text| text.parse().map_err(|_| UrlError::Port(text.to_owned())))?;
        let surplus = url.find(authority.as_str()).map_or("", |start| &url[start + authority.as_str().len()..]);
        if !matches!(surplus, "" | "/") {
            return Err(UrlError::Surplus(surplus.to_owned()));
        }
        let host = match authority.host_parsed() {
            Host::RegName(name) => decoded(name.decode())?,
            // an address; those of IPv6 stand in brackets
            _ => authority.host().trim_matches(['[', ']']).to_owned(),
        };
        let login = authority.userinfo().map(login).transpose()?;
        Ok(Self { host, port, login })
    }
}

fn login(user_info: &EStr<Userinfo>) -> Result<(String, String), UrlError> {
    match user_info.split_once(':') {
        Some((user, password)) => Ok((decoded(user.decode())?, decoded(password.decode())?)),
        None => Ok((decoded(user_info.decode())?, String::new())),
    }
}

fn decoded(encoded: fluent_uri::pct_enc::Decode<'_>) -> Result<String, UrlError> {
    encoded.to_string().map(std::borrow::Cow::into_owned).map_err(|_| UrlError::UserInfo)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(host: &str, port: u16, login: Option<(&str, &str)>) -> Target {
        let login = login.map(|(user, password)| (user.to_owned(), password.to_owned()));
        Target { host: host.to_owned(), port, login }
    }

    #[test]
    fn what_urls_say() {
        for (url, expected) in [
            ("amqp://localhost", target("localhost", 5672, None)),
            ("AMQP://localhost:5671/", target("localhost", 5671, None)),
            ("amqp://guest:guest@127.0.0.1:5750", target("127.0.0.1", 5750, Some(("guest", "guest")))),
            ("amqp://a%40b:p%3A%2f%20w@h", target("h", 5672, Some(("a@b", "p:/ w")))),
            ("amqp://user@h:", target("h", 5672, Some(("user", "")))),
            ("amqp://u:a:b@[::1]:9", target("::1", 9, Some(("u", "a:b")))),
        ] {
            assert_eq!(Target::parse(url), Ok(expected), "{url}");
        }
    }

    #[test]
    fn what_urls_may_not_say() {
        for (url, expected) in [
            ("amqps://h", UrlError::Tls),
            ("http://h", UrlError::Scheme("http".to_owned())),
            ("amqp:h", UrlError::Host),
            ("amqp://", UrlError::Host),
            ("amqp://h:70000", UrlError::Port("70000".to_owned())),
            ("amqp://%ff@h", UrlError::UserInfo),
            ("amqp://h/vhost", UrlError::Surplus("/vhost".to_owned())),
            ("amqp://h?x=1", UrlError::Surplus("?x=1".to_owned())),
        ] {
            assert_eq!(Target::parse(url), Err(expected), "{url}");
        }
        assert!(matches!(Target::parse("localhost 5672"), Err(UrlError::Syntax(_))));
    }

    #[test]
    fn passwords_do_not_show() {
        assert_eq!(redacted("amqp://u:secret@h:1"), "amqp://u:***@h:1");
        assert_eq!(redacted("amqp://u:se@cret@h"), "amqp://u:***@h");
        assert_eq!(redacted("amqp://u@h"), "amqp://u@h");
        assert_eq!(redacted("amqp://h/a:b@c"), "amqp://h/a:b@c");
        assert_eq!(redacted("nonsense"), "nonsense");
    }
}
