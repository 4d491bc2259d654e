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
use crate::allowance;
use crate::error::{Error, ErrorKind as K};
use crate::journal;
use crate::random;
use crate::settings::YEAR;

impl Client {
    /// Whether to try again after this error, which takes one of the call's
    /// tries: it has paused by then.
    pub(crate) fn again(&self, error: &Error) -> bool {
        // Of a server that is gone; a kept connection tells nothing of it.
        let is_gone = !error.is_stale() && !self.breaker.is_closed();
        if !may_pass(error) || is_gone || allowance::is_over() {
            return false;
        }
        let Some(pause) = allowance::take_try().map(|bound| pause_after(error, bound)) else {
            return false;
        };
        if !allowance::allows(pause) {
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

fn pause_after(error: &Error, bound: Duration) -> Duration {
    // A kept connection was closed, which says nothing about the server.
    if error.is_stale() {
        return Duration::ZERO;
    }
    // The server may ask for more, but nobody has more than a year.
    let asked = error.retry_after().unwrap_or_default();
    bound.mul_f64(fraction()).max(asked).min(YEAR)
}

/// Whether the same request may do better a moment later. S3's codes are those
/// of "Error responses" in the Amazon S3 API reference.
pub(super) fn may_pass(error: &Error) -> bool {
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
    fn pauses_are_drawn_and_the_server_may_ask_for_more() {
        let bound = Duration::from_millis(100);
        let error = of_s3(503, "SlowDown");
        let drawn: Vec<_> = (0..200).map(|_| pause_after(&error, bound)).collect();
        assert!(drawn.iter().all(|pause| *pause <= bound));
        assert!(drawn.iter().any(|pause| *pause != drawn[0]));
        for (asked, pause) in [
            ("7", Duration::from_secs(7)),
            ("18446744073709551615", YEAR),
        ] {
            let error = of_s3(503, "SlowDown").with_retry_after(Some(asked));
            assert_eq!(pause_after(&error, bound), pause);
        }
        let stale = Error::new(K::ConnectionLost, "").on_stale_connection(true);
        assert_eq!(pause_after(&stale, bound), Duration::ZERO);
    }
}
