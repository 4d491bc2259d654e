//! `Report`: what was found of the settings, a line for each thing.

use std::fmt;

use crate::error::{Error, Result};

/// What [`Cache::check`](crate::Cache::check) has found. Displayed, a line for each finding.
#[derive(Clone, Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

/// One thing that was checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Finding {
    /// What was checked: `server`, `clock`, `credentials`, `region`, `bucket`,
    /// `list`, `write`, `read`, `conditions` or `delete`.
    pub subject: &'static str,
    /// How it stands.
    pub verdict: Verdict,
}

/// How a thing stands that was checked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Verdict {
    /// It works; what was seen.
    Good(String),
    /// It does not work; what went wrong, and the remedy.
    Bad(Error),
    /// It could not be, or was not to be, tried; why.
    Skipped(String),
}

impl Report {
    /// Whether nothing is bad.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self
            .findings
            .iter()
            .any(|f| matches!(f.verdict, Verdict::Bad(_)))
    }

    /// All findings, in the order they were made.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How one of them stands.
    #[must_use]
    pub fn verdict(&self, subject: &str) -> Option<&Verdict> {
        let found = self.findings.iter().find(|f| f.subject == subject)?;
        Some(&found.verdict)
    }

    pub(super) fn add(&mut self, subject: &'static str, verdict: Verdict) {
        self.findings.push(Finding { subject, verdict });
    }

    pub(super) fn good(&mut self, subject: &'static str, seen: impl Into<String>) {
        self.add(subject, Verdict::Good(seen.into()));
    }

    pub(super) fn skip(&mut self, subjects: &[&'static str], why: &str) {
        for subject in subjects {
            self.add(subject, Verdict::Skipped(why.to_owned()));
        }
    }

    /// Whether it went well.
    pub(super) fn add_result(
        &mut self,
        subject: &'static str,
        result: Result<&'static str>,
    ) -> bool {
        let well = result.is_ok();
        match result {
            Ok(seen) => self.good(subject, seen),
            Err(error) => self.add(subject, Verdict::Bad(error)),
        }
        well
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { subject, verdict } in &self.findings {
            match verdict {
                Verdict::Good(seen) => writeln!(f, "{subject:<12} ok         {seen}")?,
                Verdict::Bad(error) => writeln!(f, "{subject:<12} FAILED     {error:#}")?,
                Verdict::Skipped(why) => writeln!(f, "{subject:<12} not tried  {why}")?,
            }
        }
        Ok(())
    }
}
