//! What the builders of both sides have in common: whose cryptography, and which library.

/// Gives a builder its `provider` and its `build`s; `$rustls` and `$native` make the settings of either library.
macro_rules! builds {
    ($builder:ty => $made:ident, $rustls:ident, $native:ident) => {
        impl $builder {
            /// The cryptography. Default: what the process has
            /// [installed](::rustls::crypto::CryptoProvider::install_default), and with the feature `rustls` otherwise
            /// ring.
            #[cfg(feature = "rustls-no-provider")]
            pub fn provider(self, provider: std::sync::Arc<::rustls::crypto::CryptoProvider>) -> Self {
                Self { provider: Some(provider), ..self }
            }

            /// Checks the settings; with rustls where it is built in, otherwise with native-tls.
            ///
            /// # Errors
            /// What cannot be used, or that no TLS library is built in.
            pub fn build(self) -> Result<$made, $crate::tls::TlsError> {
                #[cfg(feature = "rustls-no-provider")]
                return self.build_rustls();
                #[cfg(all(feature = "native-tls", not(feature = "rustls-no-provider")))]
                return self.build_native();
                #[cfg(not(any(feature = "rustls-no-provider", feature = "native-tls")))]
                Err($crate::tls::TlsError::bare($crate::tls::TlsErrorKind::Unavailable))
            }

            /// Checks the settings, with rustls.
            ///
            /// # Errors
            /// What cannot be used.
            #[cfg(feature = "rustls-no-provider")]
            pub fn build_rustls(self) -> Result<$made, $crate::tls::TlsError> {
                $crate::tls::rustls::$rustls(self).map(|config| $made::from_rustls(config.into()))
            }

            /// Checks the settings, with native-tls, which cannot ask clients for certificates.
            ///
            /// # Errors
            /// What cannot be used.
            #[cfg(feature = "native-tls")]
            pub fn build_native(self) -> Result<$made, $crate::tls::TlsError> {
                $crate::tls::native::$native(&self).map($made::from_native)
            }
        }
    };
}

pub(super) use builds;
