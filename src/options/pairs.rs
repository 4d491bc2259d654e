//! Options by name, each value as text: the table put to use. Other rooms give
//! names and values as they find them, in a URL or in the environment.

use std::fmt;
use std::sync::LazyLock;

use crate::error::{Error, ErrorKind, Result, invalid};

use super::Options;
use super::names::{Named, find, nearest};
use super::row::{IgnoredOption, OptionRow};
use super::shown::shown;
use super::table::{IGNORED, table};
use super::text::Unfit;

/// A name as it was given, and where.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    Option(&'a str),
    /// `S3CACHE_` and this.
    Variable(&'a str),
    /// In the query of a URL.
    Query(&'a str, &'a str),
    /// In a URL before the query, where anything may have got to.
    Place(&'a str, &'a str),
}

/// What all options are where nothing is given.
static DEFAULTS: LazyLock<Options> = LazyLock::new(|| Options::new(""));

impl Options {
    /// All options that can be given as text.
    ///
    /// ```
    /// # use s3cache::Options;
    /// for row in Options::table() {
    ///     println!("{}: {} Takes {}.", row.name, row.doc, row.allowed);
    /// }
    /// ```
    #[must_use]
    pub fn table() -> &'static [OptionRow] {
        table()
    }

    /// The options of django-s3-cache that are accepted and have no meaning here.
    #[must_use]
    pub fn ignorable() -> &'static [IgnoredOption] {
        &IGNORED
    }

    /// Sets the option of this name, as in the [`table`](Self::table), from
    /// text. Names may be in capitals, and have `-` for `_`.
    ///
    /// - Booleans are yes or no, true or false, on or off, 1 or 0.
    /// - Durations are seconds (`1.5`), or have a unit: `ms`, `s`, `m`, `h`, `d`.
    /// - Sizes are bytes, or have a unit: `KiB`, `MiB`, `GiB`, `TiB`.
    /// - An empty value stands for the default, and gives way to one that was
    ///   given under another name of the same option.
    ///
    /// Of two names of one option, the newer goes first, whichever comes later
    /// (`access_key` before `access_key_id`); of the same name, the later.
    /// A method of the builder, called later, goes before them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`], for a name that is not known and for a
    /// value that can never be right. The error repeats no secrets. What depends
    /// on other options is checked when the cache is opened.
    ///
    /// ```
    /// # use s3cache::Options;
    /// let options = Options::new("my-bucket")
    ///     .set("location", "app/cache")?
    ///     .set("max_entries", "0")?;
    /// let error = options.set("max_entires", "5").unwrap_err();
    /// assert!(error.to_string().contains("did you mean max_entries?"));
    /// # Ok::<(), s3cache::Error>(())
    /// ```
    pub fn set(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Result<Self> {
        self.put(Given::Option(name.as_ref()), value.as_ref())?;
        Ok(self)
    }

    /// Options out of names and values, as [`set`](Self::set) takes them, the
    /// bucket among them.
    ///
    /// # Errors
    ///
    /// As for [`set`](Self::set).
    ///
    /// ```
    /// # use s3cache::Options;
    /// // The settings of a Django project that used django-s3-cache.
    /// let options = Options::from_pairs([
    ///     ("ACCESS_KEY", "key"),
    ///     ("SECRET_KEY", "secret"),
    ///     ("BUCKET_NAME", "my-bucket"),
    ///     ("LOCATION", "/app/cache/"),
    ///     ("MAX_ENTRIES", "1000"),
    /// ])?;
    /// assert_eq!(options.to_url(), "s3://my-bucket/app/cache?max_entries=1000");
    /// # Ok::<(), s3cache::Error>(())
    /// ```
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        let mut options = Self::new("");
        for (name, value) in pairs {
            options.put(Given::Option(name.as_ref()), value.as_ref())?;
        }
        Ok(options)
    }

    /// The option of this name as text that [`set`](Self::set) would take.
    /// `None` where it is at its default, is a secret, or is not known.
    ///
    /// ```
    /// # use s3cache::Options;
    /// let options = Options::new("my-bucket").max_bytes(1 << 20);
    /// assert_eq!(options.get("max_bytes").as_deref(), Some("1048576"));
    /// assert_eq!(options.get("max_entries"), None);
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<String> {
        match find(name)? {
            Named::Row(row, _) => self.text_of(row),
            Named::Ignored(_) => None,
        }
    }

    /// The names, as they were given, of options that django-s3-cache had and
    /// that have no meaning here; see [`ignorable`](Self::ignorable).
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    pub(super) fn text_of(&self, row: &OptionRow) -> Option<String> {
        (row.field.get)(self, &DEFAULTS).filter(|_| !row.secret)
    }

    /// What is given, and neither shown nor written.
    pub(super) fn not_shown(&self) -> Vec<&'static str> {
        let secrets = table().iter().filter(|row| row.secret);
        let given = secrets.filter(|row| (row.field.get)(self, &DEFAULTS).is_some());
        let functions = [
            (self.clock.is_some(), "clock"),
            (self.access.hook.is_some(), "credentials_with"),
            (self.key_function.is_some(), "key_function"),
            (self.place.resolver.is_some(), "resolver"),
        ];
        let functions = functions.iter().filter(|(given, _)| *given);
        given
            .map(|row| row.name)
            .chain(functions.map(|(_, name)| *name))
            .collect()
    }

    /// Sets one option, or leaves all as they are.
    pub(super) fn put(&mut self, given: Given<'_>, value: &str) -> Result<()> {
        match find(given.name()) {
            None => Err(unknown(given)),
            Some(Named::Ignored(row)) => {
                let none = value.is_empty() || value.trim().eq_ignore_ascii_case("none");
                if row.needed && !none {
                    let why = format!("{given} cannot be used: {}", row.reason);
                    return Err(
                        Error::new(ErrorKind::InvalidOption, why).with_remedy("leave it out")
                    );
                }
                if !self.ignored.iter().any(|name| name == given.name()) {
                    self.ignored.push(given.name().to_owned());
                }
                Ok(())
            }
            Some(Named::Row(row, rank)) => {
                // If it says something else by now, the builder came later.
                let text = (row.field.get)(self, &DEFAULTS);
                let holder = self.ranks.get(row.name).filter(|held| held.1 == text);
                let holder = holder.map(|held| held.0);
                if value.is_empty() {
                    if holder.is_none_or(|holder| holder == rank) {
                        (row.field.reset)(self, &DEFAULTS);
                        self.ranks.remove(row.name);
                    }
                    return Ok(());
                }
                let newer = holder.is_some_and(|holder| holder < rank);
                let set = if newer {
                    // It has no effect, and must be fit all the same.
                    (row.field.set)(&mut Self::new(""), value)
                } else {
                    (row.field.set)(self, value)
                };
                set.map_err(|unfit| refused(given, value, row, unfit))?;
                if !newer {
                    let text = (row.field.get)(self, &DEFAULTS);
                    self.ranks.insert(row.name, (rank, text));
                }
                Ok(())
            }
        }
    }
}

fn refused(given: Given<'_>, value: &str, row: &OptionRow, unfit: Unfit) -> Error {
    let hidden = row.secret || unfit.hidden || matches!(given, Given::Place(..));
    // A rule of the crate's has more to say than the row.
    let allowed = || invalid(row.name, format!("it takes {}", row.allowed));
    let mut error = unfit.rule.unwrap_or_else(allowed);
    if let Some(why) = unfit.why {
        error = error.with_remedy(why);
    } else if row.secret && matches!(given, Given::Query(..)) && value.contains(' ') {
        // They often hold one, and a space never.
        error = error.with_remedy("a + in a URL is a space: write %2B");
    }
    error.given(given, shown(value).filter(|_| !hidden))
}

fn unknown(given: Given<'_>) -> Error {
    let name = given.name();
    let message = match (shown(name), given) {
        (Some(name), Given::Variable(_)) => {
            format!(
                "the variable S3CACHE_{} names no option",
                name.escape_debug()
            )
        }
        (Some(name), Given::Query(_, of)) => format!("there is no option {name:?}, as in {of}"),
        (Some(name), _) => format!("there is no option {name:?}"),
        (None, _) => "there is no option of the name given".to_owned(),
    };
    let remedy = match (nearest(name), given) {
        (Some(known), Given::Variable(_)) => {
            format!("did you mean S3CACHE_{}?", known.to_ascii_uppercase())
        }
        (Some(known), _) => format!("did you mean {known}?"),
        (None, _) => "Options::table() and the README list them all".to_owned(),
    };
    Error::new(ErrorKind::InvalidOption, message).with_remedy(remedy)
}

impl<'a> Given<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::Option(name)
            | Self::Variable(name)
            | Self::Query(name, _)
            | Self::Place(name, _) => name,
        }
    }
}

impl fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(name) => write!(f, "the option {name}"),
            Self::Variable(name) => write!(f, "the variable S3CACHE_{name}"),
            Self::Query(name, of) => write!(f, "the option {name} in {of}"),
            Self::Place(name, of) => write!(f, "the {name} in {of}"),
        }
    }
}
