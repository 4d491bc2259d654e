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
    /// that saves a tenth.
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

/// The deflated value, or `None` where it is better stored as it is: what does
/// not shrink by a tenth costs more to inflate than its bytes save.
pub(crate) fn deflate(value: &[u8], how: Compression) -> Option<Vec<u8>> {
    let Compression::Deflate { level, threshold } = how else {
        return None;
    };
    if value.len() < threshold || value.is_empty() {
        return None;
    }
    let worth_it = |deflated: &Vec<u8>, raw: &[u8]| deflated.len() + LENGTH <= raw.len() / 10 * 9;
    if value.len() > 4 * SAMPLE {
        // From the middle: the head of a media file often shrinks where the rest does not.
        let sample = &value[value.len() / 2..][..SAMPLE];
        if !worth_it(&compress_to_vec(sample, level), sample) {
            return None;
        }
    }
    let deflated = compress_to_vec(value, level);
    worth_it(&deflated, value).then_some(deflated)
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

    #[test]
    fn stored_as_it_is_where_that_is_better() {
        let noise: Vec<u8> = (0..1_000_u32)
            .flat_map(|i| crate::digest::sha1(&i.to_le_bytes()))
            .collect();
        assert_eq!(deflate(&noise, Compression::FAST), None);
        assert_eq!(deflate(&noise[..2000], Compression::FAST), None);
        assert_eq!(deflate(&[0; 1023], Compression::FAST), None);
        assert_eq!(deflate(&[0; 5000], Compression::Off), None);
        let always = Compression::Deflate {
            level: 1,
            threshold: 0,
        };
        assert_eq!(deflate(b"", always), None);
    }
}
