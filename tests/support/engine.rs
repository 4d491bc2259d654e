//! The engines behind the front: one request in, one reply out. The embedded
//! one lives here; the way to an external one is in `upstream`. Neither knows
//! of counters, or of replies that get lost.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use http_body_util::BodyExt;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::dto::{ETag, ETagCondition, PutObjectInput};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Request, S3Result, s3_error};
use tokio::sync::RwLock;

use super::switches::{Conditions, Switches};
use super::upstream::Upstream;

pub type Failure = Box<dyn std::error::Error + Send + Sync>;
pub type Body = UnsyncBoxBody<Bytes, Failure>;

/// Where a front sends what it gets.
#[derive(Clone, Debug)]
pub enum Engine {
    Embedded(Arc<Store>),
    /// The server's `host:port`.
    External(String),
}

impl Engine {
    /// The way to the engine for one connection of a client's.
    pub fn line(&self) -> Line {
        match self {
            Self::Embedded(store) => Line::Embedded(Arc::clone(store)),
            Self::External(address) => Line::External(Upstream::new(address.clone())),
        }
    }
}

pub enum Line {
    Embedded(Arc<Store>),
    External(Upstream),
}

impl Line {
    pub async fn carry_out(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        match self {
            Self::Embedded(store) => store.carry_out(request).await,
            Self::External(upstream) => upstream.carry_out(request).await,
        }
    }
}

/// s3s-fs in a folder, a bucket being a folder in that.
#[derive(Debug)]
pub struct Store {
    service: S3Service,
    /// s3s-fs checks a condition and writes in two steps, and keeps an
    /// object's `ETag` in a file beside it. Writers are therefore let in one by
    /// one, and readers with nobody but readers.
    door: RwLock<()>,
    switches: Arc<Switches>,
}

impl Store {
    pub fn new(root: &Path, access_key: &str, secret_key: &str, switches: &Arc<Switches>) -> Self {
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).unwrap());
        // It verifies what is signed; what is not, `Gate` turns away.
        builder.set_auth(SimpleAuth::from_single(access_key, secret_key));
        builder.set_access(Gate {
            root: root.to_owned(),
            switches: Arc::clone(switches),
        });
        Self {
            service: builder.build(),
            door: RwLock::new(()),
            switches: Arc::clone(switches),
        }
    }

    async fn carry_out(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let reads = matches!(request.method().as_str(), "GET" | "HEAD");
        let (head, body) = request.into_parts();
        let body = if self.switches.drain() {
            s3s::Body::from(body.collect().await?.to_bytes())
        } else {
            s3s::Body::from(body)
        };
        let request = Request::from_parts(head, body);
        let reply = if reads {
            let _shared = self.door.read().await;
            self.service.call(request).await
        } else {
            let _alone = self.door.write().await;
            self.service.call(request).await
        };
        // The body of a GET comes from a file that is open by now, and which
        // no writer changes: one renames a new file into place.
        let reply = reply.map_err(|error| format!("s3s: {error:?}"))?;
        Ok(reply.map(BodyExt::boxed_unsync))
    }
}

/// What s3s asks between verifying a signature and calling s3s-fs.
struct Gate {
    root: PathBuf,
    switches: Arc<Switches>,
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        if context.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "not signed"));
        }
        // s3s-fs itself would create a bucket at a PUT, and take a GET in one
        // that is missing for a GET of a missing object.
        let bucket = context.s3_path().get_bucket_name();
        let exists = bucket.is_none_or(|name| self.root.join(name).is_dir());
        if !exists && context.s3_op().name() != "CreateBucket" {
            return Err(s3_error!(NoSuchBucket, "there is no such bucket"));
        }
        Ok(())
    }

    async fn put_object(&self, request: &mut S3Request<PutObjectInput>) -> S3Result<()> {
        let etag = request.headers.get("if-match");
        let quoted = etag.is_some_and(|etag| etag.as_bytes().starts_with(b"\""));
        let input = &mut request.input;
        let conditional = input.if_match.is_some() || input.if_none_match.is_some();
        let of_nothing = || ETagCondition::ETag(ETag::Strong("of nothing".into()));
        match self.switches.conditions() {
            Conditions::Refused if conditional => {
                return Err(s3_error!(NotImplemented, "no conditions here"));
            }
            Conditions::Ignored => {
                input.if_match = None;
                input.if_none_match = None;
            }
            Conditions::WithoutQuotes if quoted => input.if_match = Some(of_nothing()),
            Conditions::NeverEqual if etag.is_some() => input.if_match = Some(of_nothing()),
            _ => {}
        }
        Ok(())
    }
}
