//! Every hash the crate takes, and the only room that names the hash crates.
//! Pure: bytes in, digests out.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest as _, Sha256};

/// The digest that names an object, as in Django's file based cache names.
pub(crate) fn sha1(bytes: &[u8]) -> [u8; 20] {
    sha1_smol::Sha1::from(bytes).digest().bytes()
}

/// SHA-256 of the concatenated parts.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// The value of a `Content-MD5` header.
pub(crate) fn md5_base64(bytes: &[u8]) -> String {
    BASE64_STANDARD.encode(md5::compute(bytes).0)
}

pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD.decode(text).ok()
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(DIGITS[usize::from(byte >> 4)].into());
        text.push(DIGITS[usize::from(byte & 15)].into());
    }
    text
}

/// CRC-32 as in gzip, PNG and zlib (reflected polynomial 0xEDB88320), taken
/// over the concatenated parts.
///
/// Ours rather than the Adler-32 that is in the dependency tree: Adler-32 is
/// weak on short inputs (RFC 3309), and a header is 60 bytes; CRC-32 notices
/// every error of up to 32 bits in a row and, at a header's length, every one
/// of up to four bits anywhere (Koopman, "CRC polynomial zoo", 0x82608EDB).
pub(crate) fn crc32(parts: &[&[u8]]) -> u32 {
    !parts.iter().fold(!0, |crc, part| crc32_on(crc, part))
}

/// Each step waits for the one before it, so a long part is taken in four
/// stripes at a time, and these put together: three times as fast.
fn crc32_on(crc: u32, part: &[u8]) -> u32 {
    const WORTH_IT: usize = 256;
    let len = part.len() / 4 / 8 * 8;
    if len < WORTH_IT {
        return one_stripe(crc, part);
    }
    let (stripes, rest) = part.split_at(4 * len);
    let stripe = |at: usize| stripes[at * len..][..len].as_chunks().0.iter();
    let mut sums = [crc, 0, 0, 0];
    for (first, (second, (third, fourth))) in stripe(0).zip(stripe(1).zip(stripe(2).zip(stripe(3))))
    {
        sums = [
            eight(sums[0], *first),
            eight(sums[1], *second),
            eight(sums[2], *third),
            eight(sums[3], *fourth),
        ];
    }
    let join = |so_far, next| shift(so_far, len) ^ next;
    one_stripe(sums.into_iter().reduce(join).unwrap_or_default(), rest)
}

fn one_stripe(crc: u32, part: &[u8]) -> u32 {
    let (eights, rest) = part.as_chunks();
    let crc = eights.iter().fold(crc, |crc, bytes| eight(crc, *bytes));
    rest.iter().fold(crc, |crc, byte| {
        (crc >> 8) ^ TABLES[0][usize::from(crc.to_le_bytes()[0] ^ byte)]
    })
}

/// Eight bytes at once ("slicing-by-8", Kounavis and Berry 2005).
fn eight(crc: u32, bytes: [u8; 8]) -> u32 {
    let b = (u64::from_le_bytes(bytes) ^ u64::from(crc)).to_le_bytes();
    let of = |i: usize| TABLES[7 - i][usize::from(b[i])];
    of(0) ^ of(1) ^ of(2) ^ of(3) ^ of(4) ^ of(5) ^ of(6) ^ of(7)
}

/// A sum as it would be with so many zero bytes after it: times x^(8 bytes),
/// modulo the polynomial. The highest bit is x^0.
fn shift(mut sum: u32, mut bytes: usize) -> u32 {
    let mut square = 1 << (31 - 8);
    while bytes > 0 {
        if bytes & 1 == 1 {
            sum = multiply(square, sum);
        }
        square = multiply(square, square);
        bytes >>= 1;
    }
    sum
}

fn multiply(a: u32, mut b: u32) -> u32 {
    let mut product = 0;
    for power in (0..32).rev() {
        if a >> power & 1 == 1 {
            product ^= b;
        }
        b = (b >> 1) ^ (POLYNOMIAL & (b & 1).wrapping_neg());
    }
    product
}

const POLYNOMIAL: u32 = 0xEDB8_8320;

/// `TABLES[k][b]` is what byte `b` contributes when `k` more bytes follow it
/// in its group of eight.
static TABLES: [[u32; 256]; 8] = {
    let mut tables = [[0_u32; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "byte < 256")]
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg());
            bit += 1;
        }
        tables[0][byte] = crc;
        byte += 1;
    }
    let mut k = 1;
    while k < 8 {
        let mut byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
};

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32/ISO-HDLC, and the same however it is cut.
    #[test]
    fn crc32_check_value() {
        assert_eq!(crc32(&[b"123456789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[]), 0);
        for len in (0..70).chain(1000..1100).chain([4096, 9999, 100_003]) {
            let long: Vec<u8> = (0..=255).cycle().take(len).collect();
            let bytewise = long.iter().fold(!0_u32, |crc, b| {
                (crc >> 8) ^ TABLES[0][usize::from(crc.to_le_bytes()[0] ^ b)]
            });
            assert_eq!(crc32(&[&long]), !bytewise, "{len}");
            let (head, tail) = long.split_at(len / 3);
            assert_eq!(crc32(&[head, tail]), !bytewise, "{len}");
        }
    }

    /// FIPS 180-2 appendix and RFC 1321 A.5 examples.
    #[test]
    fn published_digests() {
        assert_eq!(
            hex(&sha1(b"abc")),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            hex(&sha256(&[b"a", b"bc"])),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(md5_base64(b"abc"), "kAFQmDzST7DWlj99KOF/cg==");
    }
}
