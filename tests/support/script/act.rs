//! What a server does with a connection in place of a plain answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use super::{Heard, KEPT, Line};

/// What to send, and then.
#[derive(Clone, Debug)]
pub enum Act {
    Close(Vec<u8>),
    Reset(Vec<u8>),
    /// The next request is waited for.
    Keep(Vec<u8>),
    /// Nothing more comes.
    Stay(Vec<u8>),
    /// The second, byte by byte, ten a second.
    Drip(Vec<u8>, Vec<u8>),
    /// The second again and again, as long as somebody takes it.
    Flood(Vec<u8>, Vec<u8>),
}

pub fn reset(socket: &TcpStream) {
    socket2::SockRef::from(socket)
        .set_linger(Some(Duration::ZERO))
        .unwrap();
}

impl Line {
    /// The request, and all of its body; a body that is asked for is.
    pub fn read_whole(&mut self) -> Option<(Heard, Vec<u8>)> {
        let mut heard = self.hear_head()?;
        if heard.header("expect").is_some() {
            self.send("HTTP/1.1 100 Continue\r\n\r\n");
        }
        let length = heard.header("content-length");
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.socket.read_exact(&mut body).ok()?;
        let kept = body[..body.len().min(KEPT)].to_vec();
        let mut all = self.heard.lock().unwrap();
        if let Some(last) = all.iter_mut().rev().find(|h| h.head == heard.head) {
            last.body.clone_from(&kept);
        }
        heard.body = kept;
        Some((heard, body))
    }

    /// Whether the connection goes on.
    pub fn act(&mut self, act: Act) -> bool {
        match act {
            Act::Keep(bytes) => return self.socket.write_all(&bytes).is_ok(),
            Act::Close(bytes) => {
                let _ = self.socket.write_all(&bytes);
            }
            Act::Reset(bytes) => {
                let _ = self.socket.write_all(&bytes);
                reset(&self.socket);
            }
            Act::Stay(bytes) => {
                let _ = self.socket.write_all(&bytes);
                let _ = self.socket.read(&mut [0]);
            }
            Act::Drip(first, rest) => {
                let mut sent = self.socket.write_all(&first);
                for byte in rest {
                    thread::sleep(Duration::from_millis(100));
                    sent = sent.and_then(|()| self.socket.write_all(&[byte]));
                    if sent.is_err() {
                        break;
                    }
                }
            }
            Act::Flood(first, again) => {
                let mut sent = self.socket.write_all(&first);
                while sent.is_ok() {
                    sent = self.socket.write_all(&again);
                }
            }
        }
        false
    }
}
