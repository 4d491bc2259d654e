//! `Found`: a value, and who gave it, for the error if it cannot be used.

use std::path::Path;

use crate::error::Error;
use crate::options::shown;
use crate::profile::{Env, Profile};

/// A value, and what gave it, in words.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) value: String,
    by: String,
}

impl Found {
    pub(super) fn option(name: &str, value: impl Into<String>) -> Self {
        let by = format!("the option {name}");
        Self {
            value: value.into(),
            by,
        }
    }

    pub(super) fn variable(env: Env<'_>, name: &str) -> Option<Self> {
        let by = format!("the variable {name}");
        env(name).map(|value| Self { value, by })
    }

    pub(super) fn in_profile(profile: Option<&Profile>, key: &str) -> Option<Self> {
        let profile = profile?;
        Some(Self::read(profile, key, profile.get(key)?))
    }

    /// The same in its section of services, for S3 alone.
    pub(super) fn in_services(profile: Option<&Profile>, key: &str) -> Option<Self> {
        let profile = profile?;
        let what = format!("{key} of s3 in the services");
        Some(Self::read(profile, &what, profile.get_of_s3(key)?))
    }

    fn read(profile: &Profile, what: &str, (value, path): (&str, &Path)) -> Self {
        let (name, path) = (&profile.name, path.display());
        Self {
            value: value.to_owned(),
            by: format!("the {what} of the profile {name} in {path}"),
        }
    }

    /// The error of an option that has this value, or gave way to it.
    pub(crate) fn blamed(&self, error: Error) -> Error {
        // The query of a URL may be a signature.
        let value = shown(&self.value).filter(|value| !value.contains('?'));
        error.given(&self.by, value)
    }
}
