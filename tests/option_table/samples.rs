//! For each row of the table: values that it takes, as it tells them again,
//! values that it refuses, and what the builder does for the first of the good
//! ones.

mod keeping;
mod objects;
mod place;

use std::sync::LazyLock;

use s3cache::Options;

pub(crate) static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let (place, objects, keeping) = (place::SAMPLES, objects::SAMPLES, keeping::SAMPLES);
    place.into_iter().chain(objects).chain(keeping).collect()
});

pub(crate) struct Sample {
    pub(crate) name: &'static str,
    /// A value, and what `Options::get` says once it is set. The first is not
    /// the default, and the second neither where a row has aliases.
    pub(crate) good: &'static [(&'static str, Option<&'static str>)],
    pub(crate) bad: &'static [&'static str],
    /// The first good value by the builder, if it has a way.
    pub(crate) built: Option<fn(Options) -> Options>,
}

/// The samples of a row.
pub(crate) fn of(name: &str) -> &'static Sample {
    let found = SAMPLES.iter().find(|sample| sample.name == name);
    found.unwrap_or_else(|| panic!("tests/option_table/samples/ has none for {name}: add some"))
}

const fn row(
    name: &'static str,
    good: &'static [(&'static str, Option<&'static str>)],
    bad: &'static [&'static str],
    built: fn(Options) -> Options,
) -> Sample {
    Sample {
        name,
        good,
        bad,
        built: Some(built),
    }
}

/// One that the builder has no method for.
const fn text_only(
    name: &'static str,
    good: &'static [(&'static str, Option<&'static str>)],
    bad: &'static [&'static str],
) -> Sample {
    Sample {
        name,
        good,
        bad,
        built: None,
    }
}

const YES: &[(&str, Option<&str>)] = &[
    ("yes", Some("yes")),
    ("True", Some("yes")),
    ("ON", Some("yes")),
    (" 1 ", Some("yes")),
    ("no", None),
    ("false", None),
    ("Off", None),
    ("0", None),
];
const NEITHER: &[&str] = &["maybe", "2", "y", "None", "yes no"];
