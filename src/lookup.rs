//! One look at an object: read, decoded and judged. What comes out is what the
//! operations decide on; a value leaves this room only if it is proved whole
//! and of the right key.

use crate::client::{Body, Client, Span};
use crate::entry::{Corrupt, HEADER, Header};
use crate::error::{Error, ErrorKind, Result};
use crate::key::Object;

/// What there is under an object's name.
#[derive(Debug)]
pub(crate) enum Lookup {
    Nothing,
    /// Something that is not this key's intact entry.
    Corrupt {
        etag: String,
    },
    Expired {
        etag: String,
        header: Header,
    },
    Live {
        etag: String,
        header: Header,
    },
}

/// How much of an object to look at, at the price of one GET either way.
#[derive(Debug)]
pub(crate) enum Depth<'a> {
    /// The header alone. What it says is proved; whether the payload is whole,
    /// its length tells, and nothing else.
    Header,
    /// All of it: what follows a live entry's header ends up in `rest`,
    /// checked against the header. A payload of more than `max` bytes is an error.
    Whole { rest: &'a mut Vec<u8>, max: usize },
}

/// From what moment on an entry counts as expired.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Horizon {
    /// The moment of the reply, so many milliseconds before.
    Ago(i64),
    /// It never does.
    Beginning,
}

impl Horizon {
    pub(crate) const NOW: Self = Self::Ago(0);
}

pub(crate) fn look(
    client: &Client,
    object: &Object,
    horizon: Horizon,
    mut depth: Depth<'_>,
) -> Result<Lookup> {
    let span = match depth {
        Depth::Header => Span::Head(HEADER),
        Depth::Whole { .. } => Span::Whole,
    };
    let _limit = client.limit();
    loop {
        let Some(body) = client.get(&object.name, span)? else {
            return Ok(Lookup::Nothing);
        };
        // A reply that ends early is asked for again.
        match judge(client, body, object, horizon, &mut depth) {
            Err(error) if client.again_after_half(&error) => {}
            judged => return judged,
        }
    }
}

fn judge(
    client: &Client,
    mut body: Body<'_>,
    object: &Object,
    horizon: Horizon,
    depth: &mut Depth<'_>,
) -> Result<Lookup> {
    let etag = body.etag().to_owned();
    // Only now: the reply may have told the time.
    let horizon = match horizon {
        Horizon::Ago(millis) => client.now().saturating_sub(millis),
        Horizon::Beginning => i64::MIN,
    };
    let mut first = [0; HEADER];
    let length = body.read_head(&mut first)?;
    let header = Header::decode(&first[..length], &object.key_digest)
        .and_then(|header| header.check_size(body.size()));
    let lookup = match (header, depth) {
        (Err(_), _) => Lookup::Corrupt { etag },
        (Ok(header), _) if header.is_expired(horizon) => Lookup::Expired { etag, header },
        (Ok(header), Depth::Header) => Lookup::Live { etag, header },
        (Ok(header), Depth::Whole { max, .. }) if header.payload_len() > *max as u64 => {
            body.finish();
            return Err(too_large(header.payload_len(), *max));
        }
        (Ok(header), Depth::Whole { rest, .. }) => {
            body.read_rest(header.rest_len(), rest)?;
            match header.verify(rest) {
                Ok(()) => Lookup::Live { etag, header },
                Err(_) => Lookup::Corrupt { etag },
            }
        }
    };
    body.finish();
    Ok(lookup)
}

/// The same for the value itself: the payload, inflated where it has to be.
pub(crate) fn look_for_value(
    client: &Client,
    object: &Object,
    value: &mut Vec<u8>,
    max: usize,
) -> Result<Lookup> {
    let lookup = look(
        client,
        object,
        Horizon::NOW,
        Depth::Whole { rest: value, max },
    )?;
    let Lookup::Live { etag, header } = lookup else {
        value.clear();
        return Ok(lookup);
    };
    let (_, payload) = header.split(value);
    let before = value.len() - payload.len();
    match header.inflate(payload, max) {
        Ok(Some(inflated)) => *value = inflated,
        Ok(None) => drop(value.drain(..before)),
        Err(Corrupt::TooLarge(len)) => return Err(too_large(len, max)),
        Err(_) => return Ok(Lookup::Corrupt { etag }),
    }
    Ok(Lookup::Live { etag, header })
}

/// A value that the option `max_value_size` keeps from being written or read.
pub(crate) fn too_large(len: u64, max: usize) -> Error {
    Error::new(
        ErrorKind::ValueTooLarge,
        format!("a value of {len} bytes is longer than the {max} bytes that max_value_size allows"),
    )
    .with_remedy("store less under one key, or raise the option max_value_size")
}
