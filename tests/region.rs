//! A bucket in another region than was said: S3 tells the right one in one of
//! three ways. It is put right once for a call and remembered; what is no
//! region's name is not followed, and nothing that is signed goes elsewhere.

mod support;

use s3cache::{Cache, ConditionalWrites, Error, ErrorKind, Options, Timeout};
use support::{Heard, Script, refusal, reply};

const RIGHT: &str = "us-west-2";

fn at(script: &Script) -> Options {
    Options::new("bucket")
        .endpoint(&script.endpoint)
        .region("us-east-1")
        .credentials("key", "secret")
        .location("app")
        .max_entries(0)
        .conditional_writes(ConditionalWrites::Assume)
        .environment(|_| None)
}

fn opened(script: &Script) -> Cache {
    Cache::open(at(script)).unwrap()
}

/// The three ways, as AWS words them.
fn hints(region: &str) -> [String; 3] {
    let endpoint = format!("<Endpoint>bucket.s3.{region}.amazonaws.com</Endpoint>");
    let header = format!("content-type: application/xml\r\nx-amz-bucket-region: {region}");
    let location = format!("location: https://bucket.s3.{region}.amazonaws.com/app/x");
    let with =
        |reply: String, header: &str| reply.replacen("content-type: application/xml", header, 1);
    [
        with(refusal(301, "PermanentRedirect", &endpoint), &header),
        with(refusal(307, "TemporaryRedirect", ""), &location),
        refusal(
            400,
            "AuthorizationHeaderMalformed",
            &format!("<Region>{region}</Region>"),
        ),
    ]
}

/// Answers as an S3 in which nothing is stored.
fn empty(asked: &Heard) -> String {
    match asked.method() {
        "PUT" => reply("200 OK\r\netag: \"new\"", ""),
        "DELETE" => reply("204 No Content\r\nx-amz-request-id: 1", ""),
        _ if asked.line().contains("list-type=2") => {
            reply("200 OK", "<ListBucketResult></ListBucketResult>")
        }
        _ => refusal(404, "NoSuchKey", ""),
    }
}

/// Hints whoever signs for another region than `RIGHT`.
fn elsewhere(hint: String) -> Script {
    Script::telling(move |asked| match asked.region() {
        RIGHT => empty(asked),
        _ => hint.clone(),
    })
}

fn regions(script: &Script) -> Vec<String> {
    let heard = script.heard();
    heard
        .iter()
        .map(|asked| asked.region().to_owned())
        .collect()
}

type Call = fn(&Cache) -> Result<(), Error>;

/// A GET, a ranged one, a PUT, a DELETE and a LIST.
const CALLS: [Call; 5] = [
    |cache| cache.get("k").map(|found| assert_eq!(found, None)),
    |cache| cache.has_key("k").map(|found| assert!(!found)),
    |cache| cache.set("k", b"v", Timeout::Default),
    |cache| cache.delete("k"),
    |cache| cache.clear().map(|removed| assert_eq!(removed.count, 0)),
];

#[test]
fn it_is_put_right_once_and_remembered() {
    for hint in hints(RIGHT) {
        for call in CALLS {
            let script = elsewhere(hint.clone());
            let cache = opened(&script);
            let before = cache.clone();
            assert_eq!(cache.region(), "us-east-1");
            call(&cache).unwrap();
            assert_eq!(regions(&script), ["us-east-1", RIGHT]);
            let heard = script.heard();
            assert_eq!(heard[0].line(), heard[1].line());
            assert_eq!(heard[0].body, heard[1].body);
            assert_eq!(heard[0].names(), heard[1].names());
            for handle in [&cache, &before, &cache.clone()] {
                call(handle).unwrap();
                assert_eq!(handle.region(), RIGHT);
            }
            assert_eq!(regions(&script)[1..], [RIGHT; 4]);
        }
    }
}

/// A conditional write that was sent to the wrong region was not made.
#[test]
fn a_conditional_write_is_made_in_the_right_one() {
    for hint in hints(RIGHT) {
        let script = Script::telling(move |asked| match (asked.method(), asked.region()) {
            ("PUT", "us-east-1") => hint.clone(),
            _ => empty(asked),
        });
        let cache = opened(&script);
        assert!(cache.add("k", b"v", Timeout::Default).unwrap());
        let puts = script.heard().into_iter();
        let puts: Vec<_> = puts.filter(|asked| asked.method() == "PUT").collect();
        assert_eq!(puts.len(), 2);
        assert_eq!([puts[0].region(), puts[1].region()], ["us-east-1", RIGHT]);
        assert_eq!(puts[1].header("if-none-match"), Some("*"));
        assert_eq!(puts[0].body, puts[1].body);
    }
}

#[test]
fn a_second_hint_is_reported() {
    for hint in hints(RIGHT) {
        for call in CALLS {
            let mut others = ["us-west-2", "us-west-1"].into_iter().cycle();
            let hint = hint.clone();
            let script = Script::telling(move |_| hint.replace(RIGHT, others.next().unwrap()));
            let cache = opened(&script);
            let error = call(&cache).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WrongRegion, "{error}");
            assert!(error.to_string().contains("us-west-1"), "{error}");
            assert_eq!(regions(&script), ["us-east-1", RIGHT]);
        }
    }
}

/// Or a server that does not mean what it says.
#[test]
fn a_hint_at_the_region_that_was_asked_for_is_reported() {
    for hint in hints("us-east-1") {
        for call in CALLS {
            let script = elsewhere(hint.clone());
            let error = call(&opened(&script)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WrongRegion, "{error}");
            assert!(error.to_string().contains("check the endpoint"), "{error}");
            assert_eq!(regions(&script), ["us-east-1"]);
        }
    }
}

#[test]
fn what_is_no_region_is_not_followed() {
    let long = "a".repeat(5000);
    for bad in [
        "us/west", "evil.com", "us west", "\u{e9}u", "a@b", "", &long,
    ] {
        for hint in hints(bad) {
            let script = elsewhere(hint);
            let cache = opened(&script);
            let error = cache.get("k").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::WrongRegion, "{bad}: {error}");
            let text = error.to_string();
            assert!(text.contains("set the option region"), "{text}");
            assert!(bad.is_empty() || !text.contains(bad), "{text}");
            assert_eq!(script.requests(), 1, "{bad}");
            assert_eq!(cache.region(), "us-east-1");
        }
    }
    // Where one hint is none, another may be.
    let hint = refusal(301, "PermanentRedirect", "<Region>us-west-2</Region>");
    let header = "application/xml\r\nx-amz-bucket-region: evil.com";
    let script = elsewhere(hint.replace("application/xml", header));
    assert_eq!(opened(&script).get("k").unwrap(), None);
    assert_eq!(regions(&script), ["us-east-1", RIGHT]);
}

/// Nobody else is ever asked, and nobody else gets to see a signature.
#[test]
fn no_redirect_is_followed_to_another_host() {
    let other = Script::refusing(404, "NoSuchKey", "");
    let place = format!("location: {}/bucket/app/x", other.endpoint);
    for status in [301, 302, 307, 308] {
        for told in [
            refusal(status, "TemporaryRedirect", "").replacen(
                "content-type: application/xml",
                &place,
                1,
            ),
            reply(
                &format!("{status} Moved\r\n{place}\r\ncontent-type: text/html"),
                "<html></html>",
            ),
        ] {
            for call in CALLS {
                let script = Script::answering(told.clone());
                let error = call(&opened(&script)).unwrap_err();
                let refused = [ErrorKind::WrongRegion, ErrorKind::NotS3, ErrorKind::Refused];
                assert!(refused.contains(&error.kind()), "{error:?}");
                assert_eq!((script.requests(), other.requests()), (1, 0));
            }
        }
    }
}

#[test]
fn a_portals_redirect_is_not_s3s() {
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let head = format!("{status}\r\nlocation: http://portal/\r\ncontent-type: text/html");
        let script = Script::replying(&head, "<html><body>Log in</body></html>");
        for call in CALLS {
            let error = call(&opened(&script)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotS3, "{error:?}");
        }
        assert_eq!(script.requests(), CALLS.len());
    }
}

/// The statistics know of both requests.
#[test]
fn what_it_costs_is_counted() {
    let [hint, ..] = hints(RIGHT);
    let script = elsewhere(hint);
    let cache = opened(&script);
    cache.get("k").unwrap();
    assert_eq!(cache.stats().gets, 2);
}

/// AWS has a host for each region, and that one is asked then.
#[cfg(feature = "tls")]
mod aws {
    use super::*;
    use support::{Authority, Tls};

    fn by_host(wrong: &str, right: &str, domain: &str, endpoint: Option<&str>) {
        let hosts = [wrong, right].map(|region| format!("s3.{region}.{domain}"));
        let stars = hosts.clone().map(|host| format!("*.{host}"));
        let names: Vec<&str> = hosts.iter().chain(&stars).map(String::as_str).collect();
        for hint in hints(right) {
            let here = right.to_owned();
            let script = Script::telling(move |asked| {
                let there = asked.header("host").unwrap().contains(asked.region());
                assert!(there, "{asked:?}");
                if asked.region() == here {
                    empty(asked)
                } else {
                    hint.clone()
                }
            });
            let authority = Authority::new();
            let tls = Tls::before(&script.endpoint, &authority, &names);
            let there = tls.address();
            let mut options = Options::new("bucket")
                .region(wrong)
                .credentials("key", "secret")
                .ca_file(authority.file())
                .resolver(move |_, _| Ok(vec![there]))
                .max_entries(0)
                .environment(|_| None);
            if let Some(endpoint) = endpoint {
                options = options.endpoint(endpoint);
            }
            let cache = Cache::open(options).unwrap();
            assert_eq!(cache.get("k").unwrap(), None);
            cache.set("k", b"v", Timeout::Default).unwrap();
            let heard = script.heard();
            let asked: Vec<_> = heard.iter().map(|a| a.header("host").unwrap()).collect();
            let with_bucket = |host: &String| match endpoint {
                Some(_) => host.clone(),
                None => format!("bucket.{host}"),
            };
            let [wrong, right] = [with_bucket(&hosts[0]), with_bucket(&hosts[1])];
            assert_eq!(asked, [&wrong, &right, &right]);
        }
    }

    #[test]
    fn the_regions_own_host_is_asked() {
        by_host("us-east-1", "us-west-2", "amazonaws.com", None);
        by_host("us-gov-west-1", "us-gov-east-1", "amazonaws.com", None);
        by_host("cn-north-1", "cn-northwest-1", "amazonaws.com.cn", None);
    }

    /// Also where it was given as an endpoint.
    #[test]
    fn an_endpoint_of_awss_moves_as_well() {
        let endpoint = Some("https://s3.us-east-1.amazonaws.com");
        by_host("us-east-1", "us-west-2", "amazonaws.com", endpoint);
    }
}
