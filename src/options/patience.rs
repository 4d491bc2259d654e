//! How long to wait, and how often to try.

use std::time::Duration;

use super::Options;

impl Options {
    /// How long a call may take, with all its requests, retries and pauses; a
    /// connection that is being made, or a reply being waited for, may exceed
    /// it by a little. `get_many`, `set_many` and the walks (`clear`, `cull`,
    /// `len`, ...) are bounded by this for each key and each page; what a
    /// function of yours computes does not count. See
    /// [`Cache::with_deadline`](crate::Cache::with_deadline). Default: 30 s.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.persistence.deadline = limit;
        self
    }

    /// How often a request is tried again that failed for a reason which may
    /// pass: no connection, no answer in time, a broken connection, 503
    /// `SlowDown`, 500, 429 and their kin. Before each a pause is drawn at
    /// random from 0 to 50 ms, then 100 ms, and so on, or is as long as the
    /// server asks (`Retry-After`). Default: 3.
    pub fn retries(mut self, times: u32) -> Self {
        self.persistence.retries = times;
        self
    }

    /// After so many requests in a row that found S3 gone or failing (no
    /// answer, or 5xx), calls fail at once with
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable); so they do
    /// after a single call that has waited in vain for its whole deadline. A
    /// handle and its clones share this. 0: never. Default: 10.
    pub fn breaker_after(mut self, requests: u32) -> Self {
        self.persistence.breaker_after = requests;
        self
    }

    /// For how long; then one call tries. Default: 5 s.
    pub fn breaker_pause(mut self, pause: Duration) -> Self {
        self.persistence.breaker_pause = pause;
        self
    }

    /// How long a connection may take, TLS included. Looking up the host's
    /// name is the C library's, and has that library's limits. Default: 5 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.connect = limit;
        self
    }

    /// How long to wait for the next bytes of a reply. Default: 20 s.
    pub fn read_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.read = limit;
        self
    }

    /// How long the server may take to accept the next bytes of a request. Default: 20 s.
    pub fn write_timeout(mut self, limit: Duration) -> Self {
        self.timeouts.write = limit;
        self
    }
}
