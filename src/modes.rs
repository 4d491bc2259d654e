//! The options `read_only`, `deadline` and `on_error`: what stands between a
//! caller and an operation, before it, around it and after it.

use std::time::Duration;

use crate::allowance::Allowance;
use crate::cache::Cache;
use crate::error::{Error, ErrorKind as K, Result};
use crate::journal;
use crate::options::OnError;
use crate::stats::Stats;

impl Cache {
    /// Bounds what `run` does by one limit, in place of the option
    /// [`deadline`](crate::Options::deadline) for each call: longer or shorter,
    /// for one call or for a group of them. What else `run` does, counts too.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn main() -> s3cache::Result<()> {
    /// # let cache = s3cache::Cache::open(s3cache::Options::new("bucket"))?;
    /// let page = cache.with_deadline(Duration::from_millis(200), |cache| cache.get("page"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_deadline<T>(&self, limit: Duration, run: impl FnOnce(&Self) -> T) -> T {
        let _limit = Allowance::for_group(limit);
        run(self)
    }

    /// The last error that `on_error = miss` has made a miss of, or a dropped
    /// write. No request.
    #[must_use]
    pub fn last_error(&self) -> Option<Error> {
        self.last_error.borrow().clone()
    }

    /// Before anything is sent that writes or deletes.
    pub(crate) fn writable(&self, call: &'static str) -> Result<()> {
        if !self.policy.read_only {
            return Ok(());
        }
        let what = "the cache was opened with the option read_only";
        Err(self.client.about(call, "", Error::new(K::ReadOnly, what)))
    }

    /// One call that reads: bounded in time, and a miss where S3 fails it and
    /// the option says so.
    pub(crate) fn reading<T>(&self, miss: T, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let _limit = self.client.limit();
        self.tolerate(call(), miss, |stats| stats.misses += 1)
    }

    /// One call that writes: bounded in time, and dropped where S3 fails it
    /// and the option says so.
    pub(crate) fn writing<T>(&self, instead: T, call: impl FnOnce() -> Result<T>) -> Result<T> {
        let _limit = self.client.limit();
        self.tolerate(call(), instead, |_| {})
    }

    fn tolerate<T>(
        &self,
        result: Result<T>,
        instead: T,
        counts: impl FnOnce(&mut Stats),
    ) -> Result<T> {
        match result {
            Err(error) if may_be_missed(&error, self.policy.on_error) => {
                journal::warn(format_args!("going on without the cache: {error}"));
                self.client.count(|stats| {
                    stats.hidden_errors += 1;
                    counts(stats);
                });
                self.last_error.replace(Some(error));
                Ok(instead)
            }
            other => other,
        }
    }
}

/// What a cache can do without. The rest is for the caller to mend, and
/// nothing would ever be cached if it went unnoticed.
fn may_be_missed(error: &Error, how: OnError) -> bool {
    let misconfigured = matches!(
        error.kind(),
        K::AccessDenied
            | K::BadCredentials
            | K::ClockSkew
            // Of the places where keys are looked for: all else is refused
            // before there is a cache, or by calls that hide nothing.
            | K::InvalidOption
            | K::NoSuchBucket
            | K::Refused
            | K::Unsupported
            | K::WrongRegion
    );
    let passing = matches!(
        error.kind(),
        K::Unreachable
            | K::Unavailable
            | K::TimedOut
            | K::Tls
            | K::ConnectionLost
            | K::NotS3
            | K::Throttled
            | K::ServerError
            | K::OutcomeUnknown
            | K::ReadOnly
    ) || matches!(error.code(), Some("OperationAborted" | "RequestTimeout"));
    match how {
        OnError::Report => false,
        OnError::Miss => passing,
        OnError::MissAll => passing || misconfigured,
    }
}
