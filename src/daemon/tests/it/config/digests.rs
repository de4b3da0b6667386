//! Which digests phones are offered: what the configuration says is what the plan has.

use pbx::id::Extension;
use sip::digest::Offer;

use super::folder::Folder;

const WRITTEN: [(&str, Offer); 4] =
    [("md5", Offer::Md5), ("sha-256", Offer::Sha256), ("both", Offer::Md5First), ("sha-256-first", Offer::Sha256First)];

#[test]
fn the_digest_of_the_house_and_that_of_an_extension_end_up_in_the_plan() {
    for (house, expected) in WRITTEN {
        for (own, expected_own) in WRITTEN {
            let folder = Folder::good();
            let main = folder.read("santral.toml");
            folder.write("santral.toml", &format!("{main}\n[sip]\ndigest = \"{house}\"\n"));
            let people = folder.read("extensions.toml");
            let head = "[extension.101]\n";
            folder.write("extensions.toml", &people.replace(head, &format!("{head}digest = \"{own}\"\n")));
            let plan = folder.load().unwrap_or_else(|findings| panic!("{house} {own}: {findings:#?}")).plan;
            let of = |number: &str| plan.extensions[&Extension::new(number)].digest;
            assert_eq!((plan.digest, of("101"), of("102")), (expected, Some(expected_own), None), "{house} {own}");
        }
    }
}

#[test]
fn without_a_word_both_digests_are_offered_and_md5_first() {
    let plan = Folder::good().load().unwrap().plan;
    assert_eq!(plan.digest, Offer::Md5First);
    assert!(plan.extensions.values().all(|extension| extension.digest.is_none()));
}
