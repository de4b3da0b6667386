//! The `santral` binary: arguments in, exit code out. Everything else is in `daemon`.

fn main() -> std::process::ExitCode {
    daemon::run(std::env::args_os())
}
