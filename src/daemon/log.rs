//! The log: one line per event on standard error, for people or as JSON. Phone numbers and names never stand in it whole.

use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts the log. `level` is the configured one; the variable `SANTRAL_LOG` overrides it. A second call does nothing.
pub fn start(level: &str, format: LogFormat) {
    let filter = EnvFilter::try_from_env("SANTRAL_LOG")
        .or_else(|_| EnvFilter::try_new(format!("{level},sqlx=error,hyper=warn,tower_http=warn")))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = match format {
        LogFormat::Text => builder.compact().with_target(false).with_ansi(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).with_current_span(false).try_init(),
    };
}
