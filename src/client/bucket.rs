//! Making the bucket.

use super::{Answer, Call, Client};
use crate::error::{ErrorKind, Result};

impl Client {
    /// Makes the bucket where it is said to be; one that is there and usable
    /// is as good. 1 PUT, and 1 LIST where an engine does not tell whose it is.
    pub(crate) fn create_bucket(&self) -> Result<()> {
        let body = location_constraint(&self.region());
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
        let error = match self.send(&call)? {
            Answer::Done(reply) => {
                reply.finish();
                return Ok(());
            }
            Answer::Refused(error) => error,
        };
        match error.code() {
            Some("BucketAlreadyOwnedByYou") => Ok(()),
            // Of another account, on AWS. Others say so of one's own.
            Some("BucketAlreadyExists") if self.list("", None, None).is_ok() => Ok(()),
            Some("BucketAlreadyExists") => {
                Err(error
                    .with_remedy("a bucket's name is unique among all accounts: choose another"))
            }
            _ if error.kind() == ErrorKind::AccessDenied => {
                Err(error.with_remedy("the key needs s3:CreateBucket"))
            }
            _ => Err(error),
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
