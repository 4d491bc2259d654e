//! Any entry: it comes back as it was, and no other does in its place. See
//! `fuzz/README.md`.
//!
//! The input: `expires_at` and `lease_until` (8 bytes each), `cost_ms` (4),
//! write id (8), how many earlier ids (1) and what they are made of (8), level
//! of compression (1, 0 for none), threshold (1, in 16 bytes), how often the
//! value is repeated (1) and what is added to it each time (1), the version
//! (1), where to damage it (4) and by what (4), the key (its length in 1 byte
//! before it), the value.
#![no_main]

mod tape;

use libfuzzer_sys::fuzz_target;
use s3cache::Compression;
use s3cache::fuzzing::{Whole, decode, encode, key_digest, pass_on};
use tape::Tape;

const HEADER: usize = 64;
const HISTORY: usize = 24;
/// Values long enough for all that is done with long ones.
const LONG: usize = 20_000;

fuzz_target!(|bytes: &[u8]| {
    let mut tape = Tape(bytes);
    let mut whole = Whole {
        expires_at: i64::from_le_bytes(tape.bytes()),
        lease_until: i64::from_le_bytes(tape.bytes()),
        cost_ms: u32::from_le_bytes(tape.bytes()),
        write_id: u64::from_le_bytes(tape.bytes()),
        history: Vec::new(),
        key_digest: [0; 16],
        value: Vec::new(),
    };
    let earlier = u64::from(tape.byte() % 40);
    let seed = u64::from_le_bytes(tape.bytes());
    whole.history = (1..=earlier).map(|nth| seed.wrapping_mul(nth)).collect();
    let (level, threshold) = (tape.byte(), usize::from(tape.byte()) * 16);
    let how = match level {
        0 => Compression::Off,
        level => Compression::Deflate { level, threshold },
    };
    let (times, salt) = (tape.byte(), tape.byte());
    let version = i64::from(tape.byte().cast_signed());
    let (place, damage) = (u32::from_le_bytes(tape.bytes()), tape.bytes::<4>());
    let key = tape.part();
    whole.key_digest = key_digest("", version, key);
    let value = tape.rest();
    for time in 0..=times {
        let add = time.wrapping_mul(salt);
        whole
            .value
            .extend(value.iter().map(|b| b.wrapping_add(add)));
        if whole.value.len() > LONG {
            break;
        }
    }

    let object = encode(&whole, how);
    whole.history.truncate(HISTORY);
    let max = whole.value.len();
    let read = |object: &[u8]| decode(object, &whole.key_digest, max);
    assert_eq!(read(&object).as_ref(), Ok(&whole));
    assert_eq!(pass_on(&whole, &object).as_ref(), Some(&object));
    if max > 0 {
        let narrow = decode(&object, &whole.key_digest, max - 1);
        assert_eq!(narrow, Err("too large"));
    }
    let others = [
        key_digest("", version.wrapping_add(1), key),
        key_digest("p", version, key),
        key_digest("", version, &[key, b"k"].concat()),
    ];
    for other in others {
        assert_eq!(decode(&object, &other, max), Err("other key"));
    }

    let place = usize::try_from(place).unwrap();
    let mut flipped = object.clone();
    flipped[place / 8 % object.len()] ^= 1 << (place % 8);
    assert!(read(&flipped).is_err());
    assert!(read(&object[..place % object.len()]).is_err());
    assert!(read(&[&object[..], &damage[..1]].concat()).is_err());
    if let Some(damaged) = damaged(&object, place, damage) {
        assert!(read(&damaged).is_err());
    }
});

/// Up to 32 bits in a row, changed: what such a sum is sure to notice, where
/// it is not the sum itself that is hit as well.
fn damaged(object: &[u8], place: usize, damage: [u8; 4]) -> Option<Vec<u8>> {
    let at = place % (object.len() - 3);
    let in_one_piece = at + 4 <= 28 || at >= HEADER || (at >= 40 && at + 4 <= HEADER);
    if damage == [0; 4] || !in_one_piece {
        return None;
    }
    let mut damaged = object.to_vec();
    for (byte, change) in damaged[at..].iter_mut().zip(damage) {
        *byte ^= change;
    }
    Some(damaged)
}
