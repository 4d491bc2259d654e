//! The server's thread: it listens on a loopback port from `start` until it is
//! dropped, and serves each connection as `connection` says.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot::{self, Receiver, Sender};

use super::connection::Connection;
use super::engine::Engine;
use super::requests::Ledger;
use super::switches::Switches;

#[derive(Debug)]
pub struct Front {
    address: SocketAddr,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Front {
    /// Connections are accepted from here on: the port is bound on return.
    pub fn start(engine: Engine, ledger: Arc<Ledger>, switches: Arc<Switches>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let runtime = runtime.unwrap();
            runtime.block_on(accept(listener, engine, ledger, switches, stopped));
            // Its end is the end of all connections, the stalled ones too.
        };
        let thread = thread::Builder::new()
            .name("s3-server".into())
            .spawn(serve)
            .unwrap();
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            // A second panic would hide the first.
            assert!(
                ended.is_ok() || thread::panicking(),
                "the server's thread has panicked"
            );
        }
    }
}

async fn accept(
    listener: TcpListener,
    engine: Engine,
    ledger: Arc<Ledger>,
    switches: Arc<Switches>,
    mut stopped: Receiver<()>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = &mut stopped => return,
        };
        // It fails where the client has gone already.
        if let Ok((socket, _)) = accepted {
            let connection = Connection::new(&engine, &ledger, &switches);
            tokio::spawn(connection.serve(socket));
        }
    }
}
