//! How keys are named and entries kept.

use std::sync::Arc;
use std::time::Duration;

use super::{Compression, ConditionalWrites, CullOrder, Options, Timeout};

/// What a call does when S3 cannot be reached or fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// It returns the error.
    #[default]
    Report,
    /// A read misses and a write is dropped, so that the program goes on
    /// without its cache: `get` gives `None`; `add`, `touch` and `remove` give
    /// `false`, `incr` fails with `NotFound`, `update` and `get_or_set` give
    /// what was computed, and do not store it. `stats().hidden_errors` counts
    /// these calls, and [`Cache::last_error`](crate::Cache::last_error) tells
    /// why.
    ///
    /// What is misconfigured (no such bucket, credentials that S3 refuses) is
    /// an error all the same, and so is what goes wrong with `clear`, `cull`,
    /// `len` and the lifecycle rule, which have no answer without S3.
    Miss,
    /// The same for every error of S3's, misconfiguration included: a site
    /// stays up whatever happens to its bucket, and nobody hears of it who does
    /// not read `stats()` and the log.
    MissAll,
}

impl Options {
    /// What [`Timeout::Default`] stands for. Default: 300 seconds, as in Django.
    pub fn default_timeout(mut self, timeout: impl Into<Timeout>) -> Self {
        self.policy.default_timeout = timeout.into();
        self
    }

    /// Put before every key. Default: empty.
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// The version of keys that do not say their own. Default: 1.
    pub fn version(mut self, version: i64) -> Self {
        self.version = version;
        self
    }

    /// Makes the full key out of key, prefix and version.
    /// Default: `prefix:version:key`, as in Django.
    pub fn key_function(
        mut self,
        function: impl Fn(&[u8], &str, i64) -> Vec<u8> + Send + Sync + 'static,
    ) -> Self {
        self.key_function = Some(Arc::new(function));
        self
    }

    /// Keys are full keys already: neither prefix nor version is put before
    /// them, and [`Key::version`](crate::Key::version) has no effect. For
    /// callers that make their own, as Django does: there the key `k` of other
    /// handles is `:1:k`. Default: off.
    pub fn raw_keys(mut self, on: bool) -> Self {
        self.raw_keys = on;
        self
    }

    /// How many entries the location may hold; a write that would exceed it
    /// culls first. 0: never cull. Negative: cull at every write. Default: 300.
    ///
    /// Each handle counts what it writes. Up to 1000, one page of a listing, it
    /// knows all entries: it lists when it first writes and when the bound is
    /// reached, and a cull is Django's. Above, it learns the number from some
    /// pages, to within 1 % of the bound, and each write at the bound culls at
    /// most one page's share. Other handles' writes are noticed when it lists:
    /// until then each may add as many as the bound.
    pub fn max_entries(mut self, entries: i64) -> Self {
        self.policy.max_entries = entries;
        self
    }

    /// How many bytes the entries may hold together, headers included; a write
    /// of a new key that would exceed it culls first, as with `max_entries`,
    /// which holds beside it (0 there, and this is the only bound; negative
    /// there, and this is none). Larger values are refused. Default: 0, no bound.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.policy.max_bytes = bytes;
        self
    }

    /// Which entries a cull takes first. Default: [`CullOrder::Oldest`].
    pub fn cull_order(mut self, order: CullOrder) -> Self {
        self.policy.cull_order = order;
        self
    }

    /// A cull takes one entry in so many; 0: all of them. Default: 3.
    pub fn cull_frequency(mut self, one_in: u32) -> Self {
        self.policy.cull_frequency = one_in;
        self
    }

    /// Whether values are deflated. Default: [`Compression::Off`].
    pub fn compress(mut self, how: Compression) -> Self {
        self.policy.compression = how;
        self.compress_threshold = None;
        self
    }

    /// The longest value written or read, in bytes. Default: 64 MiB.
    pub fn max_value_size(mut self, bytes: usize) -> Self {
        self.policy.max_value_size = bytes;
        self
    }

    /// Whether `add`, `incr` and their kin try out first what the engine makes
    /// of conditional writes. Default: [`ConditionalWrites::Probe`].
    pub fn conditional_writes(mut self, how: ConditionalWrites) -> Self {
        self.policy.conditional_writes = how;
        self
    }

    /// Whether `add` looks before it writes: for keys that are usually there,
    /// such as locks, as a refused PUT is billed like any other, and twelve
    /// times a GET on AWS. Default: no.
    pub fn add_reads_first(mut self, yes: bool) -> Self {
        self.policy.add_reads_first = yes;
        self
    }

    /// For how long after its expiry `get_or_set` may still serve an entry,
    /// while one caller computes the next value. Default: not at all.
    pub fn stale_for(mut self, duration: Duration) -> Self {
        self.policy.refresh.stale_for = duration;
        self
    }

    /// How eagerly `get_or_set` computes a value anew before it expires: 1 is
    /// the usual measure, more is earlier. The moment is drawn at random, and
    /// counts on what the value took to compute last time. Default: 0, not
    /// before it has expired.
    pub fn early(mut self, beta: f64) -> Self {
        self.policy.refresh.early = beta;
        self
    }

    /// How long one caller has to compute a value before another may take its
    /// place; should be longer than that takes. Default: 30 s.
    pub fn lease(mut self, duration: Duration) -> Self {
        self.policy.refresh.lease = duration;
        self
    }

    /// Compress only where `content_type` is among these. It says what all
    /// objects are, so this is a switch; django-s3-cache had it. Default: any.
    pub fn compress_content_types<T: Into<String>>(
        mut self,
        types: impl IntoIterator<Item = T>,
    ) -> Self {
        self.policy.compress_content_types = Some(types.into_iter().map(Into::into).collect());
        self
    }

    /// Refuse every call that writes or deletes, before any request, with
    /// [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly); `get_or_set`
    /// computes what is not there, and does not store it. Default: no.
    pub fn read_only(mut self, yes: bool) -> Self {
        self.policy.read_only = yes;
        self
    }

    /// What a call does when S3 cannot be reached. Default: [`OnError::Report`].
    pub fn on_error(mut self, how: OnError) -> Self {
        self.policy.on_error = how;
        self
    }
}
