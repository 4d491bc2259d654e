//! What is tried again, how often, and after which pause: the one table from
//! an error to that. Whether a second arrival does harm is for each call to
//! say; here it is only about whether another try may help.
//!
//! Pauses are drawn at random from zero to a bound that doubles ("full
//! jitter"), so that hosts which were refused together do not come again
//! together:
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>.

use std::thread::sleep;
use std::time::Duration;

use super::Client;
use crate::deadline;
use crate::error::{Error, ErrorKind as K};
use crate::journal;
use crate::random;

/// Of the first pause.
const BASE: Duration = Duration::from_millis(50);
/// Of any pause.
const LONGEST: Duration = Duration::from_secs(5);

/// The tries of one call.
#[derive(Debug)]
pub(crate) struct Tries {
    left: u32,
    bound: Duration,
}

impl Tries {
    pub(super) fn new(retries: u32) -> Self {
        Self {
            left: retries,
            bound: BASE,
        }
    }

    /// The pause before another try, or `None`: this error stays.
    fn pause_after(&mut self, error: &Error) -> Option<Duration> {
        if self.left == 0 || !may_pass(error) {
            return None;
        }
        self.left -= 1;
        // A kept connection was closed, which says nothing about the server.
        if error.is_stale() {
            return Some(Duration::ZERO);
        }
        let drawn = self.bound.mul_f64(fraction());
        self.bound = (self.bound * 2).min(LONGEST);
        // The server may ask for more.
        Some(drawn.max(error.retry_after().unwrap_or_default()))
    }
}

impl Client {
    /// The tries of a call.
    pub(crate) fn tries(&self) -> Tries {
        Tries::new(self.retries)
    }

    /// Whether to try again after this error: it has paused by then.
    pub(crate) fn again(&self, tries: &mut Tries, error: &Error) -> bool {
        let Some(pause) = tries.pause_after(error) else {
            return false;
        };
        if !self.breaker.is_closed() || !deadline::allows(pause) {
            return false;
        }
        journal::debug(format_args!(
            "again in {} ms, after: {error}",
            pause.as_millis()
        ));
        sleep(pause);
        self.count(|stats| stats.retries += 1);
        true
    }
}

/// Whether the same request may do better a moment later. S3's codes are those
/// of "Error responses" in the Amazon S3 API reference.
fn may_pass(error: &Error) -> bool {
    match error.kind() {
        K::Unreachable | K::TimedOut | K::ConnectionLost | K::Throttled | K::ServerError => true,
        // A gateway's page.
        K::NotS3 => matches!(error.status(), Some(500 | 502 | 503 | 504)),
        _ => matches!(error.code(), Some("RequestTimeout" | "OperationAborted")),
    }
}

/// From zero to one; half where there is no chance to be had.
fn fraction() -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a random fraction")]
    let drawn = random::bits().map_or(0.5, |bits| (bits >> 11) as f64 / (1_u64 << 53) as f64);
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_s3(status: u16, code: &str) -> Error {
        Error::from_s3(status, code, "")
    }

    #[test]
    fn what_may_pass() {
        for (status, code, passes) in [
            (503, "SlowDown", true),
            (503, "ServiceUnavailable", true),
            (500, "InternalError", true),
            (429, "TooManyRequests", true),
            (499, "", true),
            (400, "RequestTimeout", true),
            (409, "OperationAborted", true),
            (409, "ConditionalRequestConflict", false),
            (412, "PreconditionFailed", false),
            (403, "AccessDenied", false),
            (403, "SignatureDoesNotMatch", false),
            (404, "NoSuchKey", false),
            (404, "NoSuchBucket", false),
            (400, "InvalidArgument", false),
            (501, "NotImplemented", false),
            (301, "PermanentRedirect", false),
        ] {
            assert_eq!(may_pass(&of_s3(status, code)), passes, "{status} {code}");
        }
        let page = |status| Error::new(K::NotS3, "a page").with_status(status);
        assert!(may_pass(&page(502)) && !may_pass(&page(200)) && !may_pass(&page(404)));
        assert!(!may_pass(&Error::new(K::Tls, "")) && !may_pass(&Error::new(K::Unavailable, "")));
    }

    #[test]
    fn pauses_are_bounded_and_counted() {
        let error = of_s3(503, "SlowDown");
        for _ in 0..200 {
            let mut tries = Tries::new(3);
            for bound in [50, 100, 200] {
                let pause = tries.pause_after(&error).unwrap();
                assert!(pause <= Duration::from_millis(bound), "{pause:?}");
            }
            assert_eq!(tries.pause_after(&error), None);
        }
        let mut many = Tries::new(100);
        let longest = (0..100).filter_map(|_| many.pause_after(&error)).max();
        assert!(longest.is_some_and(|longest| longest <= LONGEST));
        assert_eq!(Tries::new(0).pause_after(&error), None);
    }

    #[test]
    fn the_server_may_ask_for_more() {
        let error = of_s3(503, "SlowDown").with_retry_after(Some("7"));
        let pause = Tries::new(1).pause_after(&error);
        assert_eq!(pause, Some(Duration::from_secs(7)));
    }
}
