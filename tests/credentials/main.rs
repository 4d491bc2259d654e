//! Where the keys come from that requests are signed with: every source, each
//! way it fails, and what is asked of it how often. No test looks at this
//! machine's own variables, files or addresses.

mod container;
mod local;
mod machine;
mod renewal;
#[path = "../support/mod.rs"]
mod support;
mod web;

use std::io::Read as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use s3cache::{Cache, Error, ErrorKind, Options};
use support::{Line, Script, refusal};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

type Variables<'a> = &'a [(&'a str, &'a str)];

/// What a server was sent: heads in lower case, each with its body.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// A server that answers each request, and what it has seen.
fn server(mut answer: impl FnMut(&str, &str) -> String + Send + 'static) -> (Script, Seen) {
    let seen = Seen::default();
    let record = Arc::clone(&seen);
    let script = Script::serving(move |mut line| {
        if let Some((head, body)) = request(&mut line) {
            let reply = answer(&head, &body);
            record.lock().unwrap().push((head, body));
            line.send(&reply);
        }
    });
    (script, seen)
}

fn request(line: &mut Line) -> Option<(String, String)> {
    let head = line.read_head()?;
    let length = head.split("content-length: ").nth(1);
    let length = length.and_then(|rest| rest.lines().next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    line.socket.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8_lossy(&body).into_owned()))
}

/// An S3 in which there is nothing.
fn s3() -> (Script, Seen) {
    server(|_, _| refusal(404, "NoSuchKey", ""))
}

fn options(s3: &Script, variables: Variables<'_>) -> Options {
    let given: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    // Nobody may ask the machine that runs the tests, unless a test says whom.
    let asks_machine = variables
        .iter()
        .any(|(name, _)| name.starts_with("AWS_EC2_METADATA_SERVICE"));
    let look_up = move |name: &str| {
        let found = given.iter().find(|(n, _)| n == name);
        let value = found.map(|(_, value)| value.clone());
        let off = name == "AWS_EC2_METADATA_DISABLED" && !asks_machine;
        value.or_else(|| off.then(|| "true".into()))
    };
    Options::new("bucket")
        .endpoint(&s3.endpoint)
        .region("us-east-1")
        .max_entries(0)
        .environment(look_up)
}

fn opened(s3: &Script, variables: Variables<'_>) -> Cache {
    Cache::open(options(s3, variables)).unwrap()
}

/// The keys that each request was signed with.
fn signers(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().unwrap();
    let signer = |(head, _): &(String, String)| {
        let after = head.split("credential=").nth(1).unwrap_or("nobody/");
        after.split('/').next().unwrap().to_owned()
    };
    seen.iter().map(signer).collect()
}

/// The error of a call that sends nothing to S3, and shows no secret: all of
/// them hold `hush` here.
fn fails(cache: &Cache, seen: &Seen, kind: ErrorKind, words: &[&str]) -> Error {
    let before = seen.lock().unwrap().len();
    let error = cache.get("k").unwrap_err();
    assert_eq!(error.kind(), kind, "{error:?}");
    assert_eq!(seen.lock().unwrap().len(), before, "{error:?}");
    assert_eq!((error.status(), error.code()), (None, None), "{error:?}");
    let text = format!("{error} {error:#} {error:?}");
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
    assert!(!text.contains("hush"), "{text}");
    error
}

/// So many minutes from now, as the services write it.
fn date(minutes: i64) -> String {
    let at = OffsetDateTime::now_utc() + time::Duration::minutes(minutes);
    at.format(&Rfc3339).unwrap()
}

/// Keys in JSON.
fn json(key: &str, minutes: i64) -> String {
    format!(
        r#"{{"Code":"Success","AccessKeyId":"{key}","SecretAccessKey":"hush","Token":"hush-token","Expiration":"{}"}}"#,
        date(minutes)
    )
}

/// An address that nobody answers at.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// What takes a second in the world must not take ten.
const SOON: Duration = Duration::from_secs(10);
