//! `OptionRow`: one option as text knows it, and how its text is read and written.

use super::Options;
use super::text::Read;

/// An option that can be given as text: a row of [`Options::table`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct OptionRow {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Other names it goes by. Where several are given, `name` goes before
    /// these, and an earlier one of these before a later one.
    pub aliases: &'static [&'static str],
    /// What it takes: a phrase that follows "it takes".
    pub allowed: &'static str,
    /// What holds where it is not given, as text or in words.
    pub default: &'static str,
    /// What it does, in a line.
    pub doc: &'static str,
    /// Whether its value is never shown.
    pub secret: bool,
    pub(super) field: Field,
}

/// An option of django-s3-cache that has no meaning here, and is accepted: a
/// row of [`Options::ignorable`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct IgnoredOption {
    /// Its name, in lower case.
    pub name: &'static str,
    /// Why it has no meaning, in a line.
    pub reason: &'static str,
    /// Whether a value may not be passed over in silence.
    pub(super) needed: bool,
}

/// The way from text to a field of `Options`, and back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) set: fn(&mut Options, &str) -> Read<()>,
    /// None where it would say what the second one, all defaults, says.
    pub(super) get: fn(&Options, &Options) -> Option<String>,
    /// Takes the second one's value.
    pub(super) reset: fn(&mut Options, &Options),
}

/// A `Field` out of a path in `Options` and the `Codec` of its type.
macro_rules! field {
    ($($path:ident).+, $codec:expr) => {
        $crate::options::row::Field {
            set: |options, text| {
                options.$($path).+ = ($codec.read)(text)?;
                Ok(())
            },
            get: |options, defaults| {
                let write = $codec.write;
                let text = write(&options.$($path).+);
                text.filter(|text| write(&defaults.$($path).+).as_ref() != Some(text))
            },
            reset: |options, defaults| {
                options.$($path).+.clone_from(&defaults.$($path).+);
            },
        }
    };
}
pub(super) use field;

impl OptionRow {
    /// What most rows have in common.
    pub(super) const PLAIN: Self = Self {
        name: "",
        aliases: &[],
        allowed: "",
        default: "",
        doc: "",
        secret: false,
        field: Field {
            set: |_, _| Ok(()),
            get: |_, _| None,
            reset: |_, _| (),
        },
    };

    /// All names, the one that goes first at the front.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}
