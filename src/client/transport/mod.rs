//! Sending one HTTP request and receiving its reply, by ureq over one pool of
//! kept connections. The only room that names ureq.
//!
//! In: a signed request. Out: a status, headers and a body to read, or how it
//! failed and whether the request can have reached the server. Knows nothing
//! of S3. Never follows a redirect, unpacks a body, or starts a thread.

mod link;
#[cfg(feature = "tls")]
mod tls;

use std::io::{self, Read as _};
use std::time::Duration;

use ureq::config::Config;
use ureq::http::{Request, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;
use ureq::{Agent, Body, SendBody};

pub(super) use self::link::take_traffic;
use self::link::{Connect, NotConnected, Stale, count_sent};
use super::addresses::Addresses;
use super::fault::Failure;
use super::outgoing::{Outgoing, Parts};
use crate::allowance::Allowance;
use crate::error::Result as Checked;
use crate::settings::Links;

/// Idle connections kept: one for each thread of a busy program, in effect.
const POOL: usize = 64;
/// A body nobody wants is read to its end up to so many bytes, as only then
/// its connection can be used again; a longer one costs less to reconnect for.
const DRAIN: u64 = 64 << 10;
/// And for so long: who is slower is not worth the wait.
const DRAIN_FOR: Duration = Duration::from_millis(200);
/// A body of unknown length gets room step by step: so much, so much, and then
/// all that it may have. To double each time would take up to three times that.
const ROOM: [u64; 2] = [64 << 10, 1 << 20];
/// How long to wait for a server's `100 Continue` before sending the body regardless.
const WAIT_FOR_100: Duration = Duration::from_secs(1);

/// The pool; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    agent: Agent,
    addresses: Addresses,
}

/// A reply whose body is still to be read. Dropped unread, its connection closes.
#[derive(Debug)]
pub(super) struct Incoming {
    response: ureq::http::Response<Body>,
}

impl Transport {
    #[cfg_attr(
        not(feature = "tls"),
        expect(clippy::unnecessary_wraps, reason = "certificates may be refused")
    )]
    pub(super) fn new(links: &Links) -> Checked<Self> {
        let timeouts = links.timeouts;
        // No global, per-call or resolve timeout: ureq would start a thread for each request.
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("s3cache/", env!("CARGO_PKG_VERSION")))
            // None at all.
            .accept("")
            .max_idle_connections(POOL)
            .max_idle_connections_per_host(POOL)
            .timeout_connect(Some(timeouts.connect))
            .timeout_per_read(Some(timeouts.read))
            .timeout_per_write(Some(timeouts.write))
            .timeout_await_100(Some(WAIT_FOR_100.min(timeouts.read / 2)));
        #[cfg(feature = "tls")]
        let config = config.tls_config(tls::config(links)?);
        let config = config.build();
        let addresses = Addresses::new(links.resolver.clone());
        Ok(Self {
            agent: Agent::with_parts(config, Connect::default(), addresses.clone()),
            addresses,
        })
    }

    /// Sends, and waits for the head of the reply. `fresh`: over a new
    /// connection, be there ever so many kept ones.
    pub(super) fn send(&self, request: &Outgoing<'_>, fresh: bool) -> Result<Incoming, Failure> {
        self.run(request, fresh).map_err(|error| {
            let failure = failure(error);
            if failure.is_before_sending() {
                self.addresses.forget();
            }
            failure
        })
    }

    fn run(&self, request: &Outgoing<'_>, fresh: bool) -> Result<Incoming, ureq::Error> {
        let mut http = Request::builder().method(request.method).uri(&request.url);
        for (name, value) in &request.headers {
            http = http.header(&**name, &**value);
        }
        if request.ask_first {
            http = http.header("expect", "100-continue");
        }
        let response = if matches!(request.method, "PUT" | "POST") {
            let mut body = Parts(request.body);
            let size = body.len();
            http = http.header("content-length", size);
            let reply = self.exchange(http.body(SendBody::from_reader(&mut body))?, fresh);
            count_sent(size - body.len());
            reply
        } else {
            self.exchange(http.body(SendBody::none())?, fresh)
        }?;
        Ok(Incoming { response })
    }

    fn exchange(
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
        let most = limit.saturating_add(1);
        let told = self.response.body().content_length();
        let mut reader = self.response.body_mut().as_reader();
        let mut read = 0;
        // No trust in a length that nobody has to keep: not beyond the limit.
        let mut room = told.unwrap_or(ROOM[0]).min(most);
        loop {
            let more = room - read;
            buffer.reserve_exact(usize::try_from(more).unwrap_or(usize::MAX));
            let part = reader.by_ref().take(more).read_to_end(buffer);
            let part = part.map_err(broken)? as u64;
            read += part;
            if part < more || read == most {
                return Ok(());
            }
            let next = ROOM.into_iter().find(|next| *next > read);
            room = next.unwrap_or(most).min(most);
        }
    }

    /// Done with this reply: what is left of a short body is read, for the
    /// connection's sake. How much that was.
    pub(super) fn finish(mut self) -> u64 {
        let left = self.response.body().content_length();
        if left.is_some_and(|left| left > DRAIN) {
            return 0;
        }
        let _limit = Allowance::for_group(DRAIN_FOR);
        let mut reader = self.response.body_mut().as_reader().take(DRAIN);
        // A reply that breaks here has already told what was wanted of it.
        let _ = io::copy(&mut reader, &mut io::sink());
        DRAIN - reader.limit()
    }
}

/// Where a URL leads.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) tls: bool,
    pub(super) host: String,
    authority: String,
}

impl Site {
    /// Without path and query.
    pub(super) fn shown(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }
}

/// As it is read when a request goes there: another reader of URLs could see
/// another host in it. `None`: it is no URL of http or https, or names a user.
pub(super) fn site(url: &str) -> Option<Site> {
    let uri: Uri = url.parse().ok()?;
    let tls = match uri.scheme_str()? {
        "http" => false,
        "https" => true,
        _ => return None,
    };
    let authority = uri.authority()?;
    let named = !authority.host().is_empty() && !authority.as_str().contains('@');
    named.then(|| Site {
        tls,
        host: authority.host().to_owned(),
        authority: authority.to_string(),
    })
}

fn failure(error: ureq::Error) -> Failure {
    use ureq::Error as E;
    let cause = match error {
        E::Timeout(_) => return Failure::TimedOut,
        E::Io(cause) => return Failure::Lost(cause.into()),
        E::Other(cause) => cause,
        e @ (E::Http(_) | E::BadUri(_)) => return Failure::Unreachable(e.into()),
        e => return Failure::NotHttp(e.into()),
    };
    let cause = match cause.downcast::<NotConnected>() {
        Ok(not_connected) => return not_connected.failure(),
        Err(cause) => cause,
    };
    match cause.downcast::<Stale>() {
        Ok(stale) => Failure::Stale(stale.0.into()),
        Err(cause) => Failure::NotHttp(cause),
    }
}

fn broken(error: io::Error) -> Failure {
    failure(ureq::Error::from(error))
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
            .of(&place)
            .map_err(|error| NotConnected::wrap(error.into()))?;
        let mut found = self.empty();
        // It has places for so many.
        for address in known.into_iter().take(16) {
            found.push(address);
        }
        if found.is_empty() {
            return Err(NotConnected::wrap(ureq::Error::HostNotFound));
        }
        Ok(found)
    }
}
