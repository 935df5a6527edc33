//! TLS as the environment asks for it: `PEER_CA` says whom to trust, `PEER_CERT` and `PEER_KEY` who we are.

use crate::Res;
use native_tls::{Certificate, Identity, TlsConnector};
use std::env;
use std::fs;
use std::path::PathBuf;

/// The file with our certificate, if we have one.
pub(crate) fn certificate() -> Option<PathBuf> {
    env::var_os("PEER_CERT").map(PathBuf::from)
}

pub(crate) fn connector() -> Res<tokio_native_tls::TlsConnector> {
    let mut builder = TlsConnector::builder();
    builder.add_root_certificate(Certificate::from_pem(&fs::read(env::var("PEER_CA")?)?)?);
    if let Some(certificate) = certificate() {
        let key = fs::read(env::var("PEER_KEY")?)?;
        builder.identity(Identity::from_pkcs8(&fs::read(certificate)?, &key)?);
    }
    Ok(builder.build()?.into())
}
