//! A container's address. That of ECS cannot be had here: see the unit tests.

use std::fs;

use s3cache::ErrorKind;

use super::support::{Script, reply};
use super::{fails, json, nobody, opened, s3, server, signers};

const URL: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

#[test]
fn a_url_and_a_token() {
    let (s3, signed) = s3();
    let (container, seen) = server(|_, _| reply("200 OK", &json("of-task", 60)));
    let url = format!("{}/v1/keys?id=7", container.endpoint);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "hush of-file").unwrap();
    let file = file.to_str().unwrap();
    for token in [
        &[][..],
        &[(TOKEN, "hush of-env")],
        &[(TOKEN, "hush of-env"), (TOKEN_FILE, file)],
    ] {
        let variables = [&[(URL, &*url)], token].concat();
        opened(&s3, &variables).get("k").unwrap();
    }
    assert_eq!(signers(&signed), ["of-task"; 3]);
    let seen = seen.lock().unwrap();
    assert!(seen[0].0.starts_with("get /v1/keys?id=7 "));
    assert!(!seen[0].0.contains("authorization"));
    assert!(seen[1].0.contains("authorization: hush of-env\r"));
    assert!(seen[2].0.contains("authorization: hush of-file\r"));
}

#[test]
fn a_token_that_cannot_be_sent() {
    let (s3, signed) = s3();
    let (container, seen) = server(|_, _| reply("200 OK", &json("of-task", 60)));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "hush\r\nx-evil: 1").unwrap();
    let file = file.to_str().unwrap();
    for (name, value, kind, word) in [
        (TOKEN, "hush\nx", ErrorKind::InvalidOption, "line end"),
        (TOKEN, "hush\u{e9}", ErrorKind::InvalidOption, "ASCII"),
        (TOKEN_FILE, file, ErrorKind::InvalidOption, "line end"),
        (
            TOKEN_FILE,
            "/not/there",
            ErrorKind::BadCredentials,
            "/not/there",
        ),
    ] {
        let cache = opened(&s3, &[(URL, &container.endpoint), (name, value)]);
        fails(&cache, &signed, kind, &[word, name]);
    }
    assert!(seen.lock().unwrap().is_empty());
}

/// Whom it would not be safe to ask is not asked.
#[test]
fn strangers() {
    let (s3, signed) = s3();
    for url in [
        "http://198.51.100.1/hush",
        "http://example.com/?hush",
        "http://user:hush@127.0.0.1/",
        "127.0.0.1",
    ] {
        let cache = opened(&s3, &[(URL, url)]);
        fails(&cache, &signed, ErrorKind::InvalidOption, &[URL]);
    }
    let path = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    let cache = opened(&s3, &[(path, "@example.com/hush")]);
    fails(&cache, &signed, ErrorKind::InvalidOption, &[path]);
}

/// It was named, so its silence is an error, and nobody else is asked.
#[test]
fn what_it_may_answer() {
    let (s3, signed) = s3();
    let denied = r#"{"code":"AccessDenied","message":"hush"}"#;
    for (head, body, word) in [
        ("403 Forbidden", denied, "HTTP 403, AccessDenied"),
        ("404 Not Found", "hush", "HTTP 404"),
        ("200 OK", "hush", "not JSON"),
        ("200 OK", "{}", "AccessKeyId"),
    ] {
        let script = Script::replying(head, body);
        let url = format!("{}/?hush", script.endpoint);
        let cache = opened(&s3, &[(URL, &url)]);
        let words = [word, "the container's metadata", &script.endpoint, URL];
        fails(&cache, &signed, ErrorKind::BadCredentials, &words);
    }
    let url = format!("{}/hush", nobody());
    let cache = opened(&s3, &[(URL, &url)]);
    fails(
        &cache,
        &signed,
        ErrorKind::Unreachable,
        &["cannot connect", URL],
    );
}
