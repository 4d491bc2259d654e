//! A key on its way to an object name: prefix and version before it, SHA-1
//! over all, hexadecimal under the location.
//!
//! Also the reverse question, which guards every deletion: is this listed
//! name one of ours?

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::digest::{hex, sha1, sha256};

/// A key: any bytes of any length, and the version if it is not the cache's own.
///
/// Wherever a key goes, text or bytes serve as they are; this type is for
/// giving a version along:
///
/// ```
/// use s3cache::Key;
/// let key = Key::new("user:42").version(2);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key<'a> {
    bytes: Cow<'a, [u8]>,
    version: Option<i64>,
}

impl<'a> Key<'a> {
    /// The key of these bytes (text counts as its UTF-8), in the cache's own version.
    pub fn new<T: AsRef<[u8]> + ?Sized>(bytes: &'a T) -> Self {
        Self {
            bytes: Cow::Borrowed(bytes.as_ref()),
            version: None,
        }
    }

    /// The same key in another version. Default: the option `version`, which is 1 unless set.
    #[must_use]
    pub fn version(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
}

macro_rules! key_from {
    ($($borrowed:ty),*; $($owned:ty),*) => {
        $(impl<'a> From<&'a $borrowed> for Key<'a> {
            fn from(bytes: &'a $borrowed) -> Self { Self::new(bytes) }
        })*
        $(impl From<$owned> for Key<'_> {
            fn from(bytes: $owned) -> Self {
                Self { bytes: Cow::Owned(bytes.into()), version: None }
            }
        })*
    };
}
key_from!(str, [u8], String, Vec<u8>; String, Vec<u8>);

/// What iterating over a slice of texts gives.
impl<'a> From<&&'a str> for Key<'a> {
    fn from(text: &&'a str) -> Self {
        Self::new(*text)
    }
}

/// What iterating over a slice of byte slices gives.
impl<'a> From<&&'a [u8]> for Key<'a> {
    fn from(bytes: &&'a [u8]) -> Self {
        Self::new(*bytes)
    }
}

impl<'a> From<Cow<'a, str>> for Key<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::new(text),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Key<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::new(bytes)
    }
}

impl<'a> From<&'a Key<'_>> for Key<'a> {
    fn from(key: &'a Key<'_>) -> Self {
        Self {
            bytes: Cow::Borrowed(&key.bytes),
            version: key.version,
        }
    }
}

/// Makes the versioned key out of key, prefix and version (Django's `KEY_FUNCTION`).
pub(crate) type KeyFunction = Arc<dyn Fn(&[u8], &str, i64) -> Vec<u8> + Send + Sync>;

/// How this cache names its objects.
#[derive(Clone)]
pub(crate) struct Naming {
    /// Empty for the bucket's root, else ends in a slash.
    pub(crate) prefix: String,
    pub(crate) key_prefix: String,
    pub(crate) version: i64,
    pub(crate) function: Option<KeyFunction>,
}

/// An object: what S3 calls it, and what its entry must say whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) key_digest: [u8; 16],
}

/// The 20 bytes that the 40 digits of an object name stand for.
pub(crate) type Id = [u8; 20];

impl Naming {
    pub(crate) fn object(&self, key: &Key<'_>) -> Object {
        let version = key.version.unwrap_or(self.version);
        let full = match &self.function {
            Some(function) => function(&key.bytes, &self.key_prefix, version),
            None => django_key(&key.bytes, &self.key_prefix, version),
        };
        let id = sha1(&full);
        let mut key_digest = [0; 16];
        key_digest.copy_from_slice(&sha256(&[&full])[..16]);
        Object {
            id,
            name: self.name(&id),
            key_digest,
        }
    }

    pub(crate) fn name(&self, id: &Id) -> String {
        format!("{}{}", self.prefix, hex(id))
    }

    /// The id of a listed name if it is exactly the location and 40 lower-case
    /// hexadecimal digits; nothing else is ever deleted.
    pub(crate) fn own(&self, listed: &str) -> Option<Id> {
        let digits = listed.strip_prefix(self.prefix.as_str())?.as_bytes();
        let digit = |d: u8| match d {
            b'0'..=b'9' => Some(d - b'0'),
            b'a'..=b'f' => Some(d - b'a' + 10),
            _ => None,
        };
        let mut id = [0; 20];
        if digits.len() != 2 * id.len() {
            return None;
        }
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(id)
    }
}

/// Django's `default_key_func`: `"%s:%s:%s" % (key_prefix, version, key)`.
fn django_key(key: &[u8], prefix: &str, version: i64) -> Vec<u8> {
    let mut full = format!("{prefix}:{version}:").into_bytes();
    full.extend_from_slice(key);
    full
}

impl fmt::Debug for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Naming")
            .field("prefix", &self.prefix)
            .field("key_prefix", &self.key_prefix)
            .field("version", &self.version)
            .field("function", &self.function.as_ref().map(|_| "given"))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn naming(prefix: &str) -> Naming {
        Naming {
            prefix: prefix.into(),
            key_prefix: String::new(),
            version: 1,
            function: None,
        }
    }

    /// The name the seed gives the key "k": sha1(":1:k").
    #[test]
    fn names_are_those_of_the_seed() {
        let object = naming("app/").object(&"k".into());
        assert_eq!(object.name, format!("app/{}", hex(&sha1(b":1:k"))));
        assert_eq!(naming("app/").own(&object.name), Some(object.id));
        let other = naming("app/").object(&Key::new("k").version(-2));
        assert_eq!(other.id, sha1(b":-2:k"));
    }

    #[test]
    fn a_key_function_has_the_last_word() {
        let mut naming = naming("");
        naming.key_prefix = "p".into();
        naming.function = Some(Arc::new(|key, prefix, version| {
            [key, prefix.as_bytes(), version.to_string().as_bytes()].concat()
        }));
        assert_eq!(naming.object(&"k".into()).id, sha1(b"kp1"));
    }

    #[test]
    fn only_our_own_shape_is_ours() {
        let hex40 = "0123456789abcdef0123456789abcdef01234567";
        let app = naming("app/");
        assert!(app.own(&format!("app/{hex40}")).is_some());
        assert!(naming("").own(hex40).is_some());
        for foreign in [
            format!("app2/{hex40}"),
            format!("app/sub/{hex40}"),
            format!("app/{hex40}0"),
            format!("app/{}", &hex40[1..]),
            format!("app/{}", hex40.to_uppercase()),
            format!("app/{}/", &hex40[1..]),
            format!("/app/{hex40}"),
            format!("app{hex40}"),
            "app/".into(),
            "app/readme.txt".into(),
            hex40.into(),
            format!("app/{}é", &hex40[2..]),
            String::new(),
        ] {
            assert_eq!(app.own(&foreign), None, "{foreign}");
        }
    }
}
