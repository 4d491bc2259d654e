//! A rule by which the bucket itself deletes a cache's entries by age: set,
//! read, taken out. The text work is in `text`; no other rule is ever touched.

pub(crate) mod text;

use self::text::{Problem, Rest};
use crate::cache::Cache;
use crate::error::{Error, ErrorKind, Result};

impl Cache {
    /// Lets S3 delete the entries that were written so many days ago or more:
    /// puts one rule for exactly this location into the bucket's lifecycle
    /// configuration, or replaces it. 1 GET and 1 PUT.
    ///
    /// The rule expires what lies below the location. In a bucket with
    /// versioning it also deletes the old versions a day after they became old,
    /// and anywhere the parts of uploads that are not finished within a day.
    /// Every other rule stays as it was, byte for byte. S3 carries rules out
    /// about once a day, and such deletions are no requests that cost:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lifecycle-mgmt.html>.
    ///
    /// - It goes by age alone: entries that never expire are deleted too, and
    ///   so is all else below the location, another cache's entries included.
    /// - S3 has one configuration for the bucket and no condition on its PUT:
    ///   what another administrator changes between the GET and the PUT is lost.
    ///
    /// The key needs `s3:GetLifecycleConfiguration` and
    /// `s3:PutLifecycleConfiguration` on the bucket. Without them, give
    /// [`lifecycle_rule_text`](Self::lifecycle_rule_text) to whoever has them.
    ///
    /// # Errors
    ///
    /// `InvalidOption` for 0 days, and where the location is empty: see
    /// [`set_lifecycle_for_whole_bucket`](Self::set_lifecycle_for_whole_bucket).
    /// `Unsupported` where the engine knows no lifecycle rules, or what it
    /// answers is not a configuration in which one rule can be exchanged with
    /// certainty; nothing was changed then. `Refused` where the bucket has 1000
    /// rules already.
    pub fn set_lifecycle(&self, days: u32) -> Result<()> {
        const CALL: &str = "set_lifecycle";
        if self.naming.prefix.is_empty() {
            let what = "the option location is empty, so the rule would delete by age whatever is in the bucket, whoever wrote it";
            let remedy = "open the cache with a location of its own, or, if nothing else will ever be in this bucket, call set_lifecycle_for_whole_bucket";
            let error = Error::new(ErrorKind::InvalidOption, what).with_remedy(remedy);
            return Err(self.client.about(CALL, "", error));
        }
        self.put_rule(CALL, days)
    }

    /// As [`set_lifecycle`](Self::set_lifecycle), for a cache whose location is
    /// empty: S3 will delete by age everything in the bucket, whoever wrote it.
    /// 1 GET and 1 PUT.
    ///
    /// # Errors
    ///
    /// As `set_lifecycle`; `InvalidOption` where there is a location, which a
    /// rule for the whole bucket would reach far beyond.
    pub fn set_lifecycle_for_whole_bucket(&self, days: u32) -> Result<()> {
        const CALL: &str = "set_lifecycle_for_whole_bucket";
        if !self.naming.prefix.is_empty() {
            let what = "the cache has a location, and a rule for the whole bucket would delete by age what lies outside it";
            let error = Error::new(ErrorKind::InvalidOption, what)
                .with_remedy("call set_lifecycle, which keeps to the location");
            return Err(self.client.about(CALL, "", error));
        }
        self.put_rule(CALL, days)
    }

    /// After how many days S3 deletes this location's entries, by the rule that
    /// [`set_lifecycle`](Self::set_lifecycle) puts. `None` where it is missing,
    /// or someone has disabled it or changed its prefix. 1 GET.
    ///
    /// # Errors
    ///
    /// `Unsupported`, as in `set_lifecycle`.
    pub fn lifecycle(&self) -> Result<Option<u32>> {
        let Some(found) = self.client.get_lifecycle()? else {
            return Ok(None);
        };
        text::days(&found.text, &self.naming.prefix).map_err(|problem| {
            let id = text::id(&self.naming.prefix);
            let remedy = format!("look by hand for the rule with the ID {id:?}");
            self.left_alone("lifecycle", problem, remedy)
        })
    }

    /// Takes the rule of [`set_lifecycle`](Self::set_lifecycle) out again, and
    /// tells whether it was there. 1 GET, and if it was, 1 PUT, or 1 DELETE
    /// where it was the only one. Not atomic, as `set_lifecycle` says.
    ///
    /// # Errors
    ///
    /// `Unsupported`, as in `set_lifecycle`.
    pub fn remove_lifecycle(&self) -> Result<bool> {
        self.writable("remove_lifecycle")?;
        let Some(found) = self.client.get_lifecycle()? else {
            return Ok(false);
        };
        let rest = text::without_rule(&found.text, &self.naming.prefix);
        match rest.map_err(|problem| {
            let id = text::id(&self.naming.prefix);
            let remedy = format!("take out by hand the rule with the ID {id:?}");
            self.left_alone("remove_lifecycle", problem, remedy)
        })? {
            Rest::Same => return Ok(false),
            // An empty configuration is refused.
            Rest::NoRules => self.client.delete_lifecycle()?,
            Rest::Text(text) => self.client.put_lifecycle(&text, &found)?,
        }
        Ok(true)
    }

    /// What [`set_lifecycle`](Self::set_lifecycle) puts, as a configuration of
    /// its own, for those who have to ask someone else to set it. For a bucket
    /// with other rules, the `Rule` element is to be added to those: putting
    /// the whole replaces them. Where the location is empty, the rule is for
    /// the whole bucket. No request.
    ///
    /// # Errors
    ///
    /// `InvalidOption` for 0 days.
    pub fn lifecycle_rule_text(&self, days: u32) -> Result<String> {
        self.check_days("lifecycle_rule_text", days)?;
        Ok(text::document(&self.naming.prefix, days))
    }

    fn put_rule(&self, call: &'static str, days: u32) -> Result<()> {
        self.check_days(call, days)?;
        self.writable(call)?;
        let prefix = &self.naming.prefix;
        let found = self.client.get_lifecycle()?.unwrap_or_default();
        let text = match &*found.text {
            b"" => Ok(text::document(prefix, days).into_bytes()),
            text => text::with_rule(text, prefix, days),
        };
        let text = text.map_err(|problem| {
            let remedy = match problem {
                Problem::Full => "remove one that is no longer needed".into(),
                _ => format!("add the rule by hand: lifecycle_rule_text({days}) gives its text"),
            };
            self.left_alone(call, problem, remedy)
        })?;
        self.client.put_lifecycle(&text, &found)
    }

    fn check_days(&self, call: &'static str, days: u32) -> Result<()> {
        if days > 0 {
            return Ok(());
        }
        let error = Error::new(
            ErrorKind::InvalidOption,
            "a lifecycle rule cannot delete after 0 days",
        )
        .with_remedy("S3's minimum is 1 day; clear deletes at once");
        Err(self.client.about(call, "", error))
    }

    /// Nothing was changed, and why.
    fn left_alone(&self, call: &'static str, problem: Problem, remedy: String) -> Error {
        let id = text::id(&self.naming.prefix);
        let (kind, what) = match problem {
            Problem::Unclear => (
                ErrorKind::Unsupported,
                "the bucket's lifecycle configuration is not one in which one rule can be told from the others with certainty; nothing was changed".to_owned(),
            ),
            Problem::Twice => (
                ErrorKind::Unsupported,
                format!("the bucket has more than one lifecycle rule with the ID {id:?}; nothing was changed"),
            ),
            Problem::Full => (
                ErrorKind::Refused,
                "the bucket has 1000 lifecycle rules already, and S3 allows no more; nothing was changed".to_owned(),
            ),
        };
        let error = Error::new(kind, what).with_remedy(remedy);
        self.client.about(call, "", error)
    }
}
