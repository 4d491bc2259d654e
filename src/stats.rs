//! What a handle has seen: plain counters, read through `Cache::stats`.

use std::fmt;

/// Counters of one handle since it was opened or cloned.
///
/// The request counters are the lines of an S3 bill: AWS prices PUT, POST and
/// LIST alike, GET at a twelfth of that, and DELETE at nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Reads that found a live entry.
    pub hits: u64,
    /// Those of the hits that `get_or_set` served past the entry's expiry.
    pub stale: u64,
    /// Reads that did not, for whatever reason.
    pub misses: u64,
    /// Those of the misses that found an expired entry.
    pub expired: u64,
    /// Those of the misses that found an object which is not the key's intact
    /// entry: damaged, another key's, or something foreign.
    pub corrupt: u64,
    /// Calls that failed, and that `on_error = miss` made a miss of or dropped.
    pub hidden_errors: u64,
    /// GET requests, whole or ranged. Here as below, a try for which there was no
    /// connection is none.
    pub gets: u64,
    /// PUT requests.
    pub puts: u64,
    /// DELETE requests.
    pub deletes: u64,
    /// `DeleteObjects` requests (POST), of up to 1000 names each.
    pub multi_deletes: u64,
    /// `ListObjectsV2` requests, of up to 1000 names each.
    pub lists: u64,
    /// Tries in addition to a call's first, after a failure that may pass.
    pub retries: u64,
    /// Connections opened.
    pub connections: u64,
    /// Bytes of the bodies sent, all requests counted.
    pub bytes_out: u64,
    /// Bytes of the bodies received, those of errors included.
    pub bytes_in: u64,
    /// How often the breaker has opened.
    pub breaker_openings: u64,
}

impl Stats {
    /// All requests together.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.gets + self.puts + self.deletes + self.multi_deletes + self.lists
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} hits ({} stale), {} misses ({} expired, {} corrupt), {} errors hidden; {} GET, {} PUT, {} DELETE, {} DeleteObjects, {} LIST, {} of them again; {} connections, {} bytes out, {} in; breaker opened {} times",
            self.hits,
            self.stale,
            self.misses,
            self.expired,
            self.corrupt,
            self.hidden_errors,
            self.gets,
            self.puts,
            self.deletes,
            self.multi_deletes,
            self.lists,
            self.retries,
            self.connections,
            self.bytes_out,
            self.bytes_in,
            self.breaker_openings
        )
    }
}
