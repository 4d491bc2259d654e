//! An S3 server whose every step is drawn from a seed, and the turns of the
//! clients that race on it.
//!
//! One client runs at a time: until its next request has come in, or it is
//! about to begin a call. Then it is parked, and of all that are parked one is
//! drawn to go on, and what becomes of its request. Nothing depends on time: a
//! client that pauses is waited for. So a seed always gives the same schedule.

use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::draw::Draw;
use super::fate::Fate;
use super::state::{Record, State, Told, Turn};
use super::wire::Request;

/// When nothing has moved for so long, something is wrong in here or in the library.
const PATIENCE: Duration = Duration::from_secs(60);

thread_local! {
    /// One for all the seeds of a lane, as ports are few.
    static LISTENER: TcpListener = TcpListener::bind("127.0.0.1:0").unwrap();
}

/// It stops when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) endpoint: String,
    turns: Arc<Turns>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Turns {
    address: SocketAddr,
    state: Mutex<State>,
    /// One for each client: it has been drawn.
    drawn: Vec<Condvar>,
    connections: Mutex<Vec<TcpStream>>,
}

impl Server {
    /// For up to so many clients, of whom none is there yet.
    pub(crate) fn start(clients: usize, draw: Draw) -> Self {
        let listener = LISTENER.with(TcpListener::try_clone).unwrap();
        let address = listener.local_addr().unwrap();
        let turns = Arc::new(Turns {
            address,
            drawn: (0..clients).map(|_| Condvar::new()).collect(),
            state: Mutex::new(State::new(clients, draw)),
            connections: Mutex::default(),
        });
        let shared = Arc::clone(&turns);
        let thread = thread::spawn(move || {
            for socket in listener.incoming().map(Result::unwrap) {
                if shared.lock().stopped {
                    return;
                }
                let turns = Arc::clone(&shared);
                // It ends when the client goes.
                thread::spawn(move || turns.serve(&socket));
            }
        });
        Self {
            endpoint: format!("http://{address}"),
            turns,
            thread: Some(thread),
        }
    }

    /// Where the clients find the server, or do not: a handle asks before its
    /// first request, and after every one that reached nobody.
    pub(crate) fn resolver(&self) -> impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + use<> {
        let turns = Arc::clone(&self.turns);
        move |_, _| match turns.lock().is_unreachable() {
            None => Ok(vec![turns.address]),
            Some(true) => Err(io::Error::other("no such host")),
            // Nobody listens there.
            Some(false) => Ok(vec![(Ipv4Addr::LOCALHOST, 1).into()]),
        }
    }

    /// Client 0 is alone, and nothing disturbs it. What was still under way
    /// arrives first, or never does.
    pub(crate) fn calm(&self) {
        self.turns.lock().calm();
    }

    /// So many clients race. Nobody runs until all have begun.
    pub(crate) fn race(&self, clients: usize, fates: &[Fate]) {
        self.turns.lock().race(clients, fates);
    }

    /// Waits for this client's turn to call. The moment, which is also the call's name.
    pub(crate) fn begin(&self, client: usize) -> u64 {
        match self.turns.park(client, Turn::Begin) {
            Told::Begin(moment) => moment,
            other => panic!("{other:?} for a call"),
        }
    }

    /// The call has returned: the moment.
    pub(crate) fn end(&self, client: usize) -> u64 {
        self.turns.lock().tick(client, "hears the end")
    }

    /// One client less.
    pub(crate) fn leave(&self) {
        let mut state = self.turns.lock();
        state.live -= 1;
        self.turns.advance(&mut state);
    }

    /// Before the clients do: who closes first, has the port taken for a minute,
    /// and theirs are for everybody.
    pub(crate) fn hang_up(&self) {
        for connection in self.turns.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// What has happened, once it is over.
    pub(crate) fn record(&self) -> Record {
        self.turns.lock().record()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.turns.lock().stopped = true;
        let _ = TcpStream::connect(self.turns.address);
        let _ = self.thread.take().unwrap().join();
    }
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Waits until this client is drawn.
    fn park(&self, client: usize, turn: Turn) -> Told {
        let mut state = self.lock();
        state.parked[client] = Some(turn);
        self.advance(&mut state);
        loop {
            if let Some(told) = state.told[client].take() {
                return told;
            }
            let (again, timeout) = self.drawn[client].wait_timeout(state, PATIENCE).unwrap();
            state = again;
            assert!(!timeout.timed_out(), "stuck:\n{}", state.log.join("\n"));
        }
    }

    /// If nobody runs any more, draws who does next.
    fn advance(&self, state: &mut State) {
        if let Some(client) = state.draw_next() {
            self.drawn[client].notify_one();
        }
    }

    /// Only one client runs, so a request is that one's.
    fn serve(&self, socket: &TcpStream) {
        let _ = socket.set_nodelay(true);
        let kept = socket.try_clone().unwrap();
        self.connections.lock().unwrap().push(kept);
        let mut input = BufReader::new(socket);
        while let Some(request) = Request::read(&mut input) {
            let client = self.lock().running;
            match self.park(client, Turn::Request(request)) {
                Told::Reply(reply) if (&*socket).write_all(&reply).is_ok() => {}
                Told::Last(reply) => {
                    let _ = (&*socket).write_all(&reply);
                    break;
                }
                _ => break,
            }
        }
        let _ = socket.shutdown(Shutdown::Both);
    }
}
