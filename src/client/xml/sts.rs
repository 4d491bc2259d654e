//! The replies of the Security Token Service to `AssumeRoleWithWebIdentity`.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>

use super::{read, read_error};

/// Keys of a role, as they stand there; what is missing is empty.
#[derive(Default)]
pub(crate) struct Assumed {
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
    pub(crate) session_token: String,
    pub(crate) expiration: String,
}

pub(crate) fn read_assumed(xml: &[u8]) -> Option<Assumed> {
    let mut keys = Assumed::default();
    read(xml, "AssumeRoleWithWebIdentityResponse", |path, text| {
        let ["AssumeRoleWithWebIdentityResult", "Credentials", name] = path else {
            return;
        };
        let field = match *name {
            "AccessKeyId" => &mut keys.access_key,
            "SecretAccessKey" => &mut keys.secret_key,
            "SessionToken" => &mut keys.session_token,
            "Expiration" => &mut keys.expiration,
            _ => return,
        };
        text.trim().clone_into(field);
    })?;
    Some(keys)
}

/// The code of a refusal; of S3's own kind, where an S3 was asked that has no
/// such service.
pub(crate) fn read_sts_code(xml: &[u8]) -> Option<String> {
    let mut code = String::new();
    let told = read(xml, "ErrorResponse", |path, text| {
        if let ["Error", "Code"] = path {
            text.trim().clone_into(&mut code);
        }
    });
    match told {
        Some(()) => Some(code),
        None => read_error(xml).map(|error| error.code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_refusals() {
        let keys = read_assumed(
            b"<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
            <AssumeRoleWithWebIdentityResult><AssumedRoleUser><Arn>a</Arn></AssumedRoleUser>\
            <Credentials><SessionToken>t&amp;</SessionToken><SecretAccessKey> s </SecretAccessKey>\
            <Expiration>e</Expiration><AccessKeyId>k</AccessKeyId></Credentials>\
            </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>",
        )
        .unwrap();
        let told = [
            keys.access_key,
            keys.secret_key,
            keys.session_token,
            keys.expiration,
        ];
        assert_eq!(told, ["k", "s", "t&", "e"]);
        let refused = b"<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code></Error></ErrorResponse>";
        assert_eq!(
            read_sts_code(refused).as_deref(),
            Some("ExpiredTokenException")
        );
        assert!(read_assumed(refused).is_none());
        let of_s3 = read_sts_code(b"<Error><Code>MethodNotAllowed</Code></Error>");
        assert_eq!(of_s3.as_deref(), Some("MethodNotAllowed"));
        assert_eq!(read_sts_code(b"<html/>"), None);
    }
}
