//! One visit of a caller to one menu: greeting, notice, prompt, keys.
//!
//! Greeting and prompt give way to a key. The notice does not: keys pressed during it are kept and used after it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use media::order::Sound;

use crate::contract::Target;
use crate::id::{Extension, MenuId};
use crate::plan::{MenuPlan, PerLanguage, Plan};

/// How long to wait for one more digit when what was keyed may be the beginning of an extension.
pub const INTER_DIGIT: Duration = Duration::from_millis(1_500);
/// Even a menu configured with no time at all waits this long, so that a round always takes time.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// Keys kept while the notice plays.
const KEPT_KEYS: usize = 16;

/// What is told to a menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// A key of the caller's phone.
    Key(char),
    /// The last [`Act::Play`] came to its end.
    PlayDone,
    /// Time passed.
    Tick,
}

/// What a menu wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Play these, replacing what plays; tell [`Heard::PlayDone`] at the end.
    Play(Vec<Arc<Sound>>),
    /// Stop what plays.
    Stop,
    /// Something to note in the call's history: entry (`None`), a key, digits, `timeout`, `invalid`.
    Note(Option<String>),
    /// The notice played, or was cut off by the end of the call.
    Notice {
        /// Name of its sound file.
        name: String,
        /// Whether it was heard to the end.
        complete: bool,
    },
    /// The caller chose this language from now on.
    Speak(String),
    /// The menu is done; the caller goes there.
    Go(Target),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Greeting,
    Notice,
    Prompt,
    Waiting,
    Done,
}

/// One visit.
#[derive(Debug)]
pub struct Ivr {
    id: MenuId,
    plan: Arc<Plan>,
    language: String,
    step: Step,
    notice_due: bool,
    kept: VecDeque<char>,
    typed: String,
    rounds: u32,
    until: Option<Instant>,
    out: VecDeque<Act>,
}

impl Ivr {
    /// Begins a visit. `None` when the plan has no such menu. `notice_due` is false once the call has heard its notice.
    pub fn enter(now: Instant, plan: &Arc<Plan>, id: &MenuId, language: &str, notice_due: bool) -> Option<Self> {
        let menu = plan.menus.get(id)?;
        let language = choose_language(menu, language);
        let mut ivr = Self {
            id: id.clone(),
            plan: Arc::clone(plan),
            language,
            step: Step::Greeting,
            notice_due,
            kept: VecDeque::new(),
            typed: String::new(),
            rounds: 0,
            until: None,
            out: VecDeque::new(),
        };
        ivr.out.push_back(Act::Speak(ivr.language.clone()));
        ivr.out.push_back(Act::Note(None));
        ivr.greet(now);
        Some(ivr)
    }

    /// Something was heard, or time passed.
    pub fn handle(&mut self, now: Instant, heard: Heard) {
        match heard {
            Heard::Key(key) => self.key(now, key),
            Heard::PlayDone => self.play_done(now),
            Heard::Tick if self.until.is_some_and(|until| now >= until) => self.time_is_up(now),
            Heard::Tick => {}
        }
    }

    /// The next wish.
    pub fn poll(&mut self) -> Option<Act> {
        self.out.pop_front()
    }

    /// When to tick.
    pub fn deadline(&self) -> Option<Instant> {
        self.until
    }

    /// The menu visited.
    pub fn menu(&self) -> &MenuId {
        &self.id
    }

    /// The language spoken.
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The call leaves or ends before the menu is done: an unfinished notice is noted as such.
    pub fn abandon(&mut self) {
        if self.step == Step::Notice {
            self.note_notice(false);
        }
        self.step = Step::Done;
        self.until = None;
    }

    fn greet(&mut self, now: Instant) {
        self.step = Step::Greeting;
        match self.sound(|menu| &menu.greeting) {
            Some(sound) => self.out.push_back(Act::Play(vec![sound])),
            None => self.give_notice(now),
        }
    }

    fn give_notice(&mut self, now: Instant) {
        let sound = if self.notice_due { self.sound(|menu| &menu.notice) } else { None };
        self.until = None;
        match sound {
            Some(sound) => {
                self.step = Step::Notice;
                self.out.push_back(Act::Play(vec![sound]));
            }
            None => self.prompt(now),
        }
    }

    fn note_notice(&mut self, complete: bool) {
        if let Some(sound) = self.sound(|menu| &menu.notice) {
            self.notice_due = false;
            self.out.push_back(Act::Notice { name: sound.name.clone(), complete });
        }
    }

    /// Begins a round. Keys kept from before are used instead of playing anything.
    fn prompt(&mut self, now: Instant) {
        self.rounds += 1;
        self.typed.clear();
        self.until = None;
        self.step = Step::Prompt;
        if let Some(key) = self.kept.pop_front() {
            return self.choose(now, key);
        }
        match self.sound(|menu| &menu.prompt) {
            Some(sound) => self.out.push_back(Act::Play(vec![sound])),
            None => self.wait(now),
        }
    }

    fn wait(&mut self, now: Instant) {
        self.step = Step::Waiting;
        let timeout = self.plan.menus.get(&self.id).map_or(SHORTEST_WAIT, |menu| menu.timeout.max(SHORTEST_WAIT));
        self.until = Some(now + timeout);
    }

    fn play_done(&mut self, now: Instant) {
        match self.step {
            Step::Greeting => self.give_notice(now),
            Step::Notice => {
                self.note_notice(true);
                self.prompt(now);
            }
            Step::Prompt if self.typed.is_empty() => self.wait(now),
            Step::Prompt | Step::Waiting | Step::Done => {}
        }
    }

    fn key(&mut self, now: Instant, key: char) {
        match self.step {
            Step::Done => {}
            Step::Notice => self.keep(key),
            Step::Greeting => {
                self.keep(key);
                self.out.push_back(Act::Stop);
                self.give_notice(now);
            }
            Step::Prompt | Step::Waiting => {
                if self.typed.is_empty() && self.step == Step::Prompt {
                    self.out.push_back(Act::Stop);
                }
                self.choose(now, key);
            }
        }
    }

    fn keep(&mut self, key: char) {
        if self.kept.len() < KEPT_KEYS {
            self.kept.push_back(key);
        }
    }

    /// Takes one more key: goes at once when its meaning is clear, waits for more when it may begin an extension.
    fn choose(&mut self, now: Instant, key: char) {
        self.step = Step::Waiting;
        if key == '#' && !self.typed.is_empty() {
            return self.decide(now);
        }
        self.typed.push(key);
        if !self.may_continue() {
            return self.decide(now);
        }
        self.until = Some(now + INTER_DIGIT);
        if let Some(next) = self.kept.pop_front() {
            self.choose(now, next);
        }
    }

    /// Whether a longer extension begins with what was keyed.
    fn may_continue(&self) -> bool {
        let direct = self.plan.menus.get(&self.id).is_some_and(|menu| menu.direct_dial);
        let longer = |ext: &Extension| ext.as_str().len() > self.typed.len() && ext.as_str().starts_with(&self.typed);
        direct && self.plan.extensions.keys().any(longer)
    }

    fn decide(&mut self, now: Instant) {
        let plan = Arc::clone(&self.plan);
        let Some(menu) = plan.menus.get(&self.id) else {
            return self.go(Target::HangUp);
        };
        let typed = std::mem::take(&mut self.typed);
        let extension = Extension::new(typed.clone());
        if menu.direct_dial && plan.extensions.contains_key(&extension) {
            self.out.push_back(Act::Note(Some(typed)));
            return self.go(Target::Extension(extension));
        }
        let mut keys = typed.chars();
        let meaning = match (keys.next(), keys.next()) {
            (Some(key), None) => menu.keys.get(&key).cloned(),
            _ => None,
        };
        match meaning {
            Some(target) => {
                self.out.push_back(Act::Note(Some(typed)));
                self.take(now, target);
            }
            None => self.invalid(now, menu),
        }
    }

    fn take(&mut self, now: Instant, target: Target) {
        match target {
            Target::Repeat => {
                self.rounds = 0;
                self.prompt(now);
            }
            Target::Language => {
                self.next_language();
                self.rounds = 0;
                self.prompt(now);
            }
            other => self.go(other),
        }
    }

    fn invalid(&mut self, now: Instant, menu: &MenuPlan) {
        self.kept.clear();
        self.out.push_back(Act::Note(Some("invalid".to_owned())));
        let last = self.rounds >= menu.retries.max(1);
        match menu.on_invalid.clone() {
            Target::Repeat | Target::Language if last => self.give_up(now, menu),
            Target::Repeat => self.say_invalid(now),
            other => self.take(now, other),
        }
    }

    /// Says that the key means nothing, then the prompt again, as one piece that a key interrupts.
    fn say_invalid(&mut self, now: Instant) {
        self.rounds += 1;
        self.until = None;
        self.step = Step::Prompt;
        let sorry = system_sound(&self.plan, &self.language, "invalid");
        let sounds: Vec<_> = sorry.into_iter().chain(self.sound(|menu| &menu.prompt)).collect();
        if sounds.is_empty() {
            return self.wait(now);
        }
        self.out.push_back(Act::Play(sounds));
    }

    fn time_is_up(&mut self, now: Instant) {
        self.until = None;
        if !self.typed.is_empty() {
            return self.decide(now);
        }
        let plan = Arc::clone(&self.plan);
        let Some(menu) = plan.menus.get(&self.id) else {
            return self.go(Target::HangUp);
        };
        self.out.push_back(Act::Note(Some("timeout".to_owned())));
        if self.rounds < menu.retries.max(1) {
            self.prompt(now);
        } else {
            self.give_up(now, menu);
        }
    }

    fn give_up(&mut self, now: Instant, menu: &MenuPlan) {
        self.take(now, menu.on_timeout.clone());
    }

    fn go(&mut self, target: Target) {
        self.step = Step::Done;
        self.until = None;
        self.out.push_back(Act::Go(target));
    }

    fn next_language(&mut self) {
        let plan = Arc::clone(&self.plan);
        let Some(menu) = plan.menus.get(&self.id) else { return };
        let place = menu.languages.iter().position(|l| *l == self.language).map_or(0, |at| at + 1);
        if let Some(next) = menu.languages.get(place).or_else(|| menu.languages.first()) {
            self.language.clone_from(next);
            self.out.push_back(Act::Speak(next.clone()));
        }
    }

    fn sound(&self, of: impl Fn(&MenuPlan) -> &PerLanguage<Arc<Sound>>) -> Option<Arc<Sound>> {
        let menu = self.plan.menus.get(&self.id)?;
        let sounds = of(menu);
        let fallback = || menu.languages.iter().find_map(|language| sounds.get(language));
        sounds.get(&self.language).or_else(fallback).or_else(|| sounds.values().next()).cloned()
    }
}

/// The wanted language where the menu speaks it, else the menu's first.
fn choose_language(menu: &MenuPlan, wanted: &str) -> String {
    let spoken = menu.languages.iter().find(|language| *language == wanted);
    spoken.or_else(|| menu.languages.first()).cloned().unwrap_or_else(|| wanted.to_owned())
}

/// A word of the switch itself (`position`, `n1`, `invalid`), in that language or the business's first that has it.
pub fn system_sound(plan: &Plan, language: &str, word: &str) -> Option<Arc<Sound>> {
    let of = |language: &str| plan.sounds.get(language).and_then(|words| words.get(word));
    of(language).or_else(|| plan.languages.iter().find_map(|l| of(l))).cloned()
}
