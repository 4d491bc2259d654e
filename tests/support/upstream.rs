//! The way to an external engine: requests pass as they are, the `Host` they
//! were signed with included, over one connection for each of the client's.

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::engine::{Body, Failure};

type Sender = SendRequest<Full<Bytes>>;

#[derive(Debug)]
pub struct Upstream {
    /// `host:port`
    address: String,
    sender: Mutex<Option<Sender>>,
}

impl Upstream {
    pub fn new(address: String) -> Self {
        Self {
            address,
            sender: Mutex::new(None),
        }
    }

    pub async fn carry_out(&self, request: Request<Incoming>) -> Result<Response<Body>, Failure> {
        let (head, body) = request.into_parts();
        let body = Full::new(body.collect().await?.to_bytes());
        let mut request = Request::from_parts(head, body);
        let mut sender = self.sender.lock().await;
        loop {
            let (mut live, fresh) = match sender.take() {
                Some(kept) => (kept, false),
                None => (self.connect().await?, true),
            };
            let refused = if live.ready().await.is_ok() {
                match live.try_send_request(request).await {
                    Ok(reply) => {
                        *sender = Some(live);
                        return Ok(reply.map(|body| body.map_err(Failure::from).boxed_unsync()));
                    }
                    Err(mut error) => match error.take_message() {
                        Some(unsent) => unsent,
                        // Sent, and no reply: nor is there one for the client.
                        None => return Err(error.into_error().into()),
                    },
                }
            } else {
                request
            };
            if fresh {
                return Err("the engine closes connections at once".into());
            }
            // The kept connection was closed meanwhile.
            request = refused;
        }
    }

    async fn connect(&self) -> Result<Sender, Failure> {
        let socket = TcpStream::connect(&self.address).await?;
        socket.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(socket)).await?;
        tokio::spawn(connection);
        Ok(sender)
    }
}
