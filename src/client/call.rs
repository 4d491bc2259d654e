//! A call on its way to S3, and what came back: below it, every operation
//! looks alike.

use std::borrow::Cow;

use super::outgoing::Header;
use super::transport::Incoming;
use crate::error::{Error, Result};
use crate::stats::Stats;

#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: &'static str,
    pub(super) method: &'static str,
    pub(super) name: &'a str,
    /// Every time it is sent.
    pub(super) counts: fn(&mut Stats),
    pub(super) query: &'a [(&'static str, &'a str)],
    pub(super) headers: Vec<Header<'a>>,
    pub(super) body: [&'a [u8]; 2],
    pub(super) conditional: bool,
}

/// What S3 made of a request.
pub(super) enum Answer {
    Done(Incoming),
    Refused(Error),
}

impl<'a> Call<'a> {
    pub(super) fn new(
        operation: &'static str,
        method: &'static str,
        name: &'a str,
        counts: fn(&mut Stats),
    ) -> Self {
        Self {
            operation,
            method,
            name,
            counts,
            query: &[],
            headers: Vec::new(),
            body: [b"", b""],
            conditional: false,
        }
    }

    pub(super) fn add(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.headers.push((name.into(), value.into()));
    }

    pub(super) fn add_all(&mut self, headers: &'a [(String, String)]) {
        let borrowed = headers
            .iter()
            .map(|(n, v)| (n.as_str().into(), v.as_str().into()));
        self.headers.extend(borrowed);
    }

    /// Whether a second arrival does no harm. It does to a write: a
    /// conditional one would meet its own first, and another would be taken
    /// for that by those who have written in between.
    pub(super) fn is_repeatable(&self) -> bool {
        self.operation != "PutObject" && !self.conditional
    }
}

impl Answer {
    /// A refusal is an error.
    pub(super) fn done(self) -> Result<Incoming> {
        match self {
            Self::Done(reply) => Ok(reply),
            Self::Refused(error) => Err(error),
        }
    }
}
