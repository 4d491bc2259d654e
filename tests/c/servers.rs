//! The servers that the C programs are sent to, and how they are run.

use std::env;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::support::{Conditions, Script, Site, answer, refusal};

/// For one program under valgrind, on a machine that has other things to do.
const LIMIT: Duration = Duration::from_secs(300);

/// One of each kind; a program asks those it needs.
pub(crate) struct Servers {
    pub(crate) site: Site,
    /// Ignores conditions.
    weak: Site,
    /// Accepts connections, and never replies.
    silent: Script,
    /// Asks for fewer requests, whatever the request.
    slow: Script,
    /// Accepts a connection, and closes it.
    rude: Script,
    /// Keeps a lifecycle configuration, and nothing else.
    lifecycle: Script,
    /// Bound, so that nobody else gets the port, and not listening.
    closed: Socket,
}

impl Servers {
    pub(crate) fn start() -> Self {
        let weak = Site::embedded();
        weak.switches().set_conditions(Conditions::Ignored);
        let closed = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        closed.bind(&any_port.into()).unwrap();
        let slow = refusal(503, "SlowDown", "");
        Self {
            site: Site::start(),
            weak,
            silent: Script::silent(),
            slow: Script::answering(slow.replacen("\r\n", "\r\nretry-after: 7\r\n", 1)),
            rude: Script::serving(drop),
            lifecycle: lifecycle(),
            closed,
        }
    }

    /// The cache that the programs work in.
    pub(crate) fn url(&self) -> String {
        url(&self.site)
    }

    /// Nothing else of this environment: what the library would read in it is
    /// not to matter.
    pub(crate) fn introduce(&self, program: &mut Command) {
        let (key, secret) = (self.weak.access_key(), self.weak.secret_key());
        let weak = url(&self.weak) + &format!("&access_key={key}&secret_key={secret}");
        let closed = self.closed.local_addr().unwrap();
        let closed = closed.as_socket().unwrap();
        program
            .env_clear()
            .envs(env::var_os("PATH").map(|path| ("PATH", path)))
            .env("S3CACHE_URL", self.url())
            .env("AWS_ACCESS_KEY_ID", self.site.access_key())
            .env("AWS_SECRET_ACCESS_KEY", self.site.secret_key())
            .env("WEAK_URL", weak)
            .env("SILENT_ENDPOINT", &self.silent.endpoint)
            .env("SLOW_ENDPOINT", &self.slow.endpoint)
            .env("RUDE_ENDPOINT", &self.rude.endpoint)
            .env("LIFECYCLE_ENDPOINT", &self.lifecycle.endpoint)
            .env("CLOSED_ENDPOINT", format!("http://{closed}"));
    }
}

fn url(site: &Site) -> String {
    format!(
        "s3://{}/{}?endpoint={}&region={}",
        site.bucket(),
        site.location("c"),
        site.endpoint(),
        site.region()
    )
}

fn lifecycle() -> Script {
    let mut kept = None;
    Script::telling(move |heard| {
        let (status, body) = match heard.method() {
            "PUT" => {
                kept = Some(heard.body.clone());
                (200, Vec::new())
            }
            "DELETE" => {
                kept = None;
                (204, Vec::new())
            }
            _ => match &kept {
                Some(text) => (200, text.clone()),
                None => return refusal(404, "NoSuchLifecycleConfiguration", ""),
            },
        };
        let reply = answer(status, "connection: close\r\n", &body);
        String::from_utf8(reply).unwrap()
    })
}

/// How it ended, and all that it wrote, both of its streams in order.
pub(crate) fn run(program: &mut Command) -> (ExitStatus, String) {
    let mut log = tempfile::tempfile().unwrap();
    let share = |log: &File| log.try_clone().unwrap();
    program.stdout(share(&log)).stderr(share(&log));
    let mut child = program.spawn().unwrap();
    let begun = Instant::now();
    let (status, late) = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break (status, "");
        }
        if begun.elapsed() > LIMIT {
            child.kill().unwrap();
            break (child.wait().unwrap(), "\nkilled: it did not end");
        }
        sleep(Duration::from_millis(5));
    };
    log.rewind().unwrap();
    let mut said = Vec::new();
    log.read_to_end(&mut said).unwrap();
    (status, String::from_utf8_lossy(&said).into_owned() + late)
}
