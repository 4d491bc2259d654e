//! What is worth a line in the log: what was tried again, and what was found
//! to be worse than hoped. Nothing secret gets here. The only room that names
//! `log`, whose lines go nowhere unless the program has set a logger.

use std::fmt::Arguments;

/// Something that was put right, and that its causes should be looked for.
pub(crate) fn warn(what: Arguments<'_>) {
    log::warn!(target: "s3cache", "{what}");
}

/// A step on the way.
pub(crate) fn debug(what: Arguments<'_>) {
    log::debug!(target: "s3cache", "{what}");
}
