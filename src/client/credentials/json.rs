//! The reply of a metadata service: keys in JSON. The only room that names
//! `serde_json`. Pure, and total.
//! <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instance-metadata-security-credentials.html>

use serde_json::Value;

use crate::credentials::Credentials;
use crate::time::parse_iso8601;

/// Why it gives no keys.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    NotJson,
    /// Its `Code` is another than `Success`, and this.
    Code(String),
    Missing(&'static str),
    Unusable(&'static str),
}

pub(super) fn read(body: &[u8]) -> Result<Credentials, Flaw> {
    // Its error could quote what it was given.
    let value: Value = serde_json::from_slice(body).map_err(|_| Flaw::NotJson)?;
    let text = |name: &str| value.get(name)?.as_str().filter(|text| !text.is_empty());
    if let Some(code) = text("Code")
        && code != "Success"
    {
        return Err(Flaw::Code(code.to_owned()));
    }
    let needed = |name| text(name).ok_or(Flaw::Missing(name));
    let keys = Credentials {
        access_key: needed("AccessKeyId")?.to_owned(),
        secret_key: needed("SecretAccessKey")?.to_owned(),
        session_token: text("Token").map(str::to_owned),
        expires_at: match text("Expiration") {
            Some(date) => {
                let date = parse_iso8601(date);
                Some(date.ok_or(Flaw::Unusable("its Expiration is no date"))?)
            }
            None => None,
        },
    };
    keys.usable().map_err(Flaw::Unusable)
}

/// The code of an error, as a container's service words it.
pub(super) fn code(body: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let code = value.get("code").or_else(|| value.get("Code"))?;
    code.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_and_flaws() {
        let body = br#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"k","SecretAccessKey":"s",
            "Token":"t","Expiration":"2013-05-24T00:00:00Z","LastUpdated":"x"}"#;
        let keys = read(body).unwrap();
        let told = (
            &*keys.access_key,
            &*keys.secret_key,
            keys.session_token.as_deref(),
        );
        assert_eq!(told, ("k", "s", Some("t")));
        assert_eq!(keys.expires_at, Some(1_369_353_600_000));
        for (body, flaw) in [
            ("", Flaw::NotJson),
            ("<html>", Flaw::NotJson),
            ("[1]", Flaw::Missing("AccessKeyId")),
            (r#"{"Code":"Failed"}"#, Flaw::Code("Failed".into())),
            (r#"{"AccessKeyId":"k"}"#, Flaw::Missing("SecretAccessKey")),
            (
                r#"{"AccessKeyId":7,"SecretAccessKey":"s"}"#,
                Flaw::Missing("AccessKeyId"),
            ),
            (
                r#"{"AccessKeyId":"k","SecretAccessKey":"s","Expiration":"soon"}"#,
                Flaw::Unusable("its Expiration is no date"),
            ),
        ] {
            assert!(
                read(body.as_bytes()).is_err_and(|found| found == flaw),
                "{body}"
            );
        }
        let spaced = br#"{"AccessKeyId":"k","SecretAccessKey":"s p"}"#;
        assert!(matches!(read(spaced), Err(Flaw::Unusable(_))));
        let deep = "[".repeat(100_000);
        assert!(matches!(read(deep.as_bytes()), Err(Flaw::NotJson)));
        assert_eq!(code(br#"{"code":"Denied"}"#).as_deref(), Some("Denied"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>, text in r#"[{}\[\]",:a-z0-9]{0,40}"#) {
            let _ = (read(&bytes), code(&bytes), read(text.as_bytes()));
        }
    }
}
