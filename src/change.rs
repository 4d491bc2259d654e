//! Read, change, write if nobody else wrote meanwhile: the loop that every
//! atomic operation runs on. What of lost races and lost replies is for
//! `contest` to say.

use std::borrow::Cow;

use crate::cache::Cache;
use crate::conditions::Means;
use crate::contest::{Base, Contest};
use crate::entry::{Corrupt, Entry, Header, Meta};
use crate::error::Result;
use crate::journal;
use crate::key::Object;
use crate::lookup::{Depth, Horizon, look, too_large};
use crate::time::NEVER;
use crate::writer;

/// So many milliseconds is a reply's `Date` vague by.
pub(crate) const MISDATED: u64 = 1000;

/// On what terms a call contends.
#[derive(Debug)]
pub(crate) struct Terms {
    /// Its name, for errors.
    pub(crate) call: &'static str,
    /// What to take for granted at first, so that the first write need not wait for a look.
    pub(crate) start: Option<Base>,
    /// Whether the change needs the payload; if not, the header will do.
    pub(crate) payload: bool,
    /// Whether the change must not be made twice.
    pub(crate) strict: bool,
}

/// What a look has found, for a change to be made of it.
#[derive(Debug)]
pub(crate) struct There<'a> {
    pub(crate) base: &'a Base,
    /// The header of a live entry.
    pub(crate) live: Option<&'a Header>,
    /// Its payload, where the terms ask for it.
    payload: &'a [u8],
}

/// What to write in place of what is there.
#[derive(Debug)]
pub(crate) struct Change<'v, T> {
    pub(crate) expires_at: i64,
    pub(crate) lease_until: i64,
    pub(crate) cost_ms: u32,
    /// `None`: the payload that is there, as it is.
    pub(crate) value: Option<Cow<'v, [u8]>>,
    /// What the call answers once this is stored.
    pub(crate) answer: T,
}

impl Cache {
    /// Looks at what is there, and writes what `change` makes of it if nobody
    /// else wrote meanwhile; else again. The answer that came with the change,
    /// or `None` where there was none to make.
    pub(crate) fn contend<'v, T>(
        &self,
        object: &Object,
        terms: Terms,
        change: impl FnMut(There<'_>) -> Result<Option<Change<'v, T>>>,
    ) -> Result<Option<T>> {
        let call = terms.call;
        self.writable(call)?;
        self.rounds(object, terms, change)
            .map_err(|error| self.client.about(call, &object.name, error))
    }

    fn rounds<'v, T>(
        &self,
        object: &Object,
        terms: Terms,
        mut change: impl FnMut(There<'_>) -> Result<Option<Change<'v, T>>>,
    ) -> Result<Option<T>> {
        let means = self.probe.means(&self.client, &self.naming)?;
        let mut contest = Contest::new(&self.client, object, means);
        let mut rest = Vec::new();
        // Without conditions, reading first is all that can be done.
        let mut start = terms.start.filter(|_| means != Means::None);
        loop {
            let look = match start.take() {
                Some(base) => (base, None),
                None => self
                    .look_for_base(object, terms.payload || contest.is_pending(), &mut rest)
                    .map_err(|error| contest.or_unknown(error))?,
            };
            let base = &look.0;
            if let Some(answer) = contest.settled(base) {
                self.wrote(object, rest.len(), false);
                return Ok(Some(answer));
            }
            if terms.strict {
                contest.refute(base)?;
            }
            let there = There::new(&look, &rest, self.client.now());
            let (live, payload) = (there.live, there.payload);
            let skew = self.client.skew().unwrap_or(0);
            let change = change(there).map_err(|error| contest.or_unknown(error))?;
            let Some(mut change) = change else {
                return contest.still_open(base).map_or(Ok(None), Err);
            };
            // What is kept of the entry that is there needs no other date.
            let keeps = live.is_some_and(|live| live.expires_at == change.expires_at);
            let len = change.value.as_ref().map_or(payload.len(), |v| v.len());
            if base.etag.is_none() {
                self.make_room(object, len)
                    .map_err(|error| contest.or_unknown(error))?;
                // A listing tells the time.
                let off = self.client.skew().unwrap_or(0).saturating_sub(skew);
                change.expires_at = moved(change.expires_at, off);
            }
            let meta = Meta {
                lease_until: change.lease_until,
                cost_ms: change.cost_ms,
                ..Meta::new(self.writer.next()?, object.key_digest, change.expires_at)
            };
            let history = writer::history(base.known(), meta.write_id);
            let entry = match (&change.value, live) {
                (Some(value), _) => Entry::new(&meta, &history, value, self.policy.compression),
                (None, header) => {
                    let deflated = header.is_some_and(|header| header.deflated);
                    Entry::again(&meta, &history, deflated, payload)
                }
            };
            let skew = self.client.skew().unwrap_or(0);
            if let Some(answer) = contest.write(&entry, meta.write_id, base, change.answer)? {
                self.wrote(object, len, base.etag.is_none());
                let off = self.client.skew().unwrap_or(0).saturating_sub(skew);
                if off.unsigned_abs() > MISDATED && !keeps {
                    let dated = self.date_again(object, meta.write_id, off, means);
                    // The change is made, whatever becomes of its date.
                    if let Err(error) = dated {
                        journal::warn(format_args!(
                            "an entry's expiry stays {off} ms off, by a wrong clock: {error}"
                        ));
                    }
                }
                return Ok(Some(answer));
            }
        }
    }

    /// Dates an entry of its own anew, which was written before any reply had
    /// told the time. If somebody has written since, that stands.
    fn date_again(&self, object: &Object, id: u64, off: i64, means: Means) -> Result<()> {
        let mut rest = Vec::new();
        let (base, header) = self.look_for_base(object, true, &mut rest)?;
        let Some(header) = header.filter(|header| header.write_id == id) else {
            return Ok(());
        };
        let expires_at = moved(header.expires_at, off);
        if expires_at == header.expires_at {
            return Ok(());
        }
        let meta = Meta {
            lease_until: header.lease_until,
            cost_ms: header.cost_ms,
            ..Meta::new(self.writer.next()?, object.key_digest, expires_at)
        };
        let history = writer::history(base.known(), meta.write_id);
        let entry = Entry::again(&meta, &history, header.deflated, header.split(&rest).1);
        self.client
            .put(&object.name, entry.parts(), base.condition(means)?)?;
        Ok(())
    }

    /// What is there to build on, expired or not, and its header if it is an entry.
    pub(crate) fn look_for_base(
        &self,
        object: &Object,
        whole: bool,
        rest: &mut Vec<u8>,
    ) -> Result<(Base, Option<Header>)> {
        let max = self.policy.max_value_size;
        rest.clear();
        let depth = if whole {
            Depth::Whole {
                rest: &mut *rest,
                max,
            }
        } else {
            Depth::Header
        };
        let lookup = look(&self.client, object, Horizon::Beginning, depth)?;
        Ok(Base::found(lookup, whole.then_some(rest)))
    }
}

/// An expiry by a clock that is so much later.
fn moved(expires_at: i64, off: i64) -> i64 {
    match expires_at {
        // Never, or expired whatever the time.
        NEVER | 0 => expires_at,
        moment => moment.saturating_add(off).min(NEVER - 1),
    }
}

impl<'a> There<'a> {
    pub(crate) fn new(look: &'a (Base, Option<Header>), rest: &'a [u8], now: i64) -> Self {
        let (base, header) = look;
        Self {
            base,
            live: header.as_ref().filter(|header| !header.is_expired(now)),
            payload: header.as_ref().map_or(&[], |header| header.split(rest).1),
        }
    }

    /// The value of a live entry, where its payload was read.
    pub(crate) fn value(&self, max: usize) -> Result<Option<Cow<'a, [u8]>>> {
        let Some(header) = self.live else {
            return Ok(None);
        };
        match header.inflate(self.payload, max) {
            Ok(None) => Ok(Some(self.payload.into())),
            Ok(Some(value)) => Ok(Some(value.into())),
            Err(Corrupt::TooLarge(len)) => Err(too_large(len, max)),
            Err(_) => Ok(None),
        }
    }
}

impl Terms {
    /// Those of a change to the value that is there.
    pub(crate) fn of_change(call: &'static str) -> Self {
        Self {
            call,
            start: None,
            payload: true,
            strict: true,
        }
    }
}
