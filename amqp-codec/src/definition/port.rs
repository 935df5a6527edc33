//! PORT and SECURE-PORT (§2.8.19).

/// The TCP port for AMQP, registered with IANA.
pub const PORT: u16 = 5672;

/// The TCP port for AMQP inside TLS, registered with IANA (§5.2.1).
pub const SECURE_PORT: u16 = 5671;
