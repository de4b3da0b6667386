//! Secrets: made once, for the owner's eyes only, and never guessable.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use daemon::config::{Code, secrets};
use pbx::id::Extension;

use super::folder::Folder;

fn without_secrets() -> Folder {
    let folder = Folder::good();
    folder.write(
        "extensions.toml",
        "[extension.101]\nname = \"Zeynep\"\nuser = \"zeynep\"\n[extension.102]\nname = \"Murat\"\nuser = \"murat\"\n",
    );
    folder
}

#[test]
fn an_extension_without_a_secret_gets_one_that_nobody_knows() {
    let folder = without_secrets();
    let loaded = folder.load().unwrap();
    assert_eq!(loaded.without_secret, [Extension::new("101"), Extension::new("102")]);
    let secret = |number: &str| loaded.plan.extensions[&Extension::new(number)].secret.0.clone();
    assert!(secret("101").len() >= 20 && secret("101") != secret("102"));
    assert!(!folder.path.join(secrets::FILE).exists(), "loading writes nothing");
}

#[test]
fn missing_secrets_are_written_for_the_owner_only_and_stay() {
    let folder = without_secrets();
    assert_eq!(secrets::ensure(&folder.path).unwrap(), ["101", "102"]);
    let mode = fs::metadata(folder.path.join(secrets::FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let first = folder.load().unwrap();
    assert!(first.warnings.is_empty() && first.without_secret.is_empty());
    let secret = first.plan.extensions[&Extension::new("101")].secret.clone();
    assert!(secret.0.len() >= 20 && secret.0.chars().all(|c| c.is_ascii_alphanumeric()), "{}", secret.0);
    assert_eq!(secrets::ensure(&folder.path).unwrap(), Vec::<String>::new());
    assert!(folder.load().unwrap().plan.extensions[&Extension::new("101")].secret == secret);
}

#[test]
fn a_new_extension_is_added_to_the_file_without_touching_the_rest() {
    let folder = without_secrets();
    secrets::ensure(&folder.path).unwrap();
    let before = folder.read(secrets::FILE) + "# benim notum\n";
    folder.write(secrets::FILE, &before);
    folder.write("extensions2.toml", "[extension.103]\nname = \"Ali\"\n");
    assert_eq!(secrets::ensure(&folder.path).unwrap(), ["103"]);
    let after = folder.read(secrets::FILE);
    assert!(before.lines().all(|line| after.lines().any(|other| other == line)), "{after}");
    assert_eq!(folder.load().unwrap().plan.extensions.len(), 3);
}

#[test]
fn a_broken_folder_gets_no_secrets() {
    let folder = without_secrets();
    folder.write("kotu.toml", "= = =\n");
    assert!(
        matches!(secrets::ensure(&folder.path), Err(secrets::SecretsError::Configuration(found)) if found.len() == 1)
    );
    assert!(!folder.path.join(secrets::FILE).exists());
}

#[test]
fn a_secrets_file_that_others_can_read_is_refused() {
    let folder = without_secrets();
    secrets::ensure(&folder.path).unwrap();
    fs::set_permissions(folder.path.join(secrets::FILE), fs::Permissions::from_mode(0o644)).unwrap();
    let findings = folder.load().unwrap_err();
    assert_eq!(findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::SecretsOpen]);
}

#[test]
fn a_secret_for_nobody_and_a_second_secret_are_found_without_showing_either() {
    let folder = Folder::good();
    folder.write(secrets::FILE, "[secret]\n101 = \"sifre-sifre-sifre\"\n999 = \"sifre-sifre-sifre\"\n");
    fs::set_permissions(folder.path.join(secrets::FILE), fs::Permissions::from_mode(0o600)).unwrap();
    let findings = folder.load().unwrap_err();
    let found: Vec<_> = findings.iter().map(|f| (f.code, folder.short(&f.file), f.line, f.column)).collect();
    let expected = [
        (Code::SecretTwice, "extensions.toml".to_owned(), 4, 10),
        (Code::SecretOrphan, "secrets.toml".to_owned(), 3, 7),
    ];
    assert_eq!(found, expected);
    assert!(findings.iter().all(|f| !f.source.contains("sifre-") && !f.source.contains("k4m3r")), "{findings:?}");
}

#[test]
fn a_name_is_no_secret() {
    for secret in ["103", "Ali", "ALI", "ali.veli"] {
        let folder = Folder::good();
        folder
            .write("e.toml", &format!("[extension.103]\nname = \"Ali\"\nuser = \"ali.veli\"\nsecret = \"{secret}\"\n"));
        let findings = folder.load().unwrap_err();
        assert_eq!(findings[0].code, Code::SecretGuessable, "{secret}");
    }
}
