//! What may become of a request, and what its sender gets to see of it.

use super::draw::Draw;
use super::wire::{Kind, Request, page, refusal, reply};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Answered,
    /// No connection was made: nobody listens, or the name does not resolve.
    Unreachable,
    /// The connection breaks, and it never arrives. On a kept connection, this
    /// is what a server does that has just closed it.
    Lost,
    /// Carried out, and the connection breaks.
    ReplyLost,
    /// Carried out, and the connection breaks within the reply.
    HalfReply,
    /// Its connection breaks at once, and it arrives when it is drawn.
    Late,
    /// Answered, and arrives once more when it is drawn: somebody in between
    /// has passed it on twice.
    TwiceLate,
    /// Passed on twice at once, and the second answer is what comes back.
    TwiceTold,
    /// 409.
    Undecided,
    /// 500.
    Failed,
    /// Carried out, and 500 all the same.
    FailedAfter,
    /// 503 `SlowDown`.
    Slow,
    /// 502, and a page that is not S3's.
    Gateway,
    /// The same, and carried out.
    GatewayAfter,
    /// What comes back is not HTTP.
    Garbage,
    /// The same, and carried out.
    GarbageAfter,
    /// 200, and a page that is not S3's.
    Portal,
    /// 200, and an error in S3's words.
    ErrorIn200,
    /// Carried out; 200, and a document that ends too early.
    HalfDocument,
    /// 200, and one of the objects was not deleted.
    Spared,
}

use Fate as F;

impl Fate {
    pub(crate) fn draw(draw: &mut Draw, request: &Request) -> Self {
        let read = [F::Lost, F::ReplyLost, F::HalfReply, F::Failed, F::Slow];
        let page = [F::Gateway, F::Garbage];
        let write = [
            F::Lost,
            F::ReplyLost,
            F::ReplyLost,
            F::HalfReply,
            F::Late,
            F::Late,
            F::Failed,
            F::FailedAfter,
            F::Slow,
            F::GatewayAfter,
            F::GarbageAfter,
        ];
        let rare: &[Self] = match (request.kind, request.is_conditional()) {
            (Kind::Get, _) => &[F::Portal],
            (Kind::List, _) => &[F::Portal, F::ErrorIn200, F::HalfDocument],
            // A plain write that arrives twice under one id is beyond what the
            // ids can tell, and so is a refused deletion that was made before.
            (Kind::Put, false) => &[F::Undecided, F::Portal],
            (Kind::Put, true) => &[F::Undecided, F::Portal, F::TwiceLate, F::TwiceTold],
            (Kind::Delete, _) => &[F::Undecided, F::Portal, F::TwiceLate],
            (Kind::DeleteMany, _) => &[F::ErrorIn200, F::HalfDocument, F::Spared, F::TwiceLate],
        };
        let some: &[Self] = match request.kind {
            Kind::Get | Kind::List => &read,
            _ => &write,
        };
        draw.of(&[some, &page, rare].concat())
    }

    pub(crate) fn is_carried_out(self) -> bool {
        matches!(
            self,
            F::Answered
                | F::ReplyLost
                | F::HalfReply
                | F::TwiceLate
                | F::TwiceTold
                | F::FailedAfter
                | F::GatewayAfter
                | F::GarbageAfter
                | F::HalfDocument
                | F::Spared
        )
    }

    /// Whether what it did is told, all of it and as it was.
    pub(crate) fn is_heard(self) -> bool {
        matches!(self, F::Answered | F::TwiceLate)
    }

    /// Whether a later try may do better, by the library's own word.
    pub(crate) fn may_pass(self) -> bool {
        !matches!(
            self,
            F::Garbage | F::GarbageAfter | F::Portal | F::HalfDocument | F::Spared
        )
    }

    /// What comes back where that is not S3's answer. `None`: nothing does, and
    /// the connection breaks.
    pub(crate) fn reply(self, request: &Request) -> Option<Vec<u8>> {
        let conflict = match request.kind {
            Kind::Put if request.is_conditional() => "ConditionalRequestConflict",
            _ => "OperationAborted",
        };
        let in_200 = "<Error><Code>InternalError</Code><Message>as drawn</Message></Error>";
        Some(match self {
            F::Undecided => refusal(409, conflict).1,
            F::Failed | F::FailedAfter => refusal(500, "InternalError").1,
            F::Slow => refusal(503, "SlowDown").1,
            F::Gateway | F::GatewayAfter => page(502),
            F::Garbage | F::GarbageAfter => b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(),
            F::Portal => page(200),
            F::ErrorIn200 => reply(200, "", in_200.as_bytes()),
            F::HalfDocument if request.kind == Kind::List => {
                reply(200, "", b"<ListBucketResult><Contents><Key>app/")
            }
            F::HalfDocument => reply(200, "", b"<DeleteResult><Deleted>"),
            _ => return None,
        })
    }
}
