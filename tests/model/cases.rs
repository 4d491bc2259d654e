//! What once went wrong, each by the faults that led there. When the late ones
//! arrive is drawn, so each case is played several times.

use super::fate::Fate::{self, Answered, GatewayAfter, Late, ReplyLost, Slow};
use super::op::{Life, Op, Step};
use super::plan::{Plan, Setup};
use super::run::run;

/// One client, and an entry that is there.
fn play(retries: u32, ops: &[Op], fates: &[Fate]) {
    let set = |value: &str| Op::Set(value.to_owned(), Life::Never);
    let plan = |_: &mut _| Plan {
        setup: Setup {
            retries,
            ..Setup::default()
        },
        before: vec![Step::of(0, set("5"))],
        parts: vec![ops.iter().map(|op| Step::of(0, op.clone())).collect()],
        keys: 1,
        fates: fates.to_vec(),
    };
    for seed in 0..20 {
        let run = run(seed, plan);
        let verdict = run.judge();
        assert_eq!(verdict, Ok(()), "seed {seed}\n{}", run.told());
    }
}

/// The first deletion arrives before the second, which is refused: that
/// nothing is there then is its own doing.
#[test]
fn a_removal_that_comes_after_itself() {
    play(
        0,
        &[Op::Remove],
        &[Answered, Late, Answered, Answered, Answered],
    );
}

#[test]
fn a_removal_that_cannot_look_again() {
    play(0, &[Op::Remove], &[Answered, ReplyLost, Slow]);
    play(0, &[Op::Remove], &[Answered, Late, Answered, Slow]);
}

/// A gateway may have passed it on.
#[test]
fn a_removal_that_a_gateway_answers() {
    play(0, &[Op::Remove], &[Answered, GatewayAfter, Slow]);
}

/// The last try did nothing, but the one before it did.
#[test]
fn a_refused_try_after_a_lost_one() {
    let set = Op::Set("7".into(), Life::Never);
    play(1, &[set], &[Late, Answered, Slow]);
    play(1, &[Op::Delete], &[ReplyLost, Slow, Slow]);
    // Lost on a kept connection, so it goes out again at once.
    play(0, &[Op::Get, Op::Delete], &[Answered, ReplyLost, Slow]);
}
