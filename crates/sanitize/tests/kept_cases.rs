//! The kept cases of the fuzz targets, run again by an ordinary test: what once was found stays found.
//!
//! Owns: that every target's seeds and kept cases hold, and that each shell still leads to its parser.
//! Leaves to others: what must hold and how an input becomes a file (`fuzz/src/parsers`), finding new cases
//! (`cargo xtask fuzz`).

#![cfg(test)]

#[path = "../../../fuzz/src/kept.rs"]
mod kept;
#[path = "../../../fuzz/src/parsers/mod.rs"]
mod parsers;

use std::path::Path;

fn replay(name: &str) {
    let target = parsers::target(name);
    let cases = kept::cases(name, (target.seeds)());
    let first = parsers::check(target, &cases[0].1);
    assert!(
        first.as_ref().is_ok_and(|ending| ending.hands_over),
        "the shell of {name} does not fit: {first:?}"
    );
    let mut troubles = Vec::new();
    for (case, input) in &cases {
        match parsers::check(target, input) {
            Ok(ending) => {
                ending.library_panics.iter().for_each(|place| eprintln!("{case}: library panic at {place}"))
            }
            Err(trouble) => troubles.push(format!("{case}: {trouble}")),
        }
    }
    eprintln!("{name}: {} cases", cases.len());
    assert!(troubles.is_empty(), "{troubles:#?}");
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        $(#[test] fn $name() { replay(stringify!($name)); })+

        #[test]
        fn every_target_is_here_and_in_the_manifest() {
            let here: Vec<&str> = vec![$(stringify!($name)),+];
            let listed: Vec<&str> = parsers::TARGETS.iter().map(|target| target.name).collect();
            assert_eq!(here, listed);
            let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/Cargo.toml");
            let manifest = std::fs::read_to_string(manifest).unwrap();
            for target in parsers::TARGETS {
                assert!(manifest.contains(&format!("name = \"{}\"\n", target.name)), "{}", target.name);
                assert!(!target.words.is_empty() && target.words.iter().all(|word| !word.is_empty()));
            }
        }
    };
}

targets! {
    pdf_objects,
    pdf_content,
    pdf_stream,
    ooxml,
    ooxml_encrypted,
    legacy,
    old_book,
    old_show,
    old_document,
    zip,
    seven_zip,
    lha,
    tar,
    mail,
    tnef,
    cms,
    outlook,
    rtf,
    svg,
    emf,
    wmf,
    png,
    jpeg,
    jpeg_copied,
    gif,
    bmp,
    tiff,
    webp,
    odf,
    odf_flat,
    office_xml,
    html,
    mhtml,
    css,
    xml,
    json,
    vobject,
    table,
    text,
    sanitise,
}
