//! A token, changed for a role's keys at a token service of our own.

use std::fs;

use s3cache::{Cache, ErrorKind};
use tempfile::TempDir;

use super::support::{Script, reply};
use super::{Seen, Variables, date, fails, nobody, opened, options, s3, server, signers};

const STS: &str = "AWS_ENDPOINT_URL_STS";
const ROLE: &str = "arn:aws:iam::1:role/web";

fn assumed(key: &str) -> String {
    let xml = format!(
        "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
        <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>{key}</AccessKeyId>\
        <SecretAccessKey>hush</SecretAccessKey><SessionToken>hush-token</SessionToken>\
        <Expiration>{}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>\
        </AssumeRoleWithWebIdentityResponse>",
        date(4)
    );
    reply("200 OK\r\ncontent-type: text/xml", &xml)
}

struct Token(TempDir);

impl Token {
    fn new(text: &str) -> Self {
        let token = Self(tempfile::tempdir().unwrap());
        token.write(text);
        token
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> String {
        self.0.path().join("token").to_str().unwrap().to_owned()
    }

    fn opened(&self, s3: &Script, sts: &str, more: Variables<'_>) -> Cache {
        let path = self.path();
        let variables = [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", &*path),
            ("AWS_ROLE_ARN", ROLE),
            (STS, sts),
        ];
        opened(s3, &[&variables, more].concat())
    }
}

fn form(seen: &Seen, at: usize) -> String {
    seen.lock().unwrap()[at].1.clone()
}

#[test]
fn a_token_for_keys() {
    let (s3, signed) = s3();
    let (sts, seen) = server(|_, _| assumed("of-web"));
    let token = Token::new("hush.one+two\n");
    let cache = token.opened(&s3, &sts.endpoint, &[("AWS_ROLE_SESSION_NAME", "me")]);
    cache.get("k").unwrap();
    // The file is read anew: its writer may have put another token there.
    token.write("hush.three");
    cache.get("k").unwrap();
    assert_eq!(signers(&signed), ["of-web", "of-web"]);
    let head = signed.lock().unwrap()[0].0.clone();
    assert!(head.contains("x-amz-security-token: hush-token"), "{head}");
    let head = seen.lock().unwrap()[0].0.clone();
    assert!(head.starts_with("post / "), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"));
    assert!(!head.contains("authorization"), "{head}");
    assert_eq!(
        form(&seen, 0),
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fweb&RoleSessionName=me&WebIdentityToken=hush.one%2Btwo"
    );
    assert!(form(&seen, 1).ends_with("WebIdentityToken=hush.three"));
}

#[test]
fn a_profile_may_name_them() {
    let (s3, signed) = s3();
    let (sts, seen) = server(|_, _| assumed("of-web"));
    let token = Token::new("hush");
    let config = format!(
        "[profile p]\nrole_arn = {ROLE}\nweb_identity_token_file = {}\n",
        token.path()
    );
    let file = token.0.path().join("config");
    fs::write(&file, config).unwrap();
    let variables = [
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
        (STS, &sts.endpoint),
    ];
    let cache = Cache::open(options(&s3, &variables).profile("p")).unwrap();
    cache.get("k").unwrap();
    assert_eq!(signers(&signed), ["of-web"]);
    assert!(form(&seen, 0).contains("RoleSessionName=s3cache-"));
}

#[test]
fn refusals_are_explained() {
    let (s3, signed) = s3();
    let token = Token::new("hush");
    for (status, code, word) in [
        (400, "ExpiredTokenException", "whoever writes that file"),
        (400, "InvalidIdentityToken", "OpenID Connect"),
        (403, "AccessDenied", "trust policy"),
        (400, "SomethingNew", "HTTP 400"),
    ] {
        let xml = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>hush</Message></Error></ErrorResponse>"
        );
        let sts = Script::replying(&format!("{status} Told"), &xml);
        let cache = token.opened(&s3, &sts.endpoint, &[]);
        let words = [word, code, ROLE];
        fails(&cache, &signed, ErrorKind::BadCredentials, &words);
    }
}

#[test]
fn what_else_goes_wrong() {
    let (s3, signed) = s3();
    let token = Token::new("hush");
    for (body, word) in [
        ("<html>hush</html>", "not one of the token service"),
        ("<AssumeRoleWithWebIdentityResponse/>", "empty"),
    ] {
        let sts = Script::replying("200 OK", body);
        let cache = token.opened(&s3, &sts.endpoint, &[]);
        fails(&cache, &signed, ErrorKind::BadCredentials, &[word, ROLE]);
    }
    let cache = token.opened(&s3, &nobody(), &[]);
    let words = ["cannot connect", STS];
    fails(&cache, &signed, ErrorKind::Unreachable, &words);

    let (sts, seen) = server(|_, _| assumed("of-web"));
    token.write(" \n");
    let cache = token.opened(&s3, &sts.endpoint, &[]);
    let path = token.path();
    fails(
        &cache,
        &signed,
        ErrorKind::BadCredentials,
        &["is empty", &path],
    );
    fs::remove_file(&path).unwrap();
    fails(
        &cache,
        &signed,
        ErrorKind::BadCredentials,
        &["cannot be read", &path],
    );
    let alone = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &*path),
        (STS, &sts.endpoint),
    ];
    let words = ["AWS_ROLE_ARN"];
    fails(
        &opened(&s3, &alone),
        &signed,
        ErrorKind::InvalidOption,
        &words,
    );
    let misnamed = token.opened(&s3, "ftp://hush", &[]);
    fails(&misnamed, &signed, ErrorKind::InvalidOption, &[STS]);
    assert!(seen.lock().unwrap().is_empty());
}

/// The environment's certificates are for the token service, too, also where
/// S3 itself needs none; and what S3's may be forgiven, it is not.
#[cfg(feature = "tls")]
#[test]
fn a_token_service_over_https() {
    use super::support::{Authority, Tls};

    let (s3, signed) = s3();
    let (sts, _) = server(|_, _| assumed("of-web"));
    let token = Token::new("hush");
    let authority = Authority::new();
    let tls = Tls::before(&sts.endpoint, &authority, &["localhost"]);
    let (url, path) = (tls.endpoint("localhost"), token.path());
    let bundle = authority.file().to_str().unwrap();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", &*path),
        ("AWS_ROLE_ARN", ROLE),
        (STS, &url),
    ];
    let trusting = opened(
        &s3,
        &[&variables[..], &[("AWS_CA_BUNDLE", bundle)]].concat(),
    );
    trusting.get("k").unwrap();
    assert_eq!(signers(&signed), ["of-web"]);

    let careless = options(&s3, &variables).danger_accept_invalid_certs(true);
    let careless = Cache::open(careless).unwrap();
    fails(&careless, &signed, ErrorKind::Tls, &["UnknownIssuer"]);
    let missing = [&variables[..], &[("AWS_CA_BUNDLE", "/nonexistent")]].concat();
    let words = ["AWS_CA_BUNDLE"];
    fails(
        &opened(&s3, &missing),
        &signed,
        ErrorKind::InvalidOption,
        &words,
    );
}

#[cfg(not(feature = "tls"))]
#[test]
fn awss_own_needs_tls() {
    let (s3, signed) = s3();
    let cache = Token::new("hush").opened(&s3, "", &[]);
    fails(&cache, &signed, ErrorKind::InvalidOption, &["feature tls"]);
}
