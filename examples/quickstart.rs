//! A first look: the main calls, what they answer, and what each costs.
//!
//! `cargo run --example quickstart` starts an S3 server of its own on a
//! loopback port, in a temporary folder, and needs nothing else. Against a
//! bucket of yours (it uses a folder of its own there, and empties it again):
//!
//! ```text
//! S3CACHE_URL='s3://my-bucket/some/folder?region=eu-central-1' cargo run --example quickstart
//! S3CACHE_URL='s3://my-bucket?endpoint=http://127.0.0.1:9000' cargo run --example quickstart
//! ```
//!
//! with `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY` in the environment.

#[path = "../tests/support/mod.rs"]
mod support;

use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

use s3::creds::Credentials;
use s3::{Bucket, Region};
use s3cache::{Cache, Options, Stats, Timeout, Ttl};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let place = Place::find()?;
    println!("{}", place.greeting);
    let cache = Cache::open(place.options.clone())?;
    tour(&cache)?;
    look_inside(&cache, &place)?;
    bound(&place)?;
    println!("\nThe first handle's statistics: {}", cache.stats());
    Ok(())
}

fn tour(cache: &Cache) -> Result<()> {
    let hour = Duration::from_secs(3600);
    heading("Bytes in, bytes out");
    step(cache, "set(\"greeting\", \"hello\", one hour)", || {
        cache.set("greeting", "hello", hour)?;
        Ok("stored; a handle's first write also counts what is there".into())
    })?;
    step(cache, "get(\"greeting\")", || {
        Ok(text(cache.get("greeting")?))
    })?;
    step(cache, "get(\"nobody\")", || Ok(text(cache.get("nobody")?)))?;
    step(cache, "has_key(\"greeting\")", || {
        Ok(cache.has_key("greeting")?.to_string())
    })?;
    step(cache, "ttl(\"greeting\")", || {
        Ok(match cache.ttl("greeting")? {
            None => "no live entry".into(),
            Some(Ttl::Never) => "never expires".into(),
            Some(Ttl::Left(left)) => format!("{} s left", left.as_secs()),
        })
    })?;

    heading("Entries expire");
    step(cache, "set(\"brief\", \"soon gone\", 0.3 s)", || {
        cache.set("brief", "soon gone", Timeout::seconds(0.3))?;
        Ok("stored".into())
    })?;
    sleep(Duration::from_millis(350));
    step(cache, "get(\"brief\"), 0.35 s later", || {
        Ok(text(cache.get("brief")?))
    })?;

    heading("Atomic, across hosts");
    step(cache, "conditional_writes()", || {
        let found = cache.conditional_writes()?;
        Ok(format!(
            "{found:?}: tried out once, before the first of these"
        ))
    })?;
    step(cache, "add(\"leader\", \"me\", one hour)", || {
        Ok(cache.add("leader", "me", hour)?.to_string())
    })?;
    step(cache, "add(\"leader\", \"you\", one hour)", || {
        Ok(format!(
            "{}, somebody was first",
            cache.add("leader", "you", hour)?
        ))
    })?;
    step(cache, "set(\"visits\", \"41\", never)", || {
        cache.set("visits", "41", Timeout::Never)?;
        Ok("stored".into())
    })?;
    step(cache, "incr(\"visits\", 1)", || {
        Ok(cache.incr("visits", 1)?.to_string())
    })?;
    step(cache, "touch(\"greeting\", never)", || {
        Ok(cache.touch("greeting", Timeout::Never)?.to_string())
    })?;

    step(cache, "update(\"list\", append \"x\")", || {
        let append = |old: Option<&[u8]>| Some([old.unwrap_or_default(), b"x"].concat());
        Ok(text(cache.update("list", hour, append)?))
    })?;
    step(cache, "get_or_set(\"page\", compute)", || {
        let value = cache.get_or_set("page", hour, || "computed")?;
        Ok(text(Some(value)))
    })?;
    step(cache, "get_or_set(\"page\", compute)", || {
        let value = cache.get_or_set("page", hour, || "computed again")?;
        Ok(text(Some(value)))
    })?;

    heading("Many at once");
    step(cache, "set_many(a, b, c)", || {
        cache.set_many([("a", "1"), ("b", "2"), ("c", "3")], hour)?;
        Ok("stored".into())
    })?;
    step(cache, "get_many(a, nobody, c)", || {
        let values = cache.get_many(["a", "nobody", "c"])?;
        Ok(values.into_iter().map(text).collect::<Vec<_>>().join(", "))
    })?;
    step(cache, "delete_many(a, b, c)", || {
        cache.delete_many(["a", "b", "c"])?;
        Ok("gone".into())
    })
}

/// The stored object of the key `greeting`, header field by header field.
fn look_inside(cache: &Cache, place: &Place) -> Result<()> {
    heading("What S3 holds");
    let digest = sha1_smol::Sha1::from(":1:greeting").digest();
    let name = format!("{}/{digest}", place.location);
    let url = place.bucket.presign_get(&name, 60, None)?;
    let entry = ureq::get(&url).call()?.body_mut().read_to_vec()?;
    println!("  object {name}, {} bytes:", entry.len());
    let history = 64 + 8 * usize::from(entry[5]);
    for (range, meaning) in [
        (0..4, "\"S3C\" and the format's version"),
        (4..5, "flags: bit 0 says whether the value is deflated"),
        (
            5..6,
            "so many earlier write ids follow the header (touch was here)",
        ),
        (6..8, "always zero"),
        (
            8..16,
            "expires_at, in Unix milliseconds; the largest number is never",
        ),
        (16..24, "lease_until: nobody is at work on a new value"),
        (24..28, "what the value took to compute, in milliseconds"),
        (28..32, "CRC-32 of the other 60 bytes of the header"),
        (32..36, "length of the payload"),
        (36..40, "CRC-32 of all that follows the header"),
        (40..48, "write id, random"),
        (48..64, "SHA-256 of the key, its first 16 bytes"),
        (64..history, "earlier write ids"),
        (history..entry.len(), "the value"),
    ] {
        let digits = entry[range.clone()]
            .iter()
            .map(|byte| format!("{byte:02x}"));
        let hex = digits.collect::<Vec<_>>().concat();
        println!("  {:>3}  {hex:<32}  {meaning}", range.start);
    }
    step(cache, "clear()", || {
        Ok(format!("{} entries gone", cache.clear()?.count))
    })
}

fn bound(place: &Place) -> Result<()> {
    heading("A bound of 6 entries (max_entries)");
    let small = Cache::open(place.options.clone().max_entries(6))?;
    step(&small, "6 x set", || {
        for i in 1..=6 {
            small.set(format!("page {i}"), "...", Timeout::Default)?;
        }
        Ok("stored".into())
    })?;
    step(&small, "set, the seventh", || {
        small.set("page 7", "...", Timeout::Default)?;
        Ok("stored; a third of the others, the oldest, made room".into())
    })?;
    step(&small, "cull()", || {
        Ok(format!("{} entries to take", small.cull()?.count))
    })?;
    step(&small, "clear()", || {
        Ok(format!("{} entries gone", small.clear()?.count))
    })
}

fn heading(text: &str) {
    println!("\n{text}");
}

/// Makes a call, and prints what it answered and cost.
fn step(cache: &Cache, call: &str, run: impl FnOnce() -> Result<String>) -> Result<()> {
    let before = cache.stats();
    let answer = run()?;
    println!("  {call:<36} {answer:<58} {}", cost(before, cache.stats()));
    Ok(())
}

fn cost(before: Stats, after: Stats) -> String {
    let kinds = [
        ("LIST", after.lists - before.lists),
        ("GET", after.gets - before.gets),
        ("PUT", after.puts - before.puts),
        ("DELETE", after.deletes - before.deletes),
        ("DeleteObjects", after.multi_deletes - before.multi_deletes),
    ];
    let made = kinds.iter().filter(|(_, count)| *count > 0);
    let made: Vec<String> = made
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    made.join(" + ")
}

fn text(value: Option<Vec<u8>>) -> String {
    match value {
        Some(value) => format!("{:?}", String::from_utf8_lossy(&value)),
        None => "a miss".into(),
    }
}

/// Where the tour takes place: an S3 server of its own, or the user's bucket.
struct Place {
    greeting: String,
    options: Options,
    location: String,
    bucket: Box<Bucket>,
    _server: Option<support::Site>,
}

impl Place {
    fn find() -> Result<Self> {
        match std::env::var("S3CACHE_URL") {
            Ok(url) => Self::of_the_user(&url),
            Err(_) => Self::embedded(),
        }
    }

    fn embedded() -> Result<Self> {
        let server = support::Site::embedded();
        let credentials = Credentials::new(
            Some(server.access_key()),
            Some(server.secret_key()),
            None,
            None,
            None,
        )?;
        let region = Region::Custom {
            region: server.region().to_owned(),
            endpoint: server.endpoint(),
        };
        Ok(Self {
            greeting: format!(
                "An S3 server is running at {}, in a temporary folder.",
                server.endpoint()
            ),
            options: support::options(&server, "quickstart"),
            location: server.location("quickstart"),
            bucket: Bucket::new(server.bucket(), region, credentials)?.with_path_style(),
            _server: Some(server),
        })
    }

    fn of_the_user(text: &str) -> Result<Self> {
        let options = Options::from_url(text)?;
        let name = options.get("bucket").ok_or("S3CACHE_URL names no bucket")?;
        let folder = options.get("location").unwrap_or_default();
        // A folder of its own: what it empties at the end is what it filled.
        let location = format!("{folder}/s3cache-quickstart-{}", std::process::id());
        let location = location.trim_start_matches('/').to_owned();
        let options = options.location(&location);
        // To look at an object past the library: the same place, as rust-s3 has it.
        let region = Cache::open(options.clone())?.region();
        let variable = |name| std::env::var(name).ok();
        let endpoint = options
            .get("endpoint")
            .or_else(|| variable("AWS_ENDPOINT_URL_S3"))
            .or_else(|| variable("AWS_ENDPOINT_URL"));
        let by_path = match options.get("path_style") {
            Some(yes) => yes == "yes",
            None => endpoint.is_some() || name.contains('.'),
        };
        let endpoint = endpoint.unwrap_or_else(|| format!("https://s3.{region}.amazonaws.com"));
        let region = Region::Custom { region, endpoint };
        let mut bucket = Bucket::new(&name, region, Credentials::from_env()?)?;
        if by_path {
            bucket = bucket.with_path_style();
        }
        Ok(Self {
            greeting: format!("Using bucket {name}, folder {location}."),
            options,
            location,
            bucket,
            _server: None,
        })
    }
}
