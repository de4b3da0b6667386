//! Phones that register while the database is away are registered, and known after a restart.

use std::net::UdpSocket;
use std::time::Duration;

use sqlx::{Connection, Row, SqliteConnection};

use crate::database::Lock;
use crate::world::business::{Business, SECRET};
use crate::world::phone::rings;
use crate::world::sipp::{self, Over};
use crate::world::{free_even_port, left_out, wait_for};

#[test]
fn a_phone_that_registers_while_the_database_is_locked_is_called_after_a_kill() {
    if left_out("SANTRAL_TEST_NO_SIPP") {
        return;
    }
    let mut business = Business::with_agents(1);
    business.start();
    let database = business.data().join("santral.db");
    let lock = Lock::on(&database);
    let port = free_even_port();
    sipp::register(&business.sip_address(), "200", &format!("{SECRET}-0"), port, Over::Udp);
    let phone = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    phone.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    drop(lock);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    wait_for("its place to be kept", Duration::from_secs(30), || {
        (runtime.block_on(kept(&database)) == 1).then_some(())
    });
    business.kill();
    business.start();
    rings(&business, &phone, "+905321112203");
}

async fn kept(database: &std::path::Path) -> i64 {
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", database.display())).await.unwrap();
    let row = sqlx::query("SELECT COUNT(*) FROM registrations").fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    row.get(0)
}
