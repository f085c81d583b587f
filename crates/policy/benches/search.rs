//! What finding words costs: in one body's pack of 520 statements over base, and in the packs of 300 bodies at once; against
//! looking through the same texts one by one, spelled as they are.
//!
//! Run with `cargo bench -p policy --bench search`. The slowest of the samples stands for what the last of a hundred people
//! waits for; a sample is one query, and the queries take turns.

#![expect(clippy::unwrap_used, reason = "a bench that cannot make its packs has nothing to measure")]

use std::cell::Cell;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::LazyLock;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use policy::search::{Index, Query};
use policy::{Library, Pack, SourceFile};

const STATEMENTS: usize = 520;
const BODIES: usize = 300;

/// Words of one to four characters, other spellings, several words, one that is nowhere.
const QUERIES: [&str; 12] = [
    "情報",
    "無害化",
    "サーバー",
    "強じん",
    "取り扱い",
    "ｾｷｭﾘﾃｨ",
    "パスワード 変更",
    "監査　記録　点検",
    "管理者が定める",
    "機蜜性",
    "録",
    "information security",
];

fn main() {
    divan::main();
}

fn shipped(layer: &str) -> Vec<SourceFile> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies").join(layer);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| SourceFile {
            path: format!("{layer}/{}", path.file_name().unwrap().to_string_lossy()),
            text: std::fs::read_to_string(&path).unwrap(),
        })
        .collect()
}

/// A body over base, whose statements are worded like those of base, each a little different.
fn body(number: usize, statements: usize, gists: &[String]) -> SourceFile {
    let id = format!("body-{number:03}");
    let mut text = format!(
        "format = 1\n[pack]\nid = \"{id}\"\nextends = \"base\"\ntitle = \"第{number}町の方針\"\nversion = \"1\"\n"
    );
    for chapter in 0..statements.div_ceil(15) {
        let _ = write!(
            text,
            "[[clause]]\nid = \"{id}/{chapter}\"\nsection = \"{chapter}\"\ntitle = \"情報資産の管理と点検({chapter})\"\n"
        );
    }
    for n in 0..statements {
        let gist = gists.iter().cycle().nth(number * 7 + n).unwrap();
        let _ = write!(
            text,
            "[[statement]]\nid = \"{id}/{0}({n})\"\nclause = \"{id}/{0}\"\nlabel = \"{0}({n})\"\nascii = \"{id}-{n}\"\n\
             type = \"staff-rule\"\nroles = [\"staff\"]\nmodality = \"must\"\ngist_ja = \"{gist}({n})\"\n\
             gist_en = \"Keep information secure by the set procedure\"\ntrigger = \"定期、または必要なとき\"\n\
             evidence = \"点検の記録\"\nassurance = \"attest\"\ncapability = \"assets\"\nmechanisms = [\"attestation\"]\n",
            n / 15
        );
    }
    SourceFile { path: format!("{id}/pack.toml"), text }
}

fn packs(bodies: usize, statements: usize) -> Vec<Pack> {
    let mut files = [shipped("base"), shipped("guideline")].concat();
    let base = Pack::resolve(&files, "base").unwrap().pack;
    let gists: Vec<String> = base.statements().iter().map(|s| s.gist_ja.clone()).collect();
    files.extend((0..bodies).map(|n| body(n, statements, &gists)));
    let library = Library::new(&files);
    library.packs().map(|id| library.resolve(id).unwrap().pack).collect()
}

static ONE: LazyLock<Pack> =
    LazyLock::new(|| packs(1, STATEMENTS).into_iter().find(|p| p.id() != "base").unwrap());
static ALL: LazyLock<Vec<Pack>> = LazyLock::new(|| packs(BODIES, 54));

fn ask(bencher: Bencher<'_, '_>, index: &Index) {
    let turn = Cell::new(0);
    bencher.counter(ItemsCount::new(index.len())).bench_local(|| {
        let words = QUERIES.iter().cycle().nth(turn.get()).unwrap();
        turn.set((turn.get() + 1) % QUERIES.len());
        black_box(index.find(&Query::new(words), None, 50))
    });
}

#[divan::bench(sample_count = 1200, sample_size = 1)]
fn search_1_one_body(bencher: Bencher<'_, '_>) {
    let index = Index::new(&ONE);
    ask(bencher, &index);
}

#[divan::bench(sample_count = 1200, sample_size = 1)]
fn search_2_one_body_letter_by_letter(bencher: Bencher<'_, '_>) {
    let turn = Cell::new(0);
    bencher.counter(ItemsCount::new(ONE.statements().len())).bench_local(|| {
        let words = QUERIES.iter().cycle().nth(turn.get()).unwrap();
        turn.set((turn.get() + 1) % QUERIES.len());
        let holds = |text: &str| words.split_whitespace().all(|word| text.contains(word));
        let statements = ONE.statements().iter();
        black_box(statements.filter(|s| holds(&s.gist_ja) || holds(s.short()) || holds(&s.gist_en)).count())
    });
}

#[divan::bench(sample_count = 1200, sample_size = 1)]
fn search_3_300_bodies(bencher: Bencher<'_, '_>) {
    let index = Index::of_packs(ALL.iter());
    ask(bencher, &index);
}

#[divan::bench(sample_count = 10)]
fn index_1_one_body(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(ONE.statements().len())).bench_local(|| black_box(Index::new(&ONE)));
}

#[divan::bench(sample_count = 5)]
fn index_2_300_bodies(bencher: Bencher<'_, '_>) {
    bencher.counter(ItemsCount::new(BODIES)).bench_local(|| black_box(Index::of_packs(ALL.iter())));
}
