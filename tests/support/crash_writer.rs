//! The writer that gets killed: this test binary once more, as a process that
//! writes one key over and over, and tells of each write before and after it.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;

use s3cache::{Cache, ConditionalWrites, Options, Timeout};

use super::support::Site;

const CHILD: &str = "S3CACHE_TEST_CHILD";
/// What Rust's test harness ends with after a panic.
const PANICKED: i32 = 101;
pub(crate) const KEY: &str = "k";

/// How a writer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `set`: a PUT.
    Set,
    /// `set` through a cache opened for it: a PUT over a new connection.
    SetAnew,
    /// `update`: a PUT with `If-Match`.
    Update,
    /// `add` of a key that is not there: a PUT with `If-None-Match`. Once.
    Add,
}

impl Way {
    pub(crate) const ALL: [Self; 4] = [Self::Set, Self::SetAnew, Self::Update, Self::Add];
}

/// A value tells its number by every 8 bytes of it, so that no part of one can
/// be taken for that of another.
pub(crate) fn value(number: u64, size: usize) -> Vec<u8> {
    let mut mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mut value = number.to_le_bytes().to_vec();
    value.extend_from_slice(&mixed.to_le_bytes());
    let mut value = value.repeat(size.div_ceil(16));
    value.truncate(size);
    value
}

/// What a writer has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Begun(u64),
    Done(u64),
}

/// What a writer is to do.
#[derive(Debug)]
pub(crate) struct Order<'a> {
    pub(crate) way: Way,
    /// Its first number; each write has the next one.
    pub(crate) first: u64,
    /// By turns.
    pub(crate) sizes: &'a [usize],
    /// Below the site's own folder.
    pub(crate) location: &'a str,
}

/// A writer at work. It ends when this is dropped.
pub(crate) struct Writer {
    child: Arc<Mutex<Child>>,
    pub(crate) said: Receiver<Said>,
}

impl Writer {
    /// Sends its requests to `server`, a `host:port`.
    pub(crate) fn start(site: &Site, server: &str, order: &Order<'_>) -> Self {
        let way = Way::ALL.iter().position(|way| *way == order.way).unwrap();
        let mut words = vec![
            server.to_owned(),
            site.bucket().into(),
            site.region().into(),
            site.location(order.location),
            site.access_key().into(),
            site.secret_key().into(),
            way.to_string(),
            order.first.to_string(),
        ];
        words.extend(order.sizes.iter().map(ToString::to_string));
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "writer_process", "--ignored", "--nocapture"])
            .env(CHILD, words.join(" "))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (tell, said) = mpsc::channel();
        thread::spawn(move || {
            for said in lines.map_while(Result::ok).filter_map(|line| read(&line)) {
                let _ = tell.send(said);
            }
        });
        Self {
            child: Arc::new(Mutex::new(child)),
            said,
        }
    }

    /// What kills it, for another thread to call.
    pub(crate) fn killer(&self) -> impl FnOnce() + Send + 'static {
        let child = Arc::clone(&self.child);
        move || kill(&child)
    }

    pub(crate) fn kill(&self) {
        kill(&self.child);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// SIGKILL, on Unix; gone on return.
fn kill(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap();
    let _ = child.kill();
    let code = child.wait().unwrap().code();
    // A second panic would hide the first.
    assert!(
        code != Some(PANICKED) || thread::panicking(),
        "the writer has failed"
    );
}

/// A line, behind whatever the test's harness has put before it.
fn read(line: &str) -> Option<Said> {
    let (rest, number) = line.rsplit_once(' ')?;
    let number = number.parse().ok()?;
    match rest.rsplit(' ').next()? {
        "begun" => Some(Said::Begun(number)),
        "done" => Some(Said::Done(number)),
        _ => None,
    }
}

/// In the process of a writer: writes until it is killed. Elsewhere: returns.
pub(crate) fn write_for_ever() {
    let Ok(order) = env::var(CHILD) else {
        return;
    };
    let words: Vec<&str> = order.split(' ').collect();
    let [
        server,
        bucket,
        region,
        location,
        access_key,
        secret_key,
        way,
        first,
        ..,
    ] = words[..]
    else {
        panic!("{order}");
    };
    let open = || {
        let options = Options::new(bucket)
            .endpoint(format!("http://{server}"))
            .region(region)
            .location(location)
            .credentials(access_key, secret_key)
            .conditional_writes(ConditionalWrites::Assume)
            .max_entries(0);
        Cache::open(options).unwrap()
    };
    let way = Way::ALL[way.parse::<usize>().unwrap()];
    let first: u64 = first.parse().unwrap();
    let sizes: Vec<usize> = words[8..]
        .iter()
        .map(|word| word.parse().unwrap())
        .collect();
    let mut cache = open();
    for (number, size) in (first..).zip(sizes.iter().cycle()) {
        let value = value(number, *size);
        say("begun", number);
        match way {
            Way::Set => cache.set(KEY, &value, Timeout::Never).unwrap(),
            Way::SetAnew => {
                cache = open();
                cache.set(KEY, &value, Timeout::Never).unwrap();
            }
            Way::Update => {
                let update = cache.update(KEY, Timeout::Never, |_| Some(value.clone()));
                assert!(update.unwrap().is_some());
            }
            Way::Add => {
                assert!(cache.add(KEY, &value, Timeout::Never).unwrap());
                say("done", number);
                return;
            }
        }
        say("done", number);
    }
}

fn say(what: &str, number: u64) {
    let mut out = std::io::stdout().lock();
    // In one write, so that a kill never leaves half a number.
    out.write_all(format!("\n{what} {number}\n").as_bytes())
        .unwrap();
    out.flush().unwrap();
}
