//! The entry codec, format 1: the bytes of an object. Pure: the moment, the
//! write id and the key's digest are given; nothing here does I/O.
//!
//! An entry is a header of 64 bytes, a short history, and a payload. Integers
//! are little-endian; times are signed Unix milliseconds.
//!
//! ```text
//!      0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15
//!    +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
//!  0 |'S' '3' 'C'  1 | f | n | 0   0 | expires_at                    |
//!    +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
//! 16 | lease_until                   | cost_ms       | header sum    |
//!    +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
//! 32 | payload len   | payload sum   | write id                      |
//!    +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
//! 48 | key digest                                                    |
//!    +---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+---+
//! 64 | n earlier write ids, 8 bytes each, newest first               |
//!    +---------------------------------------------------------------+
//!    | payload: the value; or, if deflated, its length (4 bytes) and |
//!    | its raw deflate (RFC 1951)                                    |
//!    +---------------------------------------------------------------+
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | f | flags: bit 0 the payload is deflated; bit 1 is kept for sealed entries; the rest 0. A reader refuses any bit it does not know |
//! | n | 0 to 24. Calls that read, change and write carry the ids of writes they build on: the last one of each other writer, newest first, and at the end the plain write that all build on. A plain `set` writes none |
//! | `expires_at` | the largest value: never. Otherwise expired once the clock has reached it |
//! | `lease_until` | 0: none. Until then somebody is computing a new value; plain reads ignore it |
//! | `cost_ms` | what the value took to compute |
//! | header sum | CRC-32 (as in zlib) of the other 60 bytes of the header |
//! | payload len | bytes of the payload: the object is 64 + 8 n + payload len bytes long |
//! | payload sum | CRC-32 of history and payload |
//! | write id | another for each write: 40 random bits for the writer, 24 that count his writes |
//! | key digest | the first 16 bytes of SHA-256 of the full key, prefix and version included |
//!
//! Two sums, so that the header alone, one ranged read, proves what it says.

use std::borrow::Cow;

use crate::compress;
use crate::digest::crc32;
use crate::time::NEVER;

/// Bytes of a header.
pub(crate) const HEADER: usize = 64;
/// So many earlier write ids an entry carries at most.
pub(crate) const HISTORY: usize = 24;

const MAGIC: [u8; 4] = *b"S3C\x01";
const DEFLATED: u8 = 1;

/// Why bytes are not the entry they were taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Corrupt {
    /// Not an entry of this format at all.
    Foreign,
    /// An entry of another key.
    OtherKey,
    /// An entry once, with bytes missing, added or changed.
    Damaged,
    /// The value is longer than this reader accepts.
    TooLarge(u64),
}

/// What an entry says besides its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) deflated: bool,
    pub(crate) expires_at: i64,
    pub(crate) lease_until: i64,
    pub(crate) cost_ms: u32,
    pub(crate) write_id: u64,
    pub(crate) key_digest: [u8; 16],
    history_len: usize,
    payload_len: u32,
    payload_sum: u32,
}

impl Header {
    /// Reads the first 64 of `bytes`; checks everything a header can prove alone.
    pub(crate) fn decode(bytes: &[u8], key_digest: &[u8; 16]) -> Result<Self, Corrupt> {
        let header = Self::decode_any(bytes)?;
        if header.key_digest == *key_digest {
            Ok(header)
        } else {
            Err(Corrupt::OtherKey)
        }
    }

    /// The same for the entry of whatever key.
    pub(crate) fn decode_any(bytes: &[u8]) -> Result<Self, Corrupt> {
        let Some((header, _)) = bytes.split_first_chunk::<HEADER>() else {
            return Err(Corrupt::Foreign);
        };
        if header[..4] != MAGIC {
            return Err(Corrupt::Foreign);
        }
        if u32_at(header, 28) != header_sum(header) {
            return Err(Corrupt::Damaged);
        }
        let (flags, history_len) = (header[4], usize::from(header[5]));
        if flags & !DEFLATED != 0 || history_len > HISTORY || header[6..8] != [0, 0] {
            return Err(Corrupt::Foreign);
        }
        let mut key_digest = [0; 16];
        key_digest.copy_from_slice(&header[48..]);
        Ok(Self {
            deflated: flags & DEFLATED != 0,
            expires_at: u64_at(header, 8).cast_signed(),
            lease_until: u64_at(header, 16).cast_signed(),
            cost_ms: u32_at(header, 24),
            write_id: u64_at(header, 40),
            key_digest,
            history_len,
            payload_len: u32_at(header, 32),
            payload_sum: u32_at(header, 36),
        })
    }

    pub(crate) fn is_expired(&self, now: i64) -> bool {
        self.expires_at != NEVER && self.expires_at <= now
    }

    /// How many bytes must follow the header.
    pub(crate) fn rest_len(&self) -> u64 {
        8 * self.history_len as u64 + u64::from(self.payload_len)
    }

    /// Bytes of the payload.
    pub(crate) fn payload_len(&self) -> u64 {
        u64::from(self.payload_len)
    }

    /// The header of an object of this size, where the size is known.
    pub(crate) fn check_size(self, object: Option<u64>) -> Result<Self, Corrupt> {
        match object {
            Some(size) if size != HEADER as u64 + self.rest_len() => Err(Corrupt::Damaged),
            _ => Ok(self),
        }
    }

    /// Checks what followed the header, all of it, against the header.
    pub(crate) fn verify(&self, rest: &[u8]) -> Result<(), Corrupt> {
        let whole = rest.len() as u64 == self.rest_len();
        if whole && crc32(&[rest]) == self.payload_sum {
            Ok(())
        } else {
            Err(Corrupt::Damaged)
        }
    }

    /// The write ids this entry builds on, its own first, and its payload.
    pub(crate) fn split<'a>(&self, rest: &'a [u8]) -> (Vec<u64>, &'a [u8]) {
        // Short only where the rest was not read.
        let (history, payload) = rest.split_at(rest.len().min(8 * self.history_len));
        let earlier = history.chunks_exact(8).map(|id| u64_at(id, 0));
        (
            std::iter::once(self.write_id).chain(earlier).collect(),
            payload,
        )
    }

    /// The value of a deflated payload, or `None` where the payload is the
    /// value. Allocates no more than `max` bytes, whatever the entry claims.
    pub(crate) fn inflate(&self, payload: &[u8], max: usize) -> Result<Option<Vec<u8>>, Corrupt> {
        if !self.deflated {
            return Ok(None);
        }
        let (len, deflated) = payload.split_first_chunk::<4>().ok_or(Corrupt::Damaged)?;
        let len = u32::from_le_bytes(*len);
        if len as usize > max {
            return Err(Corrupt::TooLarge(u64::from(len)));
        }
        let value = compress::inflate(deflated, len as usize);
        value.map(Some).ok_or(Corrupt::Damaged)
    }
}

/// An entry about to be written: what to put, in two parts so that a large
/// value need not be copied behind its header.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) head: Vec<u8>,
    pub(crate) payload: Cow<'a, [u8]>,
}

/// What the writer of an entry decides.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) expires_at: i64,
    pub(crate) lease_until: i64,
    pub(crate) cost_ms: u32,
    pub(crate) write_id: u64,
    pub(crate) key_digest: [u8; 16],
}

impl Meta {
    /// That of an entry which is not being computed anew.
    pub(crate) fn new(write_id: u64, key_digest: [u8; 16], expires_at: i64) -> Self {
        Self {
            expires_at,
            lease_until: 0,
            cost_ms: 0,
            write_id,
            key_digest,
        }
    }
}

impl<'a> Entry<'a> {
    /// The entry of a value. The value is at most `u32::MAX` bytes (the options see to it).
    pub(crate) fn new(
        meta: &Meta,
        history: &[u64],
        value: &'a [u8],
        how: compress::Compression,
    ) -> Self {
        match compress::deflate(value, how) {
            None => Self::assemble(meta, 0, history, &[], value.into()),
            Some(deflated) => {
                let len = u32_len(value.len()).to_le_bytes();
                Self::assemble(meta, DEFLATED, history, &len, deflated.into())
            }
        }
    }

    /// The same value under another header: the payload passes through as it is.
    pub(crate) fn again(meta: &Meta, history: &[u64], deflated: bool, payload: &'a [u8]) -> Self {
        let flags = if deflated { DEFLATED } else { 0 };
        Self::assemble(meta, flags, history, &[], payload.into())
    }

    fn assemble(
        meta: &Meta,
        flags: u8,
        history: &[u64],
        before: &[u8],
        payload: Cow<'a, [u8]>,
    ) -> Self {
        let history = &history[..history.len().min(HISTORY)];
        let mut head = vec![0; HEADER];
        for id in history {
            head.extend_from_slice(&id.to_le_bytes());
        }
        head.extend_from_slice(before);
        let payload_sum = crc32(&[&head[HEADER..], &payload]);
        #[expect(clippy::cast_possible_truncation, reason = "at most HISTORY = 24")]
        let n = history.len() as u8;
        head[..4].copy_from_slice(&MAGIC);
        head[4] = flags;
        head[5] = n;
        head[8..16].copy_from_slice(&meta.expires_at.to_le_bytes());
        head[16..24].copy_from_slice(&meta.lease_until.to_le_bytes());
        head[24..28].copy_from_slice(&meta.cost_ms.to_le_bytes());
        head[32..36].copy_from_slice(&u32_len(before.len() + payload.len()).to_le_bytes());
        head[36..40].copy_from_slice(&payload_sum.to_le_bytes());
        head[40..48].copy_from_slice(&meta.write_id.to_le_bytes());
        head[48..HEADER].copy_from_slice(&meta.key_digest);
        let sum = header_sum(&head);
        head[28..32].copy_from_slice(&sum.to_le_bytes());
        Self { head, payload }
    }

    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        [&self.head, &self.payload]
    }
}

fn header_sum(header: &[u8]) -> u32 {
    crc32(&[&header[..28], &header[32..HEADER]])
}

/// `max_value_size` is at most `u32::MAX - 4`, so a longer one cannot come here.
fn u32_len(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(four)
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(eight)
}

#[cfg(test)]
mod tests;
