//! Where the bucket is, and whose keys to use.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{Credentials, Options};

impl Options {
    /// The folder the entries lie in, such as `app/cache`; slashes at both
    /// ends are dropped. May hold letters, digits and `/ . _ - ~ = @ ! ( ) *`.
    /// Default: empty, the bucket's root.
    pub fn location(mut self, location: impl Into<String>) -> Self {
        self.place.location = location.into();
        self
    }

    /// The server, as in `http://127.0.0.1:9000` or `https://s3.example.com/path`.
    /// Default: `AWS_ENDPOINT_URL_S3`, else `AWS_ENDPOINT_URL`, else the
    /// profile's `endpoint_url`, else AWS in the given region.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.place.endpoint = Some(url.into());
        self
    }

    /// The bucket's region. Default: `AWS_REGION`, else `AWS_DEFAULT_REGION`,
    /// else the profile's, else `us-east-1`. Where S3 says that it is another
    /// one, that is used from then on; [`Cache::region`](crate::Cache::region)
    /// tells it.
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.place.region = Some(name.into());
        self
    }

    /// Whether the bucket is named in the path (`host/bucket/name`) or in the
    /// host (`bucket.host/name`). Default: in the path where an endpoint is
    /// given or the bucket's name has a dot, in the host otherwise.
    pub fn path_style(mut self, yes: bool) -> Self {
        self.place.path_style = Some(yes);
        self
    }

    /// A file of certificates (PEM) to trust, in place of the public ones: for
    /// a server whose certificate a private authority has signed. Read when the
    /// cache is opened. Default: `AWS_CA_BUNDLE`, else the public ones
    /// (Mozilla's, compiled in).
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.place.ca_file = Some(path.into());
        self
    }

    /// Accept any certificate of the S3 server, and with it anybody on the way
    /// there. For trials only: [`ca_file`](Self::ca_file) is the way to
    /// certificates of one's own. Default: no.
    pub fn danger_accept_invalid_certs(mut self, yes: bool) -> Self {
        self.place.danger_accept_invalid_certs = yes;
        self
    }

    /// Looks up the S3 server's addresses, in place of the C library, given the
    /// host's name and the port. What it finds is remembered for a minute.
    pub fn resolver(
        mut self,
        look_up: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
    ) -> Self {
        self.place.resolver = Some(Arc::new(look_up));
        self
    }

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

    /// Access key and secret key. Default: they are looked for where Amazon's
    /// own tools do, in this order: `AWS_ACCESS_KEY_ID`,
    /// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; a web identity
    /// (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`); the profile of the files
    /// `~/.aws/credentials` and `~/.aws/config`; the container's address
    /// (`AWS_CONTAINER_CREDENTIALS_…`); the machine's (EC2).
    pub fn credentials(
        mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
    ) -> Self {
        self.access.access_key = Some(access_key.into());
        self.access.secret_key = Some(secret_key.into());
        self.access.session_token = None;
        self
    }

    /// The same for temporary credentials, which come with a session token.
    pub fn session_credentials(
        mut self,
        access_key: impl Into<String>,
        secret_key: impl Into<String>,
        session_token: impl Into<String>,
    ) -> Self {
        self = self.credentials(access_key, secret_key);
        self.access.session_token = Some(session_token.into());
        self
    }

    /// Asks `get` for credentials, when the first request is made, five minutes
    /// before those it gave expire, and once where S3 says that they have.
    /// Goes before everything but [`anonymous`](Self::anonymous).
    pub fn credentials_with<E>(
        mut self,
        get: impl Fn() -> Result<Credentials, E> + Send + Sync + 'static,
    ) -> Self
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.access.hook = Some(Arc::new(move || get().map_err(Into::into)));
        self
    }

    /// The profile of the shared files `~/.aws/credentials` and
    /// `~/.aws/config` whose keys, region and endpoint to use, the keys before
    /// those in the environment. Default: `AWS_PROFILE`, else `default`.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.access.profile = Some(name.into());
        self
    }

    /// Sign nothing: for a bucket that anybody may read. Default: no.
    pub fn anonymous(mut self, yes: bool) -> Self {
        self.access.anonymous = yes;
        self
    }

    /// Whether the signature covers a written body (one SHA-256 over it).
    /// Default: over http yes, over https no, as TLS protects it already.
    pub fn sign_payload(mut self, yes: bool) -> Self {
        self.access.sign_payload = Some(yes);
        self
    }
}
