//! Which program holds a port: a hint for who finds it taken. Linux tells it in `/proc`, as far as one may look.

use std::fs;
use std::path::Path;

/// A running program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Its name, `asterisk`.
    pub program: String,
    /// Its process.
    pub pid: u32,
}

/// State of a TCP socket that listens, as `/proc/net/tcp` writes it.
const LISTENING: &str = "0A";

/// Who holds the port, over UDP or listening on TCP; `None` when nobody does, or it is not ours to see.
pub fn of(port: u16) -> Option<Holder> {
    let tables = [("/proc/net/udp", None), ("/proc/net/udp6", None)].into_iter();
    let tables = tables.chain([("/proc/net/tcp", Some(LISTENING)), ("/proc/net/tcp6", Some(LISTENING))]);
    let sockets: Vec<String> = tables
        .filter_map(|(table, state)| Some((fs::read_to_string(table).ok()?, state)))
        .flat_map(|(table, state)| sockets(&table, port, state))
        .map(|inode| format!("socket:[{inode}]"))
        .collect();
    if sockets.is_empty() {
        return None;
    }
    fs::read_dir("/proc").ok()?.filter_map(Result::ok).find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        if pid == std::process::id() || !holds_one(&process.path(), &sockets) {
            return None;
        }
        let program = fs::read_to_string(process.path().join("comm")).ok()?.trim().to_owned();
        Some(Holder { program, pid })
    })
}

/// The inodes of the sockets of a table that are bound to the port (and in the state, where one is asked for).
fn sockets(table: &str, port: u16, state: Option<&str>) -> Vec<String> {
    let end = format!(":{port:04X}");
    let rows = table.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    let ours = rows.filter(|row| row.len() > 9 && row[1].ends_with(&end) && state.is_none_or(|state| row[3] == state));
    ours.map(|row| row[9].to_owned()).collect()
}

fn holds_one(process: &Path, sockets: &[String]) -> bool {
    let Ok(open) = fs::read_dir(process.join("fd")) else {
        return false;
    };
    let targets = open.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    targets.filter_map(|target| target.to_str().map(str::to_owned)).any(|target| sockets.contains(&target))
}

#[cfg(test)]
mod tests {
    use super::sockets;

    #[test]
    fn a_row_of_the_kernels_table_is_read_by_its_port_and_state() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
                        0: 0100007F:13C4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1\n\
                        1: 0100007F:13C4 0100007F:D1A2 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n\
                        2: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1\n";
        assert_eq!(sockets(table, 5060, Some("0A")), ["4711"]);
        assert_eq!(sockets(table, 5060, None), ["4711", "4712"]);
        assert!(sockets(table, 5061, None).is_empty());
    }
}
