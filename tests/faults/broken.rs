//! Connections that are refused, reset, or closed too early.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use s3cache::{Cache, ErrorKind, Timeout};

use crate::support::{ALWAYS, Act, Bucket, Fault, Heard};
use crate::try_out::{Op, Outcome, RETRIES, VALUE, each, options, try_out};

/// The writes of one call, each with an id of its own: one before may have
/// arrived, and those who wrote since know it.
pub(crate) fn ids_differ(heard: &[Heard]) {
    let writes: Vec<_> = heard.iter().filter(|h| h.method() == "PUT").collect();
    for (i, write) in writes.iter().enumerate() {
        for other in &writes[i + 1..] {
            assert_ne!(write.body[40..48], other.body[40..48]);
        }
    }
}

/// Each kind of call, with what it answers and which requests it makes where
/// every reply is lost.
fn all_lost(fault: &Fault) {
    each(&Op::ALL, |op| {
        let seen = try_out(op, ALWAYS, fault.clone());
        let (kind, methods) = match op {
            // It looks before it writes again.
            Op::Set => (ErrorKind::ConnectionLost, "PUT GET GET"),
            Op::Add => (ErrorKind::OutcomeUnknown, "PUT GET GET GET"),
            Op::Delete => (ErrorKind::ConnectionLost, "DELETE DELETE DELETE"),
            Op::DeleteMany => (ErrorKind::ConnectionLost, "POST POST POST"),
            _ => (ErrorKind::ConnectionLost, "GET GET GET"),
        };
        assert_eq!(seen.kind, Some(kind), "{op:?}: {seen:?}");
        assert_eq!(seen.methods(), methods, "{op:?}");
        assert_eq!(seen.retries, RETRIES as u64, "{op:?}");
    });
}

/// The same where one is lost. `applied`: after it has been carried out.
fn one_lost(fault: &Fault, applied: bool) {
    each(&Op::ALL, |op| {
        let seen = try_out(op, 1, fault.clone());
        assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
        let methods = match op {
            Op::Set | Op::Add if applied => "PUT GET",
            Op::Set | Op::Add => "PUT GET PUT",
            Op::Delete => "DELETE DELETE",
            Op::DeleteMany => "POST POST",
            Op::Remove => "GET GET DELETE",
            _ => "GET GET",
        };
        assert_eq!(seen.methods(), methods, "{op:?}");
        ids_differ(&seen.heard);
    });
}

#[test]
fn a_refused_connection() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = free.local_addr().unwrap();
    drop(free);
    each(&Op::ALL, |op| {
        let tries = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&tries);
        let to = move |_: &str, _| -> std::io::Result<Vec<SocketAddr>> {
            counted.fetch_add(1, Ordering::SeqCst);
            Ok(vec![nobody])
        };
        let cache = Cache::open(options("http://s3.test").resolver(to)).unwrap();
        let error = op.run(&cache).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{op:?}: {error:?}");
        assert_eq!(tries.load(Ordering::SeqCst), 1 + RETRIES, "{op:?}");
        let stats = cache.stats();
        assert_eq!(stats.retries, RETRIES as u64);
        // Nobody has seen them.
        assert_eq!((stats.requests(), stats.bytes_out), (0, 0), "{op:?}");
        assert_eq!(stats.connections, 0);
    });
}

#[test]
fn reset_before_the_request_is_read() {
    for op in Op::ALL {
        let bucket = Bucket::start();
        let cache = Cache::open(options(&bucket.endpoint())).unwrap();
        bucket.fail(ALWAYS, Fault::ResetUnread);
        let error = op.run(&cache).unwrap_err();
        let (kind, connections) = match op {
            Op::Add => (ErrorKind::OutcomeUnknown, 4),
            _ => (ErrorKind::ConnectionLost, 3),
        };
        assert_eq!(error.kind(), kind, "{op:?}: {error:?}");
        assert_eq!((bucket.connections(), bucket.requests()), (connections, 0));
        assert_eq!(cache.stats().connections, connections as u64, "{op:?}");

        bucket.behave();
        cache.set("there", VALUE, Timeout::Never).unwrap();
    }
}

#[test]
fn reset_before_one_request_is_read() {
    for op in Op::ALL {
        let seen = try_out(op, 1, Fault::ResetUnread);
        assert_eq!(seen.kind, None, "{op:?}: {seen:?}");
        let methods = match op {
            Op::Set | Op::Add => "GET PUT",
            Op::Delete => "DELETE",
            Op::DeleteMany => "POST",
            Op::Remove => "GET DELETE",
            _ => "GET",
        };
        assert_eq!(seen.methods(), methods, "{op:?}");
    }
}

#[test]
fn reset_after_it_is_read() {
    all_lost(&Fault::ResetRead);
    one_lost(&Fault::ResetRead, false);
}

#[test]
fn closed_after_it_was_carried_out() {
    let lost = Fault::Applied(|_| Act::Close(Vec::new()));
    all_lost(&lost);
    one_lost(&lost, true);
    let reset = Fault::Applied(|_| Act::Reset(Vec::new()));
    one_lost(&reset, true);
}

#[test]
fn half_a_head() {
    let half = Fault::Applied(|mut reply| {
        reply.truncate(20);
        Act::Close(reply)
    });
    all_lost(&half);
    one_lost(&half, true);
}

/// The last bytes of each reply, which are the body's if there is one.
#[test]
fn half_a_body() {
    let half = Fault::Applied(|mut reply| {
        reply.truncate(reply.len() - 3);
        Act::Close(reply)
    });
    all_lost(&half);
    one_lost(&half, true);
}

/// A code that never came could be `NoSuchBucket`: no miss.
#[test]
fn half_a_404() {
    let half = Fault::Applied(|mut reply| {
        reply.truncate(reply.len() - 20);
        Act::Close(reply)
    });
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    bucket.fail(ALWAYS, half.clone());
    let error = cache.get("none").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionLost, "{error}");
    assert_eq!(bucket.requests(), 1 + RETRIES);
    bucket.fail(1, half);
    assert_eq!(cache.get("none").unwrap(), None);
    assert_eq!(bucket.requests(), 1 + RETRIES + 2);
}

fn is_delete(request: &Heard) -> bool {
    request.method() == "DELETE"
}

fn remove(times: usize, fault: Fault) -> Outcome {
    let bucket = Bucket::start();
    let cache = Cache::open(options(&bucket.endpoint())).unwrap();
    cache.set("k", "v", Timeout::Never).unwrap();
    let before = bucket.requests();
    bucket.fail_where(is_delete, times, fault);
    let result = cache.remove("k");
    bucket.behave();
    let heard = bucket.heard_since(before);
    let there = cache.has_key("k").unwrap();
    if let Ok(removed) = &result {
        assert!(*removed && !there);
    }
    Outcome {
        kind: result.err().map(|error| error.kind()),
        text: String::new(),
        heard,
        took: std::time::Duration::ZERO,
        retries: cache.stats().retries,
    }
}

/// `remove` says `If-Match`, and is never sent twice without a look.
#[test]
fn a_conditional_delete() {
    let applied = Fault::Applied(|_| Act::Close(Vec::new()));
    let seen = remove(1, applied);
    assert_eq!(seen.kind, Some(ErrorKind::OutcomeUnknown));
    assert_eq!(seen.methods(), "GET DELETE GET");
    let page = b"HTTP/1.1 502 Bad\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n:(";
    for unapplied in [
        Fault::ResetRead,
        Fault::Unapplied(Act::Keep(page.to_vec())),
        Fault::Unapplied(Act::Keep(crate::support::answer(500, "", b""))),
    ] {
        let seen = remove(1, unapplied.clone());
        assert_eq!(seen.kind, None, "{unapplied:?}");
        assert_eq!(seen.methods(), "GET DELETE GET DELETE", "{unapplied:?}");
    }
}

/// Connections that were kept and have died meanwhile, unseen: one of them is
/// tried, and then a new one, be there ever so many.
#[test]
fn a_pool_of_dead_connections() {
    for op in Op::ALL {
        let bucket = Bucket::start();
        let cache = Cache::open(options(&bucket.endpoint())).unwrap();
        cache.set("there", VALUE, Timeout::Never).unwrap();
        let clones: Vec<_> = (0..6).map(|_| cache.clone()).collect();
        let start = std::sync::Barrier::new(clones.len());
        std::thread::scope(|scope| {
            for clone in clones {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    for _ in 0..20 {
                        clone.get("there").unwrap();
                    }
                });
            }
        });
        let before = (bucket.connections(), bucket.requests());
        assert!(before.0 > 1, "there is a pool");
        bucket.fail_reused(Fault::ResetRead);
        op.run(&cache)
            .unwrap_or_else(|error| panic!("{op:?}: {error}"));
        assert_eq!(bucket.connections(), before.0 + 1, "{op:?}");
        let requests = bucket.requests() - before.1;
        let expected = match op {
            Op::Set | Op::Add | Op::Remove => 3,
            _ => 2,
        };
        assert_eq!(requests, expected, "{op:?}");
    }
}
