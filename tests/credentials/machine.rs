//! The metadata service of EC2.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use s3cache::ErrorKind;

use super::support::{Script, reply};
use super::{SOON, Seen, fails, json, nobody, opened, s3, server, signers};

const ENDPOINT: &str = "AWS_EC2_METADATA_SERVICE_ENDPOINT";

/// A service whose replies are put as (token, roles, keys).
fn machine(replies: [String; 3]) -> (Script, Seen) {
    server(move |head, _| {
        let [token, roles, keys] = &replies;
        match head.lines().next().unwrap() {
            "put /latest/api/token http/1.1" => token.clone(),
            "get /latest/meta-data/iam/security-credentials/ http/1.1" => roles.clone(),
            "get /latest/meta-data/iam/security-credentials/web http/1.1" => keys.clone(),
            other => panic!("{other}"),
        }
    })
}

fn ok(body: &str) -> String {
    reply("200 OK", body)
}

#[test]
fn a_token_then_the_role_then_its_keys() {
    let (s3, signed) = s3();
    let (machine, seen) = machine([ok("hush-t"), ok("web\n"), ok(&json("of-role", 60))]);
    let slashed = format!("{}/", machine.endpoint);
    for endpoint in [&machine.endpoint, &slashed] {
        opened(&s3, &[(ENDPOINT, endpoint)]).get("k").unwrap();
    }
    assert_eq!(signers(&signed), ["of-role", "of-role"]);
    let head = signed.lock().unwrap()[0].0.clone();
    assert!(head.contains("x-amz-security-token: hush-token"), "{head}");
    let seen = seen.lock().unwrap();
    let sends = |at: usize, header: &str| seen[at].0.contains(header);
    assert_eq!(seen.len(), 6);
    assert!(sends(0, "x-aws-ec2-metadata-token-ttl-seconds: "));
    assert!(!sends(0, "x-aws-ec2-metadata-token: "));
    assert!(sends(1, "x-aws-ec2-metadata-token: hush-t\r"));
    assert!(sends(2, "x-aws-ec2-metadata-token: hush-t\r"));
    assert!(seen.iter().all(|(head, _)| !head.contains("authorization")));
}

#[test]
fn what_it_may_answer() {
    let (s3, signed) = s3();
    let good = || [ok("hush-t"), ok("web"), ok("")];
    let with = |at: usize, reply: String| {
        let mut replies = good();
        replies[at] = reply;
        replies
    };
    let lacks = ok(r#"{"AccessKeyId":"k","Token":"hush"}"#);
    let failed = ok(r#"{"Code":"AssumeRoleUnauthorizedAccess","Message":"hush"}"#);
    for (replies, kind, word) in [
        (
            with(0, reply("403 Forbidden", "hush")),
            ErrorKind::BadCredentials,
            "no token",
        ),
        (
            with(0, reply("404 Not Found", "hush")),
            ErrorKind::BadCredentials,
            "HTTP 404",
        ),
        (
            with(0, ok("hush\nhush")),
            ErrorKind::BadCredentials,
            "token",
        ),
        (
            with(1, reply("404 Not Found", "hush")),
            ErrorKind::BadCredentials,
            "no role",
        ),
        (
            with(1, reply("401 Unauthorized", "hush")),
            ErrorKind::BadCredentials,
            "HTTP 401",
        ),
        (with(1, ok("\n")), ErrorKind::BadCredentials, "no role"),
        (with(1, ok("../hush")), ErrorKind::BadCredentials, "no role"),
        (
            with(2, ok("<html>hush</html>")),
            ErrorKind::BadCredentials,
            "not JSON",
        ),
        (
            with(2, ok(&"hush".repeat(20_000))),
            ErrorKind::BadCredentials,
            "too long",
        ),
        (with(2, lacks), ErrorKind::BadCredentials, "SecretAccessKey"),
        (
            with(2, failed),
            ErrorKind::BadCredentials,
            "AssumeRoleUnauthorizedAccess",
        ),
        (
            with(2, reply("503 Busy", "hush")),
            ErrorKind::ServerError,
            "HTTP 503",
        ),
        (
            with(2, reply("302 Found\r\nlocation: http://hush/", "")),
            ErrorKind::BadCredentials,
            "HTTP 302",
        ),
        (
            with(2, String::new()),
            ErrorKind::Unreachable,
            "closed the connection",
        ),
    ] {
        let (machine, _) = machine(replies);
        let cache = opened(&s3, &[(ENDPOINT, &machine.endpoint)]);
        let words = [word, "this machine's metadata", &machine.endpoint];
        fails(&cache, &signed, kind, &words);
    }
}

/// A busy service is asked a second time, and not a third.
#[test]
fn two_tries() {
    let (s3, signed) = s3();
    let first = Arc::new(Mutex::new(true));
    let (machine, seen) = server(move |head, _| {
        if std::mem::take(&mut *first.lock().unwrap()) {
            return reply("503 Busy", "");
        }
        match head {
            head if head.starts_with("put") => ok("t"),
            head if head.starts_with("get /latest/meta-data/iam/security-credentials/ ") => {
                ok("web")
            }
            _ => ok(&json("of-role", 60)),
        }
    });
    opened(&s3, &[(ENDPOINT, &machine.endpoint)])
        .get("k")
        .unwrap();
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert_eq!(signers(&signed), ["of-role"]);
}

#[test]
fn no_machine_of_ec2() {
    let (s3, signed) = s3();
    let begun = Instant::now();
    let endpoint = nobody();
    let cache = opened(&s3, &[(ENDPOINT, &endpoint)]);
    let words = ["AWS_ACCESS_KEY_ID is not set", &endpoint, "cannot connect"];
    fails(&cache, &signed, ErrorKind::InvalidOption, &words);
    // In a container the answer may not come that far.
    let silent = Script::silent();
    let cache = opened(&s3, &[(ENDPOINT, &silent.endpoint)]);
    let words = ["no answer in time", "hop limit"];
    fails(&cache, &signed, ErrorKind::Unreachable, &words);
    assert_eq!(silent.requests(), 0);
    assert!(begun.elapsed() < SOON);
}

#[test]
fn switched_off_or_misnamed() {
    let (s3, signed) = s3();
    let (machine, seen) = machine([ok("t"), ok("web"), ok("")]);
    let off = [
        (ENDPOINT, machine.endpoint.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "True"),
    ];
    let words = ["AWS_EC2_METADATA_DISABLED"];
    fails(
        &opened(&s3, &off),
        &signed,
        ErrorKind::InvalidOption,
        &words,
    );
    for url in ["169.254.169.254", "http://h/?hush", "http://u:hush@h"] {
        let cache = opened(&s3, &[(ENDPOINT, url)]);
        fails(&cache, &signed, ErrorKind::InvalidOption, &[ENDPOINT]);
    }
    assert!(seen.lock().unwrap().is_empty());
}
