use super::*;

/// The profile's part by `key`, of files in a folder.
fn look(
    files: [&str; 2],
    named: Option<&str>,
    more: &[(&'static str, &'static str)],
) -> Result<Lookup> {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    for (name, text) in ["credentials", "config"].iter().zip(files) {
        if !text.is_empty() {
            std::fs::write(home.path().join(".aws").join(name), text).unwrap();
        }
    }
    let at = home.path().to_str().unwrap();
    let env = |name: &str| match more.iter().find(|(n, _)| *n == name) {
        Some((_, value)) => Some((*value).to_owned()),
        None => (name == "HOME").then(|| at.to_owned()),
    };
    look_up(&env, named)
}

fn found(lookup: Result<Lookup>) -> Profile {
    match lookup {
        Ok(Lookup::Found(profile)) => profile,
        Ok(Lookup::Missing(said)) => panic!("missing: {said}"),
        Err(error) => panic!("{error}"),
    }
}

fn value(profile: &Profile, key: &str) -> Option<String> {
    profile.get(key).map(|(value, _)| value.to_owned())
}

#[test]
fn the_two_files_are_one_profile() {
    let credentials = "[default]\nkey = 1\nregion = of-credentials\n[two]\nkey = 2\n";
    let config = "[default]\nregion = one\nk = c\n[profile two]\nregion = two\nendpoint_url = http://h\n[three]\nkey = 3\n";
    let both = [credentials, config];
    let profile = found(look(both, None, &[]));
    assert_eq!(value(&profile, "region").as_deref(), Some("of-credentials"));
    assert_eq!(value(&profile, "k").as_deref(), Some("c"));
    let profile = found(look(both, None, &[("AWS_PROFILE", "two")]));
    assert_eq!(value(&profile, "region").as_deref(), Some("two"));
    assert_eq!(value(&profile, "endpoint_url").as_deref(), Some("http://h"));
    assert_eq!(value(&profile, "key").as_deref(), Some("2"));
    // The option goes before the variable.
    let profile = found(look(both, Some("default"), &[("AWS_PROFILE", "two")]));
    assert_eq!(profile.name, "default");
    let quoted = found(look(["", "[profile \"a b\"]\nk = 1"], Some("a b"), &[]));
    assert_eq!(value(&quoted, "k").as_deref(), Some("1"));
}

#[test]
fn the_longer_name_of_the_default_goes_first() {
    let config = "[default]\nk = 1\nl = 1\n[profile default]\nk = 2\n";
    let profile = found(look(["", config], None, &[]));
    assert_eq!(value(&profile, "k").as_deref(), Some("2"));
    assert_eq!(value(&profile, "l"), None);
}

#[test]
fn a_profile_that_is_not_there() {
    let config = "[three]\nk = 1\n[profile four]\nk = 1\n[sso-session five]\n";
    let Ok(Lookup::Missing(said)) = look(["", config], None, &[]) else {
        panic!("there is no default");
    };
    assert!(said.contains(".aws/credentials: no such file"), "{said}");
    assert!(said.contains(".aws/config: no profile default"), "{said}");
    for (named, more, by) in [
        (Some("three"), &[][..], "the option profile"),
        (None, &[("AWS_PROFILE", "three")], "AWS_PROFILE"),
    ] {
        let Err(error) = look(["[two]\n", config], named, more) else {
            panic!("a section without the word profile is none in config");
        };
        assert_eq!(error.kind(), ErrorKind::InvalidOption);
        let text = error.to_string();
        for part in [by, "three", ".aws/config", "there are: four, two"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
    }
    let Ok(Lookup::Missing(said)) = look_up(&|_| None, None) else {
        panic!("there is no home");
    };
    assert!(said.contains("HOME is not set"), "{said}");
    assert!(load(&|_| None, None).unwrap().is_none());
    let nowhere = |name: &str| (name == "HOME").then(|| "/dev/null".to_owned());
    assert!(load(&nowhere, None).unwrap().is_none());
}

#[test]
fn what_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin");
    std::fs::write(&path, b"[default]\nk = hush\xe9").unwrap();
    for path in [path.as_path(), folder.path()] {
        let path = path.to_str().unwrap();
        let env = |name: &str| (name == "AWS_CONFIG_FILE").then(|| path.to_owned());
        let Err(error) = load(&env, None) else {
            panic!("it is unreadable")
        };
        let text = format!("{error:?}");
        assert!(text.contains(path) && !text.contains("hush"), "{text}");
        assert_eq!(error.kind(), ErrorKind::BadCredentials);
    }
}

#[test]
fn a_tilde_is_the_home() {
    let more = [("AWS_CONFIG_FILE", "~/.aws/credentials")];
    let profile = found(look(["[default]\nregion = r\n", ""], None, &more));
    assert_eq!(profile.parts.len(), 2);
}
