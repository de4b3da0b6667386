//! A database of the test's own, and a server in front of PostgreSQL that can be taken away.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// An empty database on the server of the tests; `None` when no server is named.
pub async fn postgres() -> Option<String> {
    let Ok(server) = std::env::var("SANTRAL_TEST_POSTGRES_URL") else {
        eprintln!("left out on PostgreSQL: SANTRAL_TEST_POSTGRES_URL is not set");
        return None;
    };
    let name = store::new_id("faults", 1);
    let mut connection = PgConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&mut connection).await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    Some(format!("{base}/{name}"))
}

pub fn sqlite(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("santral.db").display())
}

/// A door before the server: open, it passes everything on; shut, it refuses and cuts whoever is in; held, it lets
/// everybody wait without a word, as a server that was stopped.
pub struct Door {
    address: SocketAddr,
    behind: String,
    open: Arc<AtomicBool>,
    held: Hold,
    inside: Arc<Mutex<Vec<TcpStream>>>,
}

type Hold = Arc<(Mutex<bool>, Condvar)>;

impl Door {
    pub fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let behind = url.split('@').nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
        let door = Self {
            address,
            behind,
            open: Arc::new(AtomicBool::new(true)),
            held: Hold::default(),
            inside: Arc::default(),
        };
        let (behind, open, inside) = (door.behind.clone(), door.open.clone(), door.inside.clone());
        let held = door.held.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if !open.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&behind) else { continue };
                let mut all = inside.lock().unwrap();
                all.push(client.try_clone().unwrap());
                all.push(server.try_clone().unwrap());
                drop(all);
                pass_on(client.try_clone().unwrap(), server.try_clone().unwrap(), held.clone());
                pass_on(server, client, held.clone());
            }
        });
        door
    }

    /// The URL that leads through the door.
    pub fn url(&self, url: &str) -> String {
        url.replace(&self.behind, &self.address.to_string())
    }

    pub fn shut(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.cut();
    }

    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    pub fn hold(&self) {
        *self.held.0.lock().unwrap() = true;
    }

    pub fn let_go(&self) {
        *self.held.0.lock().unwrap() = false;
        self.held.1.notify_all();
    }

    /// Cuts whoever is in, in the middle of whatever they say.
    pub fn cut(&self) {
        for stream in self.inside.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, held: Hold) {
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            drop(held.1.wait_while(held.0.lock().unwrap(), |held| *held).unwrap());
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
        let _ = from.shutdown(Shutdown::Both);
    });
}

/// How long a client that is refused waits before it asks again.
pub const AGAIN: Duration = Duration::from_millis(20);

/// Somebody else's lock on a SQLite database, held until it is dropped.
pub struct Lock {
    runtime: tokio::runtime::Runtime,
    connection: Option<sqlx::SqliteConnection>,
}

impl Lock {
    pub fn on(database: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(async {
            let url = format!("sqlite:{}", database.display());
            let mut connection = sqlx::SqliteConnection::connect(&url).await.unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            connection
        });
        Self { runtime, connection: Some(connection) }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            let _ = self.runtime.block_on(connection.close());
        }
    }
}
