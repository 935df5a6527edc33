//! Whom the system trusts is whom a client trusts by default. Who that is can be said by the environment, which is read
//! in a process of its own.

use super::{Identity, identity, meet};
use amqp_async::tls::{TlsClient, TlsErrorKind, TlsServer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, process};

/// Where the child finds the server's certificate, and what is to come of it.
const FOLDER: &str = "AMQP10_TEST_FOLDER";
const EXPECTED: &str = "AMQP10_TEST_EXPECTED";

struct Folder(PathBuf);

impl Folder {
    fn with(localhost: &Identity, stranger: &Identity) -> Self {
        let path = env::temp_dir().join(format!("amqp10-platform-roots-{}", process::id()));
        fs::create_dir_all(&path).unwrap();
        let files = [
            ("authority", &localhost.authority),
            ("stranger", &stranger.authority),
            ("chain", &localhost.chain),
            ("key", &localhost.key),
        ];
        for (name, pem) in files {
            fs::write(path.join(name), pem).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn roots_of_the_system() {
    if let Some(folder) = env::var_os(FOLDER) {
        return connect_as_the_system_trusts(Path::new(&folder));
    }
    let folder = Folder::with(&identity("localhost"), &identity("elsewhere.example"));
    for (trusted, expected) in [("authority", "trusted"), ("stranger", "untrusted")] {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "platform::roots_of_the_system", "--nocapture"])
            .env(FOLDER, &folder.0)
            .env(EXPECTED, expected)
            .env("SSL_CERT_FILE", folder.0.join(trusted))
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{trusted}: {said}{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("1 passed"), "{trusted}: {said}");
    }
}

fn connect_as_the_system_trusts(folder: &Path) {
    let pem = |name: &str| fs::read(folder.join(name)).unwrap();
    let server = TlsServer::builder(pem("chain"), pem("key")).build_rustls().unwrap();
    let is_trusted = env::var(EXPECTED).unwrap() == "trusted";
    let expected = if is_trusted { Ok(0) } else { Err([TlsErrorKind::Untrusted, TlsErrorKind::Refused]) };
    let clients = [
        TlsClient::new().unwrap(),
        #[cfg(feature = "native-tls")]
        TlsClient::builder().build_native().unwrap(),
    ];
    for client in clients {
        assert_eq!(meet(&client, &server), expected);
    }
    // others besides, and others instead
    let both = TlsClient::builder().roots_pem(pem("authority")).build().unwrap();
    assert_eq!(meet(&both, &server), Ok(0));
    let only = TlsClient::builder().without_platform_roots().roots_pem(pem("stranger")).build().unwrap();
    assert_eq!(meet(&only, &server), Err([TlsErrorKind::Untrusted, TlsErrorKind::Refused]));
}
