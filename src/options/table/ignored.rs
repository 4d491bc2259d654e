//! What django-s3-cache took and has no meaning here.

use crate::options::row::IgnoredOption;

pub(in crate::options) const IGNORED: [IgnoredOption; 19] = [
    ignored(
        "querystring_auth",
        "it is about links to objects, and a cache gives none",
    ),
    ignored(
        "querystring_expire",
        "it is about links to objects, and a cache gives none",
    ),
    ignored(
        "custom_domain",
        "it is about links to objects, and a cache gives none",
    ),
    ignored(
        "secure_urls",
        "it is about links to objects, and a cache gives none",
    ),
    ignored(
        "url_protocol",
        "it is about links to objects, and a cache gives none",
    ),
    ignored(
        "file_overwrite",
        "entries are always written over: a cache that does not would give the first value for ever",
    ),
    ignored("file_name_charset", "object names are hexadecimal digits"),
    ignored("preload_metadata", "nothing is read before it is asked for"),
    ignored(
        "max_memory_size",
        "values are held in memory; `max_value_size` is their bound",
    ),
    ignored("file_buffer_size", "objects are written in one piece"),
    ignored("proxy_port", "no proxy is used"),
    ignored("connection_class", "it names a Python class"),
    ignored("connection_response_error", "it names a Python class"),
    ignored("file_class", "it names a Python class"),
    ignored("key_class", "it names a Python class"),
    ignored(
        "access_key_names",
        "the variables are AWS_ACCESS_KEY_ID and those of this crate",
    ),
    ignored(
        "secret_key_names",
        "the variables are AWS_SECRET_ACCESS_KEY and those of this crate",
    ),
    ignored(
        "security_token_names",
        "the variables are AWS_SESSION_TOKEN and those of this crate",
    ),
    IgnoredOption {
        name: "proxy",
        reason: "no proxy is used, so one that is given is refused; an empty value and `None` are passed over",
        needed: true,
    },
];

const fn ignored(name: &'static str, reason: &'static str) -> IgnoredOption {
    IgnoredOption {
        name,
        reason,
        needed: false,
    }
}
