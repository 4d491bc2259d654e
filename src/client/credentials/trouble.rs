//! From what went wrong with a source of keys to an `Error` that names the
//! source and says what to do. Nothing that a source has sent is shown, but
//! for a status and a code: the rest may be a secret.
//!
//! None has a status or a code of its own, as those of S3's errors have:
//! the client reads them as S3's answer.

use crate::client::fault::Failure;
use crate::error::{Error, ErrorKind as K};

/// A source that is there, and gives no keys.
pub(super) fn broken(origin: &str, why: &str) -> Error {
    Error::new(
        K::BadCredentials,
        format!("no credentials from {origin}: {why}"),
    )
}

/// A variable that says what cannot be.
pub(super) fn wrong(variable: &str, why: &str) -> Error {
    Error::new(
        K::InvalidOption,
        format!("the variable {variable} cannot be used: {why}"),
    )
}

/// A source that answered with something else than keys.
pub(super) fn answered(origin: &str, status: u16, code: Option<&str>) -> Error {
    let code = code.filter(|code| is_code(code));
    let code = code.map(|code| format!(", {code}")).unwrap_or_default();
    let kind = match status {
        429 => K::Throttled,
        500.. => K::ServerError,
        _ => K::BadCredentials,
    };
    Error::new(
        kind,
        format!("no credentials from {origin}: it answered HTTP {status}{code}"),
    )
}

/// No answer. To the caller the same as an S3 that cannot be reached: no
/// request has been sent to S3, so that no write is in doubt.
pub(super) fn unreached(origin: &str, failure: Failure) -> Error {
    let kind = match failure {
        Failure::Tls(_) => K::Tls,
        Failure::NotHttp(_) => K::BadCredentials,
        _ => K::Unreachable,
    };
    let what = words(&failure);
    let error = Error::new(kind, format!("no credentials from {origin}: {what}"));
    match failure {
        Failure::Unreachable(cause)
        | Failure::Tls(cause)
        | Failure::Lost(cause)
        | Failure::Stale(cause)
        | Failure::NotHttp(cause) => error.with_source(cause),
        Failure::ConnectTimedOut | Failure::TimedOut | Failure::NoTimeLeft => error,
    }
}

pub(super) fn words(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unreachable(_) => "cannot connect",
        Failure::ConnectTimedOut => "no connection in time",
        Failure::Tls(_) => "no TLS",
        Failure::TimedOut | Failure::NoTimeLeft => "no answer in time",
        Failure::Lost(_) | Failure::Stale(_) => "it closed the connection early",
        Failure::NotHttp(_) => "its answer is not HTTP, or is too long",
    }
}

/// Such as `AccessDenied`. A key or a token that came in its place would have
/// digits in it, or be longer.
fn is_code(text: &str) -> bool {
    let of_a_code = |b: u8| b.is_ascii_alphabetic() || b == b'.';
    (1..=48).contains(&text.len()) && text.bytes().all(of_a_code)
}
