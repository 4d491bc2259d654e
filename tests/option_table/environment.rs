//! Options from variables, the process's own among them.

use std::env;
use std::process::Command;

use s3cache::{Cache, Options};

use super::samples::of;
use super::{pair, refused, told};

fn variables(variables: &[(&str, &str)]) -> s3cache::Result<Options> {
    Options::from_vars(variables.iter().copied())
}

#[test]
fn variables_do_the_same_as_pairs() {
    for row in Options::table() {
        for (value, _) in of(row.name).good {
            for name in row.names() {
                let variable = format!("S3CACHE_{}", name.to_ascii_uppercase());
                let options = variables(&[(&variable, value)]).unwrap();
                assert_eq!(
                    told(&options),
                    told(&pair(name, value)),
                    "{variable}={value}"
                );
            }
        }
        for value in of(row.name).bad {
            let variable = format!("S3CACHE_{}", row.name.to_ascii_uppercase());
            let error = refused(variables(&[(&variable, value)]), &variable).to_string();
            assert!(
                error.contains(&format!("the variable {variable} ")),
                "{error}"
            );
        }
    }
}

#[test]
fn the_url_first_and_a_variable_before_it() {
    let url = (
        "S3CACHE_URL",
        "s3://my-bucket/app?max_entries=1&access_key=hush-a",
    );
    for more in [
        ("S3CACHE_MAX_ENTRIES", "2"),
        ("S3CACHE_TIMEOUT", "5"),
        // An older name than the URL's, and it goes before it all the same.
        ("S3CACHE_STORAGE_BUCKET_NAME", "other-bucket"),
    ] {
        let (name, value) = (more.0.trim_start_matches("S3CACHE_"), more.1);
        let mut pairs = vec![
            ("bucket", "my-bucket"),
            ("location", "app"),
            ("max_entries", "1"),
            ("access_key", "hush-a"),
        ];
        pairs.retain(|(known, _)| !name.to_ascii_lowercase().contains(known));
        pairs.push((name, value));
        let expected = Options::from_pairs(pairs).unwrap();
        assert_eq!(told(&variables(&[url, more]).unwrap()), told(&expected));
        assert_eq!(told(&variables(&[more, url]).unwrap()), told(&expected));
    }
    let empty = variables(&[url, ("S3CACHE_LOCATION", ""), ("S3CACHE_ENDPOINT", "")]);
    assert_eq!(told(&empty.unwrap()), told(&variables(&[url]).unwrap()));
    let none = variables(&[("S3CACHE_URL", ""), ("HOME", "/root")]).unwrap();
    assert_eq!(told(&none), told(&Options::new("")));
}

#[test]
fn what_names_no_option_is_refused() {
    let error = refused(variables(&[("S3CACHE_MAX_ENTIRES", "hush")]), "a typo").to_string();
    assert!(
        error.contains("the variable S3CACHE_MAX_ENTIRES"),
        "{error}"
    );
    assert!(
        error.contains("did you mean S3CACHE_MAX_ENTRIES?"),
        "{error}"
    );
    assert!(!error.contains("hush"), "{error}");
    refused(variables(&[("S3CACHE_", "x")]), "no name");
    refused(variables(&[("S3CACHE_MODEL_SEED", "x")]), "no option");
    let error = refused(variables(&[("S3CACHE_URL", "http://hush")]), "no s3 URL").to_string();
    assert!(
        error.contains("S3CACHE_URL") && !error.contains("hush"),
        "{error}"
    );
    let error = refused(
        variables(&[("S3CACHE_URL", "s3://b-b?early=no")]),
        "no number",
    )
    .to_string();
    assert!(error.contains("early in S3CACHE_URL"), "{error}");

    let others = [
        ("S3CACHE_TEST_ENDPOINT", "x"),
        ("S3CACHE_LIBRARY", "/usr/lib/libs3cache.so"),
        ("S3CACHE", "x"),
        ("MY_S3CACHE_X", "x"),
    ];
    assert_eq!(told(&variables(&others).unwrap()), told(&Options::new("")));
    let ignored = variables(&[("S3CACHE_SECURE_URLS", "no")]).unwrap();
    assert_eq!(ignored.ignored(), ["SECURE_URLS"]);
    refused(variables(&[("S3CACHE_PROXY", "http://proxy")]), "proxy");
}

#[test]
fn amazons_variables_are_looked_up_among_them() {
    let keys = [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "hush"),
    ];
    let of = |more: &[(&str, &str)]| {
        let url = ("S3CACHE_URL", "s3://my-bucket?endpoint=http://127.0.0.1:9");
        let all = [&[url][..], &keys[..], more].concat();
        Cache::open(variables(&all).unwrap())
    };
    let region = |more| of(more).unwrap().region();
    assert_eq!(region(&[]), "us-east-1");
    assert_eq!(region(&[("AWS_DEFAULT_REGION", "eu-west-3")]), "eu-west-3");
    assert_eq!(
        region(&[("AWS_DEFAULT_REGION", "eu-west-3"), ("S3CACHE_REGION", "r")]),
        "r"
    );
    let error = of(&[("AWS_REGION", "no region")]).unwrap_err().to_string();
    assert!(error.contains("region"), "{error}");
}

/// Says what the environment gives, where the next test asks for it.
#[test]
fn child() {
    if env::var_os("S3CACHE_TEST_CHILD").is_some() {
        println!("<{:?}>", Options::from_env());
    }
}

fn child_says(set: impl FnOnce(&mut Command) -> &mut Command) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "environment::child", "--nocapture"]);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("S3CACHE_") {
            command.env_remove(name);
        }
    }
    set(command.env("S3CACHE_TEST_CHILD", "yes"));
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, said) = text.split_once('<').expect(&text);
    said.split_once(">\n").expect(&text).0.to_owned()
}

#[test]
fn the_process_has_an_environment() {
    let said = child_says(|command| {
        command
            .env("S3CACHE_URL", "s3://my-bucket/app")
            .env("S3CACHE_MAX_ENTRIES", "5")
    });
    let expected = Options::from_url("s3://my-bucket/app?max_entries=5").unwrap();
    assert_eq!(said, format!("Ok({})", told(&expected)));
    let said = child_says(|command| command.env("S3CACHE_MAX_ENTIRES", "5"));
    assert!(
        said.starts_with("Err(") && said.contains("S3CACHE_MAX_ENTRIES?"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn what_is_no_utf8_is_no_panic() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let odd = OsStr::from_bytes(b"S3CACHE_\xff");
    let said = child_says(|command| {
        command
            .env("OTHER", odd)
            .env(odd, "x")
            .env("S3CACHE_EARLY", "1")
    });
    assert_eq!(said, format!("Ok({})", told(&pair("early", "1"))));
    let said = child_says(|command| command.env("S3CACHE_KEY_PREFIX", odd));
    assert!(
        said.contains("the variable S3CACHE_KEY_PREFIX is no UTF-8"),
        "{said}"
    );
}
