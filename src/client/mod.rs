//! Everything that speaks S3: typed operations in, outcomes out. The rest of
//! the crate never sees a status code, a header or a page of XML.
//!
//! One way: operation -> `sign` -> `transport` -> reply -> outcome.

mod addresses;
mod body;
mod bulk;
mod fault;
mod lifecycle;
mod outgoing;
mod sign;
mod transport;
mod xml;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind as K, Result};
use crate::settings::Settings;
use crate::stats::Stats;
use crate::time;

pub(crate) use self::body::{Body, Span};
use self::fault::{Failure, unknown_outcome};
use self::outgoing::Outgoing;
use self::sign::{Signer, Unsigned};
use self::transport::{Incoming, Transport};
pub(crate) use self::xml::{Lifecycle, Listed, Page, Rule, Undeleted, read_lifecycle};

/// S3's limit for a listing's page and for one `DeleteObjects`.
pub(crate) const PAGE: usize = 1000;

/// A page of 1000 names of 1024 bytes, each of them escaped, stays below this.
const MAX_XML: u64 = 16 << 20;
const MAX_ERROR: u64 = 64 << 10;

/// A conditional body longer than this is announced first: a server that
/// refuses early closes the connection, and its 412 would be lost in the broken pipe.
const ASK_FIRST: usize = 64 << 10;

/// Speaks to one bucket. Clones share the connections, and count anew.
#[derive(Debug)]
pub(crate) struct Client {
    endpoint: Endpoint,
    signer: Signer,
    transport: Transport,
    counted: Cell<Stats>,
    /// The engine does not know `DeleteObjects`.
    one_by_one: Arc<AtomicBool>,
}

/// On what condition an object is written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Condition<'a> {
    Always,
    Absent,
    Unchanged { etag: &'a str },
}

/// How a write came out.
#[derive(Debug)]
pub(crate) enum Written {
    Stored {
        etag: String,
    },
    /// The condition did not hold.
    Refused,
    /// S3 could not decide (409): ask again.
    Undecided,
    /// The reply was lost: it may be stored or not, or be stored yet. The
    /// error says so, for a caller that cannot settle it.
    Unknown(Error),
}

#[derive(Debug)]
struct Call<'a> {
    operation: &'static str,
    method: &'static str,
    name: &'a str,
    /// Every time it is sent.
    counts: fn(&mut Stats),
    query: &'a [(&'static str, &'a str)],
    headers: Vec<(&'static str, String)>,
    body: [&'a [u8]; 2],
    conditional: bool,
}

impl Client {
    pub(crate) fn new(settings: &Settings) -> Result<Self> {
        Ok(Self {
            endpoint: settings.endpoint.clone(),
            signer: Signer::new(settings)?,
            transport: Transport::new(settings.timeouts),
            counted: Cell::default(),
            one_by_one: Arc::default(),
        })
    }

    /// Begins to read an object. `None`: there is none of this name.
    pub(crate) fn get<'a>(&'a self, name: &'a str, span: Span) -> Result<Option<Body<'a>>> {
        let mut call = Call::new("GetObject", "GET", name, |s| s.gets += 1);
        if let Span::Head(bytes) = span {
            call.headers
                .push(("range", format!("bytes=0-{}", bytes - 1)));
        }
        let reply = self.send(&call)?;
        let size = match reply.status() {
            200 | 206 => {
                self.check_origin(&call, &reply)?;
                body::size(&reply)
            }
            // The range begins at the first byte, so there is none: an empty
            // object, of which only a whole GET tells the ETag.
            416 if span != Span::Whole => {
                reply.finish();
                return self.get(name, Span::Whole);
            }
            _ => {
                let error = self.refusal(&call, reply);
                let missing = match error.code() {
                    Some(code) => code == "NoSuchKey",
                    // An engine that says no more than this, but says it as S3.
                    None => error.status() == Some(404) && error.request_id().is_some(),
                };
                return if missing { Ok(None) } else { Err(error) };
            }
        };
        Ok(Some(Body::new(self, call, reply, size)))
    }

    pub(crate) fn put(
        &self,
        name: &str,
        body: [&[u8]; 2],
        condition: Condition<'_>,
    ) -> Result<Written> {
        let mut call = Call::new("PutObject", "PUT", name, |s| s.puts += 1);
        call.body = body;
        call.headers
            .push(("content-type", "application/octet-stream".into()));
        match condition {
            Condition::Always => {}
            Condition::Absent => call.headers.push(("if-none-match", "*".into())),
            Condition::Unchanged { etag } => call.headers.push(("if-match", etag.into())),
        }
        call.conditional = !matches!(condition, Condition::Always);
        let reply = match self.send(&call) {
            Err(error) if matches!(error.kind(), K::OutcomeUnknown | K::ConnectionLost) => {
                return Ok(Written::Unknown(error));
            }
            other => other?,
        };
        match reply.status() {
            200 => {
                self.check_origin(&call, &reply)?;
                let etag = reply.header("etag").unwrap_or_default().to_owned();
                reply.finish();
                Ok(Written::Stored { etag })
            }
            status => {
                let error = self.refusal(&call, reply);
                if !call.conditional {
                    return Err(error);
                }
                match (status, error.kind(), error.code()) {
                    // From a gateway, too: it may have passed the write on.
                    (500.., K::ServerError | K::NotS3, _) => {
                        Ok(Written::Unknown(unknown_outcome(error)))
                    }
                    (_, K::NotS3, _) => Err(error),
                    // An object to be replaced that is gone is 404 on AWS, 412 elsewhere.
                    (412, ..) | (404, _, None | Some("NoSuchKey")) => Ok(Written::Refused),
                    (409, ..) => Ok(Written::Undecided),
                    _ => Err(error),
                }
            }
        }
    }

    /// S3 does not tell whether the object was there.
    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        let call = Call::new("DeleteObject", "DELETE", name, |s| s.deletes += 1);
        match self.send_delete(&call) {
            Err(error) if error.code() == Some("NoSuchKey") => Ok(()),
            other => other,
        }
    }

    /// Deletes an object if it is still this one, on engines that compare; the
    /// others delete it. `false`: it is another by now, or gone.
    pub(crate) fn delete_unchanged(&self, name: &str, etag: &str) -> Result<bool> {
        if etag.is_empty() {
            return self.delete(name).map(|()| true);
        }
        let mut call = Call::new("DeleteObject", "DELETE", name, |s| s.deletes += 1);
        call.headers.push(("if-match", etag.to_owned()));
        match self.send_delete(&call) {
            Ok(()) => Ok(true),
            Err(error) if error.status() == Some(412) => Ok(false),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(false),
            Err(error) if error.kind() == K::Unsupported => self.delete(name).map(|()| true),
            Err(error) => Err(error),
        }
    }

    fn send_delete(&self, call: &Call<'_>) -> Result<()> {
        let reply = self.send(call)?;
        if matches!(reply.status(), 200 | 204) {
            self.check_origin(call, &reply)?;
            reply.finish();
            return Ok(());
        }
        Err(self.refusal(call, reply))
    }

    /// What this handle has counted.
    pub(crate) fn stats(&self) -> Stats {
        self.counted.get()
    }

    pub(crate) fn count(&self, what: impl FnOnce(&mut Stats)) {
        let mut stats = self.counted.get();
        what(&mut stats);
        self.counted.set(stats);
    }

    /// A call whose reply is a document: only the right root element is a success.
    fn ask<T>(&self, call: &Call<'_>, read: fn(&[u8]) -> Option<T>) -> Result<T> {
        let mut reply = self.send(call)?;
        let status = reply.status();
        if status != 200 {
            return Err(self.refusal(call, reply));
        }
        let mut body = Vec::new();
        reply
            .read_up_to(MAX_XML, &mut body)
            .map_err(|failure| self.lost(call, failure))?;
        match (read(&body), xml::read_error(&body)) {
            (Some(answer), _) => {
                reply.finish();
                Ok(answer)
            }
            // S3 may say 200 first and find the error later.
            (None, Some(_)) => Err(self.refused(call, status, &reply, &body)),
            (None, None) => Err(self.not_s3(call, status)),
        }
    }

    fn send(&self, call: &Call<'_>) -> Result<Incoming> {
        let path = format!("{}{}", self.endpoint.base, call.name);
        // Path style addresses the bucket itself without its last slash.
        let path = match path.strip_suffix('/') {
            Some(bucket) if call.name.is_empty() && !bucket.is_empty() => bucket,
            _ => &path,
        };
        let mut headers = call.headers.clone();
        headers.push(("host", self.endpoint.host.clone()));
        let signed = self.signer.sign(
            Unsigned {
                method: call.method,
                path,
                query: call.query,
                headers,
                body: call.body,
            },
            time::now(),
        )?;
        let size: usize = call.body.iter().map(|part| part.len()).sum();
        let request = Outgoing {
            method: call.method,
            url: format!(
                "{}://{}{}",
                self.endpoint.scheme(),
                self.endpoint.host,
                signed.path_and_query
            ),
            headers: signed.headers,
            body: call.body,
            ask_first: call.conditional && size > ASK_FIRST,
        };
        self.count(call.counts);
        let reply = match self.transport.send(&request, false) {
            // A second arrival does no harm, except to a write: a conditional
            // one would meet its own first, and another would be taken for
            // that by those who have written in between.
            Err(Failure::Stale(_)) if call.method != "PUT" => {
                self.count(call.counts);
                self.transport.send(&request, true)
            }
            first => first,
        };
        reply.map_err(|failure| self.lost(call, failure))
    }

    /// A success must show that S3 gave it: a proxy's or a portal's page has
    /// neither an `ETag` nor a request id, and comes as HTML.
    fn check_origin(&self, call: &Call<'_>, reply: &Incoming) -> Result<()> {
        let identified = ["etag", "x-amz-request-id", "x-amz-id-2"]
            .iter()
            .any(|name| reply.header(name).is_some());
        let page = reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"));
        // s3s sends 204 without any mark.
        if identified || (reply.status() == 204 && !page) {
            Ok(())
        } else {
            Err(self.not_s3(call, reply.status()))
        }
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self {
            endpoint: self.endpoint.clone(),
            signer: self.signer.clone(),
            transport: self.transport.clone(),
            counted: Cell::default(),
            one_by_one: Arc::clone(&self.one_by_one),
        }
    }
}

impl<'a> Call<'a> {
    fn new(
        operation: &'static str,
        method: &'static str,
        name: &'a str,
        counts: fn(&mut Stats),
    ) -> Self {
        Self {
            operation,
            method,
            name,
            counts,
            query: &[],
            headers: Vec::new(),
            body: [b"", b""],
            conditional: false,
        }
    }
}
