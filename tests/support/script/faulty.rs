//! A bucket that misbehaves request by request, and can go away and come back
//! at the same address. It keeps connections, each served by a thread.

use std::collections::BTreeMap;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use super::act::{Act, reset};
use super::objects::Objects;
use super::{Heard, Line};

/// What becomes of a request in place of its answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The connection is reset before a byte of the request is read.
    ResetUnread,
    /// It is read, and then the connection reset.
    ResetRead,
    /// It is read, and this done.
    Unapplied(Act),
    /// It is carried out, and with its answer this done.
    Applied(fn(Vec<u8>) -> Act),
}

/// For `fail`: until it is told otherwise.
pub const ALWAYS: usize = usize::MAX;

/// It stops when this is dropped.
#[derive(Debug)]
pub struct Bucket {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    heard: Arc<Mutex<Vec<Heard>>>,
    connections: AtomicUsize,
    /// The number of the listener that is at work; another ends itself.
    era: AtomicUsize,
    /// By the client's address.
    open: Mutex<BTreeMap<SocketAddr, TcpStream>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    objects: Objects,
    plan: Option<Plan>,
}

#[derive(Clone, Debug)]
struct Plan {
    left: usize,
    only: fn(&Heard) -> bool,
    /// Connections that were made after so many are spared.
    until: usize,
    fault: Fault,
    /// In turn with the first, if there is one.
    other: Option<Fault>,
}

impl Bucket {
    pub fn start() -> Self {
        Self::at(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// One that may go away.
    pub fn to_be_left() -> Self {
        Self::at(fixed_port())
    }

    fn at(listener: TcpListener) -> Self {
        let mut bucket = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::default(),
            thread: None,
        };
        bucket.listen(listener);
        bucket
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The next so many requests end like this.
    pub fn fail(&self, times: usize, fault: Fault) {
        self.fail_where(|_| true, times, fault);
    }

    /// The same for those of which this holds.
    pub fn fail_where(&self, only: fn(&Heard) -> bool, left: usize, fault: Fault) {
        self.plan(Plan {
            left,
            only,
            until: usize::MAX,
            fault,
            other: None,
        });
    }

    /// Whatever comes over the connections that there are by now.
    pub fn fail_reused(&self, fault: Fault) {
        self.plan(Plan {
            left: ALWAYS,
            only: |_| true,
            until: self.connections(),
            fault,
            other: None,
        });
    }

    /// Every request ends like one or the other, by turns.
    pub fn fail_by_turns(&self, fault: Fault, other: Fault) {
        self.plan(Plan {
            left: ALWAYS,
            only: |_| true,
            until: usize::MAX,
            fault,
            other: Some(other),
        });
    }

    fn plan(&self, plan: Plan) {
        self.shared.state.lock().unwrap().plan = Some(plan);
    }

    pub fn behave(&self) {
        self.shared.state.lock().unwrap().plan = None;
    }

    /// Lines, each with its end, for the head of each reply.
    pub fn add_to_replies(&self, headers: &str) {
        headers.clone_into(&mut self.shared.state.lock().unwrap().objects.headers);
    }

    pub fn requests(&self) -> usize {
        self.shared.heard.lock().unwrap().len()
    }

    /// Those since the first so many.
    pub fn heard_since(&self, first: usize) -> Vec<Heard> {
        self.shared.heard.lock().unwrap()[first..].to_vec()
    }

    /// Whatever became of them.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// Nobody listens any more, and all connections are closed.
    pub fn go_away(&mut self) {
        self.shared.era.fetch_add(1, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
        for socket in std::mem::take(&mut *self.shared.open.lock().unwrap()).values() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    pub fn come_back(&mut self) {
        let listener = TcpListener::bind(self.address).unwrap();
        self.listen(listener);
    }

    fn listen(&mut self, listener: TcpListener) {
        let shared = Arc::clone(&self.shared);
        let era = shared.era.load(Ordering::SeqCst);
        self.thread = Some(thread::spawn(move || {
            while let Ok((socket, client)) = listener.accept() {
                if shared.era.load(Ordering::SeqCst) != era {
                    return;
                }
                let number = 1 + shared.connections.fetch_add(1, Ordering::SeqCst);
                socket.set_nodelay(true).unwrap();
                let copy = socket.try_clone().unwrap();
                shared.open.lock().unwrap().insert(client, copy);
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let socket = shared.serve(socket, number);
                    // It closes, or is reset, with its last copy.
                    shared.open.lock().unwrap().remove(&client);
                    drop(socket);
                });
            }
        }));
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        self.go_away();
    }
}

/// One that nobody else is given meanwhile: neither another test, nor the
/// client for its own end of a connection, which would then be one to itself.
fn fixed_port() -> TcpListener {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    // Below those that the system gives away, a hundred for each process.
    let first = 10_000 + std::process::id() as usize % 220 * 100;
    loop {
        let port = first + NEXT.fetch_add(1, Ordering::SeqCst) % 100;
        let port = u16::try_from(port).unwrap();
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) {
            return listener;
        }
    }
}

impl Shared {
    fn serve(&self, socket: TcpStream, number: usize) -> TcpStream {
        // A reset before anything is sent would be taken for one of connecting.
        let _ = socket.peek(&mut [0]);
        if let Some(Fault::ResetUnread) = self.fate(None, number) {
            reset(&socket);
            return socket;
        }
        let mut line = Line {
            socket,
            heard: Arc::clone(&self.heard),
        };
        while let Some((heard, body)) = line.read_whole() {
            let act = match self.fate(Some(&heard), number) {
                None => Act::Keep(self.carry_out(&heard, body)),
                Some(Fault::ResetUnread | Fault::ResetRead) => Act::Reset(Vec::new()),
                Some(Fault::Unapplied(act)) => act,
                Some(Fault::Applied(bend)) => bend(self.carry_out(&heard, body)),
            };
            if !line.act(act) {
                break;
            }
        }
        line.socket
    }

    fn carry_out(&self, heard: &Heard, body: Vec<u8>) -> Vec<u8> {
        let objects = &mut self.state.lock().unwrap().objects;
        objects.carry_out(heard, body)
    }

    /// `None`: before the request is read.
    fn fate(&self, heard: Option<&Heard>, number: usize) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        let plan = state.plan.as_mut().filter(|plan| plan.left > 0)?;
        let unread = matches!(plan.fault, Fault::ResetUnread);
        let meant = match heard {
            None => unread,
            Some(heard) => (plan.only)(heard),
        };
        if !meant || number > plan.until {
            return None;
        }
        plan.left -= usize::from(plan.left != ALWAYS);
        let fault = plan.fault.clone();
        if let Some(other) = plan.other.replace(fault.clone()) {
            plan.fault = other;
        } else {
            plan.other = None;
        }
        Some(fault)
    }
}
