//! What a cache call costs over the bare request: `get` and `set` against an
//! unsigned GET and PUT of the same bytes by a pooled ureq agent, over
//! loopback, from a server that does nothing. `cargo bench` prints medians and
//! the medians of the ratios, round by round; read nothing into single ones.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use s3cache::{Cache, ConditionalWrites, Options, Timeout};
use ureq::Agent;

const ROUNDS: usize = 41;

type Store = Arc<Mutex<HashMap<String, Vec<u8>>>>;

fn main() {
    let store = Store::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let store = Arc::clone(&store);
            thread::spawn(move || serve(socket, &store));
        }
    });
    let cache = Cache::open(
        Options::new("bucket")
            .endpoint(&endpoint)
            .region("us-east-1")
            .credentials("key", "secret")
            .conditional_writes(ConditionalWrites::Assume)
            .max_entries(0),
    )
    .unwrap();
    let agent = Agent::new_with_config(Agent::config_builder().proxy(None).build());
    let bare = format!("{endpoint}/bucket/bare");
    println!(
        "{:<18} {:>10} {:>10} {:>7}",
        "", "ureq, us", "cache, us", "ratio"
    );
    for len in [1 << 10, 100 << 10, 5 << 20] {
        let value = vec![b'v'; len];
        // As long as an entry of that value.
        let body = vec![b'v'; len + 64];
        let times = (20 << 20) / (len + (40 << 10)) / 4 + 1;
        let mut buffer = Vec::new();
        compare(
            &format!("set {} KiB", len >> 10),
            times,
            || {
                let mut reply = agent.put(&bare).send(&body[..]).unwrap();
                reply.body_mut().read_to_vec().unwrap();
            },
            || cache.set("key", &value, Timeout::Never).unwrap(),
        );
        compare(
            &format!("get {} KiB", len >> 10),
            times,
            || {
                let mut reply = agent.get(&bare).call().unwrap();
                let body = reply.body_mut().with_config().limit(64 << 20);
                assert_eq!(body.read_to_vec().unwrap().len(), len + 64);
            },
            || assert!(cache.get_into("key", &mut buffer).unwrap()),
        );
    }
}

/// Rounds of the one and the other in turn, so that both meet the same weather.
fn compare(name: &str, times: usize, mut bare: impl FnMut(), mut cached: impl FnMut()) {
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (time(times, &mut bare), time(times, &mut cached)))
        .collect();
    let mut median = |of: fn(&(f64, f64)) -> f64| {
        rounds.sort_by(|a, b| of(a).total_cmp(&of(b)));
        of(&rounds[ROUNDS / 2])
    };
    let (bare, cached) = (median(|r| r.0), median(|r| r.1));
    let ratio = median(|r| r.1 / r.0);
    println!("{name:<18} {bare:>10.1} {cached:>10.1} {ratio:>7.2}");
}

/// Microseconds a call.
fn time(times: usize, call: &mut impl FnMut()) -> f64 {
    let begun = Instant::now();
    for _ in 0..times {
        call();
    }
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let times = times as f64;
    begun.elapsed().as_secs_f64() * 1e6 / times
}

/// Keeps what is PUT and gives it back; knows nothing of signatures.
fn serve(socket: TcpStream, store: &Store) {
    socket.set_nodelay(true).unwrap();
    let mut writer = socket.try_clone().unwrap();
    let mut reader = BufReader::new(socket);
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap().to_owned());
        let mut store = store.lock().unwrap();
        let body: &[u8] = match method {
            "PUT" => {
                store.insert(path, body);
                b""
            }
            _ => &store[&path],
        };
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\netag: \"1\"\r\ncontent-length: {length}\r\n\r\n");
        writer.write_all(&[head.as_bytes(), body].concat()).unwrap();
    }
}
