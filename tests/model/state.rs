//! Where the simulation stands: who waits with what, what is still under way,
//! and what has happened so far. Every choice is drawn in here.

use std::collections::{BTreeMap, VecDeque};

use super::bucket::Bucket;
use super::draw::Draw;
use super::fate::Fate;
use super::wire::{Kind, Request, tail};

/// Faults are for writes; of a hundred that would hit a read, so many do.
const READS: u64 = 25;
/// So many faults a race meets with at most.
const FAULTS: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct State {
    draw: Draw,
    /// Of a hundred requests so many meet with a fault, while any are left.
    rate: u64,
    faults: usize,
    /// What is not drawn.
    settled: VecDeque<Fate>,
    /// How many clients are there.
    pub(crate) live: usize,
    pub(crate) running: usize,
    pub(crate) parked: Vec<Option<Turn>>,
    pub(crate) told: Vec<Option<Told>>,
    /// The call that each client is in.
    calls: Vec<u64>,
    /// Requests that arrive when they are drawn.
    late: Vec<Late>,
    bucket: Bucket,
    events: Vec<Event>,
    met: BTreeMap<u64, Vec<Fate>>,
    clock: u64,
    pub(crate) log: Vec<String>,
    pub(crate) stopped: bool,
}

/// What a client is parked with.
#[derive(Debug)]
pub(crate) enum Turn {
    Begin,
    Request(Request),
}

#[derive(Debug)]
pub(crate) enum Told {
    Begin(u64),
    Reply(Vec<u8>),
    /// After which the connection closes.
    Last(Vec<u8>),
}

#[derive(Debug)]
struct Late {
    client: usize,
    call: u64,
    /// It has arrived before.
    again: bool,
    request: Request,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Whoever sent it waits, and gets the whole answer.
    Heard,
    /// Or does not.
    Unheard,
    /// Its sender had given it up, or had its answer before.
    Late,
}

/// A write that was carried out.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) moment: u64,
    pub(crate) call: u64,
    pub(crate) name: String,
    /// Or a deletion.
    pub(crate) put: bool,
    pub(crate) arrival: Arrival,
    /// The same bytes had arrived before.
    pub(crate) again: bool,
}

/// What has happened, for the judge.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) events: Vec<Event>,
    /// The faults that each call met with.
    pub(crate) met: BTreeMap<u64, Vec<Fate>>,
    pub(crate) schedule: Vec<String>,
    pub(crate) neighbours_are_well: bool,
}

impl State {
    pub(crate) fn new(clients: usize, mut draw: Draw) -> Self {
        Self {
            rate: draw.of(&[0, 15, 30, 60]),
            bucket: Bucket::new(&mut draw),
            draw,
            parked: (0..clients).map(|_| None).collect(),
            told: (0..clients).map(|_| None).collect(),
            calls: vec![0; clients],
            ..Self::default()
        }
    }

    pub(crate) fn calm(&mut self) {
        while !self.late.is_empty() {
            let late = self.late.len();
            let at = self.draw.below(late + 1);
            if at == late {
                self.late.clear();
            } else {
                self.arrive(at);
            }
        }
        (self.live, self.faults) = (1, 0);
        self.settled.clear();
    }

    pub(crate) fn race(&mut self, clients: usize, fates: &[Fate]) {
        let faults = if fates.is_empty() { FAULTS } else { 0 };
        (self.live, self.faults) = (clients, faults);
        self.settled = fates.to_vec().into();
    }

    pub(crate) fn record(&self) -> Record {
        Record {
            events: self.events.clone(),
            met: self.met.clone(),
            schedule: self.log.clone(),
            neighbours_are_well: self.bucket.neighbours_are_well(),
        }
    }

    pub(crate) fn tick(&mut self, client: usize, what: &str) -> u64 {
        let line = format!("{:3}  client {client}  {what}", self.clock);
        self.log.push(line);
        self.clock += 1;
        self.clock - 1
    }

    /// Whether the client that runs cannot find the server, and its name either.
    pub(crate) fn is_unreachable(&mut self) -> Option<bool> {
        if self.faults == 0 || !self.draw.often(self.rate / 4) {
            return None;
        }
        let client = self.running;
        self.meet(client, Fate::Unreachable);
        self.tick(client, "finds nobody");
        Some(self.draw.often(50))
    }

    /// If nobody runs any more: who does next.
    pub(crate) fn draw_next(&mut self) -> Option<usize> {
        let clients = 0..self.parked.len();
        let waiting: Vec<_> = clients.filter(|i| self.parked[*i].is_some()).collect();
        if waiting.is_empty() || waiting.len() < self.live {
            return None;
        }
        loop {
            let at = self.draw.below(waiting.len() + self.late.len());
            if at >= waiting.len() {
                self.arrive(at - waiting.len());
                continue;
            }
            let client = waiting[at];
            self.running = client;
            self.told[client] = Some(match self.parked[client].take().unwrap() {
                Turn::Begin => Told::Begin(self.begin(client)),
                Turn::Request(request) => self.treat(client, request),
            });
            return Some(client);
        }
    }

    fn begin(&mut self, client: usize) -> u64 {
        self.calls[client] = self.tick(client, "begins");
        self.calls[client]
    }

    fn meet(&mut self, client: usize, fate: Fate) {
        self.faults = self.faults.saturating_sub(1);
        self.met.entry(self.calls[client]).or_default().push(fate);
    }

    fn arrive(&mut self, at: usize) {
        let late = self.late.swap_remove(at);
        let (status, _) = self.carry_out(&late, Arrival::Late);
        let again = if late.again { " again" } else { "" };
        let what = format!("{} arrives{again}: {status}", late.request.told());
        self.tick(late.client, &what);
    }

    fn treat(&mut self, client: usize, request: Request) -> Told {
        let fate = self.fate(client, &request);
        let mut told = format!("{}: {fate:?}", request.told());
        if fate == Fate::Spared {
            let names = request.names();
            let name = names[self.draw.below(names.len())].clone();
            let codes = ["InternalError", "SlowDown", "AccessDenied"];
            let code = self.draw.of(&codes);
            told = format!("{told} {} {code}", tail(&name));
            self.bucket.spared = Some((name, code));
        }
        let mut sent = Late {
            client,
            call: self.calls[client],
            again: false,
            request,
        };
        let mut answer = None;
        if fate.is_carried_out() {
            let heard = if fate.is_heard() {
                Arrival::Heard
            } else {
                Arrival::Unheard
            };
            let (status, reply) = self.carry_out(&sent, heard);
            told = format!("{told} {status}");
            answer = Some(reply);
        }
        if fate == Fate::TwiceTold {
            sent.again = true;
            let (status, reply) = self.carry_out(&sent, Arrival::Unheard);
            told = format!("{told} {status}");
            answer = Some(reply);
        }
        self.tick(client, &told);
        let own = fate.reply(&sent.request);
        match (fate, answer, own) {
            (Fate::Garbage | Fate::GarbageAfter, _, Some(reply)) => Told::Last(reply),
            (_, _, Some(reply)) => Told::Reply(reply),
            (Fate::HalfReply, Some(reply), _) => {
                let whole = reply.len();
                Told::Last(reply[..=self.draw.below(whole - 1)].to_vec())
            }
            (Fate::Late | Fate::Lost | Fate::ReplyLost, ..) | (_, None, _) => {
                if fate == Fate::Late {
                    self.late.push(sent);
                }
                Told::Last(Vec::new())
            }
            (_, Some(reply), _) => {
                if fate == Fate::TwiceLate {
                    sent.again = true;
                    self.late.push(sent);
                }
                Told::Reply(reply)
            }
        }
    }

    fn fate(&mut self, client: usize, request: &Request) -> Fate {
        if let Some(fate) = self.settled.pop_front() {
            if fate != Fate::Answered {
                self.meet(client, fate);
            }
            return fate;
        }
        let read = matches!(request.kind, Kind::Get | Kind::List);
        let spared = self.faults == 0 || !self.draw.often(self.rate);
        if spared || read && !self.draw.often(READS) {
            return Fate::Answered;
        }
        let fate = Fate::draw(&mut self.draw, request);
        self.meet(client, fate);
        fate
    }

    fn carry_out(&mut self, sent: &Late, arrival: Arrival) -> (u16, Vec<u8>) {
        let done = self.bucket.carry_out(&sent.request, self.clock);
        for (name, put) in done.changed {
            self.events.push(Event {
                moment: self.clock,
                call: sent.call,
                name,
                put,
                arrival,
                again: sent.again,
            });
        }
        (done.status, done.reply)
    }
}
