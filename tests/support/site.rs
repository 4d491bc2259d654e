//! `Site`: the bucket a test works in, and all a test can ask of the server.

use std::env;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::{Arc, OnceLock};
use std::{fs, thread};

use tempfile::TempDir;

use super::engine::{Engine, Store};
use super::front::Front;
use super::judge::Judge;
use super::requests::{Ledger, Requests, Seen};
use super::switches::Switches;

/// So many threads put the objects of `store_raw_many`, where it takes PUTs.
const PUTTERS: usize = 4;

/// A server with one bucket. It stops when this is dropped; what an external
/// engine holds by then, stays there.
#[derive(Debug)]
pub struct Site {
    // The thread ends before the folder it works in goes.
    front: Front,
    root: Option<TempDir>,
    ledger: Arc<Ledger>,
    switches: Arc<Switches>,
    account: Account,
    /// Empty, or a folder's name and a slash.
    base: String,
    judge: Judge,
}

#[derive(Clone, Debug)]
struct Account {
    bucket: String,
    region: String,
    access_key: String,
    secret_key: String,
}

impl Site {
    /// The external engine where the environment names one, in a folder of its
    /// own; else an embedded one.
    pub fn start() -> Self {
        static BUCKET: OnceLock<()> = OnceLock::new();
        let Some((address, account)) = external() else {
            return Self::embedded();
        };
        let base = format!("t-{:016x}/", random());
        let site = Self::on_external(address, account, base);
        BUCKET.get_or_init(|| site.judge.create_bucket());
        site
    }

    /// An embedded engine, whatever the environment says.
    pub fn embedded() -> Self {
        let account = Account {
            bucket: "cache".into(),
            region: "us-east-1".into(),
            access_key: "test-access-key".into(),
            secret_key: "test-secret-key".into(),
        };
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join(&account.bucket)).unwrap();
        let switches = Arc::<Switches>::default();
        let (access_key, secret_key) = (&account.access_key, &account.secret_key);
        let store = Store::new(root.path(), access_key, secret_key, &switches);
        let engine = Engine::Embedded(Arc::new(store));
        Self::new(engine, switches, account, String::new(), Some(root))
    }

    /// As `start`, with a bucket that is empty and nobody else's, for tests
    /// that work in its root.
    pub fn with_own_bucket() -> Self {
        let Some((address, mut account)) = external() else {
            return Self::embedded();
        };
        account.bucket = format!("s3cache-test-{:016x}", random());
        let site = Self::on_external(address, account, String::new());
        site.judge.create_bucket();
        site
    }

    fn on_external(address: String, account: Account, base: String) -> Self {
        Self::new(
            Engine::External(address),
            Arc::default(),
            account,
            base,
            None,
        )
    }

    fn new(
        engine: Engine,
        switches: Arc<Switches>,
        account: Account,
        base: String,
        root: Option<TempDir>,
    ) -> Self {
        let ledger = Arc::<Ledger>::default();
        let front = Front::start(engine, Arc::clone(&ledger), Arc::clone(&switches));
        let keys = (account.access_key.as_str(), account.secret_key.as_str());
        let judge = Judge::new(front.endpoint(), &account.region, keys, &account.bucket);
        Self {
            front,
            root,
            ledger,
            switches,
            account,
            base,
            judge,
        }
    }

    pub fn is_external(&self) -> bool {
        self.root.is_none()
    }

    /// `http://127.0.0.1:<port>`, the front's.
    pub fn endpoint(&self) -> String {
        self.front.endpoint()
    }

    pub fn bucket(&self) -> &str {
        &self.account.bucket
    }

    pub fn region(&self) -> &str {
        &self.account.region
    }

    pub fn access_key(&self) -> &str {
        &self.account.access_key
    }

    pub fn secret_key(&self) -> &str {
        &self.account.secret_key
    }

    /// Where in the bucket `path` is for this site: `path` itself, or, in a
    /// bucket shared with other sites, `path` in this site's folder.
    pub fn location(&self, path: &str) -> String {
        format!("{}{}", self.base, path.trim_start_matches('/'))
    }

    /// How the server misbehaves.
    pub fn switches(&self) -> &Switches {
        &self.switches
    }

    /// All that the library has sent so far.
    pub fn requests(&self) -> Requests {
        self.ledger.requests()
    }

    /// What `call` answers, and what was sent meanwhile.
    pub fn count<T>(&self, call: impl FnOnce() -> T) -> (T, Requests) {
        let before = self.requests();
        let answer = call();
        (answer, self.requests() - before)
    }

    /// Connections that carried a request of the library's.
    pub fn connections(&self) -> usize {
        self.ledger.connections()
    }

    /// The library's last few thousand requests, the oldest first.
    pub fn log(&self) -> Vec<Seen> {
        self.ledger.log()
    }

    /// Stores an object under its full name. No raw access is ever counted.
    pub fn put_raw(&self, name: &str, body: &[u8]) {
        self.judge.put(name, body);
    }

    pub fn get_raw(&self, name: &str) -> Option<Vec<u8>> {
        self.judge.get(name)
    }

    pub fn delete_raw(&self, name: &str) {
        self.judge.delete(name);
    }

    /// The full names below a prefix, sorted.
    pub fn list_raw(&self, prefix: &str) -> Vec<String> {
        self.judge.list(prefix)
    }

    /// Stores thousands of objects quickly. The names must be new: beside one
    /// that was PUT before, even if it was deleted, its old `ETag` still lies.
    pub fn store_raw_many(&self, objects: impl IntoIterator<Item = (String, Vec<u8>)>) {
        let objects: Vec<_> = objects.into_iter().collect();
        if let Some(root) = &self.root {
            let bucket = root.path().join(self.bucket());
            for (name, body) in objects {
                let path = bucket.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, body).unwrap();
            }
        } else {
            let share = objects.len().div_ceil(PUTTERS).max(1);
            thread::scope(|scope| {
                for share in objects.chunks(share) {
                    scope.spawn(move || {
                        for (name, body) in share {
                            self.put_raw(name, body);
                        }
                    });
                }
            });
        }
    }
}

/// The `host:port` of the engine that the environment names, and how to use it.
fn external() -> Option<(String, Account)> {
    let endpoint = env::var("S3CACHE_TEST_ENDPOINT")
        .ok()
        .filter(|url| !url.is_empty())?;
    let address = endpoint
        .strip_prefix("http://")
        .map(|rest| rest.trim_end_matches('/'));
    let address = address.expect("S3CACHE_TEST_ENDPOINT must look like http://host:port");
    let needed = |name: &str| env::var(name).unwrap_or_else(|_| panic!("{name} is not set"));
    let account = Account {
        bucket: needed("S3CACHE_TEST_BUCKET"),
        region: env::var("S3CACHE_TEST_REGION").unwrap_or_else(|_| "us-east-1".into()),
        access_key: needed("S3CACHE_TEST_ACCESS_KEY"),
        secret_key: needed("S3CACHE_TEST_SECRET_KEY"),
    };
    Some((address.to_owned(), account))
}

/// From the seed that the standard library takes from the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
