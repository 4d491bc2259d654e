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
    let mut crc = !0_u32;
    for part in parts {
        let mut eights = part.chunks_exact(8);
        for b in &mut eights {
            let low = crc ^ u32::from_le_bytes([b[0], b[1], b[2], b[3]]);
            let l = low.to_le_bytes().map(usize::from);
            crc = TABLES[7][l[0]]
                ^ TABLES[6][l[1]]
                ^ TABLES[5][l[2]]
                ^ TABLES[4][l[3]]
                ^ TABLES[3][usize::from(b[4])]
                ^ TABLES[2][usize::from(b[5])]
                ^ TABLES[1][usize::from(b[6])]
                ^ TABLES[0][usize::from(b[7])];
        }
        for byte in eights.remainder() {
            crc = (crc >> 8) ^ TABLES[0][usize::from(crc.to_le_bytes()[0] ^ byte)];
        }
    }
    !crc
}

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
            crc = if crc & 1 == 1 {
                (crc >> 1) ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
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
        let long: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let bytewise = long.iter().fold(!0_u32, |crc, b| {
            (crc >> 8) ^ TABLES[0][usize::from(crc.to_le_bytes()[0] ^ b)]
        });
        assert_eq!(crc32(&[&long]), !bytewise);
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
