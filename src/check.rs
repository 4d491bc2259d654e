//! `Cache::check`: proves the settings by using them, one thing after another,
//! and says of each whether it is well or what to do.

mod report;

pub use self::report::{Finding, Report, Verdict};
use crate::cache::Cache;
use crate::client::{Condition, Written};
use crate::conditions::{ConditionalWrites, Conditions};
use crate::entry::{Entry, Meta};
use crate::error::{Error, ErrorKind as K, Result};
use crate::key::{Key, Object};
use crate::lookup::{Lookup, look_for_value};
use crate::random;
use crate::time::Timeout;

/// A clock that is this much off is worth a word, in milliseconds.
const OFF: i64 = 30_000;

const AFTER: &str = "what failed comes first";

/// What is tried once the bucket has answered.
const USES: [&str; 4] = ["write", "read", "conditions", "delete"];

impl Cache {
    /// Tries out everything the cache needs, and reports on each: credentials,
    /// the server, the clock, the region, the bucket, and whether it may list,
    /// write, read, make its writes conditional, and delete. What it writes, an
    /// object of its own in the location, it deletes again.
    ///
    /// 1 LIST, 2 GET, 2 DELETE and 5 PUT, some more where an engine does not
    /// enforce conditions, each bounded by the option `deadline`. What it finds
    /// of conditions goes for the handle and its clones from then on. Never
    /// fails: what goes wrong is in the report.
    ///
    /// ```no_run
    /// # fn main() -> s3cache::Result<()> {
    /// # let cache = s3cache::Cache::open(s3cache::Options::new("bucket"))?;
    /// let report = cache.check();
    /// print!("{report}");
    /// assert!(report.is_good());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn check(&self) -> Report {
        // It asks, whatever was found before.
        self.client.forget_failures();
        let mut report = Report::default();
        if self.check_bucket(&mut report) {
            self.check_use(&mut report);
        }
        report
    }

    /// All that one LIST tells. Whether it is worth going on.
    fn check_bucket(&self, report: &mut Report) -> bool {
        let origin = match self.client.whose_keys() {
            Ok(origin) => origin,
            Err(error) => {
                report.add("credentials", Verdict::Bad(error));
                let rest = ["server", "clock", "region", "bucket", "list"];
                report.skip(&rest, "there is nothing to sign with");
                report.skip(&USES, "there is nothing to sign with");
                return false;
            }
        };
        let listed = self.client.list(&self.naming.prefix, None, None);
        // What a refusal speaks of, and what went well before it.
        let subjects = ["server", "clock", "credentials", "region", "bucket", "list"];
        let fault = listed.as_ref().err().map(subject_of);
        let reached = match fault {
            None => subjects.len(),
            Some(fault) => subjects.iter().position(|s| *s == fault).unwrap_or(0),
        };
        for (i, subject) in subjects.iter().enumerate() {
            if i < reached {
                self.report_well(report, subject, &origin);
            } else if i > reached {
                report.skip(&[subject], AFTER);
            } else if let Err(error) = &listed {
                report.add(subject, Verdict::Bad(error.clone()));
            }
        }
        // Without the right to list, all else may still work.
        let goes_on = fault.is_none_or(|fault| fault == "list");
        if !goes_on {
            report.skip(&USES, AFTER);
        }
        goes_on
    }

    fn report_well(&self, report: &mut Report, subject: &'static str, origin: &str) {
        match subject {
            "server" => report.good(subject, self.client.whereabouts()),
            "credentials" => report.good(subject, origin),
            "clock" => report.add(subject, self.check_clock()),
            "region" => {
                let (found, given) = (self.region(), self.client.given_region());
                report.good(subject, if found == given {
                    found
                } else {
                    format!("{found}, as S3 says; set the option region to it, which is {given}, to save a request")
                });
            }
            "bucket" => report.good(subject, self.client.bucket()),
            _ => report.good(subject, format!("the location {:?}", self.naming.prefix)),
        }
    }

    fn check_clock(&self) -> Verdict {
        match self.client.skew() {
            None => Verdict::Skipped("the server does not tell the time".into()),
            Some(skew) if skew.saturating_abs() < OFF => {
                Verdict::Good("that of this machine agrees with the server's".into())
            }
            Some(skew) => {
                let (seconds, way) = (
                    skew.saturating_abs() / 1000,
                    if skew > 0 { "behind" } else { "ahead of" },
                );
                let what = format!(
                    "this machine's clock is {seconds} s {way} the server's, which is the one that is used"
                );
                let remedy = "set it, by NTP say: other programs will not be so patient";
                Verdict::Bad(Error::new(K::ClockSkew, what).with_remedy(remedy))
            }
        }
    }

    fn check_use(&self, report: &mut Report) {
        let object = match random::bits() {
            Ok(bits) => self
                .naming
                .object(&Key::new(&format!("s3cache check {bits:016x}"))),
            Err(error) => {
                report.add("write", Verdict::Bad(error));
                return;
            }
        };
        let read_only = "the cache is read_only";
        if self.policy.read_only {
            report.skip(&["write"], read_only);
            self.report_read(report, &object, false);
            report.skip(&["conditions", "delete"], read_only);
            return;
        }
        let written = report.add_result("write", self.check_write(&object));
        self.report_read(report, &object, written);
        if written {
            report.add("conditions", self.check_conditions());
        } else {
            report.skip(&["conditions"], "nothing could be written");
        }
        let deleted = self.check_delete(report, &object);
        report.add_result("delete", deleted);
    }

    fn check_write(&self, object: &Object) -> Result<&'static str> {
        let expires_at = self.expires_at(Timeout::seconds(60.0));
        let meta = Meta::new(self.writer.next()?, object.key_digest, expires_at);
        let entry = Entry::new(&meta, &[], PROOF, self.policy.compression);
        match self
            .client
            .put(&object.name, entry.parts(), Condition::Always)?
        {
            Written::Stored { .. } => Ok("an entry of a few bytes"),
            Written::Unknown(error) => Err(error),
            Written::Refused | Written::Undecided => {
                let error = Error::new(K::Refused, "S3 does not make up its mind about a write");
                Err(self.client.about("PutObject", &object.name, error))
            }
        }
    }

    fn report_read(&self, report: &mut Report, object: &Object, written: bool) {
        match self.check_read(object, written) {
            Err(error) if !written && is_hidden(report, &error) => report.skip(
                &["read"],
                "without s3:ListBucket S3 denies what is not there as it does what may not be read",
            ),
            result => {
                report.add_result("read", result);
            }
        }
    }

    fn check_read(&self, object: &Object, written: bool) -> Result<&'static str> {
        let mut value = Vec::new();
        match self.look(object, &mut value)? {
            Lookup::Live { .. } if value == PROOF => Ok("what was written"),
            Lookup::Nothing if !written => Ok("nothing is there, and S3 says so"),
            _ => {
                let what = "what is read is not what was just written";
                let remedy = "look for a proxy or gateway that caches, or changes what passes";
                let error = Error::new(K::NotS3, what).with_remedy(remedy);
                Err(self.client.about("GetObject", &object.name, error))
            }
        }
    }

    fn check_conditions(&self) -> Verdict {
        if self.policy.conditional_writes == ConditionalWrites::Never {
            return Verdict::Skipped(
                "conditional_writes is never: add, incr and so on are not atomic".into(),
            );
        }
        match self.client_conditions() {
            Ok(Conditions::Enforced) => {
                Verdict::Good("enforced: add, incr and so on are atomic".into())
            }
            Ok(other) => Verdict::Bad(crate::conditions::unsupported(other)),
            Err(error) => Verdict::Bad(error),
        }
    }

    fn client_conditions(&self) -> Result<Conditions> {
        let _limit = self.client.limit();
        self.probe.conditions_now(&self.client, &self.naming)
    }

    fn check_delete(&self, report: &Report, object: &Object) -> Result<&'static str> {
        self.client.delete(&object.name)?;
        match self.look(object, &mut Vec::new()) {
            Ok(Lookup::Nothing) => Ok("it is gone"),
            Ok(_) => {
                let error = Error::new(K::NotS3, "what was deleted is still there");
                Err(self.client.about("DeleteObject", &object.name, error))
            }
            Err(error) if is_hidden(report, &error) => {
                Ok("deleted, S3 says; without s3:ListBucket it cannot be seen to be gone")
            }
            Err(error) => Err(error),
        }
    }

    /// The bound for values does not go for what is written here.
    fn look(&self, object: &Object, value: &mut Vec<u8>) -> Result<Lookup> {
        let max = self.policy.max_value_size.max(PROOF.len());
        look_for_value(&self.client, object, value, max)
    }
}

const PROOF: &[u8] = b"s3cache was here";

/// Whether what cannot be read may merely not be there: who may not list is
/// not told the difference.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>
fn is_hidden(report: &Report, error: &Error) -> bool {
    let denied = |error: &Error| error.kind() == K::AccessDenied;
    let unlisted = matches!(report.verdict("list"), Some(Verdict::Bad(error)) if denied(error));
    unlisted && denied(error)
}

/// What it is that an error of the first request speaks of.
fn subject_of(error: &Error) -> &'static str {
    match error.kind() {
        K::Unreachable
        | K::TimedOut
        | K::Tls
        | K::ConnectionLost
        | K::NotS3
        | K::ServerError
        | K::Throttled => "server",
        K::ClockSkew => "clock",
        K::BadCredentials => "credentials",
        K::WrongRegion => "region",
        K::NoSuchBucket => "bucket",
        _ => "list",
    }
}
