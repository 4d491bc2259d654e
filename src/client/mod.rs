//! Everything that speaks S3: typed operations in, outcomes out. The rest of
//! the crate never sees a status code, a header or a page of XML.
//!
//! One way: operation -> `sign` -> `transport` -> reply -> outcome.

mod addresses;
mod body;
mod bucket;
mod bulk;
mod credentials;
mod fault;
mod heal;
mod lifecycle;
mod outgoing;
mod sign;
mod transport;
mod xml;

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind as K, Result};
use crate::headers::ObjectHeaders;
use crate::settings::{Creation, Settings};
use crate::stats::Stats;
use crate::time;

pub(crate) use self::body::{Body, Span};
use self::credentials::Keyring;
use self::fault::{Failure, unknown_outcome};
use self::heal::Healed;
use self::outgoing::{Header, Outgoing};
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

/// Speaks to one bucket. Clones share the connections and what they have
/// learned, and count anew.
pub(crate) struct Client {
    bucket: String,
    learned: Arc<Learned>,
    keyring: Keyring,
    signer: Signer,
    transport: Transport,
    headers: ObjectHeaders,
    creation: Creation,
    counted: Cell<Stats>,
}

/// What only the server could tell.
#[derive(Debug)]
struct Learned {
    /// As it was given, or in another region.
    endpoint: Mutex<Arc<Endpoint>>,
    /// The engine does not know `DeleteObjects`.
    one_by_one: AtomicBool,
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
    headers: Vec<Header<'a>>,
    body: [&'a [u8]; 2],
    conditional: bool,
}

/// What S3 made of a request.
enum Answer {
    Done(Incoming),
    Refused(Error),
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        Ok(Self {
            bucket: settings.endpoint.bucket.clone(),
            learned: Arc::new(Learned {
                endpoint: Mutex::new(Arc::new(settings.endpoint)),
                one_by_one: AtomicBool::new(false),
            }),
            keyring: Keyring::new(settings.source, &settings.links),
            signer: Signer::new(settings.sign_payload),
            transport: Transport::new(&settings.links)?,
            headers: settings.headers,
            creation: settings.creation,
            counted: Cell::default(),
        })
    }

    /// Begins to read an object. `None`: there is none of this name.
    pub(crate) fn get<'a>(&'a self, name: &'a str, span: Span) -> Result<Option<Body<'a>>> {
        let mut call = Call::new("GetObject", "GET", name, |s| s.gets += 1);
        call.add_all(&self.headers.get);
        if let Span::Head(bytes) = span {
            call.add("range", format!("bytes=0-{}", bytes - 1));
        }
        let error = match self.send(&call)? {
            Answer::Done(reply) => {
                self.check_origin(&call, &reply)?;
                let size = body::size(&reply);
                return Ok(Some(Body::new(self, call, reply, size)));
            }
            Answer::Refused(error) => error,
        };
        // The range begins at the first byte, so there is none: an empty
        // object, of which only a whole GET tells the ETag.
        if error.status() == Some(416) && span != Span::Whole {
            return self.get(name, Span::Whole);
        }
        let missing = match error.code() {
            Some(code) => code == "NoSuchKey",
            // An engine that says no more than this, but says it as S3.
            None => error.status() == Some(404) && error.request_id().is_some(),
        };
        if missing { Ok(None) } else { Err(error) }
    }

    pub(crate) fn put(
        &self,
        name: &str,
        body: [&[u8]; 2],
        condition: Condition<'_>,
    ) -> Result<Written> {
        let mut call = Call::new("PutObject", "PUT", name, |s| s.puts += 1);
        call.body = body;
        call.add_all(&self.headers.put);
        match condition {
            Condition::Always => {}
            Condition::Absent => call.add("if-none-match", "*"),
            Condition::Unchanged { etag } => call.add("if-match", etag),
        }
        call.conditional = !matches!(condition, Condition::Always);
        let error = match self.send(&call) {
            Ok(Answer::Done(reply)) => {
                self.check_origin(&call, &reply)?;
                let etag = reply.header("etag").unwrap_or_default().to_owned();
                reply.finish();
                return Ok(Written::Stored { etag });
            }
            Ok(Answer::Refused(error)) => error,
            Err(error) if matches!(error.kind(), K::OutcomeUnknown | K::ConnectionLost) => {
                return Ok(Written::Unknown(error));
            }
            Err(error) => return Err(error),
        };
        if !call.conditional {
            return Err(error);
        }
        match (
            error.status().unwrap_or_default(),
            error.kind(),
            error.code(),
        ) {
            // From a gateway, too: it may have passed the write on.
            (500.., K::ServerError | K::NotS3, _) => Ok(Written::Unknown(unknown_outcome(error))),
            (_, K::NotS3, _) => Err(error),
            // An object to be replaced that is gone is 404 on AWS, 412 elsewhere.
            (412, ..) | (404, _, None | Some("NoSuchKey")) => Ok(Written::Refused),
            (409, ..) => Ok(Written::Undecided),
            _ => Err(error),
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
        call.add("if-match", etag);
        match self.send_delete(&call) {
            Ok(()) => Ok(true),
            Err(error) if error.status() == Some(412) => Ok(false),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(false),
            Err(error) if error.kind() == K::Unsupported => self.delete(name).map(|()| true),
            Err(error) => Err(error),
        }
    }

    fn send_delete(&self, call: &Call<'_>) -> Result<()> {
        let reply = self.send(call)?.done()?;
        self.check_origin(call, &reply)?;
        reply.finish();
        Ok(())
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
        let mut reply = self.send(call)?.done()?;
        let status = reply.status();
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
            (None, Some(_)) => Err(self.refused(call, status, &reply, &body).error),
            (None, None) => Err(self.not_s3(call, status)),
        }
    }

    /// Sends a call, and once more for each thing that its refusal can mend.
    fn send(&self, call: &Call<'_>) -> Result<Answer> {
        let mut healed = Healed::default();
        loop {
            let endpoint = self.endpoint();
            let keys = self.keyring.current(time::now())?;
            let reply = self.send_to(&endpoint, keys.as_ref(), call)?;
            if (200..300).contains(&reply.status()) {
                return Ok(Answer::Done(reply));
            }
            let refusal = self.refusal(call, reply);
            if let Some(error) = self.heal(call, refusal, &endpoint, keys.as_ref(), &mut healed)? {
                return Ok(Answer::Refused(error));
            }
        }
    }

    fn send_to(
        &self,
        endpoint: &Arc<Endpoint>,
        keys: Option<&Arc<Credentials>>,
        call: &Call<'_>,
    ) -> Result<Incoming> {
        let path = format!("{}{}", endpoint.base, call.name);
        // Path style addresses the bucket itself without its last slash.
        let path = match path.strip_suffix('/') {
            Some(bucket) if call.name.is_empty() && !bucket.is_empty() => bucket,
            _ => &path,
        };
        let mut headers = call.headers.clone();
        headers.push(("host".into(), endpoint.host.as_str().into()));
        let unsigned = Unsigned {
            method: call.method,
            path,
            query: call.query,
            headers,
            body: call.body,
        };
        let signed = self.signer.sign(unsigned, endpoint, keys, time::now())?;
        let size: usize = call.body.iter().map(|part| part.len()).sum();
        let request = Outgoing {
            method: call.method,
            url: format!(
                "{}://{}{}",
                endpoint.scheme(),
                endpoint.host,
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

    fn endpoint(&self) -> Arc<Endpoint> {
        // Poisoned or not, what is there was written in one piece.
        let known = self.learned.endpoint.lock();
        Arc::clone(&known.unwrap_or_else(PoisonError::into_inner))
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
            bucket: self.bucket.clone(),
            learned: Arc::clone(&self.learned),
            keyring: self.keyring.clone(),
            signer: self.signer.clone(),
            transport: self.transport.clone(),
            headers: self.headers.clone(),
            creation: self.creation.clone(),
            counted: Cell::default(),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("learned", &self.learned)
            .field("counted", &self.counted)
            .finish_non_exhaustive()
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

    fn add(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.headers.push((name.into(), value.into()));
    }

    fn add_all(&mut self, headers: &'a [(String, String)]) {
        let borrowed = headers
            .iter()
            .map(|(n, v)| (n.as_str().into(), v.as_str().into()));
        self.headers.extend(borrowed);
    }
}

impl Answer {
    /// A refusal is an error.
    fn done(self) -> Result<Incoming> {
        match self {
            Self::Done(reply) => Ok(reply),
            Self::Refused(error) => Err(error),
        }
    }
}
