//! Packs with one thing wrong, and everything that is said about each.
//!
//! Each row changes one place of the small pack; the snapshot holds what a person would read, so that a change
//! of wording or of place is seen. `UPDATE_EXPECT=1` rewrites the snapshots.

use std::collections::BTreeSet;

use expect_test::expect;
use policy::{CheckReport, Code, Pack, Severity};

use crate::support::{Row, SMALL, check, file, findings, small_with};

const TOML: &[Row] = &[
    ("text without quotes", "title = \"小さな町の方針\"", "title = 小さな町の方針"),
    ("quote not closed", "title = \"保管期間\"", "title = \"保管期間"),
    ("the same key twice", "version = \"1\"", "version = \"1\"\nversion = \"2\""),
];

const HEAD: &[Row] = &[
    ("no format", "format = 1\n", ""),
    ("a newer format", "format = 1\n", "format = 2\n"),
    ("id is not the folder's name", "id = \"small\"", "id = \"tiny\""),
    ("pack misspelled", "[pack]", "[pakc]"),
    ("a date in words", "effective_from = 2026-04-01", "effective_from = \"令和8年4月1日\""),
    ("wrong check digit", "code = \"990019\"", "code = \"990018\""),
    ("code without check digit", "code = \"990019\"", "code = \"99001\""),
    ("a date that no calendar has", "effective_from = 2026-04-01", "effective_from = \"令和元年13月\""),
    ("a day that the month does not have", "effective_from = 2026-04-01", "effective_from = 2026-02-30"),
    ("no retention", "[retention]\noriginals_days = \"keep\"\nresults_days = 7\nevidence_years = 5\n", ""),
];

const KEYS: &[Row] = &[
    ("key misspelled", "label = \"外の系\"", "lable = \"外の系\""),
    ("key of another world", "label = \"外の系\"", "label = \"外の系\"\nvlan = 12"),
    ("table misspelled", "[[level]]", "[[levle]]"),
    ("single brackets", "[[department]]", "[department]"),
    ("number in quotes", "order = 1", "order = \"1\""),
    ("negative number", "order = 1", "order = -1"),
    ("word misspelled", "colour = \"orange\"", "colour = \"ornage\""),
    ("word of no list", "scope = \"city\"", "scope = \"everywhere\""),
    ("file kind that is not rebuilt", "kinds = [\"docx\", \"pdf\"]", "kinds = [\"docx\", \"exe\"]"),
    ("no file kind", "kinds = [\"docx\", \"pdf\"]", "kinds = []"),
    ("the same twice", "kinds = [\"docx\", \"pdf\"]", "kinds = [\"pdf\", \"pdf\"]"),
    ("id in Japanese", "id = \"office\"", "id = \"役場\""),
    ("no id", "id = \"office\"\n", ""),
    ("empty text", "title = \"課長\"", "title = \"\""),
    ("a mechanism that does not exist", "\"channel-sanitise\"", "\"channel-sanitize\""),
    ("long short name", "short = \"外\"", "short = \"とても長い名前の系\""),
];

const TITLE: &str = "title = \"目的\"\ntype = \"text\"\nrequired = true\n";

const FORMS: &[Row] = &[
    (
        "an effect of no list",
        "permit = \"transfer\"",
        "permit = \"none\"\neffects = [{ do = \"send-mail\" }]",
    ),
    (
        "an effect with a field that is not there",
        "permit = \"transfer\"",
        "permit = \"none\"\neffects = [{ do = \"set-parameter\", parameter = \"wyh\", value = \"why\", from = \"when\" }]",
    ),
    (
        "an effect with fields of another type",
        "permit = \"transfer\"",
        "permit = \"none\"\neffects = [{ do = \"set-parameter\", parameter = \"why\", value = \"why\", from = \"why\" }]",
    ),
    ("an effect of a transfer", "permit = \"transfer\"", "permit = \"transfer\"\nattachments = \"optional\""),
    ("a permit without a period", "permit = \"transfer\"", "permit = \"period\""),
    (
        "a period of a form without a permit",
        "permit = \"transfer\"",
        "permit = \"none\"\nperiod = { from = \"why\", until = \"why\" }",
    ),
    (
        "a clock without a field",
        "permit = \"transfer\"",
        "permit = \"none\"\nafterwards = { done = \"done\", within_hours = 24 }",
    ),
    (
        "a condition on a field that is not there",
        TITLE,
        "title = \"目的\"\ntype = \"text\"\nshown_when = { field = \"kind\", is = \"端末\" }\n",
    ),
    (
        "a condition on a later field",
        TITLE,
        "title = \"目的\"\ntype = \"text\"\nshown_when = { field = \"kind\", is = \"端末\" }\n\n[[request.field]]\nid = \"kind\"\n\
         title = \"種類\"\ntype = \"choice\"\nchoices = [\"端末\"]\n",
    ),
    (
        "a condition on words",
        TITLE,
        "title = \"目的\"\ntype = \"text\"\n\n[[request.field]]\nid = \"more\"\ntitle = \"詳しく\"\ntype = \"text\"\n\
         shown_when = { field = \"why\", is = \"端末\" }\n",
    ),
    (
        "a condition on an answer that nobody can give",
        TITLE,
        "title = \"目的\"\ntype = \"bool\"\n\n[[request.field]]\nid = \"more\"\ntitle = \"詳しく\"\ntype = \"text\"\n\
         shown_when = { field = \"why\", is = \"はい\" }\n",
    ),
    ("a step for more persons than a step has", "persons = 2", "persons = 9"),
    ("a step for nobody", "persons = 2", "persons = 0"),
    (
        "a condition on a step of a transfer",
        "title = \"目的\"\ntype = \"text\"\nrequired = true\n\n[[request.step]]\nid = \"first\"\n",
        "title = \"目的\"\ntype = \"bool\"\n\n[[request.step]]\nid = \"first\"\nonly_when = { field = \"why\", is = \"true\" }\n",
    ),
    (
        "no step without a condition",
        "title = \"目的\"\ntype = \"text\"\nrequired = true\n\n[[request.step]]\nid = \"first\"\n",
        "title = \"目的\"\ntype = \"bool\"\n\n[[request.step]]\nid = \"only\"\ntitle = \"係の決裁\"\napprover = \"manager\"\nscope = \"section\"\ndeadline_hours = 24\nonly_when = { field = \"why\", is = \"true\" }\n\n[[request]]\nid = \"ask-more\"\ntitle = \"別の承認\"\ndescription = \"別\"\npermit = \"none\"\nstatements = [\"small/one\"]\n\n[[request.step]]\nid = \"first\"\n",
    ),
    ("an approver role that no post brings", "approver = \"manager\"", "approver = \"vendor\""),
];

const IDS: &[Row] = &[
    ("the same id twice", "id = \"inner\"", "id = \"outer\""),
    ("the same step twice", "id = \"second\"", "id = \"first\""),
    ("role misspelled", "approver = \"manager\"", "approver = \"manger\""),
    ("a level that does not exist", "at_least = [\"c2\"]", "at_least = [\"c2\", \"s9\"]"),
    ("a clause that does not exist", "clause = \"small/1\"\nlabel", "clause = \"small/9\"\nlabel"),
    ("an override without a lower layer", "id = \"office\"", "id = \"office\"\noverride = true"),
];

const CHANNELS: &[Row] = &[
    (
        "one direction left out",
        "[[channel]]\nid = \"out\"\nfrom = \"inner\"\nto = \"outer\"\nmode = \"deny\"\nnotice = \"通しません。\"\nstatements = [\"small/one\"]\n",
        "",
    ),
    ("one direction twice", "from = \"inner\"\nto = \"outer\"", "from = \"outer\"\nto = \"inner\""),
    ("a zone to itself", "from = \"inner\"\nto = \"outer\"", "from = \"inner\"\nto = \"inner\""),
    ("approval without request", "mode = \"sanitise\"", "mode = \"approve\""),
    ("request without approval", "mode = \"sanitise\"", "mode = \"sanitise\"\nrequest = \"ask\""),
    ("rule without request", "action = \"approve\"\nrequest = \"ask\"", "action = \"approve\""),
    ("treatment not said", "action = \"approve\"\nrequest = \"ask\"", "action = \"treat\""),
    (
        "inspection by nobody",
        "action = \"approve\"\nrequest = \"ask\"",
        "action = \"treat\"\ntreatment = \"inspect-only\"",
    ),
    (
        "treatment with a request that decides nothing",
        "action = \"approve\"\nrequest = \"ask\"",
        "action = \"treat\"\ntreatment = \"strict\"\nrequest = \"ask\"",
    ),
    (
        "treatment of an approval",
        "action = \"approve\"\nrequest = \"ask\"",
        "action = \"approve\"\nrequest = \"ask\"\ntreatment = \"strict\"",
    ),
    (
        "inspection of what hides other files",
        "action = \"approve\"\nrequest = \"ask\"",
        "kinds = [\"pdf\", \"rar\"]\naction = \"treat\"\ntreatment = \"inspect-only\"\nrequest = \"ask\"",
    ),
    (
        "inspection channel for pages that run",
        "mode = \"sanitise\"\nnotice = \"無害化します。\"\nsenders = [\"staff\"]\nkinds = [\"docx\", \"pdf\"]",
        "mode = \"inspect\"\nrequest = \"ask\"\nnotice = \"無害化します。\"\nsenders = [\"staff\"]\nkinds = [\"html\", \"pdf\"]",
    ),
    (
        "inspectors whom a longer route leaves out",
        "action = \"approve\"\nrequest = \"ask\"\n",
        "action = \"approve\"\nrequest = \"ask\"\n\n[[channel.rule]]\nid = \"drawings\"\ntitle = \"検査確認します。\"\n\
         kinds = [\"pdf\"]\naction = \"treat\"\ntreatment = \"inspect-only\"\nrequest = \"look\"\n\n[[request]]\nid = \"look\"\n\
         title = \"検査確認\"\ndescription = \"原本を見る\"\npermit = \"transfer\"\n\n[[request.step]]\nid = \"only\"\n\
         title = \"課員の検査確認\"\napprover = \"staff\"\nscope = \"section\"\ndeadline_hours = 24\n",
    ),
    ("inspection channel without request", "mode = \"sanitise\"", "mode = \"inspect\""),
    ("rule without condition", "at_least = [\"c2\"]\n", ""),
    ("no limits", "file_bytes_max = 1000000\nfiles_max = 10\n", ""),
    ("limit of zero", "files_max = 10", "files_max = 0"),
    ("no statement", "files_max = 10\nstatements = [\"small/one\"]", "files_max = 10"),
    ("senders of a closed channel", "mode = \"deny\"", "mode = \"deny\"\nsenders = [\"staff\"]"),
];

const ROUTES: &[Row] = &[
    ("a role that no post has", "roles = [\"system\"]", "roles = [\"staff\"]"),
    (
        "a role of the wrong scope",
        "scope = \"section\"\ndeadline_hours",
        "scope = \"department\"\ndeadline_hours",
    ),
    ("one post for two steps", "roles = [\"manager\", \"staff\"]", "roles = [\"manager\", \"system\"]"),
    (
        "a deputy of another scope",
        "title = \"課員\"\nroles = [\"staff\"]\nscope = \"section\"",
        "title = \"課員\"\nroles = [\"staff\"]\nscope = \"city\"",
    ),
    ("a role above itself", "title = \"管理者\"", "title = \"管理者\"\nabove = \"manager\""),
    (
        "roles above each other",
        "title = \"管理者\"\n\n[[role]]\nid = \"system\"",
        "title = \"管理者\"\nabove = \"system\"\n\n[[role]]\nid = \"system\"\nabove = \"manager\"",
    ),
    ("a role above that nobody knows", "title = \"管理者\"", "title = \"管理者\"\nabove = \"systm\""),
    ("deadline of zero", "deadline_hours = 24", "deadline_hours = 0"),
    ("deadline from days", "deadline_hours = 24", "deadline_hours = \"keep\""),
    ("a choice without choices", "type = \"text\"\nrequired", "type = \"choice\"\nrequired"),
    ("a post without role", "roles = [\"manager\", \"staff\"]", "roles = []"),
];

/// The text's own order, its documents and what stands around them.
const TEXT: &[Row] = &[
    ("no label", "label = \"1(1)\"\n", ""),
    ("ascii with a sign", "ascii = \"small-one\"", "ascii = \"small/①\""),
    ("ascii that begins with a digit", "ascii = \"small-one\"", "ascii = \"1.1\""),
    (
        "two statements with one ascii",
        "[[parameter]]\nid = \"keep\"",
        "[[statement]]\nid = \"small/two\"\nclause = \"small/1\"\nlabel = \"1(1)\"\nascii = \"small-one\"\n\
         type = \"staff-rule\"\nmodality = \"may\"\ngist_ja = \"読む\"\ngist_en = \"Read\"\n\
         assurance = \"attest\"\ncapability = \"policy\"\n\n[[parameter]]\nid = \"keep\"",
    ),
    ("type misspelled", "type = \"technical-control\"", "type = \"technical-controls\""),
    ("a missing parent", "parent = \"small/1\"", "parent = \"small/7\""),
    ("a clause below itself", "parent = \"small/1\"", "parent = \"small/1/2\""),
    (
        "clauses below each other",
        "document = \"standard\"\n\n[[clause]]",
        "document = \"standard\"\nparent = \"small/1/2\"\n\n[[clause]]",
    ),
    (
        "a document that does not exist",
        "document = \"standard\"\n\n[[clause]]",
        "document = \"standart\"\n\n[[clause]]",
    ),
    ("a document of a kind that does not exist", "kind = \"standard\"", "kind = \"rule\""),
    ("a document that does not say whether it is public", "public = false\n", ""),
    ("a maker that does not exist", "maker = \"mayor\"", "maker = \"assembly\""),
    ("a revision without a date", "date = 2026-04-01\n", ""),
    ("a revision in words", "date = 2026-04-01\n", "date = \"令和８年４月１日\"\n"),
    ("left out without a reason", "reason = \"管理していない\"\n", ""),
    ("a reason for nothing", "excluded = true\n", ""),
    (
        "a term that equals nothing",
        "meaning = \"動くものを残さないこと\"",
        "meaning = \"動くものを残さないこと\"\nsame_as = \"無毒化\"",
    ),
    ("a long quotation", "quoted = \"無害か\"", "quoted = \"一二三四五六七八九十一二三四五六七八九十一\""),
    ("an act of nobody", "roles = [\"manager\"], note", "roles = [], note"),
    ("an act that does not exist", "act = \"report\"", "act = \"reports\""),
    ("a key of no counterparty", "note = \"月ごと\" }", "when = \"月ごと\" }"),
    (
        "counterparties without brackets",
        "counterparty = [{ act = \"report\", roles = [\"manager\"], note = \"月ごと\" }]",
        "counterparty = \"manager\"",
    ),
    ("a relation to nothing", "to = \"elsewhere/1\"", "to = \"elsewhere\""),
    ("a relation to itself", "to = \"elsewhere/1\"", "to = \"small/one\""),
    ("a relation to what is not there", "to = \"elsewhere/1\"", "to = \"small/on\""),
    ("a role that nobody holds", "outside = true\n", ""),
    ("a recommendation in a pack", "[[revision]]", "[[guideline]]\nid = \"g\"\n\n[[revision]]"),
];

const VALUES: &[Row] = &[
    ("above its bound", "value = 7", "value = 31"),
    ("below its bound", "value = 7", "value = 0"),
    ("bounds swapped", "min = 1\nmax = 30", "min = 30\nmax = 1"),
    ("of another type", "value = 7", "value = \"7日\""),
    ("not among the choices", "value = \"甲\"", "value = \"丙\""),
    ("not set and needed", "value = 7\n", ""),
    ("not set and asked for by the software", "value = \"甲\"\n", "needed = true\n"),
    ("not set and only told", "value = \"甲\"\n", ""),
    ("choices of a number", "min = 1\n", "min = 1\nchoices = [\"甲\"]\n"),
    ("gate without mechanism", "mechanisms = [\"channel-sanitise\"]\n", ""),
];

const ORDER: &[Row] = &[
    ("levels with a gap", "rank = 2", "rank = 3"),
    ("levels of one rank", "rank = 2", "rank = 1"),
    ("zones of one order", "order = 2", "order = 1"),
    ("zones of one name", "label = \"中の系\"", "label = \"外の系\""),
];

#[test]
fn toml() {
    check(
        TOML,
        expect![[r###"
            ## text without quotes
            small/pack.toml:5:9: 誤り [syntax]
              TOML として読めません: 文字列の引用符が閉じていません(string values must be quoted, expected literal string)。
              → 文字列の前後を " で囲んでください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## quote not closed
            small/pack.toml:88:14: 誤り [syntax]
              TOML として読めません: 文字列の引用符が閉じていません(invalid basic string, expected `"`)。
              → 文字列の前後を " で囲んでください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## the same key twice
            small/pack.toml:7:1: 誤り [syntax]
              TOML として読めません: 同じキーが2回あります。
              → どちらか一方を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn head() {
    check(
        HEAD,
        expect![[r###"
            ## no format
            small/pack.toml:1:1: 誤り [format]
              format がありません。
              → ファイルの先頭に format = 1 と書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a newer format
            small/pack.toml:1:10: 誤り [format]
              この版が読める format は 1 だけです。
              → ファイルの先頭に format = 1 と書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## id is not the folder's name
            small/pack.toml:4:6: 誤り [wrong-value]
              [pack] の id「tiny」がフォルダの名前と違います。
              → id = "small" と書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## pack misspelled
            small/pack.toml:1:1: 誤り [layer-missing]
              フォルダ small に [pack] の表がありません。
              → small/pack.toml に [pack] と id = "small" などを書いてください。
            small/pack.toml:3:2: 誤り [unknown-key]
              「pakc」という表やキーはありません。
              → 「pack」と書いてください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## a date in words
            small/pack.toml:7:18: 誤り [wrong-type]
              [pack]の「effective_from」は西暦の日付を引用符なしで書きます(「令和8年4月1日」になっています)。
              → effective_from = 2026-04-01 と書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## wrong check digit
            small/pack.toml:8:38: 誤り [check-digit]
              団体コード「990018」の検査数字が合いません。
              → 初めの5桁が正しければ、最後の桁は 9 です。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## code without check digit
            small/pack.toml:8:38: 誤り [check-digit]
              団体コード「99001」が6桁の数字ではありません。
              → 全国地方公共団体コード6桁(最後が検査数字)を " で囲んで書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a date that no calendar has
            small/pack.toml:7:18: 誤り [wrong-value]
              [pack]の「effective_from」の「令和元年13月」は暦にない日付です(13月はありません)。
              → 正しい日付を確かめて、effective_from = 2026-04-01 のように西暦で、引用符なしで書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a day that the month does not have
            small/pack.toml:7:18: 誤り [syntax]
              TOML として読めません: 暦にない日付です(invalid date, expected day between 01 and 28)。
              → 正しい日付を確かめて、2026-04-01 のように西暦で、引用符なしで書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## no retention
            small/pack.toml:3:1: 誤り [missing-key]
              [retention] の表がありません。
              → [retention] に originals_days、results_days、evidence_years を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn text() {
    check(
        TEXT,
        expect![[r###"
            ## no label
            small/pack.toml:69:1: 誤り [missing-key]
              statement「small/one」に必要なキー「label」がありません。
              → label = "…" のように書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## ascii with a sign
            small/pack.toml:73:9: 誤り [wrong-id]
              statement「small/one」の ascii「small/①」は使えません。
              → 英字から始まり、英数字と . _ - だけの 120 文字以内にしてください(例: narita-2.2.2.2_s1)。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## ascii that begins with a digit
            small/pack.toml:73:9: 誤り [wrong-id]
              statement「small/one」の ascii「1.1」は使えません。
              → 英字から始まり、英数字と . _ - だけの 120 文字以内にしてください(例: narita-2.2.2.2_s1)。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## two statements with one ascii
            small/pack.toml:86:1: 誤り [duplicate-ascii]
              statement「small/two」の ascii「small-one」は、ほかの statement にもあります(small/pack.toml:69)。
              → どちらかを変えてください。ascii は方針パックの中で一つだけです。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## type misspelled
            small/pack.toml:74:8: 誤り [wrong-value]
              statement「small/one」の「type」に「technical-controls」は使えません。
              → 「technical-control」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a missing parent
            small/pack.toml:67:10: 誤り [unknown-reference]
              clause「small/1/2」の「parent」が指す clause「small/7」がありません。
              → 「small/1」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a clause below itself
            small/pack.toml:63:1: 誤り [clause-cycle]
              clause の parent が一回りしています(small/1/2 → small/1/2)。
              → 一番上の条項から parent の行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## clauses below each other
            small/pack.toml:57:1: 誤り [clause-cycle]
              clause の parent が一回りしています(small/1 → small/1/2 → small/1)。
              → 一番上の条項から parent の行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a document that does not exist
            small/pack.toml:61:12: 誤り [unknown-reference]
              clause「small/1」の「document」が指す document「standart」がありません。
              → 「standard」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a document of a kind that does not exist
            small/pack.toml:22:8: 誤り [wrong-value]
              document「standard」の「kind」に「rule」は使えません。
              → 次のどれかを書いてください: basic-policy、standard、procedure、plan、other
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a document that does not say whether it is public
            small/pack.toml:19:1: 誤り [missing-key]
              document「standard」に必要なキー「public」がありません。
              → public = true のように書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a maker that does not exist
            small/pack.toml:24:9: 誤り [unknown-reference]
              document「standard」の「maker」が指す maker「assembly」がありません。
              → [[maker]] に id = "assembly" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a revision without a date
            small/pack.toml:27:1: 誤り [missing-key]
              revision「first」に必要なキー「date」がありません。
              → date = 2026-04-01 のように書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a revision in words
            small/pack.toml:29:8: 誤り [wrong-type]
              revision「first」の「date」は西暦の日付を引用符なしで書きます(「令和８年４月１日」になっています)。
              → date = 2026-04-01 と書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## left out without a reason
            small/pack.toml:38:1: 誤り [missing-key]
              scope「cards」は対象から外しますが、「reason」がありません。
              → reason = "外す理由" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a reason for nothing
            small/pack.toml:42:10: 注意 [no-effect]
              scope「cards」の「reason」は、excluded = true ではないので効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 1 件)。

            ## a term that equals nothing
            small/pack.toml:45:1: 誤り [unknown-reference]
              term「clean」の same_as が指す語「無毒化」がありません。
              → 下の層の [[term]] の word を書くか、この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a long quotation
            small/pack.toml:54:10: 誤り [too-large]
              annotation「slip」の quoted が長すぎます(上限 20 文字)。
              → 問題の文字だけを引用し、ほかは note に自分の言葉で書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## an act of nobody
            small/pack.toml:83:43: 誤り [missing-key]
              statement「small/one」の counterpartyに役割がありません。
              → roles = ["ciso"] のように一つ以上書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## an act that does not exist
            small/pack.toml:83:25: 誤り [wrong-value]
              statement「small/one」の counterpartyの「act」に「reports」は使えません。
              → 「report」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a key of no counterparty
            small/pack.toml:83:56: 誤り [unknown-key]
              statement「small/one」の counterpartyにキー「when」はありません。
              → この行を消してください。使えるキー: act、note、roles
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## counterparties without brackets
            small/pack.toml:83:16: 誤り [wrong-type]
              statement「small/one」の「counterparty」は表の並びで書きます(文字列になっています)。
              → counterparty = [{ act = "report", roles = ["…"] }] のように書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a relation to nothing
            small/pack.toml:84:40: 誤り [wrong-id]
              statement「small/one」の relationsの「to」は statement の id の形ではありません。
              → to = "asahi/6(2)" のように、フォルダの名前から書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a relation to itself
            small/pack.toml:84:40: 誤り [wrong-value]
              statement「small/one」の relationsが自分自身「small/one」を指しています。
              → 別の statement の id を書くか、この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a relation to what is not there
            small/pack.toml:84:40: 誤り [unknown-reference]
              statement「small/one」の relationsの「to」が指す statement「small/on」がありません。
              → 「small/one」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a role that nobody holds
            small/pack.toml:114:1: 注意 [role-unheld]
              役割「vendor」は statement「small/one」などの義務を負いますが、どの職にもありません。
              → どれかの [[post]] の roles に "vendor" を加えてください。委託先など団体の外の役割なら、[[role]] に outside = true と書きます。
            方針パック「small」は使えます(注意 1 件)。

            ## a recommendation in a pack
            small/pack.toml:27:3: 誤り [guideline-layer]
              [[guideline]] は層「guideline」だけに書けます。
              → フォルダ guideline のファイルに移してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn keys() {
    check(
        KEYS,
        expect![[r###"
            ## key misspelled
            small/pack.toml:167:1: 誤り [unknown-key]
              zone「outer」にキー「lable」はありません。
              → 「label」と書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## key of another world
            small/pack.toml:168:1: 誤り [unknown-key]
              zone「outer」にキー「vlan」はありません。
              → この行を消してください。使えるキー: colour、description、kind、label、order、second_factor、short
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## table misspelled
            small/pack.toml:149:3: 誤り [unknown-key]
              「levle」という表やキーはありません。
              → 「level」と書いてください。
            small/pack.toml:156:1: 誤り [level-order]
              level「c2」の rank(2)が順番どおりではありません。
              → 機密性の rank は 1、2、3 と続けます。ここは rank = 1 です。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## single brackets
            small/pack.toml:119:1: 誤り [wrong-type]
              「department」は表の並びで書きます(表になっています)。
              → [[department]] と二重の括弧で書いてください。
            small/pack.toml:128:14: 誤り [unknown-reference]
              section「general」の「department」が指す department「office」がありません。
              → [[department]] に id = "office" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## number in quotes
            small/pack.toml:172:9: 誤り [wrong-type]
              zone「outer」の「order」は整数で書きます(文字列になっています)。
              → order = 1 のように書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## negative number
            small/pack.toml:172:9: 誤り [wrong-value]
              zone「outer」の「order」に負の数は使えません。
              → 0 以上の整数を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## word misspelled
            small/pack.toml:170:10: 誤り [wrong-value]
              zone「outer」の「colour」に「ornage」は使えません。
              → 「orange」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## word of no list
            small/pack.toml:208:9: 誤り [wrong-value]
              request「ask」の step「second」の「scope」に「everywhere」は使えません。
              → 次のどれかを書いてください: city、department、section
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## file kind that is not rebuilt
            small/pack.toml:219:18: 誤り [wrong-value]
              channel「in」の「kinds」に「exe」は使えません。
              → 次のどれかを書いてください: docx、xlsx、pptx、xlsb、doc、xls、ppt、rtf、odt、ods、odp、odg、office-xml、pdf、png、jpeg、gif、bmp、tiff、webp、svg、text、csv、html、mhtml、xml、json、calendar、contact、mail、outlook-message、zip、seven-zip、lzh、tar、gzip、rar、cab、heif、metafile、ichitaro、hanako、docuworks、jww、dxf、dwg、sxf、visio、epub、sylk
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## no file kind
            small/pack.toml:219:9: 誤り [missing-key]
              channel「in」はファイルを通すので「kinds」が要ります。
              → kinds = ["docx", "xlsx", "pdf"] のように書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## the same twice
            small/pack.toml:219:17: 誤り [wrong-value]
              channel「in」の「kinds」に「pdf」が2回あります。
              → 一方を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## id in Japanese
            small/pack.toml:120:6: 誤り [wrong-id]
              [[department]] の id「役場」は使えません。
              → 英小文字・数字・ハイフンだけで、英字から始まる 80 文字以内の id にしてください。
            small/pack.toml:128:14: 誤り [unknown-reference]
              section「general」の「department」が指す department「office」がありません。
              → [[department]] に id = "office" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## no id
            small/pack.toml:119:1: 誤り [missing-key]
              [[department]] に id がありません。
              → id = "…" を書き足してください。
            small/pack.toml:127:14: 誤り [unknown-reference]
              section「general」の「department」が指す department「office」がありません。
              → [[department]] に id = "office" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## empty text
            small/pack.toml:138:9: 誤り [wrong-value]
              post「head」の「title」が空です。
              → 内容を書くか、この行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a mechanism that does not exist
            small/pack.toml:69:1: 注意 [gate-without-mechanism]
              statement「small/one」は関所で止める義務ですが、それを担う仕組みがありません。
              → mechanisms に仕組みを書くか、assurance を measure か attest にしてください。
            small/pack.toml:82:15: 誤り [wrong-value]
              statement「small/one」の「mechanisms」に「channel-sanitize」は使えません。
              → 「channel-sanitise」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 1 件)。

            ## long short name
            small/pack.toml:168:9: 誤り [wrong-value]
              zone「outer」の short が長すぎます(上限 8 文字)。
              → 画面の狭い所に出す短い名前を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn ids() {
    check(
        IDS,
        expect![[r###"
            ## the same id twice
            small/pack.toml:174:1: 誤り [duplicate-id]
              zone「outer」が2つあります(もう一つは small/pack.toml:165)。
              → どちらかを消すか、別の id にしてください。
            small/pack.toml:215:6: 誤り [unknown-reference]
              channel「in」の「to」が指す zone「inner」がありません。
              → [[zone]] に id = "inner" を書き足すか、ある id に直してください。
            small/pack.toml:233:8: 誤り [unknown-reference]
              channel「out」の「from」が指す zone「inner」がありません。
              → [[zone]] に id = "inner" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 3 件、注意 0 件)。

            ## the same step twice
            small/pack.toml:204:1: 誤り [duplicate-id]
              request「ask」に step「first」が2つあります(もう一つは 196 行目)。
              → 別の id にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## role misspelled
            small/pack.toml:199:12: 誤り [unknown-reference]
              request「ask」の step「first」の「approver」が指す role「manger」がありません。
              → 「manager」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a level that does not exist
            small/pack.toml:227:19: 誤り [unknown-reference]
              channel「in」の rule「classified」の「at_least」が指す level「s9」がありません。
              → [[level]] に id = "s9" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a clause that does not exist
            small/pack.toml:71:10: 誤り [unknown-reference]
              statement「small/one」の「clause」が指す clause「small/9」がありません。
              → 「small/1」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## an override without a lower layer
            small/pack.toml:119:1: 誤り [override-nothing]
              上書きする department「office」が下の層にありません。
              → 新しく加えるなら override の行を消してください。
            small/pack.toml:129:14: 誤り [unknown-reference]
              section「general」の「department」が指す department「office」がありません。
              → [[department]] に id = "office" を書き足すか、ある id に直してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn channels() {
    check(
        CHANNELS,
        expect![[r###"
            ## one direction left out
            small/pack.toml:174:1: 誤り [channel-missing]
              inner から outer への通信路がありません。
              → 通さないなら [[channel]] に id = "inner-to-outer"、from、to、mode = "deny"、notice を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## one direction twice
            small/pack.toml:174:1: 誤り [channel-missing]
              inner から outer への通信路がありません。
              → 通さないなら [[channel]] に id = "inner-to-outer"、from、to、mode = "deny"、notice を書いてください。
            small/pack.toml:231:1: 誤り [channel-duplicate]
              outer から inner への通信路が2つあります(もう一つは「in」、small/pack.toml:212)。
              → 一つにまとめてください。下の層のものを変えるなら、その id で override = true と書きます。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## a zone to itself
            small/pack.toml:174:1: 誤り [channel-missing]
              inner から outer への通信路がありません。
              → 通さないなら [[channel]] に id = "inner-to-outer"、from、to、mode = "deny"、notice を書いてください。
            small/pack.toml:234:6: 誤り [channel-same-zone]
              channel「out」の from と to が同じ系です。
              → 同じ系の中の受渡しに通信路は要りません。[[channel]] ごと消してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## approval without request
            small/pack.toml:212:1: 誤り [route-missing]
              channel「in」は承認を求めますが、承認経路を決める申請がありません。
              → request = "申請の id" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## request without approval
            small/pack.toml:217:11: 注意 [no-effect]
              channel「in」は、mode が approve ではないのに全件が承認待ちになります。
              → 全件承認なら mode = "approve"、一部だけなら [[channel.rule]] に書いてください。
            方針パック「small」は使えます(注意 1 件)。

            ## rule without request
            small/pack.toml:224:1: 誤り [route-missing]
              channel「in」の rule「classified」は承認を求めますが、承認経路を決める申請がありません。
              → request = "申請の id" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## treatment not said
            small/pack.toml:224:1: 誤り [missing-key]
              channel「in」の rule「classified」は扱いを決めますが、「treatment」がありません。
              → treatment = "strict" のように書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inspection by nobody
            small/pack.toml:224:1: 誤り [route-missing]
              channel「in」の rule「classified」は検査確認で通しますが、確認する人を決める申請がありません。
              → request = "申請の id" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## treatment with a request that decides nothing
            small/pack.toml:230:11: 注意 [no-effect]
              channel「in」の rule「classified」の「request」は、treatment が inspect-only ではないので効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 1 件)。

            ## treatment of an approval
            small/pack.toml:230:13: 注意 [no-effect]
              channel「in」の rule「classified」の「treatment」は、action が treat ではないので効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 1 件)。

            ## inspection of what hides other files
            small/pack.toml:228:9: 誤り [not-inspectable]
              channel「in」の rule「classified」の kinds のうち rar は、検査確認では通せません。
              → 中に別のファイルやプログラムを含めるため、見ただけでは確かめられない種類です。kinds から外すか、treatment を rebuild か strict にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inspection channel for pages that run
            small/pack.toml:220:9: 誤り [not-inspectable]
              channel「in」の kinds のうち html は、検査確認では通せません。
              → 中に別のファイルやプログラムを含めるため、見ただけでは確かめられない種類です。kinds から外すか、treatment を rebuild か strict にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inspectors whom a longer route leaves out
            small/pack.toml:231:1: 誤り [inspector-left-out]
              channel「in」の検査確認をする request「look」の step「only」が、request「ask」の経路が優先されると抜けます。
              → request「ask」に approver = "staff"、scope = "section" の step を加えるか、request「look」の step をそれより多くしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## inspection channel without request
            small/pack.toml:212:1: 誤り [route-missing]
              channel「in」は承認を求めますが、承認経路を決める申請がありません。
              → request = "申請の id" を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## rule without condition
            small/pack.toml:224:1: 誤り [missing-key]
              channel「in」の rule「classified」に条件がありません。
              → at_least(分類)、kinds(ファイルの種類)、personal_data のどれかを書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## no limits
            small/pack.toml:212:1: 誤り [missing-key]
              channel「in」はファイルを通すので「file_bytes_max」が要ります。
              → file_bytes_max = 104857600 のように書いてください。
            small/pack.toml:212:1: 誤り [missing-key]
              channel「in」はファイルを通すので「files_max」が要ります。
              → files_max = 100 のように書いてください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## limit of zero
            small/pack.toml:221:13: 誤り [zero]
              channel「in」の「files_max」が 0 です。
              → 1 以上の整数を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## no statement
            small/pack.toml:212:1: 注意 [uncited]
              channel「in」が、どの遵守事項によるものか書かれていません。
              → statements = ["…"] に、この通信路が守る statement の id を書いてください。
            方針パック「small」は使えます(注意 1 件)。

            ## senders of a closed channel
            small/pack.toml:236:11: 注意 [no-effect]
              channel「out」の「senders」は、mode が deny(通信不可)なので効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 1 件)。

        "###]],
    );
}

#[test]
fn routes() {
    check(
        ROUTES,
        expect![[r###"
            ## a role that no post has
            small/pack.toml:204:1: 誤り [role-without-post]
              request「ask」の step「second」を決裁する役割「system」を持つ職がありません。
              → どれかの [[post]] の roles に "system" を加えるか、approver か scope を変えてください。
            small/pack.toml:296:1: 誤り [role-without-post]
              register「boxes」を管理する役割「system」を持つ職がありません。
              → どれかの [[post]] の roles に "system" を加えるか、manager か scope を変えてください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## a role of the wrong scope
            small/pack.toml:196:1: 誤り [role-without-post]
              request「ask」の step「first」を決裁する役割「manager」を部ごとに持つ職がありません。
              → scope = "department" の [[post]] の roles に "manager" を加えるか、approver か scope を変えてください。
            small/pack.toml:196:1: 注意 [no-effect]
              request「ask」の step「first」の代決者「clerk」は、部ごとの職ではないので代決できません。
              → deputies には scope = "department" の職を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 1 件)。

            ## one post for two steps
            small/pack.toml:204:1: 注意 [one-post-two-steps]
              request「ask」の step「first」と「second」を、一つの職「課長」が両方とも決裁できます。
              → 同じ人は2つの段階を決裁できません。その職のほかに決裁できる人がいることを確かめるか、役割を別の職に分けてください。
            方針パック「small」は使えます(注意 1 件)。

            ## a deputy of another scope
            small/pack.toml:196:1: 注意 [no-effect]
              request「ask」の step「first」の代決者「clerk」は、課ごとの職ではないので代決できません。
              → deputies には scope = "section" の職を書いてください。
            方針パック「small」は使えます(注意 1 件)。

            ## a role above itself
            small/pack.toml:106:1: 誤り [role-cycle]
              role の above が一回りしています(manager → manager)。
              → 一番上の役割から above の行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## roles above each other
            small/pack.toml:106:1: 誤り [role-cycle]
              role の above が一回りしています(manager → system → manager)。
              → 一番上の役割から above の行を消してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a role above that nobody knows
            small/pack.toml:109:9: 誤り [unknown-reference]
              role「manager」の「above」が指す role「systm」がありません。
              → 「system」ではありませんか。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## deadline of zero
            small/pack.toml:201:18: 誤り [zero]
              request「ask」の step「first」の「deadline_hours」が 0 です。
              → 1 以上の整数を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## deadline from days
            small/pack.toml:201:18: 誤り [parameter-type]
              request「ask」の step「first」の「deadline_hours」には hours のパラメータが要りますが、「keep」は days です。
              → type = "hours" のパラメータを指してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a choice without choices
            small/pack.toml:190:1: 誤り [missing-key]
              request「ask」の field「why」は選択ですが choices がありません。
              → choices = ["…", "…"] を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a post without role
            small/pack.toml:136:1: 誤り [missing-key]
              post「head」に役割がありません。
              → roles = ["staff"] のように一つ以上書いてください。
            small/pack.toml:196:1: 誤り [role-without-post]
              request「ask」の step「first」を決裁する役割「manager」を課ごとに持つ職がありません。
              → scope = "section" の [[post]] の roles に "manager" を加えるか、approver か scope を変えてください。
            small/pack.toml:239:1: 誤り [role-without-post]
              register「papers」を管理する役割「manager」を課ごとに持つ職がありません。
              → どれかの [[post]] の roles に "manager" を加えるか、manager か scope を変えてください。
            方針パック「small」は使えません(誤り 3 件、注意 0 件)。

        "###]],
    );
}

#[test]
fn values() {
    check(
        VALUES,
        expect![[r###"
            ## above its bound
            small/pack.toml:93:9: 誤り [out-of-bounds]
              parameter「keep」の value(31)が範囲の外です。
              → 1 から 30 までの整数を書いてください(日数)。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## below its bound
            small/pack.toml:93:9: 誤り [out-of-bounds]
              parameter「keep」の value(0)が範囲の外です。
              → 1 から 30 までの整数を書いてください(日数)。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## bounds swapped
            small/pack.toml:91:7: 誤り [out-of-bounds]
              parameter「keep」の min(30)が max(1)より大きいです。
              → min を max 以下にしてください。
            small/pack.toml:93:9: 誤り [out-of-bounds]
              parameter「keep」の value(7)が範囲の外です。
              → 30 から 1 までの整数を書いてください(日数)。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## of another type
            small/pack.toml:93:9: 誤り [wrong-type]
              parameter「keep」の value は days(日数)で書きます(文字列になっています)。
              → value = 1 のように、引用符なしの整数で書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## not among the choices
            small/pack.toml:100:9: 誤り [out-of-bounds]
              parameter「how」の value「丙」は選べる値ではありません。
              → 次のどれかを書いてください: 甲、乙
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## not set and needed
            small/pack.toml:86:1: 注意 [parameter-unset]
              [retention] の originals_days に要るパラメータ「keep」(保管期間)が定められていません。定めるまで動かせません。
              → 自団体のフォルダの [[parameter]] id = "keep" に value = … を書いてください。下の層のものなら、override = true も書きます。
            方針パック「small」は使えます(注意 1 件)。

            ## not set and asked for by the software
            small/pack.toml:95:1: 注意 [parameter-unset]
              動かすのに要るパラメータ「how」(方法)が定められていません。定めるまで動かせません。
              → 自団体のフォルダの [[parameter]] id = "how" に value = … を書いてください。下の層のものなら、override = true も書きます。
            方針パック「small」は使えます(注意 1 件)。

            ## not set and only told
            small/pack.toml:95:1: 注意 [parameter-unset]
              パラメータ「how」(方法)が定められていません。
              → 自団体のフォルダの [[parameter]] id = "how" に value = … を書いてください。下の層のものなら、override = true も書きます。
            方針パック「small」は使えます(注意 1 件)。

            ## choices of a number
            small/pack.toml:92:11: 注意 [no-effect]
              parameter「keep」の「choices」は、type が choice ではないので効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 1 件)。

            ## gate without mechanism
            small/pack.toml:69:1: 注意 [gate-without-mechanism]
              statement「small/one」は関所で止める義務ですが、それを担う仕組みがありません。
              → mechanisms に仕組みを書くか、assurance を measure か attest にしてください。
            方針パック「small」は使えます(注意 1 件)。

        "###]],
    );
}

#[test]
fn order() {
    check(
        ORDER,
        expect![[r#"
            ## levels with a gap
            small/pack.toml:156:1: 誤り [level-order]
              level「c2」の rank(3)が順番どおりではありません。
              → 機密性の rank は 1、2、3 と続けます。ここは rank = 2 です。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## levels of one rank
            small/pack.toml:156:1: 誤り [level-order]
              level「c2」の rank(1)が順番どおりではありません。
              → 機密性の rank は 1、2、3 と続けます。ここは rank = 2 です。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## zones of one order
            small/pack.toml:174:1: 誤り [not-distinct]
              zone「inner」の order(1)が順番どおりではありません。
              → 系の order は 1、2、3 と重なりも欠けもなく続けます。ここは order = 2 です。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## zones of one name
            small/pack.toml:174:1: 誤り [not-distinct]
              zone の label「外の系」が2つあります(もう一つは small/pack.toml:165)。
              → 区別できるように、どちらかを変えてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "#]],
    );
}

/// Every slip of all tables at once is still reported one by one, each at its own line.
#[test]
fn one_slip_does_not_hide_the_next() {
    let mut text = SMALL.to_owned();
    let mut wrong = 0;
    for (old, new) in [
        ("label = \"外の系\"", "lable = \"外の系\""),
        ("colour = \"green\"", "colour = \"gren\""),
        ("approver = \"manager\"", "approver = \"manger\""),
        ("value = \"甲\"", "value = \"丙\""),
        ("code = \"990019\"", "code = \"990018\""),
        ("files_max = 10", "files_max = 0"),
    ] {
        assert!(text.contains(old));
        text = text.replacen(old, new, 1);
        wrong += 1;
    }
    let problems = findings(&Pack::resolve(&[file("small/pack.toml", &text)], "small"));
    let lines: BTreeSet<u32> =
        problems.iter().filter(|p| p.severity == Severity::Error).map(|p| p.line).collect();
    assert_eq!(lines.len(), wrong, "{problems:#?}");
}

/// Codes are a promise to scripts: every one can be provoked, here, or in the tests of layering, of guidelines, of registers,
/// of classifiers and of duties.
#[test]
fn every_code_has_a_sample() {
    let elsewhere = BTreeSet::from([
        Code::LayerCycle,
        Code::OverrideUnsaid,
        Code::RemoveNothing,
        Code::RemovedReference,
        Code::Path,
        Code::GuidelineUnread,
        Code::DerivationCycle,
        Code::ClassifierTooLong,
        Code::DutyTooRare,
        Code::RouteWithoutEnd,
        Code::TemplateMissing,
        // Told by `check --forms` only.
        Code::TemplateBroken,
        // Told by `readiness` only.
        Code::ParameterNeeded,
    ]);
    let here: BTreeSet<Code> = [TOML, HEAD, KEYS, IDS, TEXT, CHANNELS, ROUTES, VALUES, ORDER]
        .concat()
        .iter()
        .flat_map(|(_, old, new)| findings(&Pack::resolve(&small_with(old, new), "small")))
        .map(|p| p.code)
        .collect();
    for code in Code::ALL {
        assert!(here.contains(code) != elsewhere.contains(code), "{}", code.id());
    }
    let ids: BTreeSet<&str> = Code::ALL.iter().map(|c| c.id()).collect();
    assert_eq!(ids.len(), Code::ALL.len());
}

/// The schema of `sekisho policy check --json`, as docs/format-pack.md describes it.
#[test]
fn json() {
    let problems = findings(&Pack::resolve(&small_with("label = \"外の系\"", "lable = \"外の系\""), "small"));
    expect![[r#"
        {
          "format": 1,
          "pack": "small",
          "ok": false,
          "errors": 1,
          "warnings": 0,
          "problems": [
            {
              "code": "unknown-key",
              "severity": "error",
              "file": "small/pack.toml",
              "line": 167,
              "column": 1,
              "message": "zone「outer」にキー「lable」はありません。",
              "instead": "「label」と書いてください。"
            }
          ],
          "divergences": []
        }"#]]
    .assert_eq(&CheckReport::new("small", problems).to_json());
}

#[test]
fn forms() {
    check(
        FORMS,
        expect![[r###"
            ## an effect of no list
            small/pack.toml:188:12: 誤り [missing-key]
              request「ask」の effectsに必要なキー「parameter」がありません。
              → parameter = "…" のように書き足してください。
            small/pack.toml:188:12: 誤り [missing-key]
              request「ask」の effectsに必要なキー「value」がありません。
              → value = "…" のように書き足してください。
            small/pack.toml:188:12: 誤り [missing-key]
              request「ask」の effectsに必要なキー「from」がありません。
              → from = "…" のように書き足してください。
            small/pack.toml:188:19: 誤り [wrong-value]
              request「ask」の effectsの「do」に「send-mail」は使えません。
              → 次のどれかを書いてください: set-parameter、adopt-revision、publish、change-personnel、set-column、add-row、end-row
            方針パック「small」は使えません(誤り 4 件、注意 0 件)。

            ## an effect with a field that is not there
            small/pack.toml:188:48: 誤り [unknown-reference]
              request「ask」の effectsの「parameter」が指す field「wyh」が、この申請の様式にありません。
              → 「why」ではありませんか。
            small/pack.toml:188:77: 誤り [unknown-reference]
              request「ask」の effectsの「from」が指す field「when」が、この申請の様式にありません。
              → 同じ申請の [[request.field]] の id を書いてください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## an effect with fields of another type
            small/pack.toml:188:48: 誤り [wrong-value]
              request「ask」の effectsの「parameter」が指す field「why」の type は text です。
              → type が parameter の field を指してください。
            small/pack.toml:188:77: 誤り [wrong-value]
              request「ask」の effectsの「from」が指す field「why」の type は text です。
              → type が date の field を指してください。
            方針パック「small」は使えません(誤り 2 件、注意 0 件)。

            ## an effect of a transfer
            small/pack.toml:188:15: 注意 [no-effect]
              request「ask」の「attachments」は、permit が transfer(ファイル授受)なので効き目がありません。
              → この行を消してください。
            方針パック「small」は使えます(注意 1 件)。

            ## a permit without a period
            small/pack.toml:183:1: 誤り [missing-key]
              request「ask」は期間の許可ですが、期間を書く欄が決まっていません。
              → period = { from = "日付の欄の id", until = "日付の欄の id", return = false } を書き足してください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a period of a form without a permit
            small/pack.toml:188:10: 注意 [no-effect]
              request「ask」の「period」は、permit が period ではないので効き目がありません。
              → この行を消してください。
            small/pack.toml:188:19: 誤り [wrong-value]
              request「ask」の periodの「from」が指す field「why」の type は text です。
              → type が date の field を指してください。
            small/pack.toml:188:34: 誤り [wrong-value]
              request「ask」の periodの「until」が指す field「why」の type は text です。
              → type が date の field を指してください。
            方針パック「small」は使えません(誤り 2 件、注意 1 件)。

            ## a clock without a field
            small/pack.toml:188:23: 誤り [unknown-reference]
              request「ask」の afterwardsの「done」が指す field「done」が、この申請の様式にありません。
              → 同じ申請の [[request.field]] の id を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a condition on a field that is not there
            small/pack.toml:194:24: 誤り [unknown-reference]
              request「ask」の field「why」の shown_whenの field「kind」が、この欄より前にありません。
              → 同じ様式の、この欄より前に書いた field の id を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a condition on a later field
            small/pack.toml:194:24: 誤り [unknown-reference]
              request「ask」の field「why」の shown_whenの field「kind」が、この欄より前にありません。
              → 同じ様式の、この欄より前に書いた field の id を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a condition on words
            small/pack.toml:199:24: 誤り [wrong-value]
              request「ask」の field「more」の shown_whenの field「why」は、選択でも確認欄でもありません。
              → type が choice か bool の field を条件にしてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a condition on an answer that nobody can give
            small/pack.toml:199:36: 誤り [wrong-value]
              request「ask」の field「more」の shown_whenの「はい」は、field「why」の答えにありません。
              → 次のどれかを書いてください: true、false
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a step for more persons than a step has
            small/pack.toml:209:11: 誤り [wrong-value]
              request「ask」の step「second」の persons は 9 人です。
              → 1 から 5 までの数を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a step for nobody
            small/pack.toml:209:11: 誤り [zero]
              request「ask」の step「second」の「persons」が 0 です。
              → 1 以上の整数を書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

            ## a condition on a step of a transfer
            small/pack.toml:195:1: 注意 [no-effect]
              request「ask」の step「first」の only_when は、permit が transfer(ファイル授受)なので効きません。
              → 条件による違いは [[channel.rule]] に書いてください。
            方針パック「small」は使えます(注意 1 件)。

            ## no step without a condition
            small/pack.toml:183:1: 誤り [route-missing]
              request「ask」は、答えによってはどの段階も求められず、だれも決裁しません。
              → only_when のない [[request.step]] を一つ以上書くか、どの答えにも当てはまる段階があるようにしてください。
            small/pack.toml:195:1: 注意 [no-effect]
              request「ask」の step「only」の only_when は、permit が transfer(ファイル授受)なので効きません。
              → 条件による違いは [[channel.rule]] に書いてください。
            方針パック「small」は使えません(誤り 1 件、注意 1 件)。

            ## an approver role that no post brings
            small/pack.toml:196:1: 誤り [role-without-post]
              request「ask」の step「first」を決裁する役割「vendor」を課ごとに持つ職がありません。
              → scope = "section" の [[post]] の roles に "vendor" を加えるか、approver か scope を変えてください。
            方針パック「small」は使えません(誤り 1 件、注意 0 件)。

        "###]],
    );
}
