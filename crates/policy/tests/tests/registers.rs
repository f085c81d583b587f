//! Registers as data: what a definition says, and what is said about one that is wrong.

use expect_test::expect;
use policy::{Axis, Code, ColumnType, Derivation, DiffReport, Pack, Readers, RegisterScope, Severity};

use crate::support::{Row, SMALL, check, file, findings, resolved, shipped, small_with};

const SHEETS: &str = "id = \"sheets\"\ntitle = \"枚数\"\ntype = \"number\"\nmin = 1\nmax = 9999";
const SHELF: &str = "id = \"shelf\"\ntitle = \"棚\"\ntype = \"choice\"\nchoices = [\"東\", \"西\"]";

const BROKEN: &[Row] = &[
    ("an unknown type", "type = \"number\"", "type = \"money\""),
    ("a type misspelled", "type = \"number\"", "type = \"nubmer\""),
    ("no type", "title = \"枚数\"\ntype = \"number\"", "title = \"枚数\""),
    ("a link to no register", "type = \"link\"\nto = \"papers\"", "type = \"link\"\nto = \"paper\""),
    ("a link to nothing", "type = \"link\"\nto = \"papers\"\n", "type = \"link\"\n"),
    ("two columns of one id", "id = \"shelf\"", "id = \"rules\""),
    ("an id that is none", "id = \"shelf\"", "id = \"棚\""),
    ("a choice without choices", SHELF, "id = \"shelf\"\ntitle = \"棚\"\ntype = \"choice\""),
    ("a level without axis", "axis = \"confidentiality\"\nfilter", "filter"),
    ("an axis without levels", "axis = \"confidentiality\"\nfilter", "axis = \"integrity\"\nfilter"),
    ("bounds the wrong way round", "min = 1\nmax = 9999", "min = 10\nmax = 9"),
    (
        "keys of other types",
        SHEETS,
        "id = \"sheets\"\ntitle = \"枚数\"\ntype = \"bool\"\nmin = 1\naxis = \"integrity\"",
    ),
    ("a text without end", "chars_max = 100\nunique", "chars_max = 100000\nunique"),
    ("derived of no list", "derived = \"handling\"", "derived = \"sum\""),
    ("derived over nothing", "derived = \"highest-level\"\nover = \"papers\"", "derived = \"highest-level\""),
    (
        "derived over no column",
        "derived = \"highest-level\"\nover = \"papers\"",
        "derived = \"highest-level\"\nover = \"paper\"",
    ),
    (
        "derived over no link",
        "derived = \"highest-level\"\nover = \"papers\"",
        "derived = \"highest-level\"\nover = \"name\"",
    ),
    (
        "inherited from several",
        "derived = \"highest-level\"\nover = \"papers\"",
        "derived = \"inherited\"\nover = \"papers\"",
    ),
    (
        "a number as the highest level",
        SHEETS,
        "id = \"sheets\"\ntitle = \"枚数\"\ntype = \"number\"\nderived = \"highest-level\"\nover = \"copy-of\"",
    ),
    (
        "inherited where nothing is",
        SHEETS,
        "id = \"sheets\"\ntitle = \"枚数\"\ntype = \"number\"\n\n[[register.column]]\nid = \"box\"\ntitle = \"箱\"\ntype = \"link\"\nto = \"boxes\"\n\n[[register.column]]\nid = \"place\"\ntitle = \"所\"\ntype = \"text\"\nderived = \"inherited\"\nover = \"box\"",
    ),
    (
        "inherited from another type",
        SHEETS,
        "id = \"box\"\ntitle = \"箱\"\ntype = \"link\"\nto = \"boxes\"\n\n[[register.column]]\nid = \"papers\"\ntitle = \"文書\"\ntype = \"text\"\nderived = \"inherited\"\nover = \"box\"",
    ),
    (
        "a circle",
        SHEETS,
        "id = \"box\"\ntitle = \"箱\"\ntype = \"link\"\nto = \"boxes\"\n\n[[register.column]]\nid = \"top\"\ntitle = \"箱の機密性\"\n\
         type = \"level\"\naxis = \"confidentiality\"\nderived = \"highest-level\"\nover = \"box\"",
    ),
    (
        "a circle of one",
        "derived = \"inherited\"\nover = \"copy-of\"",
        "derived = \"highest-level\"\nover = \"copy-of\"",
    ),
    ("long words to filter by", "derived = \"handling\"", "derived = \"handling\"\nfilter = true"),
    (
        "a unique choice",
        SHELF,
        "id = \"shelf\"\ntitle = \"棚\"\ntype = \"choice\"\nchoices = [\"東\"]\nunique = true",
    ),
    ("what nobody types is required", "over = \"papers\"\nhelp", "over = \"papers\"\nrequired = true\nhelp"),
    ("unknown and required", "unknown = \"manager\"", "unknown = \"manager\"\nrequired = true"),
    ("unknown to somebody else", "unknown = \"manager\"", "unknown = \"staff\""),
    (
        "a column that nobody is called by",
        "type = \"text\"\nrequired = true\nchars_max = 100",
        "type = \"text\"\nchars_max = 100",
    ),
    ("readers misspelled", "readers = \"everybody\"", "readers = \"everyone\""),
    ("no readers", "readers = \"everybody\"\n", ""),
    ("a role that is none", "manager = \"manager\"", "manager = \"manger\""),
    ("a role that no post has", "manager = \"manager\"", "manager = \"vendor\""),
    ("a number that is none", "number = \"P-\"", "number = \"p1\""),
    ("one number for two", "number = \"B-\"", "number = \"P-\""),
    ("one title for two", "title = \"箱の台帳\"", "title = \"文書台帳\""),
    ("a key of another world", "number = \"P-\"", "number = \"P-\"\ncolour = \"red\""),
];

#[test]
fn broken_registers_are_told_with_place_and_remedy() {
    check(
        BROKEN,
        expect![[r###"
            ## an unknown type
            small/pack.toml:292:8: 誤り [wrong-value]
              register「papers」の column「sheets」の「type」に「money」は使えません。
              → 次のどれかを書いてください: text、long-text、number、date、choice、bool、level、person、section、zone、link
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a type misspelled
            small/pack.toml:292:8: 誤り [wrong-value]
              register「papers」の column「sheets」の「type」に「nubmer」は使えません。
              → 「number」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## no type
            small/pack.toml:289:1: 誤り [missing-key]
              register「papers」の column「sheets」に必要なキー「type」がありません。
              → type = "text" のように書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a link to no register
            small/pack.toml:265:6: 誤り [unknown-reference]
              register「papers」の column「copy-of」の「to」が指す register「paper」がありません。
              → 「papers」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a link to nothing
            small/pack.toml:261:1: 誤り [missing-key]
              register「papers」の column「copy-of」は type が link ですが to がありません。
              → to = "台帳の id" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## two columns of one id
            small/pack.toml:283:1: 誤り [duplicate-id]
              register「papers」に column「rules」が2つあります(もう一つは 277 行目)。
              → 別の id にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## an id that is none
            small/pack.toml:284:6: 誤り [wrong-id]
              register「papers」の column「棚」の id は使えません。
              → 英小文字・数字・ハイフンだけで、英字から始まる 80 文字以内の id にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a choice without choices
            small/pack.toml:283:1: 誤り [missing-key]
              register「papers」の column「shelf」は type が choice ですが choices がありません。
              → choices = ["…", "…"] を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a level without axis
            small/pack.toml:267:1: 誤り [missing-key]
              register「papers」の column「class」は type が level ですが axis がありません。
              → axis = "confidentiality" を書き足してください。
            small/pack.toml:318:1: 誤り [unknown-reference]
              register「boxes」の column「class」が引く、同じ軸の分類の欄が、つながる register「papers」にありません。
              → register「papers」に type = "level"、axis = "confidentiality" の欄を書き足してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## an axis without levels
            small/pack.toml:267:1: 誤り [unknown-reference]
              register「papers」の column「class」は完全性の分類ですが、その [[level]] がありません。
              → axis = "integrity" の [[level]] を書き足すか、この欄を消してください。
            small/pack.toml:319:1: 誤り [unknown-reference]
              register「boxes」の column「class」が引く、同じ軸の分類の欄が、つながる register「papers」にありません。
              → register「papers」に type = "level"、axis = "confidentiality" の欄を書き足してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## bounds the wrong way round
            small/pack.toml:293:7: 誤り [out-of-bounds]
              register「papers」の column「sheets」の min(10)が max(9)より大きくなっています。
              → min を max 以下にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## keys of other types
            small/pack.toml:293:7: 注意 [no-effect]
              register「papers」の column「sheets」の「min」は、この種類の欄では効き目がありません。
              → この行を消してください。
            small/pack.toml:294:8: 注意 [no-effect]
              register「papers」の column「sheets」の「axis」は、この種類の欄では効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 2 件)。

            ## a text without end
            small/pack.toml:257:13: 誤り [too-large]
              register「papers」の column「name」の chars_max が大きすぎます。
              → 4000 以下にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## derived of no list
            small/pack.toml:281:11: 誤り [wrong-value]
              register「papers」の column「rules」の「derived」に「sum」は使えません。
              → 次のどれかを書いてください: handling、highest-level、inherited
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## derived over nothing
            small/pack.toml:319:1: 誤り [missing-key]
              register「boxes」の column「class」は derived が highest-level ですが over がありません。
              → over = "同じ台帳の、type が link の欄の id" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## derived over no column
            small/pack.toml:319:1: 誤り [unknown-reference]
              column「class」の over が指す欄「paper」が、この台帳にありません。
              → 「papers」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## derived over no link
            small/pack.toml:319:1: 誤り [wrong-value]
              column「class」の over が指す欄「name」の type は text です。
              → type が link の欄を指してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inherited from several
            small/pack.toml:319:1: 誤り [wrong-value]
              column「class」は、複数の行につながる欄「papers」からは引き継げません。
              → many の付いていない link の欄を指してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a number as the highest level
            small/pack.toml:293:11: 誤り [wrong-value]
              register「papers」の column「sheets」の derived「highest-level」は、type が number の欄には使えません。
              → type を level にするか、derived の行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inherited where nothing is
            small/pack.toml:300:1: 誤り [unknown-reference]
              register「papers」の column「place」が引く、同じ id の欄が、つながる register「boxes」にありません。
              → register「boxes」に column「place」を書き足すか、derived を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inherited from another type
            small/pack.toml:295:1: 誤り [wrong-value]
              register「papers」の column「papers」と、引き継ぐ元の register「boxes」の同じ欄は、種類か選べる値が違います。
              → 二つの欄の type、axis、choices を同じにしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a circle
            small/pack.toml:326:1: 誤り [derivation-cycle]
              register「boxes」の column「class」の値が、めぐりめぐって自分自身から決まることになっています。
              → どれかの欄の derived を消し、人が書く欄にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a circle of one
            small/pack.toml:267:1: 誤り [derivation-cycle]
              register「papers」の column「class」の値が、めぐりめぐって自分自身から決まることになっています。
              → どれかの欄の derived を消し、人が書く欄にしてください。
            small/pack.toml:275:11: 注意 [no-effect]
              register「papers」の column「class」の「unknown」は、この種類の欄では効き目がありません。
              → この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 1 件)。

            ## long words to filter by
            small/pack.toml:282:10: 誤り [wrong-value]
              register「papers」の column「rules」の「filter」は、複数行の文なので使えません。
              → この行を消してください。
            small/pack.toml:282:10: 誤り [wrong-value]
              register「papers」の column「rules」の「filter」は、分類から決まる文なので(分類の欄で絞り込めます)使えません。
              → この行を消してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## a unique choice
            small/pack.toml:288:10: 誤り [wrong-value]
              register「papers」の column「shelf」の「unique」は、type が choice なので使えません。
              → この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## what nobody types is required
            small/pack.toml:326:12: 誤り [wrong-value]
              register「boxes」の column「class」の「required」は、人が書かない欄なので使えません。
              → この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## unknown and required
            small/pack.toml:276:12: 誤り [wrong-value]
              register「papers」の column「class」の「required」は、unknown = "manager" は空のままの行を待たせるものなので使えません。
              → この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## unknown to somebody else
            small/pack.toml:275:11: 誤り [wrong-value]
              register「papers」の column「class」の「unknown」に「staff」は使えません。
              → 次のどれかを書いてください: manager
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a column that nobody is called by
            small/pack.toml:239:1: 誤り [missing-key]
              register「papers」に、行の名前になる欄がありません。
              → 一つ以上の [[register.column]] に type = "text" と required = true を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## readers misspelled
            small/pack.toml:247:11: 誤り [wrong-value]
              register「papers」の「readers」に「everyone」は使えません。
              → 次のどれかを書いてください: everybody
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## no readers
            small/pack.toml:239:1: 誤り [missing-key]
              register「papers」に必要なキー「readers」がありません。
              → readers = "everybody"(または役割の並び ["…"]) のように書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a role that is none
            small/pack.toml:245:11: 誤り [unknown-reference]
              register「papers」の「manager」が指す role「manger」がありません。
              → 「manager」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a role that no post has
            small/pack.toml:239:1: 誤り [role-without-post]
              register「papers」を管理する役割「vendor」を課ごとに持つ職がありません。
              → どれかの [[post]] の roles に "vendor" を加えるか、manager か scope を変えてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a number that is none
            small/pack.toml:243:10: 誤り [wrong-value]
              register「papers」の「number」に「p1」は使えません。
              → 英大文字で始まり、英大文字とハイフンだけの 12 文字以内で書いてください。例: "A-"
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## one number for two
            small/pack.toml:239:1: 誤り [not-distinct]
              register の number「P-」が2つあります(もう一つは small/pack.toml:296)。
              → 区別できるように、どちらかを変えてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## one title for two
            small/pack.toml:239:1: 誤り [not-distinct]
              register の title「文書台帳」が2つあります(もう一つは small/pack.toml:296)。
              → 区別できるように、どちらかを変えてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a key of another world
            small/pack.toml:244:1: 誤り [unknown-key]
              register「papers」にキー「colour」はありません。
              → この行を消してください。使えるキー: column、description、editors、manager、mechanism、number、order、readers、record_class、scope、statements、statements_unknown、title、zones
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn a_circle_has_a_code_of_its_own() {
    let codes = |(_, old, new): &Row| -> Vec<Code> {
        findings(&Pack::resolve(&small_with(old, new), "small")).iter().map(|p| p.code).collect()
    };
    let circles: Vec<&str> =
        BROKEN.iter().filter(|row| codes(row).contains(&Code::DerivationCycle)).map(|row| row.0).collect();
    assert_eq!(circles, ["a circle", "a circle of one"]);
    assert_eq!(Code::DerivationCycle.severity(), Severity::Error);
}

#[test]
fn a_definition_is_read_as_it_is_written() {
    let pack = resolved(&[file("small/pack.toml", SMALL)], "small").pack;
    let ids: Vec<&str> = pack.registers().iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["boxes", "papers"], "in their order");
    let papers = pack.register("papers").expect("it is there");
    assert_eq!((papers.scope, &papers.readers), (RegisterScope::Section, &Readers::Everybody));
    assert_eq!(papers.name_column().map(|c| c.id.as_str()), Some("name"));
    let class = papers.column("class").expect("it is there");
    assert_eq!((class.kind, class.axis), (ColumnType::Level, Some(Axis::Confidentiality)));
    assert!(class.unknown_to_manager && class.filter && !class.is_computed());
    let rules = papers.column("rules").expect("it is there");
    assert!(rules.is_computed() && rules.derived.as_ref().is_some_and(|d| d.how == Derivation::Handling));
    let boxes = pack.register("boxes").expect("it is there");
    assert_eq!(boxes.readers.roles(), ["manager"]);
    assert!(boxes.column("papers").is_some_and(|c| c.many));
}

#[test]
fn numbers_are_read_as_people_write_them() {
    let pack = resolved(&[file("small/pack.toml", SMALL)], "small").pack;
    let papers = pack.register("papers").expect("it is there");
    assert_eq!(papers.number_shown(12), "P-0012");
    assert_eq!(papers.number_shown(123_456), "P-123456");
    for (typed, number) in [
        ("P-0012", Some(12)),
        ("p-12", Some(12)),
        (" 12 ", Some(12)),
        ("Ｐ－００１２", Some(12)),
        ("P−0012", Some(12)),
        ("B-0012", None),
        ("P-", None),
        ("P-0", None),
        ("P--1", None),
        ("-1", None),
        ("P-1.5", None),
        ("9999999999999999", None),
        ("台帳", None),
        ("", None),
    ] {
        assert_eq!(papers.number_typed(typed), number, "{typed}");
    }
}

/// What the shipped registers promise: classes that copies inherit, the highest class on media, and every filter indexed.
#[test]
fn the_shipped_registers_derive_classes() {
    let pack = resolved(&shipped(), "hoshimi").pack;
    for (register, column, how) in [
        ("assets", "confidentiality", Derivation::Inherited),
        ("assets", "integrity", Derivation::Inherited),
        ("assets", "availability", Derivation::Inherited),
        ("assets", "handling", Derivation::Handling),
        ("media", "confidentiality", Derivation::HighestLevel),
        ("media", "integrity", Derivation::HighestLevel),
        ("media", "availability", Derivation::HighestLevel),
        ("equipment", "confidentiality", Derivation::HighestLevel),
    ] {
        let found = pack.register(register).and_then(|r| r.column(column)).and_then(|c| c.derived.as_ref());
        assert_eq!(found.map(|d| d.how), Some(how), "{register} {column}");
    }
    for register in pack.registers() {
        assert!(!register.statements.is_empty(), "{}", register.id);
        assert!(register.columns.iter().any(|c| c.shown_in_list), "{}", register.id);
    }
}

#[test]
fn a_changed_register_is_told() {
    let before = resolved(&[file("small/pack.toml", SMALL)], "small").pack;
    let after = resolved(&small_with("title = \"枚数\"", "title = \"ページ数\""), "small").pack;
    let diff = DiffReport::new(&before, &after);
    let changed: Vec<&str> = diff.registers.changed.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(changed, ["papers"]);
    assert!(diff.to_text().contains("ページ数"), "{}", diff.to_text());
    let for_manager = DiffReport::for_role(&before, &after, "manager").expect("a role");
    assert_eq!(for_manager.registers.changed.len(), 1);
    let for_system = DiffReport::for_role(&before, &after, "system").expect("a role");
    assert!(for_system.registers.changed.is_empty());
}
