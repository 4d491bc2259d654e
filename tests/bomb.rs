//! A small object that claims to be, or inflates to, a huge value: refused
//! without ever holding more than `max_value_size`. Alone in its process, as
//! the allocator counts for all of it.

mod support;

use peak_alloc::PeakAlloc;
use s3cache::{Cache, Compression, ErrorKind, Timeout};
use support::{Site, options};

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const MAX: usize = 1 << 20;
const BOMB: usize = 48 << 20;

#[test]
fn a_deflate_bomb_is_refused_within_the_bound() {
    let site = Site::start();
    let big = options(&site, "app").compress(Compression::FAST);
    let writer = Cache::open(big).unwrap();
    writer.set("k", vec![0; BOMB], Timeout::Never).unwrap();
    let name = site.list_raw(&site.location("app/")).remove(0);
    let bomb = site.get_raw(&name).unwrap();
    assert!(bomb.len() < MAX, "{}", bomb.len());

    let reader = Cache::open(options(&site, "app").max_value_size(MAX)).unwrap();
    let read = || {
        let before = ALLOCATOR.current_usage();
        ALLOCATOR.reset_peak_usage();
        let result = reader.get("k");
        (result, ALLOCATOR.peak_usage() - before)
    };
    // Once beforehand, for the connection's buffers.
    let _ = read();

    let (honest, peak) = read();
    assert_eq!(honest.unwrap_err().kind(), ErrorKind::ValueTooLarge);
    assert!(peak < 2 * MAX, "{peak}");

    // It says less than it holds, with sums that hold.
    let mut lying = bomb;
    lying[64..68].copy_from_slice(&(1_u32 << 20).to_le_bytes());
    let sum = crc32(&lying[64..]);
    lying[36..40].copy_from_slice(&sum.to_le_bytes());
    let sum = crc32(&[&lying[..28], &lying[32..64]].concat());
    lying[28..32].copy_from_slice(&sum.to_le_bytes());
    site.put_raw(&name, &lying);
    let (found, peak) = read();
    assert_eq!(found.unwrap(), None);
    assert!(peak < MAX + lying.len() + MAX / 2, "{peak}");
    assert_eq!(reader.stats().corrupt, 1);

    // It claims a payload that never comes.
    lying.truncate(64);
    lying[32..36].copy_from_slice(&u32::MAX.to_le_bytes());
    let sum = crc32(&[&lying[..28], &lying[32..64]].concat());
    lying[28..32].copy_from_slice(&sum.to_le_bytes());
    site.put_raw(&name, &lying);
    let (found, peak) = read();
    assert_eq!(found.unwrap(), None);
    assert!(peak < MAX / 2, "{peak}");
}

/// Bit by bit: an independent judge of the library's.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(!0, byte)
}
