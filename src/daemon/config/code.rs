//! The closed list of things that can be wrong with a configuration. The text of each is in `words/`.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration is not taken.
    Error,
    /// It is taken, but somebody should look.
    Warning,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident $text:literal $severity:ident;)*) => {
        /// What is wrong. The text form is stable and what scripts may look for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Code] = &[$(Code::$name),*];

            /// The stable text form.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// Error or warning.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    /// The folder does not exist or cannot be listed.
    FolderUnreadable "folder-unreadable" Error;
    /// A folder without a single TOML file.
    FolderEmpty "folder-empty" Error;
    /// A file cannot be read.
    FileUnreadable "file-unreadable" Error;
    /// A file is not UTF-8.
    NotUtf8 "not-utf8" Error;
    /// A sub-folder with TOML files that nobody reads.
    FolderNotRead "folder-not-read" Warning;
    /// Not TOML.
    Syntax "syntax" Error;
    /// A table nobody knows.
    UnknownTable "unknown-table" Error;
    /// A key nobody knows.
    UnknownKey "unknown-key" Error;
    /// A text where a number is wanted, and so on.
    WrongType "wrong-type" Error;
    /// A key that must be there is not.
    MissingKey "missing-key" Error;
    /// The same id (or setting) in two files.
    Twice "twice" Error;
    /// A value outside its list of words.
    UnknownValue "unknown-value" Error;
    /// A number outside its range.
    OutOfRange "out-of-range" Error;
    /// Not a time span.
    BadDuration "bad-duration" Error;
    /// Not `address:port`.
    BadSocketAddress "bad-socket-address" Error;
    /// Not an IP address.
    BadAddress "bad-address" Error;
    /// `SANTRAL__…` that is not `SANTRAL__TABLE__KEY` of a known table.
    BadOverride "bad-override" Error;
    /// `${env:X}` without X in the environment.
    VariableMissing "variable-missing" Error;
    /// `${file:X}` without a readable X.
    ValueFileMissing "value-file-missing" Error;
    /// `${` without an end, or with another word than `env` and `file`.
    BadExpansion "bad-expansion" Error;
    /// An id with letters that would break the address grammar.
    BadId "bad-id" Error;
    /// Not an address of the grammar.
    BadTarget "bad-target" Error;
    /// An address of the grammar this version does not serve yet.
    TargetUnsupported "target-unsupported" Error;
    /// `repeat` or `language` outside a menu.
    TargetOnlyInMenu "target-only-in-menu" Error;
    /// No such queue.
    UnknownQueue "unknown-queue" Error;
    /// No such menu.
    UnknownMenu "unknown-menu" Error;
    /// No such extension.
    UnknownExtension "unknown-extension" Error;
    /// No such schedule.
    UnknownSchedule "unknown-schedule" Error;
    /// A rule that always fits, so that nothing after it is reached.
    RuleWithoutCondition "rule-without-condition" Error;
    /// `if = "…"`: not served by this version.
    ExpressionUnsupported "expression-unsupported" Error;
    /// A menu key that no phone has.
    BadMenuKey "bad-menu-key" Error;
    /// A menu no caller can reach.
    MenuUnreachable "menu-unreachable" Warning;
    /// A menu with keys that says nothing.
    MenuSilent "menu-silent" Warning;
    /// A caller who presses nothing goes round for ever.
    MenuLoop "menu-loop" Warning;
    /// Queues overflow into each other in a circle.
    OverflowLoop "overflow-loop" Error;
    /// A queue without members.
    QueueEmpty "queue-empty" Warning;
    /// A queue that records callers who heard no recording notice.
    RecordedWithoutNotice "recorded-without-notice" Warning;
    /// The same member twice in a queue.
    MemberTwice "member-twice" Error;
    /// A member extension without a person, so nobody can go on shift for it.
    MemberWithoutUser "member-without-user" Warning;
    /// An extension that is not 2 to 8 digits.
    ExtensionCharacters "extension-characters" Error;
    /// Two spellings of one number.
    NumberTwice "number-twice" Error;
    /// The same digits are an extension and a number, in any spelling.
    ExtensionIsNumber "extension-is-number" Error;
    /// One person with two extensions.
    UserTwice "user-twice" Error;
    /// Two extensions with one digest user.
    AuthUserTwice "auth-user-twice" Error;
    /// A number that is not digits with an optional `+`.
    NumberCharacters "number-characters" Error;
    /// A secret that is the number, the user or the name.
    SecretGuessable "secret-guessable" Error;
    /// A secret of fewer than twelve characters.
    SecretShort "secret-short" Error;
    /// Others can read `secrets.toml`.
    SecretsOpen "secrets-open" Error;
    /// A secret for an extension that does not exist.
    SecretOrphan "secret-orphan" Warning;
    /// A secret both in `extensions.toml` and in `secrets.toml`.
    SecretTwice "secret-twice" Error;
    /// Two trunks with one address.
    TrunkAddressTwice "trunk-address-twice" Error;
    /// A trunk without an address can never be recognised.
    TrunkWithoutAddress "trunk-without-address" Error;
    /// Not a language code.
    BadLanguage "bad-language" Error;
    /// A language the business does not have.
    UnknownLanguage "unknown-language" Error;
    /// A language of the business without a folder of sounds.
    LanguageWithoutSounds "language-without-sounds" Error;
    /// A sound file that does not exist.
    SoundMissing "sound-missing" Error;
    /// A sound file that is not a WAV we can read.
    SoundUnreadable "sound-unreadable" Error;
    /// A WAV that is not mono at 8 or 16 kHz.
    SoundFormat "sound-format" Error;
    /// A path that leaves the folder of sounds.
    SoundOutside "sound-outside" Error;
    /// A sound given in one language and not in another.
    SoundLanguageMissing "sound-language-missing" Warning;
    /// A system sound that a language lacks.
    SystemSoundMissing "system-sound-missing" Warning;
    /// No such time zone.
    BadTimeZone "bad-time-zone" Error;
    /// Not a day of the week.
    BadWeekday "bad-weekday" Error;
    /// One day twice in `weekly`.
    DayTwice "day-twice" Error;
    /// Not `HH:MM-HH:MM`.
    BadInterval "bad-interval" Error;
    /// An interval that ends before it begins.
    IntervalReversed "interval-reversed" Error;
    /// Two intervals of a day that overlap.
    IntervalOverlap "interval-overlap" Error;
    /// Not `YYYY-MM-DD`, `*-MM-DD` or a range.
    BadDate "bad-date" Error;
    /// A date that no calendar has.
    NoSuchDay "no-such-day" Error;
    /// A date twice in one schedule.
    DateTwice "date-twice" Error;
    /// A schedule that is never open.
    ScheduleNeverOpens "schedule-never-opens" Warning;
    /// Schedules that except each other in a circle.
    ScheduleLoop "schedule-loop" Error;
    /// A schedule and its exception on different clocks.
    ScheduleZones "schedule-zones" Error;
    /// A calendar file that cannot be read.
    CalendarUnreadable "calendar-unreadable" Error;
    /// A line of a calendar file that is not understood.
    CalendarLine "calendar-line" Error;
    /// Not a range of ports.
    BadPortRange "bad-port-range" Error;
    /// A range of RTP ports that does not begin even and end odd.
    RtpRangeOdd "rtp-range-odd" Error;
    /// Fewer than four pairs of RTP ports.
    RtpRangeSmall "rtp-range-small" Error;
    /// Fewer pairs than the permitted calls need.
    RtpRangeForCalls "rtp-range-for-calls" Warning;
    /// The SIP or HTTP port lies in the RTP range.
    RtpRangeCovers "rtp-range-covers" Error;
    /// Port 0 (any) where others have to know the port.
    PortZero "port-zero" Error;
    /// Two listeners on one TCP port.
    PortTwice "port-twice" Error;
    /// An address that cannot be told to others.
    AdvertiseUnusable "advertise-unusable" Error;
    /// Not the bare name of a host.
    BadHostName "bad-host-name" Error;
    /// A database address of an unknown kind.
    BadDatabase "bad-database" Error;
}
