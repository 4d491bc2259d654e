//! Fails at once for a while where one request after another has found S3 gone
//! or failing, so that a program does not wait for it at every step. Then one
//! call tries, and if that goes well, all do. Clones share it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind as K, Result};

/// A circuit breaker.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    /// After so many requests in a row it opens; 0: never.
    limit: u32,
    /// For so long.
    pause: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Until then no call goes out; after it one does, at most every pause.
    closed_again: Option<Instant>,
    last: Option<Error>,
}

impl Breaker {
    pub(super) fn new(limit: u32, pause: Duration) -> Self {
        Self {
            limit,
            pause,
            state: Arc::default(),
        }
    }

    /// Before a call goes out.
    pub(super) fn admit(&self) -> Result<()> {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> Result<()> {
        let mut state = self.lock();
        let Some(until) = state.closed_again else {
            return Ok(());
        };
        if now < until {
            let what = format!(
                "S3 was not asked: the last {} requests have failed, and the next try is in {} ms",
                state.failures,
                until.duration_since(now).as_millis()
            );
            let error = Error::new(K::Unavailable, what)
                .with_remedy("the options breaker_after and breaker_pause say when");
            return Err(match &state.last {
                Some(last) => error.with_source(last.clone()),
                None => error,
            });
        }
        // This call tries; if it never comes back, another will.
        state.closed_again = now.checked_add(self.pause);
        Ok(())
    }

    /// Whether requests go out at present, without asking to be the one that tries.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed_again.is_none()
    }

    /// How a request has come out. Whether the breaker has opened by this: it
    /// does at once where a call has `waited` in vain for all its time.
    pub(super) fn hear(&self, outcome: Result<(), &Error>, waited: bool) -> bool {
        self.hear_at(outcome, waited, Instant::now())
    }

    /// As though nothing had failed yet.
    pub(super) fn forget(&self) {
        *self.lock() = State::default();
    }

    fn hear_at(&self, outcome: Result<(), &Error>, waited: bool, now: Instant) -> bool {
        let mut state = self.lock();
        match outcome {
            // A kept connection was closed, which says nothing about the server.
            Err(error) if error.is_stale() => false,
            Err(error) if is_outage(error) => {
                state.failures = state.failures.saturating_add(1);
                state.last = Some(error.clone());
                if self.limit == 0 || (state.failures < self.limit && !waited) {
                    return false;
                }
                let opens = state.closed_again.is_none();
                state.closed_again = now.checked_add(self.pause);
                opens
            }
            // An answer of any kind: S3 is there.
            _ => {
                if state.failures > 0 {
                    *state = State::default();
                }
                false
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Poisoned or not, what is there was written in one piece.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// S3 is not there, or fails on its side. Being asked to slow down is neither.
fn is_outage(error: &Error) -> bool {
    match error.kind() {
        K::Unreachable | K::TimedOut | K::ConnectionLost | K::ServerError => true,
        K::NotS3 | K::OutcomeUnknown => error.status().is_none_or(|status| status >= 500),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_secs(5);

    #[test]
    fn it_opens_tries_once_and_closes() {
        let breaker = Breaker::new(3, PAUSE);
        let gone = Error::new(K::Unreachable, "nobody");
        let start = Instant::now();
        for opens in [false, false, true] {
            breaker.admit_at(start).unwrap();
            assert_eq!(breaker.hear_at(Err(&gone), false, start), opens);
        }
        let error = breaker.clone().admit_at(start + PAUSE / 2).unwrap_err();
        assert_eq!(error.kind(), K::Unavailable);
        assert!(format!("{error:#}").contains("nobody"));
        // One tries, the others wait on.
        let later = start + PAUSE;
        breaker.admit_at(later).unwrap();
        breaker.admit_at(later).unwrap_err();
        assert!(
            !breaker.hear_at(Err(&gone), false, later),
            "it was open before"
        );
        breaker.admit_at(later + PAUSE / 2).unwrap_err();
        breaker.admit_at(later + PAUSE).unwrap();
        breaker.hear_at(Ok(()), false, later + PAUSE);
        breaker.admit_at(later + PAUSE).unwrap();
        assert!(
            !breaker.hear_at(Err(&gone), false, later + PAUSE),
            "it counts anew"
        );
    }

    #[test]
    fn any_answer_is_a_sign_of_life() {
        let breaker = Breaker::new(2, PAUSE);
        let gone = Error::new(K::TimedOut, "");
        for alive in [
            Error::from_s3(403, "AccessDenied", ""),
            Error::from_s3(503, "SlowDown", ""),
            Error::new(K::NotS3, "").with_status(200),
        ] {
            assert!(!breaker.hear(Err(&gone), false));
            assert!(!breaker.hear(Err(&alive), false));
        }
        assert!(!breaker.hear(Err(&gone), false));
        assert!(breaker.hear(Err(&Error::from_s3(500, "InternalError", "")), false));
        let patient = Breaker::new(2, PAUSE);
        assert!(
            patient.hear_at(Err(&gone), true, Instant::now()),
            "all its time"
        );
        let never = Breaker::new(0, PAUSE);
        for _ in 0..100 {
            assert!(!never.hear(Err(&gone), false));
        }
        never.admit().unwrap();
        let stale = Error::new(K::ConnectionLost, "").on_stale_connection(true);
        let breaker = Breaker::new(2, PAUSE);
        assert!(!breaker.hear(Err(&gone), false) && !breaker.hear(Err(&stale), false));
        assert!(breaker.is_closed() && breaker.hear(Err(&gone), false));
    }
}
