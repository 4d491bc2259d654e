//! What can go wrong, in one type: the kind, what was being done to which
//! object, what S3 said of it, and what to do about it.
//!
//! Below every other room: nothing here knows how a request is made. Secrets
//! never get this far.

mod option;

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::option::Refusal;

pub(crate) use self::option::invalid;

/// The result of every call of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type Source = Arc<dyn StdError + Send + Sync>;

/// Why a call failed. One pointer wide; see [`Error::kind`] for what to match on.
///
/// Displayed, it says the S3 operation, the object and the bucket, what
/// happened, S3's own code and request id, and the remedy where it is known.
/// `{:#}` adds the chain of causes.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    remedy: Option<Cow<'static, str>>,
    operation: Option<&'static str>,
    bucket: Option<String>,
    object: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    request_id: Option<String>,
    stale: bool,
    unsent: bool,
    retry_after: Option<Duration>,
    refusal: Option<Refusal>,
    source: Option<Source>,
}

/// The kinds of failure a caller may want to tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option is missing or has a value that cannot work, as `Cache::open`
    /// finds, or a call's argument is.
    InvalidOption,
    /// The value is longer than the option `max_value_size` allows.
    ValueTooLarge,
    /// `incr` or `decr` of a key that is not there.
    NotFound,
    /// `incr` or `decr` of a value that is no decimal 64-bit integer.
    NotAnInteger,
    /// `incr` or `decr` would leave the range of a 64-bit integer.
    Overflow,
    /// A call that writes, of a cache that was opened with `read_only`.
    ReadOnly,
    /// S3 knows the credentials and refuses the action.
    AccessDenied,
    /// S3 does not accept the credentials: unknown key, wrong secret, expired token.
    BadCredentials,
    /// This machine's clock is too far from S3's for a signature to be valid.
    ClockSkew,
    /// The bucket does not exist.
    NoSuchBucket,
    /// The bucket lives in another region.
    WrongRegion,
    /// No connection: the name does not resolve, or nothing listens there.
    Unreachable,
    /// S3 was not asked, as the last calls have all failed: see
    /// [`breaker_after`](crate::Options::breaker_after).
    Unavailable,
    /// No answer within the connect, read or write timeout, or the call's deadline.
    TimedOut,
    /// The TLS handshake failed.
    Tls,
    /// The connection broke before the reply was complete.
    ConnectionLost,
    /// Something answered that is not S3: a proxy's, a portal's or a web server's page.
    NotS3,
    /// S3 asks for fewer requests (503 `SlowDown`, 429).
    Throttled,
    /// S3 failed on its side (5xx).
    ServerError,
    /// S3 refused the request for a reason not listed here; see [`Error::code`].
    Refused,
    /// The engine cannot do what the call needs, such as conditional writes.
    Unsupported,
    /// The reply to a conditional write was lost: it may or may not have happened.
    OutcomeUnknown,
    /// Other writers won every one of a bounded number of attempts.
    Contended,
    /// The operating system gave no random bytes.
    NoEntropy,
}

impl Error {
    /// The kind, to match on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The S3 operation that failed (`"GetObject"`), or the call where no request was made.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The bucket concerned.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        self.0.bucket.as_deref()
    }

    /// The object name concerned: the location and 40 hexadecimal digits.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// The HTTP status, where there was a reply.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// S3's own code, such as `"SlowDown"`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// S3's id of the request, which its operator will ask for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// How long the server asks to be left alone (`Retry-After`), where it does.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// What to do about it, where that is known.
    #[must_use]
    pub fn remedy(&self) -> Option<&str> {
        self.0.remedy.as_deref()
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            remedy: None,
            operation: None,
            bucket: None,
            object: None,
            status: None,
            code: None,
            request_id: None,
            stale: false,
            unsent: false,
            retry_after: None,
            refusal: None,
            source: None,
        }))
    }

    /// An error that S3 itself reported.
    pub(crate) fn from_s3(status: u16, code: &str, message: &str) -> Self {
        let (kind, remedy) = classify(status, code);
        let mut error = Self::new(
            kind,
            match message {
                "" => format!("S3 answered {status}"),
                said => said.to_owned(),
            },
        );
        error.0.remedy = remedy.map(Cow::Borrowed);
        error.0.status = Some(status);
        error.0.code = Some(code.to_owned()).filter(|c| !c.is_empty());
        error
    }

    /// A kept connection broke before any reply: a new one may do better.
    pub(crate) fn on_stale_connection(mut self, stale: bool) -> Self {
        self.0.stale = stale;
        self
    }

    /// Nothing of the request can have arrived.
    pub(crate) fn on_unsent(mut self, unsent: bool) -> Self {
        self.0.unsent = unsent;
        self
    }

    /// Nothing was carried out: such a request may be sent again, whatever it was.
    pub(crate) fn is_void(&self) -> bool {
        // Its body did not come in time.
        let is_unheard = self.code() == Some("RequestTimeout");
        let is_throttled = self.0.kind == ErrorKind::Throttled;
        self.0.unsent || is_unheard || is_throttled && !self.is_given_up()
    }

    /// 499: the server takes its client for gone, at whatever point that was.
    pub(crate) fn is_given_up(&self) -> bool {
        self.0.status == Some(499)
    }

    /// 409 of an object's write or deletion: others were at it, nothing is done.
    pub(crate) fn is_undecided(&self) -> bool {
        self.0.status == Some(409) && self.0.kind != ErrorKind::NotS3
    }

    /// A write that fails so may have been carried out: nobody says otherwise.
    pub(crate) fn is_open(&self) -> bool {
        use ErrorKind as K;
        let open = matches!(
            self.0.kind,
            K::TimedOut | K::ConnectionLost | K::NotS3 | K::ServerError | K::OutcomeUnknown
        );
        (open || self.is_given_up()) && !self.is_void()
    }

    /// In seconds; the other form, a date, is not in use with S3.
    pub(crate) fn with_retry_after(mut self, seconds: Option<&str>) -> Self {
        let digits = seconds.map(str::trim);
        let digits = digits.filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
        // More than a number can hold is long.
        let seconds = digits.filter(|text| !text.is_empty());
        let seconds = seconds.map(|text| text.parse().unwrap_or(u64::MAX));
        self.0.retry_after = seconds.map(Duration::from_secs);
        self
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.0.stale
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = Some(status);
        self
    }

    pub(crate) fn with_request_id(mut self, id: Option<&str>) -> Self {
        self.0.request_id = id.map(str::to_owned);
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// Takes another error's place, status and code, and that error for its source.
    pub(crate) fn caused_by(mut self, cause: Self) -> Self {
        let (inner, of) = (&mut *self.0, &*cause.0);
        inner.operation = of.operation;
        inner.bucket.clone_from(&of.bucket);
        inner.object.clone_from(&of.object);
        inner.status = of.status;
        inner.code.clone_from(&of.code);
        inner.request_id.clone_from(&of.request_id);
        self.with_source(cause)
    }

    /// Where it happened; an inner place already told is kept.
    pub(crate) fn at(mut self, operation: &'static str, bucket: &str, object: &str) -> Self {
        let inner = &mut *self.0;
        inner.operation.get_or_insert(operation);
        inner.bucket.get_or_insert_with(|| bucket.to_owned());
        if !object.is_empty() {
            inner.object.get_or_insert_with(|| object.to_owned());
        }
        self
    }
}

/// S3's codes, as listed under "Error responses" in the Amazon S3 API
/// reference, and those that other engines were seen to send.
fn classify(status: u16, code: &str) -> (ErrorKind, Option<&'static str>) {
    use ErrorKind as K;
    match (status, code) {
        (_, "NoSuchBucket") => (
            K::NoSuchBucket,
            Some("create the bucket, or correct the bucket's name"),
        ),
        (_, "SignatureDoesNotMatch") => (
            K::BadCredentials,
            Some(
                "check the secret key; a region that is not the bucket's has the same effect on some engines",
            ),
        ),
        (_, "InvalidAccessKeyId" | "NotSignedUp") => {
            (K::BadCredentials, Some("check the access key"))
        }
        (_, "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired") => (
            K::BadCredentials,
            Some("the session token is no longer valid: open the cache with fresh credentials"),
        ),
        (_, "RequestTimeTooSkewed" | "RequestExpired") => (
            K::ClockSkew,
            Some("set this machine's clock: S3 allows 15 minutes"),
        ),
        (301 | 307, _)
        | (
            _,
            "AuthorizationHeaderMalformed"
            | "PermanentRedirect"
            | "IllegalLocationConstraintException",
        ) => (
            K::WrongRegion,
            Some("set the option region to the bucket's own"),
        ),
        (_, "AccessControlListNotSupported") => (
            K::Refused,
            Some(
                "the bucket has ACLs disabled, as is usual today: leave out the option acl, or set it to private",
            ),
        ),
        (_, "InvalidStorageClass") => (
            K::Refused,
            Some(
                "this engine has no such class: leave out the option storage_class, or name one that it has",
            ),
        ),
        (_, "SlowDown" | "ThrottlingException" | "TooManyRequests") | (429 | 499, _) => (
            K::Throttled,
            Some("send fewer requests at a time, or spread them over several locations"),
        ),
        (501, _) | (_, "NotImplemented") => (K::Unsupported, Some("this engine cannot do that")),
        (401 | 403, _) | (_, "AccessDenied") => (
            K::AccessDenied,
            Some(
                "the key needs s3:GetObject, s3:PutObject and s3:DeleteObject on the location, and s3:ListBucket on the bucket (without it S3 answers 403, not 404, for what is not there)",
            ),
        ),
        (500.., _) | (_, "InternalError") => (K::ServerError, Some("try again later")),
        _ => (K::Refused, None),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let e = &*self.0;
        if let Some(operation) = e.operation {
            write!(f, "{operation}")?;
            if let Some(object) = &e.object {
                write!(f, " of {object}")?;
            }
            if let Some(bucket) = &e.bucket {
                write!(f, " in bucket {bucket}")?;
            }
            write!(f, ": ")?;
        }
        write!(f, "{}", e.message)?;
        if let Some(status) = e.status {
            write!(f, " (HTTP {status}")?;
            if let Some(code) = &e.code {
                write!(f, ", {code}")?;
            }
            if let Some(id) = &e.request_id {
                write!(f, ", request id {id}")?;
            }
            write!(f, ")")?;
        }
        if let Some(remedy) = &e.remedy {
            write!(f, "; {remedy}")?;
        }
        if f.alternate() {
            let mut cause = self.source();
            while let Some(c) = cause {
                write!(f, ": {c}")?;
                cause = c.source();
            }
        }
        Ok(())
    }
}

/// Reads like `{:#}`, since this is what `fn main() -> Result<()>` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self:#}", self.0.kind)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|s| s as _)
    }
}
