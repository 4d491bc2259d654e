//! Where the bucket is, and whose keys to use.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

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
