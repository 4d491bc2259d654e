//! What the engine makes of conditional writes: found out by trying, once for
//! a handle and its clones, and whenever `check` asks. A 200 alone proves
//! nothing: Garage, `rclone serve s3` and s3rver answer so, and overwrite.
//!
//! In: a client and a name nobody uses. Out: by what means a write can be made
//! conditional, or that it cannot.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use crate::client::{Client, Condition, Span, Written};
use crate::error::{Error, ErrorKind, Result};
use crate::journal;
use crate::key::Naming;
use crate::random;

/// The option `conditional_writes`: whether the engine is asked to prove that
/// it enforces the conditions which `add`, `incr` and their kin rely on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConditionalWrites {
    /// Before the first such call, try it out; where the engine does not
    /// enforce conditions, these calls fail with `Unsupported`.
    #[default]
    Probe,
    /// Take it for granted, and save the requests of the probe: for engines
    /// known to enforce conditions, as AWS does.
    Assume,
    /// Do without: read first, then write, as Django's backends do. Racing
    /// writers then overwrite each other, and more than one `add` may win.
    Never,
}

/// What an engine was found to do with the conditions of a PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conditions {
    /// It enforces them.
    Enforced,
    /// It answers as if all were well, and overwrites.
    Ignored,
    /// It refuses such requests, or never finds an `ETag` equal.
    Refused,
}

/// By what means a write is made conditional.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Means {
    /// `If-Match` with the `ETag` as it was given.
    Quoted,
    /// `If-Match` without the quotes (Ceph RGW 16).
    Unquoted,
    /// Not at all, and the user knows.
    None,
}

/// The option, and what was found out so far; clones share that.
#[derive(Clone, Debug)]
pub(crate) struct Probe {
    wanted: ConditionalWrites,
    found: Arc<Mutex<Option<Finding>>>,
}

type Finding = (Conditions, Means);

/// An engine that answers a step of the probe with 409, or not at all, is
/// asked again so often, after pauses that grow from this.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(3);

impl Probe {
    pub(crate) fn new(wanted: ConditionalWrites) -> Self {
        Self {
            wanted,
            found: Arc::default(),
        }
    }

    /// The means for an atomic call.
    pub(crate) fn means(&self, client: &Client, naming: &Naming) -> Result<Means> {
        match self.wanted {
            ConditionalWrites::Never => Ok(Means::None),
            ConditionalWrites::Assume => Ok(match self.known() {
                Some((Conditions::Enforced, means)) => means,
                _ => Means::Quoted,
            }),
            ConditionalWrites::Probe => match self.find_out(client, naming)? {
                (Conditions::Enforced, means) => Ok(means),
                (found, _) => Err(unsupported(found)),
            },
        }
    }

    /// The conditions, known or now tried out.
    pub(crate) fn conditions(&self, client: &Client, naming: &Naming) -> Result<Conditions> {
        Ok(self.find_out(client, naming)?.0)
    }

    /// The conditions, tried out whatever was known; what is found is known instead.
    pub(crate) fn conditions_now(&self, client: &Client, naming: &Naming) -> Result<Conditions> {
        Ok(self.try_out(client, naming)?.0)
    }

    fn known(&self) -> Option<Finding> {
        *self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find_out(&self, client: &Client, naming: &Naming) -> Result<Finding> {
        match self.known() {
            Some(found) => Ok(found),
            None => self.try_out(client, naming),
        }
    }

    /// Not under the lock: a server that does not answer would hold up one
    /// clone after another. At worst two of them ask.
    fn try_out(&self, client: &Client, naming: &Naming) -> Result<Finding> {
        let mut finding = Trial::run(client, naming)?;
        if finding.0 != Conditions::Enforced {
            // It holds for good, and another host may have cleared the object
            // away in between: only what two trials find is believed.
            let second = Trial::run(client, naming)?;
            if second != finding {
                finding = Trial::run(client, naming)?;
            }
        }
        if finding.0 != Conditions::Enforced {
            journal::warn(format_args!("{}", unsupported(finding.0)));
        }
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some(finding);
        Ok(finding)
    }
}

/// One object, written under conditions whose outcome is known beforehand.
struct Trial<'a> {
    client: &'a Client,
    name: &'a str,
}

const BODY: [&[u8]; 2] = [b"s3cache tries out conditional writes", b""];

impl Trial<'_> {
    fn run(client: &Client, naming: &Naming) -> Result<Finding> {
        let name = naming.name(&random::bytes()?);
        let trial = Trial {
            client,
            name: &name,
        };
        let finding = match trial.steps() {
            Err(error) if is_refusal(&error) => Ok((Conditions::Refused, Means::None)),
            other => other,
        };
        let gone = |kind| matches!(kind, ErrorKind::Unreachable | ErrorKind::TimedOut);
        if !finding.as_ref().is_err_and(|error| gone(error.kind())) {
            // If this fails, a clear or a cull takes it: it is of our own shape.
            let _ = client.delete(&name);
        }
        finding
    }

    fn steps(&self) -> Result<Finding> {
        const OTHER: &str = "\"00000000000000000000000000000000\"";
        // Nobody else knows the name: a refusal speaks of this very write,
        // sent before, whose reply was lost.
        let mut etag = self.put(Condition::Absent)?;
        if self.put(Condition::Absent)?.is_some() {
            return Ok((Conditions::Ignored, Means::None));
        }
        for means in [Means::Quoted, Means::Unquoted] {
            if !self.put_over(&mut etag, means)? {
                continue;
            }
            let etag = means.spell(OTHER);
            return Ok(match self.put(Condition::Unchanged { etag })? {
                None => (Conditions::Enforced, means),
                Some(_) => (Conditions::Ignored, Means::None),
            });
        }
        Ok((Conditions::Refused, Means::None))
    }

    /// Whether a write on the condition of the object's own `ETag` goes through.
    fn put_over(&self, etag: &mut Option<String>, means: Means) -> Result<bool> {
        self.patiently(|| {
            let current = match etag.take() {
                Some(etag) => etag,
                None => self.read_etag()?.ok_or_else(undecided)?,
            };
            let condition = Condition::Unchanged {
                etag: means.spell(&current),
            };
            let written = self.client.put(self.name, BODY, condition)?;
            if let Written::Refused = written {
                *etag = Some(current);
            }
            Ok(written)
        })
        .map(|stored| stored.is_some())
    }

    /// The `ETag` of what was stored, if it was.
    fn put(&self, condition: Condition<'_>) -> Result<Option<String>> {
        self.patiently(|| self.client.put(self.name, BODY, condition))
    }

    fn patiently(&self, mut put: impl FnMut() -> Result<Written>) -> Result<Option<String>> {
        let mut last = None;
        for round in 0..TRIES {
            match put()? {
                Written::Stored { etag } => return Ok(Some(etag)),
                Written::Refused => return Ok(None),
                Written::Undecided => {}
                Written::Unknown(unknown) => {
                    // If that is no accident but the server's state, this tells.
                    self.read_etag()?;
                    last = Some(unknown);
                }
            }
            sleep(PAUSE * 2_u32.pow(round.min(5)));
        }
        Err(match last {
            Some(unknown) => undecided().caused_by(unknown),
            None => undecided(),
        })
    }

    fn read_etag(&self) -> Result<Option<String>> {
        let Some(body) = self.client.get(self.name, Span::Whole)? else {
            return Ok(None);
        };
        let etag = body.etag().to_owned();
        body.finish();
        Ok(Some(etag))
    }
}

impl Means {
    /// An `ETag` as this engine wants it.
    pub(crate) fn spell(self, etag: &str) -> &str {
        match self {
            Self::Unquoted => etag.trim_matches('"'),
            Self::Quoted | Self::None => etag,
        }
    }
}

/// A refusal of conditions as such, and not of this writer or moment.
fn is_refusal(error: &Error) -> bool {
    let codes = ["InvalidArgument", "InvalidRequest", "NotImplemented"];
    error.kind() == ErrorKind::Unsupported
        || (error.status() == Some(400) && error.code().is_some_and(|code| codes.contains(&code)))
}

fn undecided() -> Error {
    Error::new(
        ErrorKind::Contended,
        "the engine gave no clear answer to a conditional write on a new object",
    )
    .with_remedy("try again, or set the option conditional_writes if you know what it does")
}

pub(crate) fn unsupported(found: Conditions) -> Error {
    let what = match found {
        Conditions::Ignored => {
            "this engine ignores the conditions of a write: it overwrites, and says that all is well"
        }
        _ => "this engine refuses conditional writes, or never finds an ETag equal",
    };
    Error::new(ErrorKind::Unsupported, what).with_remedy(
        "use an engine that enforces them, or set the option conditional_writes to Never to go without: racing writers then overwrite each other",
    )
}
