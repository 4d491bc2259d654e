//! A URL brings along what options do, and not their text alone: a cache of
//! the copy asks the same hosts and sends the same, whatever the machine is
//! configured with and whatever other options say.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use s3cache::{Cache, Options, Timeout};

use super::samples::of;
use super::support::{Heard, Script, refusal, reply};

/// Options that have their way where another is not given; so do variables.
const OPTIONS: [(&str, &str); 3] = [
    ("bucket", "my-bucket"),
    ("acl", "public-read"),
    ("headers", "content-type: text/css\ncache-control: no-store"),
];

/// 32 bytes in base64.
const CUSTOMER_KEY: &str = "aHVzaC1odXNoLWh1c2gtaHVzaC1odXNoLWh1c2gtMTI=";

#[test]
fn a_url_does_what_its_options_do() {
    let s3 = Script::telling(|asked| match asked.method() {
        "PUT" => reply("200 OK\r\netag: \"new\"", ""),
        _ if asked.line().contains("list-type=2") => {
            reply("200 OK", "<ListBucketResult></ListBucketResult>")
        }
        _ => refusal(404, "NoSuchKey", ""),
    });
    let mut there = 0;
    for row in Options::table().iter().filter(|row| !row.secret) {
        for (value, _) in of(row.name).good {
            let options = Options::from_pairs(OPTIONS).unwrap();
            let options = options.set(row.name, value).unwrap();
            let copy = Options::from_url(options.to_url()).unwrap();
            for with_key in [false, true] {
                let told = effects(options.clone(), &s3, with_key);
                let again = effects(copy.clone(), &s3, with_key);
                assert_eq!(told, again, "{} = {value}", row.name);
                there += told.iter().filter(|line| line.contains("PUT ")).count();
            }
        }
    }
    assert!(there > 500, "{there}");
}

/// What a cache of these options asks, and of whom; what a URL does not bring
/// along is added.
fn effects(options: Options, s3: &Script, with_key: bool) -> Vec<String> {
    let before = s3.requests();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let hosts = Arc::clone(&asked);
    let endpoint = s3.endpoint.clone();
    let address = endpoint.replace("http://", "");
    let mut options = options
        .credentials("key", "secret")
        .retries(0)
        .clock(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))
        .resolver(move |host, port| {
            let asked = format!("{host}:{port}");
            hosts.lock().unwrap().push(asked.clone());
            if asked == address {
                return Ok(vec![asked.parse().unwrap()]);
            }
            Err(io::Error::other("nowhere"))
        })
        .environment(move |name| match name {
            "AWS_ENDPOINT_URL" => Some(endpoint.clone()),
            "AWS_REGION" => Some("eu-north-1".into()),
            _ => None,
        });
    if with_key {
        options = options.encryption_customer_key(CUSTOMER_KEY);
    }
    let mut all = match Cache::open(options) {
        Err(error) => vec![format!("{error:#}")],
        Ok(cache) => [
            cache.get("k").map(drop),
            cache.set("k", b"v", Timeout::Default),
            cache.create_bucket(),
        ]
        .map(|result| format!("{result:?}"))
        .into(),
    };
    all.append(&mut asked.lock().unwrap());
    all.extend(s3.heard()[before..].iter().map(told));
    all
}

/// All of a request but what is drawn at random, and what is made of that.
fn told(asked: &Heard) -> String {
    let random = ["authorization", "x-amz-content-sha256"];
    let names = asked.names();
    let names = names.iter().filter(|name| !random.contains(&&***name));
    let fields: Vec<_> = names.map(|name| (name, asked.header(name))).collect();
    let line = asked.line().split('?').next();
    let signed = asked.header("authorization").map(|_| asked.region());
    format!("{line:?} {signed:?} {fields:?}")
}
