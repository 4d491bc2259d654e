//! Values as text: how each kind of them is read and written. Pure.
//!
//! What is written reads back as the same value.

use std::borrow::Cow;
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;

use crate::choice::CullOrder;
use crate::compress::Compression;
use crate::conditions::ConditionalWrites;
use crate::error::Error;

use super::OnError;

/// How a value is read and written. `write` gives nothing where there is
/// nothing to tell.
pub(super) struct Codec<T> {
    pub(super) read: fn(&str) -> Read<T>,
    pub(super) write: fn(&T) -> Option<String>,
}

pub(super) type Read<T> = Result<T, Unfit>;

/// Why a text is no value, beyond what the row says of those that are.
#[derive(Debug, Default)]
pub(super) struct Unfit {
    pub(super) why: Option<Cow<'static, str>>,
    /// The text may hold what nobody should see.
    pub(super) hidden: bool,
    /// What a rule of the crate's says of it, in place of the row.
    pub(super) rule: Option<Error>,
}

impl Unfit {
    pub(super) fn because(why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            why: Some(why.into()),
            ..Self::default()
        }
    }

    pub(super) fn hidden(self) -> Self {
        Self {
            hidden: true,
            ..self
        }
    }
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Self {
            rule: Some(error),
            ..Self::default()
        }
    }
}

/// Any text, as it is.
pub(super) const TEXT: Codec<String> = Codec {
    read: |text| Ok(text.to_owned()),
    write: |text| Some(text.clone()),
};

/// The same where there may be none.
pub(super) const SOME_TEXT: Codec<Option<String>> = Codec {
    read: |text| Ok(Some(text.to_owned())),
    write: |text| text.clone().filter(|text| !text.is_empty()),
};

/// A path that is no UTF-8 cannot be written.
pub(super) const PATH: Codec<Option<PathBuf>> = Codec {
    read: |text| Ok(Some(text.into())),
    write: |path| path.as_ref()?.to_str().map(str::to_owned),
};

pub(super) const YES_OR_NO: Codec<bool> = Codec {
    read: |text| truth(text).ok_or_else(Unfit::default),
    write: |yes| Some(word(*yes).to_owned()),
};

pub(super) fn truth(text: &str) -> Option<bool> {
    match &*plain(text) {
        "yes" | "true" | "on" | "1" => Some(true),
        "no" | "false" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// The same, or not said at all.
pub(super) const SOME_YES_OR_NO: Codec<Option<bool>> = Codec {
    read: |text| truth(text).map(Some).ok_or_else(Unfit::default),
    write: |said| said.map(|yes| word(yes).to_owned()),
};

pub(super) const YES_NO_OR_AUTO: Codec<Option<bool>> = Codec {
    read: |text| match &*plain(text) {
        "auto" => Ok(None),
        text => truth(text).map(Some).ok_or_else(Unfit::default),
    },
    write: |said| Some(said.map_or("auto", word).to_owned()),
};

/// Among the words, Python's names for the same of the package boto.
pub(super) const PATH_STYLE: Codec<Option<bool>> = Codec {
    read: |text| {
        let text = plain(text);
        // As in boto.s3.connection.OrdinaryCallingFormat.
        match text.rsplit('.').next().unwrap_or_default() {
            "auto" => Ok(None),
            "path" | "ordinarycallingformat" | "protocolindependentordinarycallingformat" => {
                Ok(Some(true))
            }
            "virtual" | "subdomaincallingformat" => Ok(Some(false)),
            "vhostcallingformat" => Err(Unfit::because(
                "VHostCallingFormat takes the bucket's name for the whole host, which is not done here: give that host as endpoint, or leave this out",
            )),
            _ => truth(&text).map(Some).ok_or_else(Unfit::default),
        }
    },
    write: |said| Some(said.map_or("auto", word).to_owned()),
};

pub(super) const fn number<T: FromStr + Display>() -> Codec<T> {
    Codec {
        read: |text| text.trim().parse().map_err(|_| Unfit::default()),
        write: |number| Some(number.to_string()),
    }
}

pub(super) const PORT: Codec<Option<u16>> = Codec {
    read: |text| match text.trim().parse() {
        Ok(0) | Err(_) => Err(Unfit::default()),
        Ok(port) => Ok(Some(port)),
    },
    write: |port| port.map(|port| port.to_string()),
};

/// How eager: a number from 0 on.
pub(super) const MEASURE: Codec<f64> = Codec {
    read: |text| match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err(Unfit::default()),
    },
    write: |number| Some(number.to_string()),
};

pub(super) const BYTES: Codec<u64> = Codec {
    read: bytes,
    write: |bytes| Some(bytes.to_string()),
};

/// Entries tell their length in 32 bits, and four bytes may come on top.
pub(super) const VALUE_SIZE: Codec<usize> = Codec {
    read: |text| {
        let fits = u32::try_from(bytes(text)?)
            .ok()
            .filter(|n| *n <= u32::MAX - 4);
        let size = fits.and_then(|n| usize::try_from(n).ok());
        size.ok_or_else(Unfit::default)
    },
    write: |bytes| Some(bytes.to_string()),
};

pub(super) fn bytes(text: &str) -> Read<u64> {
    let odd = || Unfit::because("units are KiB, MiB, GiB, TiB; without one it is bytes");
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let shift = match &*plain(unit) {
        "" | "b" => 0,
        "kib" => 10,
        "mib" => 20,
        "gib" => 30,
        "tib" => 40,
        _ => return Err(odd()),
    };
    let number = number.parse::<u64>().ok();
    let bytes = number.and_then(|number| number.checked_mul(1 << shift));
    bytes.ok_or_else(odd)
}

pub(super) const CULL_ORDER: Codec<CullOrder> = Codec {
    read: |text| match &*plain(text) {
        "oldest" => Ok(CullOrder::Oldest),
        "every_nth" => Ok(CullOrder::EveryNth),
        _ => Err(Unfit::default()),
    },
    write: |order| {
        Some(match order {
            CullOrder::Oldest => "oldest".into(),
            CullOrder::EveryNth => "every_nth".into(),
        })
    },
};

pub(super) const CONDITIONAL_WRITES: Codec<ConditionalWrites> = Codec {
    read: |text| match &*plain(text) {
        "probe" => Ok(ConditionalWrites::Probe),
        "assume" => Ok(ConditionalWrites::Assume),
        "never" => Ok(ConditionalWrites::Never),
        _ => Err(Unfit::default()),
    },
    write: |how| {
        Some(match how {
            ConditionalWrites::Probe => "probe".into(),
            ConditionalWrites::Assume => "assume".into(),
            ConditionalWrites::Never => "never".into(),
        })
    },
};

pub(super) const ON_ERROR: Codec<OnError> = Codec {
    read: |text| match &*plain(text) {
        "report" => Ok(OnError::Report),
        "miss" => Ok(OnError::Miss),
        "miss_all" => Ok(OnError::MissAll),
        _ => Err(Unfit::default()),
    },
    write: |how| {
        Some(match how {
            OnError::Report => "report".into(),
            OnError::Miss => "miss".into(),
            OnError::MissAll => "miss_all".into(),
        })
    },
};

/// 1 is a level and a yes: they are the same.
pub(super) const COMPRESSION: Codec<Compression> = Codec {
    read: |text| match (truth(text), text.trim().parse()) {
        (Some(false), _) => Ok(Compression::Off),
        (Some(true), _) => Ok(Compression::FAST),
        (None, Ok(level @ 2..=9)) => Ok(Compression::Deflate {
            level,
            threshold: THRESHOLD,
        }),
        _ => Err(Unfit::default()),
    },
    write: |how| {
        Some(match how {
            Compression::Off => "off".into(),
            Compression::Deflate { level: 1, .. } => "on".into(),
            Compression::Deflate { level, .. } => level.to_string(),
        })
    },
};

/// `Compression::FAST`'s.
pub(super) const THRESHOLD: usize = 1024;

/// A word without its blanks, in small letters, with `_` for `-`.
pub(super) fn plain(text: &str) -> String {
    text.trim().to_ascii_lowercase().replace('-', "_")
}
