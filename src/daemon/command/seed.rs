//! `santral seed`: an empty database becomes a large one, with a bar that shows how far it is.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use store::seed::{Part, Size};
use store::{Store, StoreError};

use super::alone::Alone;
use crate::config::words::{self, Catalogue};
use crate::config::{self, Language, Source, cause};
use crate::refusal::{self, Refusal};
use crate::{cli, clock};

/// Fills the database of a folder, or the one of a configuration when one is named.
pub async fn run(asked: &cli::Seed, env: &BTreeMap<String, String>, language: Language) -> Result<u8, Refusal> {
    let words = words::of(language);
    let data = cli::data_folder(asked.place.data.as_deref(), env);
    let url = match &asked.place.config {
        Some(folder) => {
            let loaded = config::load(&Source::Folder(folder.clone()), env).map_err(Refusal::of_findings)?;
            loaded.settings.database_url(&data)
        }
        None => format!("sqlite:{}", data.join(DATABASE).display()),
    };
    let alone = Alone::take(&data, &url).await?;
    let store = Store::open(&url).await.map_err(|error| refusal::of_store(&error))?;
    let size = Size { customers: asked.customers, calls: asked.calls };
    let spoken = match language {
        Language::Turkish => store::seed::Language::Turkish,
        Language::English => store::seed::Language::English,
    };
    let mut bar = Bar { words, tenth: None, terminal: io::stderr().is_terminal() };
    let filled = store::seed::fill(&store, size, clock::wall(), spoken, |part, done, all| bar.show(part, done, all));
    let outcome = filled.await.map_err(|error| match error {
        StoreError::Conflict("in-use") => Refusal::new("not-seeded").answered(),
        other => refusal::of_store(&other),
    });
    store.close().await;
    alone.release().await;
    outcome?;
    let (customers, calls) = (size.customers.to_string(), size.calls.to_string());
    let database = if asked.place.config.is_some() { store.kind().to_owned() } else { data.display().to_string() };
    let line = words.line("seed-done", &[("customers", &customers), ("calls", &calls), ("database", &database)]);
    writeln!(io::stdout(), "{line}").map_err(|error| Refusal::new("system").with("detail", cause(&error)))?;
    Ok(cli::DONE)
}

/// At a terminal one line that grows; elsewhere a line for each tenth.
struct Bar {
    words: &'static Catalogue,
    tenth: Option<(Part, u64)>,
    terminal: bool,
}

/// The file that a configuration without a word about it means.
const DATABASE: &str = "santral.db";
/// Signs of a full bar.
const WIDTH: u64 = 30;

impl Bar {
    fn show(&mut self, part: Part, done: u64, all: u64) {
        let all = all.max(1);
        let tenth = Some((part, done * 10 / all));
        if !self.terminal && self.tenth == tenth {
            return;
        }
        self.tenth = tenth;
        let name = match part {
            Part::Customers => "seed-customers",
            Part::Calls => "seed-calls",
            Part::Indexes => "seed-indexes",
        };
        let full = usize::try_from(done * WIDTH / all).unwrap_or_default();
        let empty = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(full);
        let line = format!(
            "{:<12} [{}{}] {:>3} %  {done} / {all}",
            self.words.line(name, &[]),
            "#".repeat(full),
            ".".repeat(empty),
            done * 100 / all
        );
        let mut out = io::stderr();
        // Nobody is told when the bar cannot be shown; the rows are what counts.
        let _ = match (self.terminal, done == all) {
            (true, false) => write!(out, "\r{line}"),
            (true, true) => writeln!(out, "\r{line}"),
            (false, _) => writeln!(out, "{line}"),
        };
        let _ = out.flush();
    }
}
