//! One call from its first request to its outcome: signed, sent, put right
//! where its refusal says how, and tried again where that may help.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::call::{Answer, Call};
use super::fault::Failure;
use super::heal::Healed;
use super::outgoing::Outgoing;
use super::retry::may_pass;
use super::sign::Unsigned;
use super::transport::{self, Incoming};
use super::{Client, MAX_XML, xml};
use crate::allowance::{self, Allowance};
use crate::credentials::Credentials;
use crate::endpoint::Endpoint;
use crate::error::{Error, Result};
use crate::journal;

/// A conditional body longer than this is announced first: a server that
/// refuses early closes the connection, and its 412 would be lost in the broken pipe.
const ASK_FIRST: usize = 64 << 10;

impl Client {
    /// A call whose reply is a document: only the right root element is a
    /// success. Such calls can be repeated, also where a reply ends early.
    pub(super) fn ask<T>(&self, call: &Call<'_>, read: fn(&[u8]) -> Option<T>) -> Result<T> {
        let _limit = self.limit();
        loop {
            let mut reply = self.begin(call)?.done()?;
            match self.read_document(call, &mut reply, read) {
                Err(error) if self.again_after_half(&error) => {}
                Err(error) => return Err(error),
                Ok(answer) => {
                    self.hear(Ok(()));
                    self.finish(reply);
                    return Ok(answer);
                }
            }
        }
    }

    /// Whether to ask again for a reply that broke off, or made no sense.
    pub(crate) fn again_after_half(&self, error: &Error) -> bool {
        self.hear(Err(error));
        self.again(error)
    }

    fn read_document<T>(
        &self,
        call: &Call<'_>,
        reply: &mut Incoming,
        read: fn(&[u8]) -> Option<T>,
    ) -> Result<T> {
        let status = reply.status();
        let mut body = Vec::new();
        let whole = reply.read_up_to(MAX_XML, &mut body);
        self.count(|stats| stats.bytes_in += body.len() as u64);
        whole.map_err(|failure| self.lost(call, failure))?;
        if body.len() as u64 > MAX_XML {
            return Err(self.not_s3(call, status));
        }
        match (read(&body), xml::read_error(&body)) {
            (Some(answer), _) => Ok(answer),
            // S3 may say 200 first and find the error later.
            (None, Some(_)) => Err(self.refused(call, status, reply, &body).error),
            (None, None) => Err(self.not_s3(call, status)),
        }
    }

    /// What one call may take, unless it is part of another.
    pub(crate) fn limit(&self) -> Allowance {
        Allowance::for_call(self.deadline, self.retries)
    }

    /// The next request goes out, whatever the breaker has heard.
    pub(crate) fn forget_failures(&self) {
        self.breaker.forget();
    }

    /// What S3 makes of a call in the end, where the head of the reply tells.
    pub(super) fn send(&self, call: &Call<'_>) -> Result<Answer> {
        self.send_with(call, Healed::default())
    }

    pub(super) fn send_with(&self, call: &Call<'_>, healed: Healed) -> Result<Answer> {
        let answer = self.begin_with(call, healed)?;
        if let Answer::Done(_) = answer {
            self.hear(Ok(()));
        }
        Ok(answer)
    }

    /// The same where the body is still to be read: whoever does so tells the
    /// breaker how that came out.
    pub(super) fn begin(&self, call: &Call<'_>) -> Result<Answer> {
        self.begin_with(call, Healed::default())
    }

    fn begin_with(&self, call: &Call<'_>, mut healed: Healed) -> Result<Answer> {
        let _limit = self.limit();
        // Before it would be the one call that tries.
        self.check_time(call)?;
        let admitted = self.breaker.admit();
        admitted.map_err(|error| self.place(call, error))?;
        loop {
            let outcome = self.attempt(call, &mut healed)?;
            let (Ok(Answer::Refused(error)) | Err(error)) = &outcome else {
                return outcome;
            };
            if (call.is_repeatable() || error.is_void()) && self.again(error) {
                if error.is_open() {
                    healed.open = Some(error.clone());
                }
                continue;
            }
            return match healed.open {
                // That the last try did nothing says nothing of those before.
                Some(open) if call.method != "GET" && !error.is_open() && may_pass(error) => {
                    Err(open)
                }
                _ => outcome,
            };
        }
    }

    /// One request, and one more for each thing that its refusal can mend. An
    /// outer error comes of no request to S3: there is nothing to sign with.
    fn attempt(&self, call: &Call<'_>, healed: &mut Healed) -> Result<Result<Answer>> {
        loop {
            healed.skew = self.clock.skew();
            let endpoint = self.endpoint();
            let keys = self.keyring.current(self.now());
            let keys = keys.map_err(|error| self.place(call, error))?;
            if let Err(error) = self.check_time(call) {
                return Ok(Err(error));
            }
            let reply = match self.send_to(&endpoint, keys.as_ref(), call, healed) {
                Ok(reply) => reply,
                Err(error) => {
                    self.hear(Err(&error));
                    return Ok(Err(error));
                }
            };
            if (200..300).contains(&reply.status()) {
                return Ok(Ok(Answer::Done(reply)));
            }
            let refusal = match self.refusal(call, reply) {
                Ok(refusal) => refusal,
                Err(error) => {
                    self.hear(Err(&error));
                    return Ok(Err(error));
                }
            };
            self.hear(Err(&refusal.error));
            if let Some(error) = self.heal(call, refusal, &endpoint, keys.as_ref(), healed)? {
                return Ok(Ok(Answer::Refused(error)));
            }
        }
    }

    /// Tells the breaker how a request came out. A limit that the caller has
    /// set in a hurry says nothing about S3.
    pub(super) fn hear(&self, outcome: Result<(), &Error>) {
        let over = allowance::is_over();
        if over && outcome.is_err() && !allowance::is_own() {
            return;
        }
        if self.breaker.hear(outcome, over) {
            self.count(|stats| stats.breaker_openings += 1);
            journal::warn(format_args!(
                "S3 is not asked for a while: it is gone or fails"
            ));
        }
    }

    fn send_to(
        &self,
        endpoint: &Arc<Endpoint>,
        keys: Option<&Arc<Credentials>>,
        call: &Call<'_>,
        healed: &mut Healed,
    ) -> Result<Incoming> {
        let path = format!("{}{}", endpoint.base, call.name);
        // Path style addresses the bucket itself without its last slash.
        let path = match path.strip_suffix('/') {
            Some(bucket) if call.name.is_empty() && !bucket.is_empty() => bucket,
            _ => &path,
        };
        let mut headers = call.headers.clone();
        headers.push(("host".into(), endpoint.host.as_str().into()));
        let unsigned = Unsigned {
            method: call.method,
            path,
            query: call.query,
            headers,
            body: call.body,
        };
        let sent = self.clock.machine();
        let signed = self.signer.sign(unsigned, endpoint, keys, self.now())?;
        let size: usize = call.body.iter().map(|part| part.len()).sum();
        let asks = call.conditional && size > ASK_FIRST;
        let ask_first = asks && !self.learned.takes_unasked.load(Ordering::Relaxed);
        let request = Outgoing {
            method: call.method,
            url: format!(
                "{}://{}{}",
                endpoint.scheme(),
                endpoint.host,
                signed.path_and_query
            ),
            headers: signed.headers,
            body: call.body,
            ask_first,
        };
        let reply = match self.transmit(call, &request, self.distrusts_kept.take()) {
            // The server may have closed it before it saw the request: at once,
            // over a new one.
            Err(stale @ Failure::Stale(_)) if call.is_repeatable() => {
                healed.open = Some(self.lost(call, stale));
                self.count(|stats| stats.retries += 1);
                self.transmit(call, &request, true)
            }
            first => first,
        };
        // The others that are kept may be as dead.
        self.distrusts_kept
            .set(matches!(reply, Err(Failure::Stale(_))));
        let reply = reply.map_err(|failure| self.lost(call, failure))?;
        // A portal's page tells whatever time it likes, and what somebody has
        // kept for a while, a time that is over.
        if !is_page(&reply) && reply.header("age").is_none() {
            self.clock
                .hear(reply.header("date"), sent, reply.status() == 403);
        }
        if ask_first && reply.status() == 417 {
            // It does not want to be asked, and has not seen the body.
            self.learned.takes_unasked.store(true, Ordering::Relaxed);
            self.finish(reply);
            return self.send_to(endpoint, keys, call, healed);
        }
        Ok(reply)
    }

    /// That there is some left.
    fn check_time(&self, call: &Call<'_>) -> Result<()> {
        if allowance::is_over() {
            return Err(self.lost(call, Failure::NoTimeLeft));
        }
        Ok(())
    }

    fn transmit(
        &self,
        call: &Call<'_>,
        request: &Outgoing<'_>,
        fresh: bool,
    ) -> Result<Incoming, Failure> {
        // What a source of keys has left.
        transport::take_traffic();
        let reply = self.transport.send(request, fresh);
        let traffic = transport::take_traffic();
        let sent = !reply.as_ref().is_err_and(Failure::is_before_sending);
        self.count(|stats| {
            if sent {
                (call.counts)(stats);
            }
            stats.bytes_out += traffic.sent;
            stats.connections += traffic.opened;
        });
        reply
    }

    /// Done with a reply.
    pub(super) fn finish(&self, reply: Incoming) {
        let rest = reply.finish();
        self.count(|stats| stats.bytes_in += rest);
    }

    pub(super) fn endpoint(&self) -> Arc<Endpoint> {
        // Poisoned or not, what is there was written in one piece.
        let known = self.learned.endpoint.lock();
        Arc::clone(&known.unwrap_or_else(PoisonError::into_inner))
    }

    /// A success must show that S3 gave it: a proxy's or a portal's page has
    /// neither an `ETag` nor a request id, and comes as HTML.
    pub(super) fn check_origin(&self, call: &Call<'_>, reply: &Incoming) -> Result<()> {
        let identified = ["etag", "x-amz-request-id", "x-amz-id-2"]
            .iter()
            .any(|name| reply.header(name).is_some());
        // s3s sends 204 without any mark.
        if identified || (reply.status() == 204 && !is_page(reply)) {
            Ok(())
        } else {
            Err(self.not_s3(call, reply.status()))
        }
    }
}

pub(super) fn is_page(reply: &Incoming) -> bool {
    let kind = reply.header("content-type");
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}
