//! What a prefecture's folder costs: the packs of 300 bodies over the shipped base, read and checked, against plain
//! parsing of the same TOML text, each file once.
//!
//! Run with `cargo bench -p policy`. Each body has 54 statements, which is what a basic policy asks for, with the papers
//! around it and values of its own.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its packs has nothing to measure")]

use std::fmt::Write as _;
use std::path::Path;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use policy::{CoverageReport, Library, SourceFile};

const BODIES: usize = 300;
const STATEMENTS: usize = 54;

fn main() {
    divan::main();
}

fn shipped(layer: &str) -> Vec<SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(layer);
    let mut files: Vec<SourceFile> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| SourceFile {
            path: format!("{layer}/{}", path.file_name().unwrap().to_string_lossy()),
            text: std::fs::read_to_string(&path).unwrap(),
        })
        .collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// One body: its pack, papers, and statements that relate to those of the body before it.
fn body(n: usize) -> Vec<SourceFile> {
    let id = format!("body-{n:03}");
    let pack = format!(
        "format = 1\n\n[pack]\nid = \"{id}\"\nextends = \"base\"\ntitle = \"第{n}町情報セキュリティポリシー\"\nversion = \"2026.4\"\n\
         effective_from = 2026-04-01\n\n[[maker]]\nid = \"mayor\"\ntitle = \"町長\"\n\n[[document]]\nid = \"basic\"\n\
         title = \"情報セキュリティ基本方針\"\nkind = \"basic-policy\"\npublic = true\nmaker = \"mayor\"\n\n[[revision]]\n\
         id = \"first\"\ndate = 2016-04-01\ndocument = \"basic\"\n\n[[zone]]\nid = \"lgwan\"\noverride = true\nlabel = \"内部系\"\n"
    );
    let mut text = "format = 1\n".to_owned();
    for chapter in 1..=9 {
        let _ = write!(
            text,
            "\n[[clause]]\nid = \"{id}/{chapter}\"\nsection = \"{chapter}\"\ntitle = \"第{chapter}の定め\"\ndocument = \"basic\"\n"
        );
    }
    for s in 0..STATEMENTS {
        let before = (n + BODIES - 1) % BODIES;
        let _ = write!(
            text,
            "\n[[statement]]\nid = \"{id}/{0}({s})\"\nclause = \"{id}/{0}\"\nlabel = \"{0}({s})\"\nascii = \"{id}-{0}.{s}\"\n\
             type = \"organisational-rule\"\nroles = [\"staff\", \"security-manager\"]\nmodality = \"must\"\n\
             gist_ja = \"情報資産を定めた手順で取り扱い、記録を残して定期的に見直す({s})\"\n\
             gist_en = \"Handle information assets by the set procedure, keep records and review them from time to time\"\n\
             trigger = \"定期的、または必要に応じて\"\nevidence = \"取扱いの記録と見直しの記録\"\nassurance = \"attest\"\n\
             capability = \"assets\"\nmechanisms = [\"register-assets\", \"attestation\"]\n\
             counterparty = [{{ act = \"report\", roles = [\"ciso\"] }}]\n\
             relations = [{{ kind = \"same\", to = \"body-{before:03}/{0}({s})\" }}]\n",
            s % 9 + 1
        );
    }
    let file = |name: &str, text: String| SourceFile { path: format!("{id}/{name}.toml"), text };
    vec![file("pack", pack), file("clauses", text)]
}

fn files() -> Vec<SourceFile> {
    let mut files = [shipped("base"), shipped("guideline")].concat();
    files.extend((0..BODIES).flat_map(body));
    files
}

fn bytes(files: &[SourceFile]) -> BytesCount {
    BytesCount::new(files.iter().map(|f| f.text.len()).sum::<usize>())
}

#[divan::bench(sample_count = 10)]
fn packs_1_load(bencher: Bencher<'_, '_>) {
    let files = files();
    bencher.counter(bytes(&files)).counter(ItemsCount::new(BODIES)).bench_local(|| {
        let library = Library::new(&files);
        for id in library.packs() {
            black_box(library.resolve(id).unwrap());
        }
    });
}

#[divan::bench(sample_count = 10)]
fn packs_2_plain_toml(bencher: Bencher<'_, '_>) {
    let files = files();
    bencher.counter(bytes(&files)).bench_local(|| {
        for file in &files {
            black_box(file.text.parse::<toml::Table>().unwrap());
        }
    });
}

#[divan::bench(sample_count = 10)]
fn packs_3_coverage(bencher: Bencher<'_, '_>) {
    let files = files();
    let library = Library::new(&files);
    let packs: Vec<_> = library.packs().map(|id| library.resolve(id).unwrap().pack).collect();
    bencher.counter(ItemsCount::new(BODIES)).bench_local(|| CoverageReport::of_all(&packs).to_json());
}
