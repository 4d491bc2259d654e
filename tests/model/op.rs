//! What clients call, and what they hear.

use s3cache::ErrorKind;

use super::fate::Fate;

/// How long an entry is to live. `Over`: it has expired when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Never,
    Long,
    Over,
}

/// Values are text here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Get,
    GetWithToken,
    HasKey,
    Ttl,
    Set(String, Life),
    Add(String, Life),
    Delete,
    Remove,
    Touch(Life),
    /// By so much, or by its negative with `decr`.
    Incr(i64),
    Decr(i64),
    /// Appends this, or leaves everything as it is where there is nothing.
    Update(String, Life),
    Append(String, Life),
    /// With the token that this client got last.
    CompareAndSet(String, Life),
    GetOrSet(String, Life),
    /// Of the whole location.
    Clear,
    RemoveExpired,
}

/// One call: `get` of several keys is `get_many`, and so on.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) keys: Vec<usize>,
    /// One for each key, all of a kind.
    pub(crate) ops: Vec<Op>,
    /// Through a clone made for it, which is another writer.
    pub(crate) anew: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    Value(Option<String>),
    Said(bool),
    Sum(i64),
    /// So many entries of the whole location.
    Removed(u64),
    /// `None`: no live entry.
    Left(Option<Life>),
    /// Also one that `on_error = miss` has hidden, and did so rightly.
    Error(ErrorKind),
    /// Beside every promise, whatever was there.
    Wrong(String),
}

/// What a call did to one of its keys.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) client: usize,
    pub(crate) key: usize,
    pub(crate) op: Op,
    /// One of several keys: an error need not be about this one.
    pub(crate) many: bool,
    /// Where a token was used: the moment the call that got it was invoked.
    pub(crate) token: Option<u64>,
    pub(crate) invoked: u64,
    pub(crate) returned: u64,
    pub(crate) outcome: Outcome,
    /// The faults that it met with.
    pub(crate) met: Vec<Fate>,
}

impl Op {
    pub(crate) fn is_read(&self) -> bool {
        matches!(
            self,
            Self::Get | Self::GetWithToken | Self::HasKey | Self::Ttl
        )
    }

    /// Changes what is there whatever it is, so nothing tells whether it did.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(
            self,
            Self::Set(..) | Self::Delete | Self::Clear | Self::RemoveExpired
        )
    }

    /// Must not take effect twice, whatever happens.
    pub(crate) fn is_strict(&self) -> bool {
        matches!(
            self,
            Self::Incr(_)
                | Self::Decr(_)
                | Self::Update(..)
                | Self::Append(..)
                | Self::CompareAndSet(..)
                | Self::Remove
        )
    }
}
