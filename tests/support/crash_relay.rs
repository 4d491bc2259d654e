//! A relay of bytes between a client and a server, which sees how much of a
//! PUT arrives in one piece, and can end the client in the middle of one. The
//! server is then shown what a killed process shows it: an end.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// A server that has a head alone for so long is reading the body.
const PAUSE: Duration = Duration::from_millis(5);

/// A PUT as it arrived.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Put {
    /// Bytes of its body.
    pub(crate) length: usize,
    /// So many of them came in the read that brought the end of its head.
    pub(crate) with_head: usize,
    /// Whether it asks for leave before it sends its body.
    pub(crate) asks: bool,
    /// Whether it says of what type its body is.
    pub(crate) typed: bool,
}

/// How much of a PUT the server gets to see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ends {
    /// What arrived with the head.
    AfterTheFirstRead,
    /// The head, and so many of a thousand parts of the body, but one byte of
    /// it at least; 0: none at all.
    Within(usize),
    /// The head alone, and the end when the server has had time to wait for
    /// more, or has given leave.
    AfterThePause,
}

/// What ends the client, just before the server is shown the end of it.
type Kill = Box<dyn FnOnce() + Send>;

struct Aim {
    /// So many PUTs pass before.
    skip: usize,
    ends: Ends,
    kill: Kill,
}

#[derive(Default)]
struct State {
    puts: Mutex<Vec<Put>>,
    aim: Mutex<Option<Aim>>,
    lines: Mutex<Vec<JoinHandle<()>>>,
    stopped: AtomicBool,
}

/// It stops when this is dropped.
pub(crate) struct Relay {
    address: SocketAddr,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// To `server`, a `host:port`.
    pub(crate) fn to(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        let thread = thread::spawn(move || {
            for client in listener.incoming().map(Result::unwrap) {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let server = TcpStream::connect(&server).unwrap();
                let line = Line::new(client, server, Arc::clone(&shared));
                let thread = thread::spawn(move || line.serve());
                shared.lines.lock().unwrap().push(thread);
            }
        });
        Self {
            address,
            state,
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// The PUTs since this was last asked.
    pub(crate) fn take_puts(&self) -> Vec<Put> {
        std::mem::take(&mut self.state.puts.lock().unwrap())
    }

    /// The PUT after the next `skip` ends like this; `kill` ends its client.
    pub(crate) fn aim(&self, skip: usize, ends: Ends, kill: impl FnOnce() + Send + 'static) {
        let kill = Box::new(kill);
        *self.state.aim.lock().unwrap() = Some(Aim { skip, ends, kill });
    }

    /// Returns when the server has closed all connections of clients that have
    /// gone: it is done with what they left.
    pub(crate) fn settle(&self) {
        let lines = std::mem::take(&mut *self.state.lines.lock().unwrap());
        for line in lines {
            line.join().unwrap();
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// One connection.
struct Line {
    client: TcpStream,
    server: TcpStream,
    state: Arc<State>,
}

impl Line {
    fn new(client: TcpStream, server: TcpStream, state: Arc<State>) -> Self {
        client.set_nodelay(true).unwrap();
        server.set_nodelay(true).unwrap();
        Self {
            client,
            server,
            state,
        }
    }

    fn serve(self) {
        let (client, server) = (
            self.client.try_clone().unwrap(),
            self.server.try_clone().unwrap(),
        );
        let (answers, answered) = mpsc::channel();
        let down = thread::spawn(move || {
            pour(&server, &client, &answers);
            // Whatever the client still has to say, there is nobody to say it to.
            let _ = client.shutdown(Shutdown::Both);
        });
        self.up(&answered);
        let _ = self.server.shutdown(Shutdown::Write);
        down.join().unwrap();
    }

    /// Request by request, until either side ends or the aim has been met.
    fn up(&self, answered: &Receiver<()>) -> Option<()> {
        let mut read = vec![0; 256 << 10];
        let mut held = Vec::new();
        loop {
            let end = loop {
                if let Some(at) = held.windows(4).position(|four| four == b"\r\n\r\n") {
                    break at + 4;
                }
                held.extend_from_slice(self.read(&mut read)?);
            };
            let text = String::from_utf8_lossy(&held[..end]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1);
            let length = length.map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
            let mut left = length;
            if text.starts_with("put ") {
                let put = Put {
                    length,
                    with_head: held.len() - end,
                    asks: text.contains("\r\nexpect: 100-continue\r\n"),
                    typed: text.contains("\r\ncontent-type: "),
                };
                self.state.puts.lock().unwrap().push(put);
                if let Some(aim) = self.due() {
                    return self.end(aim, put, held, end, answered);
                }
            }
            let here = left.min(held.len() - end);
            self.write(&held[..end + here])?;
            held.drain(..end + here);
            left -= here;
            while left > 0 {
                let bytes = self.read(&mut read)?;
                let here = left.min(bytes.len());
                self.write(&bytes[..here])?;
                held.extend_from_slice(&bytes[here..]);
                left -= here;
            }
        }
    }

    /// The aim, if this PUT is the one.
    fn due(&self) -> Option<Aim> {
        let mut aim = self.state.aim.lock().unwrap();
        let counting = aim.as_mut()?;
        if counting.skip > 0 {
            counting.skip -= 1;
            return None;
        }
        aim.take()
    }

    /// Shows the server as much as the aim says, and then the end.
    fn end(
        &self,
        aim: Aim,
        put: Put,
        mut held: Vec<u8>,
        end: usize,
        answered: &Receiver<()>,
    ) -> Option<()> {
        let pauses = matches!(aim.ends, Ends::AfterThePause);
        let body = match aim.ends {
            Ends::AfterTheFirstRead => put.with_head,
            Ends::Within(0) | Ends::AfterThePause => 0,
            Ends::Within(parts) => (put.length * parts / 1000).max(1),
        };
        // Only the leave that the server gives makes the client send its body.
        let mut shown = 0;
        if pauses || (put.asks && body > 0) {
            while answered.try_recv().is_ok() {}
            self.write(&held[..end])?;
            shown = end;
        }
        if pauses && put.asks {
            answered.recv().ok()?;
        } else if pauses {
            thread::sleep(PAUSE);
        }
        let mut read = vec![0; 256 << 10];
        while held.len() < end + body {
            held.extend_from_slice(self.read(&mut read)?);
        }
        (aim.kill)();
        self.write(&held[shown..end + body])
    }

    fn read<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let read = (&self.client).read(buffer).ok()?;
        (read > 0).then(|| &buffer[..read])
    }

    fn write(&self, bytes: &[u8]) -> Option<()> {
        (&self.server).write_all(bytes).ok()
    }
}

/// To the server's end, whether the client is still there or not.
fn pour(mut from: &TcpStream, mut to: &TcpStream, told: &mpsc::Sender<()>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let _ = told.send(());
        let _ = to.write_all(&bytes[..read]);
    }
}
