//! The serving side of the control socket: one line in, one line out, kept open until the daemon is gone.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::control::{LONGEST_LINE, Request, Response};
use crate::tasks::Tasks;

type Ask = (Request, oneshot::Sender<Response>);

/// The socket; removed when dropped.
pub struct Control {
    path: PathBuf,
}

/// Opens the socket, for its owner only. A socket file that nobody listens on is the trace of a crash and is replaced.
///
/// # Errors
/// When another daemon listens there, or the folder cannot be written to.
pub fn open(path: &Path, tasks: &Tasks) -> io::Result<(Control, mpsc::Receiver<Ask>)> {
    if std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Err(io::Error::new(io::ErrorKind::AddrInUse, format!("another santral runs at {}", path.display())));
    }
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    let (asks, inbox) = mpsc::channel(4);
    tasks.start("control", serve(listener, asks, tasks.clone()));
    Ok((Control { path: path.to_owned() }, inbox))
}

async fn serve(listener: UnixListener, asks: mpsc::Sender<Ask>, tasks: Tasks) {
    let stop = tasks.stopping();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                tasks.start("control-line", converse(stream, asks.clone(), stop.clone()));
            },
        }
    }
}

async fn converse(stream: UnixStream, asks: mpsc::Sender<Ask>, stop: CancellationToken) {
    let (reader, mut writer) = stream.into_split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader).take(LONGEST_LINE);
    let read = tokio::time::timeout(Duration::from_secs(10), reader.read_line(&mut line)).await;
    if !matches!(read, Ok(Ok(1..))) {
        return;
    }
    let response = match Request::from_line(&line) {
        Ok(request) => ask(request, &asks).await,
        Err(error) => Response::Fault { message: error.to_string() },
    };
    let stopping = matches!(response, Response::Stopping { .. });
    let _ = writer.write_all(format!("{}\n", response.to_line()).as_bytes()).await;
    if stopping {
        stop.cancelled().await;
    }
}

async fn ask(request: Request, asks: &mpsc::Sender<Ask>) -> Response {
    let (reply, answer) = oneshot::channel();
    if asks.send((request, reply)).await.is_err() {
        return Response::Fault { message: "@stopping".to_owned() };
    }
    answer.await.unwrap_or_else(|_| Response::Fault { message: "@stopping".to_owned() })
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
