//! One lifecycle rule is put, replaced and taken out, and no byte of anyone
//! else's changes. Guards against what rust-s3's own structs do: a legacy
//! `<Prefix>logs/</Prefix>` comes back from them as a rule for the whole bucket.

mod support;

use s3cache::Cache;
use support::rules::{Bucket, LOCATION, MIN_SIZE, rule};
use support::{Site, options};

/// Hand-made configurations. `@` stands for our rule, or for nothing.
const FIRST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  @
  <Rule>
    <ID>archive &amp; forget</ID>
    <Filter>
      <And>
        <Prefix>reports/</Prefix>
        <Tag><Key>class</Key><Value>cold</Value></Tag>
        <ObjectSizeGreaterThan>500</ObjectSizeGreaterThan>
      </And>
    </Filter>
    <Status>Enabled</Status>
    <Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>
  </Rule>
  <Rule><ID>s3cache app</ID><Filter><Prefix>app/</Prefix></Filter><Status>Disabled</Status><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration></Rule>
</LifecycleConfiguration>
"#;
const LEGACY: &str = "<LifecycleConfiguration><Rule><ID>logs</ID><Prefix>logs/</Prefix><Status>Enabled</Status><Expiration><Days>9</Days></Expiration></Rule>@<Rule><Prefix></Prefix><Status>Disabled</Status></Rule></LifecycleConfiguration>";
const UNKNOWN: &str = "<LifecycleConfiguration xmlns='http://s3.amazonaws.com/doc/2006-03-01/' version=\"a>b\"><Default unit='day'><Rule><ID>s3cache app/cache</ID></Rule></Default><Rule  new = \"/>\" ><Status>Enabled</Status><Later><Days>7</Days></Later><ID/></Rule >@<Closing/></LifecycleConfiguration>";
const COMMENTS: &str = "<?xml version='1.0'?>\r\n<!-- kept by hand: </LifecycleConfiguration> -->\r\n<LifecycleConfiguration>\r\n\t<!-- <Rule><ID>s3cache app/cache</ID></Rule> -->\r\n\t<Rule><ID><![CDATA[<Rule>]]></ID><Filter/><Status>Enabled</Status></Rule>\r\n\t<?note <Rule> ?>@<!-- last -->\r\n</LifecycleConfiguration>\r\n<!-- after -->";
const QUALIFIED: &str = "<s3:LifecycleConfiguration xmlns:s3=\"http://s3.amazonaws.com/doc/2006-03-01/\" xmlns:mine=\"urn:mine\"><s3:Rule mine:by=\"me\"><s3:ID>t\u{e4}glich</s3:ID><s3:Filter><s3:Tag><s3:Key>Rule</s3:Key></s3:Tag></s3:Filter><mine:Note>&lt;s3:Rule&gt;</mine:Note></s3:Rule>@</s3:LifecycleConfiguration>";
const EMPTY: &str = "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">@</LifecycleConfiguration>";

/// Our rule as others may have left it: S3, an administrator, an older version.
const OLD: &str = "<Rule a='>'><Status>Disabled</Status><!-- </Rule> --><ID>s3cache <!-- / -->app&#47;cache</ID><Filter><Prefix>app</Prefix></Filter><Expiration><Days>900</Days></Expiration></Rule >";

#[test]
fn the_rules_of_others_stay_byte_for_byte() {
    for (made, q, legacy) in [
        (FIRST, "", false),
        (LEGACY, "", true),
        (UNKNOWN, "", false),
        (COMMENTS, "", false),
        (QUALIFIED, "s3:", false),
    ] {
        let none = made.replace('@', "");
        let old = match q {
            "" => made.replace('@', OLD),
            _ => made.replace('@', &rule(900, q, false)),
        };
        let bucket = Bucket::with(Some(&none));
        let cache = bucket.cache(LOCATION);
        assert_eq!(cache.lifecycle().unwrap(), None);
        assert!(!cache.remove_lifecycle().unwrap());
        assert_eq!(bucket.log(), ["GET", "GET"]);

        cache.set_lifecycle(30).unwrap();
        assert_eq!(bucket.log(), ["GET", "PUT"]);
        let with = bucket.text().unwrap();
        let end = none
            .rfind("</LifecycleConfiguration")
            .or(none.rfind("</s3:Life"));
        let end = match made {
            COMMENTS => none.find("</LifecycleConfiguration>\r\n<!-- after"),
            _ => end,
        };
        let (before, after) = none.split_at(end.unwrap());
        assert_eq!(with, format!("{before}{}{after}", rule(30, q, legacy)));
        assert_eq!(cache.lifecycle().unwrap(), Some(30));
        assert!(cache.remove_lifecycle().unwrap());
        assert_eq!(bucket.log(), ["GET", "GET", "PUT"]);
        assert_eq!(bucket.text().unwrap(), none);

        let bucket = Bucket::with(Some(&old));
        let cache = bucket.cache(LOCATION);
        cache.set_lifecycle(7).unwrap();
        let new = rule(7, q, legacy);
        assert_eq!(bucket.text().unwrap(), made.replace('@', &new));
        cache.set_lifecycle(8).unwrap();
        let new = rule(8, q, legacy);
        assert_eq!(bucket.text().unwrap(), made.replace('@', &new));
        assert_eq!(cache.lifecycle().unwrap(), Some(8));
        assert!(cache.remove_lifecycle().unwrap());
        assert_eq!(bucket.text().unwrap(), none);

        let bucket = Bucket::with(Some(&old));
        assert!(bucket.cache(LOCATION).remove_lifecycle().unwrap());
        assert_eq!(bucket.text().unwrap(), none);
    }
}

#[test]
fn where_there_is_no_rule_yet() {
    for made in [None, Some("<LifecycleConfiguration/>"), Some(EMPTY)] {
        let none = made.map(|made| made.replace('@', ""));
        let bucket = Bucket::with(none.as_deref());
        let cache = bucket.cache(LOCATION);
        assert_eq!(cache.lifecycle().unwrap(), None);
        cache.set_lifecycle(1).unwrap();
        assert_eq!(cache.lifecycle().unwrap(), Some(1));
        let expected = match made {
            Some(EMPTY) => EMPTY.replace('@', &rule(1, "", false)),
            _ => cache.lifecycle_rule_text(1).unwrap(),
        };
        assert_eq!(bucket.text().unwrap(), expected);
        assert!(expected.contains(&rule(1, "", false)));
        bucket.log();
        // S3 refuses a configuration without any rule.
        assert!(cache.remove_lifecycle().unwrap());
        assert_eq!(bucket.log(), ["GET", "DELETE"]);
        assert_eq!(bucket.text(), None);
        assert!(!cache.remove_lifecycle().unwrap());
        let stats = cache.stats();
        assert_eq!((stats.gets, stats.puts, stats.deletes), (5, 1, 1));
    }
}

/// Each location has a rule of its own, however long its name is.
#[test]
fn several_caches_in_one_bucket() {
    let bucket = Bucket::with(Some(&LEGACY.replace('@', "")));
    let long = "a-very-long-location/".repeat(40);
    let locations = ["app", "app/cache", "app/cache2", &long];
    let days = |cache: &Cache| cache.lifecycle().unwrap();
    for (location, days) in locations.iter().zip(1..) {
        bucket.cache(location).set_lifecycle(days).unwrap();
    }
    let caches = locations.map(|location| bucket.cache(location));
    assert_eq!(
        caches.each_ref().map(days),
        [Some(1), Some(2), Some(3), Some(4)]
    );
    assert!(caches[1].remove_lifecycle().unwrap());
    assert_eq!(
        caches.each_ref().map(days),
        [Some(1), None, Some(3), Some(4)]
    );
    for cache in &caches {
        cache.remove_lifecycle().unwrap();
    }
    assert_eq!(bucket.text().unwrap(), LEGACY.replace('@', ""));
}

/// AWS keeps beside the rules how small an object may be to move to a colder
/// class; a PUT that does not say it sets it to the default.
#[test]
fn what_travels_as_a_header_is_kept_too() {
    let bucket = Bucket::with(Some(&FIRST.replace('@', "")));
    let cache = bucket.cache(LOCATION);
    let kept = format!("{MIN_SIZE}: varies_by_storage_class");
    for change in [&|| cache.set_lifecycle(3).unwrap(), &|| {
        assert!(cache.remove_lifecycle().unwrap());
    }] as [&dyn Fn(); 2]
    {
        change();
        let head = bucket.take_head();
        assert!(head.contains(&kept), "{head}");
        assert!(head.contains(&format!(";{MIN_SIZE},")), "signed: {head}");
    }
}

#[test]
fn on_a_real_server() {
    let site = Site::with_own_bucket();
    if !site.is_external() {
        println!(
            "skipped: S3CACHE_TEST_ENDPOINT names no server, and the embedded one has no lifecycle rules"
        );
        return;
    }
    let cache = Cache::open(options(&site, LOCATION)).unwrap();
    let other = Cache::open(options(&site, "other")).unwrap();
    assert_eq!(cache.lifecycle().unwrap(), None);
    assert!(!cache.remove_lifecycle().unwrap());
    cache.set_lifecycle(30).unwrap();
    assert_eq!(cache.lifecycle().unwrap(), Some(30));
    other.set_lifecycle(5).unwrap();
    let ((), sent) = site.count(|| cache.set_lifecycle(7).unwrap());
    assert_eq!((sent.other, sent.total()), (2, 2), "one GET, one PUT");
    assert_eq!(cache.lifecycle().unwrap(), Some(7));
    assert_eq!(other.lifecycle().unwrap(), Some(5));
    assert!(cache.remove_lifecycle().unwrap());
    assert_eq!(cache.lifecycle().unwrap(), None);
    assert_eq!(other.lifecycle().unwrap(), Some(5));
    assert!(other.remove_lifecycle().unwrap());
    assert_eq!(other.lifecycle().unwrap(), None);
    assert!(!other.remove_lifecycle().unwrap());

    let root = Cache::open(options(&site, "")).unwrap();
    root.set_lifecycle_for_whole_bucket(2).unwrap();
    assert_eq!(root.lifecycle().unwrap(), Some(2));
    assert!(root.remove_lifecycle().unwrap());
}
