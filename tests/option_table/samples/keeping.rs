//! How keys are named and entries kept.

use std::time::Duration;

use s3cache::{Compression, ConditionalWrites, CullOrder, OnError};

use super::{NEITHER, Sample, YES, row, text_only};

pub(super) const SAMPLES: [Sample; 19] = [
    row(
        "key_prefix",
        &[
            ("site", Some("site")),
            (" \u{fc}&=?#%+@ ", Some(" \u{fc}&=?#%+@ ")),
        ],
        &[],
        |o| o.key_prefix("site"),
    ),
    row(
        "version",
        &[
            ("2", Some("2")),
            ("-9223372036854775808", Some("-9223372036854775808")),
            ("1", None),
        ],
        &["two", "1.5", "9223372036854775808", "None"],
        |o| o.version(2),
    ),
    row("raw_keys", YES, NEITHER, |o| o.raw_keys(true)),
    row(
        "default_timeout",
        &[
            ("60", Some("60")),
            ("0.25", Some("0.25")),
            ("500ms", Some("0.5")),
            ("5m", None),
            ("300.0", None),
            ("1d", Some("86400")),
            ("never", Some("never")),
            ("None", Some("never")),
            ("0", Some("0")),
            ("-1", Some("0")),
        ],
        &["soon", "1w", "1e3", "--1", "1,5", "NaN", "inf"],
        |o| o.default_timeout(Duration::from_secs(60)),
    ),
    row(
        "max_entries",
        &[
            ("1000", Some("1000")),
            ("0", Some("0")),
            ("-1", Some("-1")),
            ("300", None),
        ],
        &["many", "1k", "1.5", "None"],
        |o| o.max_entries(1000),
    ),
    row(
        "max_bytes",
        &[
            ("1024", Some("1024")),
            ("2KiB", Some("2048")),
            ("3 mib", Some("3145728")),
            ("1GiB", Some("1073741824")),
            ("1 TiB", Some("1099511627776")),
            ("5 B", Some("5")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("0", None),
        ],
        &["many", "-1", "1KB", "1.5MiB", "MiB", "16777216TiB"],
        |o| o.max_bytes(1024),
    ),
    row(
        "cull_order",
        &[
            ("every_nth", Some("every_nth")),
            ("Every-Nth", Some("every_nth")),
            ("OLDEST", None),
        ],
        &["newest", "1"],
        |o| o.cull_order(CullOrder::EveryNth),
    ),
    row(
        "cull_frequency",
        &[("2", Some("2")), ("0", Some("0")), ("3", None)],
        &["often", "-1", "4294967296"],
        |o| o.cull_frequency(2),
    ),
    row(
        "max_value_size",
        &[
            ("1MiB", Some("1048576")),
            ("0", Some("0")),
            ("67108864", None),
        ],
        &["big", "4GiB", "-1", "1MB"],
        |o| o.max_value_size(1 << 20),
    ),
    row(
        "compress",
        &[
            ("on", Some("on")),
            ("9", Some("9")),
            ("1", Some("on")),
            ("True", Some("on")),
            ("off", None),
            ("0", None),
        ],
        &["10", "-1", "gzip", "fast"],
        |o| o.compress(Compression::FAST),
    ),
    text_only(
        "compress_threshold",
        &[("0", Some("0")), ("4KiB", Some("4096")), ("1KiB", None)],
        &["small", "-1", "1KB"],
    ),
    row(
        "compress_content_types",
        &[
            ("text/css,image/svg+xml", Some("text/css,image/svg+xml")),
            (
                "('Text/CSS', 'application/x-javascript')",
                Some("text/css,application/x-javascript"),
            ),
            ("['text/css']", Some("text/css")),
            (
                "text/css; text/html;charset=utf-8",
                Some("text/css,text/html"),
            ),
            ("()", None),
        ],
        &["css", "text/", "text/css charset=utf-8"],
        |o| o.compress_content_types(["text/css", "image/svg+xml"]),
    ),
    row(
        "conditional_writes",
        &[
            ("assume", Some("assume")),
            ("Never", Some("never")),
            ("probe", None),
        ],
        &["maybe", "yes"],
        |o| o.conditional_writes(ConditionalWrites::Assume),
    ),
    row("add_reads_first", YES, NEITHER, |o| o.add_reads_first(true)),
    row(
        "stale_for",
        &[("60", Some("60")), ("1m", Some("60")), ("0", None)],
        &["long", "-1", "never"],
        |o| o.stale_for(Duration::from_secs(60)),
    ),
    row(
        "early",
        &[
            ("1", Some("1")),
            ("0.5", Some("0.5")),
            ("1e-3", Some("0.001")),
            ("0.0", None),
        ],
        &["very", "-1", "inf", "NaN"],
        |o| o.early(1.0),
    ),
    row(
        "lease",
        &[("60", Some("60")), ("100ms", Some("0.1")), ("30s", None)],
        &["long", "0", "-1"],
        |o| o.lease(Duration::from_secs(60)),
    ),
    row("read_only", YES, NEITHER, |o| o.read_only(true)),
    row(
        "on_error",
        &[("miss", Some("miss")), ("Report", None)],
        &["ignore", "raise"],
        |o| o.on_error(OnError::Miss),
    ),
];
