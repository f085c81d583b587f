//! What stands beside a pack: the guideline layer, other bodies' statements, and whether it could be run.

use expect_test::{Expect, expect};
use policy::{CheckReport, Code, Library, Pack, ParameterValue, Severity, SourceFile};

use crate::support::{SMALL, file, findings, resolved, shipped, text_of};

const HEAD: &str = "format = 1\n[pack]\nid = \"guideline\"\ntitle = \"指針\"\nversion = \"1\"\n";

/// The small pack with a guideline layer beside it.
fn beside(guidelines: &str) -> Vec<SourceFile> {
    vec![
        file("guideline/pack.toml", HEAD),
        file("guideline/values.toml", &format!("format = 1\n{guidelines}")),
        file("small/pack.toml", SMALL),
    ]
}

fn guideline(id: &str, keys: &str) -> String {
    format!(
        "[[guideline]]\nid = \"{id}\"\ntitle = \"題\"\nreason = \"理由\"\nsource = \"ある指針\"\n{keys}\n"
    )
}

/// Parameter, value and what is recommended, of each divergence.
fn divergences(files: &[SourceFile], id: &str) -> Vec<(String, String, String)> {
    let pack = resolved(files, id).pack;
    let all: Vec<_> = pack
        .divergences()
        .map(|d| (d.parameter.id.clone(), d.value.to_string(), d.guideline.wanted_ja()))
        .collect();
    let of_statements: usize = pack.statements().iter().map(|s| pack.divergences_of(s).count()).sum();
    assert_eq!(of_statements, all.len(), "each parameter here belongs to one statement");
    all
}

#[test]
fn a_value_outside_is_shown_and_stays() {
    // The small pack keeps 7 days and chose 甲.
    for (keys, wanted) in [
        ("parameter = \"keep\"\nmin = 7", None),
        ("parameter = \"keep\"\nmin = 8", Some("8 以上")),
        ("parameter = \"keep\"\nmax = 7", None),
        ("parameter = \"keep\"\nmax = 6", Some("6 以下")),
        ("parameter = \"keep\"\nmin = 1\nmax = 3", Some("1 以上 3 以下")),
        ("parameter = \"keep\"\nvalue = 7", None),
        ("parameter = \"keep\"\nvalue = 8", Some("8")),
        ("parameter = \"how\"\nvalue = \"甲\"", None),
        ("parameter = \"how\"\nvalue = \"乙\"", Some("乙")),
    ] {
        let files = beside(&guideline("g", keys));
        let found: Vec<String> = divergences(&files, "small").into_iter().map(|d| d.2).collect();
        assert_eq!(found, Vec::from_iter(wanted), "{keys}");
        assert_eq!(findings(&Pack::resolve(&files, "small")), [], "{keys}: a divergence is no problem");
        let (_, problems) = Library::new(&files).check("guideline");
        assert_eq!(problems, [], "{keys}");
    }
}

#[test]
fn a_value_that_nobody_set_diverges_from_nothing() {
    let mut files = beside(&guideline("g", "parameter = \"how\"\nvalue = \"乙\""));
    files[2].text = SMALL.replacen("value = \"甲\"\n", "", 1);
    assert_eq!(divergences(&files, "small"), []);
}

/// The city is as the guidelines would have it; a city that is not hears about it wherever its values are shown.
#[test]
fn the_shipped_layer_is_compared_with_every_pack() {
    assert_eq!(divergences(&shipped(), "hoshimi"), []);
    let mut files = shipped();
    for (path, old, new) in [
        (
            "hoshimi/parameters.toml",
            "id = \"password-length\"\noverride = true\nvalue = 12",
            "id = \"password-length\"\noverride = true\nmin = 4\nvalue = 4",
        ),
        (
            "hoshimi/parameters.toml",
            "id = \"password-regular-change\"\noverride = true\nvalue = false",
            "id = \"password-regular-change\"\noverride = true\nvalue = true",
        ),
    ] {
        let one = files.iter_mut().find(|f| f.path == path).expect("it is shipped");
        assert!(one.text.contains(old), "{old}");
        one.text = one.text.replacen(old, new, 1);
    }
    let found = divergences(&files, "hoshimi");
    let found: Vec<_> = found.iter().map(|(p, v, w)| (p.as_str(), v.as_str(), w.as_str())).collect();
    assert_eq!(found, [("password-length", "4", "10 以上"), ("password-regular-change", "有", "無")]);
    let resolved = resolved(&files, "hoshimi");
    assert_eq!(resolved.pack.count("password-length"), Ok(4), "shown, not changed");
    assert_eq!(
        resolved.pack.parameter("password-regular-change").and_then(|p| p.value.clone()),
        Some(ParameterValue::Flag(true))
    );
    assert!(
        resolved.show().contains("# 指針との違い: パスワードは10文字以上(10 以上)"),
        "{}",
        resolved.show()
    );
    let report = CheckReport::new("hoshimi", resolved.warnings.clone()).with_divergences(&resolved.pack);
    assert!(report.ok);
    assert_eq!(report.divergences.len(), 2);
    assert!(report.to_text().contains("指針との違い [password-length]"), "{}", report.to_text());
}

#[test]
fn what_is_wrong_with_a_guideline_layer() {
    let rows: &[(&str, String, Expect)] = &[
        (
            "no value",
            guideline("g", "parameter = \"keep\""),
            expect![[r#"
            guideline/values.toml:2:1: 誤り [missing-key]
              guideline「g」に推奨する値がありません。
              → min、max、value のどれかを書いてください。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "two kinds of value",
            guideline("g", "parameter = \"keep\"\nmin = 1\nvalue = 3"),
            expect![[r#"
            guideline/values.toml:9:9: 誤り [wrong-value]
              guideline「g」に value と min・max が両方あります。
              → 一つの値なら value だけ、範囲なら min と max だけにしてください。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "bounds swapped",
            guideline("g", "parameter = \"keep\"\nmin = 3\nmax = 1"),
            expect![[r#"
            guideline/values.toml:8:7: 誤り [out-of-bounds]
              guideline「g」の min(3)が max(1)より大きいです。
              → min を max 以下にしてください。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "a fraction",
            guideline("g", "parameter = \"keep\"\nvalue = 1.5"),
            expect![[r#"
            guideline/values.toml:8:9: 誤り [wrong-type]
              guideline「g」の「value」は 0 以上の整数、文字列、true か false で書きます。
              → 推奨する値を一つ書いてください。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "a parameter that nobody has",
            guideline("g", "parameter = \"kep\"\nmin = 1"),
            expect![[r#"
            guideline/values.toml:7:13: 誤り [unknown-reference]
              guideline「g」の「parameter」が指す parameter「kep」が、どの層にもありません。
              → 「keep」ではありませんか。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "a number for a choice",
            guideline("g", "parameter = \"how\"\nmin = 1"),
            expect![[r#"
            guideline/values.toml:2:1: 誤り [parameter-type]
              guideline「g」の値は、parameter「how」の型 choice と比べられません。
              → 数の型には min・max か整数の value、bool には true か false、文と選択には文字列を書いてください。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "a misspelled key",
            guideline("g", "parameter = \"keep\"\nmni = 1"),
            expect![[r#"
            guideline/values.toml:2:1: 誤り [missing-key]
              guideline「g」に推奨する値がありません。
              → min、max、value のどれかを書いてください。
            guideline/values.toml:8:1: 誤り [unknown-key]
              guideline「g」にキー「mni」はありません。
              → 「min」と書いてください。
            方針パック「guideline」は使えません(誤り 2 件、注意 0 件)。
        "#]],
        ),
        (
            "a table of a pack",
            "[[role]]\nid = \"r\"\ntitle = \"役\"\n".to_owned(),
            expect![[r#"
            guideline/values.toml:2:3: 誤り [guideline-layer]
              層「guideline」に [[role]] は書けません。
              → 指針の層には [[guideline]] だけを書き、ほかは団体のフォルダに移してください。
            方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
    ];
    for (title, text, expected) in rows {
        let files = beside(text);
        let (pack, problems) = Library::new(&files).check("guideline");
        assert!(pack.is_none(), "{title}");
        expected.assert_eq(&CheckReport::new("guideline", problems).to_text());
        // The pack beside it works on, and says that nothing was compared.
        let small = resolved(&files, "small");
        let codes: Vec<Code> = small.warnings.iter().map(|p| p.code).collect();
        assert_eq!(codes, [Code::GuidelineUnread], "{title}");
        assert_eq!(small.pack.guidelines(), [], "{title}");
    }
}

#[test]
fn a_guideline_layer_is_no_layer() {
    let mut files = beside("");
    files.push(file(
        "city/pack.toml",
        "format = 1\n[pack]\nid = \"city\"\nextends = \"guideline\"\ntitle = \"市\"\nversion = \"1\"\n",
    ));
    expect![[r#"
        city/pack.toml:4:11: 誤り [guideline-layer]
          指針の層「guideline」は方針パックの横に置くもので、重ねることも動かすこともできません。
          → extends には base など団体の土台を書いてください。指針との違いは check と show に出ます。
        方針パック「city」は使えません(誤り 1 件、注意 0 件)。
    "#]]
    .assert_eq(&text_of(&files, "city"));
    expect![[r#"
        guideline/pack.toml:1:1: 誤り [guideline-layer]
          指針の層「guideline」は方針パックの横に置くもので、重ねることも動かすこともできません。
          → extends には base など団体の土台を書いてください。指針との違いは check と show に出ます。
        方針パック「guideline」は使えません(誤り 1 件、注意 0 件)。
    "#]]
    .assert_eq(&text_of(&files, "guideline"));
    files[0].text = format!("{HEAD}extends = \"small\"\n");
    let (_, problems) = Library::new(&files).check("guideline");
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::GuidelineLayer]);
    let (_, problems) = Library::new(&files[2..3]).check("guideline");
    assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [Code::LayerMissing]);
}

/// A relation to another body's statement is followed when that body's folder is there.
#[test]
fn relations_lead_to_other_bodies() {
    let one = SMALL.replacen("elsewhere/1", "other/1", 1);
    let other = |id: &str| {
        file(
            "other/clauses.toml",
            &format!("format = 1\n[[statement]]\nid = \"{id}\"\nclause = \"other/c\"\n"),
        )
    };
    let codes = |files: &[SourceFile]| -> Vec<Code> {
        findings(&Pack::resolve(files, "small")).iter().map(|p| p.code).collect()
    };
    let small = file("small/pack.toml", &one);
    assert_eq!(codes(std::slice::from_ref(&small)), [], "an absent body cannot be looked at");
    assert_eq!(codes(&[small.clone(), other("other/1")]), []);
    assert_eq!(codes(&[small, other("other/2")]), [Code::UnknownReference]);
}

/// A text may leave open what a checkpoint needs; whoever runs it may not.
#[test]
fn what_is_not_set_stops_the_running_not_the_text() {
    let rows: &[(&str, &str, &[&str])] = &[
        ("value = 7\n", "", &["keep"]),
        ("value = \"甲\"\n", "needed = true\n", &["how"]),
        ("value = \"甲\"\n", "", &[]),
        ("format = 1\n", "format = 1\n", &[]),
    ];
    for (old, new, needed) in rows {
        let files = [file("small/pack.toml", &SMALL.replacen(old, new, 1))];
        let resolved = resolved(&files, "small");
        assert!(resolved.warnings.iter().all(|p| p.code == Code::ParameterUnset), "{new}");
        let stops = resolved.readiness();
        assert!(stops.iter().all(|p| p.code == Code::ParameterNeeded && p.severity == Severity::Error));
        assert_eq!(stops.len(), needed.len(), "{old} {new}");
        let told = resolved.findings_before_running();
        assert_eq!(told.iter().filter(|p| p.severity == Severity::Error).count(), needed.len());
        assert_eq!(told.len(), resolved.warnings.len(), "{told:#?}");
        for (stop, id) in stops.iter().zip(*needed) {
            assert!(stop.message.contains(id) && stop.instead.contains("value = "), "{stop:?}");
        }
    }
    // A layer that is nobody's own can be read, and not be run.
    let base = resolved(&shipped(), "base");
    assert_eq!(base.warnings, []);
    assert!(base.readiness().len() > 5);
    assert_eq!(resolved(&shipped(), "hoshimi").readiness(), []);
}

#[test]
fn documents_are_inherited_from_the_clause_above() {
    let pack = resolved(&[file("small/pack.toml", SMALL)], "small").pack;
    let of = |id: &str| pack.clause(id).and_then(|c| c.document.as_deref());
    assert_eq!((of("small/1"), of("small/1/2")), (Some("standard"), Some("standard")));
    assert_eq!(pack.document("standard").map(|d| d.public), Some(false));
    assert_eq!(policy::wareki(&pack.revisions()[0].date), "令和8年4月1日");
}
