//! The `santral` binary: arguments in, exit code out. Everything else is in `daemon`.

/// A crowd leaves holes in a heap that the C library keeps for ever; this one gives them back to the system.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    daemon::run(std::env::args_os())
}
