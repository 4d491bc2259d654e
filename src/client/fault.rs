//! From a refusal or a broken connection to an `Error`: where it happened, what
//! S3 said, and what to do. No success passes through here.

use super::call::Call;
use super::transport::Incoming;
use super::{Client, MAX_ERROR, xml};
use crate::allowance;
use crate::endpoint;
use crate::error::{Error, ErrorKind, Result};

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection was made: the request cannot have arrived.
    Unreachable(Cause),
    /// The same, by the connect timeout.
    ConnectTimedOut,
    /// The call's deadline was over before this request.
    NoTimeLeft,
    /// The TLS handshake failed: the request cannot have arrived.
    Tls(Cause),
    /// No (further) bytes in time, or none accepted.
    TimedOut,
    /// The connection broke.
    Lost(Cause),
    /// The same, for a kept connection and before any byte of a reply: the
    /// server may have closed it before it saw the request.
    Stale(Cause),
    /// What came is not HTTP.
    NotHttp(Cause),
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Failure {
    /// Whether the server cannot have seen the request.
    pub(super) fn is_before_sending(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::ConnectTimedOut | Self::Tls(_) | Self::NoTimeLeft
        )
    }
}

/// What a refused request was told.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: Error,
    /// Where the bucket is said to be, if it is not where it was asked for.
    pub(super) region: Option<String>,
}

impl Client {
    /// An error where it cannot be told what was refused.
    pub(super) fn refusal(&self, call: &Call<'_>, mut reply: Incoming) -> Result<Refusal> {
        let mut body = Vec::new();
        let read = reply.read_up_to(MAX_ERROR, &mut body);
        self.count(|stats| stats.bytes_in += body.len() as u64);
        let refusal = self.refused(call, reply.status(), &reply, &body);
        match read {
            // The object is missing, or the bucket: the code would have said.
            Ok(()) if reply.status() == 404 && body.len() as u64 > MAX_ERROR => {
                return Err(self.not_s3(call, 404));
            }
            Ok(()) => self.finish(reply),
            Err(failure) if reply.status() == 404 => return Err(self.lost(call, failure)),
            // Half a body, or none, only makes the message shorter.
            Err(_) => {}
        }
        Ok(refusal)
    }

    pub(super) fn refused(
        &self,
        call: &Call<'_>,
        status: u16,
        reply: &Incoming,
        body: &[u8],
    ) -> Refusal {
        let told = xml::read_error(body);
        let region = reply.header("x-amz-bucket-region").map(str::to_owned);
        let id = reply.header("x-amz-request-id");
        if told.is_none() && id.is_none() && region.is_none() {
            let error = match status {
                429 => self.place(call, too_many()),
                _ => self.not_s3(call, status),
            };
            return Refusal {
                error: error.with_retry_after(reply.header("retry-after")),
                region: None,
            };
        }
        let told = told.unwrap_or_default();
        let id = id.or(Some(&*told.request_id)).filter(|id| !id.is_empty());
        let mut error = Error::from_s3(status, &told.code, &told.message)
            .with_request_id(id)
            .with_retry_after(reply.header("retry-after"));
        let region = match error.kind() {
            ErrorKind::WrongRegion => region
                .into_iter()
                .chain([told.region])
                .chain(reply.header("location").and_then(endpoint::region_of_url))
                .chain(endpoint::region_of_host(&told.endpoint))
                .find(|region| endpoint::is_region(region)),
            _ => None,
        };
        if let Some(region) = &region {
            error = error.with_remedy(format!("set the option region to {region:?}"));
        }
        let of_encryption = told.message.to_ascii_lowercase().contains("encryption");
        let with_own_key = !self.headers.get.is_empty();
        if status == 400 && of_encryption || with_own_key && error.kind() == ErrorKind::AccessDenied
        {
            let remedy = "who shares the cache needs the same option encryption_customer_key";
            let before = error.remedy().map(|before| format!("; {before}"));
            let remedy = format!("{remedy}{}", before.unwrap_or_default());
            error = error.with_remedy(remedy);
        }
        Refusal {
            error: self.place(call, error),
            region,
        }
    }

    pub(super) fn not_s3(&self, call: &Call<'_>, status: u16) -> Error {
        let what = "something answered that is not S3 (no S3 headers, no S3 document)";
        let remedy = "check the endpoint, and whether a proxy or a log-in page stands before it; a server that wants https may answer like this to http";
        self.place(
            call,
            Error::new(ErrorKind::NotS3, what)
                .with_status(status)
                .with_remedy(remedy),
        )
    }

    /// Tells an error that comes of no single request which call it ended, and for which object.
    pub(crate) fn about(&self, call: &'static str, name: &str, error: Error) -> Error {
        error.at(call, &self.bucket, name)
    }

    pub(super) fn lost(&self, call: &Call<'_>, failure: Failure) -> Error {
        use Failure as F;
        let unsent = failure.is_before_sending();
        let unknown = call.conditional && !unsent;
        let endpoint = self.endpoint();
        let at = format!("{}://{}", endpoint.scheme(), endpoint.host);
        let stale = matches!(failure, Failure::Stale(_));
        let error: Error = match failure {
            F::NoTimeLeft => out_of_time(),
            F::TimedOut | F::ConnectTimedOut if allowance::is_over() => out_of_time(),
            F::Unreachable(cause) => {
                Error::new(ErrorKind::Unreachable, format!("cannot connect to {at}"))
                    .with_remedy(
                        "check the endpoint, and that the server runs and can be reached from here",
                    )
                    .with_source(cause)
            }
            F::ConnectTimedOut => Error::new(
                ErrorKind::TimedOut,
                format!("no connection to {at} in time"),
            )
            .with_remedy("the option connect_timeout sets the limit"),
            F::Tls(cause) => Error::new(ErrorKind::Tls, format!("no TLS with {at}"))
                .with_remedy("check that this port speaks https, and whose certificate it shows: the option ca_file names those to trust, in place of the public ones")
                .with_source(cause),
            F::TimedOut => Error::new(ErrorKind::TimedOut, format!("{at} did not answer in time"))
                .with_remedy("the options read_timeout and write_timeout set the limits"),
            F::Lost(cause) | F::Stale(cause) => Error::new(
                ErrorKind::ConnectionLost,
                format!("{at} closed the connection early"),
            )
            .on_stale_connection(stale)
            .with_source(cause),
            F::NotHttp(cause) => Error::new(ErrorKind::NotS3, format!("{at} does not speak HTTP"))
                .with_remedy("check the endpoint's port, and whether it wants https")
                .with_source(cause),
        };
        self.place(
            call,
            if unknown {
                unknown_outcome(error)
            } else {
                error.on_unsent(unsent)
            },
        )
    }

    pub(super) fn place(&self, call: &Call<'_>, error: Error) -> Error {
        error.at(call.operation, &self.bucket, call.name)
    }
}

fn out_of_time() -> Error {
    Error::new(
        ErrorKind::TimedOut,
        "the call has taken as long as it may, with all its tries",
    )
    .with_remedy("the option deadline sets the limit")
}

/// Whoever says so, it has not reached S3.
fn too_many() -> Error {
    let what = "something before S3 asks for fewer requests (no S3 headers, no S3 document)";
    Error::new(ErrorKind::Throttled, what)
        .with_status(429)
        .with_remedy("send fewer requests at a time, or raise the limit of the gateway or proxy")
}

/// What went wrong with a conditional write leaves open whether it was made.
pub(super) fn unknown_outcome(cause: Error) -> Error {
    Error::new(
        ErrorKind::OutcomeUnknown,
        "the reply to a conditional write was lost: it may or may not have been made",
    )
    .with_remedy("read the key to see")
    .caused_by(cause)
}
