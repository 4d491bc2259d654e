//! What a refusal teaches: the bucket's region, that the keys have expired,
//! that the bucket is still to be made. Each is put right once for a call, and
//! what was learned is kept for the calls after it.

use std::sync::{Arc, PoisonError};

use super::fault::Refusal;
use super::{Call, Client};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind as K, Result};
use crate::time;

/// What has been put right for a call.
#[derive(Debug, Default)]
pub(super) struct Healed {
    region: bool,
    keys: bool,
    bucket: bool,
}

impl Client {
    /// `None`: the call may be sent again. Else the error that stays.
    pub(super) fn heal(
        &self,
        call: &Call<'_>,
        refusal: Refusal,
        asked: &Arc<Endpoint>,
        keys: Option<&Arc<Credentials>>,
        healed: &mut Healed,
    ) -> Result<Option<Error>> {
        let Refusal { error, region } = refusal;
        let again = match (error.kind(), region, keys) {
            (K::WrongRegion, Some(region), _) if !healed.region => {
                healed.region = true;
                self.move_to(asked, &region)
            }
            (K::BadCredentials, _, Some(keys)) if !healed.keys && is_expired(&error) => {
                healed.keys = true;
                self.keyring.renew(keys, time::now())?.is_some()
            }
            (K::NoSuchBucket, ..) if self.creation.auto && !healed.bucket => {
                healed.bucket = true;
                if call.operation != "CreateBucket" {
                    self.create_bucket()?;
                }
                call.operation != "CreateBucket"
            }
            _ => false,
        };
        Ok((!again).then_some(error))
    }

    /// Whether there is somewhere else to ask. Of AWS only the region's own
    /// host is ever taken from a hint, so nothing that is signed leaves AWS;
    /// any other endpoint stays, and is signed for with the new region.
    fn move_to(&self, asked: &Endpoint, region: &str) -> bool {
        if asked.region == region {
            return false;
        }
        let Ok(there) = asked.in_region(region) else {
            return false;
        };
        let known = self.learned.endpoint.lock();
        *known.unwrap_or_else(PoisonError::into_inner) = Arc::new(there);
        true
    }

    /// Where the bucket was found to be.
    pub(crate) fn region(&self) -> String {
        self.endpoint().region.clone()
    }
}

fn is_expired(error: &Error) -> bool {
    matches!(
        error.code(),
        Some("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" | "ExpiredTokenException")
    )
}
