//! Options, variables and files: what is found without asking anybody.

use std::fs;
use std::path::PathBuf;

use s3cache::{Cache, Credentials, ErrorKind, Result};
use tempfile::TempDir;

use super::support::Script;
use super::{Seen, Variables, fails, opened, options, s3, signers};

const KEYS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "of-env"),
    ("AWS_SECRET_ACCESS_KEY", "hush"),
    ("AWS_SESSION_TOKEN", "hush-token"),
];

#[test]
fn the_environment() {
    let (s3, seen) = s3();
    opened(&s3, &KEYS).get("k").unwrap();
    assert_eq!(signers(&seen), ["of-env"]);
    let head = seen.lock().unwrap()[0].0.clone();
    assert!(head.contains("x-amz-security-token: hush-token"), "{head}");
    // Empty is as good as not set.
    opened(&s3, &[KEYS[0], KEYS[1], ("AWS_SESSION_TOKEN", "")])
        .get("k")
        .unwrap();
    let head = seen.lock().unwrap()[1].0.clone();
    assert!(!head.contains("x-amz-security-token"), "{head}");
}

#[test]
fn half_a_pair_is_an_error() {
    let (s3, seen) = s3();
    for (variables, word) in [
        (&KEYS[..1], "AWS_SECRET_ACCESS_KEY"),
        (&KEYS[1..], "AWS_ACCESS_KEY_ID"),
        (&[KEYS[0], ("AWS_SECRET_ACCESS_KEY", "hush\n")], "line end"),
    ] {
        let cache = opened(&s3, variables);
        fails(&cache, &seen, ErrorKind::InvalidOption, &[word]);
    }
}

/// One error, which tells of every place.
#[test]
fn nothing_anywhere() {
    let (s3, seen) = s3();
    let words = [
        "AWS_ACCESS_KEY_ID is not set",
        "AWS_WEB_IDENTITY_TOKEN_FILE is not set",
        "~/.aws/credentials: the variable HOME is not set",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "switched off by AWS_EC2_METADATA_DISABLED",
        "credentials_with",
    ];
    fails(&opened(&s3, &[]), &seen, ErrorKind::InvalidOption, &words);
}

struct Home(TempDir);

impl Home {
    fn new(credentials: &str, config: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".aws")).unwrap();
        fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
        fs::write(home.path().join(".aws/config"), config).unwrap();
        Self(home)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn opened(&self, s3: &Script, named: Option<&str>, more: Variables<'_>) -> Result<Cache> {
        let home = self.0.path().to_str().unwrap();
        let options = options(s3, &[&[("HOME", home)], more].concat());
        Cache::open(match named {
            Some(name) => options.profile(name),
            None => options,
        })
    }
}

const CREDENTIALS: &str = "# mine\r\n[default]\r\naws_access_key_id = of-default # old\r\n\
    aws_secret_access_key = hush#;=/+\r\n\r\n[two]\r\nAWS_Access_Key_Id=of-two\r\n\
    aws_secret_access_key=hush\r\naws_session_token=hush-token\r\n[half]\r\naws_access_key_id=k\r\n";
const CONFIG: &str = "[profile two]\nregion = eu-west-2\ns3 =\n  aws_access_key_id = of-s3\n\
    [profile three]\naws_access_key_id = of-three\naws_secret_access_key = hush\n\
    aws_session_token = hush-token\n[profile bare]\nregion = eu-west-3\n";

fn signer(home: &Home, named: Option<&str>, more: Variables<'_>) -> String {
    let (s3, seen) = s3();
    home.opened(&s3, named, more).unwrap().get("k").unwrap();
    signers(&seen).pop().unwrap()
}

#[test]
fn profiles() {
    let home = Home::new(CREDENTIALS, CONFIG);
    assert_eq!(signer(&home, None, &[]), "of-default");
    assert_eq!(signer(&home, Some("two"), &[]), "of-two");
    assert_eq!(signer(&home, None, &[("AWS_PROFILE", "three")]), "of-three");
    // The environment's keys go before AWS_PROFILE, and after the option.
    let named = [KEYS[0], KEYS[1], ("AWS_PROFILE", "two")];
    assert_eq!(signer(&home, None, &named), "of-env");
    assert_eq!(signer(&home, Some("two"), &KEYS), "of-two");
    // This one names a region, and no keys.
    assert_eq!(signer(&home, Some("bare"), &KEYS), "of-env");
}

#[test]
fn files_elsewhere() {
    let home = Home::new("", "");
    fs::write(home.path("keys"), CREDENTIALS).unwrap();
    fs::write(home.path("conf"), CONFIG).unwrap();
    let keys = home.path("keys").display().to_string();
    let elsewhere = [
        ("AWS_SHARED_CREDENTIALS_FILE", &*keys),
        ("AWS_CONFIG_FILE", "~/conf"),
    ];
    assert_eq!(signer(&home, Some("two"), &elsewhere), "of-two");
    assert_eq!(signer(&home, Some("three"), &elsewhere), "of-three");
}

#[test]
fn a_profiles_region_and_endpoint() {
    let (s3, seen) = s3();
    let config = format!("[default]\nendpoint_url = {}\nregion = eu-x\n", s3.endpoint);
    let home = Home::new(CREDENTIALS, &config);
    let path = home.0.path().to_str().unwrap().to_owned();
    let look_up = move |name: &str| (name == "HOME").then(|| path.clone());
    let options = s3cache::Options::new("bucket").environment(look_up);
    let cache = Cache::open(options.max_entries(0)).unwrap();
    cache.get("k").unwrap();
    let head = seen.lock().unwrap()[0].0.clone();
    assert!(head.contains("/eu-x/s3/aws4_request"), "{head}");
}

/// What it says of S3 alone goes before what it says of all services.
#[test]
fn an_endpoint_for_s3_alone() {
    let (s3, seen) = s3();
    let services = format!(
        "[services mine]\r\nsqs =\r\n  endpoint_url = http://127.0.0.1:9\r\ns3 = # ours\r\n  endpoint_url = {}\r\n",
        s3.endpoint
    );
    let profile = "[default]\nservices = mine\nendpoint_url = http://127.0.0.1:9\nregion = eu-x\n";
    let opened = |config: &str| {
        let home = Home::new(CREDENTIALS, config);
        let path = home.0.path().to_str().unwrap().to_owned();
        let look_up = move |name: &str| (name == "HOME").then(|| path.clone());
        let options = s3cache::Options::new("bucket").environment(look_up);
        (Cache::open(options.max_entries(0).retries(0)), home)
    };
    let (cache, _home) = opened(&format!("{services}{profile}"));
    cache.unwrap().get("k").unwrap();
    assert_eq!(signers(&seen).len(), 1);
    let (cache, _home) = opened(&format!(
        "[services other]\ns3 =\n  endpoint_url = x\n{profile}"
    ));
    let error = cache.unwrap().get("k").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);

    let (error, _home) = opened(&format!(
        "{profile}[services mine]\ns3 =\n  endpoint_url = x\n"
    ));
    let text = error.unwrap_err().to_string();
    for word in [
        "endpoint_url of s3",
        "profile default",
        ".aws/config",
        "\"x\"",
        "http://",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn profiles_that_do_not_work() {
    let (s3, seen) = s3();
    let home = Home::new(
        CREDENTIALS,
        "[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = default\n\
        [profile sso]\nsso_session = s\n[profile process]\ncredential_process = echo hush\n\
        [profile machine]\ncredential_source = Ec2InstanceMetadata\n\
        [profile token]\nweb_identity_token_file = /hush-not-there\n",
    );
    for (name, word) in [
        ("role", "role_arn"),
        ("sso", "sso_session"),
        ("process", "credential_process"),
        ("machine", "credential_source"),
    ] {
        let cache = home.opened(&s3, Some(name), &KEYS).unwrap();
        let words = [word, name, "config", "not supported", "credentials_with"];
        fails(&cache, &seen, ErrorKind::InvalidOption, &words);
    }
    for (name, words) in [
        ("half", ["no secret key", "credentials"]),
        ("token", ["no role_arn", "config"]),
    ] {
        let cache = home.opened(&s3, Some(name), &[]).unwrap();
        fails(&cache, &seen, ErrorKind::BadCredentials, &words);
    }
    let error = home.opened(&s3, Some("five"), &[]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
    for word in ["five", ".aws/credentials", ".aws/config", "two", "sso"] {
        assert!(error.to_string().contains(word), "{error}");
    }
    // Keys of this file were to be found, and an others' must not be taken.
    let broken = Home::new(CREDENTIALS, CONFIG);
    fs::write(broken.path(".aws/config"), b"[default]\nx = hush\xff").unwrap();
    let error = broken.opened(&s3, None, &[]).unwrap_err();
    let text = format!("{error:?}");
    assert!(text.contains(".aws/config") && text.contains("UTF-8"));
    assert!(!text.contains("hush"), "{text}");
}

/// They are looked at when they are needed, not when the cache is opened.
#[test]
fn files_that_come_later() {
    let (s3, seen) = s3();
    let home = Home::new("", "");
    let cache = home.opened(&s3, None, &[]).unwrap();
    let words = [".aws/credentials: no profile default", "AWS_ACCESS_KEY_ID"];
    fails(&cache, &seen, ErrorKind::InvalidOption, &words);
    fs::write(home.path(".aws/credentials"), CREDENTIALS).unwrap();
    cache.get("k").unwrap();
    fs::remove_file(home.path(".aws/credentials")).unwrap();
    cache.get("k").unwrap();
    assert_eq!(signers(&seen), ["of-default", "of-default"]);
}

#[test]
fn nobody_signs_for_the_anonymous() {
    let (s3, seen) = s3();
    let cache = Cache::open(options(&s3, &KEYS).anonymous(true)).unwrap();
    cache.get("k").unwrap();
    let head = seen.lock().unwrap()[0].0.clone();
    assert!(!head.contains("authorization"), "{head}");
}

#[test]
fn what_is_given_goes_before_all() {
    let (s3, seen) = s3();
    let given = options(&s3, &KEYS).credentials("given", "hush");
    Cache::open(given.clone()).unwrap().get("k").unwrap();
    let hooked = given.credentials_with(|| Ok::<_, String>(Credentials::new("hooked", "hush")));
    Cache::open(hooked).unwrap().get("k").unwrap();
    assert_eq!(signers(&seen), ["given", "hooked"]);
    assert!(no_token(&seen));
}

fn no_token(seen: &Seen) -> bool {
    let seen = seen.lock().unwrap();
    seen.iter()
        .all(|(head, _)| !head.contains("security-token"))
}

#[test]
fn a_hook_that_fails() {
    let (s3, seen) = s3();
    let hook = options(&s3, &KEYS).credentials_with(|| Err("the vault is shut"));
    let cache = Cache::open(hook).unwrap();
    let words = ["credentials_with", "the vault is shut"];
    fails(&cache, &seen, ErrorKind::BadCredentials, &words);
}
