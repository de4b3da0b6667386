//! The tables of `santral.toml`: business, sockets, database, limits.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::PathBuf;
use std::time::Duration;

use pbx::plan::{Advertised, BanPlan, Secret};
use sip::digest::Offer;

use super::code::Code;
use super::fields::{Fields, node_text};
use super::merge::Merged;
use super::nearest::nearest;
use super::reading::Reading;
use super::settings::{Business, Limits, Listen, Log, LogFormat, LogLevel, Settings};
use super::source::{Place, Report};
use super::value;

const HTTP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
const SIP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 5060);
const RTP_PORTS: (u16, u16) = (20_000, 20_998);
const MAX_CALLS: usize = 100;
const MAX_TCP: usize = 1_000;
const RTP_TIMEOUT: Duration = Duration::from_secs(30);
const HOLD_TIMEOUT: Duration = Duration::from_secs(1_800);
const DRAIN: Duration = Duration::from_secs(60);
/// Wrong secrets of one user from one address that make a ban.
const BAN_AFTER: u32 = 10;
/// How long it lasts, and within which time they are counted.
const BAN_TIME: Duration = Duration::from_secs(600);
/// The words for which digests are offered.
pub const DIGESTS: [(&str, Offer); 4] =
    [("md5", Offer::Md5), ("sha-256", Offer::Sha256), ("both", Offer::Md5First), ("sha-256-first", Offer::Sha256First)];
/// Pairs of RTP ports below which not even two calls fit.
const FEWEST_PAIRS: usize = 4;

/// What `santral.toml` gives to the switch's plan.
pub struct ForPlan {
    /// Digest realm.
    pub realm: String,
    /// Which digests a challenge offers.
    pub digest: Offer,
    /// What becomes of whoever tries wrong secrets.
    pub ban: BanPlan,
    /// Addresses told to others.
    pub advertised: Advertised,
    /// First and last even port.
    pub rtp_ports: (u16, u16),
    /// Silence after which a call is dead.
    pub rtp_timeout: Duration,
    /// The same while held.
    pub hold_timeout: Duration,
    /// Callers from this machine need not be registered.
    pub guests_from_loopback: bool,
}

/// Reads the business first: languages and zone are what the other readers check against.
pub fn business(reading: &mut Reading<'_>, merged: &Merged) -> Business {
    let fields = merged.settings("business");
    let report = &mut reading.report;
    let name = if merged.has("business") { fields.required_text("name", report) } else { None };
    let business = Business {
        name: name.map_or_else(|| "Santral".to_owned(), |(name, _)| name.to_owned()),
        timezone: timezone(&fields, report).unwrap_or_else(|| "Europe/Istanbul".to_owned()),
        country: country(&fields, report).unwrap_or_else(|| "TR".to_owned()),
        languages: languages(reading, &fields),
    };
    fields.finish(&mut reading.report);
    business
}

/// A table's `timezone`, checked.
pub fn timezone(fields: &Fields<'_>, report: &mut Report) -> Option<String> {
    let (name, place) = fields.text("timezone", report)?;
    if pbx::schedule::zone_exists(name) {
        return Some(name.to_owned());
    }
    let zones: Vec<String> = jiff::tz::TimeZoneDatabase::bundled().available().map(|zone| zone.to_string()).collect();
    let near = nearest(name, zones.iter().map(String::as_str));
    report.add(place, Code::BadTimeZone).with("value", name).with_some("suggestion", near);
    None
}

fn country(fields: &Fields<'_>, report: &mut Report) -> Option<String> {
    let (code, place) = fields.text("country", report)?;
    if code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase()) {
        return Some(code.to_owned());
    }
    report.add(place, Code::UnknownValue).with("key", "country").with("value", code).with("known", "TR, DE, …");
    None
}

fn languages(reading: &mut Reading<'_>, fields: &Fields<'_>) -> Vec<String> {
    let mut languages = Vec::new();
    for node in fields.list("languages", &mut reading.report) {
        let Some((code, place)) = node_text("languages", node, &mut reading.report) else {
            continue;
        };
        if !(2..=3).contains(&code.len()) || !code.bytes().all(|b| b.is_ascii_lowercase()) {
            reading.report.add(place, Code::BadLanguage).with("value", code);
            continue;
        }
        if !reading.source.has_folder(&format!("sounds/{code}")) {
            let folder = reading.source.shown(&format!("sounds/{code}")).display().to_string();
            reading.report.add(place, Code::LanguageWithoutSounds).with("value", code).with("folder", folder);
        }
        languages.push(code.to_owned());
    }
    if languages.is_empty() { vec!["tr".to_owned()] } else { languages }
}

/// Reads everything else of `santral.toml`.
pub fn settings(reading: &mut Reading<'_>, merged: &Merged, business: Business) -> (Settings, ForPlan) {
    let report = &mut reading.report;
    let limits = limits(&merged.settings("limits"), report);
    let fields = merged.settings("listen");
    let http = socket(&fields, "http", HTTP, report);
    let sip = socket(&fields, "sip", SIP, report);
    let media = address(&fields, "media", report).map_or(sip.ip(), |(address, _)| address);
    let advertised = advertised(&fields, sip, report);
    let hosts = hosts(&fields, report);
    let https = fields.boolean("https", report).unwrap_or(false);
    two_on_one_port(&fields, http, sip, report);
    fields.finish(report);
    let (rtp_ports, rtp_timeout, hold_timeout) = rtp(&merged.settings("rtp"), sip, &limits, report);
    let Sip { realm, digest, ban, guests_from_loopback } = sip_table(&merged.settings("sip"), report);
    let (metrics, metrics_public) = metrics(&merged.settings("metrics"), report);
    let settings = Settings {
        business,
        listen: Listen { http, sip, media, hosts, https },
        database: Secret(database(&merged.settings("db"), report)),
        recordings: recordings(&merged.settings("recordings"), report),
        limits,
        log: log(&merged.settings("log"), report),
        metrics,
        metrics_public,
    };
    let plan = ForPlan { realm, digest, ban, advertised, rtp_ports, rtp_timeout, hold_timeout, guests_from_loopback };
    (settings, plan)
}

fn limits(fields: &Fields<'_>, report: &mut Report) -> Limits {
    let limits = Limits {
        max_calls: fields.count("max_calls", 10_000, report).unwrap_or(MAX_CALLS),
        tcp_connections: fields.count("tcp_connections", 100_000, report).unwrap_or(MAX_TCP),
        drain: fields.duration("drain", report).unwrap_or(DRAIN),
    };
    fields.finish(report);
    limits
}

fn socket(fields: &Fields<'_>, key: &'static str, default: SocketAddr, report: &mut Report) -> SocketAddr {
    let Some((text, place)) = fields.text(key, report) else {
        return default;
    };
    let Ok(address) = text.parse::<SocketAddr>() else {
        report
            .add(place, Code::BadSocketAddress)
            .with("key", key)
            .with("value", text)
            .with("example", default.to_string());
        return default;
    };
    if address.port() == 0 && !address.ip().is_loopback() {
        report.add(place, Code::PortZero).with("key", key).with("suggestion", default.port().to_string());
    }
    address
}

fn address<'t>(fields: &Fields<'t>, key: &'static str, report: &mut Report) -> Option<(IpAddr, &'t Place)> {
    let (text, place) = fields.text(key, report)?;
    let address = text.parse().ok();
    if address.is_none() {
        report.add(place, Code::BadAddress).with("key", key).with("value", text);
    }
    address.map(|address| (address, place))
}

/// What we tell phones and trunks. Behind a router the owner writes the outside address; else it is the address we
/// listen on, and when that is "all", the one this machine would use towards the internet.
fn advertised(fields: &Fields<'_>, sip: SocketAddr, report: &mut Report) -> Advertised {
    let given = address(fields, "advertise", report);
    if let Some((address, place)) = given
        && (address.is_unspecified() || address.is_multicast())
    {
        report.add(place, Code::AdvertiseUnusable).with("value", address.to_string());
    }
    let listened = Some(sip.ip()).filter(|address| !address.is_unspecified());
    let media = given.map(|(address, _)| address).or(listened).unwrap_or_else(outward_address);
    Advertised { sip: SocketAddr::new(media, sip.port()), media }
}

/// The address of the network card towards the internet. Connecting a datagram socket sends nothing.
fn outward_address() -> IpAddr {
    let towards = SocketAddr::from(([192, 0, 2, 1], 9));
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect(towards)?;
        socket.local_addr()
    });
    socket.map_or(Ipv4Addr::LOCALHOST.into(), |address| address.ip())
}

/// Names under which browsers ask for the page. Another name that leads here is somebody's DNS trick and is refused.
fn hosts(fields: &Fields<'_>, report: &mut Report) -> Vec<String> {
    let mut hosts = Vec::new();
    for node in fields.list("hosts", report) {
        let Some((name, place)) = node_text("hosts", node, report) else {
            continue;
        };
        if value::is_host_name(name) {
            hosts.push(name.to_ascii_lowercase());
        } else {
            let bare = value::host_of_url(name);
            report.add(place, Code::BadHostName).with("value", name).with_some("suggestion", bare);
        }
    }
    hosts
}

fn two_on_one_port(fields: &Fields<'_>, http: SocketAddr, sip: SocketAddr, report: &mut Report) {
    let same_address = http.ip() == sip.ip() || http.ip().is_unspecified() || sip.ip().is_unspecified();
    if http.port() == sip.port() && sip.port() != 0 && same_address {
        let place = fields.entry("sip").or(fields.entry("http")).map_or(fields.place(), |entry| &entry.node.place);
        report.add(place, Code::PortTwice).with("port", sip.port().to_string());
    }
}

fn rtp(fields: &Fields<'_>, sip: SocketAddr, limits: &Limits, report: &mut Report) -> ((u16, u16), Duration, Duration) {
    let ports = rtp_ports(fields, sip, limits, report).unwrap_or(RTP_PORTS);
    let timeout = fields.duration("timeout", report).unwrap_or(RTP_TIMEOUT);
    let hold = fields.duration("hold_timeout", report).unwrap_or(HOLD_TIMEOUT);
    fields.finish(report);
    (ports, timeout, hold)
}

/// Sound goes over the even port of a pair and its reports over the odd one, so the range begins even and ends odd.
fn rtp_ports(fields: &Fields<'_>, sip: SocketAddr, limits: &Limits, report: &mut Report) -> Option<(u16, u16)> {
    let (text, place) = fields.text("ports", report)?;
    let Some((first, last)) = value::port_range(text) else {
        report.add(place, Code::BadPortRange).with("value", text);
        return None;
    };
    if first % 2 == 1 || last % 2 == 0 {
        let even = first & !1;
        report.add(place, Code::RtpRangeOdd).with("value", text).with("suggestion", format!("{even}-{}", last | 1));
        return None;
    }
    let pairs = usize::from(last - first).div_ceil(2);
    if pairs < FEWEST_PAIRS {
        report.add(place, Code::RtpRangeSmall).with("pairs", pairs.to_string()).with("least", FEWEST_PAIRS.to_string());
    } else if pairs < limits.max_calls * 2 {
        let found = report.add(place, Code::RtpRangeForCalls).with("pairs", pairs.to_string());
        found.with("calls", limits.max_calls.to_string()).with("needed", (limits.max_calls * 2).to_string());
    }
    if (first..=last).contains(&sip.port()) {
        report.add(place, Code::RtpRangeCovers).with("port", sip.port().to_string());
    }
    Some((first, last - 1))
}

/// What `[sip]` says.
struct Sip {
    realm: String,
    digest: Offer,
    ban: BanPlan,
    guests_from_loopback: bool,
}

fn sip_table(fields: &Fields<'_>, report: &mut Report) -> Sip {
    let realm = fields.text("realm", report).map_or("santral", |(realm, _)| realm).to_owned();
    let digest = fields.choice("digest", &DIGESTS, report).unwrap_or_default();
    let after = fields.number("ban_after", (0, 1_000), report).and_then(|most| u32::try_from(most).ok());
    let time = fields.duration("ban_time", report).unwrap_or(BAN_TIME);
    let ban = BanPlan { after: after.unwrap_or(BAN_AFTER), within: time, time };
    let guests_from_loopback = fields.boolean("guests_from_loopback", report).unwrap_or(false);
    fields.finish(report);
    Sip { realm, digest, ban, guests_from_loopback }
}

fn database(fields: &Fields<'_>, report: &mut Report) -> String {
    let url = fields.text("url", report);
    fields.finish(report);
    let Some((url, place)) = url else {
        return "sqlite:santral.db".to_owned();
    };
    if !["sqlite:", "postgres://", "postgresql://"].iter().any(|kind| url.starts_with(kind)) {
        report.add(place, Code::BadDatabase);
    }
    url.to_owned()
}

fn recordings(fields: &Fields<'_>, report: &mut Report) -> PathBuf {
    let folder = fields.text("dir", report).map_or("recordings", |(folder, _)| folder);
    fields.finish(report);
    PathBuf::from(folder)
}

fn log(fields: &Fields<'_>, report: &mut Report) -> Log {
    let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace];
    let levels = levels.map(|level| (level.as_str(), level));
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let log = Log {
        level: fields.choice("level", &levels, report).unwrap_or(LogLevel::Info),
        format: fields.choice("format", &formats, report).unwrap_or(LogFormat::Text),
    };
    fields.finish(report);
    log
}

/// Whether there are metrics, and whether for other machines too.
fn metrics(fields: &Fields<'_>, report: &mut Report) -> (bool, bool) {
    let enabled = fields.boolean("enabled", report).unwrap_or(true);
    let public = fields.boolean("public", report).unwrap_or(false);
    fields.finish(report);
    (enabled, public)
}
