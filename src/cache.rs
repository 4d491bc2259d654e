//! `Cache`: the operations, each a few lines composed of the rooms below. What
//! needs a conditional write is in `atomic`.

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

use crate::Options;
use crate::census::{Census, Write};
use crate::client::Client;
use crate::conditions::Probe;
use crate::cull;
use crate::entry::{HEADER, Header};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Id, Key, Naming, Object};
use crate::lookup::{Depth, Horizon, Lookup, look, look_for_value, too_large};
use crate::settings::Policy;
use crate::stats::Stats;
use crate::sweep::delete_names;
use crate::time::{Timeout, Ttl};
use crate::writer::Writer;

/// A cache in an S3 bucket: bytes in, bytes out, blocking.
///
/// A handle belongs to one thread at a time: it is `Send` and not `Sync`. A
/// clone is a handle for another thread; it shares the connections, and counts
/// for itself.
///
/// Keys are text or bytes of any length, with a version where
/// [`Key::version`] gives one. A miss is never an error. After an error of
/// `set` or `delete` that is not S3's own refusal, such as a timeout, the write
/// may have been made or not; either way the entry is the old or the new one.
///
/// # Errors
///
/// Every operation fails as its requests fail; see
/// [`ErrorKind`](crate::ErrorKind). What a call adds to these is told beside it.
pub struct Cache {
    pub(crate) client: Client,
    pub(crate) naming: Naming,
    pub(crate) policy: Policy,
    pub(crate) probe: Probe,
    pub(crate) writer: Writer,
    pub(crate) census: RefCell<Census>,
    pub(crate) last_error: RefCell<Option<Error>>,
}

impl Cache {
    /// Opens a cache. Checks every option, and makes no request.
    ///
    /// # Errors
    ///
    /// `InvalidOption`, saying which option and what it may be.
    pub fn open(options: Options) -> Result<Self> {
        let settings = options.check()?;
        Ok(Self {
            probe: Probe::new(settings.policy.conditional_writes),
            writer: Writer::default(),
            naming: settings.naming.clone(),
            policy: settings.policy.clone(),
            census: RefCell::default(),
            last_error: RefCell::default(),
            client: Client::new(settings)?,
        })
    }

    /// The value of a key, or `None` where there is no live entry of it.
    /// Reading never deletes. 1 GET.
    ///
    /// # Errors
    ///
    /// `ValueTooLarge` where another handle wrote more than `max_value_size`
    /// allows here.
    pub fn get<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<Vec<u8>>> {
        let mut value = Vec::new();
        Ok(self.get_into(key, &mut value)?.then_some(value))
    }

    /// Like [`get`](Self::get), into a buffer that may have served before: its
    /// content is replaced. `false`: a miss, and the buffer is empty. 1 GET.
    ///
    /// # Errors
    ///
    /// As `get`; the buffer's content is then of no meaning.
    pub fn get_into<'k>(&self, key: impl Into<Key<'k>>, value: &mut Vec<u8>) -> Result<bool> {
        let object = self.naming.object(&key.into());
        let hit = self.reading(false, || self.read(&object, value))?;
        if !hit {
            value.clear();
        }
        Ok(hit)
    }

    /// The values of several keys, in the order asked. 1 GET each, one after another.
    ///
    /// # Errors
    ///
    /// As `get`, at the first key that fails.
    pub fn get_many<'k, K: Into<Key<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<Vec<Option<Vec<u8>>>> {
        keys.into_iter().map(|key| self.get(key)).collect()
    }

    /// Whether there is a live entry. Reads its header only: 1 ranged GET.
    ///
    /// # Errors
    ///
    /// Where its request fails.
    pub fn has_key<'k>(&self, key: impl Into<Key<'k>>) -> Result<bool> {
        Ok(self.ttl(key)?.is_some())
    }

    /// What is left of an entry's life, or `None` where there is no live one.
    /// Reads its header only: 1 ranged GET.
    ///
    /// # Errors
    ///
    /// Where its request fails.
    pub fn ttl<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<Ttl>> {
        let object = self.naming.object(&key.into());
        self.reading(None, || {
            let lookup = look(&self.client, &object, Horizon::NOW, Depth::Header)?;
            let live = self.counted(&lookup);
            Ok(live.and_then(|header| Ttl::until(header.expires_at, self.client.now())))
        })
    }

    /// Stores a value, in place of what is there. 1 PUT.
    ///
    /// Where there is a bound (by default 300 entries), a handle's first `set`
    /// (and the first after a walk such as `clear`) also lists (1 LIST), and so
    /// does one that would exceed the bound; that one culls if it has to (1
    /// `DeleteObjects`). See [`max_entries`](crate::Options::max_entries).
    ///
    /// # Errors
    ///
    /// `ValueTooLarge`, before anything is sent.
    pub fn set<'k>(
        &self,
        key: impl Into<Key<'k>>,
        value: impl AsRef<[u8]>,
        timeout: impl Into<Timeout>,
    ) -> Result<()> {
        let (value, object) = (value.as_ref(), self.naming.object(&key.into()));
        self.check_size("set", &object, value)?;
        let timeout = timeout.into();
        self.writing((), || self.store(&object, value, timeout))
    }

    /// Stores several pairs of key and value, one after another. 1 PUT each,
    /// and what [`set`](Self::set) says of culling.
    ///
    /// # Errors
    ///
    /// As `set`, at the first pair that fails; those before it are stored.
    pub fn set_many<'k, K: Into<Key<'k>>, V: AsRef<[u8]>>(
        &self,
        pairs: impl IntoIterator<Item = (K, V)>,
        timeout: impl Into<Timeout>,
    ) -> Result<()> {
        let timeout = timeout.into();
        pairs
            .into_iter()
            .try_for_each(|(key, value)| self.set(key, value, timeout))
    }

    /// Deletes an entry if there is one. 1 DELETE, which costs nothing on AWS;
    /// S3 does not tell whether there was one, see [`remove`](Self::remove).
    ///
    /// Where a reply is lost it is sent again, and may so take an entry that
    /// somebody has written in between: what is to be given back, such as a
    /// lock, is for `remove`, which deletes only what it has seen.
    ///
    /// # Errors
    ///
    /// Where its request fails.
    pub fn delete<'k>(&self, key: impl Into<Key<'k>>) -> Result<()> {
        let object = self.naming.object(&key.into());
        self.writing((), || {
            self.writable("delete")?;
            self.delete_object(&object)
        })
    }

    /// Deletes an entry, and tells whether a live one was there (Django's
    /// `delete`). 1 ranged GET, and 1 DELETE if there was, both repeated where
    /// another writer came between.
    ///
    /// The DELETE says `If-Match`. Engines that honour it there (AWS and
    /// SeaweedFS do) delete only what was looked at; on others two callers at
    /// once may both hear `true`, and what was written in between is gone.
    ///
    /// # Errors
    ///
    /// Where one of its requests fails.
    pub fn remove<'k>(&self, key: impl Into<Key<'k>>) -> Result<bool> {
        let object = self.naming.object(&key.into());
        self.writing(false, || self.remove_object(&object))
    }

    fn remove_object(&self, object: &Object) -> Result<bool> {
        self.writable("remove")?;
        // A deletion whose reply was lost: whatever comes of the call, it may
        // have been made, or be made yet.
        let mut lost: Option<(String, Error)> = None;
        for _ in 0..REMOVE_TRIES {
            let lookup = look(&self.client, object, Horizon::NOW, Depth::Header);
            let (etag, header) = match (lookup, &lost) {
                // It is still there: not made so far.
                (Ok(Lookup::Live { etag, header }), Some((of, _))) if etag == *of => (etag, header),
                (_, Some((_, unknown))) => return Err(unknown.clone()),
                (Ok(Lookup::Live { etag, header }), None) => (etag, header),
                (Ok(_), None) => return Ok(false),
                (Err(error), None) => return Err(error),
            };
            match (self.client.delete_unchanged(&object.name, &etag), &lost) {
                (Ok(true), _) => {
                    let size = HEADER as u64 + header.rest_len();
                    self.census.borrow_mut().deleted(&object.id, Some(size));
                    return Ok(true);
                }
                (Ok(false), _) => {}
                // As of a write: S3 could not decide, and asks to be asked again.
                (Err(error), _) if error.is_undecided() => {}
                (Err(unknown), _) if unknown.kind() == ErrorKind::OutcomeUnknown => {
                    lost = Some((etag, unknown));
                }
                (Err(_), Some((_, unknown))) => return Err(unknown.clone()),
                (Err(error), None) => return Err(error),
            }
        }
        // Written again and again: what is there by now has no claim to stay.
        self.delete_object(object)?;
        Ok(true)
    }

    /// Deletes the entries of several keys, where there are any. 1
    /// `DeleteObjects` per 1000 keys.
    ///
    /// # Errors
    ///
    /// Where a request fails, or S3 did not delete an object; others may be gone by then.
    pub fn delete_many<'k, K: Into<Key<'k>>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<()> {
        let objects = keys.into_iter().map(|key| self.naming.object(&key.into()));
        let (ids, names): (Vec<_>, Vec<_>) = objects.map(|object| (object.id, object.name)).unzip();
        self.writing((), || self.delete_named(&ids, &names))
    }

    fn delete_named(&self, ids: &[Id], names: &[String]) -> Result<()> {
        self.writable("delete_many")?;
        let failed = delete_names(&self.client, names)?;
        let mut census = self.census.borrow_mut();
        for (id, name) in ids.iter().zip(names) {
            if !failed.iter().any(|failure| failure.name == *name) {
                census.deleted(id, None);
            }
        }
        match failed.first() {
            None => Ok(()),
            Some(failure) => Err(self.client.not_deleted(failure)),
        }
    }

    /// The bucket's region as far as it is known: the one that was given, or,
    /// where S3 has said that the bucket is in another, that one. No request.
    #[must_use]
    pub fn region(&self) -> String {
        self.client.region()
    }

    /// What this handle has counted since it was opened or cloned. No request.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.client.stats()
    }

    /// The option of this name, changed for this handle and its clones to come;
    /// the next write counts anew.
    pub fn set_max_entries(&mut self, entries: i64) {
        self.policy.max_entries = entries;
        self.census.get_mut().forget();
    }

    /// The option of this name, changed for this handle and its clones to come.
    pub fn set_cull_frequency(&mut self, frequency: u32) {
        self.policy.cull_frequency = frequency;
    }

    /// The option of this name, changed for this handle and its clones to come.
    /// See [`with_deadline`](Self::with_deadline) for one call.
    pub fn set_deadline(&mut self, limit: Duration) {
        *self.client.deadline() = limit;
    }

    /// Sets all counters to zero, and forgets the last error.
    pub fn reset_stats(&self) {
        self.client.count(|stats| *stats = Stats::default());
        self.last_error.take();
    }

    pub(crate) fn check_size(
        &self,
        call: &'static str,
        object: &Object,
        value: &[u8],
    ) -> Result<()> {
        let (len, max) = (value.len(), self.policy.max_value_size);
        let max_bytes = self.policy.max_bytes;
        let error = if len > max {
            too_large(len as u64, max)
        } else if max_bytes > 0 && size_of_entry(len) > max_bytes {
            let what = format!(
                "a value of {len} bytes alone is more than the {max_bytes} bytes of the option max_bytes"
            );
            Error::new(ErrorKind::ValueTooLarge, what)
        } else {
            return Ok(());
        };
        Err(self.client.about(call, &object.name, error))
    }

    /// Before a write of a new value of so many bytes.
    pub(crate) fn make_room(&self, object: &Object, len: usize) -> Result<()> {
        let write = Write {
            id: &object.id,
            size: size_of_entry(len),
        };
        let mut census = self.census.borrow_mut();
        let census = &mut *census;
        cull::make_room(&self.client, &self.naming, &self.policy, census, write)
    }

    /// `new`: for all that is known there was no such object before.
    pub(crate) fn wrote(&self, object: &Object, len: usize, new: bool) {
        let size = size_of_entry(len);
        self.census.borrow_mut().wrote(object.id, size, new);
    }

    pub(crate) fn expires_at(&self, timeout: Timeout) -> i64 {
        timeout.expires_at(self.client.now(), self.policy.default_timeout)
    }

    fn read(&self, object: &Object, value: &mut Vec<u8>) -> Result<bool> {
        let lookup = look_for_value(&self.client, object, value, self.policy.max_value_size)
            .map_err(|error| self.client.about("get", &object.name, error))?;
        Ok(self.counted(&lookup).is_some())
    }

    fn delete_object(&self, object: &Object) -> Result<()> {
        self.client.delete(&object.name)?;
        self.census.borrow_mut().deleted(&object.id, None);
        Ok(())
    }

    /// The header of a live entry; either way the statistics hear of it.
    fn counted<'l>(&self, lookup: &'l Lookup) -> Option<&'l Header> {
        self.client.count(|stats| match lookup {
            Lookup::Live { .. } => stats.hits += 1,
            Lookup::Nothing => stats.misses += 1,
            Lookup::Expired { .. } => {
                stats.misses += 1;
                stats.expired += 1;
            }
            Lookup::Corrupt { .. } => {
                stats.misses += 1;
                stats.corrupt += 1;
            }
        });
        match lookup {
            Lookup::Live { header, .. } => Some(header),
            _ => None,
        }
    }
}

const REMOVE_TRIES: u32 = 10;

/// Near enough: a deflated value is shorter, a history adds a little.
fn size_of_entry(len: usize) -> u64 {
    (HEADER + len) as u64
}

/// A handle for another thread, on the same connections. It begins with what
/// this one knows of how many entries there are, and its statistics at zero.
impl Clone for Cache {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            naming: self.naming.clone(),
            policy: self.policy.clone(),
            probe: self.probe.clone(),
            writer: Writer::default(),
            census: self.census.clone(),
            last_error: RefCell::default(),
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("client", &self.client)
            .field("naming", &self.naming)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
