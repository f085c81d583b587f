//! What an import costs: a standard of 25,000 characters against reading its characters once, and a text of the largest
//! size.
//!
//! Run with `cargo bench -p policy --bench import`. The text is made here; it numbers its parts as standards do.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot read the shipped layer has nothing to compare with"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::LazyLock;

use divan::Bencher;
use divan::counter::BytesCount;
use policy::import::{Draft, Head, import};
use policy::{Pack, SourceFile};

fn main() {
    divan::main();
}

static BASE: LazyLock<Pack> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/base");
    let files: Vec<SourceFile> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| SourceFile {
            path: format!("base/{}", entry.file_name().to_string_lossy()),
            text: std::fs::read_to_string(entry.path()).unwrap(),
        })
        .collect();
    Pack::resolve(&files, "base").unwrap().pack
});

/// A standard of about this many characters, its lines broken at forty columns.
fn standard(chars: usize) -> String {
    let mut text = String::from("第１章 情報セキュリティ対策基準\n");
    let mut count = 0;
    for section in 1_u32.. {
        let mut part = format!("\n{section} 情報資産の取扱い\n");
        for (number, mark) in ["(1)", "(2)", "(3)"].iter().zip(['①', '②', '③']) {
            let _ = write!(
                part,
                "{number} 管理と保管 {section}\n{mark} 情報システム管理者は、記録媒体を保管する\n場合、施錠できる場所に置き、台帳に日時を記\n録しなければならない。ただし、管理区域の中\nで使うときは、この限りでない。\nア 職員は、番号 {section} の端末を許可なく持\nち出してはならない。\nイ 前項の許可は、速やかに行うものとする。\n"
            );
        }
        count += part.chars().count();
        text.push_str(&part);
        if count >= chars {
            break;
        }
    }
    text
}

#[divan::bench]
fn standard_1_imported(bencher: Bencher<'_, '_>) {
    let text = standard(25_000);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| import(black_box(&text), &BASE, &[&BASE]).map(|i| i.totals.statements));
}

#[divan::bench]
fn standard_2_read(bencher: Bencher<'_, '_>) {
    let text = standard(25_000);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| black_box(&text).chars().fold(0_u32, |sum, c| sum.wrapping_add(u32::from(c))));
}

#[divan::bench]
fn standard_3_draft(bencher: Bencher<'_, '_>) {
    let text = standard(25_000);
    let head =
        Head { id: "draft".to_owned(), title: None, extends: "base".to_owned(), file: "text".to_owned() };
    bencher.bench_local(|| {
        import(&text, &BASE, &[&BASE])
            .map(|i| Draft::new(text.clone(), i).pack(&head).map(|files| files.len()))
    });
}

#[divan::bench(sample_count = 3)]
fn largest_imported(bencher: Bencher<'_, '_>) {
    let text = standard(1_990_000);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench_local(|| import(black_box(&text), &BASE, &[&BASE]).map(|i| i.totals.statements));
}
