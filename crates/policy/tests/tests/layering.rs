//! What a municipality's folder may do to the layer below it, and bounds on files.

use expect_test::{Expect, expect};
use policy::{Code, Pack, SourceFile};

use crate::support::{SMALL, file, findings, resolved, text_of};

const CITY: &str =
    "format = 1\n\n[pack]\nid = \"city\"\nextends = \"small\"\ntitle = \"市\"\nversion = \"2\"\n";

/// A city of two files above the small pack.
fn city(extra: &str) -> Vec<SourceFile> {
    vec![
        file("small/pack.toml", SMALL),
        file("city/pack.toml", CITY),
        file("city/own.toml", &format!("format = 1\n{extra}")),
    ]
}

fn check(files: &[SourceFile], id: &str, expected: Expect) {
    expected.assert_eq(&text_of(files, id));
}

#[test]
fn override_changes_the_written_keys_only() {
    let pack =
        resolved(&city("[[zone]]\nid = \"inner\"\noverride = true\nlabel = \"庁内系\"\n"), "city").pack;
    let zone = pack.zone("inner").expect("it is still there");
    assert_eq!((zone.label.as_str(), zone.short.as_str(), zone.order), ("庁内系", "中", 2));
    assert_eq!(zone.origin.to_string(), "small/pack.toml:174:1");
    assert_eq!(pack.title(), "市");
    assert_eq!(pack.municipality().map(|m| m.name.as_str()), Some("小町"), "inherited when not written");
}

#[test]
fn a_list_is_replaced_whole() {
    let pack = resolved(
        &city(
            "[[request]]\nid = \"ask\"\noverride = true\n[[request.step]]\nid = \"only\"\ntitle = \"課長\"\n\
             approver = \"manager\"\nscope = \"section\"\ndeadline_hours = 4\n",
        ),
        "city",
    )
    .pack;
    let request = pack.request("ask").expect("it is still there");
    assert_eq!(request.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["only"]);
    assert_eq!(&*request.steps[0].origin.file, "city/own.toml");
    assert_eq!(request.fields.len(), 1, "the form was not written and stays");
}

#[test]
fn single_tables_are_overridden_key_by_key() {
    let pack = resolved(&city("[retention]\nresults_days = 3\n"), "city").pack;
    assert_eq!(pack.retention().results_days.value, Some(3));
    assert_eq!(pack.retention().originals_days.value, Some(7));
}

#[test]
fn items_are_added_behind_and_removed_with_a_reason() {
    let resolved = resolved(
        &city(
            "[[parameter]]\nid = \"new\"\ntitle = \"新\"\ntype = \"bool\"\nvalue = true\n\
             [[remove]]\nkind = \"parameter\"\nid = \"how\"\nreason = \"使わない\"\n\
             [[statement]]\nid = \"small/one\"\noverride = true\nparameters = [\"keep\"]\n",
        ),
        "city",
    );
    let ids: Vec<&str> = resolved.pack.parameters().iter().map(|p| p.id.as_str()).collect();
    assert_eq!(ids, ["keep", "new"]);
    assert_eq!(resolved.pack.flag("new"), Ok(true));
    assert!(
        resolved.show().contains("# 外した parameter「how」: 使わない  # city/own.toml:7"),
        "{}",
        resolved.show()
    );
}

#[test]
fn what_a_city_gets_wrong() {
    for (extra, expected) in [
        (
            "[[zone]]\nid = \"inner\"\nlabel = \"庁内系\"\n",
            expect![[r#"
                city/own.toml:2:1: 誤り [override-unsaid]
                  zone「inner」は下の層(small/pack.toml:174)にもあります。
                  → 上書きするなら override = true を書き足し、別のものなら id を変えてください。
                方針パック「city」は使えません(誤り 1 件、注意 0 件)。
            "#]],
        ),
        (
            "[[zone]]\nid = \"iner\"\noverride = true\nlabel = \"庁内系\"\n",
            expect![[r#"
            city/own.toml:2:1: 誤り [override-nothing]
              上書きする zone「iner」が下の層にありません。
              → id は「inner」ではありませんか。
            方針パック「city」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "[[remove]]\nkind = \"parameter\"\nid = \"hwo\"\nreason = \"使わない\"\n",
            expect![[r#"
            city/own.toml:2:1: 誤り [remove-nothing]
              外す parameter「hwo」が下の層にありません。
              → id は「how」ではありませんか。
            方針パック「city」は使えません(誤り 1 件、注意 0 件)。
        "#]],
        ),
        (
            "[[remove]]\nkind = \"parametr\"\nid = \"how\"\n",
            expect![[r#"
            city/own.toml:2:1: 誤り [missing-key]
              [[remove]] に「reason」が要ります。
              → reason = "外す理由" のように書いてください。
            city/own.toml:3:8: 誤り [wrong-value]
              [[remove]] の kind に「parametr」は使えません。
              → 「parameter」ではありませんか。
            方針パック「city」は使えません(誤り 2 件、注意 0 件)。
        "#]],
        ),
        (
            "[[remove]]\nkind = \"role\"\nid = \"system\"\nreason = \"兼務のため\"\n",
            expect![[r#"
                small/pack.toml:145:10: 誤り [removed-reference]
                  post「it」の「roles」が指す role「system」は city/own.toml:2 で外されています。
                  → この参照も外すか、[[remove]] をやめてください。
                small/pack.toml:207:12: 誤り [removed-reference]
                  request「ask」の step「second」の「approver」が指す role「system」は city/own.toml:2 で外されています。
                  → この参照も外すか、[[remove]] をやめてください。
                small/pack.toml:302:11: 誤り [removed-reference]
                  register「boxes」の「manager」が指す role「system」は city/own.toml:2 で外されています。
                  → この参照も外すか、[[remove]] をやめてください。
                方針パック「city」は使えません(誤り 3 件、注意 0 件)。
            "#]],
        ),
    ] {
        check(&city(extra), "city", expected);
    }
}

#[test]
fn layers_that_do_not_stand() {
    let own = |id: &str, below: &str| {
        file(
            &format!("{id}/pack.toml"),
            &format!(
                "format = 1\n[pack]\nid = \"{id}\"\nextends = \"{below}\"\ntitle = \"層\"\nversion = \"1\"\n"
            ),
        )
    };
    check(
        &[own("a", "b"), own("b", "a")],
        "a",
        expect![[r#"
            b/pack.toml:4:11: 誤り [layer-cycle]
              層が自分自身に重なっています(a → b → a)。
              → extends の行を消すか、下の層だけを指してください。
            方針パック「a」は使えません(誤り 1 件、注意 0 件)。
        "#]],
    );
    check(
        &[own("a", "smal"), file("small/pack.toml", SMALL)],
        "a",
        expect![[r#"
            a/pack.toml:4:11: 誤り [layer-missing]
              層「smal」のフォルダがありません。
              → 「small」ではありませんか。
            方針パック「a」は使えません(誤り 1 件、注意 0 件)。
        "#]],
    );
    check(
        &[],
        "nowhere",
        expect![[r#"
        nowhere/pack.toml:1:1: 誤り [layer-missing]
          層「nowhere」のフォルダがありません。
          → フォルダ nowhere を作り、pack.toml を置いてください。
        方針パック「nowhere」は使えません(誤り 1 件、注意 0 件)。
    "#]],
    );
}

/// Codes found for a set of files.
fn codes(files: &[SourceFile], id: &str) -> Vec<Code> {
    let mut codes: Vec<Code> = findings(&Pack::resolve(files, id)).iter().map(|p| p.code).collect();
    codes.dedup();
    codes
}

#[test]
fn files_are_bounded() {
    let small = file("small/pack.toml", SMALL);
    let beside = |path: &str, text: &str| codes(&[small.clone(), file(path, text)], "small");
    assert_eq!(codes(std::slice::from_ref(&small), "small"), []);
    assert_eq!(beside("stray.toml", "format = 1"), [Code::Path]);
    assert_eq!(beside("small/pack.toml", SMALL), [Code::Path]);
    assert_eq!(beside("other/pack.toml", "not even TOML ["), [], "other layers are not looked at");
    assert_eq!(beside("small/big.toml", &"#".repeat(policy::FILE_BYTES_MAX + 1))[0], Code::TooLarge);
    let note = format!("format = 1\n[[role]]\nid = \"x\"\ntitle = \"{}\"\n", "長".repeat(4_001));
    assert_eq!(beside("small/long.toml", &note), [Code::TooLarge]);
    let deep = format!("format = 1\nrole = {}{}\n", "[".repeat(20), "]".repeat(20));
    assert_eq!(beside("small/deep.toml", &deep), [Code::WrongType, Code::TooLarge]);
    let many: String = (0..=policy::ITEMS_MAX).fold("format = 1\n".to_owned(), |text, n| {
        text + &format!("[[department]]\nid = \"d{n}\"\nname = \"{n}\"\n")
    });
    assert_eq!(beside("small/z-many.toml", &many), [Code::TooLarge]);
    let files: Vec<SourceFile> =
        (0..=policy::FOLDER_FILES_MAX).map(|n| file(&format!("small/{n}.toml"), "format = 1\n")).collect();
    assert!(codes(&files, "small").contains(&Code::TooLarge));
    let mut folders: Vec<SourceFile> =
        (0..policy::FILES_MAX).map(|n| file(&format!("a{n}/pack.toml"), "format = 1\n")).collect();
    folders.insert(0, small.clone());
    assert_eq!(codes(&folders, "small"), [Code::TooLarge], "what is not read is not passed over in silence");
    assert_eq!(beside("small/bom.toml", "\u{feff}format = 1\n"), [], "as some editors save");
}
