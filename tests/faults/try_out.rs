//! A handle with short limits, one call of each kind, and what is asked of
//! every fault.

use std::thread;
use std::time::{Duration, Instant};

use s3cache::{Cache, ConditionalWrites, ErrorKind, Options, Result, Timeout};

use crate::support::{Bucket, Fault, Heard};

/// Longer than a busy machine is late, where it is not what is tried.
pub(crate) const DEADLINE: Duration = Duration::from_secs(12);
const WAIT: Duration = Duration::from_secs(5);
/// And what is tried.
pub(crate) const BRIEF: Duration = Duration::from_secs(1);
/// Of which a machine may be late.
pub(crate) const SLACK: Duration = Duration::from_secs(2);
/// Tries in addition to the first.
pub(crate) const RETRIES: usize = 2;

pub(crate) fn options(endpoint: &str) -> Options {
    Options::new("bucket")
        .endpoint(endpoint)
        .region("us-east-1")
        .location("app")
        .credentials("key", "secret")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .deadline(DEADLINE)
        .connect_timeout(WAIT)
        .read_timeout(WAIT)
        .write_timeout(WAIT)
        .retries(2)
        // For tests of its own.
        .breaker_after(0)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Get,
    HasKey,
    Set,
    Add,
    Delete,
    Remove,
    List,
    DeleteMany,
}

use Op::*;

impl Op {
    pub(crate) const ALL: [Self; 8] = [Get, HasKey, Set, Add, Delete, Remove, List, DeleteMany];

    /// Checks what it answers, if it does: `there` is stored, and no `new` key.
    pub(crate) fn run(self, cache: &Cache) -> Result<()> {
        match self {
            Get => cache.get("there").map(|v| assert_eq!(v.unwrap(), VALUE)),
            HasKey => cache.has_key("there").map(|there| assert!(there)),
            Set => cache.set("new", VALUE, Timeout::Never),
            Add => cache
                .add("new", VALUE, Timeout::Never)
                .map(|added| assert!(added)),
            Delete => cache.delete("there"),
            Remove => cache.remove("there").map(|there| assert!(there)),
            List => cache.len().map(|len| assert_eq!(len, 1)),
            DeleteMany => cache.delete_many(["there"]),
        }
    }
}

pub(crate) const VALUE: &[u8] = b"a value that is long enough to be cut in two";

/// All at once: most of their time is waiting.
pub(crate) fn each(ops: &[Op], run: impl Fn(Op) + Sync) {
    thread::scope(|scope| {
        for op in ops {
            scope.spawn(|| run(*op));
        }
    });
}

/// What became of a call.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) text: String,
    pub(crate) heard: Vec<Heard>,
    pub(crate) took: Duration,
    pub(crate) retries: u64,
}

impl Outcome {
    /// The methods of the requests, in order.
    pub(crate) fn methods(&self) -> String {
        let methods: Vec<_> = self.heard.iter().map(Heard::method).collect();
        methods.join(" ")
    }
}

/// One call on a new handle while the bucket fails, and then another.
pub(crate) fn try_out(op: Op, times: usize, fault: Fault) -> Outcome {
    let bucket = Bucket::start();
    try_out_at(&bucket, &bucket.endpoint(), op, times, fault)
}

pub(crate) fn try_out_at(
    bucket: &Bucket,
    endpoint: &str,
    op: Op,
    times: usize,
    fault: Fault,
) -> Outcome {
    try_out_with(options(endpoint), bucket, op, times, fault)
}

pub(crate) fn try_out_with(
    options: Options,
    bucket: &Bucket,
    op: Op,
    times: usize,
    fault: Fault,
) -> Outcome {
    let keeper = Cache::open(self::options(&bucket.endpoint())).unwrap();
    keeper.clear().unwrap();
    keeper.set("there", VALUE, Timeout::Never).unwrap();
    let cache = Cache::open(options).unwrap();
    let before = bucket.requests();
    bucket.fail(times, fault);
    let begun = Instant::now();
    let result = op.run(&cache);
    let took = begun.elapsed();
    assert!(took < DEADLINE + SLACK, "{op:?}: {took:?}");
    bucket.behave();
    let heard = bucket.heard_since(before);
    // The same handle goes on.
    cache.set("next", VALUE, Timeout::Never).unwrap();
    assert_eq!(cache.get("next").unwrap().unwrap(), VALUE, "{op:?}");
    Outcome {
        kind: result.as_ref().err().map(s3cache::Error::kind),
        text: result.err().map(|e| format!("{e:#}")).unwrap_or_default(),
        heard,
        took,
        retries: cache.stats().retries,
    }
}
