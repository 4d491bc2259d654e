//! Values as text that the crate's own rules can refuse at once, each by
//! itself. What depends on several options is left to `settings`.

use crate::endpoint::{self, Endpoint};
use crate::headers::{self, ObjectHeaders, essence, is_type};
use crate::settings;

use super::Objects;
use super::text::{Codec, Read, SOME_TEXT, Unfit, truth};

/// A server that every bucket and region goes with.
const ANYWHERE: &str = "http://127.0.0.1";

pub(super) const BUCKET: Codec<String> = Codec {
    read: |text| {
        Endpoint::new(text, "us-east-1", Some(ANYWHERE), None)?;
        Ok(text.to_owned())
    },
    write: |bucket| Some(bucket.clone()),
};

pub(super) const LOCATION: Codec<String> = Codec {
    read: |text| {
        settings::location_prefix(text)?;
        Ok(text.to_owned())
    },
    write: |location| Some(location.trim_matches('/').to_owned()),
};

pub(super) const ENDPOINT: Codec<Option<String>> = Codec {
    read: |text| {
        Endpoint::new("bucket", "us-east-1", Some(text), None)?;
        Ok(Some(text.to_owned()))
    },
    write: WITHOUT_CREDENTIALS,
};

pub(super) const HOST: Codec<Option<String>> = Codec {
    read: |text| {
        // Without TLS, or AWS's own host would stand for no URL at all.
        if let Some(url) = endpoint::of_parts(Some(text), None, Some(false))?.url {
            Endpoint::new("bucket", "us-east-1", Some(&url), None)?;
        }
        Ok(Some(text.to_owned()))
    },
    write: WITHOUT_CREDENTIALS,
};

/// What may hold credentials is refused when a cache is opened with it, but
/// options may be shown before that.
const WITHOUT_CREDENTIALS: fn(&Option<String>) -> Option<String> =
    |text| (SOME_TEXT.write)(text).filter(|text| !text.contains(['@', '?']));

pub(super) const REGION: Codec<Option<String>> = Codec {
    read: |text| {
        let region = match text.trim() {
            // The name of S3's second region, before regions had names.
            old if old.eq_ignore_ascii_case("EU") => "eu-west-1",
            region => region,
        };
        Endpoint::new("bucket", region, Some(ANYWHERE), None)?;
        Ok(Some(region.to_owned()))
    },
    write: SOME_TEXT.write,
};

pub(super) const CREDENTIAL: Codec<Option<String>> = Codec {
    read: |text| {
        if text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Some(text.to_owned()))
        } else {
            Err(Unfit::default())
        }
    },
    write: SOME_TEXT.write,
};

pub(super) const ACL: Codec<Option<String>> = Codec {
    read: |text| {
        let acl = Some(text.trim().to_owned());
        let alone = Objects {
            acl: acl.clone(),
            ..Objects::default()
        };
        // The row names them all.
        fit(&alone).map_err(|_| Unfit::default())?;
        Ok(acl)
    },
    // `private` is none, and none is `private`.
    write: |acl| {
        let acl = acl.as_deref().filter(|acl| !acl.is_empty());
        Some(acl.unwrap_or("private").to_ascii_lowercase())
    },
};

pub(super) const BUCKET_ACL: Codec<Option<String>> = Codec {
    read: |text| {
        // The row names them all.
        headers::bucket_acl(Some(text.trim()), None).map_err(|_| Unfit::default())?;
        Ok(Some(text.trim().to_owned()))
    },
    // `private` is none of its own, and not that of objects.
    write: |acl| (SOME_TEXT.write)(acl).map(|acl| acl.to_ascii_lowercase()),
};

/// What is fit to go with an object.
fn fit(objects: &Objects) -> Read<()> {
    let endpoint = Endpoint::new("bucket", "us-east-1", Some(ANYWHERE), None)?;
    ObjectHeaders::check(objects, &endpoint)?;
    Ok(())
}

pub(super) const STORAGE_CLASS: Codec<Option<String>> = Codec {
    read: |text| {
        let storage_class = Some(text.trim().to_ascii_uppercase());
        fit(&Objects {
            storage_class: storage_class.clone(),
            ..Objects::default()
        })?;
        Ok(storage_class)
    },
    write: SOME_TEXT.write,
};

/// A yes and a no as well: it was a boolean in django-s3-cache. A no is kept:
/// it goes with no key.
pub(super) const ENCRYPTION: Codec<Option<String>> = Codec {
    read: |text| match (truth(text), &*text.trim().to_ascii_lowercase()) {
        (Some(false), _) => Ok(Some("no".into())),
        (Some(true), _) | (_, "aes256") => Ok(Some("AES256".into())),
        (_, how @ ("aws:kms" | "aws:kms:dsse" | "customer")) => Ok(Some(how.into())),
        _ => Err(Unfit::default()),
    },
    write: SOME_TEXT.write,
};

pub(super) const KMS_KEY: Codec<Option<String>> = Codec {
    read: |text| {
        fit(&Objects {
            encryption: Some("aws:kms".into()),
            encryption_key_id: Some(text.to_owned()),
            ..Objects::default()
        })?;
        Ok(Some(text.to_owned()))
    },
    write: SOME_TEXT.write,
};

pub(super) const CUSTOMER_KEY: Codec<Option<String>> = Codec {
    read: |text| {
        fit(&Objects {
            encryption_customer_key: Some(text.to_owned()),
            ..Objects::default()
        })?;
        Ok(Some(text.to_owned()))
    },
    write: SOME_TEXT.write,
};

pub(super) const CONTENT_TYPE: Codec<Option<String>> = Codec {
    read: |text| {
        fit(&Objects {
            content_type: Some(text.to_owned()),
            ..Objects::default()
        })?;
        Ok(Some(text.to_owned()))
    },
    // Its default as well, which goes before a type among the headers.
    write: SOME_TEXT.write,
};

pub(super) const CACHE_CONTROL: Codec<Option<String>> = Codec {
    read: |text| {
        fit(&Objects {
            cache_control: Some(text.to_owned()),
            ..Objects::default()
        })?;
        Ok(Some(text.to_owned()))
    },
    write: SOME_TEXT.write,
};

/// A header on each line.
pub(super) const HEADERS: Codec<Vec<(String, String)>> = Codec {
    read: |text| {
        let mut headers = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let Some((name, value)) = line.split_once(':') else {
                return Err(Unfit::because("a line has no colon").hidden());
            };
            headers.push((name.trim().to_owned(), value.trim().to_owned()));
        }
        let objects = Objects {
            headers,
            ..Objects::default()
        };
        fit(&objects).map_err(Unfit::hidden)?;
        Ok(objects.headers)
    },
    write: |headers| {
        let shown = headers.iter().filter(|(name, _)| !is_secret(name));
        let lines: Vec<String> = shown
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        Some(lines.join("\n"))
    },
};

/// Whether a header's name promises a value that nobody should see.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["auth", "cookie", "key", "password", "secret", "token"]
        .iter()
        .any(|word| name.contains(word))
}

/// Content types, with the marks of a Python list or tuple around them or not.
pub(super) const CONTENT_TYPES: Codec<Option<Vec<String>>> = Codec {
    read: |text| {
        let mark = |c: char| c.is_whitespace() || ",[](){}'\"".contains(c);
        let types: Vec<String> = text
            .split(mark)
            .filter(|kind| !kind.is_empty())
            .map(essence)
            .collect();
        match types.iter().all(|kind| is_type(kind)) {
            // An empty tuple is no list of types, as in django-s3-cache.
            true if types.is_empty() => Ok(None),
            true => Ok(Some(types)),
            false => Err(Unfit::default()),
        }
    },
    write: |types| {
        let kinds = types.as_ref()?.iter().map(|kind| essence(kind));
        let kinds: Vec<String> = kinds.filter(|kind| is_type(kind)).collect();
        Some(kinds.join(",")).filter(|kinds| !kinds.is_empty())
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_types() {
        let read = |text| (CONTENT_TYPES.read)(text).expect(text);
        let two = Some(vec!["text/css".to_owned(), "image/svg+xml".to_owned()]);
        for text in [
            "text/css,image/svg+xml",
            "text/css image/svg+xml",
            " Text/CSS;charset=utf-8 ,\n image/svg+xml ",
            "('text/css', 'image/svg+xml')",
            "(\"text/css\", \"image/svg+xml\",)",
            "['text/css', 'image/svg+xml']",
        ] {
            assert_eq!(read(text), two, "{text}");
        }
        assert_eq!(read("()"), None);
        for text in [
            "css",
            "text/",
            "/css",
            "text/a/b",
            "text/css; charset=utf-8",
        ] {
            assert!((CONTENT_TYPES.read)(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_header_may_hold_is_not_written() {
        let headers = vec![
            ("x-amz-meta-owner".to_owned(), "web".to_owned()),
            (
                "x-amz-server-side-encryption-customer-key".to_owned(),
                "hush".to_owned(),
            ),
        ];
        let written = (HEADERS.write)(&headers);
        assert_eq!(written.as_deref(), Some("x-amz-meta-owner: web"));
    }

    #[test]
    fn regions_of_old() {
        let read = |text| (REGION.read)(text).expect(text);
        assert_eq!(read("EU").as_deref(), Some("eu-west-1"));
        assert_eq!(read("EUCentral1").as_deref(), Some("EUCentral1"));
    }
}
