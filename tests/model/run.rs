//! One seed: the race, what was heard, and whether that can be.

use std::fmt::Write as _;
use std::thread;

use super::bucket::LOCATION;
use super::client::{key, perform};
use super::draw::Draw;
use super::explain::Story;
use super::op::{Call, Op, Outcome, Step};
use super::plan::{Plan, Setup};
use super::server::Server;
use super::state::{Event, Record};

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) record: Record,
    /// The earliest first, with a last look at each key.
    pub(crate) history: Vec<Call>,
}

pub(crate) fn run(seed: u64, plan: impl Fn(&mut Draw) -> Plan) -> Run {
    let mut draw = Draw(seed << 32);
    let plan = plan(&mut draw);
    let server = &Server::start(plan.parts.len(), draw);
    server.calm();
    let calm = Setup::default().open(server);
    let mut history = perform(server, &calm, 0, &plan.before);
    let shared = plan.setup.shared.then(|| plan.setup.open(server));
    let open = || shared.clone().unwrap_or_else(|| plan.setup.open(server));
    let handles: Vec<_> = plan.parts.iter().map(|_| open()).collect();
    server.race(plan.parts.len(), &plan.fates);
    let handles = thread::scope(|scope| {
        let parts = plan.parts.iter().zip(handles).enumerate();
        let clients: Vec<_> = parts
            .map(|(client, (part, cache))| {
                scope.spawn(move || {
                    let calls = perform(server, &cache, client, part);
                    server.leave();
                    (calls, cache)
                })
            })
            .collect();
        let ends = clients.into_iter().map(|client| client.join().unwrap());
        let (calls, handles): (Vec<_>, Vec<_>) = ends.unzip();
        history.extend(calls.into_iter().flatten());
        handles
    });
    server.calm();
    let looks: Vec<_> = (0..plan.keys).map(|key| Step::of(key, Op::Get)).collect();
    history.extend(perform(server, &calm, 0, &looks));
    let record = server.record();
    server.hang_up();
    drop(handles);
    for call in &mut history {
        call.met = record.met.get(&call.invoked).cloned().unwrap_or_default();
    }
    history.sort_by_key(|call| call.invoked);
    Run {
        plan,
        record,
        history,
    }
}

impl Run {
    pub(crate) fn judge(&self) -> Result<(), String> {
        if !self.record.neighbours_are_well {
            return Err("what is not the cache's was touched".into());
        }
        let of_key = |key| {
            let name = name(key);
            let events = self.record.events.iter();
            let events = events.filter(move |event| event.name == name);
            events.cloned().collect::<Vec<Event>>()
        };
        let events: Vec<_> = (0..self.plan.keys).map(of_key).collect();
        for (key, events) in events.iter().enumerate() {
            let mut calls: Vec<Call> = Vec::new();
            for call in self.history.iter().filter(|call| call.key == key) {
                calls.push(call.clone());
            }
            Story::explain(&self.plan.setup, &calls, events)
                .map_err(|why| format!("key {key}, {why}"))?;
        }
        for call in &self.history {
            let Outcome::Removed(count) = call.outcome else {
                continue;
            };
            let of_call = |events: &&Vec<Event>| events.iter().any(|e| e.call == call.invoked);
            let gone = events.iter().filter(of_call).count();
            if gone as u64 != count {
                return Err(format!("{:?} removed {gone}, and says {count}", call.op));
            }
        }
        Ok(())
    }

    pub(crate) fn told(&self) -> String {
        let mut told = format!("{:?}\n", self.plan.setup);
        for key in 0..self.plan.keys {
            let _ = writeln!(told, "key {key} is {}", super::wire::tail(&name(key)));
        }
        let mut say = |title: &str, lines: &mut dyn Iterator<Item = String>| {
            let _ = writeln!(told, "{title}:");
            for line in lines {
                let _ = writeln!(told, "  {line}");
            }
        };
        let before = &self.plan.before;
        say("before", &mut before.iter().map(|step| format!("{step:?}")));
        say(
            "schedule (moment, client, request and what became of it)",
            &mut self.record.schedule.iter().cloned(),
        );
        say(
            "history (invoked to returned)",
            &mut self.history.iter().map(Call::told),
        );
        told
    }
}

impl Call {
    fn told(&self) -> String {
        let short = |text: String| match text.char_indices().nth(70) {
            Some((at, _)) => format!("{}…", &text[..at]),
            None => text,
        };
        let Self {
            client, key, met, ..
        } = self;
        let (op, outcome) = (format!("{:?}", self.op), format!("{:?}", self.outcome));
        format!(
            "{:3} to {:3}  client {client}  key {key}  {} = {}  {met:?}",
            self.invoked,
            self.returned,
            short(op),
            short(outcome)
        )
    }
}

/// Django's key function.
fn name(number: usize) -> String {
    let full = format!(":1:{}", key(number));
    let hash = sha1_smol::Sha1::from(full).digest();
    format!("{LOCATION}/{hash}")
}
