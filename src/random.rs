//! Random bits from the operating system. The only room that names `getrandom`.

use crate::error::{Error, ErrorKind, Result};

/// 64 random bits: a write's id, or the jitter of a pause.
pub(crate) fn bits() -> Result<u64> {
    let mut bytes = [0; 8];
    getrandom::getrandom(&mut bytes).map_err(|error| {
        Error::new(
            ErrorKind::NoEntropy,
            format!("the operating system gave no random bytes: {error}"),
        )
    })?;
    Ok(u64::from_le_bytes(bytes))
}
