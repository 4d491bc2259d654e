//! The bucket's lifecycle configuration: its text in and out, as it is. What
//! the text says is no business of this room.

use super::call::{Answer, Call};
use super::fault::Failure;
use super::transport::Incoming;
use super::xml;
use super::{Client, MAX_ERROR, MAX_XML};
use crate::digest::md5_base64;
use crate::error::{Error, ErrorKind as K, Result};

const QUERY: &[(&str, &str)] = &[("lifecycle", "")];

/// From which size on objects move to a colder class. It belongs to the
/// configuration and travels as a header: a PUT without it sets AWS's default.
const MIN_SIZE: &str = "x-amz-transition-default-minimum-object-size";

/// A bucket's configuration as S3 gave it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configuration {
    pub(crate) text: Vec<u8>,
    min_size: Option<String>,
}

impl Client {
    /// `None`: the bucket has none.
    pub(crate) fn get_lifecycle(&self) -> Result<Option<Configuration>> {
        let mut call = Call::new("GetBucketLifecycleConfiguration", "GET", "", |s| {
            s.gets += 1;
        });
        call.query = QUERY;
        let mut reply = match self.send(&call)? {
            Answer::Done(reply) => reply,
            Answer::Refused(error) if error.code() == Some("NoSuchLifecycleConfiguration") => {
                return Ok(None);
            }
            Answer::Refused(error) => return Err(needs(error, "s3:GetLifecycleConfiguration")),
        };
        let text = self.read_all(&call, &mut reply, MAX_XML)?;
        match xml::root(&text).as_deref() {
            Some("LifecycleConfiguration") => {
                let min_size = reply.header(MIN_SIZE).map(str::to_owned);
                self.finish(reply);
                Ok(Some(Configuration { text, min_size }))
            }
            Some("Error") => Err(self.refused(&call, 200, &reply, &text).error),
            // rclone passes over `?lifecycle`, and would take the PUT for CreateBucket.
            Some("ListBucketResult") => {
                let what = "the engine knows no lifecycle rules: asked for them, it lists objects";
                Err(self.place(&call, Error::new(K::Unsupported, what)))
            }
            _ => Err(self.not_s3(&call, 200)),
        }
    }

    /// Replaces the whole configuration by `text`, and leaves what travels beside it as `as_in` has it.
    pub(crate) fn put_lifecycle(&self, text: &[u8], as_in: &Configuration) -> Result<()> {
        let mut call = Call::new("PutBucketLifecycleConfiguration", "PUT", "", |s| {
            s.puts += 1;
        });
        call.query = QUERY;
        call.body = [text, b""];
        call.add("content-md5", md5_base64(text));
        call.add("content-type", "application/xml");
        if let Some(size) = &as_in.min_size {
            call.add(MIN_SIZE, size);
        }
        let mut reply = self.send(&call)?.done().map_err(needs_put)?;
        // Not every engine gives such a reply a request id, but none gives it a page.
        let body = self.read_all(&call, &mut reply, MAX_ERROR)?;
        if body.is_empty() {
            self.finish(reply);
            return Ok(());
        }
        if xml::read_error(&body).is_some() {
            return Err(self.refused(&call, reply.status(), &reply, &body).error);
        }
        self.check_origin(&call, &reply)
    }

    /// Removes the whole configuration.
    pub(crate) fn delete_lifecycle(&self) -> Result<()> {
        let mut call = Call::new("DeleteBucketLifecycle", "DELETE", "", |s| s.deletes += 1);
        call.query = QUERY;
        self.send_delete(&call).map_err(needs_put)
    }

    fn read_all(&self, call: &Call<'_>, reply: &mut Incoming, limit: u64) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        let read: Result<(), Failure> = reply.read_up_to(limit, &mut body);
        read.map_err(|failure| self.lost(call, failure))?;
        Ok(body)
    }
}

/// The right to put is also the one to delete.
fn needs_put(error: Error) -> Error {
    needs(error, "s3:PutLifecycleConfiguration")
}

fn needs(error: Error, permission: &str) -> Error {
    if error.kind() != K::AccessDenied {
        return error;
    }
    error.with_remedy(format!(
        "the key needs {permission} on the bucket; Cache::lifecycle_rule_text gives the rule to those who have it"
    ))
}
