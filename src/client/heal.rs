//! What a refusal teaches: the bucket's region, that the keys have expired,
//! that the bucket is still to be made, what time it is. Each is put right once for a call, and
//! what was learned is kept for the calls after it.

use std::sync::{Arc, PoisonError};

use super::Client;
use super::call::Call;
use super::fault::Refusal;
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind as K, Result};
use crate::journal;

/// What has been put right for a call.
#[derive(Debug, Default)]
pub(super) struct Healed {
    of: Vec<Ill>,
    /// What was known of the server's clock when the call was last sent.
    pub(super) skew: Option<i64>,
    /// An earlier try that may have been carried out.
    pub(super) open: Option<Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ill {
    Region,
    Keys,
    Bucket,
    Clock,
}

impl Healed {
    /// For what is asked while the bucket is being made: not to make it again.
    pub(super) fn with_bucket() -> Self {
        Self {
            of: vec![Ill::Bucket],
            ..Self::default()
        }
    }

    /// Once for each.
    fn may(&mut self, ill: Ill) -> bool {
        let may = !self.of.contains(&ill);
        self.of.push(ill);
        may
    }
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
        let Refusal { mut error, region } = refusal;
        let again = match (error.kind(), region, keys) {
            (K::WrongRegion, Some(region), _) if region == asked.region => {
                error = error.with_remedy(format!(
                    "{region:?} is the region that was asked for: check the endpoint"
                ));
                false
            }
            (K::AccessDenied, _, None) => {
                error = error.with_remedy(
                    "nothing is signed, as the option anonymous says: that is for what anybody may do",
                );
                false
            }
            (K::WrongRegion, Some(region), _) if healed.may(Ill::Region) => {
                self.move_to(asked, &region)
            }
            (K::BadCredentials, _, Some(keys)) if is_expired(&error) && healed.may(Ill::Keys) => {
                self.keyring.renew(keys, self.now())?.is_some()
            }
            (K::NoSuchBucket, ..) if self.creation.auto && healed.may(Ill::Bucket) => {
                self.create_bucket()?;
                true
            }
            // A write is dated by the clock as well: it is for its maker to make again.
            (K::ClockSkew, ..) if call.operation != "PutObject" && healed.may(Ill::Clock) => {
                self.clock.skew() != healed.skew
            }
            _ => false,
        };
        Ok((!again).then_some(error))
    }

    /// Whether there is somewhere else to ask. Of AWS only the region's own
    /// host is ever taken from a hint, so nothing that is signed leaves AWS;
    /// any other endpoint stays, and is signed for with the new region.
    fn move_to(&self, asked: &Endpoint, region: &str) -> bool {
        let Ok(there) = asked.in_region(region) else {
            return false;
        };
        journal::warn(format_args!(
            "the bucket {} is in {region}: the option region says {}",
            self.bucket, asked.region
        ));
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
        Some("ExpiredToken" | "InvalidToken" | "TokenRefreshRequired")
    )
}
