//! A server of few words, for replies that no real one can be made to give:
//! it does with each connection what the test says.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// It stops when this is dropped.
#[derive(Debug)]
pub struct Script {
    pub endpoint: String,
    requests: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Script {
    /// Every connection goes to `serve`, one after another.
    pub fn serving(mut serve: impl FnMut(Line) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stopped = Arc::new(AtomicBool::new(false));
        let requests = Arc::new(AtomicUsize::new(0));
        let (stop, count) = (Arc::clone(&stopped), Arc::clone(&requests));
        let thread = thread::spawn(move || {
            for socket in listener.incoming().map(Result::unwrap) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                serve(Line {
                    socket,
                    requests: Arc::clone(&count),
                });
            }
        });
        Self {
            endpoint,
            requests,
            stopped,
            thread: Some(thread),
        }
    }

    /// To every request the same bytes. Where they end in `…`, the rest never
    /// comes, but the connection stays.
    pub fn answering(reply: impl Into<String>) -> Self {
        let reply = reply.into();
        let mut held = Vec::new();
        Self::serving(move |mut line| {
            if line.read_request().is_some() {
                let sent = reply.trim_end_matches('…');
                line.send(sent);
                if sent != reply {
                    held.push(line);
                }
            }
        })
    }

    /// Connections are accepted, and that is all.
    pub fn silent() -> Self {
        let mut held = Vec::new();
        Self::serving(move |line| held.push(line))
    }

    pub fn replying(head: &str, body: &str) -> Self {
        Self::answering(reply(head, body))
    }

    /// An error as S3 words it.
    pub fn refusing(status: u16, code: &str, more: &str) -> Self {
        Self::answering(refusal(status, code, more))
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
        let _ = self.thread.take().unwrap().join();
    }
}

/// A whole reply, after which the connection closes.
pub fn reply(head: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

pub fn refusal(status: u16, code: &str, more: &str) -> String {
    let xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>as told</Message><RequestId>4442587FB7D0A2F9</RequestId>{more}</Error>"
    );
    reply(
        &format!("{status} Told\r\ncontent-type: application/xml"),
        &xml,
    )
}

/// The server's end of one connection.
#[derive(Debug)]
pub struct Line {
    pub socket: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Line {
    /// The head of a request, in lower case, and as much body as it announces.
    pub fn read_request(&mut self) -> Option<String> {
        let head = self.read_head()?;
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        let _ = self.socket.read_exact(&mut body);
        Some(head)
    }

    /// The head alone; TLS is taken for a head after its first byte.
    pub fn read_head(&mut self) -> Option<String> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && head != [0x16] {
            if self.socket.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        self.requests.fetch_add(1, Ordering::SeqCst);
        Some(String::from_utf8_lossy(&head).to_ascii_lowercase())
    }

    pub fn send(&mut self, bytes: &str) {
        let _ = self.socket.write_all(bytes.as_bytes());
    }
}
