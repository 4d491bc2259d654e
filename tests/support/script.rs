//! A server of few words, for replies that no real one can be made to give:
//! it does with each connection what the test says.

mod act;
mod faulty;
mod objects;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

pub use act::Act;
pub use faulty::{ALWAYS, Bucket, Fault};
pub use objects::answer;

/// So much of each request's body is kept: a test of memory counts it, too.
const KEPT: usize = 1024;

/// It stops when this is dropped.
#[derive(Debug)]
pub struct Script {
    pub endpoint: String,
    heard: Arc<Mutex<Vec<Heard>>>,
    stopped: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Script {
    /// Every connection goes to `serve`, one after another.
    pub fn serving(mut serve: impl FnMut(Line) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let stopped = Arc::new(AtomicBool::new(false));
        let heard = Arc::<Mutex<Vec<Heard>>>::default();
        let (stop, all) = (Arc::clone(&stopped), Arc::clone(&heard));
        let thread = thread::spawn(move || {
            for socket in listener.incoming().map(Result::unwrap) {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                serve(Line {
                    socket,
                    heard: Arc::clone(&all),
                });
            }
        });
        Self {
            endpoint,
            heard,
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

    /// To every request what `tell` makes of it.
    pub fn telling(mut tell: impl FnMut(&Heard) -> String + Send + 'static) -> Self {
        Self::serving(move |mut line| {
            if line.read_request().is_some() {
                let told = tell(&line.last());
                line.send(&told);
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
        self.heard.lock().unwrap().len()
    }

    /// All requests so far.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
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
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Line {
    /// The head of a request, in lower case, and as much body as it announces.
    pub fn read_request(&mut self) -> Option<String> {
        let head = self.read_head()?;
        self.read_body(&head);
        Some(head)
    }

    /// So much as this head announces.
    pub fn read_body(&mut self, head: &str) {
        let length = head.split("content-length: ").nth(1);
        let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        let _ = self.socket.read_exact(&mut body);
        if let Some(heard) = self.heard.lock().unwrap().last_mut() {
            body.truncate(KEPT);
            body.shrink_to_fit();
            heard.body = body;
        }
    }

    /// The head alone; TLS is taken for a head after its first byte.
    pub fn read_head(&mut self) -> Option<String> {
        Some(self.hear_head()?.head.to_ascii_lowercase())
    }

    fn hear_head(&mut self) -> Option<Heard> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") && head != [0x16] {
            if self.socket.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let request = Heard {
            head: String::from_utf8_lossy(&head).into_owned(),
            body: Vec::new(),
        };
        self.heard.lock().unwrap().push(request.clone());
        Some(request)
    }

    fn last(&self) -> Heard {
        self.heard.lock().unwrap().last().unwrap().clone()
    }

    pub fn send(&mut self, bytes: &str) {
        let _ = self.socket.write_all(bytes.as_bytes());
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    /// To the empty line.
    head: String,
    /// Its first bytes.
    pub body: Vec<u8>,
}

impl Heard {
    /// `PUT /bucket/name`
    pub fn line(&self) -> &str {
        self.head.split(" HTTP/1.1").next().unwrap()
    }

    pub fn method(&self) -> &str {
        self.head.split(' ').next().unwrap()
    }

    /// The value, where the name comes once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.fields().filter(|field| field.0 == name);
        let value = found.next()?.1;
        assert!(found.next().is_none(), "{name} comes twice");
        Some(value)
    }

    /// Sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.fields().map(|field| field.0).collect();
        names.sort();
        names
    }

    /// The names that the signature covers.
    pub fn signed(&self) -> Vec<&str> {
        let text = self.header("authorization").unwrap();
        let rest = text.split("SignedHeaders=").nth(1).unwrap();
        rest.split(',').next().unwrap().split(';').collect()
    }

    /// The region it is signed for.
    pub fn region(&self) -> &str {
        let text = self.header("authorization").unwrap();
        let scope = text.split("Credential=").nth(1).unwrap();
        scope.split('/').nth(2).unwrap()
    }

    fn fields(&self) -> impl Iterator<Item = (String, &str)> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.map(|(name, value)| (name.to_ascii_lowercase(), value))
    }
}
