use super::*;
use proptest::prelude::*;

const APP: &str = "app/";

/// Our rule as someone else might have left it.
const OLD: &str = "<Rule><Expiration><Days>3</Days></Expiration><Status>Enabled</Status><Prefix>app/</Prefix><ID>s3cache app</ID></Rule>";

fn put(text: &str) -> Result<String, Problem> {
    with_rule(text.as_bytes(), APP, 30).map(|bytes| String::from_utf8(bytes).unwrap())
}

fn new_rule() -> String {
    rule(APP, 30, "", false)
}

/// The old rule in `before OLD after`, exchanged and taken out.
fn exchanged(before: &str, old: &str, after: &str) {
    let text = format!("{before}{old}{after}");
    let new = put(&text).unwrap_or_else(|problem| panic!("{problem:?}: {text}"));
    assert_eq!(new, format!("{before}{}{after}", new_rule()));
    assert_eq!(days(new.as_bytes(), APP), Ok(Some(30)));
    let rest = match without_rule(text.as_bytes(), APP).unwrap() {
        Rest::NoRules => return,
        Rest::Text(rest) => rest,
        Rest::Same => panic!("it is there: {text}"),
    };
    assert_eq!(rest, format!("{before}{after}").into_bytes());
}

/// One odd thing each, of which a search for strings would make a wrong cut.
#[test]
fn odd_but_certain() {
    let other = "<Rule><ID>other</ID><Filter><Prefix>x</Prefix></Filter></Rule>";
    for (before, after) in [
        (
            "<?xml version='1.0'?><!-- <Rule><ID>s3cache app</ID></Rule> --><LifecycleConfiguration>",
            "</LifecycleConfiguration>",
        ),
        (
            "<LifecycleConfiguration><!-- </LifecycleConfiguration> --><Rule/>",
            "<!-- <Rule> --></LifecycleConfiguration >\n<!-- end -->",
        ),
        (
            "<LifecycleConfiguration a=\"</Rule><Rule>\" b='>'>",
            "<Note><![CDATA[</LifecycleConfiguration><Rule>]]></Note></LifecycleConfiguration>",
        ),
        (
            "<LifecycleConfiguration><Extra><Rule><ID>s3cache app</ID></Rule></Extra>",
            "<?pi </Rule>?></LifecycleConfiguration>",
        ),
        (
            "<LifecycleConfiguration><Rule><ID>s3cache app2</ID></Rule>",
            "<Rule><Tag><ID>s3cache app</ID></Tag></Rule></LifecycleConfiguration>",
        ),
        (
            "<LifecycleConfiguration xmlns='urn:s3' xmlns:x='urn:x'><x:Other/>",
            "<x:More>&lt;&#82;ule&gt;</x:More></LifecycleConfiguration>",
        ),
    ] {
        for old in [
            OLD,
            "<Rule><ID><![CDATA[s3cache app]]></ID></Rule>",
            "<Rule a='/>'><ID>s3cache&#x20;a&#112;p</ID></Rule >",
            "<Rule>\n <ID>s3cache <!-- the -->app</ID>\n <Old><Rule></Rule></Old></Rule>",
        ] {
            exchanged(before, old, after);
            exchanged(
                &format!("{before}{other}\n"),
                old,
                &format!("\n{other}{after}"),
            );
        }
        let text = format!("{before}{after}");
        let with = put(&text).unwrap();
        assert_eq!(with.len(), text.len() + new_rule().len());
        assert_eq!(with.replace(&new_rule(), ""), text);
        assert_eq!(without_rule(text.as_bytes(), APP), Ok(Rest::Same));
    }
}

#[test]
fn a_single_tag_becomes_two() {
    for text in [
        "<LifecycleConfiguration/>",
        "<?xml version=\"1.0\"?>\n<LifecycleConfiguration xmlns=\"urn:s3\" />",
    ] {
        assert_eq!(put(text).unwrap(), document(APP, 30));
        assert_eq!(days(text.as_bytes(), APP), Ok(None));
        assert_eq!(without_rule(text.as_bytes(), APP), Ok(Rest::Same));
    }
}

/// A qualifier is S3's only where it stands for the root's namespace.
#[test]
fn qualified_names() {
    let text = "<q:LifecycleConfiguration xmlns:q='urn:s3'><q:Rule><q:ID>other</q:ID><q:Prefix>x</q:Prefix></q:Rule></q:LifecycleConfiguration>";
    let new = put(text).unwrap();
    assert_eq!(new.replace(&rule(APP, 30, "q:", true), ""), text);
    let again = with_rule(new.as_bytes(), APP, 7).unwrap();
    assert_eq!(days(&again, APP), Ok(Some(7)));
    assert_eq!(
        without_rule(&again, APP),
        Ok(Rest::Text(text.as_bytes().to_vec()))
    );
    for text in [
        "<LifecycleConfiguration xmlns='urn:s3' xmlns:q='urn:q'><q:Rule/></LifecycleConfiguration>",
        "<LifecycleConfiguration xmlns='urn:s3'><Rule xmlns=''/></LifecycleConfiguration>",
        "<LifecycleConfiguration xmlns='urn:s3' xmlns:q='urn:q'><Rule><q:ID>s3cache app</q:ID></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration xmlns='urn:s3'><Rule><q:ID>s3cache app</q:ID></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule><q:ID>s3cache app</q:ID></Rule></LifecycleConfiguration>",
    ] {
        assert_eq!(put(text), Err(Problem::Unclear), "{text}");
    }
}

#[test]
fn what_is_not_certain_is_left_alone() {
    for text in [
        "",
        "no XML",
        "<LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule></LifecycleConfiguration></Rule>",
        "<LifecycleConfiguration></LifecycleConfiguration><LifecycleConfiguration/>",
        "<LifecycleConfiguration></LifecycleConfiguration>and more",
        "more <LifecycleConfiguration></LifecycleConfiguration>",
        "<LifecycleConfiguration></LifecycleConfiguration><Rule/>",
        "<LifecycleConfiguration><Rule a=\"x></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule a=x></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration>&rules;</LifecycleConfiguration>",
        "<LifecycleConfiguration>a & b</LifecycleConfiguration>",
        "<!DOCTYPE x [<!ENTITY r '<Rule/>'>]><LifecycleConfiguration></LifecycleConfiguration>",
        "<LifecycleConfiguration><!-- a -- b --></LifecycleConfiguration>",
        "<LifecycleConfiguration><?xml version='1.0'?></LifecycleConfiguration>",
        "\u{feff}<LifecycleConfiguration></LifecycleConfiguration>",
        "<Rule><ID>s3cache app</ID></Rule>",
        "<html><LifecycleConfiguration></LifecycleConfiguration></html>",
        "<LifecycleConfiguration><Rule><ID>s3cache app</ID><ID>b</ID></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule><ID>s3cache <b/>app</ID></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule><ID>s3cache app\t</ID></Rule></LifecycleConfiguration>",
        "<LifecycleConfiguration><Rule><ID>\n  s3cache app\n</ID></Rule></LifecycleConfiguration>",
    ] {
        assert_eq!(put(text), Err(Problem::Unclear), "{text}");
        assert_eq!(without_rule(text.as_bytes(), APP), Err(Problem::Unclear));
        assert_eq!(days(text.as_bytes(), APP), Err(Problem::Unclear), "{text}");
    }
    let deep = format!(
        "<LifecycleConfiguration>{}{}</LifecycleConfiguration>",
        "<a>".repeat(100_000),
        "</a>".repeat(100_000)
    );
    assert_eq!(put(&deep), Err(Problem::Unclear));
    let twice = format!("<LifecycleConfiguration>{OLD}{OLD}</LifecycleConfiguration>");
    assert_eq!(put(&twice), Err(Problem::Twice));
}

#[test]
fn only_a_rule_that_works_has_days() {
    let of = |rule: &str| {
        let text = format!("<LifecycleConfiguration>{rule}</LifecycleConfiguration>");
        days(text.as_bytes(), APP).unwrap()
    };
    assert_eq!(of(OLD), Some(3));
    assert_eq!(of(&new_rule()), Some(30));
    for (from, to) in [
        ("Enabled", "Disabled"),
        ("app/<", "app2/<"),
        ("app/<", "app/ <"),
        ("<Days>3</Days>", "<Date>2030-01-01</Date>"),
        ("s3cache app<", "s3cache other<"),
    ] {
        assert_eq!(of(&OLD.replace(from, to)), None, "{to}");
    }
}

#[test]
fn ids_are_short_and_different() {
    let long = "x".repeat(983) + "/";
    let ids = ["", "app/", "app/cache/", "*/", &long, &long[1..]].map(id);
    for (at, id) in ids.iter().enumerate() {
        assert!(id.len() <= MAX_ID && !ids[..at].contains(id), "{id}");
    }
    assert_eq!(id("app/cache/"), "s3cache app/cache");
    assert_eq!(id(""), "s3cache (whole bucket)");
    assert_eq!(days(document("", 5).as_bytes(), ""), Ok(Some(5)));
    assert_eq!(days(document(&long, 5).as_bytes(), &long), Ok(Some(5)));
    assert_eq!(days(document(&long, 5).as_bytes(), APP), Ok(None));
}

/// Pieces of a configuration that are not ours.
const PIECES: [&str; 10] = [
    "\n  ",
    "<!-- <Rule> -->",
    "<Rule><ID>a</ID><Prefix>logs/</Prefix></Rule>",
    "<Rule><ID>a</ID><Filter><And><Prefix>b</Prefix><Tag><Key>k</Key></Tag></And></Filter></Rule>",
    "<Rule/>",
    "<x y='>'/>",
    "<x><![CDATA[</Rule>]]></x>",
    "<?pi </LifecycleConfiguration>?>",
    "<Rule><Unknown><Rule/></Unknown><ID>s3cache ap&#112;2</ID></Rule>",
    "&amp;",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>, text: String) {
        for bytes in [&bytes, text.as_bytes()] {
            let _ = days(bytes, APP);
            // No such bytes are a configuration.
            prop_assert!(with_rule(bytes, APP, 1).is_err());
            prop_assert!(without_rule(bytes, APP).is_err());
        }
    }

    /// Whatever is spoiled: either nothing is changed, or what stands before
    /// the rule's place stays before it, and the same after it.
    #[test]
    fn nothing_else_is_altered(
        before in prop::collection::vec(prop::sample::select(&PIECES), 0..6),
        after in prop::collection::vec(prop::sample::select(&PIECES), 0..6),
        ours: bool,
        spoil in prop::option::of((any::<prop::sample::Index>(), any::<u8>(), any::<bool>())),
    ) {
        let before = format!("<LifecycleConfiguration>{}", before.concat());
        let after = format!("{}</LifecycleConfiguration>", after.concat());
        let old = if ours { OLD } else { "" };
        let mut text = format!("{before}{old}{after}").into_bytes();
        let Some((at, byte, cut)) = spoil else {
            exchanged_or_added(&before, old, &after);
            return Ok(());
        };
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        if let Ok(new) = with_rule(&text, APP, 30) {
            let (kept_before, kept_after) = around(&new, &new_rule_in(&new));
            let old = text.strip_prefix(kept_before).and_then(|t| t.strip_suffix(kept_after));
            let old = String::from_utf8(old.unwrap().to_vec()).unwrap();
            // What gave way is nothing, or our rule with its one byte spoiled.
            let spoiled = OLD.bytes().zip(old.bytes()).filter(|(a, b)| a != b).count();
            prop_assert!(old.is_empty() || (old.len() == OLD.len() && spoiled <= 1), "{old}");
            match without_rule(&new, APP).unwrap() {
                Rest::Text(rest) => prop_assert_eq!(rest, [kept_before, kept_after].concat()),
                rest => prop_assert_eq!(rest, Rest::NoRules),
            }
        }
    }
}

fn exchanged_or_added(before: &str, old: &str, after: &str) {
    let text = format!("{before}{old}{after}");
    let new = put(&text).unwrap();
    let rule = new_rule_in(new.as_bytes());
    if old.is_empty() {
        let inside = text.strip_suffix("</LifecycleConfiguration>").unwrap();
        assert_eq!(new, format!("{inside}{rule}</LifecycleConfiguration>"));
    } else {
        assert_eq!(new, format!("{before}{rule}{after}"));
    }
}

/// Our rule in the one of its forms that is there.
fn new_rule_in(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let forms = [false, true].map(|legacy| rule(APP, 30, "", legacy));
    let there = forms.into_iter().find(|form| text.contains(form)).unwrap();
    assert_eq!(text.matches(&there).count(), 1);
    there
}

fn around<'a>(text: &'a [u8], rule: &str) -> (&'a [u8], &'a [u8]) {
    let place = text.windows(rule.len()).position(|w| w == rule.as_bytes());
    let (before, rest) = text.split_at(place.unwrap());
    (before, &rest[rule.len()..])
}
