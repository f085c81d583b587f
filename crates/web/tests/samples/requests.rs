//! Sample values for 申請 and 定めるべき値.

use super::*;
use workflow::request::{Standing, State as Stage};

fn stage(s: Stage) -> Chip {
    let (word, tone, _) = words::requests::state(s);
    Chip { word: word.into(), tone }
}

fn standing(s: Standing) -> Chip {
    let (word, tone) = words::requests::standing(s);
    Chip { word: word.into(), tone }
}

pub(super) fn group() -> RequestGroup {
    RequestGroup {
        id: "decide",
        title: "承認待ちの申請".into(),
        hint: "内容を見て、承認するか決めてください。".into(),
        rows: vec![row(3, Stage::Waiting, None, "見て判断する")],
        all_href: "/requests?tray=to-decide".into(),
    }
}

pub(super) fn row(number: u32, s: Stage, permit: Option<Standing>, action: &str) -> RequestRowView {
    RequestRowView {
        href: format!("/requests/{number}"),
        number: format!("申令8-{number:06}"),
        title: "持出しの申請".into(),
        about: "固定資産税の実地調査票、紙文書".into(),
        state: stage(s),
        permit: permit.map(standing),
        applicant: "佐藤 一郎".into(),
        section: "税務課".into(),
        submitted: at(-30),
        due: (s == Stage::Waiting).then(|| at(-2)),
        overdue: s == Stage::Waiting,
        action: action.into(),
    }
}

fn field(id: &str, title: &str, kind: &'static str, value: &str) -> FormFieldView {
    FormFieldView {
        name: format!("answer.{id}"),
        id: id.into(),
        title: title.into(),
        kind,
        required: kind != "bool",
        chars_max: 200,
        value: value.into(),
        ..FormFieldView::default()
    }
}

fn form(errors: bool) -> String {
    let choices = |all: &[&str]| all.iter().map(|c| ((*c).into(), (*c).into())).collect();
    let error = |text: &str| errors.then(|| text.to_owned());
    RequestFormPage {
        frame: frame("持出しの申請", "/requests", "lgwan"),
        back: ("/requests/new".into(), "申請を選ぶ".into()),
        title: "持出しの申請".into(),
        description: "端末、媒体、情報を執務室の外へ持ち出す。".into(),
        steps: vec!["所属の情報セキュリティ管理者の許可".into(), "情報システム管理者の許可".into()],
        came_back: errors.then(|| ("鈴木 課長".into(), "戻す日を\n直してください。".into(), at(-1))),
        check_action: "/requests/new/take-out/check".into(),
        fields: vec![
            FormFieldView {
                help: "管理番号も".into(),
                error: error("入力してください。"),
                ..field("what", "持ち出すもの", "text", "<script>alert(1)</script>")
            },
            FormFieldView {
                choices: choices(&["端末", "電磁的記録媒体"]),
                ..field("kind", "種類", "choice", "端末")
            },
            FormFieldView {
                when: "「種類」が「電磁的記録媒体」のとき。".into(),
                error: error("入力してください。"),
                ..field("encrypted", "暗号化している", "bool", "true")
            },
            field("quantity", "数", "number", "2"),
            FormFieldView {
                help: "職員のログインIDを入力してください。".into(),
                ..field("carrier", "運ぶ人", "person", "sato")
            },
            FormFieldView {
                error: error("暦にある日付を選んでください。"),
                ..field("from", "持ち出す日", "date", "")
            },
            FormFieldView {
                found: Some(if errors {
                    Vec::new()
                } else {
                    vec![
                        ("E-0003".into(), "E-0003 ノートPC <3>".into()),
                        ("E-0004".into(), "E-0004 予備".into()),
                    ]
                }),
                error: error("見つかりません。選び直してください。"),
                ..field("device", "持ち出す端末", "row", "ノート")
            },
            FormFieldView { choices: choices(&["lgwan"]), ..field("zone", "つなぐ系", "zone", "lgwan") },
            field("purpose", "目的", "long-text", "出張"),
            FormFieldView {
                choices: choices(&["password-length"]),
                ..field("parameter", "変える値", "parameter", "password-length")
            },
        ],
        submission: "key-1".into(),
        errors: if errors {
            vec![FieldError {
                field: "what".into(), text: "持ち出すもの: 入力してください。".into()
            }]
        } else {
            Vec::new()
        },
    }
    .render()
    .unwrap()
}

fn confirm(again: bool) -> String {
    RequestConfirmPage {
        frame: frame("確認: 持出しの申請", "/requests", "lgwan"),
        title: "持出しの申請".into(),
        steps: vec!["所属の情報セキュリティ管理者の許可".into()],
        answers: vec![("持ち出すもの".into(), "端末".into()), ("目的".into(), "出張\n会議".into())],
        late: again.then(|| "期限を15時間過ぎています。".into()),
        hidden: vec![("submission".into(), "key-1".into()), ("answer.what".into(), "\"端末\"".into())],
        action: "/requests/new/take-out".into(),
        edit_action: "/requests/new/take-out/edit".into(),
        button: if again { "再提出する".into() } else { "申請する".into() },
        attachments: Some(again),
        attached: if again { vec![("a1".into(), "図面<1>.pdf".into())] } else { Vec::new() },
        bytes_max: "20MB".into(),
        clauses: clauses(),
        errors: if again {
            vec![FieldError {
                field: "attachments".into(), text: "添付ファイル: 入力してください。".into()
            }]
        } else {
            Vec::new()
        },
    }
    .render()
    .unwrap()
}

fn request(decides: bool) -> String {
    let station =
        |title: &str, who: &str, standing| Station { title: title.into(), who: who.into(), standing };
    RequestPage {
        gone: None,
        frame: frame("持出しの申請", "/requests", "lgwan"),
        href: "/requests/3".into(),
        number: "申令8-000003".into(),
        title: "持出しの申請".into(),
        state: stage(if decides { Stage::Waiting } else { Stage::Approved }),
        said: "承認者の判断を待っています。".into(),
        due: decides.then(|| at(-1)),
        overdue: decides,
        stations: vec![
            station("申請", "佐藤 一郎", "done"),
            station("所属の許可", "鈴木 課長", "now"),
            station("決裁", "", "todo"),
        ],
        applicant: "税務課 佐藤 一郎".into(),
        submitted: at(-30),
        round: 2,
        answers: vec![("持ち出すもの".into(), "端末".into())],
        late: decides.then(|| "期限を15時間過ぎています。".into()),
        attachments: vec![("/requests/3/files/a1".into(), "図面<1>.pdf".into(), "12KB".into())],
        permit: (!decides).then(|| {
            (standing(Standing::ReturnDue), at(-24), at(0), "戻したら、返却を報告してください。".into())
        }),
        revoke_action: (!decides).then(|| "/requests/3/revoke".into()),
        decline_action: (!decides).then(|| "/requests/3/decline".into()),
        waiting: vec![
            WaitingView {
                step: "所属の許可".into(),
                together: true,
                roles: "情報セキュリティ管理者、情報セキュリティ責任者(期限を過ぎたため)".into(),
                people: vec!["鈴木 課長(令和8年11月27日まで不在)".into()],
                deputies: vec!["田中 補佐".into()],
            },
            WaitingView {
                step: "情報システムの許可".into(),
                roles: "情報システム管理者".into(),
                ..WaitingView::default()
            },
        ],
        rows: vec![
            (Some("/registers/equipment/3".into()), "E-0003 ノートPC".into()),
            (None, "M-0001".into()),
        ],
        decided: vec![(
            "所属の許可".into(),
            "鈴木 課長(代決)".into(),
            Chip { word: "差戻し".into(), tone: Tone::Wait },
            "戻す日を直してください。".into(),
            at(-20),
        )],
        decide: decides.then(|| DecideForm {
            step: "所属の許可".into(),
            steps: vec![("0".into(), "所属の許可".into()), ("1".into(), "情報システムの許可".into())],
            last: true,
            deputy_of: Some(("田中 部長".into(), "u9".into())),
            raised: Some(("情報セキュリティ管理者".into(), "情報セキュリティ責任者".into())),
            seen_hash: "abc123".into(),
            comment: String::new(),
            clauses: clauses(),
        }),
        acts: vec![ActButton {
            href: "/requests/3/return".into(),
            label: "返却を報告する".into(),
            main: true,
            confirm: "返却したことを記録します。".into(),
            ..ActButton::default()
        }],
        timeline: vec![],
        errors: vec![],
    }
    .render()
    .unwrap()
}

fn value(id: &str, set: Option<&str>) -> ValueView {
    ValueView {
        href: format!("/parameters/{id}"),
        id: id.into(),
        title: "パスワードの最も短い文字数".into(),
        clause: "5 利用者".into(),
        value: set.map(Into::into),
        suggested: "12".into(),
        bounds: "8から64まで".into(),
        needed: true,
        decided: "令和8年3月24日 情報セキュリティ委員会".into(),
        to_come: set.map(|_| ("14".into(), at(200))),
        note: "推測されにくくする。".into(),
    }
}

pub(super) fn pages() -> Vec<(&'static str, String)> {
    let list = |rows: Vec<RequestRowView>| RequestsPage {
        frame: frame("申請", "/requests", "lgwan"),
        tabs: vec![
            Tab { href: "/requests?tray=mine".into(), label: "自分の申請".into(), current: true },
            Tab { href: "/requests?tray=to-decide".into(), label: "承認待ち".into(), current: false },
        ],
        lead: "あなたが出した申請です。".into(),
        may_apply: true,
        rows,
        empty: "まだ申請はありません。".into(),
        next_href: Some("/requests?tray=mine&after=x".into()),
        downloads: downloads(),
        first_href: "/requests?tray=mine".into(),
        later: true,
    };
    let change = |holds, to_come| ValueChange {
        value: "14".into(),
        from: at(20),
        to_come,
        holds,
        by: "星野 茂樹".into(),
        at: at(-3),
        request: ("/requests/9".into(), "申令8-000009".into()),
    };
    vec![
        (
            "requests",
            list(vec![
                row(1, Stage::Waiting, None, ""),
                row(2, Stage::Approved, Some(Standing::Overdue), ""),
                row(3, Stage::Returned, None, ""),
            ])
            .render()
            .unwrap(),
        ),
        ("requests-empty", list(vec![]).render().unwrap()),
        (
            "request-forms",
            FormsPage {
                frame: frame("申請を選ぶ", "/requests", "lgwan"),
                groups: ["持出しと提供", "例外措置"]
                    .map(|title| FormGroup {
                        title: title.into(),
                        forms: vec![FormChoice {
                            href: "/requests/new/take-out".into(),
                            title: format!("{title}の申請"),
                            description: "端末を持ち出す。".into(),
                            steps: vec!["所属の許可".into(), "情報システム管理者の許可".into()],
                            clauses: clauses(),
                        }],
                    })
                    .into(),
            }
            .render()
            .unwrap(),
        ),
        ("request-form", form(false)),
        ("request-form-errors", form(true)),
        ("request-confirm", confirm(false)),
        ("request-confirm-again", confirm(true)),
        ("request", request(false)),
        ("request-decide", request(true)),
        (
            "parameters",
            ParametersPage {
                frame: frame("定めるべき値", "/clauses", "lgwan"),
                policy: "星見市情報セキュリティポリシー".into(),
                groups: vec![(
                    "5 利用者".into(),
                    vec![value("password-length", Some("12")), value("log-retention", None)],
                )],
                total: 2,
                unset: 1,
            }
            .render()
            .unwrap(),
        ),
        (
            "parameter",
            ParameterPage {
                frame: frame("パスワードの最も短い文字数", "/clauses", "lgwan"),
                parameter: value("password-length", Some("12")),
                history: vec![change(false, true), change(true, false)],
                clauses: clauses(),
                change_href: Some("/requests/new/parameter-change?answer.parameter=password-length".into()),
            }
            .render()
            .unwrap(),
        ),
    ]
}
