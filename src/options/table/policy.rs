//! How values are stored, and how calls behave.

use crate::compress::Compression;
use crate::options::Options;
use crate::options::checked::CONTENT_TYPES;
use crate::options::duration::{DURATION, SPAN};
use crate::options::row::{Field, OptionRow, field};
use crate::options::text::{
    COMPRESSION, CONDITIONAL_WRITES, MEASURE, ON_ERROR, THRESHOLD, Unfit, YES_OR_NO, bytes,
};

pub(super) const ROWS: [OptionRow; 10] = [
    OptionRow {
        name: "compress",
        aliases: &["gzip", "is_gzipped"],
        allowed: "off, on, or a level from 1 (which is on) to 9",
        default: "off",
        doc: "Whether values are deflated where that saves a tenth.",
        field: Field {
            get: |options, defaults| {
                (field!(policy.compression, COMPRESSION).get)(options, defaults)
                    .filter(|_| !compresses_nothing(options))
            },
            ..field!(policy.compression, COMPRESSION)
        },
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "compress_threshold",
        allowed: "a size",
        default: "1KiB",
        doc: "Shorter values are stored as they are.",
        field: Field {
            set: |options, text| {
                let threshold = usize::try_from(bytes(text)?).map_err(|_| Unfit::default())?;
                options.compress_threshold = Some(threshold);
                Ok(())
            },
            get: |options, _| {
                let threshold = threshold(options).filter(|bytes| *bytes != THRESHOLD);
                threshold.map(|bytes| bytes.to_string())
            },
            reset: |options, _| options.compress_threshold = None,
        },
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "compress_content_types",
        aliases: &["gzip_content_types"],
        allowed: "content types with commas or blanks between them",
        default: "any",
        doc: "Compress only where `content_type` is among these: it says what all objects are, so this is a switch.",
        field: field!(policy.compress_content_types, CONTENT_TYPES),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "conditional_writes",
        allowed: "probe, assume or never",
        default: "probe",
        doc: "Try out what the engine makes of conditional writes, assume that it enforces them, or do without.",
        field: field!(policy.conditional_writes, CONDITIONAL_WRITES),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "add_reads_first",
        allowed: "yes or no",
        default: "no",
        doc: "`add` looks before it writes: for locks, as a refused PUT is billed too.",
        field: field!(policy.add_reads_first, YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "stale_for",
        allowed: "a duration",
        default: "0",
        doc: "For how long after its expiry `get_or_set` may still serve an entry; see *Stampedes*.",
        field: field!(policy.refresh.stale_for, DURATION),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "early",
        allowed: "a number from 0 on; 1 is the usual measure",
        default: "0",
        doc: "How eagerly `get_or_set` computes a value anew before it expires.",
        field: field!(policy.refresh.early, MEASURE),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "lease",
        allowed: "a duration longer than 0",
        default: "30s",
        doc: "How long one caller has to compute a value before another may take its place.",
        field: field!(policy.refresh.lease, SPAN),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "read_only",
        allowed: "yes or no",
        default: "no",
        doc: "Refuse every call that writes or deletes, before any request.",
        field: field!(policy.read_only, YES_OR_NO),
        ..OptionRow::PLAIN
    },
    OptionRow {
        name: "on_error",
        allowed: "report, miss or miss_all",
        default: "report",
        doc: "Where S3 cannot be reached: return the error, or let reads miss and drop writes; miss_all: also where it is misconfigured.",
        field: field!(policy.on_error, ON_ERROR),
        ..OptionRow::PLAIN
    },
];

/// What counts, wherever it was said.
fn threshold(options: &Options) -> Option<usize> {
    match (options.compress_threshold, options.policy.compression) {
        (Some(threshold), _) | (None, Compression::Deflate { threshold, .. }) => Some(threshold),
        (None, Compression::Off) => None,
    }
}

/// A list of content types that has none, which only the builder can give, is
/// as good as no compression, and is written as that.
fn compresses_nothing(options: &Options) -> bool {
    let types = &options.policy.compress_content_types;
    types.is_some() && (CONTENT_TYPES.write)(types).is_none()
}
