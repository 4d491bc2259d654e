//! What errors show of values: nothing that may be a secret, and of a long one
//! its beginning.

use crate::error::Error;

use super::Options;
use super::names::{Named, find};
use super::table::table;

/// As much of a text as an error should repeat, if any.
pub(crate) fn shown(text: &str) -> Option<&str> {
    let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
    may_be_shown(text).then(|| &text[..end])
}

/// Not what looks as though credentials had got into it, as where a `;` or an
/// `&` is not where it should be.
fn may_be_shown(text: &str) -> bool {
    let text = text.to_ascii_lowercase().replace('-', "_");
    let mut secrets = table().iter().filter(|row| row.secret);
    let names_one = secrets.any(|row| row.names().any(|name| text.contains(name)));
    !names_one && !text.contains('@')
}

impl Options {
    /// An option's error, with the value that the option has.
    pub(crate) fn with_value(&self, error: Error) -> Error {
        let Some(Named::Row(row, _)) = error.option().and_then(find) else {
            return error;
        };
        // Of headers, the error names the one; any value may be a secret.
        let text = self.text_of(row).filter(|_| row.name != "headers");
        let value = text.as_deref().and_then(shown);
        error.given(format_args!("the option {}", row.name), value)
    }
}
