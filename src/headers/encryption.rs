//! Encryption by the server, as headers: with its own key, with one of AWS's
//! key service, or with the customer's, which comes with each read and write.

use super::{Header, header};
use crate::digest::{from_base64, md5_base64};
use crate::endpoint::Endpoint;
use crate::error::{Result, invalid};
use crate::options::Objects;

#[derive(Default)]
pub(super) struct Encryption {
    pub(super) put: Vec<Header>,
    pub(super) get: Vec<Header>,
}

impl Encryption {
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/serv-side-encryption.html>
    pub(super) fn check(given: &Objects, endpoint: &Endpoint) -> Result<Self> {
        let how = given.encryption.as_deref().unwrap_or_default();
        let how = how.to_ascii_lowercase();
        let key_id = given
            .encryption_key_id
            .as_deref()
            .filter(|id| !id.is_empty());
        let customer = given.encryption_customer_key.as_deref();
        let customer = customer.filter(|key| !key.is_empty());
        let kms = matches!(&*how, "aws:kms" | "aws:kms:dsse");
        if key_id.is_some() && !kms {
            return Err(invalid(
                "encryption_key_id",
                "it is for encryption = aws:kms alone",
            ));
        }
        if customer.is_some() && !matches!(&*how, "customer" | "") {
            return Err(invalid(
                "encryption_customer_key",
                "it is for encryption = customer alone",
            ));
        }
        let name = "x-amz-server-side-encryption";
        match &*how {
            "customer" => Self::customer(customer, endpoint),
            "" if customer.is_some() => Self::customer(customer, endpoint),
            "" | "no" => Ok(Self::default()),
            "aes256" => Ok(Self {
                put: vec![(name.into(), "AES256".into())],
                get: Vec::new(),
            }),
            _ if kms => {
                let mut put = vec![(name.to_owned(), how)];
                if let Some(id) = key_id {
                    let (name, value) = header(
                        "encryption_key_id",
                        "x-amz-server-side-encryption-aws-kms-key-id",
                        id,
                    )?;
                    put.push((name, value));
                }
                Ok(Self {
                    put,
                    get: Vec::new(),
                })
            }
            _ => Err(invalid(
                "encryption",
                "it is AES256, aws:kms, aws:kms:dsse, customer or no",
            )),
        }
    }

    fn customer(key: Option<&str>, endpoint: &Endpoint) -> Result<Self> {
        let option = "encryption_customer_key";
        let Some(bytes) = key.and_then(from_base64).filter(|key| key.len() == 32) else {
            return Err(invalid(
                option,
                "it is 32 bytes in base64, 44 characters, as `openssl rand -base64 32` prints them",
            ));
        };
        if endpoint.is_in_the_clear() {
            return Err(invalid(
                option,
                "it goes with every request, and so over https only",
            ));
        }
        let name = |end: &str| format!("x-amz-server-side-encryption-customer-{end}");
        let headers = vec![
            (name("algorithm"), "AES256".to_owned()),
            (name("key"), key.unwrap_or_default().to_owned()),
            (name("key-md5"), md5_base64(&bytes)),
        ];
        Ok(Self {
            put: headers.clone(),
            get: headers,
        })
    }
}
