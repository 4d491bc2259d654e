//! `Options`: what a cache can be told, and the default of each. Nothing is
//! checked here; `settings` does that, for all of it at once.
//!
//! Two ways in, both to the same fields: the builder (here, and by subject in
//! `place`, `patience`, `objects` and `keeping`), and names with values as text (`table`
//! has them all; `pairs`, `url` and `env` are where they come from).

mod checked;
mod duration;
mod env;
mod keeping;
mod names;
mod objects;
mod pairs;
mod patience;
mod place;
mod row;
mod shown;
mod table;
mod text;
mod url;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::choice::CullOrder;
use crate::clock;
use crate::compress::Compression;
use crate::conditions::ConditionalWrites;
use crate::credentials::{Credentials, Hook};
use crate::key::KeyFunction;
use crate::settings::{Persistence, Policy, Refresh, Timeouts};
use crate::time::Timeout;

pub use self::keeping::OnError;
pub use self::row::{IgnoredOption, OptionRow};
pub(crate) use self::shown::shown;

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
    pub(crate) place: Place,
    pub(crate) access: Access,
    pub(crate) objects: Objects,
    pub(crate) creation: Creation,
    pub(crate) key_prefix: String,
    pub(crate) version: i64,
    pub(crate) key_function: Option<KeyFunction>,
    pub(crate) raw_keys: bool,
    /// In place of the threshold that `policy.compression` names.
    pub(crate) compress_threshold: Option<usize>,
    pub(crate) policy: Policy,
    pub(crate) timeouts: Timeouts,
    pub(crate) environment: Environment,
    pub(crate) clock: Option<clock::Hook>,
    /// Of each option that was given as text, by which of its names (0 is the
    /// newest), and what it said.
    ranks: BTreeMap<&'static str, (usize, Option<String>)>,
    /// Names that were given and have no meaning.
    ignored: Vec<String>,
    pub(crate) persistence: Persistence,
}

/// Where the bucket is, and how to get there.
#[derive(Clone, Default)]
pub(crate) struct Place {
    pub(crate) bucket: String,
    pub(crate) location: String,
    pub(crate) endpoint: Option<String>,
    /// These three are an endpoint in parts, as django-s3-cache had it.
    pub(crate) host: Option<String>,
    pub(crate) port: Option<u16>,
    pub(crate) use_ssl: Option<bool>,
    pub(crate) region: Option<String>,
    pub(crate) path_style: Option<bool>,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) danger_accept_invalid_certs: bool,
    pub(crate) resolver: Option<ResolverHook>,
}

/// Whose keys to sign with.
#[derive(Clone, Default)]
#[expect(
    clippy::struct_field_names,
    reason = "S3 calls it the access key, everywhere"
)]
pub(crate) struct Access {
    pub(crate) access_key: Option<String>,
    pub(crate) secret_key: Option<String>,
    pub(crate) session_token: Option<String>,
    pub(crate) hook: Option<Hook>,
    pub(crate) profile: Option<String>,
    pub(crate) anonymous: bool,
    pub(crate) sign_payload: Option<bool>,
}

/// What goes with each object.
#[derive(Clone, Default)]
pub(crate) struct Objects {
    pub(crate) acl: Option<String>,
    pub(crate) storage_class: Option<String>,
    pub(crate) reduced_redundancy: bool,
    pub(crate) encryption: Option<String>,
    pub(crate) encryption_key_id: Option<String>,
    pub(crate) encryption_customer_key: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) cache_control: Option<String>,
    pub(crate) headers: Vec<(String, String)>,
}

/// How a bucket is made that is not there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Creation {
    pub(crate) auto_create_bucket: bool,
    pub(crate) bucket_acl: Option<String>,
}

/// From a host's name and a port to addresses.
pub(crate) type ResolverHook = Arc<dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync>;

/// Where the variables that are not given as options are looked up.
pub(crate) type Environment = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

impl Options {
    /// A cache in this bucket, which must exist. Everything else has a default.
    pub fn new(bucket: impl Into<String>) -> Self {
        Self {
            place: Place {
                bucket: bucket.into(),
                ..Place::default()
            },
            access: Access::default(),
            objects: Objects::default(),
            creation: Creation::default(),
            key_prefix: String::new(),
            version: 1,
            key_function: None,
            raw_keys: false,
            compress_threshold: None,
            policy: Policy {
                default_timeout: Timeout::Default,
                max_entries: 300,
                max_bytes: 0,
                cull_order: CullOrder::Oldest,
                cull_frequency: 3,
                compression: Compression::Off,
                compress_content_types: None,
                max_value_size: 64 << 20,
                conditional_writes: ConditionalWrites::Probe,
                add_reads_first: false,
                refresh: Refresh {
                    stale_for: Duration::ZERO,
                    early: 0.0,
                    lease: Duration::from_secs(30),
                },
                read_only: false,
                on_error: OnError::Report,
            },
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                read: Duration::from_secs(20),
                write: Duration::from_secs(20),
            },
            environment: Arc::new(|name| std::env::var(name).ok()),
            clock: None,
            ranks: BTreeMap::new(),
            ignored: Vec::new(),
            persistence: Persistence {
                deadline: Duration::from_secs(30),
                retries: 3,
                breaker_after: 10,
                breaker_pause: Duration::from_secs(5),
            },
        }
    }

    /// Where the `AWS_*` variables are looked up that stand in for what is not
    /// given, and `HOME`. Default: the process's environment. `|_| None` keeps
    /// a cache to what it is told.
    pub fn environment(
        mut self,
        look_up: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.environment = Arc::new(look_up);
        self
    }

    /// This machine's clock, in place of the system's: for tests of what
    /// expires. Expiry is judged by the server's clock, as its replies tell it;
    /// this one is what it is reckoned from.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(now));
        self
    }
}

/// What a URL of them would say, and which else are given.
impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("url", &self.to_url())
            .field("not_shown", &self.not_shown())
            .finish()
    }
}
