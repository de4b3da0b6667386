//! `santral demo`: the whole product with a sample business, for somebody who has a browser and nothing else.

mod caller;
mod endpoint;
pub mod folder;
mod people;
mod phone;
mod ready;
mod talk;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use media::order::Sound;
use pbx::id::Extension;
use tokio_util::sync::CancellationToken;

pub use ready::{Account, Facts, Person};

use self::caller::Caller;
use self::endpoint::Endpoint;
use self::phone::Phone;
use crate::clock;
use crate::config::Language;
use crate::lock;
use crate::serve::{self, Running, StartError};
use crate::tasks::Tasks;
use crate::vitals::Backlog;

/// The seed of the sample business: the same people, calls and orders each time.
const SEED: u64 = 2026;

/// The number that reaches the menu.
const MENU: &str = "500";

/// The extension whose phone is built in.
const BUILT_IN: &str = "101";

/// From the ready line to the first call; together with menu and notice the agent's phone rings well within 15 seconds.
const FIRST_CALL: Duration = Duration::from_millis(1_500);

/// RTP ports of the built-in caller and the built-in phone, beside the switch's own range.
const CALLER_PORTS: (u16, u16) = (19_000, 19_199);
const PHONE_PORTS: (u16, u16) = (19_200, 19_399);

/// Options of the command.
#[derive(Debug, Clone)]
pub struct Options {
    /// The page's port; 0 takes any free one.
    pub port: u16,
    /// SIP's port; 0 takes any free one.
    pub sip_port: u16,
    /// Folder of database and recordings; a temporary one when not named.
    pub data: Option<PathBuf>,
    /// Whether sample customers call.
    pub caller: bool,
    /// Language of the sample business.
    pub language: Language,
}

/// A running demo.
pub struct Demo {
    /// The daemon.
    pub running: Running,
    /// What a newcomer or a test needs to know.
    pub facts: Facts,
    tasks: Tasks,
    /// Removed at the end, when it was ours.
    temporary: Option<PathBuf>,
}

/// Starts the daemon on the sample configuration, fills the database, and lets sample people call and answer.
///
/// # Errors
/// As [`serve::start`]; and when the sample data cannot be written.
pub async fn start(options: &Options) -> Result<Demo, StartError> {
    let (data, temporary) = folder::open(options.data.as_deref())?;
    let lock = lock::take(&data)?;
    let loaded = people::settings(options, &data)?;
    let (plan, zone) = (loaded.plan.clone(), loaded.settings.zone());
    let recordings = loaded.settings.recordings_dir(&data);
    let voices = Voices::of(options.language).map_err(StartError::Media)?;
    let running = serve::start(loaded, &data, lock, true).await?;
    let recorded = people::fill(&running.store, SEED, clock::wall(), options.language).await?;
    let (agent, caller) = (voices.agent.clone(), voices.caller.clone());
    let root = recordings.clone();
    let written = tokio::task::spawn_blocking(move || talk::write(&root, &zone, &recorded, &agent, &caller)).await;
    written
        .unwrap_or_else(|error| Err(io::Error::other(error)))
        .map_err(|error| StartError::Folder { path: recordings, error })?;
    let users = people::log_in(&running.store).await?;
    running.people_changed().await?;
    let facts = Facts::new(&running, &plan, users, MENU, &data).await?;
    let demo = Demo { running, facts, tasks: Tasks::default(), temporary };
    demo.people_come_in(options, &plan, &voices).await.map_err(StartError::Media)?;
    Ok(demo)
}

impl Demo {
    async fn people_come_in(&self, options: &Options, plan: &pbx::plan::Plan, voices: &Voices) -> io::Result<()> {
        let extension = plan.extensions.get(&Extension::new(BUILT_IN)).ok_or_else(|| io::Error::other("no 101"))?;
        let account = phone::Account {
            number: BUILT_IN.to_owned(),
            auth_user: extension.auth_user.clone(),
            secret: extension.secret.0.clone(),
            switch: self.running.sip,
        };
        let endpoint = Endpoint::open(1, &["talk"], PHONE_PORTS).await?;
        let phone = Phone::new(endpoint, account, voices.agent.clone());
        let stop = self.tasks.stopping();
        self.tasks.start("demo-phone", async move { said("phone", phone.run(stop).await) });
        if options.caller {
            let people = people::callers(&self.running.store).await;
            let endpoint = Endpoint::open(2, &[], CALLER_PORTS).await?;
            let voice = voices.caller.clone();
            let caller = Caller::new(endpoint, self.running.sip, MENU.to_owned(), people, voice, FIRST_CALL);
            let stop = self.tasks.stopping();
            self.tasks.start("demo-caller", async move { said("caller", caller.run(stop).await) });
        }
        Ok(())
    }

    /// Sends the sample people home, then stops the daemon. Returns what could not be written into the database.
    pub async fn stop(self, drain: Duration) -> Backlog {
        self.tasks.stop(Duration::from_secs(2)).await;
        let backlog = self.running.stop(drain, CancellationToken::new()).await;
        if let Some(folder) = self.temporary
            && let Err(error) = std::fs::remove_dir_all(&folder)
        {
            tracing::warn!(%error, folder = %folder.display(), "the demo's temporary folder is left behind");
        }
        backlog
    }
}

/// What the sample people say.
struct Voices {
    agent: Arc<Sound>,
    caller: Arc<Sound>,
}

impl Voices {
    fn of(language: Language) -> io::Result<Self> {
        let (agent, caller): (&[u8], &[u8]) = match language {
            Language::Turkish => (include_bytes!("voices/tr/agent.wav"), include_bytes!("voices/tr/caller.wav")),
            Language::English => (include_bytes!("voices/en/agent.wav"), include_bytes!("voices/en/caller.wav")),
        };
        Ok(Self { agent: voice(agent)?, caller: voice(caller)? })
    }
}

fn voice(wav: &[u8]) -> io::Result<Arc<Sound>> {
    media::sound::from_wav("voice", wav).map(Arc::new).map_err(io::Error::other)
}

fn said(who: &str, result: io::Result<()>) {
    if let Err(error) = result {
        tracing::warn!(who, %error, "a sample endpoint of the demo ended");
    }
}
