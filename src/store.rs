//! A plain write: one PUT. Where its reply is lost, a look tells whether it
//! was made, as somebody may have built on it since: a second one on top would
//! undo that. Where the reply tells another time than the entry was dated by,
//! it is dated anew.

use crate::cache::Cache;
use crate::change::MISDATED;
use crate::client::{Condition, Written};
use crate::entry::{Entry, Meta};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Object;
use crate::lookup::{Depth, Horizon, Lookup, look};
use crate::time::{NEVER, Timeout};

/// A clock is learned from one reply, or does not stand still.
const MISDATED_TRIES: u32 = 2;

impl Cache {
    pub(crate) fn store(&self, object: &Object, value: &[u8], timeout: Timeout) -> Result<()> {
        self.writable("set")?;
        self.make_room(object, value.len())?;
        let stored = self.put(object, value, timeout);
        // If it failed, it may still be there.
        let is_certain = |error: &Error| error.is_void() || error.kind() == ErrorKind::Unavailable;
        if !stored.as_ref().is_err_and(is_certain) {
            self.wrote(object, value.len(), true);
        }
        stored
    }

    fn put(&self, object: &Object, value: &[u8], timeout: Timeout) -> Result<()> {
        let (mut lost, mut open) = (Vec::new(), None);
        let mut misdated = 0;
        loop {
            let skew = self.client.skew().unwrap_or(0);
            let id = self.writer.next()?;
            let meta = Meta::new(id, object.key_digest, self.expires_at(timeout));
            let entry = Entry::new(&meta, &[], value, self.policy.compression);
            let (name, parts) = (&object.name, entry.parts());
            let written = match self.client.put(name, parts, Condition::Always) {
                Ok(Written::Unknown(error)) | Err(error) => {
                    // That the last try did nothing says nothing of those before.
                    if error.is_open() || open.is_none() {
                        open = Some(error.clone());
                    }
                    // What never arrived has been sent again already.
                    let again = !error.is_void() && self.client.again(&error);
                    lost.push(id);
                    match again.then(|| self.is_there(object, &lost)) {
                        Some(Ok(true)) => return Ok(()),
                        Some(Ok(false)) => continue,
                        Some(Err(_)) | None => return Err(open.unwrap_or(error)),
                    }
                }
                Ok(written) => written,
            };
            let off = self.client.skew().unwrap_or(0).abs_diff(skew);
            let refused = matches!(written, Written::Undecided);
            let is_timeless = matches!(meta.expires_at, NEVER | 0);
            let is_dated = off <= MISDATED || is_timeless || misdated == MISDATED_TRIES;
            if !refused && is_dated {
                return Ok(());
            }
            if misdated == MISDATED_TRIES {
                let what = "S3 refuses one date after another, and tells another time each time";
                let error = Error::new(ErrorKind::ClockSkew, what);
                return Err(self.client.about("set", name, error));
            }
            misdated += 1;
        }
    }

    /// Whether what is there is one of these writes, or builds on one.
    fn is_there(&self, object: &Object, ids: &[u64]) -> Result<bool> {
        let found = look(&self.client, object, Horizon::Beginning, Depth::Header)?;
        let Lookup::Live { header, .. } = found else {
            return Ok(false);
        };
        if ids.contains(&header.write_id) || header.rest_len() == header.payload_len() {
            return Ok(ids.contains(&header.write_id));
        }
        let (base, _) = self.look_for_base(object, true, &mut Vec::new())?;
        Ok(base.known().iter().any(|id| ids.contains(id)))
    }
}
