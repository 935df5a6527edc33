//! native-tls.
