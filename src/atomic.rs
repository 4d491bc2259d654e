//! The operations that must not lose a race: a conditional PUT each, repeated
//! where another writer came first, and bounded.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>

use std::thread::sleep;
use std::time::Duration;

use crate::cache::{Cache, meta};
use crate::client::{Condition, Written};
use crate::entry::{Entry, Header};
use crate::error::{Error, ErrorKind, Result};
use crate::key::{Key, Object};
use crate::lookup::{Depth, Lookup, look};
use crate::random;
use crate::time::{self, Timeout};

impl Cache {
    /// Stores a value if there is no live entry, and tells whether it did: of
    /// any number of racing writers exactly one hears `true`. 1 conditional
    /// PUT; where there is an entry 1 ranged GET more, and where that one is
    /// expired another conditional PUT.
    ///
    /// # Errors
    ///
    /// `ValueTooLarge`, before anything is sent. `OutcomeUnknown` where the
    /// reply to a PUT was lost: the value may be stored or not. `Contended`
    /// after a hundred lost races. `Unsupported` where the engine refuses
    /// conditional writes; one that ignores them is not noticed.
    pub fn add<'k>(
        &self,
        key: impl Into<Key<'k>>,
        value: impl AsRef<[u8]>,
        timeout: impl Into<Timeout>,
    ) -> Result<bool> {
        let value = self.check_size(value.as_ref())?;
        let timeout = timeout.into();
        let object = self.naming.object(&key.into());
        self.make_room(&object)?;
        self.write_first(&object, value, timeout)
            .map_err(|error| self.client.about("add", &object.name, error))
    }

    fn write_first(&self, object: &Object, value: &[u8], timeout: Timeout) -> Result<bool> {
        let mut tries = Tries::default();
        let mut there: Option<String> = None;
        loop {
            let condition = match &there {
                None => Condition::Absent,
                Some(etag) => Condition::Unchanged { etag },
            };
            match self.write(object, value, timeout, condition)? {
                Written::Stored => return Ok(true),
                Written::Undecided => {}
                Written::Refused => {
                    let refused = there.take();
                    match look(&self.client, object, time::now(), Depth::Header)? {
                        Lookup::Live { .. } => return Ok(false),
                        Lookup::Nothing => {}
                        Lookup::Expired { etag } | Lookup::Corrupt { etag } => {
                            check_compared(refused.as_deref(), &etag)?;
                            there = Some(etag);
                        }
                    }
                }
            }
            tries.pause()?;
        }
    }

    /// Gives an entry a new timeout, counted from now, and keeps its value.
    /// `false`: there is no live entry. 1 GET and 1 conditional PUT, both
    /// repeated where another writer came between.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    pub fn touch<'k>(&self, key: impl Into<Key<'k>>, timeout: impl Into<Timeout>) -> Result<bool> {
        let object = self.naming.object(&key.into());
        let timeout = timeout.into();
        let touched = self.replace("touch", &object, |_, _| {
            Ok(Change {
                expires_at: self.expires_at(timeout),
                value: None,
                answer: (),
            })
        })?;
        Ok(touched.is_some())
    }

    /// Adds to a value that is a decimal 64-bit integer, and returns the sum.
    /// The entry's expiry stays. No increment is lost, however many writers
    /// there are. 1 GET and 1 conditional PUT, both repeated where another
    /// writer came between.
    ///
    /// # Errors
    ///
    /// `NotFound` without a live entry, `NotAnInteger`, `Overflow`; and as
    /// [`add`](Self::add).
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

    fn arithmetic(
        &self,
        call: &'static str,
        key: &Key<'_>,
        apply: impl Fn(i64) -> Option<i64>,
    ) -> Result<i64> {
        let object = self.naming.object(key);
        let max = self.policy.max_value_size;
        let sum = self.replace(call, &object, |header, payload| {
            let inflated = header.inflate(payload, max).unwrap_or_default();
            let number = integer(inflated.as_deref().unwrap_or(payload))?;
            let sum = apply(number).ok_or_else(|| {
                let what =
                    format!("{number} and the change to it leave the range of a 64-bit integer");
                Error::new(ErrorKind::Overflow, what)
            })?;
            Ok(Change {
                expires_at: header.expires_at,
                value: Some(sum.to_string()),
                answer: sum,
            })
        })?;
        sum.ok_or_else(|| {
            let missing = Error::new(ErrorKind::NotFound, "there is no live entry to count on")
                .with_remedy("add the key with its first number");
            self.client.about(call, &object.name, missing)
        })
    }

    /// Reads a live entry, and writes what `change` makes of it if nobody wrote
    /// meanwhile; else again. `None`: there is no live entry.
    fn replace<T>(
        &self,
        call: &'static str,
        object: &Object,
        change: impl Fn(&Header, &[u8]) -> Result<Change<T>>,
    ) -> Result<Option<T>> {
        self.replace_unnamed(object, change)
            .map_err(|error| self.client.about(call, &object.name, error))
    }

    fn replace_unnamed<T>(
        &self,
        object: &Object,
        change: impl Fn(&Header, &[u8]) -> Result<Change<T>>,
    ) -> Result<Option<T>> {
        let max = self.policy.max_value_size;
        let mut rest = Vec::new();
        let mut tries = Tries::default();
        let mut refused: Option<String> = None;
        loop {
            let depth = Depth::Whole {
                rest: &mut rest,
                max,
            };
            let Lookup::Live { etag, header } = look(&self.client, object, time::now(), depth)?
            else {
                return Ok(None);
            };
            check_compared(refused.as_deref(), &etag)?;
            let (history, payload) = header.split(&rest);
            let change = change(&header, payload)?;
            let meta = meta(object, change.expires_at)?;
            let entry = match &change.value {
                Some(value) => {
                    Entry::new(&meta, &history, value.as_bytes(), self.policy.compression)
                }
                None => Entry::again(&meta, &history, header.deflated, payload),
            };
            let condition = Condition::Unchanged { etag: &etag };
            match self.client.put(&object.name, entry.parts(), condition)? {
                Written::Stored => return Ok(Some(change.answer)),
                Written::Undecided => {}
                Written::Refused => refused = Some(etag),
            }
            tries.pause()?;
        }
    }
}

/// What to write in place of a live entry.
struct Change<T> {
    expires_at: i64,
    /// `None`: the payload stays, unread.
    value: Option<String>,
    answer: T,
}

/// A loop's bound, with pauses that grow and are spread at random, so that
/// racing writers fall out of step.
#[derive(Default)]
struct Tries(u32);

impl Tries {
    const MOST: u32 = 100;

    fn pause(&mut self) -> Result<()> {
        self.0 += 1;
        if self.0 >= Self::MOST {
            return Err(Error::new(
                ErrorKind::Contended,
                format!("other writers were first in {} attempts", Self::MOST),
            )
            .with_remedy("try again, or spread the load over several keys"));
        }
        let longest = 1000 << self.0.min(6);
        sleep(Duration::from_micros(random::bits()? % longest));
        Ok(())
    }
}

/// An `ETag` that was refused and is there again: nobody else wrote, the
/// engine just does not find it equal. Trying again would never end.
fn check_compared(refused: Option<&str>, there: &str) -> Result<()> {
    let what = if there.is_empty() {
        "this engine gives no ETag to compare"
    } else if refused == Some(there) {
        "this engine refuses the very ETag that it gave"
    } else {
        return Ok(());
    };
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("no write can be made conditional on what is there: {what}"),
    ))
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
