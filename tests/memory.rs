//! A walk holds a page at a time: clearing a hundred thousand entries takes
//! the memory of clearing five thousand. Alone in its process, as the
//! allocator counts for all of it, this small server included.

mod support;

use std::ops::ControlFlow;

use peak_alloc::PeakAlloc;
use s3cache::{Cache, Options};
use support::{Script, reply};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// A location of so many full pages, of which each token is a page's number.
fn pages(count: usize) -> Script {
    Script::serving(move |mut line| {
        let Some(request) = line.read_request() else {
            return;
        };
        if request.starts_with("post") {
            return line.send(&reply("200 OK", "<DeleteResult/>"));
        }
        let token = request.split("continuation-token=").nth(1);
        let token = token.and_then(|rest| rest.split('&').next()?.parse().ok());
        let page: usize = token.unwrap_or(0);
        let names = page * 1000..(page + 1) * 1000;
        let mut contents = String::new();
        for i in names {
            let key = format!("<Contents><Key>app/{i:040x}</Key><Size>1</Size></Contents>");
            contents.push_str(&key);
        }
        let next = page + 1;
        let truncated = next < count;
        let xml = format!(
            "<ListBucketResult><IsTruncated>{truncated}</IsTruncated><NextContinuationToken>{next}</NextContinuationToken>{contents}</ListBucketResult>"
        );
        line.send(&reply("200 OK", &xml));
    })
}

#[test]
fn clearing_takes_the_memory_of_a_page() {
    let clear = |count: usize| {
        let script = pages(count);
        let options = Options::new("bucket")
            .endpoint(&script.endpoint)
            .location("app")
            .credentials("key", "secret");
        let cache = Cache::open(options).unwrap();
        let mut told = 0;
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let removed = cache.clear_with(|_| {
            told += 1;
            ControlFlow::Continue(())
        });
        let peak = ALLOCATOR.peak_usage() - before;
        assert_eq!(removed.unwrap().count, 1000 * count as u64);
        assert_eq!(told, count);
        assert_eq!(script.requests(), 2 * count);
        peak
    };
    clear(1);
    let (few, many) = (clear(5), clear(100));
    // The server's own pages make it waver.
    assert!(
        many < few + few / 2,
        "{few} bytes for 5, {many} for 100 pages"
    );
}
