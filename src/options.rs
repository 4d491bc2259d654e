//! `Options`: what a cache can be told, and the default of each. Nothing is
//! checked here; `settings` does that, for all of it at once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::choice::CullOrder;
use crate::compress::Compression;
use crate::conditions::ConditionalWrites;
use crate::key::KeyFunction;
use crate::settings::{Credentials, Policy, Refresh, Timeouts};
use crate::time::Timeout;

/// What to open a cache with. A builder: each method gives its default.
///
/// ```
/// use s3cache::Options;
/// let options = Options::new("my-bucket")
///     .location("app/cache")
///     .endpoint("http://127.0.0.1:9000")
///     .credentials("key", "secret");
/// ```
#[derive(Clone)]
#[must_use]
pub struct Options {
    pub(crate) bucket: String,
    pub(crate) location: String,
    pub(crate) endpoint: Option<String>,
    pub(crate) region: Option<String>,
    pub(crate) path_style: Option<bool>,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) sign_payload: Option<bool>,
    pub(crate) key_prefix: String,
    pub(crate) version: i64,
    pub(crate) key_function: Option<KeyFunction>,
    pub(crate) policy: Policy,
    pub(crate) timeouts: Timeouts,
}

impl Options {
    /// A cache in this bucket, which must exist. Everything else has a default.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            bucket: bucket.into(),
            location: String::new(),
            endpoint: None,
            region: None,
            path_style: None,
            credentials: None,
            sign_payload: None,
            key_prefix: String::new(),
            version: 1,
            key_function: None,
            policy: Policy {
                default_timeout: Timeout::Default,
                max_entries: 300,
                max_bytes: 0,
                cull_order: CullOrder::Oldest,
                cull_frequency: 3,
                compression: Compression::Off,
                max_value_size: 64 << 20,
                conditional_writes: ConditionalWrites::Probe,
                add_reads_first: false,
                refresh: Refresh {
                    stale_for: Duration::ZERO,
                    early: 0.0,
                    lease: Duration::from_secs(30),
                },
            },
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                read: Duration::from_secs(20),
                write: Duration::from_secs(20),
            },
        }
    }

    /// The folder the entries lie in, such as `app/cache`; slashes at both
    /// ends are dropped. May hold letters, digits and `/ . _ - ~ = @ ! ( ) *`.
    /// Default: empty, the bucket's root.
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.location = location.into();
        self
    }

    /// The server, as in `http://127.0.0.1:9000` or `https://s3.example.com/path`.
    /// Default: AWS in the given region.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The bucket's region. Default: the environment's `AWS_REGION`, else
    /// `AWS_DEFAULT_REGION`, else `us-east-1`.
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.region = Some(name.into());
        self
    }

    /// Whether the bucket is named in the path (`host/bucket/name`) or in the
    /// host (`bucket.host/name`). Default: in the path where an endpoint is
    /// given or the bucket's name has a dot, in the host otherwise.
    pub fn path_style(mut self, yes: bool) -> Self {
        self.path_style = Some(yes);
        self
    }

    /// Access key and secret key. Default: the environment's
    /// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`.
    pub fn credentials(
        mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        self.credentials = Some(Credentials {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: None,
        });
        self
    }

    /// The same for temporary credentials, which come with a session token.
    pub fn session_credentials(
        mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        session_token: impl Into<String>,
    ) -> Self {
        self.credentials = Some(Credentials {
            access_key: access_key.into(),
            secret_key: secret_key.into(),
            session_token: Some(session_token.into()),
        });
        self
    }

    /// Whether the signature covers a written body (one SHA-256 over it).
    /// Default: over http yes, over https no, as TLS protects it already.
    pub fn sign_payload(mut self, yes: bool) -> Self {
        self.sign_payload = Some(yes);
        self
    }

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

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("bucket", &self.bucket)
            .field("location", &self.location)
            .field("endpoint_given", &self.endpoint.is_some())
            .field("region", &self.region)
            .field("path_style", &self.path_style)
            .field("credentials", &self.credentials)
            .field("key_prefix", &self.key_prefix)
            .field("version", &self.version)
            .field("policy", &self.policy)
            .field("timeouts", &self.timeouts)
            .finish_non_exhaustive()
    }
}
