//! An S3 server whose every step is drawn from a seed, and the turns of the
//! clients that race on it.
//!
//! One client runs at a time: until its next request has come in, or it is
//! about to begin a call. Then it is parked, and of all that are parked one is
//! drawn to go on, and what becomes of its request. Nothing depends on time: a
//! client that pauses is waited for. So a seed always gives the same schedule.

use std::collections::BTreeMap;
use std::io::{BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::wire::{Request, refusal, reply};

/// When nothing has moved for so long, something is wrong in here or in the library.
const PATIENCE: Duration = Duration::from_secs(60);
/// Faults are for writes; of a hundred that would hit a read, so many do.
const READS: u64 = 15;
/// So many faults a race meets with at most.
const FAULTS: usize = 8;

/// `SplitMix64`.
#[derive(Clone, Debug, Default)]
pub struct Draw(pub u64);

/// It stops when this is dropped.
#[derive(Debug)]
pub struct Simulated {
    pub endpoint: String,
    turns: Arc<Turns>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Turns {
    state: Mutex<State>,
    /// One for each client: it has been drawn.
    drawn: Vec<Condvar>,
}

#[derive(Debug, Default)]
struct State {
    draw: Draw,
    /// Of a hundred requests so many meet with a fault, while any are left.
    rate: u64,
    faults: usize,
    /// How many clients are there.
    live: usize,
    running: usize,
    parked: Vec<Option<Turn>>,
    told: Vec<Option<Told>>,
    /// The call that each client is in.
    calls: Vec<u64>,
    /// Requests that arrive when they are drawn, and whose they are.
    late: Vec<(usize, u64, Request)>,
    objects: BTreeMap<String, (u64, Vec<u8>)>,
    /// What is the same has the same `ETag`, as where that is MD5; else every
    /// write has a new one.
    tags_by_content: bool,
    tags: BTreeMap<Vec<u8>, u64>,
    /// How many writes of each call were carried out.
    written: BTreeMap<u64, usize>,
    clock: u64,
    log: Vec<String>,
    stopped: bool,
}

/// What a client is parked with.
#[derive(Debug)]
enum Turn {
    Begin,
    Request(Request),
}

#[derive(Debug)]
enum Told {
    Begin(u64),
    Reply(Vec<u8>),
    Hangup,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Answered,
    RequestLost,
    Failed,
    ReplyLost,
    /// Its connection is lost at once, and it arrives when it is drawn.
    Late,
    /// Carried out, and 500 all the same.
    FailedAfter,
    Undecided,
}

/// The first two befall reads, the first six any write; some are likelier.
const FATES: [Fate; 7] = [
    Fate::RequestLost,
    Fate::Failed,
    Fate::ReplyLost,
    Fate::Late,
    Fate::Late,
    Fate::FailedAfter,
    Fate::Undecided,
];

impl Draw {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end as u64).unwrap()
    }

    /// So often in a hundred.
    pub fn often(&mut self, percent: u64) -> bool {
        (self.below(100) as u64) < percent
    }

    pub fn of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len())]
    }
}

impl Simulated {
    /// For up to so many clients, of whom none is there yet.
    pub fn start(clients: usize, mut draw: Draw) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let turns = Arc::new(Turns {
            drawn: (0..clients).map(|_| Condvar::new()).collect(),
            state: Mutex::new(State {
                rate: draw.of(&[0, 15, 30, 60]),
                tags_by_content: draw.often(50),
                draw,
                parked: (0..clients).map(|_| None).collect(),
                told: (0..clients).map(|_| None).collect(),
                calls: vec![0; clients],
                ..State::default()
            }),
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
            endpoint,
            turns,
            thread: Some(thread),
        }
    }

    /// Client 0 is alone, and nothing disturbs it. What was still under way
    /// arrives first, or never does.
    pub fn calm(&self) {
        let mut state = self.turns.lock();
        while !state.late.is_empty() {
            let late = state.late.len();
            let at = state.draw.below(late + 1);
            if at == late {
                state.late.clear();
            } else {
                state.arrive(at);
            }
        }
        (state.live, state.faults) = (1, 0);
    }

    /// So many clients race. Nobody runs until all have begun.
    pub fn race(&self, clients: usize) {
        let mut state = self.turns.lock();
        (state.live, state.faults) = (clients, FAULTS);
    }

    /// Waits for this client's turn to call. The moment, which is also the call's name.
    pub fn begin(&self, client: usize) -> u64 {
        match self.turns.park(client, Turn::Begin) {
            Told::Begin(moment) => moment,
            other => panic!("{other:?} for a call"),
        }
    }

    /// The call has returned: the moment.
    pub fn end(&self, client: usize) -> u64 {
        self.turns.lock().tick(client, "hears the end")
    }

    /// One client less.
    pub fn leave(&self) {
        let mut state = self.turns.lock();
        state.live -= 1;
        self.turns.advance(&mut state);
    }

    /// How many writes of a call were carried out, answered or not.
    pub fn written(&self, call: u64) -> usize {
        self.turns.lock().written.get(&call).copied().unwrap_or(0)
    }

    pub fn log(&self) -> Vec<String> {
        self.turns.lock().log.clone()
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        self.turns.lock().stopped = true;
        let _ = TcpStream::connect(self.endpoint.trim_start_matches("http://"));
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
        let clients = 0..state.parked.len();
        let waiting: Vec<_> = clients.filter(|i| state.parked[*i].is_some()).collect();
        if waiting.is_empty() || waiting.len() < state.live {
            return;
        }
        loop {
            let at = state.draw.below(waiting.len() + state.late.len());
            if at >= waiting.len() {
                state.arrive(at - waiting.len());
                continue;
            }
            let client = waiting[at];
            state.running = client;
            state.told[client] = Some(match state.parked[client].take().unwrap() {
                Turn::Begin => Told::Begin(state.begin(client)),
                Turn::Request(request) => state.treat(client, request),
            });
            self.drawn[client].notify_one();
            return;
        }
    }

    /// Only one client runs, so a request is that one's.
    fn serve(&self, socket: &TcpStream) {
        let _ = socket.set_nodelay(true);
        let mut input = BufReader::new(socket);
        while let Some(request) = Request::read(&mut input) {
            let client = self.lock().running;
            match self.park(client, Turn::Request(request)) {
                Told::Reply(reply) if (&*socket).write_all(&reply).is_ok() => {}
                _ => return,
            }
        }
    }
}

impl State {
    fn tick(&mut self, client: usize, what: &str) -> u64 {
        let line = format!("{:3}  client {client}  {what}", self.clock);
        self.log.push(line);
        self.clock += 1;
        self.clock - 1
    }

    fn begin(&mut self, client: usize) -> u64 {
        self.calls[client] = self.tick(client, "begins");
        self.calls[client]
    }

    fn arrive(&mut self, at: usize) {
        let (client, call, request) = self.late.swap_remove(at);
        let (status, _) = self.carry_out(call, &request);
        let what = format!("{} arrives: {status}", request.told());
        self.tick(client, &what);
    }

    fn treat(&mut self, client: usize, request: Request) -> Told {
        use Fate as F;
        let (fate, call) = (self.fate(&request), self.calls[client]);
        let done = matches!(fate, F::Answered | F::ReplyLost | F::FailedAfter);
        let done = done.then(|| self.carry_out(call, &request));
        let status = done
            .as_ref()
            .map_or(String::new(), |(status, _)| status.to_string());
        self.tick(client, &format!("{}: {fate:?} {status}", request.told()));
        let fault = |status, code| Told::Reply(refusal(status, code).1);
        match (fate, done) {
            (F::Answered, Some((_, reply))) => Told::Reply(reply),
            (F::Undecided, _) => fault(409, "ConditionalRequestConflict"),
            (F::Failed | F::FailedAfter, _) => fault(500, "InternalError"),
            (F::Late, _) => {
                self.late.push((client, call, request));
                Told::Hangup
            }
            _ => Told::Hangup,
        }
    }

    fn fate(&mut self, request: &Request) -> Fate {
        let read = request.method == "GET";
        let spared = self.faults == 0 || !self.draw.often(self.rate);
        if spared || read && !self.draw.often(READS) {
            return Fate::Answered;
        }
        self.faults -= 1;
        let some = match (read, request.is_conditional()) {
            (true, _) => &FATES[..2],
            (_, false) => &FATES[..6],
            (_, true) => &FATES,
        };
        self.draw.of(some)
    }

    /// What S3 does, at one blow. The status and the whole reply.
    fn carry_out(&mut self, call: u64, request: &Request) -> (u16, Vec<u8>) {
        let there = self.objects.get(&request.name);
        if request.method == "GET" {
            let Some((tag, body)) = there else {
                return refusal(404, "NoSuchKey");
            };
            let (size, part) = (body.len(), body.len().min(64));
            let tag = format!("etag: \"{tag}\"\r\n");
            if !request.ranged {
                return (200, reply(200, &tag, body));
            }
            let range = format!("{tag}content-range: bytes 0-{}/{size}\r\n", part - 1);
            return (206, reply(206, &range, &body[..part]));
        }
        match (&request.if_match, there) {
            (Some(_), None) => return refusal(404, "NoSuchKey"),
            (Some(wanted), Some((tag, _))) if *wanted != format!("\"{tag}\"") => {
                return refusal(412, "PreconditionFailed");
            }
            (None, Some(_)) if request.if_none_match => {
                return refusal(412, "PreconditionFailed");
            }
            _ => {}
        }
        *self.written.entry(call).or_default() += 1;
        if request.method == "DELETE" {
            self.objects.remove(&request.name);
            return (204, reply(204, "", b""));
        }
        let mut tag = self.clock;
        if self.tags_by_content {
            tag = *self.tags.entry(request.body.clone()).or_insert(tag);
        }
        let object = (tag, request.body.clone());
        self.objects.insert(request.name.clone(), object);
        (200, reply(200, &format!("etag: \"{tag}\"\r\n"), b""))
    }
}
