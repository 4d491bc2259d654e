//! The error of an option: which one it is, and why it cannot be used. Whoever
//! knows how it was given, and whether its value may be shown, tells that
//! afterwards.

use std::borrow::Cow;
use std::fmt;

use super::{Error, ErrorKind};

/// Nobody has told yet how the option was given.
#[derive(Clone)]
pub(super) struct Refusal {
    option: &'static str,
    why: Cow<'static, str>,
}

/// An option that cannot be used, and why.
pub(crate) fn invalid(option: &'static str, why: impl Into<Cow<'static, str>>) -> Error {
    let why = why.into();
    let message = format!("the option {option} cannot be used: {why}");
    let mut error = Error::new(ErrorKind::InvalidOption, message);
    error.0.refusal = Some(Refusal { option, why });
    error
}

impl Error {
    /// The option, as the table calls it, until it is told how it was given.
    pub(crate) fn option(&self) -> Option<&'static str> {
        self.0.refusal.as_ref().map(|refusal| refusal.option)
    }

    /// What it was given by, in words, and its value, where that may be shown.
    pub(crate) fn given(mut self, by: impl fmt::Display, value: Option<&str>) -> Self {
        if let Some(Refusal { why, .. }) = self.0.refusal.take() {
            let message = match value {
                Some(value) => format!("{by} cannot be {value:?}: {why}"),
                None => format!("{by} cannot be used: {why}"),
            };
            self.0.message = message.into();
        }
        self
    }
}
