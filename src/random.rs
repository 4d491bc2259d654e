//! Random bits from the operating system. The only room that names `getrandom`.

use crate::error::{Error, ErrorKind, Result};

/// 64 random bits: a write's id, or the jitter of a pause.
pub(crate) fn bits() -> Result<u64> {
    bytes().map(u64::from_le_bytes)
}

/// So many random bytes: an object's name that nobody has.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::getrandom(&mut bytes).map_err(|error| {
        let what = format!("the operating system gave no random bytes: {error}");
        Error::new(ErrorKind::NoEntropy, what)
    })?;
    Ok(bytes)
}
