//! One of the two shared files: where it is, and the sections in it that are
//! profiles, which the two name differently.

use std::fs;
use std::io::{self, ErrorKind as K, Read as _};
use std::path::{Path, PathBuf};

use super::ini::{self, Section};
use super::{Env, Part};
use crate::error::{Error, ErrorKind, Result};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Credentials,
    Config,
}

impl Kind {
    fn variable(self) -> &'static str {
        match self {
            Self::Credentials => "AWS_SHARED_CREDENTIALS_FILE",
            Self::Config => "AWS_CONFIG_FILE",
        }
    }

    fn default_path(self) -> &'static str {
        match self {
            Self::Credentials => ".aws/credentials",
            Self::Config => ".aws/config",
        }
    }

    /// Whose section this is: `[name]` in credentials, `[profile name]` and
    /// `[default]` in config, where others are no profiles.
    fn profile(self, section: &Section) -> Option<&str> {
        let name = section.name.as_str();
        match (self, parts(name)) {
            (Self::Credentials, _) | (Self::Config, None) if name == "default" => Some(name),
            (Self::Credentials, _) => Some(name),
            (Self::Config, Some(("profile", name))) => Some(name),
            (Self::Config, _) => None,
        }
    }
}

/// What a section of config is about, and its name, which may be quoted.
fn parts(header: &str) -> Option<(&str, &str)> {
    let (kind, name) = header.split_once(char::is_whitespace)?;
    Some((kind, name.trim().trim_matches('"')))
}

pub(super) struct File {
    kind: Kind,
    /// None without a home.
    path: Option<PathBuf>,
    sections: Vec<Section>,
    /// Why there are no sections.
    missing: Option<&'static str>,
}

impl File {
    /// A file that is not there has no sections; one that cannot be read is an error.
    pub(super) fn open(env: Env<'_>, kind: Kind) -> Result<Self> {
        let of_windows = || cfg!(windows).then(|| env("USERPROFILE")).flatten();
        let home = env("HOME").or_else(of_windows).map(PathBuf::from);
        let given = env(kind.variable());
        let path = match (given.as_deref(), &home) {
            (Some(given), Some(home)) if given.starts_with("~/") => Some(home.join(&given[2..])),
            (Some(given), _) => Some(PathBuf::from(given)),
            (None, home) => home.as_ref().map(|home| home.join(kind.default_path())),
        };
        let mut file = Self {
            kind,
            path,
            sections: Vec::new(),
            missing: None,
        };
        let Some(path) = &file.path else {
            file.missing = Some("the variable HOME is not set");
            return Ok(file);
        };
        match read(path) {
            Ok(text) => file.sections = ini::parse(&text),
            Err(error) => match error.kind() {
                // The latter where HOME is /dev/null.
                K::NotFound | K::NotADirectory => file.missing = Some("no such file"),
                // Somebody else's home, which a daemon was left with.
                K::PermissionDenied if given.is_none() && is_out_of_sight(path) => {
                    file.missing = Some("in a folder that may not be entered");
                }
                _ => return Err(unreadable(path, &error)),
            },
        }
        Ok(file)
    }

    /// What it says of this profile. `[profile default]` goes before `[default]`.
    pub(super) fn take(&mut self, profile: &str) -> Option<Part> {
        let of = |section: &Section| self.kind.profile(section) == Some(profile);
        let named = |section: &Section| of(section) && section.name != "default";
        let at = self.sections.iter().position(named);
        let at = at.or_else(|| self.sections.iter().position(of))?;
        self.part(at)
    }

    /// The section `[services name]`, which config has.
    pub(super) fn take_services(&mut self, name: &str) -> Option<Part> {
        let of = |section: &Section| parts(&section.name) == Some(("services", name));
        let at = self.sections.iter().position(of)?;
        self.part(at)
    }

    fn part(&mut self, at: usize) -> Option<Part> {
        Some(Part {
            path: self.path.clone()?,
            section: self.sections.swap_remove(at),
        })
    }

    /// That it has nothing of this profile, and why.
    pub(super) fn without(&self, profile: &str) -> String {
        let path = match &self.path {
            Some(path) => path.display().to_string(),
            None => format!("~/{}", self.kind.default_path()),
        };
        match self.missing {
            Some(why) => format!("{path}: {why}"),
            None => format!("{path}: no profile {profile}"),
        }
    }

    pub(super) fn profiles(&self) -> impl Iterator<Item = &str> {
        let kind = self.kind;
        self.sections
            .iter()
            .filter_map(move |one| kind.profile(one))
    }
}

/// Not even its being there can be told.
fn is_out_of_sight(path: &Path) -> bool {
    fs::metadata(path).is_err_and(|error| error.kind() == K::PermissionDenied)
}

/// Such files have a few lines.
const LIMIT: u64 = 1 << 20;

/// A text, which must be UTF-8 and not longer than a megabyte.
pub(crate) fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LIMIT {
        return Err(io::Error::new(K::InvalidData, "longer than a megabyte"));
    }
    // Not with the bytes for its source: they may be a secret's.
    String::from_utf8(bytes).map_err(|_| io::Error::new(K::InvalidData, "no text in UTF-8"))
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let path = path.display();
    Error::new(
        ErrorKind::BadCredentials,
        format!("the file {path} cannot be read: {error}"),
    )
    .with_remedy(
        "mend it, or let AWS_SHARED_CREDENTIALS_FILE or AWS_CONFIG_FILE name another in its place",
    )
}
