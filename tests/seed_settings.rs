//! The settings of a Django project that used django-s3-cache: they go on
//! working as they are, and those that had no effect get the one they were
//! documented to have.

mod support;

use std::thread::sleep;
use std::time::Duration;

use s3cache::{Cache, ErrorKind, Options, Timeout};
use sha1_smol::Sha1;
use support::{Script, Seen, Site};

type Pairs = Vec<(&'static str, String)>;

/// `HOST`, `PORT` and `USE_SSL`, which say where the site is, and a folder there.
fn place(site: &Site, location: &str) -> Pairs {
    let endpoint = site.endpoint();
    let address = endpoint.strip_prefix("http://").unwrap();
    let (host, port) = address.rsplit_once(':').unwrap();
    vec![
        ("HOST", host.to_owned()),
        ("PORT", port.to_owned()),
        ("USE_SSL", "False".to_owned()),
        ("ORIGIN", site.region().to_owned()),
        ("LOCATION", site.location(location)),
    ]
}

/// The keys and the bucket, under names of one's choice.
fn account(site: &Site, [access_key, secret_key, bucket]: [&'static str; 3]) -> Pairs {
    vec![
        (access_key, site.access_key().to_owned()),
        (secret_key, site.secret_key().to_owned()),
        (bucket, site.bucket().to_owned()),
    ]
}

const NEW: [&str; 3] = ["ACCESS_KEY", "SECRET_KEY", "BUCKET_NAME"];
const OLD: [&str; 3] = ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "STORAGE_BUCKET_NAME"];

fn opened(pairs: &Pairs) -> Cache {
    let options = Options::from_pairs(pairs.iter().map(|(name, value)| (name, value)));
    Cache::open(options.unwrap().environment(|_| None)).unwrap()
}

/// A site's cache under the new names, with more options.
fn with(site: &Site, location: &str, more: &[(&'static str, &str)]) -> Cache {
    let mut pairs = place(site, location);
    pairs.extend(account(site, NEW));
    pairs.extend(
        more.iter()
            .map(|(name, value)| (*name, (*value).to_owned())),
    );
    opened(&pairs)
}

/// Django's calls, each once.
fn works(cache: &Cache) {
    cache.set("k", "value", Timeout::Default).unwrap();
    assert_eq!(cache.get("k").unwrap().as_deref(), Some(&b"value"[..]));
    assert!(cache.has_key("k").unwrap());
    assert!(!cache.add("k", "other", Timeout::Default).unwrap());
    assert!(cache.touch("k", Timeout::Never).unwrap());
    cache.set("n", "41", Timeout::seconds(100.2)).unwrap();
    assert_eq!(cache.incr("n", 1).unwrap(), 42);
    assert!(cache.remove("k").unwrap());
    assert_eq!(cache.get("k").unwrap(), None);
    cache.set("gone", "soon", Timeout::seconds(0.05)).unwrap();
    sleep(Duration::from_millis(100));
    assert_eq!(cache.get("gone").unwrap(), None);
    cache
        .set_many([("a", "1"), ("b", "2")], Timeout::Default)
        .unwrap();
    // In a small cache django-s3-cache cleared nothing.
    assert!(cache.clear().unwrap().count >= 3);
    assert_eq!(cache.get_many(["a", "b", "n"]).unwrap(), [None, None, None]);
}

/// The headers of the last PUT of an object.
fn put_headers(site: &Site) -> Vec<String> {
    let log = site.log();
    let put = |seen: &&Seen| seen.method == "PUT";
    log.iter().rfind(put).unwrap().headers.clone()
}

#[test]
fn the_example_of_its_readme_works() {
    let site = Site::start();
    works(&with(&site, "example", &[]));
    let all = [
        ("TIMEOUT", "300"),
        ("MAX_ENTRIES", "1000"),
        ("CULL_FREQUENCY", "3"),
        ("DEFAULT_ACL", "private"),
    ];
    works(&with(&site, "example", &all));
    let small = all.map(|(name, value)| (&*name.to_ascii_lowercase().leak(), value));
    works(&with(&site, "example", &small));
}

#[test]
fn under_old_names_new_names_and_some_of_each() {
    let site = Site::start();
    for names in [OLD, NEW, [OLD[0], NEW[1], OLD[2]], [NEW[0], OLD[1], NEW[2]]] {
        let pairs = [place(&site, "names"), account(&site, names)].concat();
        works(&opened(&pairs));
        let small = pairs
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value));
        let options = Options::from_pairs(small).unwrap();
        works(&Cache::open(options.environment(|_| None)).unwrap());
    }
}

#[test]
fn where_both_are_given_the_new_one_counts() {
    let site = Site::start();
    let right = [place(&site, "both"), account(&site, NEW)].concat();
    let wrong: Pairs = OLD.map(|name| (name, "wrong".to_owned())).into();
    works(&opened(&[right.clone(), wrong.clone()].concat()));
    works(&opened(&[wrong.clone(), right.clone()].concat()));
    // And it is the wrong one that is not used: alone it does not work.
    let bucket = right
        .iter()
        .filter(|(name, _)| !NEW[..2].contains(name))
        .cloned();
    let alone = [wrong[..2].to_vec(), bucket.collect()].concat();
    assert!(opened(&alone).get("k").is_err());
}

#[test]
fn names_in_the_bucket_are_the_same() {
    let site = Site::start();
    for location in ["/names-of-old/", "names-of-old"] {
        let cache = with(&site, location, &[("KEY_PREFIX", "site"), ("VERSION", "2")]);
        cache.set("k", "v", Timeout::Default).unwrap();
        let digest = Sha1::from("site:2:k").digest();
        let name = format!("{}/{digest}", site.location("names-of-old"));
        assert!(site.get_raw(&name).is_some(), "{location}");
        cache.clear().unwrap();
        assert!(site.get_raw(&name).is_none(), "{location}");
    }
}

/// Django's `test_cull` and `test_zero_cull`.
#[test]
fn it_culls_as_django_says() {
    let site = Site::start();
    let left = |location: &str, more: &[(&'static str, &str)]| {
        let cache = with(&site, location, more);
        for n in 1..50 {
            cache
                .set(format!("cull{n}"), "value", Timeout::seconds(1000.0))
                .unwrap();
        }
        cache.len().unwrap()
    };
    assert_eq!(left("cull", &[("MAX_ENTRIES", "30")]), 29);
    let zero = [("MAX_ENTRIES", "30"), ("CULL_FREQUENCY", "0")];
    assert_eq!(left("zero-cull", &zero), 19);
    assert_eq!(left("no-cull", &[("MAX_ENTRIES", "0")]), 49);
}

/// `IS_GZIPPED` did nothing, and `GZIP` only with the content type of all
/// objects among `GZIP_CONTENT_TYPES`.
#[test]
fn what_is_gzipped_gets_smaller() {
    let site = Site::start();
    let value = b"the same words again ".repeat(200);
    let stored = |location: &str, more: &[(&'static str, &str)]| {
        let cache = with(&site, location, more);
        cache.set("k", &value, Timeout::Default).unwrap();
        assert_eq!(cache.get("k").unwrap().as_deref(), Some(&value[..]));
        let name = &site.list_raw(&format!("{}/", site.location(location)))[0];
        site.get_raw(name).unwrap().len()
    };
    let (plain, small) = (value.len(), value.len() / 10);
    assert!(stored("plain", &[]) > plain);
    assert!(stored("plain-2", &[("IS_GZIPPED", "False")]) > plain);
    assert!(stored("gzip", &[("GZIP", "True")]) < small);
    assert!(stored("is-gzipped", &[("IS_GZIPPED", "True")]) < small);
    let types = "('text/css', 'application/octet-stream')";
    let all = [("IS_GZIPPED", "True"), ("GZIP_CONTENT_TYPES", types)];
    assert!(stored("of-a-type", &all) < small);
    let others = [
        ("IS_GZIPPED", "True"),
        ("GZIP_CONTENT_TYPES", "text/css, text/javascript"),
    ];
    assert!(stored("of-no-type", &others) > plain);
    let css = [&others[..], &[("CONTENT_TYPE", "text/css; charset=utf-8")]].concat();
    assert!(stored("of-its-type", &css) < small);
}

#[test]
fn default_acl_private_sends_none() {
    let site = Site::embedded();
    let sends = |more: &[(&'static str, &str)]| {
        let cache = with(&site, "acl", more);
        cache.set("k", "v", Timeout::Default).unwrap();
        put_headers(&site).iter().any(|name| name == "x-amz-acl")
    };
    assert!(!sends(&[]));
    assert!(!sends(&[("DEFAULT_ACL", "private")]));
    assert!(!sends(&[
        ("DEFAULT_ACL", "private"),
        ("BUCKET_ACL", "public-read")
    ]));
    assert!(sends(&[("DEFAULT_ACL", "public-read")]));
    assert!(sends(&[("ACL", "public-read")]));
}

/// As there, the ACL of a bucket that is made is that of objects, unless it is
/// said, or no bucket's.
#[test]
fn bucket_acl_is_default_acl() {
    let script = Script::replying("200 OK", "");
    let endpoint = [("ENDPOINT", &*script.endpoint), ("BUCKET_NAME", "bucket")];
    let made_with = |more: &[(&str, &str)]| {
        let all = [&endpoint[..], more].concat();
        let options = Options::from_pairs(all).unwrap().environment(|_| None);
        let cache = Cache::open(options.credentials("key", "secret")).unwrap();
        cache.create_bucket().unwrap();
        let heard = script.heard();
        heard.last().unwrap().header("x-amz-acl").map(str::to_owned)
    };
    let public = ("DEFAULT_ACL", "Public-Read");
    assert_eq!(made_with(&[public]).as_deref(), Some("public-read"));
    assert_eq!(made_with(&[public, ("BUCKET_ACL", "private")]), None);
    let other = ("BUCKET_ACL", "authenticated-read");
    assert_eq!(made_with(&[public, other]).as_deref(), Some(other.1));
    assert_eq!(made_with(&[other]).as_deref(), Some(other.1));
    for no_buckets in ["private", "bucket-owner-read", "bucket-owner-full-control"] {
        assert_eq!(made_with(&[("DEFAULT_ACL", no_buckets)]), None);
    }
}

#[test]
fn what_goes_with_each_object() {
    let site = Site::embedded();
    let sends = |more: &[(&'static str, &str)], header: &str| {
        let cache = with(&site, "objects", more);
        cache.set("k", "v", Timeout::Default).unwrap();
        put_headers(&site).iter().any(|name| name == header)
    };
    let class = "x-amz-storage-class";
    assert!(sends(&[("REDUCED_REDUNDANCY", "True")], class));
    assert!(!sends(&[("REDUCED_REDUNDANCY", "False")], class));
    let encryption = "x-amz-server-side-encryption";
    assert!(sends(&[("ENCRYPTION", "True")], encryption));
    assert!(!sends(&[("ENCRYPTION", "False")], encryption));
    assert!(sends(
        &[("HEADERS", "x-amz-meta-owner: web")],
        "x-amz-meta-owner"
    ));
    // The embedded engine knows no tokens, and need not: it is signed and sent.
    let cache = with(&site, "objects", &[("SECURITY_TOKEN", "token")]);
    let _ = cache.set("k", "v", Timeout::Default);
    assert!(
        put_headers(&site)
            .iter()
            .any(|name| name == "x-amz-security-token")
    );
}

#[test]
fn calling_formats() {
    let site = Site::embedded();
    for format in [
        "OrdinaryCallingFormat",
        "boto.s3.connection.OrdinaryCallingFormat",
        "boto.s3.connection.ProtocolIndependentOrdinaryCallingFormat",
    ] {
        works(&with(&site, "format", &[("CALLING_FORMAT", format)]));
    }
    let subdomain = (
        "CALLING_FORMAT",
        "boto.s3.connection.SubdomainCallingFormat".to_owned(),
    );
    let pairs = [place(&site, "format"), account(&site, NEW), vec![subdomain]].concat();
    let options = Options::from_pairs(pairs).unwrap();
    // An address has no subdomains.
    let error = Cache::open(options.environment(|_| None)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidOption);
    assert!(error.to_string().contains("path_style"), "{error}");
}

/// As Python prints its defaults, and some other values.
#[test]
fn all_its_options_are_accepted() {
    let site = Site::start();
    let more = [
        ("SECURITY_TOKEN", ""),
        ("AUTO_CREATE_BUCKET", "False"),
        ("BUCKET_ACL", "private"),
        ("HEADERS", ""),
        ("ENCRYPTION", "False"),
        ("REDUCED_REDUNDANCY", "False"),
        ("GZIP", "False"),
        (
            "GZIP_CONTENT_TYPES",
            "('text/css', 'text/javascript', 'image/svg+xml')",
        ),
        ("CALLING_FORMAT", "boto.s3.connection.OrdinaryCallingFormat"),
    ];
    let ignored = [
        ("PROXY", "None"),
        ("PROXY_PORT", "None"),
        ("FILE_OVERWRITE", "True"),
        ("FILE_NAME_CHARSET", "utf-8"),
        ("FILE_BUFFER_SIZE", "5242880"),
        ("PRELOAD_METADATA", "False"),
        ("MAX_MEMORY_SIZE", "0"),
        ("QUERYSTRING_AUTH", "True"),
        ("QUERYSTRING_EXPIRE", "3600"),
        ("CUSTOM_DOMAIN", "None"),
        ("SECURE_URLS", "True"),
        ("URL_PROTOCOL", "https:"),
        ("CONNECTION_CLASS", "boto.s3.connection.S3Connection"),
        (
            "CONNECTION_RESPONSE_ERROR",
            "boto.exception.S3ResponseError",
        ),
        ("FILE_CLASS", "storages.backends.s3boto.S3BotoStorageFile"),
        ("KEY_CLASS", "boto.s3.key.Key"),
        ("ACCESS_KEY_NAMES", "['AWS_ACCESS_KEY_ID']"),
        ("SECRET_KEY_NAMES", "['AWS_SECRET_ACCESS_KEY']"),
        ("SECURITY_TOKEN_NAMES", "['AWS_SESSION_TOKEN']"),
    ];
    let all = [&more[..], &ignored[..]].concat();
    works(&with(&site, "all", &all));

    let options = Options::from_pairs(all).unwrap();
    assert_eq!(options.ignored(), ignored.map(|(name, _)| name));
    assert_eq!(options.ignored().len(), Options::ignorable().len());
}
