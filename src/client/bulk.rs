//! Many objects at once: a page of a listing, a page of deletions.

use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::Duration;

use super::Client;
use super::call::Call;
use super::xml::{self, Page, Undeleted};
use crate::allowance;
use crate::digest::md5_base64;
use crate::error::{Error, ErrorKind, Result};
use crate::journal;

/// What a `DeleteObjects` that was carried out for others says of an object
/// may pass: those are tried again so often.
const AGAIN: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

impl Client {
    /// The page of `prefix` that follows the name `after` or the last page's
    /// `token`, without what lies in further folders.
    pub(crate) fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        token: Option<&str>,
    ) -> Result<Page> {
        let query = [
            token.map(|token| ("continuation-token", token)),
            Some(("delimiter", "/")),
            Some(("list-type", "2")),
            Some(("max-keys", "1000")),
            Some(("prefix", prefix)),
            after.map(|after| ("start-after", after)),
        ];
        let query: Vec<_> = query.into_iter().flatten().collect();
        let mut call = Call::new("ListObjectsV2", "GET", "", |s| s.lists += 1);
        call.query = &query;
        let page = self.ask(&call, xml::read_page)?;
        if page.truncated && page.next.is_none() {
            return Err(self.endless_listing());
        }
        Ok(page)
    }

    /// Deletes up to `PAGE` objects; returns those that S3 did not delete. An
    /// engine without `DeleteObjects` is asked for one after another.
    pub(crate) fn delete_once(&self, names: &[String]) -> Result<Vec<Undeleted>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        if self.learned.one_by_one.load(Ordering::Relaxed) {
            return self.delete_each(names);
        }
        match self.delete_objects(names) {
            Err(error) if is_unknown_here(&error) => {
                let failed = self.delete_each(names)?;
                journal::warn(format_args!(
                    "this engine does not know DeleteObjects: one DELETE each from here on"
                ));
                self.learned.one_by_one.store(true, Ordering::Relaxed);
                Ok(failed)
            }
            other => other,
        }
    }

    /// The same, and again for what fails for a moment.
    pub(crate) fn delete_many(&self, names: &[String]) -> Result<Vec<Undeleted>> {
        let mut failed = self.delete_once(names)?;
        for round in 0..AGAIN {
            // Only what was asked for, whatever name the reply gives.
            let passing = |failure: &Undeleted| may_pass(failure) && names.contains(&failure.name);
            let (again, mut rest): (Vec<_>, Vec<_>) = failed.into_iter().partition(passing);
            if again.is_empty() {
                return Ok(rest);
            }
            let pause = PAUSE * 2_u32.pow(round);
            if !allowance::allows(pause) {
                rest.extend(again);
                return Ok(rest);
            }
            sleep(pause);
            let names: Vec<String> = again.into_iter().map(|failure| failure.name).collect();
            rest.extend(self.delete_once(&names)?);
            failed = rest;
        }
        Ok(failed)
    }

    fn delete_objects(&self, names: &[String]) -> Result<Vec<Undeleted>> {
        let body = xml::write_delete(names.iter().map(String::as_str));
        let mut call = Call::new("DeleteObjects", "POST", "", |s| s.multi_deletes += 1);
        call.query = &[("delete", "")];
        call.body = [body.as_bytes(), b""];
        call.add("content-md5", md5_base64(body.as_bytes()));
        call.add("content-type", "application/xml");
        self.ask(&call, xml::read_delete_result)
    }

    fn delete_each(&self, names: &[String]) -> Result<Vec<Undeleted>> {
        names.iter().try_for_each(|name| self.delete(name))?;
        Ok(Vec::new())
    }

    /// One object of a `DeleteObjects` that was carried out for others.
    pub(crate) fn not_deleted(&self, failure: &Undeleted) -> Error {
        Error::from_s3(200, &failure.code, &failure.message).at(
            "DeleteObjects",
            &self.bucket,
            &failure.name,
        )
    }

    /// A listing that claims to go on, and does not.
    pub(crate) fn endless_listing(&self) -> Error {
        let what = "the listing says that it goes on, but not where: its continuation token is missing or leads nowhere";
        Error::new(ErrorKind::NotS3, what).at("ListObjectsV2", &self.bucket, "")
    }
}

/// GCS did not know `DeleteObjects` for long; what such engines say differs.
fn is_unknown_here(error: &Error) -> bool {
    let codes = [
        "InvalidArgument",
        "InvalidRequest",
        "MalformedXML",
        "NotImplemented",
    ];
    match error.status() {
        Some(405 | 501) => true,
        Some(400) => error.code().is_some_and(|code| codes.contains(&code)),
        _ => false,
    }
}

/// Of the codes in S3's list of errors, those of a moment.
fn may_pass(failure: &Undeleted) -> bool {
    matches!(
        &*failure.code,
        "InternalError" | "SlowDown" | "ServiceUnavailable" | "RequestTimeout" | "OperationAborted"
    )
}
