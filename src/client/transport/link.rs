//! A connection from the inside, in three layers: ureq's socket; over that the
//! call's deadline; over that, with ureq's TLS in between for https, what this
//! library has to know of a connection.

use std::cell::Cell;
use std::fmt;
use std::io;

use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, NextTimeout, TcpConnector, Transport as Link,
};

use super::super::fault::Failure;
use crate::allowance;

/// Why no connection was made. Nothing of the request has been sent.
#[derive(Debug)]
pub(super) struct NotConnected(ureq::Error);

impl NotConnected {
    pub(super) fn failure(self) -> Failure {
        use io::ErrorKind as K;
        use ureq::Error as E;
        match self.0 {
            E::Timeout(_) => Failure::ConnectTimedOut,
            // An I/O error of these kinds is the handshake's: the connection stands by then.
            E::Io(e) if matches!(e.kind(), K::InvalidData | K::UnexpectedEof) => {
                Failure::Tls(e.into())
            }
            E::Io(e) => Failure::Unreachable(e.into()),
            e @ E::Tls(_) => Failure::Tls(e.into()),
            #[cfg(feature = "tls")]
            e @ E::Rustls(_) => Failure::Tls(e.into()),
            E::Other(cause) => Failure::Unreachable(cause),
            e => Failure::Unreachable(e.into()),
        }
    }

    pub(super) fn wrap(error: ureq::Error) -> ureq::Error {
        ureq::Error::Other(Box::new(Self(error)))
    }
}

/// A kept connection that broke before the first byte of a reply: the server
/// may have closed it before it saw the request.
#[derive(Debug)]
pub(super) struct Stale(pub(super) io::Error);

macro_rules! error {
    ($($marker:ident)*) => {$(
        impl fmt::Display for $marker {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::error::Error for $marker {}
    )*};
}
error!(NotConnected Stale);

thread_local! {
    static TRAFFIC: Cell<Traffic> = const { Cell::new(Traffic { opened: 0, sent: 0 }) };
}

/// What a thread has done since it was last asked.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::client) struct Traffic {
    /// Connections.
    pub(in crate::client) opened: u64,
    /// Bytes of bodies, as far as they were given away to be sent.
    pub(in crate::client) sent: u64,
}

pub(in crate::client) fn take_traffic() -> Traffic {
    TRAFFIC.take()
}

fn count(what: impl FnOnce(&mut Traffic)) {
    let mut traffic = TRAFFIC.get();
    what(&mut traffic);
    TRAFFIC.set(traffic);
}

pub(super) fn count_sent(bytes: usize) {
    count(|traffic| traffic.sent += bytes as u64);
}

/// Connects, with the errors of that marked as such.
#[derive(Debug, Default)]
pub(super) struct Connect {
    tcp: TcpConnector,
    #[cfg(feature = "tls")]
    tls: ureq::unversioned::transport::RustlsConnector,
}

impl Connect {
    fn open(&self, details: &ConnectionDetails<'_>) -> Result<Option<Box<dyn Link>>, ureq::Error> {
        let details = &ConnectionDetails {
            uri: details.uri,
            addrs: details.addrs.clone(),
            config: details.config,
            request_level: details.request_level,
            resolver: details.resolver,
            now: details.now,
            timeout: bounded(details.timeout)?,
            current_time: details.current_time.clone(),
            run_connector: details.run_connector.clone(),
            register_shutdown: details.register_shutdown.clone(),
        };
        let Some(socket) = self.tcp.connect(details, None::<()>)? else {
            return Ok(None);
        };
        count(|traffic| traffic.opened += 1);
        let link = Bounded(Box::new(socket));
        #[cfg(feature = "tls")]
        let link = self
            .tls
            .connect(details, Some(link))?
            .map(|link| Box::new(link) as Box<dyn Link>);
        #[cfg(not(feature = "tls"))]
        let link = Some(Box::new(link) as Box<dyn Link>);
        Ok(link)
    }
}

impl Connector<()> for Connect {
    type Out = Watched;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        _: Option<()>,
    ) -> Result<Option<Watched>, ureq::Error> {
        let link = self.open(details).map_err(NotConnected::wrap)?;
        Ok(link.map(|link| Watched {
            link,
            held: Vec::new(),
            reused: false,
            answered: false,
            shown: false,
        }))
    }
}

/// No longer than the call of this thread may still take.
fn bounded(mut timeout: NextTimeout) -> Result<NextTimeout, ureq::Error> {
    let Some(left) = allowance::left() else {
        return Ok(timeout);
    };
    if left.is_zero() {
        return Err(ureq::Error::Timeout(ureq::Timeout::Global));
    }
    if *timeout.after > left {
        timeout.after = left.into();
    }
    Ok(timeout)
}

/// A connection that gives up when the call has to: below TLS, where one
/// wait for bytes is one wait.
#[derive(Debug)]
struct Bounded(Box<dyn Link>);

impl Link for Bounded {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.0.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        self.0.transmit_output(amount, bounded(timeout)?)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        self.0.await_input(bounded(timeout)?)
    }

    /// Under TLS, bytes that nobody has asked for are seen here only.
    fn is_open(&mut self) -> bool {
        self.0.buffers().input().is_empty() && self.0.is_open()
    }

    fn is_tls(&self) -> bool {
        self.0.is_tls()
    }
}

/// A connection that tells, when it breaks, whether it had served before and
/// whether a reply had begun. It sends a request's head together with the
/// first of its body: a writer that dies between the two leaves nothing that a
/// server might take for an empty object, and it saves a packet.
#[derive(Debug)]
pub(super) struct Watched {
    link: Box<dyn Link>,
    /// The head that waits for its body.
    held: Vec<u8>,
    reused: bool,
    answered: bool,
    shown: bool,
}

impl Watched {
    fn transmit(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let result = self.link.transmit_output(amount, timeout);
        result.map_err(|error| self.mark(error))
    }

    fn mark(&self, error: ureq::Error) -> ureq::Error {
        match error {
            ureq::Error::Io(cause) if self.reused && !self.answered => {
                ureq::Error::Other(Box::new(Stale(cause)))
            }
            other => other,
        }
    }

    /// A server that refuses a body unread answers while ureq waits for its
    /// `100 Continue`. ureq 3.5 leaves that reply in its buffer, and then waits
    /// for more of it: it is shown what is there, once for each request.
    fn holds_early_reply(&mut self) -> bool {
        let input = self.link.buffers().input();
        let is_final = input.starts_with(b"HTTP/1.") && input.get(9) != Some(&b'1');
        let early = !self.shown && is_final && input.windows(4).any(|w| w == b"\r\n\r\n");
        self.shown |= early;
        early
    }
}

impl Link for Watched {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.link.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), ureq::Error> {
        let output = self.link.buffers().output();
        if self.held.is_empty() {
            if awaits_body(&output[..amount]) {
                self.held.extend_from_slice(&output[..amount]);
                return Ok(());
            }
            return self.transmit(amount, timeout);
        }
        let head = std::mem::take(&mut self.held);
        // Behind the head as much of the body as there is room for.
        let fits = amount.min(output.len().saturating_sub(head.len()));
        let rest = output[fits..amount].to_vec();
        output.copy_within(..fits, head.len());
        output[..head.len()].copy_from_slice(&head);
        self.transmit(head.len() + fits, timeout)?;
        if rest.is_empty() {
            return Ok(());
        }
        self.link.buffers().output()[..rest.len()].copy_from_slice(&rest);
        self.transmit(rest.len(), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, ureq::Error> {
        if !self.held.is_empty() {
            self.transmit_output(0, timeout)?;
        }
        if self.holds_early_reply() {
            return Ok(true);
        }
        match self.link.await_input(timeout) {
            Ok(true) => {
                self.answered = true;
                Ok(true)
            }
            Ok(false) => match self.mark(io::Error::from(io::ErrorKind::UnexpectedEof).into()) {
                ureq::Error::Io(_) => Ok(false),
                stale => Err(stale),
            },
            Err(error) => Err(self.mark(error)),
        }
    }

    /// The pool asks between two requests.
    fn is_open(&mut self) -> bool {
        self.held.clear();
        self.reused = true;
        self.answered = false;
        self.shown = false;
        self.link.is_open()
    }

    fn is_tls(&self) -> bool {
        self.link.is_tls()
    }
}

/// Whether these bytes are the head of a request that announces a body, and
/// sends it unasked.
fn awaits_body(output: &[u8]) -> bool {
    let has = |what: &[u8]| {
        output
            .windows(what.len())
            .any(|w| w.eq_ignore_ascii_case(what))
    };
    let may_have = output.starts_with(b"PUT ") || output.starts_with(b"POST ");
    may_have
        && output.ends_with(b"\r\n\r\n")
        && !has(b"\r\nexpect:")
        && !has(b"\r\ncontent-length: 0\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_that_wait_for_a_body() {
        let head =
            |first: &str, more: &str| format!("{first} /k HTTP/1.1\r\nhost: h\r\n{more}\r\n");
        for (first, more, waits) in [
            ("PUT", "content-length: 3\r\n", true),
            ("POST", "content-length: 3\r\n", true),
            ("PUT", "content-length: 0\r\n", false),
            (
                "PUT",
                "content-length: 3\r\nExpect: 100-continue\r\n",
                false,
            ),
            ("GET", "", false),
            ("DELETE", "", false),
        ] {
            let head = head(first, more);
            assert_eq!(awaits_body(head.as_bytes()), waits, "{head}");
            assert!(!awaits_body(&head.as_bytes()[..head.len() - 1]));
        }
        assert!(!awaits_body(b""));
    }
}
