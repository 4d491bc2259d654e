//! `get_or_set`: where a value is missing or past its time, one caller on all
//! hosts computes the next, elected by one conditional write, and the others
//! are served what is there.

use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::allowance::uncounted;
use crate::cache::Cache;
use crate::change::{Change, Terms, There};
use crate::client::Written;
use crate::conditions::Means;
use crate::contest::Base;
use crate::entry::{Corrupt, Entry, Header, Meta};
use crate::error::{Error, Result};
use crate::key::{Key, Object};
use crate::lookup::{Depth, Horizon, Lookup, look, look_for_value, too_large};
use crate::random;
use crate::settings::Refresh;
use crate::time::{NEVER, Timeout, millis};
use crate::writer;

/// How a key stands with `get_or_set`.
enum Standing {
    /// Nothing to serve; a value would be stored on this base.
    Missing(Base),
    Good(Vec<u8>),
    /// To be served, while somebody computes the next value.
    Due(Served),
}

/// A value that the caller is to compute.
pub(crate) struct Fill {
    object: Object,
    begun: Instant,
    task: Task,
}

enum Task {
    /// Where nobody has one. `stores`: nothing has been hidden that would
    /// keep it from being stored.
    First { base: Base, stores: bool },
    /// In place of one that is served to the others meanwhile.
    Next(Box<Elected>),
    /// For the caller alone.
    Own,
}

struct Elected {
    served: Served,
    lease: Base,
    means: Means,
}

pub(crate) enum Begun {
    Value(Vec<u8>),
    Fill(Fill),
}

struct Served {
    base: Base,
    header: Header,
    rest: Vec<u8>,
    inflated: Option<Vec<u8>>,
}

impl Cache {
    /// The value of a key; where there is none, what `compute` gives, stored
    /// for the next caller. A hit costs 1 GET, a miss 1 GET and 1 conditional
    /// PUT. Where somebody else has stored a value meanwhile, that one is
    /// returned to all (2 GET more).
    ///
    /// With the option [`stale_for`](crate::Options::stale_for) an entry that
    /// has expired a short while ago is no miss: one caller on all hosts
    /// computes the next value (1 GET and 2 conditional PUTs), and the others
    /// are served the old one at once (1 GET, and 1 refused PUT for those who
    /// ran for the election). If that caller dies, another takes its place when
    /// the [`lease`](crate::Options::lease) ends. With
    /// [`early`](crate::Options::early) the same may begin before the expiry.
    ///
    /// # Errors
    ///
    /// Where a request fails, `ValueTooLarge` for the computed value, and
    /// `Unsupported` where the engine does not enforce conditional writes (see
    /// [`ConditionalWrites`](crate::ConditionalWrites)), before anything is computed.
    pub fn get_or_set<'k, V: Into<Vec<u8>>>(
        &self,
        key: impl Into<Key<'k>>,
        timeout: impl Into<Timeout>,
        compute: impl FnOnce() -> V,
    ) -> Result<Vec<u8>> {
        self.get_or_try_set(key, timeout, || Ok::<V, Error>(compute()))
    }

    /// Like [`get_or_set`](Self::get_or_set), where `compute` may fail: its
    /// error is passed on, and the cache is left as it was.
    ///
    /// # Errors
    ///
    /// Those of `compute`, and those of `get_or_set`.
    pub fn get_or_try_set<'k, V: Into<Vec<u8>>, E: From<Error>>(
        &self,
        key: impl Into<Key<'k>>,
        timeout: impl Into<Timeout>,
        compute: impl FnOnce() -> Result<V, E>,
    ) -> Result<Vec<u8>, E> {
        let _limit = self.client.limit();
        let fill = match self.begin_fill(self.naming.object(&key.into()))? {
            Begun::Value(value) => return Ok(value),
            Begun::Fill(fill) => fill,
        };
        let value: Vec<u8> = match uncounted(compute) {
            Ok(value) => value.into(),
            Err(error) => {
                self.abandon_fill(&fill);
                return Err(error);
            }
        };
        let first = self.finish_fill(&fill, &value, timeout.into())?;
        Ok(first.unwrap_or(value))
    }

    /// A value to serve, or the task to compute one.
    pub(crate) fn begin_fill(&self, object: Object) -> Result<Begun> {
        let _limit = self.client.limit();
        let read_only = self.policy.read_only;
        let task = match self.reading(None, || self.standing(&object).map(Some))? {
            Some(Standing::Good(value)) => return Ok(Begun::Value(value)),
            Some(Standing::Due(served)) if read_only => {
                return Ok(Begun::Value(served.into_value()));
            }
            Some(Standing::Missing(base)) if !read_only => {
                // To fail, if it must, before the work is done.
                let means = || self.probe.means(&self.client, &self.naming);
                let stores = self.writing(false, || means().map(|_| true))?;
                Task::First { base, stores }
            }
            Some(Standing::Due(served)) => {
                let means = || self.probe.means(&self.client, &self.naming);
                let Some(means) = self.writing(None, || means().map(Some))? else {
                    return Ok(Begun::Value(served.into_value()));
                };
                // There is a value to serve: that the election failed is no reason not to.
                match self.elect(&object, &served, means) {
                    Ok(Some(lease)) => Task::Next(Box::new(Elected {
                        served,
                        lease,
                        means,
                    })),
                    Ok(None) | Err(_) => return Ok(Begun::Value(served.into_value())),
                }
            }
            // S3 is not to be had, or nothing may be stored there.
            Some(Standing::Missing(_)) | None => Task::Own,
        };
        Ok(Begun::Fill(Fill {
            object,
            begun: Instant::now(),
            task,
        }))
    }

    /// Stores what was computed. If somebody was first, their value.
    pub(crate) fn finish_fill(
        &self,
        fill: &Fill,
        value: &[u8],
        timeout: Timeout,
    ) -> Result<Option<Vec<u8>>> {
        let _limit = self.client.limit();
        match &fill.task {
            Task::Own => Ok(None),
            Task::First { base, stores } => {
                self.check_size("get_or_set", &fill.object, value)?;
                if !stores {
                    return Ok(None);
                }
                self.store_first(fill, base, value, timeout)
            }
            Task::Next(elected) => {
                if let Err(error) = self.check_size("get_or_set", &fill.object, value) {
                    self.abandon_fill(fill);
                    return Err(error);
                }
                self.store_next(fill, elected, value, timeout)?;
                Ok(None)
            }
        }
    }

    /// Gives the lease back, so that the next caller may try at once; if that
    /// fails, it still ends by itself.
    pub(crate) fn abandon_fill(&self, fill: &Fill) {
        let _limit = self.client.limit();
        // Without conditions it might undo what was set meanwhile.
        if let Task::Next(elected) = &fill.task
            && elected.means != Means::None
            && let Ok(id) = self.writer.next()
        {
            let Elected {
                served,
                lease,
                means,
            } = &**elected;
            let _ = self.write_again(&fill.object, served, lease, *means, id, 0);
        }
    }

    fn standing(&self, object: &Object) -> Result<Standing> {
        let (refresh, max) = (&self.policy.refresh, self.policy.max_value_size);
        // What expires after this moment may be served.
        let stale_for = millis(refresh.stale_for);
        let mut rest = Vec::new();
        let depth = Depth::Whole {
            rest: &mut rest,
            max,
        };
        let lookup = look(&self.client, object, Horizon::Ago(stale_for), depth)?;
        let now = self.client.now();
        let horizon = now.saturating_sub(stale_for);
        let (base, header) = Base::found(lookup, Some(&rest));
        let missing = |base| {
            self.client.count(|stats| stats.misses += 1);
            Ok(Standing::Missing(base))
        };
        let Some(header) = header.filter(|header| !header.is_expired(horizon)) else {
            return missing(base);
        };
        let inflated = match header.inflate(header.split(&rest).1, max) {
            Ok(inflated) => inflated,
            Err(Corrupt::TooLarge(len)) => return Err(too_large(len, max)),
            Err(_) => return missing(base),
        };
        self.client.count(|stats| {
            stats.hits += 1;
            stats.stale += u64::from(header.is_expired(now));
        });
        let due = is_due(refresh, &header, now)?;
        let served = Served {
            base,
            header,
            rest,
            inflated,
        };
        Ok(if due {
            Standing::Due(served)
        } else {
            Standing::Good(served.into_value())
        })
    }

    /// Runs for the right to compute the next value: the same entry again, with
    /// a lease. The base of the one who has won, or `None`.
    fn elect(&self, object: &Object, served: &Served, means: Means) -> Result<Option<Base>> {
        let lease_until = self
            .client
            .now()
            .saturating_add(millis(self.policy.refresh.lease));
        let (base, id) = (&served.base, self.writer.next()?);
        let etag = match self.write_again(object, served, base, means, id, lease_until)? {
            Written::Stored { etag } => etag,
            Written::Refused | Written::Undecided => return Ok(None),
            Written::Unknown(unknown) => {
                match look(&self.client, object, Horizon::Beginning, Depth::Header) {
                    Ok(Lookup::Live { etag, header }) if header.write_id == id => etag,
                    Ok(_) => return Ok(None),
                    Err(_) => return Err(unknown),
                }
            }
        };
        let mut chain = vec![id];
        chain.extend(writer::history(&base.chain, id));
        Ok(Some(Base {
            etag: Some(etag),
            head: Some(id),
            chain,
        }))
    }

    fn store_next(
        &self,
        fill: &Fill,
        elected: &Elected,
        value: &[u8],
        timeout: Timeout,
    ) -> Result<()> {
        let Elected { lease, means, .. } = elected;
        let (object, id) = (&fill.object, self.writer.next()?);
        let meta = Meta {
            cost_ms: fill.cost(),
            ..Meta::new(id, object.key_digest, self.expires_at(timeout))
        };
        let history = writer::history(&lease.chain, id);
        let entry = Entry::new(&meta, &history, value, self.policy.compression);
        self.writing((), || {
            self.offer(object, &entry, value.len(), lease, *means)
        })
    }

    fn offer(
        &self,
        object: &Object,
        entry: &Entry<'_>,
        len: usize,
        lease: &Base,
        means: Means,
    ) -> Result<()> {
        for _ in 0..OFFERS {
            let condition = lease.condition(means)?;
            match self.client.put(&object.name, entry.parts(), condition)? {
                // Refused: somebody has stored a value of their own, or this
                // one has been stored by an offer whose reply was lost.
                Written::Stored { .. } | Written::Refused => {
                    self.wrote(object, len, false);
                    break;
                }
                Written::Undecided | Written::Unknown(_) => sleep(PAUSE),
            }
        }
        Ok(())
    }

    /// Django's rule: whoever stores a value first, that one is returned to all.
    fn store_first(
        &self,
        fill: &Fill,
        base: &Base,
        value: &[u8],
        timeout: Timeout,
    ) -> Result<Option<Vec<u8>>> {
        let (object, cost_ms) = (&fill.object, fill.cost());
        let terms = Terms {
            call: "get_or_set",
            start: Some(base.clone()),
            payload: false,
            strict: false,
        };
        let first = |there: There<'_>| {
            Ok(there.live.is_none().then(|| Change {
                expires_at: self.expires_at(timeout),
                lease_until: 0,
                cost_ms,
                value: Some(value.into()),
                answer: (),
            }))
        };
        let won = self.writing(Some(()), || self.contend(object, terms, first))?;
        if won.is_some() {
            return Ok(None);
        }
        let mut theirs = Vec::new();
        let max = self.policy.max_value_size;
        let look = || look_for_value(&self.client, object, &mut theirs, max);
        match self.writing(Lookup::Nothing, look)? {
            Lookup::Live { .. } => Ok(Some(theirs)),
            _ => Ok(None),
        }
    }

    /// The entry that is served, once more, under another lease.
    fn write_again(
        &self,
        object: &Object,
        served: &Served,
        base: &Base,
        means: Means,
        id: u64,
        lease_until: i64,
    ) -> Result<Written> {
        let header = &served.header;
        let meta = Meta {
            lease_until,
            cost_ms: header.cost_ms,
            ..Meta::new(id, object.key_digest, header.expires_at)
        };
        let payload = header.split(&served.rest).1;
        let history = writer::history(&base.chain, id);
        let entry = Entry::again(&meta, &history, header.deflated, payload);
        self.client
            .put(&object.name, entry.parts(), base.condition(means)?)
    }
}

/// A value that S3 could not decide about, or whose reply was lost, is offered
/// so often.
const OFFERS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(10);

impl Served {
    fn into_value(self) -> Vec<u8> {
        let Self {
            header,
            mut rest,
            inflated,
            ..
        } = self;
        inflated.unwrap_or_else(|| {
            let before = rest.len() - header.split(&rest).1.len();
            rest.drain(..before);
            rest
        })
    }
}

impl Fill {
    /// What the value took to compute, milliseconds.
    fn cost(&self) -> u32 {
        u32::try_from(self.begun.elapsed().as_millis()).unwrap_or(u32::MAX)
    }
}

/// Whether it is time for a new value, and nobody at work on it.
///
/// Before the expiry the moment is drawn as in Vattani, Chierichetti and
/// Lowenstein, "Optimal Probabilistic Cache Stampede Prevention" (PVLDB 8,
/// 2015): the longer a value takes to compute and the nearer its expiry, the
/// likelier.
fn is_due(refresh: &Refresh, header: &Header, now: i64) -> Result<bool> {
    if header.lease_until > now {
        return Ok(false);
    }
    if header.is_expired(now) {
        return Ok(true);
    }
    if refresh.early == 0.0 || header.expires_at == NEVER || header.cost_ms == 0 {
        return Ok(false);
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds, and a random fraction"
    )]
    let (left, drawn) = (
        header.expires_at.saturating_sub(now) as f64,
        (random::bits()? >> 11) as f64 / (1_u64 << 53) as f64,
    );
    Ok(f64::from(header.cost_ms) * refresh.early * -drawn.ln() >= left)
}
