//! Options from environment variables: `S3CACHE_URL`, and `S3CACHE_` with the
//! name of an option. What Amazon's tools read (`AWS_…`) is looked up later,
//! when the cache is opened.

use std::collections::{BTreeMap, HashMap};
use std::env;

use crate::error::{Error, ErrorKind, Result};

use super::Options;
use super::names::{Named, find};
use super::pairs::Given;

const PREFIX: &str = "S3CACHE_";

/// Variables of this crate's own tests.
const OF_TESTS: &str = "TEST_";
/// For the Python package: where the C library lies.
const OF_PYTHON: &str = "LIBRARY";

impl Options {
    /// Options from the environment: `S3CACHE_URL`, as for
    /// [`from_url`](Self::from_url), and `S3CACHE_` with any name of an option
    /// in capitals, such as `S3CACHE_MAX_ENTRIES`, which goes before the URL.
    /// An empty variable is as good as none.
    ///
    /// What is not given is looked up when the cache is opened, in `AWS_REGION`
    /// and the other variables of Amazon's tools.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOption`], as for [`set`](Self::set), naming the
    /// variable, also where it begins with `S3CACHE_` and names no option
    /// (`S3CACHE_LIBRARY` and `S3CACHE_TEST_…` are passed over), or is no UTF-8.
    ///
    /// ```
    /// # use s3cache::{Cache, Options};
    /// # fn main() -> s3cache::Result<()> {
    /// # if false {
    /// let cache = Cache::open(Options::from_env()?)?;
    /// # }
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_env() -> Result<Self> {
        let mut ours = BTreeMap::new();
        for (name, value) in env::vars_os() {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else {
                continue;
            };
            let Some(value) = value.to_str() else {
                let why = format!("the variable {name} is no UTF-8");
                return Err(Error::new(ErrorKind::InvalidOption, why));
            };
            ours.insert(name.to_owned(), value.to_owned());
        }
        Self::read(&ours)
    }

    /// The same from other variables than the process's, which also stand in
    /// for the process's when `AWS_REGION` and its like are looked up.
    ///
    /// # Errors
    ///
    /// As for [`from_env`](Self::from_env).
    ///
    /// ```
    /// # use s3cache::Options;
    /// let options = Options::from_vars([
    ///     ("S3CACHE_URL", "s3://my-bucket/app?max_entries=100"),
    ///     ("S3CACHE_MAX_ENTRIES", "200"),
    ///     ("AWS_REGION", "eu-central-1"),
    /// ])?;
    /// assert_eq!(options.to_url(), "s3://my-bucket/app?max_entries=200");
    /// # Ok::<(), s3cache::Error>(())
    /// ```
    pub fn from_vars<N: Into<String>, V: Into<String>>(
        variables: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        let variables = variables.into_iter();
        let all: HashMap<String, String> = variables
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        // In an order, so that names which differ in case alone have one.
        let ours = all.iter().filter(|(name, _)| name.starts_with(PREFIX));
        let ours = ours.map(|(name, value)| (name.clone(), value.clone()));
        let options = Self::read(&ours.collect())?;
        Ok(options.environment(move |name| all.get(name).cloned()))
    }

    fn read(variables: &BTreeMap<String, String>) -> Result<Self> {
        let given = variables.iter().filter(|(_, value)| !value.is_empty());
        let given = given.filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?, value)));
        let given = given.filter(|(name, _)| !name.starts_with(OF_TESTS) && *name != OF_PYTHON);
        let (urls, others): (Vec<_>, Vec<_>) = given.partition(|(name, _)| *name == "URL");
        let mut options = match urls.first() {
            Some((_, url)) => Self::read_url(url, "S3CACHE_URL")?,
            None => Self::new(""),
        };
        // A variable of its own goes before the URL, whichever name has either.
        options.ranks.clear();
        // Keys go together: no session token of other ones.
        let keys = ["access_key", "secret_key"];
        let of_keys =
            |name: &str| matches!(find(name), Some(Named::Row(row, _)) if keys.contains(&row.name));
        if others.iter().any(|(name, _)| of_keys(name)) {
            options.access.session_token = None;
        }
        for (name, value) in others {
            options.put(Given::Variable(name), value)?;
        }
        Ok(options)
    }
}
