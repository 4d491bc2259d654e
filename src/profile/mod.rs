//! A profile of the files that Amazon's tools share, `~/.aws/credentials` and
//! `~/.aws/config`: which files those are, which profile is meant, and what
//! stands in it. Reads files and makes no request; what keys a profile leads
//! to is for `client/credentials` to say.
//! <https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html>

mod file;
pub(crate) mod ini;

use std::path::{Path, PathBuf};

pub(crate) use self::file::read;
use self::file::{File, Kind};
use self::ini::Section;
use crate::error::{Error, ErrorKind, Result};

/// Looks up a variable; an empty one is none.
pub(crate) type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a profile says.
pub(crate) struct Profile {
    pub(crate) name: String,
    /// What goes first is first: `credentials`, then `config`.
    pub(crate) parts: Vec<Part>,
    /// What it says of single services, in a section of their own.
    /// <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>
    services: Option<Part>,
}

/// What one file says of a profile.
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    section: Section,
}

/// Whether there is such a profile.
pub(crate) enum Lookup {
    Found(Profile),
    /// What each file said, in words. Only the profile that nobody has named
    /// may be missing.
    Missing(String),
}

impl Part {
    /// `key` in lower case.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.section.get(key)
    }
}

impl Profile {
    /// Its value of `key`, in lower case, and the file that has it.
    pub(crate) fn get(&self, key: &str) -> Option<(&str, &Path)> {
        let of = |part: &'_ Part| part.get(key).is_some();
        let part = self.parts.iter().find(|part| of(part))?;
        Some((part.get(key)?, &part.path))
    }

    /// The same of what it says of S3 alone.
    pub(crate) fn get_of_s3(&self, key: &str) -> Option<(&str, &Path)> {
        let services = self.services.as_ref()?;
        Some((services.get(&format!("s3/{key}"))?, &services.path))
    }
}

/// For the region and the endpoint. `named`: the option `profile`.
pub(crate) fn load(env: Env<'_>, named: Option<&str>) -> Result<Option<Profile>> {
    match look_up(env, named)? {
        Lookup::Found(profile) => Ok(Some(profile)),
        Lookup::Missing(_) => Ok(None),
    }
}

/// Reads the files anew.
pub(crate) fn look_up(env: Env<'_>, named: Option<&str>) -> Result<Lookup> {
    let of_option = named.filter(|name| !name.is_empty());
    let (name, by) = match (of_option, env("AWS_PROFILE")) {
        (Some(name), _) => (name.to_owned(), Some("the option profile")),
        (None, Some(name)) => (name, Some("the variable AWS_PROFILE")),
        (None, None) => ("default".to_owned(), None),
    };
    let mut files = [
        File::open(env, Kind::Credentials)?,
        File::open(env, Kind::Config)?,
    ];
    let parts: Vec<Part> = files.iter_mut().filter_map(|f| f.take(&name)).collect();
    if !parts.is_empty() {
        let services = parts.iter().find_map(|part| part.get("services"));
        let [_, config] = &mut files;
        let services = services.and_then(|name| config.take_services(name));
        return Ok(Lookup::Found(Profile {
            name,
            parts,
            services,
        }));
    }
    let said = files.each_ref().map(|file| file.without(&name)).join("; ");
    match by {
        None => Ok(Lookup::Missing(said)),
        Some(by) => Err(unknown(&name, by, &said, &files)),
    }
}

fn unknown(name: &str, by: &str, said: &str, files: &[File; 2]) -> Error {
    let mut known: Vec<&str> = files.iter().flat_map(File::profiles).collect();
    known.sort_unstable();
    known.dedup();
    let known = match known[..] {
        [] => "there is no profile in them".to_owned(),
        _ => format!("there are: {}", known.join(", ")),
    };
    Error::new(
        ErrorKind::InvalidOption,
        format!("{by} names the profile {name}, which is not there ({said})"),
    )
    .with_remedy(format!(
        "{known}; in config its section is [profile {name}], in credentials [{name}]"
    ))
}

#[cfg(test)]
mod tests;
