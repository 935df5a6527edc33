//! A receiver whose credit follows what comes: by octets, or by rate and round trip.

use super::{AdaptiveCredit, ByteCredit};
use crate::delivery::Delivery;
use crate::error::Error;
use crate::receiver::Receiver;
use crate::sync::Mutex;
use amqp_proto::CreditMode;
use std::fmt;
use std::sync::PoisonError;
use std::time::Duration;

/// A receiver whose automatic credit is found out from the messages that come. Renewed as
/// [`CreditRenewal`](amqp_proto::CreditRenewal) of the link's options says.
///
/// What is received by other means than [`recv`](Self::recv) counts for nothing.
pub struct TunedReceiver {
    receiver: Receiver,
    tuning: Mutex<Tuning>,
}

enum Tuning {
    Octets(ByteCredit),
    Rate(AdaptiveCredit),
}

impl TunedReceiver {
    /// Credit for so many octets, and `max` messages at most; see [`ByteCredit`].
    ///
    /// # Errors
    /// Why the link is gone.
    pub fn by_octets(receiver: Receiver, octets: u64, max: u32) -> Result<Self, Error> {
        Self::new(receiver, Tuning::Octets(ByteCredit::new(octets, max)))
    }

    /// Credit between `min` and `max` that follows the rate at which messages come; see [`AdaptiveCredit`]. Measures the
    /// round trip first, `within` this time; probes of the connection later on count too.
    ///
    /// # Errors
    /// As for [`Session::probe`](crate::Session::probe); why the link is gone.
    pub async fn by_rate(receiver: Receiver, min: u32, max: u32, within: Duration) -> Result<Self, Error> {
        let round_trip = receiver.session().probe(within).await?;
        Self::new(receiver, Tuning::Rate(AdaptiveCredit::new(min, max, round_trip)))
    }

    fn new(receiver: Receiver, tuning: Tuning) -> Result<Self, Error> {
        let credit = match &tuning {
            Tuning::Octets(machine) => machine.credit(),
            Tuning::Rate(machine) => machine.credit(),
        };
        receiver.set_credit_mode(CreditMode::Auto(credit))?;
        Ok(Self { receiver, tuning: Mutex::new(tuning) })
    }

    /// Waits for the next delivery, as [`Receiver::recv`], and grants what follows from it.
    ///
    /// Cancel-safe: a dropped future takes nothing.
    ///
    /// # Errors
    /// As for [`Receiver::recv`].
    pub async fn recv(&self) -> Result<Delivery, Error> {
        let delivery = self.receiver.recv().await?;
        let octets = delivery.payload().chunks().iter().map(|chunk| chunk.len() as u64).sum();
        self.tune(octets);
        Ok(delivery)
    }

    fn tune(&self, octets: u64) {
        // held until the credit is granted: of what several who receive have found out the last is to stand
        let mut tuning = self.tuning.lock().unwrap_or_else(PoisonError::into_inner);
        let credit = match &mut *tuning {
            Tuning::Octets(machine) => machine.arrived(octets),
            Tuning::Rate(machine) => {
                let (now, round_trip) = self.receiver.clock();
                round_trip.into_iter().for_each(|round_trip| machine.set_round_trip(round_trip));
                machine.arrived(now, 1)
            }
        };
        if let Some(credit) = credit {
            // the link may have gone meanwhile: the delivery is here all the same
            let _ = self.receiver.set_credit_mode(CreditMode::Auto(credit));
        }
    }

    /// The receiver itself: its credit, its pause, its end.
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.receiver
    }
}

impl fmt::Debug for TunedReceiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TunedReceiver").field(&self.receiver).finish()
    }
}
