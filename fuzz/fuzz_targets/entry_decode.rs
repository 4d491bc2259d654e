//! Any bytes as an object, as they are and with sums that hold. See
//! `fuzz/README.md`.
#![no_main]

mod bound;

use bound::within;
use libfuzzer_sys::fuzz_target;
use s3cache::Compression;
use s3cache::fuzzing::{Whole, decode, encode, header_size, pass_on};

const HEADER: usize = 64;
/// For what is not the value: the state of inflating, and the history.
const SMALL: usize = 32 << 10;

fuzz_target!(|bytes: &[u8]| {
    read(bytes);
    if bytes.len() < HEADER {
        return;
    }
    let mut object = bytes.to_vec();
    seal(&mut object);
    read(&object);
    // All that a sum could have proved, so that what lies behind is reached.
    object[..4].copy_from_slice(b"S3C\x01");
    object[4] &= 1;
    object[5] %= 25;
    object[6..8].fill(0);
    let payload = (object.len() - HEADER).saturating_sub(8 * usize::from(object[5]));
    object[32..36].copy_from_slice(&u32::try_from(payload).unwrap().to_le_bytes());
    seal(&mut object);
    read(&object);
    // What is not deflated is an entry by now, whatever else it says.
    if object[4] == 0 && object.len() >= HEADER + 8 * usize::from(object[5]) {
        let key = object[48..HEADER].try_into().unwrap();
        let whole = decode(&object, &key, payload).unwrap();
        assert_eq!(whole.value, object[object.len() - payload..]);
    }
});

fn read(object: &[u8]) {
    let mut key = [0; 16];
    if let Some(told) = object.get(48..HEADER) {
        key.copy_from_slice(told);
    }
    if let Some(header) = object.get(..HEADER) {
        assert_eq!(header_size(header), header_size(object));
    }
    for max in [0, 100, 1 << 16] {
        match within(max + SMALL, || decode(object, &key, max)) {
            Ok(whole) => {
                assert!(whole.value.len() <= max);
                judge(object, &whole);
            }
            // A wider bound would not find it foreign, nor a narrower one whole.
            Err("too large") => assert_ne!(decode(object, &key, max), Err("foreign")),
            Err(why) => assert_eq!(decode(object, &key, 1 << 16), Err(why)),
        }
    }
    key[0] ^= 1;
    assert!(decode(object, &key, 1 << 16).is_err());
}

/// It says all that it says once more, and nothing more.
fn judge(object: &[u8], whole: &Whole) {
    let key = &whole.key_digest;
    assert_eq!(header_size(object), Some(object.len() as u64));
    assert_eq!(pass_on(whole, object).as_deref(), Some(object));
    let deflate = Compression::Deflate {
        level: 1,
        threshold: 0,
    };
    for how in [Compression::Off, deflate] {
        let again = encode(whole, how);
        assert_eq!(decode(&again, key, 1 << 17).as_ref(), Ok(whole));
    }
    let cut = object.len() - 1;
    assert!(decode(&object[..cut], key, 1 << 17).is_err());
    // Of a deflated value, only the right length is right.
    let at = HEADER + 8 * whole.history.len();
    let len = u32::try_from(whole.value.len()).unwrap();
    if object[4] == 1 {
        for wrong in [len.wrapping_sub(1), len + 1] {
            let mut lying = object.to_vec();
            lying[at..at + 4].copy_from_slice(&wrong.to_le_bytes());
            seal(&mut lying);
            assert!(decode(&lying, key, 1 << 17).is_err());
        }
    }
}

/// Puts both sums right.
fn seal(object: &mut [u8]) {
    let sum = crc32(&object[HEADER..]);
    object[36..40].copy_from_slice(&sum.to_le_bytes());
    let sum = crc32(&[&object[..28], &object[32..HEADER]].concat());
    object[28..32].copy_from_slice(&sum.to_le_bytes());
}

/// Bit by bit: an independent judge of the library's.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(!0, byte)
}
