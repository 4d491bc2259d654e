//! The addresses of the one host a client speaks to, remembered for a minute:
//! a look-up is a round trip to a name server, and the transport asks before
//! every request. Clones share what is known.
//!
//! Asks the C library, in the caller's thread, or whom the user names.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::options::ResolverHook;

const REMEMBERED: Duration = Duration::from_secs(60);

#[derive(Clone, Default)]
pub(super) struct Addresses {
    known: Arc<Mutex<Option<Known>>>,
    hook: Option<ResolverHook>,
}

#[derive(Debug)]
struct Known {
    place: String,
    since: Instant,
    addresses: Vec<SocketAddr>,
}

impl Addresses {
    pub(super) fn new(hook: Option<ResolverHook>) -> Self {
        Self {
            known: Arc::default(),
            hook,
        }
    }

    /// The addresses of `host:port`. If they cannot be looked up again, the
    /// old ones serve on: their connections may be alive.
    pub(super) fn of(&self, place: &str) -> io::Result<Vec<SocketAddr>> {
        let known = self.known(place);
        if let Some((addresses, true)) = known {
            return Ok(addresses);
        }
        // Unlocked meanwhile: a slow name server must not hold up other threads.
        match (self.look_up(place), known) {
            // A resolver that finds nothing may say so.
            (Ok(none), known) if none.is_empty() => Ok(known.map_or(none, |(old, _)| old)),
            (Ok(addresses), _) => {
                *self.lock() = Some(Known {
                    place: place.to_owned(),
                    since: Instant::now(),
                    addresses: addresses.clone(),
                });
                Ok(addresses)
            }
            (Err(_), Some((old, _))) => Ok(old),
            (Err(error), None) => Err(error),
        }
    }

    fn look_up(&self, place: &str) -> io::Result<Vec<SocketAddr>> {
        let Some(hook) = &self.hook else {
            return Ok(place.to_socket_addrs()?.collect());
        };
        let (host, port) = place.rsplit_once(':').unwrap_or((place, ""));
        let port = port.parse().map_err(io::Error::other)?;
        hook(host.trim_matches(['[', ']']), port)
    }

    /// What is known of a place, and whether it is fresh.
    fn known(&self, place: &str) -> Option<(Vec<SocketAddr>, bool)> {
        let known = self.lock();
        let known = known.as_ref().filter(|known| known.place == place)?;
        let fresh = known.since.elapsed() < REMEMBERED;
        Some((known.addresses.clone(), fresh))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        // Poisoned or not, what is there was written in one piece.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody answered there, or a stranger did: the next request looks the
    /// name up again.
    pub(super) fn forget(&self) {
        *self.lock() = None;
    }
}

impl fmt::Debug for Addresses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Addresses").field(&self.known).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembered_until_forgotten() {
        let addresses = Addresses::default();
        let known: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let remember = |place: &str, since| {
            *addresses.lock() = Some(Known {
                place: place.into(),
                since,
                addresses: vec![known],
            });
        };
        remember("localhost:80", Instant::now());
        let sharing = addresses.clone();
        assert_eq!(sharing.of("localhost:80").unwrap(), [known]);
        addresses.forget();
        assert!(!sharing.of("localhost:80").unwrap().contains(&known));

        let Some(long_ago) = Instant::now().checked_sub(2 * REMEMBERED) else {
            return;
        };
        remember("localhost:80", long_ago);
        assert!(!addresses.of("localhost:80").unwrap().contains(&known));
        remember("no-such-host.invalid:80", long_ago);
        assert_eq!(addresses.of("no-such-host.invalid:80").unwrap(), [known]);
        addresses.forget();
        addresses.of("no-such-host.invalid:80").unwrap_err();
    }

    #[test]
    fn a_hook_is_asked_for_host_and_port() {
        let known: SocketAddr = "192.0.2.1:80".parse().unwrap();
        let hook = move |host: &str, port| match host {
            "::1" => Ok(vec![SocketAddr::new(known.ip(), port)]),
            "nothing" => Ok(Vec::new()),
            other => Err(io::Error::other(other.to_owned())),
        };
        let addresses = Addresses::new(Some(Arc::new(hook)));
        let there = addresses.of("[::1]:9000").unwrap();
        assert_eq!(there, ["192.0.2.1:9000".parse().unwrap()]);
        // What is nothing is not remembered; what was known before serves on.
        assert!(addresses.of("nothing:80").unwrap().is_empty());
        assert!(addresses.known("nothing:80").is_none());
        assert_eq!(addresses.of("host:80").unwrap_err().to_string(), "host");
        let Some(long_ago) = Instant::now().checked_sub(2 * REMEMBERED) else {
            return;
        };
        for place in ["nothing:80", "host:80"] {
            *addresses.lock() = Some(Known {
                place: place.into(),
                since: long_ago,
                addresses: vec![known],
            });
            assert_eq!(addresses.of(place).unwrap(), [known]);
        }
    }
}
