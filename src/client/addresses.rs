//! The addresses of the one host a client speaks to, remembered for a minute:
//! a look-up is a round trip to a name server, and the transport asks before
//! every request. Clones share what is known.
//!
//! Asks the C library, in the caller's thread.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const REMEMBERED: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Default)]
pub(super) struct Addresses(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    place: String,
    since: Instant,
    addresses: Vec<SocketAddr>,
}

impl Addresses {
    /// The addresses of `host:port`.
    pub(super) fn of(&self, place: String) -> io::Result<Vec<SocketAddr>> {
        // Poisoned or not, what is there was written in one piece.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(k) = &*known
            && k.place == place
            && k.since.elapsed() < REMEMBERED
        {
            return Ok(k.addresses.clone());
        }
        let addresses: Vec<_> = place.to_socket_addrs()?.collect();
        *known = Some(Known {
            place,
            since: Instant::now(),
            addresses: addresses.clone(),
        });
        Ok(addresses)
    }

    /// Nothing answered there: the next request looks the name up again.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembered_until_forgotten() {
        let addresses = Addresses::default();
        let known: SocketAddr = "192.0.2.1:80".parse().unwrap();
        *addresses.0.lock().unwrap() = Some(Known {
            place: "localhost:80".into(),
            since: Instant::now(),
            addresses: vec![known],
        });
        let sharing = addresses.clone();
        assert_eq!(sharing.of("localhost:80".into()).unwrap(), [known]);
        addresses.forget();
        assert!(!sharing.of("localhost:80".into()).unwrap().contains(&known));
    }
}
