//! The option table: every option that can be given as text, in the order the
//! README shows them. What has no text (a resolver, a key function, a function
//! that gets credentials) is for the builder alone.

mod access;
mod ignored;
mod keeping;
mod objects;
mod patience;
mod place;
mod policy;

use std::sync::LazyLock;

use super::row::OptionRow;

pub(super) use self::ignored::IGNORED;

static TABLE: LazyLock<Vec<OptionRow>> = LazyLock::new(|| {
    let subjects: [&[OptionRow]; 6] = [
        &place::ROWS,
        &patience::ROWS,
        &access::ROWS,
        &objects::ROWS,
        &keeping::ROWS,
        &policy::ROWS,
    ];
    subjects.concat()
});

pub(super) fn table() -> &'static [OptionRow] {
    &TABLE
}
