//! Making the bucket.

use super::Client;
use super::call::{Answer, Call};
use super::heal::Healed;
use super::send::is_page;
use crate::error::{ErrorKind, Result};

impl Client {
    /// Makes the bucket where it is said to be; one's own that is there is as
    /// good. 1 PUT, and 1 LIST where an engine does not tell whose it is.
    pub(crate) fn create_bucket(&self) -> Result<()> {
        let region = self.region();
        match self.create_in(&region) {
            // Another is known by now, and the body still named the first.
            Err(_) if self.region() != region => self.create_in(&self.region()),
            other => other,
        }
    }

    fn create_in(&self, region: &str) -> Result<()> {
        let body = location_constraint(region);
        let mut call = Call::new("CreateBucket", "PUT", "", |s| s.puts += 1);
        call.body = [body.as_bytes(), b""];
        if !body.is_empty() {
            call.add("content-type", "application/xml");
        }
        if let Some(acl) = &self.creation.acl {
            call.add("x-amz-acl", acl);
            // Buckets are made without ACLs unless this is said:
            // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
            call.add("x-amz-object-ownership", "ObjectWriter");
        }
        let error = match self.send_with(&call, Healed::with_bucket())? {
            // s3s sends 200 without any mark.
            Answer::Done(reply) if is_page(&reply) => {
                return Err(self.not_s3(&call, reply.status()));
            }
            Answer::Done(reply) => {
                self.finish(reply);
                return Ok(());
            }
            Answer::Refused(error) => error,
        };
        match error.code() {
            Some("BucketAlreadyOwnedByYou") => Ok(()),
            // On AWS it is another account's, even if anybody may list it.
            // Other engines say so of one's own.
            Some("BucketAlreadyExists") if !self.endpoint().is_aws() && self.is_usable() => Ok(()),
            Some("OperationAborted") if self.is_usable() => Ok(()),
            Some("BucketAlreadyExists") => Err(error.with_remedy(
                "a bucket's name is unique among all accounts, and this one is not to be used with these keys: choose another",
            )),
            Some("OperationAborted") => Err(error.with_remedy(
                "it is being made or deleted at this moment: try again",
            )),
            Some("InvalidBucketAclWithBlockPublicAccessError") => Err(error.with_remedy(
                "on AWS no bucket is public from the beginning: set bucket_acl to private",
            )),
            _ if error.kind() == ErrorKind::AccessDenied => {
                Err(error.with_remedy("the key needs s3:CreateBucket"))
            }
            _ => Err(error),
        }
    }

    /// Whether the bucket can be listed.
    fn is_usable(&self) -> bool {
        let mut call = Call::new("ListObjectsV2", "GET", "", |s| s.lists += 1);
        call.query = &[("list-type", "2"), ("max-keys", "1")];
        match self.send_with(&call, Healed::with_bucket()) {
            Ok(Answer::Done(reply)) => {
                let usable = !is_page(&reply);
                self.finish(reply);
                usable
            }
            _ => false,
        }
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>:
/// us-east-1 is where a bucket is made if nothing is said, and must not be said.
fn location_constraint(region: &str) -> String {
    if region == "us-east-1" {
        return String::new();
    }
    format!(
        "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    )
}
