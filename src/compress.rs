//! Deflate, where it pays, and inflate within a stated length. Pure; the only
//! room that names `miniz_oxide`.

use miniz_oxide::deflate::compress_to_vec;
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags};

/// Whether values are deflated before they are stored.
///
/// Off by default: it costs more time than it saves on a network faster than
/// about 150 MB/s. Entries say of themselves whether they are deflated, so the
/// setting may change at any time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Values are stored as they are.
    #[default]
    Off,
    /// Values of at least `threshold` bytes are deflated, and kept so where
    /// that saves a tenth. One above 16 KiB is deflated only if its first 4 KiB,
    /// or 4 KiB of its middle, shrink by as much.
    Deflate {
        /// 1 (fast, the usual choice) to 9 (small).
        level: u8,
        /// In bytes; below some hundreds there is little to gain.
        threshold: usize,
    },
}

impl Compression {
    /// Level 1, for values of at least 1024 bytes.
    pub const FAST: Self = Self::Deflate {
        level: 1,
        threshold: 1024,
    };
}

/// Bytes that the length takes which an entry puts before the deflated value.
const LENGTH: usize = 4;
/// So much of a long value is tried first.
const SAMPLE: usize = 4096;
const LONG: usize = 4 * SAMPLE;

/// The deflated value, or `None` where it is better stored as it is: what does
/// not shrink by a tenth costs more to inflate than its bytes save.
pub(crate) fn deflate(value: &[u8], how: Compression) -> Option<Vec<u8>> {
    let Compression::Deflate { level, threshold } = how else {
        return None;
    };
    if value.len() < threshold || value.is_empty() {
        return None;
    }
    let shrunk = |raw: &[u8]| {
        let deflated = compress_to_vec(raw, level);
        let saves = (deflated.len() + LENGTH) as u64 * 10 <= raw.len() as u64 * 9;
        saves.then_some(deflated)
    };
    if value.len() > LONG {
        let (head, middle) = (&value[..SAMPLE], &value[value.len() / 2..][..SAMPLE]);
        // What begins with noise, as a key or a thumbnail, need not go on so.
        if shrunk(head).is_none() && shrunk(middle).is_none() {
            return None;
        }
    }
    shrunk(value)
}

/// The `len` bytes that `deflated` stands for, or `None` if it stands for
/// anything else. Allocates just those.
pub(crate) fn inflate(deflated: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut value = vec![0; len];
    let mut state = Box::<DecompressorOxide>::default();
    let one_piece = inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let (status, _, written) = decompress(&mut state, deflated, &mut value, 0, one_piece);
    (status == TINFLStatus::Done && written == len).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_shrinks_and_comes_back() {
        let text = "the quick brown fox ".repeat(2000).into_bytes();
        // Miri takes ten seconds for each.
        let levels = if cfg!(miri) { 1..=1 } else { 1..=9 };
        for level in levels {
            let how = Compression::Deflate {
                level,
                threshold: 0,
            };
            let deflated = deflate(&text, how).unwrap();
            assert_eq!(inflate(&deflated, text.len()).unwrap(), text);
            assert_eq!(inflate(&deflated, text.len() - 1), None);
            assert_eq!(inflate(&deflated, text.len() + 1), None);
            assert_eq!(inflate(&deflated[..deflated.len() - 1], text.len()), None);
        }
    }

    const ALWAYS: Compression = Compression::Deflate {
        level: 1,
        threshold: 0,
    };

    /// What does not shrink.
    fn noise() -> Vec<u8> {
        let digests = (0..1_000_u32).map(|i| crate::digest::sha1(&i.to_le_bytes()));
        digests.flatten().collect()
    }

    #[test]
    fn a_tenth_must_be_saved_and_no_more() {
        let noise = noise();
        let (mut kept, mut left) = (0, 0);
        for len in [20_usize, 95, 1000, 4099] {
            for noisy in (0..=len).step_by(len.div_ceil(400)) {
                let value = [&noise[..noisy], &vec![0; len - noisy]].concat();
                let least = compress_to_vec(&value, 1).len() + LENGTH;
                let deflated = deflate(&value, ALWAYS);
                assert_eq!(
                    deflated.is_some(),
                    least * 10 <= len * 9,
                    "{noisy} of {len}"
                );
                match deflated {
                    Some(_) => kept += 1,
                    None => left += 1,
                }
            }
        }
        assert!(kept > 100 && left > 10, "{kept} {left}");
        // 18 of 20 bytes are enough.
        let short = [&noise[..9], &[0; 11]].concat();
        assert_eq!(deflate(&short, ALWAYS).unwrap().len() + LENGTH, 18);
    }

    #[test]
    fn a_long_value_is_judged_by_its_head_and_its_middle() {
        let noise = noise();
        let of = |parts: &[&[u8]]| deflate(&parts.concat(), Compression::FAST);
        let zeros = vec![0; 2 * LONG];
        assert!(of(&[&zeros, &noise, &zeros]).is_some());
        assert!(of(&[&noise, &zeros]).is_some());
        // A good head is not yet a tenth saved.
        assert!(of(&[&zeros[..1500], &noise]).is_none());
        // Neither promises anything, so the rest is not looked at; up to this length it is.
        let (some, gap) = (&noise[..SAMPLE], &zeros[..SAMPLE]);
        assert!(of(&[some, gap, some, gap]).is_some());
        assert!(of(&[some, gap, &[0], some, gap, &[0]]).is_none());
    }

    #[test]
    fn stored_as_it_is_where_that_is_better() {
        let noise = noise();
        assert_eq!(deflate(&noise, Compression::FAST), None);
        assert_eq!(deflate(&noise[..2000], Compression::FAST), None);
        assert_eq!(deflate(&[0; 1023], Compression::FAST), None);
        assert_eq!(deflate(&[0; 5000], Compression::Off), None);
        assert_eq!(deflate(b"", ALWAYS), None);
    }
}
