//! An S3 server of two objects at most, which is told what to do wrong. It
//! knows what is there at every moment, and looks at each write that is made.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use s3cache::fuzzing::decode;

use crate::step::{Answer, Entry, Step, There, Window};
use s3cache::ErrorKind;

#[derive(Clone)]
pub struct Server {
    pub endpoint: String,
    world: Arc<Mutex<World>>,
}

/// One run's.
#[derive(Default)]
struct World {
    objects: BTreeMap<String, (Vec<u8>, There)>,
    /// What becomes of the requests to come; they are answered after that.
    script: VecDeque<u8>,
    /// After how many more requests it arrives, whose it is, and with what token.
    late: Vec<(usize, Caller, Request)>,
    tags: u64,
    /// The call under way, and the object it is about.
    caller: Option<Caller>,
    name: String,
    window: Option<Window>,
    /// How many writes of each call were made, and how many may be.
    written: BTreeMap<usize, usize>,
    limit: BTreeMap<usize, usize>,
}

#[derive(Clone)]
struct Caller {
    step: Step,
    token: Vec<u64>,
}

#[derive(Clone)]
struct Request {
    method: String,
    name: String,
    ranged: bool,
    if_match: Option<String>,
    if_none_match: bool,
    body: Vec<u8>,
}

enum Reply {
    Bytes(Vec<u8>),
    /// And the connection ends.
    Half(Vec<u8>),
    Hangup,
}

impl Server {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            endpoint: format!("http://{}", listener.local_addr().unwrap()),
            world: Arc::default(),
        };
        let world = Arc::clone(&server.world);
        thread::spawn(move || {
            for socket in listener.incoming().map(Result::unwrap) {
                let world = Arc::clone(&world);
                thread::spawn(move || serve(&socket, &world));
            }
        });
        server
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// An empty bucket, and what becomes of the requests to it.
    pub fn reset(&self, script: &[u8]) {
        *self.lock() = World {
            script: script.iter().copied().collect(),
            ..World::default()
        };
    }

    pub fn begin(&self, step: &Step, name: &str, token: &[u64]) {
        let world = &mut *self.lock();
        let (step, token) = (step.clone(), token.to_vec());
        world.limit.insert(step.nth, usize::MAX);
        if step.is_strict() {
            world.limit.insert(step.nth, 1);
        }
        name.clone_into(&mut world.name);
        world.window = Some(Window {
            there: vec![world.there(name)],
            written: 0,
            faults: 0,
            flipped: false,
            token: token.clone(),
        });
        world.caller = Some(Caller { step, token });
    }

    /// What was there since, after this answer.
    pub fn end(&self, answer: &Answer) -> Window {
        let mut world = self.lock();
        let step = world.caller.take().unwrap().step;
        let mut window = world.window.take().unwrap();
        window.written = world.written.get(&step.nth).copied().unwrap_or(0);
        // What was said to be or not to be stays so.
        if step.is_strict() && *answer != Answer::Failed(ErrorKind::OutcomeUnknown) {
            world.limit.insert(step.nth, window.written);
        }
        window
    }

    /// Nothing goes wrong any more; what is under way arrives, or never does.
    pub fn calm(&self, arrives: bool) {
        let world = &mut *self.lock();
        world.script.clear();
        for (_, caller, request) in std::mem::take(&mut world.late) {
            if arrives {
                world.carry_out(&caller, &request);
            }
        }
    }
}

fn serve(socket: &TcpStream, world: &Mutex<World>) {
    let _ = socket.set_nodelay(true);
    let mut input = BufReader::new(socket);
    while let Some(request) = Request::read(&mut input) {
        let reply = world.lock().unwrap().treat(&request);
        match reply {
            Reply::Bytes(bytes) if (&*socket).write_all(&bytes).is_ok() => {}
            Reply::Half(bytes) => {
                let _ = (&*socket).write_all(&bytes);
                return;
            }
            _ => return,
        }
    }
}

impl World {
    fn there(&self, name: &str) -> There {
        self.objects
            .get(name)
            .map_or_else(There::default, |(_, there)| there.clone())
    }

    fn treat(&mut self, request: &Request) -> Reply {
        let caller = self.caller.clone().expect("a call is under way");
        assert_eq!(request.name, self.name, "another object");
        for at in (0..self.late.len()).rev() {
            self.late[at].0 -= 1;
            if self.late[at].0 == 0 {
                let (_, caller, late) = self.late.remove(at);
                self.carry_out(&caller, &late);
            }
        }
        let fault = self.script.pop_front().unwrap_or(0);
        let (read, conditional) = (request.method == "GET", request.is_conditional());
        let kind = match fault % 16 {
            kind @ 1..=4 => kind,
            kind @ 5..=9 if !read => kind,
            10 if conditional => 10,
            kind @ 11..=12 if read => kind,
            _ => return Reply::Bytes(self.carry_out(&caller, request)),
        };
        let window = self.window.as_mut().expect("with its window");
        window.faults += 1;
        match kind {
            1 => Reply::Hangup,
            2 => refusal(500, "InternalError"),
            3 => refusal(503, "SlowDown"),
            4 => page(502),
            5 => {
                self.carry_out(&caller, request);
                Reply::Hangup
            }
            6 => {
                self.carry_out(&caller, request);
                refusal(500, "InternalError")
            }
            7 => {
                self.carry_out(&caller, request);
                page(502)
            }
            8 => {
                let wait = 1 + usize::from(fault / 16);
                self.late.push((wait, caller, request.clone()));
                Reply::Hangup
            }
            9 => page(200),
            10 => refusal(409, "ConditionalRequestConflict"),
            11 => {
                let mut half = self.carry_out(&caller, request);
                half.truncate(half.len() - half.len() / 8);
                Reply::Half(half)
            }
            _ => {
                let mut reply = self.carry_out(&caller, request);
                let is_get = matches!(caller.step.op, crate::step::Op::Get);
                if is_get && let Some((object, _)) = self.objects.get(&self.name) {
                    let at = reply.len() - 1 - usize::from(fault / 16) % object.len();
                    reply[at] ^= 1 << (fault / 32);
                    self.window.as_mut().expect("as before").flipped = true;
                }
                Reply::Bytes(reply)
            }
        }
    }

    /// What S3 does, at one blow.
    fn carry_out(&mut self, caller: &Caller, request: &Request) -> Vec<u8> {
        let there = self.there(&request.name);
        let tag = there.entry.as_ref().map(|entry| entry.tag);
        if request.method == "GET" {
            let Some((object, _)) = self.objects.get(&request.name) else {
                return answer(404, "", &error("NoSuchKey"));
            };
            let (size, part) = (object.len(), object.len().min(64));
            let tag = format!("etag: \"{}\"\r\n", tag.unwrap());
            if !request.ranged {
                return answer(200, &tag, object);
            }
            let range = format!("{tag}content-range: bytes 0-{}/{size}\r\n", part - 1);
            return answer(206, &range, &object[..part]);
        }
        match (&request.if_match, tag) {
            (Some(_), None) => return answer(404, "", &error("NoSuchKey")),
            (Some(wanted), Some(tag)) if *wanted != format!("\"{tag}\"") => {
                return answer(412, "", &error("PreconditionFailed"));
            }
            (None, Some(_)) if request.if_none_match => {
                return answer(412, "", &error("PreconditionFailed"));
            }
            _ => {}
        }
        self.tags += 1;
        let step = &caller.step;
        let new = (request.method == "PUT").then(|| entry(&request.body, self.tags));
        assert!(
            step.may_write(&there, new.as_ref(), &caller.token),
            "{step:?} makes {new:?} of {there:?}"
        );
        let written = self.written.entry(step.nth).or_default();
        *written += 1;
        assert!(*written <= self.limit[&step.nth], "{step:?} once more");
        let there = There {
            entry: new,
            by: Some(step.nth),
        };
        if let Some(window) = &mut self.window
            && request.name == self.name
        {
            window.there.push(there.clone());
        }
        let object = (request.body.clone(), there);
        let is_put = request.method == "PUT";
        if is_put {
            self.objects.insert(request.name.clone(), object);
            return answer(200, &format!("etag: \"{}\"\r\n", self.tags), b"");
        }
        self.objects.remove(&request.name);
        answer(204, "", b"")
    }
}

/// What an object says, by the library's own reader: others judge that one.
fn entry(object: &[u8], tag: u64) -> Entry {
    let key = object[48..64].try_into().unwrap();
    let whole = decode(object, &key, 1 << 20).unwrap();
    Entry {
        tag,
        value: whole.value,
        expires_at: whole.expires_at,
    }
}

impl Request {
    fn read(input: &mut BufReader<&TcpStream>) -> Option<Self> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            // An error is a client that has gone.
            if input.read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_owned()),
            }
        }
        let header = |name: &str| {
            let mut fields = lines.iter().filter_map(|line| line.split_once(": "));
            let field = fields.find(|field| field.0.eq_ignore_ascii_case(name));
            field.map(|field| field.1.to_owned())
        };
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        input.read_exact(&mut body).ok()?;
        let mut first = lines[0].split(' ');
        Some(Self {
            method: first.next()?.to_owned(),
            name: first.next()?.trim_start_matches("/bucket/").to_owned(),
            ranged: header("range").is_some(),
            if_match: header("if-match"),
            if_none_match: header("if-none-match").is_some(),
            body,
        })
    }

    fn is_conditional(&self) -> bool {
        self.if_none_match || self.if_match.is_some()
    }
}

fn error(code: &str) -> Vec<u8> {
    format!("<Error><Code>{code}</Code><Message>as told</Message></Error>").into_bytes()
}

fn refusal(status: u16, code: &str) -> Reply {
    Reply::Bytes(answer(status, "", &error(code)))
}

/// Of somebody in between.
fn page(status: u16) -> Reply {
    let page = "<html>Welcome</html>";
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-length: {}\r\n\r\n",
        page.len()
    );
    Reply::Bytes((head + page).into_bytes())
}

fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match status {
        204 => String::new(),
        _ => format!("content-length: {}\r\n", body.len()),
    };
    let head = format!(
        "HTTP/1.1 {status} Told\r\nx-amz-request-id: 4442587FB7D0A2F9\r\n{length}{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}
