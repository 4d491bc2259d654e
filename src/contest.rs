//! The contest for one object: conditional writes, each made on the base of
//! what was read, until one of them is stored or another writer has settled
//! the matter. Bounded in tries and time.
//!
//! A write whose reply was lost is neither counted nor forgotten: every entry
//! carries its own write id and those of the writes it builds on, so the next
//! look tells. The object's `ETag` never comes back, as each write has a new
//! id; so of several writes on one base at most one can ever be stored.

use std::thread::sleep;
use std::time::{Duration, Instant};

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
    /// The ids of the entry there: its own, and those it carries. Empty where
    /// there is no entry, and where only its header was read.
    pub(crate) chain: Vec<u64>,
}

pub(crate) struct Contest<'a, T> {
    client: &'a Client,
    object: &'a Object,
    means: Means,
    tries: u32,
    since: Instant,
    refused: Option<String>,
    /// Writes of ours that may be stored, or be stored yet.
    pending: Vec<Pending<T>>,
}

struct Pending<T> {
    id: u64,
    base: Base,
    answer: T,
    unknown: Error,
}

const TRIES: u32 = 100;
const TIME: Duration = Duration::from_secs(30);

impl<'a, T> Contest<'a, T> {
    pub(crate) fn new(client: &'a Client, object: &'a Object, means: Means) -> Self {
        Self {
            client,
            object,
            means,
            tries: 0,
            since: Instant::now(),
            refused: None,
            pending: Vec::new(),
        }
    }

    /// Whether a write is open: then only a look at the whole entry will do.
    pub(crate) fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// After a look that failed: the unknown outcome is the graver news.
    pub(crate) fn or_unknown(&mut self, error: Error) -> Error {
        match self.pending.pop() {
            Some(pending) => pending.unknown,
            None => error,
        }
    }

    /// After a look: the answer of that write of ours which is there, or which
    /// what is there builds on.
    pub(crate) fn settled(&mut self, there: &Base) -> Option<T> {
        let ours = |p: &Pending<T>| there.chain.contains(&p.id);
        let at = self.pending.iter().position(ours)?;
        Some(self.pending.swap_remove(at).answer)
    }

    /// After a look that did not settle it: forgets the writes that another
    /// one on the same base has beaten, as they would show. An error where
    /// they need not: behind a plain `set`, a deletion, or too many other
    /// writers. Then ours may have been stored before, or not.
    pub(crate) fn refute(&mut self, there: &Base) -> Result<()> {
        for pending in std::mem::take(&mut self.pending) {
            if pending.base.etag == there.etag {
                self.pending.push(pending);
            } else if !would_show(&pending.base.chain, &there.chain) {
                return Err(pending.unknown);
            }
        }
        Ok(())
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
        let condition = match (&base.etag, self.means) {
            (_, Means::None) => Condition::Always,
            (None, _) => Condition::Absent,
            (Some(etag), means) => Condition::Unchanged {
                etag: means.spell(etag),
            },
        };
        match self
            .client
            .put(&self.object.name, entry.parts(), condition)?
        {
            Written::Stored { .. } => return Ok(Some(answer)),
            Written::Refused => self.refused.clone_from(&base.etag),
            Written::Undecided => {}
            Written::Unknown(unknown) => self.pending.push(Pending {
                id,
                base: base.clone(),
                answer,
                unknown,
            }),
        }
        self.pause()?;
        Ok(None)
    }

    /// An `ETag` that was refused and is there again: nobody else wrote, the
    /// engine just does not find it equal. Trying again would never end.
    fn check(&self, base: &Base) -> Result<()> {
        let what = match &base.etag {
            Some(etag) if etag.is_empty() => "this engine gives no ETag to compare",
            Some(etag) if self.refused.as_ref() == Some(etag) && self.pending.is_empty() => {
                "this engine refuses the very ETag that it gave"
            }
            _ => return Ok(()),
        };
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("no write can be made conditional on what is there: {what}"),
        ))
    }

    /// Pauses grow, and are spread at random, so that racing writers fall out of step.
    fn pause(&mut self) -> Result<()> {
        self.tries += 1;
        if self.tries >= TRIES || self.since.elapsed() > TIME {
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
        let longest = 1000 << self.tries.min(6);
        sleep(Duration::from_micros(random::bits()? % longest));
        Ok(())
    }
}

impl Base {
    pub(crate) const ABSENT: Self = Self {
        etag: None,
        chain: Vec::new(),
    };

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
        let etag = Some(etag);
        (Self { etag, chain }, header)
    }
}
