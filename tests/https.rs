//! https on a loopback port, with certificates of an authority of the test's:
//! whom the library trusts, and what it then sends.

#![cfg(feature = "tls")]

mod support;

use s3cache::{Cache, Error, ErrorKind, Options, Timeout};
use support::{Authority, Script, Site, Tls, file_of, options, pem, reply};

const LOCALHOST: &[&str] = &["localhost"];

fn over(tls: &Tls, site: &Site) -> Options {
    let options = options(site, "app").endpoint(tls.endpoint("localhost"));
    options.environment(|_| None)
}

fn refused(options: Options, words: &[&str]) {
    let error = Cache::open(options).unwrap().get("k").unwrap_err();
    says(&error, ErrorKind::Tls, words);
}

fn says(error: &Error, kind: ErrorKind, words: &[&str]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let text = format!("{error:#}");
    for word in words {
        assert!(text.contains(word), "{word} is not in: {text}");
    }
}

#[test]
fn with_the_authoritys_file_all_works_over_one_connection() {
    let (site, authority) = (Site::start(), Authority::new());
    let tls = Tls::before(&site.endpoint(), &authority, LOCALHOST);
    let cache = Cache::open(over(&tls, &site).ca_file(authority.file())).unwrap();
    let long = vec![b'v'; 300_000];
    cache.set("k", &long, Timeout::Default).unwrap();
    assert_eq!(cache.get("k").unwrap(), Some(long.clone()));
    assert!(cache.has_key("k").unwrap());
    assert!(cache.add("new", b"n", Timeout::Never).unwrap());
    assert!(!cache.add("new", &long, Timeout::Never).unwrap());
    assert_eq!(cache.incr("n", 1).unwrap_err().kind(), ErrorKind::NotFound);
    cache.delete("new").unwrap();
    assert_eq!(cache.clear().unwrap().count, 1);
    assert_eq!(cache.get("k").unwrap(), None);
    assert_eq!((tls.connections(), site.connections()), (1, 1));
}

/// Several threads, and a server that closes connections after a while.
#[test]
fn clones_and_stale_connections() {
    let (site, authority) = (Site::start(), Authority::new());
    let tls = Tls::before(&site.endpoint(), &authority, LOCALHOST);
    let cache = Cache::open(over(&tls, &site).ca_file(authority.file())).unwrap();
    std::thread::scope(|scope| {
        for i in 0..4_u8 {
            let cache = cache.clone();
            scope.spawn(move || {
                for _ in 0..5 {
                    cache.set(&[i][..], [i], Timeout::Default).unwrap();
                    assert_eq!(cache.get(&[i][..]).unwrap(), Some(vec![i]));
                }
            });
        }
    });
    assert!(tls.connections() <= 4);
    for _ in 0..3 {
        site.switches().close_after_next(1);
        assert_eq!(cache.get(&[1][..]).unwrap(), Some(vec![1]));
        cache.set(&[1][..], [1], Timeout::Default).unwrap();
    }
}

#[test]
fn a_stranger_is_not_trusted() {
    let (site, authority) = (Site::start(), Authority::new());
    let tls = Tls::before(&site.endpoint(), &authority, LOCALHOST);
    let helps = &["no TLS", "ca_file", "localhost", "UnknownIssuer"];
    refused(over(&tls, &site), helps);
    let other = Authority::new();
    refused(over(&tls, &site).ca_file(other.file()), helps);
    assert_eq!(site.requests().total(), 0);
}

#[test]
fn the_certificate_must_be_the_hosts() {
    let (site, authority) = (Site::start(), Authority::new());
    let tls = Tls::before(&site.endpoint(), &authority, &["other.test"]);
    let options = || over(&tls, &site).ca_file(authority.file());
    refused(options(), &["whose certificate", "other.test"]);
    let error = Cache::open(options().max_entries(0)).unwrap();
    let error = error.set("k", b"v", Timeout::Default).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Tls, "nothing was sent: {error:?}");
    assert_eq!(site.requests().total(), 0);
}

#[test]
fn anybody_is_trusted_who_asks_for_that() {
    let (site, authority) = (Site::start(), Authority::new());
    for names in [LOCALHOST, &["other.test"]] {
        let tls = Tls::before(&site.endpoint(), &authority, names);
        let options = over(&tls, &site).danger_accept_invalid_certs(true);
        let cache = Cache::open(options).unwrap();
        cache.set("k", b"v", Timeout::Default).unwrap();
        assert_eq!(cache.get("k").unwrap().unwrap(), b"v");
    }
}

#[test]
fn a_file_without_certificates_is_refused_at_once() {
    let good = || {
        let options = Options::new("cache").endpoint("https://localhost:9");
        options.credentials("k", "s").environment(|_| None)
    };
    let broken = pem("CERTIFICATE", b"x").replace("\n-", "!\n-");
    for text in [
        "",
        "this is no PEM",
        "\u{0}\u{1}\u{2}",
        &pem("PRIVATE KEY", b"a key"),
        "-----BEGIN CERTIFICATE-----\n",
        &broken,
        // In PEM, and no certificate for all that.
        &pem("CERTIFICATE", b"a certificate"),
        &pem("CERTIFICATE", b""),
    ] {
        let file = file_of(text);
        let error = Cache::open(good().ca_file(&*file)).expect_err(text);
        says(&error, ErrorKind::InvalidOption, &["ca_file"]);
        let path = file.to_str().unwrap().to_owned();
        let by_env = move |name: &str| (name == "AWS_CA_BUNDLE").then(|| path.clone());
        let error = Cache::open(good().environment(by_env)).expect_err(text);
        says(&error, ErrorKind::InvalidOption, &["AWS_CA_BUNDLE"]);
    }
    let missing = Cache::open(good().ca_file("/no/such/file.pem")).unwrap_err();
    let words = &["ca_file", "/no/such/file.pem", "No such file"];
    says(&missing, ErrorKind::InvalidOption, words);
}

#[test]
fn the_file_may_come_from_the_environment_and_hold_more() {
    let (site, authority) = (Site::start(), Authority::new());
    let tls = Tls::before(&site.endpoint(), &authority, LOCALHOST);
    let own = std::fs::read_to_string(authority.file()).unwrap();
    let other = Authority::new();
    let others = std::fs::read_to_string(other.file()).unwrap();
    let key = pem("PRIVATE KEY", b"a key");
    let bundle = file_of(&format!("# Ours\n{others}\ntext\n{key}{own}"));
    let path = bundle.to_str().unwrap().to_owned();
    let by_env = move |name: &str| (name == "AWS_CA_BUNDLE").then(|| path.clone());
    let cache = Cache::open(over(&tls, &site).environment(by_env.clone())).unwrap();
    assert_eq!(cache.get("k").unwrap(), None);
    // The option goes first.
    let both = over(&tls, &site).environment(by_env);
    refused(both.ca_file(other.file()), &["UnknownIssuer"]);
}

#[test]
fn bodies_are_signed_only_on_demand() {
    let script = Script::telling(|asked| match asked.method() {
        "PUT" => reply("200 OK\r\netag: \"x\"", ""),
        _ => reply("200 OK", "<ListBucketResult></ListBucketResult>"),
    });
    let authority = Authority::new();
    let tls = Tls::before(&script.endpoint, &authority, LOCALHOST);
    let options = Options::new("bucket").credentials("key", "secret");
    let options = options.ca_file(authority.file());
    let over_tls = options.clone().endpoint(tls.endpoint("localhost"));
    let over_http = options.endpoint(&script.endpoint);
    for (options, signed) in [
        (over_tls.clone(), false),
        (over_tls.clone().sign_payload(true), true),
        (over_tls.sign_payload(false), false),
        (over_http.clone(), true),
        (over_http.sign_payload(false), false),
    ] {
        let cache = Cache::open(options).unwrap();
        cache.set("k", b"v", Timeout::Default).unwrap();
        let heard = script.heard();
        for asked in &heard[heard.len() - 2..] {
            let told = asked.header("x-amz-content-sha256").unwrap();
            let expected = signed || asked.method() == "GET";
            assert_eq!(told != "UNSIGNED-PAYLOAD", expected, "{asked:?}");
            assert!(asked.signed().contains(&"x-amz-content-sha256"));
        }
    }
}

/// The signature covers no body, and servers of today take that.
#[test]
fn unsigned_bodies_are_taken() {
    let site = Site::start();
    let cache = Cache::open(options(&site, "app").sign_payload(false)).unwrap();
    cache.set("k", b"v", Timeout::Default).unwrap();
    assert!(cache.add("n", b"v", Timeout::Default).unwrap());
    cache.delete_many(["k"]).unwrap();
    assert_eq!(
        cache.get_many(["k", "n"]).unwrap(),
        [None, Some(b"v".to_vec())]
    );
}
