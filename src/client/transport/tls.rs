//! Whose certificates are trusted: the public authorities', those of a file, or
//! anybody's. An annex of `transport`, where ureq is named.

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::error::{Result, invalid};
use crate::settings::Links;

pub(super) fn config(links: &Links) -> Result<TlsConfig> {
    let config = TlsConfig::builder().disable_verification(links.accept_invalid_certs);
    let roots = match &links.trusted {
        None => RootCerts::WebPki,
        Some(trusted) => certificates(&trusted.pem)
            .map_err(|error| trusted.file.blamed(error))?
            .into_iter()
            .into(),
    };
    Ok(config.root_certs(roots).build())
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>> {
    let mut trusted = Vec::new();
    let broken = || invalid("ca_file", "it is no file of certificates in PEM");
    for item in parse_pem(pem) {
        match item.map_err(|error| broken().with_source(error))? {
            // ureq passes over those it cannot read, and then trusts nobody.
            PemItem::Certificate(one) if !is_one_sequence(one.der()) => return Err(broken()),
            PemItem::Certificate(one) => trusted.push(one),
            _ => {}
        }
    }
    if trusted.is_empty() {
        return Err(invalid(
            "ca_file",
            "it holds no certificate: one begins with -----BEGIN CERTIFICATE-----",
        ));
    }
    Ok(trusted)
}

/// As every certificate is in DER: a tag, the length of the rest, the rest.
fn is_one_sequence(der: &[u8]) -> bool {
    let (len, rest) = match der {
        [0x30, len @ 0..=0x7f, rest @ ..] | [0x30, 0x81, len, rest @ ..] => {
            (usize::from(*len), rest)
        }
        [0x30, 0x82, a, b, rest @ ..] => (usize::from(u16::from_be_bytes([*a, *b])), rest),
        _ => return false,
    };
    rest.len() == len
}
