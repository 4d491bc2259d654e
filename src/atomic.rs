//! The operations that must not lose a race: a conditional PUT each, on the
//! base of what is there, repeated where another writer came first.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>

use std::borrow::Cow;

use crate::allowance::uncounted;
use crate::cache::Cache;
use crate::change::{Change, Terms, There};
use crate::conditions::Conditions;
use crate::contest::Base;
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Key, Object};
use crate::time::Timeout;

/// What [`Cache::get_with_token`] has read, for [`Cache::compare_and_set`] to
/// know it again. Of use for one key, in any handle of the same cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token(Base);

impl Cache {
    /// Stores a value if there is no live entry, and tells whether it did: of
    /// any number of racing writers exactly one hears `true`. 1 conditional
    /// PUT; where there is an entry 1 ranged GET more, and where that one is
    /// expired another conditional PUT. With the option `add_reads_first` the
    /// ranged GET comes first.
    ///
    /// # Errors
    ///
    /// `ValueTooLarge`, before anything is sent. `Unsupported` where the engine
    /// does not enforce conditional writes (see
    /// [`ConditionalWrites`](crate::ConditionalWrites)). `Contended` after a
    /// hundred lost races, or half a minute of them. `OutcomeUnknown` where a
    /// PUT's reply was lost and the look that would settle it failed too.
    pub fn add<'k>(
        &self,
        key: impl Into<Key<'k>>,
        value: impl AsRef<[u8]>,
        timeout: impl Into<Timeout>,
    ) -> Result<bool> {
        let (value, timeout) = (value.as_ref(), timeout.into());
        let object = self.naming.object(&key.into());
        self.check_size("add", &object, value)?;
        let terms = Terms {
            call: "add",
            start: (!self.policy.add_reads_first).then_some(Base::ABSENT),
            payload: false,
            strict: false,
        };
        let added = self.writing(None, || {
            self.contend(&object, terms, |there| {
                let change = || self.change(timeout, value.into(), ());
                Ok(there.live.is_none().then(change))
            })
        })?;
        Ok(added.is_some())
    }

    /// Gives an entry a new timeout, counted from now, and keeps its value,
    /// which is passed on as it is. `false`: there is no live entry. 1 GET and
    /// 1 conditional PUT, both repeated where another writer came between.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn touch<'k>(&self, key: impl Into<Key<'k>>, timeout: impl Into<Timeout>) -> Result<bool> {
        let timeout = timeout.into();
        let object = self.naming.object(&key.into());
        let terms = Terms {
            call: "touch",
            start: None,
            payload: true,
            strict: false,
        };
        let touch = |there: There<'_>| {
            Ok(there.live.map(|header| Change {
                expires_at: self.expires_at(timeout),
                // Somebody may be computing the next value, and goes on.
                lease_until: header.lease_until,
                cost_ms: header.cost_ms,
                value: None,
                answer: (),
            }))
        };
        let touched = self.writing(None, || self.contend(&object, terms, touch))?;
        Ok(touched.is_some())
    }

    /// Adds to a value that is a decimal 64-bit integer, and returns the sum.
    /// The entry's expiry stays. No increment is lost or made twice, however
    /// many writers there are. 1 GET and 1 conditional PUT, both repeated where
    /// another writer came between.
    ///
    /// # Errors
    ///
    /// `NotFound` without a live entry, `NotAnInteger`, `Overflow`; and as
    /// [`add`](Self::add). `OutcomeUnknown` also where a PUT's reply was lost
    /// and what is there by then does not tell any more whether it was made: a
    /// plain `set`, a deletion, or the writes of more than 23 others.
    pub fn incr<'k>(&self, key: impl Into<Key<'k>>, delta: i64) -> Result<i64> {
        self.arithmetic("incr", &key.into(), |number| number.checked_add(delta))
    }

    /// Subtracts; see [`incr`](Self::incr).
    ///
    /// # Errors
    ///
    /// As `incr`.
    pub fn decr<'k>(&self, key: impl Into<Key<'k>>, delta: i64) -> Result<i64> {
        self.arithmetic("decr", &key.into(), |number| number.checked_sub(delta))
    }

    /// Stores what `change` makes of the value that is there, or of `None`
    /// where there is no live entry, and returns it. Where `change` gives
    /// `None`, everything stays as it is and the answer is `None`. No update is
    /// lost; `change` is called again where another writer came between, so it
    /// should do nothing but compute. 1 GET and 1 conditional PUT, both
    /// repeated in that case.
    ///
    /// # Errors
    ///
    /// `ValueTooLarge` for a new value that is; and as [`incr`](Self::incr).
    pub fn update<'k>(
        &self,
        key: impl Into<Key<'k>>,
        timeout: impl Into<Timeout>,
        mut change: impl FnMut(Option<&[u8]>) -> Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>> {
        let timeout = timeout.into();
        let object = self.naming.object(&key.into());
        self.writable("update")?;
        let mut made = None;
        let next = |there: There<'_>| {
            let value = there.value(self.policy.max_value_size)?;
            let new = uncounted(|| change(value.as_deref()));
            let new = made.insert(new).clone();
            let Some(new) = new else {
                return Ok(None);
            };
            self.check_size("update", &object, &new)?;
            Ok(Some(self.change(timeout, new.clone().into(), new)))
        };
        let contend = || self.contend(&object, Terms::of_change("update"), next);
        match self.writing(None, || contend().map(Some))? {
            Some(updated) => Ok(updated),
            None => Ok(made.unwrap_or_else(|| change(None))),
        }
    }

    /// Like [`get`](Self::get), with a token that stands for what was read. 1 GET.
    ///
    /// # Errors
    ///
    /// As `get`.
    pub fn get_with_token<'k>(&self, key: impl Into<Key<'k>>) -> Result<Option<(Vec<u8>, Token)>> {
        let object = self.naming.object(&key.into());
        self.reading(None, || self.read_with_token(&object))
    }

    fn read_with_token(&self, object: &Object) -> Result<Option<(Vec<u8>, Token)>> {
        let mut rest = Vec::new();
        let look = self.look_for_base(object, true, &mut rest)?;
        let there = There::new(&look, &rest, self.client.now());
        let value = there
            .value(self.policy.max_value_size)?
            .map(Cow::into_owned);
        self.client.count(|stats| match value {
            Some(_) => stats.hits += 1,
            None => stats.misses += 1,
        });
        Ok(value.map(|value| (value, Token(look.0))))
    }

    /// Stores a value if nobody has written the key since the token was read,
    /// and tells whether it did. 1 conditional PUT, and 1 GET where it did not.
    /// There is no token of a key that is not there: use [`add`](Self::add).
    ///
    /// # Errors
    ///
    /// As [`incr`](Self::incr), numbers aside.
    pub fn compare_and_set<'k>(
        &self,
        key: impl Into<Key<'k>>,
        token: &Token,
        value: impl AsRef<[u8]>,
        timeout: impl Into<Timeout>,
    ) -> Result<bool> {
        let (value, timeout) = (value.as_ref(), timeout.into());
        let object = self.naming.object(&key.into());
        self.check_size("compare_and_set", &object, value)?;
        let terms = Terms {
            call: "compare_and_set",
            start: Some(token.0.clone()),
            // So that a second try carries on the same history.
            payload: true,
            strict: true,
        };
        let stored = self.writing(None, || {
            self.contend(&object, terms, |there| {
                let same = there.base.etag == token.0.etag;
                Ok(same.then(|| self.change(timeout, value.into(), ())))
            })
        })?;
        Ok(stored.is_some())
    }

    /// What this engine makes of conditional writes. Tried out once for a
    /// handle and its clones, with a small object of the cache's own that is
    /// deleted again: 4 PUT and 1 DELETE, 1 PUT more for engines that want an
    /// `ETag` without its quotes.
    ///
    /// # Errors
    ///
    /// Where a request fails.
    pub fn conditional_writes(&self) -> Result<Conditions> {
        self.writable("conditional_writes")?;
        let _limit = self.client.limit();
        self.probe.conditions(&self.client, &self.naming)
    }

    fn arithmetic(
        &self,
        call: &'static str,
        key: &Key<'_>,
        apply: impl Fn(i64) -> Option<i64>,
    ) -> Result<i64> {
        let object = self.naming.object(key);
        self.writable(call)?;
        let add = |there: There<'_>| {
            let (Some(header), Some(value)) =
                (there.live, there.value(self.policy.max_value_size)?)
            else {
                return Ok(None);
            };
            let number = integer(&value)?;
            let sum = apply(number).ok_or_else(|| {
                let what =
                    format!("{number} and the change to it leave the range of a 64-bit integer");
                Error::new(ErrorKind::Overflow, what)
            })?;
            Ok(Some(Change {
                expires_at: header.expires_at,
                lease_until: 0,
                cost_ms: 0,
                value: Some(sum.to_string().into_bytes().into()),
                answer: sum,
            }))
        };
        let sum = self.writing(None, || self.contend(&object, Terms::of_change(call), add))?;
        sum.ok_or_else(|| {
            let missing = Error::new(ErrorKind::NotFound, "there is no live entry to count on")
                .with_remedy("add the key with its first number");
            self.client.about(call, &object.name, missing)
        })
    }

    fn change<'v, T>(&self, timeout: Timeout, value: Cow<'v, [u8]>, answer: T) -> Change<'v, T> {
        Change {
            expires_at: self.expires_at(timeout),
            lease_until: 0,
            cost_ms: 0,
            value: Some(value),
            answer,
        }
    }
}

fn integer(value: &[u8]) -> Result<i64> {
    let text = std::str::from_utf8(value).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Error::new(
            ErrorKind::NotAnInteger,
            "the value is no decimal 64-bit integer",
        )
    })
}
