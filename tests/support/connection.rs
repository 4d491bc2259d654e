//! One connection of a client's to the front: each request is counted, meets
//! its fate, and goes to the engine.

use std::future::{Future as _, pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::engine::{Body, Engine, Failure, Line};
use super::requests::{Kind, Ledger};
use super::switches::{Fate, Switches};

/// What the library calls itself. Whoever else comes is a test's raw access.
const LIBRARY: &str = "s3cache/";

pub struct Connection {
    ledger: Arc<Ledger>,
    switches: Arc<Switches>,
    line: Arc<Line>,
    counted: AtomicBool,
    closing: AtomicBool,
}

impl Connection {
    pub fn new(engine: &Engine, ledger: &Arc<Ledger>, switches: &Arc<Switches>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            switches: Arc::clone(switches),
            line: Arc::new(engine.line()),
            counted: AtomicBool::new(false),
            closing: AtomicBool::new(false),
        }
    }

    pub async fn serve(self, socket: TcpStream) {
        // Otherwise each small reply waits 40 ms for an acknowledgement.
        let _ = socket.set_nodelay(true);
        let service = service_fn(|request| self.answer(request));
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .serve_connection(TokioIo::new(socket), service);
        let mut connection = pin!(connection);
        // An error here is the client's going away, or a reply that was cut.
        let _ = poll_fn(|context| {
            loop {
                let state = connection.as_mut().poll(context);
                // By now the head of the reply is written, without
                // `Connection: close`; its body still gets out.
                if state.is_pending() && self.closing.swap(false, Ordering::SeqCst) {
                    connection.as_mut().graceful_shutdown();
                } else {
                    return state;
                }
            }
        })
        .await;
    }

    /// An error closes the connection before any byte of a reply.
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let agent = request.headers().get(header::USER_AGENT);
        if !agent.is_some_and(|agent| agent.as_bytes().starts_with(LIBRARY.as_bytes())) {
            return self.carry_out(request).await;
        }
        let (head, body) = request.into_parts();
        let kind = Kind::of(&head);
        let first = !self.counted.swap(true, Ordering::SeqCst);
        self.ledger.enter(kind, &head, first);
        let fate = self.switches.decide(kind);
        if fate == Fate::Stalled {
            body.collect().await?;
            return pending().await;
        }
        if fate == Fate::Denied {
            body.collect().await?;
            return Ok(denied());
        }
        let reply = self.carry_out(Request::from_parts(head, body)).await?;
        if fate == Fate::Cut {
            return Err("this reply is lost".into());
        }
        self.closing.store(fate == Fate::Closed, Ordering::SeqCst);
        if !matches!(kind, Kind::Get | Kind::RangedGet) {
            return Ok(reply);
        }
        let ledger = Arc::clone(&self.ledger);
        let count = move |frame: hyper::body::Frame<_>| {
            ledger.sent(frame.data_ref().map_or(0, hyper::body::Bytes::len));
            frame
        };
        // Unlike a reader of the frames, this leaves the body's length known.
        Ok(reply.map(|body| body.map_frame(count).boxed_unsync()))
    }

    /// In a task of its own: what has begun is carried out to the end, even
    /// if the client goes away, as a storage server would.
    async fn carry_out(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let line = Arc::clone(&self.line);
        tokio::spawn(async move { line.carry_out(request).await }).await?
    }
}

fn denied() -> Response<Body> {
    let xml = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
    let body = Full::from(xml).map_err(|never| match never {});
    let mut reply = Response::new(body.boxed_unsync());
    *reply.status_mut() = StatusCode::FORBIDDEN;
    reply
}
