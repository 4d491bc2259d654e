//! Sending one HTTP request and receiving its reply, by ureq over one pool of
//! kept connections. The only room that names ureq.
//!
//! In: a signed request. Out: a status, headers and a body to read, or how it
//! failed and whether the request can have reached the server. Knows nothing
//! of S3. Never follows a redirect, unpacks a body, or starts a thread.

use std::fmt;
use std::io::{self, Read as _};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, DefaultConnector, NextTimeout, Transport as Link,
};
use ureq::{Agent, Body, SendBody};

use super::addresses::Addresses;
use super::fault::Failure;
use crate::settings::Timeouts;

/// Idle connections kept: one for each thread of a busy program, in effect.
const POOL: usize = 64;
/// A body nobody wants is read to its end up to so many bytes, as only then
/// its connection can be used again; a longer one costs less to reconnect for.
const DRAIN: u64 = 64 << 10;
/// How long to wait for a server's `100 Continue` before sending the body regardless.
const WAIT_FOR_100: Duration = Duration::from_secs(1);

/// The pool; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    agent: Agent,
    addresses: Addresses,
}

/// A request in its final form.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) method: &'static str,
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: [&'a [u8]; 2],
    /// Whether a pooled connection that turns out dead may be replaced and the
    /// request sent again: not where a second arrival would mean something else.
    pub(super) repeatable: bool,
    /// Ask the server for leave before sending the body, so that it can refuse unread.
    pub(super) ask_first: bool,
}

/// A reply whose body is still to be read. Dropped unread, its connection closes.
#[derive(Debug)]
pub(super) struct Incoming {
    response: ureq::http::Response<Body>,
}

impl Transport {
    pub(super) fn new(timeouts: Timeouts) -> Self {
        // No global, per-call or resolve timeout: ureq would start a thread for each request.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("s3cache/", env!("CARGO_PKG_VERSION")))
            .max_idle_connections(POOL)
            .max_idle_connections_per_host(POOL)
            .timeout_connect(Some(timeouts.connect))
            .timeout_per_read(Some(timeouts.read))
            .timeout_per_write(Some(timeouts.write))
            .timeout_await_100(Some(WAIT_FOR_100))
            .build();
        let addresses = Addresses::default();
        let connector = DefaultConnector::new().chain(Watch);
        Self {
            agent: Agent::with_parts(config, connector, addresses.clone()),
            addresses,
        }
    }

    /// Sends, and waits for the head of the reply. A repeatable request that
    /// meets a pooled connection which the server has closed meanwhile goes
    /// once more, on a fresh one.
    pub(super) fn send(&self, request: &Outgoing<'_>) -> Result<Incoming, Failure> {
        let result = match self.send_once(request, false) {
            Err(error) if request.repeatable && is_stale(&error) => self.send_once(request, true),
            other => other,
        };
        result.map_err(|error| {
            let failure = failure(error);
            if matches!(failure, Failure::Unreachable(_) | Failure::ConnectTimedOut) {
                self.addresses.forget();
            }
            failure
        })
    }

    fn send_once(&self, request: &Outgoing<'_>, fresh: bool) -> Result<Incoming, ureq::Error> {
        let mut http = Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            http = http.header(*name, value);
        }
        if request.ask_first {
            http = http.header("expect", "100-continue");
        }
        let response = if matches!(request.method, "PUT" | "POST") {
            let mut body = Parts(request.body);
            http = http.header("content-length", body.len());
            self.run(http.body(SendBody::from_reader(&mut body))?, fresh)
        } else {
            self.run(http.body(SendBody::none())?, fresh)
        }?;
        Ok(Incoming { response })
    }

    fn run(
        &self,
        request: Request<SendBody<'_>>,
        fresh: bool,
    ) -> Result<ureq::http::Response<Body>, ureq::Error> {
        if !fresh {
            return self.agent.run(request);
        }
        // No kept connection is young enough for this one.
        let config = self.agent.configure_request(request);
        self.agent.run(config.max_idle_age(Duration::ZERO).build())
    }
}

/// A body in two parts, read as one: the entry's head and the first bytes of
/// its payload leave in one write.
struct Parts<'a>([&'a [u8]; 2]);

impl Parts<'_> {
    fn len(&self) -> usize {
        self.0[0].len() + self.0[1].len()
    }
}

impl io::Read for Parts<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.0[0].read(buffer)?;
        Ok(head + self.0[1].read(&mut buffer[head..])?)
    }
}

impl Incoming {
    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name)?.to_str().ok()
    }

    /// Fills `buffer` as far as the body goes.
    pub(super) fn read_some(&mut self, buffer: &mut [u8]) -> Result<usize, Failure> {
        let mut reader = self.response.body_mut().as_reader();
        let mut filled = 0;
        while filled < buffer.len() {
            match reader.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(error) => return Err(broken(error)),
            }
        }
        Ok(filled)
    }

    /// Appends the body to `buffer`, and one byte more than `limit` at the
    /// most: that byte tells of a body which is too long.
    pub(super) fn read_up_to(&mut self, limit: u64, buffer: &mut Vec<u8>) -> Result<(), Failure> {
        let left = self.response.body().content_length().unwrap_or(0);
        // No trust in a length that nobody has to keep: allocate what is plausible.
        if let Ok(expected) = usize::try_from(left.min(limit)) {
            buffer.reserve_exact(expected);
        }
        let reader = self.response.body_mut().as_reader();
        let mut reader = reader.take(limit.saturating_add(1));
        reader.read_to_end(buffer).map_err(broken)?;
        Ok(())
    }

    /// Done with this reply: what is left of a short body is read, for the connection's sake.
    pub(super) fn finish(mut self) {
        let left = self.response.body().content_length();
        if left.is_none_or(|left| left <= DRAIN) {
            let mut reader = self.response.body_mut().as_reader().take(DRAIN);
            // A reply that breaks here has already told what was wanted of it.
            let _ = io::copy(&mut reader, &mut io::sink());
        }
    }
}

fn failure(error: ureq::Error) -> Failure {
    use ureq::{Error as E, Timeout as T};
    match error {
        E::Timeout(T::Connect | T::Resolve) => Failure::ConnectTimedOut,
        E::Timeout(_) => Failure::TimedOut,
        E::Other(cause) => match cause.downcast::<Unanswered>() {
            Ok(unanswered) => Failure::Lost(unanswered.cause.into()),
            Err(other) => Failure::Unreachable(other),
        },
        // Once connected, `Watch` marks what happens before a reply; so this
        // is either from before that or from within a reply's head.
        E::Io(e) if e.kind() == io::ErrorKind::UnexpectedEof => Failure::Lost(e.into()),
        E::Io(e) if is_tls(&e) => Failure::Tls(e.into()),
        E::Io(e) => Failure::Unreachable(e.into()),
        e @ (E::HostNotFound | E::ConnectionFailed) => Failure::Unreachable(e.into()),
        e @ E::Tls(_) => Failure::Tls(e.into()),
        #[cfg(feature = "tls")]
        e @ E::Rustls(_) => Failure::Tls(e.into()),
        e => Failure::NotHttp(e.into()),
    }
}

/// The handshake runs inside a reader, which wraps rustls's error in an I/O error.
fn is_tls(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::InvalidData
}

fn broken(error: io::Error) -> Failure {
    match ureq::Error::from(error) {
        ureq::Error::Timeout(_) => Failure::TimedOut,
        ureq::Error::Io(e) => Failure::Lost(e.into()),
        e => Failure::NotHttp(e.into()),
    }
}

fn is_stale(error: &ureq::Error) -> bool {
    let ureq::Error::Other(cause) = error else {
        return false;
    };
    cause
        .downcast_ref::<Unanswered>()
        .is_some_and(|unanswered| unanswered.reused)
}

/// A connection that broke before the first byte of a reply.
#[derive(Debug)]
struct Unanswered {
    /// It had served a request before: the server may simply have closed it.
    reused: bool,
    cause: io::Error,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no reply: {}", self.cause)
    }
}

impl std::error::Error for Unanswered {}

/// Wraps every connection in a `Watched`.
#[derive(Debug)]
struct Watch;

impl<In: Link> Connector<In> for Watch {
    type Out = Watched<In>;

    fn connect(
        &self,
        _: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Watched<In>>, ureq::Error> {
        Ok(chained.map(|link| Watched {
            link,
            reused: false,
            answered: false,
        }))
    }
}

/// A connection that tells, when it breaks, whether it had served before and
/// whether a reply had begun.
#[derive(Debug)]
struct Watched<L> {
    link: L,
    reused: bool,
    answered: bool,
}

impl<L> Watched<L> {
    fn mark(&self, error: ureq::Error) -> ureq::Error {
        match error {
            ureq::Error::Io(cause) if !self.answered => ureq::Error::Other(Box::new(Unanswered {
                reused: self.reused,
                cause,
            })),
            other => other,
        }
    }
}

impl<L: Link> Link for Watched<L> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.link.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let result = self.link.transmit_output(amount, timeout);
        result.map_err(|error| self.mark(error))
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        match self.link.await_input(timeout) {
            Ok(true) => {
                self.answered = true;
                Ok(true)
            }
            Ok(false) => match self.mark(io::Error::from(io::ErrorKind::UnexpectedEof).into()) {
                ureq::Error::Io(_) => Ok(false),
                unanswered => Err(unanswered),
            },
            Err(error) => Err(self.mark(error)),
        }
    }

    /// The pool asks between two requests.
    fn is_open(&mut self) -> bool {
        self.reused = true;
        self.answered = false;
        self.link.is_open()
    }

    fn is_tls(&self) -> bool {
        self.link.is_tls()
    }
}

/// Ours in place of ureq's resolver, which would be asked for every request
/// and may start a thread for it.
impl Resolver for Addresses {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        _: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let place = uri
            .scheme()
            .zip(uri.authority())
            .and_then(|(scheme, authority)| DefaultResolver::host_and_port(scheme, authority))
            .ok_or_else(|| ureq::Error::BadUri(uri.to_string()))?;
        let known = self
            .of(place)
            .map_err(|error| ureq::Error::Other(error.into()))?;
        let mut found = self.empty();
        // It has places for so many.
        for address in known.into_iter().take(16) {
            found.push(address);
        }
        if found.is_empty() {
            return Err(ureq::Error::HostNotFound);
        }
        Ok(found)
    }
}
