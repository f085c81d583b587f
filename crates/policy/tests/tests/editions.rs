//! Whole texts of packs: which files belong to one, its digest, and what is refused.

use policy::{EDITION_BYTES_MAX, EditionText, FOLDER_FILES_MAX, Pack, RefusedText, RevisionNeed, SourceFile};

use crate::support::{SMALL, everything, file, resolved, shipped};

fn small() -> SourceFile {
    file("small/pack.toml", SMALL)
}

#[test]
fn an_edition_holds_its_layers_and_the_guideline_and_nothing_else() {
    let mut files = everything();
    files.retain(|f| f.path.starts_with("hoshimi/"));
    let text = EditionText::new("hoshimi", files, &everything()).unwrap();
    let mut folders: Vec<&str> = text.files().iter().filter_map(|f| f.path.split('/').next()).collect();
    folders.dedup();
    assert_eq!(folders, ["base", "guideline", "hoshimi"]);
    let whole = text.resolve().unwrap().pack;
    let alone = Pack::resolve(&shipped(), "hoshimi").unwrap().pack;
    assert_eq!((whole.title(), whole.statements()), (alone.title(), alone.statements()));
    assert!(text.can_run(), "{:?}", text.findings());
}

#[test]
fn a_proposed_folder_takes_the_place_of_the_whole_folder() {
    let below = [file("small/pack.toml", SMALL), file("small/more.toml", "format = 1\n")];
    let text = EditionText::new("small", vec![small()], &below).unwrap();
    assert_eq!(text.files(), [small()]);
}

#[test]
fn the_digest_is_of_paths_and_bytes_in_one_order() {
    let files = [small(), file("small/a.toml", "format = 1\n")];
    let of = |files: Vec<SourceFile>| EditionText::new("small", files, &[]).unwrap().digest();
    let digest = of(files.to_vec());
    assert_eq!(digest, of(files.iter().rev().cloned().collect()), "order");
    assert_eq!(digest.len(), 64);
    for (what, changed) in [
        ("a byte", vec![small(), file("small/a.toml", "format = 1 \n")]),
        ("a name", vec![small(), file("small/b.toml", "format = 1\n")]),
        ("a file less", vec![small()]),
    ] {
        assert_ne!(digest, of(changed), "{what}");
    }
    // What docs/format-pack.md says, done by hand.
    let one = EditionText::new("p", vec![file("p/x.toml", "é\n")], &[]).unwrap();
    use sha2::Digest as _;
    let by_hand = sha2::Sha256::digest("sekisho-edition/1\np\np/x.toml\n3\né\n\n".as_bytes());
    assert_eq!(one.digest(), hex::encode(by_hand));
}

#[test]
fn what_no_pack_has_is_refused() {
    let new = |path: &str| EditionText::new("small", vec![file(path, "format = 1\n")], &[]);
    for path in [
        "pack.toml",
        "small/",
        "/pack.toml",
        "small/.toml",
        "small/pack.txt",
        "../pack.toml",
        "small/../x.toml",
        "small/sub/x.toml",
        "small/a b.toml",
        "small/a\n.toml",
        "sm:all/x.toml",
        &format!("small/{}.toml", "x".repeat(90)),
    ] {
        assert_eq!(new(path), Err(RefusedText::Path(path.to_owned())), "{path}");
    }
    assert_eq!(EditionText::new("small", Vec::new(), &[small()]), Err(RefusedText::Empty));
    let twice = EditionText::new("small", vec![small(), small()], &[]);
    assert_eq!(twice, Err(RefusedText::Path("small/pack.toml".to_owned())));
    for pack in ["", "a/b", "a\nb", ".."] {
        assert!(matches!(EditionText::new(pack, vec![small()], &[]), Err(RefusedText::Path(_))), "{pack:?}");
    }
    let many = (0..=FOLDER_FILES_MAX).map(|n| file(&format!("small/{n}.toml"), "format = 1\n")).collect();
    let refused = EditionText::new("small", many, &[]);
    assert_eq!(refused, Err(RefusedText::TooLarge { limit: FOLDER_FILES_MAX, unit: "files" }));
    let large = "#".repeat(EDITION_BYTES_MAX);
    let refused = EditionText::new("small", vec![small(), file("small/large.toml", &large)], &[]);
    assert_eq!(refused, Err(RefusedText::TooLarge { limit: EDITION_BYTES_MAX, unit: "bytes" }));
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let broken = SMALL.replacen("label = \"中の系\"", "lable = \"中の系\"", 1);
    let text = EditionText::new("small", vec![file("small/pack.toml", &broken)], &[]).unwrap();
    assert!(!text.can_run());
    let findings = text.findings();
    assert!(findings.iter().any(|p| p.code.id() == "unknown-key" && p.line > 1), "{findings:?}");
    // A layer that is nowhere.
    let lost = SMALL.replacen("id = \"small\"\n", "id = \"small\"\nextends = \"nowhere\"\n", 1);
    let text = EditionText::new("small", vec![file("small/pack.toml", &lost)], &shipped()).unwrap();
    assert!(text.findings().iter().any(|p| p.code.id() == "layer-missing"));
}

#[test]
fn what_a_revision_needs_is_the_pack_s_to_say() {
    let of = |id: &str| {
        let pack = Pack::resolve(&everything(), id).unwrap().pack;
        (pack.revision_needs().to_vec(), pack.public_page())
    };
    for (id, needs) in
        [("tama", true), ("kashiwa-water", true), ("narita", false), ("asahi", false), ("okayama", false)]
    {
        let wanted = if needs { vec![RevisionNeed::RiskAnalysis] } else { Vec::new() };
        assert_eq!(of(id), (wanted, false), "{id}");
    }
    assert_eq!(of("hoshimi"), (vec![RevisionNeed::RiskAnalysis], true));
    // Written in a layer below it holds; the layer above may take it back.
    let below =
        SMALL.replacen("version = \"1\"\n", "version = \"1\"\nrevision_needs = [\"risk-analysis\"]\n", 1);
    for (line, left) in [("", 1), ("revision_needs = []\n", 0)] {
        let above = format!(
            "format = 1\n[pack]\nid = \"top\"\nextends = \"small\"\ntitle = \"t\"\nversion = \"1\"\n{line}"
        );
        let files = [file("small/pack.toml", &below), file("top/pack.toml", &above)];
        assert_eq!(resolved(&files, "top").pack.revision_needs().len(), left, "{line}");
    }
    let wrong = SMALL.replacen("version = \"1\"\n", "version = \"1\"\nrevision_needs = [\"risk\"]\n", 1);
    let problems = Pack::resolve(&[file("small/pack.toml", &wrong)], "small").unwrap_err();
    assert_eq!(problems.iter().map(|p| p.code.id()).collect::<Vec<_>>(), ["wrong-value"]);
}
