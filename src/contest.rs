//! The contest for one object: conditional writes, each made on the base of
//! what was read, until one of them is stored or another writer has settled
//! the matter. Bounded in tries and time.
//!
//! A write whose reply was lost is neither counted nor forgotten: every entry
//! carries its own write id and those of the writes it builds on, so the next
//! look tells. The object's `ETag` never comes back, as each write has a new
//! id; so of several writes on one base at most one can ever be stored.

use std::thread::sleep;
use std::time::Duration;

use crate::allowance;
use crate::client::{Client, Condition, Written};
use crate::conditions::Means;
use crate::entry::{Entry, Header};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Object;
use crate::lookup::Lookup;
use crate::random;
use crate::writer::would_show;

/// What a write builds on, as a look has found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Base {
    /// `None`: no such object.
    pub(crate) etag: Option<String>,
    /// The id of the entry there.
    pub(crate) head: Option<u64>,
    /// That, and those it carries. Empty where there is no entry, and where
    /// only its header was read.
    pub(crate) chain: Vec<u64>,
}

pub(crate) struct Contest<'a, T> {
    client: &'a Client,
    object: &'a Object,
    means: Means,
    tries: u32,
    /// The write of ours that was refused last. Somebody in between may have
    /// passed it on twice, and the refusal may be that of its second arrival.
    refused: Option<Tried<T>>,
    /// Writes of ours that may be stored, or be stored yet.
    pending: Vec<(Tried<T>, Error)>,
}

struct Tried<T> {
    id: u64,
    base: Base,
    answer: T,
}

const TRIES: u32 = 100;

impl<'a, T> Contest<'a, T> {
    pub(crate) fn new(client: &'a Client, object: &'a Object, means: Means) -> Self {
        Self {
            client,
            object,
            means,
            tries: 0,
            refused: None,
            pending: Vec::new(),
        }
    }

    /// Whether a write is open: then only a look at the whole entry will do.
    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Where the call cannot go on: an unknown outcome is the graver news.
    pub(crate) fn or_unknown(&mut self, error: Error) -> Error {
        self.pending.pop().map_or(error, |(_, unknown)| unknown)
    }

    /// After a look: the answer of that write of ours which is there, or which
    /// what is there builds on.
    pub(crate) fn settled(&mut self, there: &Base) -> Option<T> {
        let shows =
            |tried: &Tried<T>| there.head == Some(tried.id) || there.chain.contains(&tried.id);
        let refused = self.refused.take_if(|refused| shows(refused));
        if let Some(refused) = refused {
            return Some(refused.answer);
        }
        let at = self.pending.iter().position(|(tried, _)| shows(tried))?;
        Some(self.pending.swap_remove(at).0.answer)
    }

    /// After a look that did not settle it: forgets the writes that another
    /// one on the same base has beaten, as they would show. An error where
    /// they need not: behind a plain `set`, a deletion, or too many other
    /// writers, and where there was nothing to build on. Then ours may have
    /// been stored before, or be stored yet, or not.
    pub(crate) fn refute(&mut self, there: &Base) -> Result<()> {
        for (tried, unknown) in std::mem::take(&mut self.pending) {
            // An ETag never comes back; that there is nothing does.
            if there.etag.is_some() && tried.base.etag == there.etag {
                self.pending.push((tried, unknown));
            } else if !would_show(&tried.base.chain, &there.chain) {
                return Err(unknown);
            }
        }
        Ok(())
    }

    /// Before a call ends without a write: one of its own that may yet be
    /// stored, as its base is still there.
    pub(crate) fn still_open(&mut self, there: &Base) -> Option<Error> {
        let open = |(tried, _): &(Tried<T>, Error)| tried.base.etag == there.etag;
        let at = self.pending.iter().position(open)?;
        Some(self.pending.swap_remove(at).1)
    }

    /// Writes, on the condition that the base is still what is there. `None`:
    /// not stored, as far as is known; look again.
    pub(crate) fn write(
        &mut self,
        entry: &Entry<'_>,
        id: u64,
        base: &Base,
        answer: T,
    ) -> Result<Option<T>> {
        self.check(base)?;
        let condition = base.condition(self.means)?;
        let tried = Tried {
            id,
            base: base.clone(),
            answer,
        };
        match self.client.put(&self.object.name, entry.parts(), condition) {
            Ok(Written::Stored { .. }) => return Ok(Some(tried.answer)),
            Ok(Written::Refused) => self.refused = Some(tried),
            Ok(Written::Undecided) => {}
            Ok(Written::Unknown(unknown)) => self.pending.push((tried, unknown)),
            Err(error) => return Err(self.or_unknown(error)),
        }
        self.pause()?;
        Ok(None)
    }

    /// An `ETag` that was refused and is there again: nobody else wrote, the
    /// engine just does not find it equal. Trying again would never end.
    fn check(&self, base: &Base) -> Result<()> {
        let again = self.refused.as_ref().is_some_and(|refused| {
            base.etag.is_some() && refused.base.etag == base.etag && self.pending.is_empty()
        });
        if again {
            return Err(incomparable("refuses the very ETag that it gave"));
        }
        Ok(())
    }

    /// Pauses grow, and are spread at random, so that racing writers fall out of step.
    fn pause(&mut self) -> Result<()> {
        self.tries += 1;
        let pause = Duration::from_micros(random::bits()? % (1000 << self.tries.min(6)));
        if self.tries >= TRIES || !allowance::allows(pause) {
            let contended = Error::new(
                ErrorKind::Contended,
                format!(
                    "none of {} writes went through: other writers were first, or the engine asked to try again",
                    self.tries
                ),
            );
            let contended =
                contended.with_remedy("try again, or spread the load over several keys");
            return Err(self.or_unknown(contended));
        }
        sleep(pause);
        Ok(())
    }
}

impl Base {
    pub(crate) const ABSENT: Self = Self {
        etag: None,
        head: None,
        chain: Vec::new(),
    };

    /// What an entry on this base can carry on: where only the header was
    /// read, its id alone.
    pub(crate) fn known(&self) -> &[u64] {
        if self.chain.is_empty() {
            self.head.as_slice()
        } else {
            &self.chain
        }
    }

    /// The condition that this is still what is there.
    pub(crate) fn condition(&self, means: Means) -> Result<Condition<'_>> {
        match (&self.etag, means) {
            (_, Means::None) => Ok(Condition::Always),
            (None, _) => Ok(Condition::Absent),
            (Some(etag), _) if etag.is_empty() => Err(incomparable("gives no ETag")),
            (Some(etag), means) => Ok(Condition::Unchanged {
                etag: means.spell(etag),
            }),
        }
    }

    /// What a look has found, and the header if that is an entry. `rest`: what
    /// was read behind that, if it was.
    pub(crate) fn found(lookup: Lookup, rest: Option<&[u8]>) -> (Self, Option<Header>) {
        let (etag, header, chain) = match lookup {
            Lookup::Nothing => return (Self::ABSENT, None),
            Lookup::Corrupt { etag } => (etag, None, Vec::new()),
            Lookup::Expired { etag, header } => (etag, Some(header), Vec::new()),
            Lookup::Live { etag, header } => {
                let chain = rest.map_or_else(Vec::new, |rest| header.split(rest).0);
                (etag, Some(header), chain)
            }
        };
        let base = Self {
            etag: Some(etag),
            head: header.as_ref().map(|header| header.write_id),
            chain,
        };
        (base, header)
    }
}

fn incomparable(what: &str) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("no write can be made conditional on what is there: this engine {what}"),
    )
    .with_remedy("see whether a proxy changes the ETag; or set the option conditional_writes to Never, and go without")
}
