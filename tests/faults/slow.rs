//! Servers that take their time: every call ends at its deadline, also where
//! bytes keep coming, and one by one.

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use s3cache::{Cache, ErrorKind, Options, Timeout};

use crate::broken::ids_differ;
use crate::support::{ALWAYS, Act, Bucket, Fault, Heard, Script};
use crate::try_out::{BRIEF, Op, Outcome, RETRIES, SLACK, each, options, try_out_with};

/// Longer than any of the pauses between two bytes, and no whole number of them.
const SHORT: Duration = Duration::from_millis(1050);

fn brief(endpoint: &str) -> Options {
    options(endpoint).deadline(SHORT)
}

const HEAD: Fault = Fault::Applied(|reply| Act::Drip(Vec::new(), reply));
const BODY: Fault = Fault::Applied(|mut reply| {
    let end = reply.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let body = reply.split_off(end + 4);
    Act::Drip(reply, body)
});

/// At the deadline: not before, and not a read timeout later.
fn ends_at_the_deadline(options: impl Fn() -> Options, bucket: &Bucket, op: Op, fault: &Fault) {
    let seen = try_out_with(options(), bucket, op, ALWAYS, fault.clone());
    let kind = match op {
        Op::Add => ErrorKind::OutcomeUnknown,
        _ => ErrorKind::TimedOut,
    };
    assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
    assert!(seen.text.contains("option deadline"), "{op:?}: {seen:?}");
    assert_eq!(seen.heard.len(), 1, "{op:?}: {}", seen.methods());
    assert!(seen.took >= SHORT, "{op:?}: {:?}", seen.took);
    assert!(seen.took < SHORT + SLACK, "{op:?}: {:?}", seen.took);
}

#[test]
fn a_head_byte_by_byte() {
    each(&Op::ALL, |op| {
        let bucket = Bucket::start();
        let at = bucket.endpoint();
        ends_at_the_deadline(|| brief(&at), &bucket, op, &HEAD);
    });
}

#[test]
fn a_body_byte_by_byte() {
    each(
        &[Op::Get, Op::HasKey, Op::Remove, Op::List, Op::DeleteMany],
        |op| {
            let bucket = Bucket::start();
            let at = bucket.endpoint();
            ends_at_the_deadline(|| brief(&at), &bucket, op, &BODY);
        },
    );
}

#[cfg(feature = "tls")]
#[test]
fn the_same_over_tls() {
    use crate::support::{Authority, Tls};
    let authority = Authority::new();
    each(&[Op::Get, Op::Add, Op::List], |op| {
        let bucket = Bucket::start();
        let tls = Tls::before(&bucket.endpoint(), &authority, &["localhost"]);
        let at = tls.endpoint("localhost");
        let trusting = || brief(&at).ca_file(authority.file());
        ends_at_the_deadline(trusting, &bucket, op, &HEAD);
        if op != Op::Add {
            ends_at_the_deadline(trusting, &bucket, op, &BODY);
        }
    });
}

/// A body that nobody wants is not waited for: what is known is answered.
#[test]
fn a_slow_rest_is_left_behind() {
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    cache
        .set("old", [b'v'; 200], Timeout::seconds(0.0))
        .unwrap();
    let rest = Fault::Applied(|mut reply| {
        let rest = reply.split_off(reply.len() - 100);
        Act::Drip(reply, rest)
    });
    let begun = Instant::now();
    bucket.fail(ALWAYS, rest);
    assert_eq!(cache.get("old").unwrap(), None);
    // Without a length there is always more to come.
    let endless = Fault::Unapplied(Act::Drip(
        b"HTTP/1.1 200 OK\r\netag: \"1\"\r\nx-amz-request-id: 1\r\n\r\n".to_vec(),
        vec![b'x'; 100],
    ));
    bucket.fail(ALWAYS, endless);
    cache.set("new", "v", Timeout::Never).unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

fn unanswered(op: Op, times: usize) -> Outcome {
    let bucket = Bucket::start();
    let options = options(&bucket.endpoint()).read_timeout(BRIEF);
    let stay = Fault::Unapplied(Act::Stay(Vec::new()));
    try_out_with(options, &bucket, op, times, stay)
}

#[test]
fn no_answer_at_all() {
    each(&Op::ALL, |op| {
        let seen = unanswered(op, ALWAYS);
        let (kind, count) = match op {
            Op::Add => (ErrorKind::OutcomeUnknown, 2 + RETRIES),
            _ => (ErrorKind::TimedOut, 1 + RETRIES),
        };
        assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
        assert!(seen.text.contains("read_timeout"), "{op:?}: {seen:?}");
        assert_eq!(seen.heard.len(), count, "{op:?}: {}", seen.methods());
    });
}

/// One that is not answered costs one read timeout.
#[test]
fn no_answer_once() {
    each(&Op::ALL, |op| {
        let seen = unanswered(op, 1);
        assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
        assert!(seen.took >= BRIEF, "{op:?}");
        ids_differ(&seen.heard);
    });
}

#[test]
fn a_connection_is_made_and_nothing_more() {
    let silent = Script::silent();
    let cache = Cache::open(brief(&silent.endpoint)).unwrap();
    for _ in 0..2 {
        let begun = Instant::now();
        assert_eq!(cache.get("k").unwrap_err().kind(), ErrorKind::TimedOut);
        assert!(begun.elapsed() < SHORT + SLACK);
    }
}

/// A reader that takes a little at a time: what is sent of a body at once is
/// little as well, or the clock would not be looked at for long.
#[test]
fn a_body_that_is_taken_slowly() {
    let script = Script::serving(|mut line| {
        let socket = socket2::SockRef::from(&line.socket);
        socket.set_recv_buffer_size(4096).unwrap();
        let _ = line.read_head();
        thread::spawn(move || {
            let mut bytes = [0; 2048];
            while line.socket.read(&mut bytes).is_ok_and(|n| n > 0) {
                thread::sleep(Duration::from_millis(50));
            }
        });
    });
    let cache = Cache::open(brief(&script.endpoint).write_timeout(SHORT * 10)).unwrap();
    let begun = Instant::now();
    let error = cache
        .set("k", vec![7; 32 << 20], Timeout::Never)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    // Where a part of what is sent was taken, the wait for the rest begins anew.
    assert!(begun.elapsed() < SHORT * 2 + SLACK, "{:?}", begun.elapsed());
}

fn is_list(request: &Heard) -> bool {
    request.line().contains("list-type")
}

/// A `set` that lists first has one deadline for both.
#[test]
fn a_listing_and_a_write_share_the_time() {
    let bucket = Bucket::start();
    let cache = Cache::open(brief(&bucket.endpoint()).max_entries(10)).unwrap();
    bucket.fail_where(is_list, ALWAYS, HEAD);
    let begun = Instant::now();
    let error = cache.set("k", "v", Timeout::Never).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert_eq!(error.operation(), Some("ListObjectsV2"));
    assert!(begun.elapsed() < SHORT + SLACK);
    bucket.behave();
    cache.set("k", "v", Timeout::Never).unwrap();
}
