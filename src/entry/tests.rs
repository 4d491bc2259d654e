use super::*;
use crate::compress::Compression;
use crate::digest::{hex, sha256};
use proptest::prelude::*;

const META: Meta = Meta {
    expires_at: 1_800_000_000_123,
    lease_until: 0,
    cost_ms: 0,
    write_id: 0x0123_4567_89ab_cdef,
    key_digest: *b"sixteen byte sum",
};
const DEFLATE: Compression = Compression::Deflate {
    level: 1,
    threshold: 0,
};

fn encode(meta: &Meta, history: &[u64], value: &[u8], how: Compression) -> Vec<u8> {
    Entry::new(meta, history, value, how).parts().concat()
}

/// What the reading side does, step by step.
fn decode(entry: &[u8], key: &[u8; 16], max: usize) -> Result<(Header, Vec<u8>), Corrupt> {
    let header = Header::decode(entry, key)?.check_size(Some(entry.len() as u64))?;
    let rest = &entry[HEADER..];
    header.verify(rest)?;
    let (_, payload) = header.split(rest);
    let value = header.inflate(payload, max)?;
    let value = value.unwrap_or_else(|| payload.to_vec());
    Ok((header, value))
}

/// `tests/vectors.txt` is the format's reference for other languages: each
/// line is read as it says, and the plain ones are written byte for byte.
#[test]
fn the_published_vectors() {
    let text = include_str!("../../tests/vectors.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let mut seen = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(' ').collect();
        let [name, key, expires_at, write_id, history, value, entry] = fields[..] else {
            panic!("{line}");
        };
        let meta = Meta {
            expires_at: expires_at.parse().unwrap(),
            write_id: u64::from_str_radix(write_id, 16).unwrap(),
            lease_until: 0,
            cost_ms: 0,
            key_digest: sha256(&[key.as_bytes()])[..16].try_into().unwrap(),
        };
        let ids = history.split(',').filter(|id| *id != "-");
        let history: Vec<u64> = ids.map(|id| u64::from_str_radix(id, 16).unwrap()).collect();
        let value = unhex(value);
        let (header, found) = decode(&unhex(entry), &meta.key_digest, 1000).expect(name);
        assert_eq!(found, value, "{name}");
        assert_eq!(header.expires_at, meta.expires_at, "{name}");
        let rest = &unhex(entry)[HEADER..];
        let ids = header.split(rest).0;
        assert_eq!(ids, [&[meta.write_id], &history[..]].concat(), "{name}");
        if !header.deflated {
            let written = encode(&meta, &history, &value, Compression::Off);
            assert_eq!(hex(&written), entry, "{name}");
        }
        seen += 1;
    }
    assert_eq!(seen, 5);
}

fn unhex(digits: &str) -> Vec<u8> {
    let digits = digits.strip_prefix('-').unwrap_or(digits);
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

#[test]
fn every_flipped_bit_and_every_truncation_is_noticed() {
    let text = b"all work and no play makes jack a dull boy; ".repeat(6);
    let history: Vec<u64> = (0..30).collect();
    // Miri takes minutes for all; these are of all eight kinds.
    let step = if cfg!(miri) { 61 } else { 1 };
    for (value, how, history) in [
        (&b""[..], Compression::Off, &[][..]),
        (b"v", Compression::Off, &history[..1]),
        (&text, Compression::Off, &history),
        (&text, DEFLATE, &[]),
        (&text, DEFLATE, &history),
    ] {
        let entry = encode(&META, history, value, how);
        let (header, found) = decode(&entry, &META.key_digest, 1000).unwrap();
        assert_eq!(found, value);
        assert_eq!(header.deflated, how == DEFLATE);
        for bit in (0..entry.len() * 8).step_by(step) {
            let mut broken = entry.clone();
            broken[bit / 8] ^= 1 << (bit % 8);
            assert!(
                decode(&broken, &META.key_digest, 1000).is_err(),
                "bit {bit}"
            );
        }
        for len in (0..entry.len()).step_by(step) {
            assert!(
                decode(&entry[..len], &META.key_digest, 1000).is_err(),
                "{len}"
            );
        }
        let longer = [&entry[..], b"\0"].concat();
        assert!(decode(&longer, &META.key_digest, 1000).is_err());
    }
}

#[test]
fn what_a_header_refuses() {
    let entry = encode(&META, &[], b"value", Compression::Off);
    let refused = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut entry = entry.clone();
        change(&mut entry);
        let sum = header_sum(&entry);
        entry[28..32].copy_from_slice(&sum.to_le_bytes());
        decode(&entry, &META.key_digest, 1000).unwrap_err()
    };
    assert_eq!(refused(&|e| e[3] = 2), Corrupt::Foreign, "a later format");
    assert_eq!(refused(&|e| e[4] = 2), Corrupt::Foreign, "sealed");
    assert_eq!(refused(&|e| e[4] = 0x80), Corrupt::Foreign);
    assert_eq!(refused(&|e| e[5] = 25), Corrupt::Foreign);
    assert_eq!(refused(&|e| e[6] = 1), Corrupt::Foreign);
    assert_eq!(refused(&|e| e[5] = 1), Corrupt::Damaged, "no such history");
    assert_eq!(
        decode(&entry, b"other key sum!!!", 1000).unwrap_err(),
        Corrupt::OtherKey
    );
}

/// A megabyte of zeroes in a kilobyte: refused by the length it states, and,
/// where it states less than the truth, by the bound on inflating.
#[test]
fn a_deflate_bomb_is_refused() {
    // Miri takes two minutes for a megabyte.
    let size: u32 = if cfg!(miri) { 1 << 16 } else { 1 << 20 };
    let bomb = encode(&META, &[], &vec![0; size as usize], DEFLATE);
    assert!(bomb.len() < 8 << 10);
    assert_eq!(
        decode(&bomb, &META.key_digest, 1000).unwrap_err(),
        Corrupt::TooLarge(size.into())
    );
    let header = Header::decode(&bomb, &META.key_digest).unwrap();
    let mut payload = bomb[HEADER..].to_vec();
    payload[..4].copy_from_slice(&1000_u32.to_le_bytes());
    assert_eq!(header.inflate(&payload, 1000), Err(Corrupt::Damaged));
}

/// The length that goes before what is deflated counts as well: a value as
/// long as `max_value_size` would be refused when it is read.
#[test]
fn no_entry_is_longer_for_being_deflated() {
    for value in [b"\0\0\0\0\0\0\0\x02\0\n".to_vec(), vec![b'x'; 10]] {
        let plain = encode(&META, &[], &value, Compression::Off);
        let entry = encode(&META, &[], &value, DEFLATE);
        assert!(entry.len() <= plain.len(), "{value:?}");
    }
    // Miri takes a part of a second for each.
    let most = if cfg!(miri) { 20 } else { 300 };
    for len in 0..most {
        let value: Vec<u8> = (0..len).map(|at| b"abcdefgh"[at * at % 8]).collect();
        let entry = encode(&META, &[], &value, DEFLATE);
        assert!(entry.len() <= HEADER + len, "{len}");
    }
}

/// `touch` writes the payload again as it is, with the ids of the writes before.
#[test]
fn a_payload_passes_through() {
    let entry = encode(&META, &[7], &[b'x'; 500], DEFLATE);
    let (header, value) = decode(&entry, &META.key_digest, 1000).unwrap();
    let (ids, payload) = header.split(&entry[HEADER..]);
    let later = Meta {
        expires_at: NEVER,
        write_id: 9,
        ..META
    };
    let again = Entry::again(&later, &ids, header.deflated, payload);
    let again = again.parts().concat();
    let (header, same) = decode(&again, &META.key_digest, 1000).unwrap();
    assert_eq!(same, value);
    assert!(!header.is_expired(i64::MAX));
    assert_eq!(header.split(&again[HEADER..]).0, [9, META.write_id, 7]);
}

#[test]
fn expired_once_the_moment_has_come() {
    let entry = encode(&META, &[], b"", Compression::Off);
    let (header, _) = decode(&entry, &META.key_digest, 0).unwrap();
    assert!(!header.is_expired(META.expires_at - 1));
    assert!(header.is_expired(META.expires_at));
    assert!(header.is_expired(i64::MAX));
}

proptest! {
    #[test]
    fn any_value_comes_back(
        value: Vec<u8>,
        history in prop::collection::vec(any::<u64>(), 0..40),
        expires_at: i64,
        lease_until: i64,
        cost_ms: u32,
        write_id: u64,
        key_digest: [u8; 16],
        deflate: bool,
    ) {
        let meta = Meta { expires_at, lease_until, cost_ms, write_id, key_digest };
        let how = if deflate { DEFLATE } else { Compression::Off };
        let entry = encode(&meta, &history, &value, how);
        let (header, found) = decode(&entry, &key_digest, value.len()).unwrap();
        prop_assert_eq!(found, value);
        prop_assert_eq!(header.expires_at, expires_at);
        prop_assert_eq!((header.lease_until, header.cost_ms), (lease_until, cost_ms));
        let kept = &history[..history.len().min(HISTORY)];
        prop_assert_eq!(header.split(&entry[HEADER..]).0, [&[write_id], kept].concat());
    }

    /// With sums that hold, so that what lies behind them is reached.
    #[test]
    fn any_bytes_are_survived(mut bytes: Vec<u8>, flags in 0_u8..3, history in 0_u8..27, len: u32) {
        let _ = decode(&bytes, &META.key_digest, 100);
        bytes.resize(bytes.len().max(HEADER), 0);
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4] = flags;
        bytes[5] = history;
        bytes[6..8].fill(0);
        bytes[48..64].copy_from_slice(&META.key_digest);
        for len in [len, u32_len(bytes.len() - HEADER)] {
            bytes[32..36].copy_from_slice(&len.to_le_bytes());
            let sum = crc32(&[&bytes[HEADER..]]);
            bytes[36..40].copy_from_slice(&sum.to_le_bytes());
            let sum = header_sum(&bytes);
            bytes[28..32].copy_from_slice(&sum.to_le_bytes());
            if let Ok((_, value)) = decode(&bytes, &META.key_digest, 100) {
                prop_assert!(flags & DEFLATED == 0 || value.len() <= 100);
            }
        }
    }
}
