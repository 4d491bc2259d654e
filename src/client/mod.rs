//! Everything that speaks S3: typed operations in, outcomes out. The rest of
//! the crate never sees a status code, a header or a page of XML.
//!
//! One way: operation -> `sign` -> `transport` -> reply -> outcome.

mod addresses;
mod body;
mod breaker;
mod bucket;
mod bulk;
mod call;
mod credentials;
mod fault;
mod heal;
mod lifecycle;
mod outgoing;
mod retry;
mod send;
mod sign;
mod transport;
pub(crate) mod xml;

use std::cell::Cell;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::clock::Clock;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind as K, Result};
use crate::headers::ObjectHeaders;
use crate::settings::{Creation, Settings};
use crate::stats::Stats;

pub(crate) use self::body::{Body, Span};
use self::breaker::Breaker;
use self::call::{Answer, Call};
use self::credentials::Keyring;
use self::fault::unknown_outcome;
use self::sign::Signer;
use self::transport::Transport;
pub(crate) use self::xml::{Lifecycle, Listed, Page, Rule, Undeleted, read_lifecycle};

/// S3's limit for a listing's page and for one `DeleteObjects`.
pub(crate) const PAGE: usize = 1000;

/// A page of 1000 names of 1024 bytes, each of them escaped, stays below this.
const MAX_XML: u64 = 16 << 20;
const MAX_ERROR: u64 = 64 << 10;

/// Speaks to one bucket. Clones share the connections and what they have
/// learned, and count anew.
pub(crate) struct Client {
    bucket: String,
    /// As it was given; where the bucket was found to be is learned.
    given_region: String,
    learned: Arc<Learned>,
    keyring: Keyring,
    signer: Signer,
    transport: Transport,
    headers: ObjectHeaders,
    creation: Creation,
    clock: Clock,
    breaker: Breaker,
    deadline: Duration,
    retries: u32,
    /// A kept connection was found dead: the next request has a new one.
    distrusts_kept: Cell<bool>,
    counted: Cell<Stats>,
}

/// What only the server could tell.
#[derive(Debug)]
struct Learned {
    /// As it was given, or in another region.
    endpoint: Mutex<Arc<Endpoint>>,
    /// The engine does not know `DeleteObjects`.
    one_by_one: AtomicBool,
    /// It does not want to be asked before a body is sent.
    takes_unasked: AtomicBool,
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
    /// S3 could not decide (409), or refused it for being dated by a wrong
    /// clock, which is put right by now: make it again.
    Undecided,
    /// The reply was lost: it may be stored or not, or be stored yet. The
    /// error says so, for a caller that cannot settle it.
    Unknown(Error),
}

impl Client {
    pub(crate) fn new(settings: Settings) -> Result<Self> {
        let limits = settings.persistence;
        Ok(Self {
            bucket: settings.endpoint.bucket.clone(),
            given_region: settings.endpoint.region.clone(),
            learned: Arc::new(Learned {
                endpoint: Mutex::new(Arc::new(settings.endpoint)),
                one_by_one: AtomicBool::new(false),
                takes_unasked: AtomicBool::new(false),
            }),
            keyring: Keyring::new(settings.source, &settings.links),
            signer: Signer::new(settings.sign_payload),
            transport: Transport::new(&settings.links)?,
            headers: settings.headers,
            creation: settings.creation,
            clock: Clock::new(settings.clock),
            breaker: Breaker::new(limits.breaker_after, limits.breaker_pause),
            deadline: limits.deadline,
            retries: limits.retries,
            distrusts_kept: Cell::default(),
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
        let error = match self.begin(&call)? {
            Answer::Done(reply) => {
                let of_s3 = self.check_origin(&call, &reply);
                of_s3.inspect_err(|error| self.hear(Err(error)))?;
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
        let skew = self.clock.skew();
        let error = match self.send(&call) {
            Ok(Answer::Done(reply)) => {
                self.check_origin(&call, &reply)?;
                let etag = reply.header("etag").unwrap_or_default().to_owned();
                self.finish(reply);
                return Ok(Written::Stored { etag });
            }
            Ok(Answer::Refused(error)) => error,
            Err(error) if matches!(error.kind(), K::OutcomeUnknown | K::ConnectionLost) => {
                return Ok(Written::Unknown(error));
            }
            Err(error) => return Err(error),
        };
        if error.kind() == K::ClockSkew && self.clock.skew() != skew {
            return Ok(Written::Undecided);
        }
        if !call.conditional {
            return Err(error);
        }
        match (
            error.status().unwrap_or_default(),
            error.kind(),
            error.code(),
        ) {
            // From a gateway, too: it may have passed the write on.
            (500.., K::ServerError | K::NotS3, _) | (499, ..) => {
                Ok(Written::Unknown(unknown_outcome(error)))
            }
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
        call.conditional = true;
        match self.send_delete(&call) {
            Ok(()) => Ok(true),
            // A proxy's page decides nothing.
            Err(error) if error.status() == Some(412) && error.kind() != K::NotS3 => Ok(false),
            Err(error) if error.code() == Some("NoSuchKey") => Ok(false),
            // From a gateway, too: it may have passed the deletion on.
            Err(error)
                if error.is_given_up()
                    || error.status() >= Some(500)
                        && matches!(error.kind(), K::ServerError | K::NotS3) =>
            {
                Err(unknown_outcome(error))
            }
            Err(error) if error.kind() == K::Unsupported => self.delete(name).map(|()| true),
            Err(error) => Err(error),
        }
    }

    fn send_delete(&self, call: &Call<'_>) -> Result<()> {
        let reply = self.send(call)?.done()?;
        self.check_origin(call, &reply)?;
        self.finish(reply);
        Ok(())
    }

    /// What each call may take.
    pub(crate) fn deadline(&mut self) -> &mut Duration {
        &mut self.deadline
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

    /// So many milliseconds is the server's clock before this machine's, if
    /// any reply has told.
    pub(crate) fn skew(&self) -> Option<i64> {
        self.clock.skew()
    }

    pub(crate) fn bucket(&self) -> &str {
        &self.bucket
    }

    pub(crate) fn given_region(&self) -> &str {
        &self.given_region
    }

    /// Where the requests go, in words.
    pub(crate) fn whereabouts(&self) -> String {
        let endpoint = self.endpoint();
        format!("{}://{}{}", endpoint.scheme(), endpoint.host, endpoint.base)
    }

    /// Where the keys come from that requests are signed with, in words.
    pub(crate) fn whose_keys(&self) -> Result<String> {
        self.keyring.current(self.now())?;
        Ok(self.keyring.origin())
    }

    /// The server's time, as far as it is known.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now()
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self {
            bucket: self.bucket.clone(),
            given_region: self.given_region.clone(),
            learned: Arc::clone(&self.learned),
            keyring: self.keyring.clone(),
            signer: self.signer.clone(),
            transport: self.transport.clone(),
            headers: self.headers.clone(),
            creation: self.creation.clone(),
            clock: self.clock.clone(),
            breaker: self.breaker.clone(),
            deadline: self.deadline,
            retries: self.retries,
            distrusts_kept: Cell::default(),
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
