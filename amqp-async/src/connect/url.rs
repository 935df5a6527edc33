//! URLs of peers: `amqp://[USER[:PASSWORD]@]HOST[:PORT]`, and `amqps://` for TLS from the first octet (§5.2.1).

use amqp_proto::Secret;
use amqp_proto::codec::definition::{PORT, SECURE_PORT};
use fluent_uri::Uri;
use fluent_uri::build::Builder;
use fluent_uri::component::{Authority, Host, Scheme};
use fluent_uri::pct_enc::encoder::{Data, RegName, Userinfo};
use fluent_uri::pct_enc::{Decode, EStr, EString};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Where a peer is, and who is to log in there. Parsed from text, or built and turned into text; no password shows in
/// its `Debug` and `Display`.
///
/// ```
/// use amqp_async::connect::Url;
///
/// let url: Url = "amqps://user:p%40ss@example.com".parse()?;
/// assert!(url.is_secure() && url.host() == "example.com" && url.port() == 5671);
/// assert_eq!(url.to_string(), "amqps://user:***@example.com");
///
/// let url = Url::new("::1").with_port(5750).with_login("me", "a b");
/// assert_eq!(url.expose()?, "amqp://me:a%20b@[::1]:5750");
/// # Ok::<_, amqp_async::connect::UrlError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Url {
    secure: bool,
    host: String,
    port: Option<u16>,
    login: Option<(String, Secret)>,
}

impl Url {
    /// `amqp://HOST`. An IPv6 address goes without brackets.
    pub fn new(host: impl Into<String>) -> Self {
        Self { secure: false, host: host.into(), port: None, login: None }
    }

    /// With `amqps` for its scheme: TLS from the first octet (§5.2.1).
    pub fn secure(self) -> Self {
        Self { secure: true, ..self }
    }

    /// With a port.
    pub fn with_port(self, port: u16) -> Self {
        Self { port: Some(port), ..self }
    }

    /// With a user and a password.
    pub fn with_login(self, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { login: Some((user.into(), password.into())), ..self }
    }

    /// Whether the scheme is `amqps`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The name or address of the host; IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; that of the scheme (§2.8.19) if the URL names none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.secure { SECURE_PORT } else { PORT })
    }

    /// User and password, percent-decoded. A user without password has an empty one.
    #[must_use]
    pub fn login(&self) -> Option<(&str, &Secret)> {
        self.login.as_ref().map(|(user, password)| (user.as_str(), password))
    }

    /// The URL with its password, for a file or another program.
    ///
    /// # Errors
    /// If there is no host, or the password is not UTF-8.
    pub fn expose(&self) -> Result<String, UrlError> {
        let password =
            |secret: &Secret| std::str::from_utf8(secret.expose()).map(encoded).map_err(|_| UrlError::UserInfo);
        self.written(password)
    }

    fn written(&self, password: impl Fn(&Secret) -> Result<EString<Userinfo>, UrlError>) -> Result<String, UrlError> {
        if self.host.is_empty() {
            return Err(UrlError::Host);
        }
        let user_info = self.login.as_ref().map(|(user, secret)| user_info(user, &password(secret)?)).transpose()?;
        let uri = Uri::builder().scheme(Scheme::new_or_panic(if self.secure { "amqps" } else { "amqp" }));
        let uri = uri.authority_with(|authority| {
            let authority = authority.optional(Builder::userinfo, user_info.as_deref());
            match self.host.parse::<IpAddr>() {
                Ok(address) => authority.host(address).optional(Builder::port, self.port),
                Err(_) => authority.host(&*encoded::<RegName>(&self.host)).optional(Builder::port, self.port),
            }
        });
        let uri = uri.path(EStr::EMPTY).build().map_err(|error| UrlError::Syntax(error.to_string()))?;
        Ok(uri.into_string())
    }

    fn parse(url: &str) -> Result<Self, UrlError> {
        let uri = Uri::parse(url).map_err(|error| UrlError::Syntax(error.to_string()))?;
        let secure = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
            "amqp" => false,
            "amqps" => true,
            other => return Err(UrlError::Scheme(other.to_owned())),
        };
        let authority = uri.authority().filter(|authority| !authority.host().is_empty()).ok_or(UrlError::Host)?;
        // behind the scheme, whose letters may be those of the host
        let rest = url.split_once("://").map_or("", |(_, rest)| rest);
        let surplus = rest.strip_prefix(authority.as_str()).unwrap_or_default();
        if surplus.contains('@') {
            // it may be a part of the password, which is nobody's to print
            return Err(UrlError::Unescaped);
        }
        if !matches!(surplus, "" | "/") {
            return Err(UrlError::Surplus(surplus.to_owned()));
        }
        let login = authority.userinfo().map(login).transpose()?;
        Ok(Self { secure, host: host(&authority)?, port: port(&authority)?, login })
    }
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}

/// The password as `***`.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blotted = |secret: &Secret| {
            let mut text = EString::new();
            (0..if secret.expose().is_empty() { 0 } else { 3 }).for_each(|_| text.push('*'));
            Ok(text)
        };
        f.write_str(&self.written(blotted).unwrap_or_default())
    }
}

/// What is wrong with a URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It is no URL at all.
    #[error("it is not a URL: {0}")]
    Syntax(String),
    /// The scheme is neither `amqp` nor `amqps`.
    #[error("the scheme {0}:// is not supported (amqp:// and amqps:// are)")]
    Scheme(String),
    /// No host is named.
    #[error("it names no host")]
    Host,
    /// The port is no number from 0 to 65535.
    #[error("the port {0} is not a number from 0 to 65535")]
    Port(String),
    /// User or password are not UTF-8 after percent-decoding.
    #[error("user or password are not UTF-8")]
    UserInfo,
    /// User or password have a `/`, `?` or `#` that is not percent-encoded, so that the host is not where it seems to be.
    #[error("a /, ? or # in user or password has to be percent-encoded")]
    Unescaped,
    /// A path, query or fragment, which says nothing here.
    #[error("nothing may follow host and port, but {0} does")]
    Surplus(String),
}

/// The URL with its password blotted out, for showing: all between the first `:` and the last `@`, also where what is between
/// them should have been percent-encoded.
#[must_use]
pub fn redacted(url: &str) -> String {
    // who forgets the scheme does not mean to show the password
    let (before, after) = url.split_at(url.find("://").map_or(0, |at| at + "://".len()));
    match after.rsplit_once('@').and_then(|(user_info, _)| Some((user_info, user_info.split_once(':')?.0))) {
        Some((user_info, user)) => format!("{before}{user}:***{}", &after[user_info.len()..]),
        None => url.to_owned(),
    }
}

fn host(authority: &Authority<'_>) -> Result<String, UrlError> {
    match authority.host_parsed() {
        Host::RegName(name) => decoded(name.decode()),
        // an address; those of IPv6 stand in brackets
        _ => Ok(authority.host().trim_matches(['[', ']']).to_owned()),
    }
}

fn port(authority: &Authority<'_>) -> Result<Option<u16>, UrlError> {
    let text = authority.port().map(EStr::as_str).filter(|port| !port.is_empty());
    text.map(|text| text.parse().map_err(|_| UrlError::Port(text.to_owned()))).transpose()
}

fn login(user_info: &EStr<Userinfo>) -> Result<(String, Secret), UrlError> {
    match user_info.split_once(':') {
        Some((user, password)) => Ok((decoded(user.decode())?, decoded(password.decode())?.into())),
        None => Ok((decoded(user_info.decode())?, Secret::from(""))),
    }
}

fn user_info(user: &str, password: &EString<Userinfo>) -> Result<EString<Userinfo>, UrlError> {
    let mut text = encoded(user);
    if !password.as_str().is_empty() {
        text.push(':');
        text.push_estr(password);
    }
    Ok(text)
}

fn decoded(encoded: Decode<'_>) -> Result<String, UrlError> {
    encoded.to_string().map(Cow::into_owned).map_err(|_| UrlError::UserInfo)
}

fn encoded<E: fluent_uri::pct_enc::Encoder>(text: &str) -> EString<E> {
    let mut encoded = EString::new();
    encoded.encode_str::<Data>(text);
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen<'a> = (bool, &'a str, u16, Option<(&'a str, &'a [u8])>);

    fn seen(url: &Url) -> Seen<'_> {
        (url.is_secure(), url.host(), url.port(), url.login().map(|(user, password)| (user, password.expose())))
    }

    #[test]
    fn what_urls_say() {
        // req: SE-5.2.1-01 TR-2.8.19-01
        for (url, expected) in [
            ("amqp://localhost", (false, "localhost", 5672, None)),
            ("amqps://localhost", (true, "localhost", 5671, None)),
            ("AMQPS://u@localhost:5672", (true, "localhost", 5672, Some(("u", &b""[..])))),
            ("AMQP://localhost:5671/", (false, "localhost", 5671, None)),
            ("amqp://guest:guest@127.0.0.1:5750", (false, "127.0.0.1", 5750, Some(("guest", b"guest")))),
            ("amqp://a%40b:p%3A%2f%20w@h", (false, "h", 5672, Some(("a@b", b"p:/ w")))),
            ("amqp://user@h:", (false, "h", 5672, Some(("user", b"")))),
            ("amqp://u:a:b@[::1]:9", (false, "::1", 9, Some(("u", b"a:b")))),
            ("amqp://p", (false, "p", 5672, None)),
            ("amqps://amqp", (true, "amqp", 5671, None)),
            ("amqp://b%C3%BCcher", (false, "bücher", 5672, None)),
        ] {
            assert_eq!(seen(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn what_is_built_is_parsed_again() {
        for (url, text, shown) in [
            (Url::new("h"), "amqp://h", "amqp://h"),
            (Url::new("10.0.0.1").secure().with_port(1), "amqps://10.0.0.1:1", "amqps://10.0.0.1:1"),
            (Url::new("::1").with_login("a@b", ""), "amqp://a%40b@[::1]", "amqp://a%40b@[::1]"),
            (Url::new("h").with_login("a:b", "p:/@ wé"), "amqp://a%3Ab:p%3A%2F%40%20w%C3%A9@h", "amqp://a%3Ab:***@h"),
            (Url::new("bücher"), "amqp://b%C3%BCcher", "amqp://b%C3%BCcher"),
        ] {
            let built = url.expose().unwrap();
            assert_eq!(built, text);
            assert_eq!(seen(&built.parse().unwrap()), seen(&url));
            assert_eq!(url.to_string(), shown);
            assert!(!format!("{url:?}").contains("p:/@"));
        }
        assert_eq!(Url::new("").expose(), Err(UrlError::Host));
    }

    #[test]
    fn what_urls_may_not_say() {
        for (url, expected) in [
            ("http://h", UrlError::Scheme("http".to_owned())),
            ("amqp:h", UrlError::Host),
            ("amqp://", UrlError::Host),
            ("amqp://h:70000", UrlError::Port("70000".to_owned())),
            ("amqp://%ff@h", UrlError::UserInfo),
            ("amqp://h/vhost", UrlError::Surplus("/vhost".to_owned())),
            ("amqp://h?x=1", UrlError::Surplus("?x=1".to_owned())),
        ] {
            assert_eq!(Url::parse(url), Err(expected), "{url}");
        }
        assert!(matches!(Url::parse("localhost 5672"), Err(UrlError::Syntax(_))));
    }

    #[test]
    fn passwords_do_not_show() {
        assert_eq!(redacted("amqp://u:secret@h:1"), "amqp://u:***@h:1");
        assert_eq!(redacted("amqp://u:se@cret@h"), "amqp://u:***@h");
        assert_eq!(redacted("amqp://u@h"), "amqp://u@h");
        assert_eq!(redacted("amqp://h/a:b@c"), "amqp://h/a:***@c", "it may be a password");
        assert_eq!(redacted("amqps://key:abc/d?e#f=@h"), "amqps://key:***@h");
        assert_eq!("amqp://key:12/d=@h".parse::<Url>(), Err(UrlError::Unescaped));
        assert_eq!("amqp://h/a".parse::<Url>(), Err(UrlError::Surplus("/a".to_owned())));
        assert_eq!(redacted("u:secret@h"), "u:***@h");
        assert_eq!(redacted("nonsense"), "nonsense");
    }
}
