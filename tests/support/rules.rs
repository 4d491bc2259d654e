//! A bucket whose lifecycle configuration is kept as it was put, byte for
//! byte, and what the library is to write into it.

use std::io::Read as _;
use std::mem::take;
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use s3cache::{Cache, Options};

use super::script::{Line, Script, refusal, reply};

/// The location of `rule`.
pub const LOCATION: &str = "app/cache";

/// What belongs to the rules, and travels as a header.
pub const MIN_SIZE: &str = "x-amz-transition-default-minimum-object-size";

/// A bucket of which only the lifecycle configuration answers.
pub struct Bucket {
    script: Script,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    text: Option<String>,
    /// `GET`, `PUT` or `DELETE`.
    log: Vec<&'static str>,
    /// Of the last PUT, in lower case.
    head: String,
}

impl Bucket {
    /// With this configuration, or with none.
    pub fn with(text: Option<&str>) -> Self {
        let state = Arc::new(Mutex::new(State {
            text: text.map(str::to_owned),
            ..State::default()
        }));
        let of_server = Arc::clone(&state);
        let script = Script::serving(move |line| serve(line, &of_server));
        Self { script, state }
    }

    pub fn cache(&self, location: &str) -> Cache {
        cache_at(&self.script.endpoint, location)
    }

    pub fn text(&self) -> Option<String> {
        self.state.lock().unwrap().text.clone()
    }

    /// The methods of the requests since this was last asked.
    pub fn log(&self) -> Vec<&'static str> {
        take(&mut self.state.lock().unwrap().log)
    }

    /// The head of the last PUT, in lower case.
    pub fn take_head(&self) -> String {
        take(&mut self.state.lock().unwrap().head)
    }
}

fn serve(mut line: Line, state: &Mutex<State>) {
    let Some(head) = line.read_head() else {
        return;
    };
    let length = head
        .split("content-length: ")
        .nth(1)
        .map_or(0, |rest| rest.lines().next().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    line.socket.read_exact(&mut body).unwrap();
    assert!(head.contains(" /bucket?lifecycle= http"), "{head}");
    let mut state = state.lock().unwrap();
    let kept = format!("200 OK\r\n{MIN_SIZE}: varies_by_storage_class");
    if head.starts_with("get") {
        state.log.push("GET");
        match &state.text {
            Some(text) => line.send(&reply(&kept, text)),
            None => line.send(&refusal(404, "NoSuchLifecycleConfiguration", "")),
        }
    } else if head.starts_with("put") {
        state.log.push("PUT");
        let md5 = BASE64_STANDARD.encode(md5::compute(&body).0);
        let told = format!("content-md5: {}", md5.to_ascii_lowercase());
        assert!(head.contains(&told), "{head}");
        state.head = head;
        state.text = Some(String::from_utf8(body).unwrap());
        line.send(&reply("200 OK", ""));
    } else {
        assert!(head.starts_with("delete"), "{head}");
        state.log.push("DELETE");
        state.text = None;
        line.send(&reply("204 No Content", ""));
    }
}

pub fn cache_at(endpoint: &str, location: &str) -> Cache {
    let options = Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .location(location)
        .credentials("key", "secret")
        .max_entries(0);
    Cache::open(options).unwrap()
}

/// What the library writes, where `q` qualifies the names.
pub fn rule(days: u32, q: &str, legacy: bool) -> String {
    let (open, close) = if legacy {
        (String::new(), String::new())
    } else {
        (format!("<{q}Filter>"), format!("</{q}Filter>"))
    };
    format!(
        "<{q}Rule>
    <{q}ID>s3cache app/cache</{q}ID>
    {open}<{q}Prefix>app/cache/</{q}Prefix>{close}
    <{q}Status>Enabled</{q}Status>
    <{q}Expiration><{q}Days>{days}</{q}Days></{q}Expiration>
    <{q}NoncurrentVersionExpiration><{q}NoncurrentDays>1</{q}NoncurrentDays></{q}NoncurrentVersionExpiration>
    <{q}AbortIncompleteMultipartUpload><{q}DaysAfterInitiation>1</{q}DaysAfterInitiation></{q}AbortIncompleteMultipartUpload>
  </{q}Rule>"
    )
}
