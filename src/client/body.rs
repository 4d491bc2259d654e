//! An object being read: its tag and size first, then its bytes in the order
//! they come.

use super::Client;
use super::call::Call;
use super::transport::Incoming;
use crate::error::Result;

/// What to read of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    Whole,
    /// The first so many bytes.
    Head(usize),
}

/// An object being read. Dropped before `finish`, its connection closes, and
/// whether S3 is well is for whoever read it to say.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    client: &'a Client,
    call: Call<'a>,
    reply: Incoming,
    size: Option<u64>,
}

impl<'a> Body<'a> {
    pub(super) fn new(
        client: &'a Client,
        call: Call<'a>,
        reply: Incoming,
        size: Option<u64>,
    ) -> Self {
        Self {
            client,
            call,
            reply,
            size,
        }
    }

    /// Opaque; empty where the server sent none.
    pub(crate) fn etag(&self) -> &str {
        self.reply.header("etag").unwrap_or_default()
    }

    /// Bytes of the whole object, also where a part was asked for, if told.
    pub(crate) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Fills `first` as far as the object goes.
    pub(crate) fn read_head(&mut self, first: &mut [u8]) -> Result<usize> {
        let read = self.reply.read_some(first);
        let read = read.map_err(|failure| self.client.lost(&self.call, failure))?;
        self.client.count(|stats| stats.bytes_in += read as u64);
        Ok(read)
    }

    /// Replaces `rest` by what follows, up to one byte more than `limit`.
    pub(crate) fn read_rest(&mut self, limit: u64, rest: &mut Vec<u8>) -> Result<()> {
        rest.clear();
        let read = self.reply.read_up_to(limit, rest);
        self.client
            .count(|stats| stats.bytes_in += rest.len() as u64);
        read.map_err(|failure| self.client.lost(&self.call, failure))
    }

    /// What is left is not wanted.
    pub(crate) fn finish(self) {
        self.client.hear(Ok(()));
        self.client.finish(self.reply);
    }
}

/// The size of the whole object: a range's total, or the length of a whole body.
pub(super) fn size(reply: &Incoming) -> Option<u64> {
    match reply.header("content-range") {
        Some(range) => range.rsplit_once('/')?.1.parse().ok(),
        None => reply.header("content-length")?.parse().ok(),
    }
}
