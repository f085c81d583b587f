//! Sample values for every screen: a fictional city, nobody real.

mod classify;
mod duties;
mod editions;
mod find;
mod notices;
mod reading;
mod records;
mod register_tables;
mod registers;
mod requests;
mod rosters;
mod training;

use askama::Template;
use web::{
    dates::When,
    screens::view::*,
    words::{self, Tone},
};
use worker_protocol::{Reason, Severity, Threat};
use workflow::transfer::{FileState, State};

const NOW: i64 = 1_795_233_240_000;

fn at(hours: i64) -> When {
    When::at(NOW + hours * 3_600_000)
}

fn zone(id: &str) -> ZoneView {
    let (label, note, kind, colour) = match id {
        "internet" => ("インターネット接続系", "外部とのメールやウェブを使う系", "internet", "orange"),
        "lgwan" => ("LGWAN接続系", "庁内の業務システムを使う系", "lgwan", "green"),
        _ => ("個人番号利用事務系", "個人番号を扱う業務の系", "my-number", "magenta"),
    };
    ZoneView {
        id: id.into(),
        label: label.into(),
        note: note.into(),
        kind: kind.into(),
        colour: colour.into(),
    }
}

fn clause(id: &str, gist: &str) -> ClauseChip {
    ClauseChip { id: id.into(), title: gist.chars().take(8).collect(), gist: gist.into() }
}

fn clauses() -> Vec<ClauseChip> {
    vec![
        clause("base/sanitise-inbound", "外部から取り込むファイルを無害化する"),
        clause("base/approve-transfer", "機密性の高いファイルは承認を得て渡す"),
    ]
}

fn mechanism_chips() -> Vec<MechanismChip> {
    vec![
        MechanismChip { title: "通信路での無害化".into(), ships: true },
        MechanismChip { title: "メールのテキスト化".into(), ships: false },
    ]
}

fn divergences() -> Vec<DivergenceView> {
    vec![DivergenceView {
        title: "パスワードの最も短い文字数".into(),
        value: "4".into(),
        wanted: "10 以上".into(),
        recommendation: "パスワードは10文字以上".into(),
        reason: "短いパスワードは総当たりで破られる。".into(),
        source: "ある指針".into(),
    }]
}

fn frame(title: &str, current: &str, zone_id: &str) -> Frame {
    let item = |href: &str, label: &str, icon: &'static str, count, group| MenuItem {
        href: href.into(),
        label: label.into(),
        icon,
        count,
        current: href == current,
        group,
    };
    Frame {
        prints: Vec::new(),
        title: title.into(),
        municipality: "星見市".into(),
        zone: zone(zone_id),
        who: Some(Who {
            name: "星野 みどり".into(),
            section: "総務部 税務課".into(),
            unread: 3,
            follows: false,
        }),
        menu: vec![
            item("/", "ホーム", "home", 0, false),
            item("/transfers/new", "ファイルを送る", "send", 0, false),
            item("/received", "受け取る", "inbox", 1, false),
            item("/transfers", "授受の一覧", "list", 0, false),
            item("/transfers?tray=to-decide", "承認", "stamp", 2, false),
            item("/clauses", "条項", "book", 0, true),
            item("/evidence", "証跡", "seal", 0, false),
            item("/people", "職員", "people", 0, false),
            item("/help", "ヘルプ", "help", 0, true),
        ],
        flash: None,
        clauses: clauses(),
        pack: "星見市情報セキュリティポリシー 2026.1".into(),
    }
}

fn bare(title: &str) -> Frame {
    Frame { who: None, menu: Vec::new(), ..frame(title, "", "internet") }
}

fn state(s: State) -> Chip {
    let (word, tone, _) = words::state(s);
    Chip { word: word.into(), tone }
}

fn file_chip(s: FileState) -> Chip {
    let (word, tone, _) = words::file_state(s);
    Chip { word: word.into(), tone }
}

fn row(number: u32, subject: &str, s: State, action: &str) -> RowView {
    RowView {
        href: format!("/transfers/{number}"),
        number: format!("令8-{number:06}"),
        subject: subject.into(),
        from: zone("internet"),
        to: zone("lgwan"),
        classification: "機密性2".into(),
        state: state(s),
        inspected: u32::from(number.is_multiple_of(3)),
        submitter: "佐藤 一郎".into(),
        section: "税務課".into(),
        files: 3,
        submitted: at(-30),
        due: Some(at(if number.is_multiple_of(2) { -2 } else { 20 })),
        overdue: number.is_multiple_of(2),
        action: action.into(),
    }
}

fn removal(threat: Threat, count: u32, places: &str) -> RemovalView {
    let (what, why) = words::threat(threat);
    let (word, tone) = match threat.severity() {
        Severity::High => (words::severity(Severity::High), Tone::Bad),
        Severity::Medium => (words::severity(Severity::Medium), Tone::Mixed),
        Severity::Low => (words::severity(Severity::Low), Tone::Plain),
    };
    RemovalView {
        what: what.into(),
        count,
        why: why.into(),
        places: places.into(),
        severity: Chip { word: word.into(), tone },
    }
}

fn downloads() -> Downloads {
    Downloads { csv: "/x".into(), cp932: "/y".into(), workbook: "/z".into() }
}

fn file(id: &str, name: &str, s: FileState) -> FileView {
    FileView {
        id: id.into(),
        name: name.into(),
        kind: "Excelブック".into(),
        size: "1.4 MB".into(),
        state: file_chip(s),
        said: words::file_state(s).2.into(),
        passes: s.passes(),
        preview_href: s.passes().then(|| "/transfers/1/files/1/preview".into()),
        ..FileView::default()
    }
}

fn files() -> Vec<FileView> {
    vec![
        FileView {
            removals: vec![
                removal(Threat::MacroVba, 2, "xl/vbaProject.bin"),
                removal(Threat::ExternalContent, 1, "シート「集計」"),
                removal(Threat::Metadata, 4, ""),
            ],
            folder: "令和8年度/税務課".into(),
            original: Some("固定資産税_集計表.xlsm".into()),
            road: "作り直し".into(),
            kept: vec![
                KeptView { what: "文字", after: "1,234".into(), before: "1,234".into(), less: false },
                KeptView { what: "画像", after: "2".into(), before: "3".into(), less: true },
            ],
            ..file("f1", "固定資産税_集計表.xlsx", FileState::Partial)
        },
        FileView { kind: "PDF".into(), ..file("f2", "通知文案.pdf", FileState::Clean) },
        FileView {
            kind: "ZIP書庫".into(),
            removals: vec![removal(Threat::ArchiveMember, 1, "setup.exe")],
            members: vec![
                MemberView {
                    name: "資料/一覧.csv".into(),
                    state: file_chip(FileState::Clean),
                    ..MemberView::default()
                },
                MemberView {
                    name: "setup.exe".into(),
                    state: file_chip(FileState::Blocked),
                    trouble: Some(words::reason(Reason::Executable)),
                    ..MemberView::default()
                },
            ],
            ..file("f3", "添付一式.zip", FileState::Partial)
        },
    ]
}

/// A drawing that passes unchanged; opened by the person who looks or not, vouched for or not.
fn drawing(opened: bool, vouched: bool, here: bool) -> FileView {
    let (word, tone) = if vouched { ("検査済", Tone::Good) } else { ("未検査", Tone::Wait) };
    FileView {
        kind: "Jw_cad図面".into(),
        inspection: Some(InspectionView {
            standing: Chip { word: word.into(), tone },
            sha256: "5f2c".repeat(16),
            opened: opened.then(|| at(-1)),
            open_action: here.then(|| "/transfers/1/files/f5/original".into()),
            zone: zone("internet"),
            vouched: if vouched {
                let note = "Jw_cadで全図面を開いて見た。<b>".into();
                vec![VouchView { who: "星野 みどり(代決)".into(), at: at(-1), note }]
            } else {
                Vec::new()
            },
            ..InspectionView::default()
        }),
        preview_href: None,
        ..file("f5", "配置図<script>.jww", FileState::Inspected)
    }
}

fn decide_inspecting(name: &'static str, opened: bool, here: bool) -> (&'static str, String) {
    let archive = FileView {
        kind: "ZIP書庫".into(),
        inspection: drawing(false, false, here).inspection.map(|inspection| InspectionView {
            members: vec!["図面/平面図.jww".into(), "図面/立面図.dxf".into()],
            ticked: true,
            note: "一部だけ開いた".into(),
            ..inspection
        }),
        ..file("f6", "図面一式.zip", FileState::Inspected)
    };
    let files = vec![drawing(opened, false, here), files().remove(1), archive];
    let page = DecidePage {
        frame: frame("検査確認", "/transfers?tray=to-decide", if here { "internet" } else { "lgwan" }),
        transfer: transfer(State::AwaitingApproval, files.clone()),
        raised: None,
        step: "所属の情報セキュリティ管理者の検査確認".into(),
        last: true,
        files: files.into_iter().map(|file| FilePreview { file, preview: PreviewView::None }).collect(),
        inspected: (2, usize::from(opened)),
        opens_here: here,
        deputy_of: None,
        deputy_of_id: String::new(),
        seen_hash: "abc123".into(),
        comment: String::new(),
        clauses: clauses(),
        decided: vec![],
        errors: vec![FieldError {
            field: "inspect-f5".into(),
            text: "「配置図.jww」の原本を、あなたはまだ開いていません。".into(),
        }],
    };
    (name, page.render().unwrap())
}

fn station(title: &str, who: &str, standing: &'static str) -> Station {
    Station { title: title.into(), who: who.into(), standing }
}

fn transfer(s: State, files: Vec<FileView>) -> TransferView {
    TransferView {
        href: "/transfers/1".into(),
        number: "令8-000123".into(),
        subject: "固定資産税の調査資料の取込み".into(),
        purpose: "県から受け取った調査資料を、庁内の税務システムで集計するため。\n期限は11月末です。".into(),
        classification: "機密性2".into(),
        handling: "関係者以外に渡さない。持ち出すときは承認を得る。".into(),
        personal_data: true,
        answers: vec![("持出し先".into(), "星見県税務課".into())],
        from: zone("internet"),
        to: zone("lgwan"),
        submitter: "佐藤 一郎".into(),
        section: "税務課".into(),
        recipients: vec![("星野 みどり".into(), None), ("田中 花子".into(), Some(at(-1)))],
        submitted: at(-30),
        round: 2,
        state: state(s),
        state_id: s.id(),
        said: words::state(s).2.into(),
        next: "税務課長が「所属長承認」を行います".into(),
        due: Some(at(18)),
        overdue: false,
        is_final: s.is_final(),
        stations: vec![
            station("提出", "佐藤 一郎", "done"),
            station("無害化", "", if s == State::Sanitising || s == State::Held { "now" } else { "done" }),
            station(
                "所属長承認",
                "情報セキュリティ管理者",
                if s == State::AwaitingApproval { "now" } else { "todo" },
            ),
            station("受取", "", "todo"),
        ],
        files,
        outage: (s == State::Sanitising).then(|| OutageView { since: at(-1), next_try: at(0), cause: None }),
    }
}

fn happenings() -> Vec<Happening> {
    [
        ("承認依頼", "システム", ""),
        ("無害化の終了", "システム", "固定資産税_集計表.xlsm"),
        ("提出", "佐藤 一郎", ""),
    ]
    .into_iter()
    .enumerate()
    .map(|(n, (what, who, said))| Happening {
        at: at(-30),
        what: what.into(),
        who: who.into(),
        zone: zone("internet").label,
        said: said.into(),
        href: format!("/evidence/{n}"),
        index: (n > 0).then_some(1200 + n as u64),
        clauses: clauses(),
        cites: n == 0,
    })
    .collect()
}

fn detail(s: State, files: Vec<FileView>, acts: Vec<ActButton>) -> String {
    DetailPage {
        frame: Frame {
            flash: Some(Flash {
                tone: Tone::Good,
                title: "受け付けました".into(),
                body: "無害化を始めました。".into(),
                while_state: "sanitising",
            }),
            ..frame("固定資産税の調査資料の取込み", "/transfers", "internet")
        },
        transfer: transfer(s, files),
        acts,
        timeline: happenings(),
        events_href: "/transfers/1/events".into(),
        fragment_href: "/transfers/1/fragment".into(),
        stamps: vec![("所属長承認".into(), "星野".into(), "令和8年11月20日(金)".into(), true)],
    }
    .render()
    .unwrap()
}

fn choice(id: &str, title: &str) -> Choice {
    Choice { id: id.into(), title: title.into(), chosen: false }
}

fn levels() -> Vec<LevelView> {
    [
        ("c1", "機密性1", "公開してよい情報"),
        ("c2", "機密性2", "関係者だけが扱う情報"),
        ("c3", "機密性3", "個人情報など特に注意する情報"),
    ]
    .into_iter()
    .map(|(id, title, handling)| LevelView {
        id: id.into(),
        title: title.into(),
        handling: handling.into(),
        chosen: id == "c2",
    })
    .collect()
}

fn person_choice(id: &str, name: &str) -> PersonChoice {
    PersonChoice { id: id.into(), name: name.into(), section: "税務課".into() }
}

fn answers() -> Vec<AnswerField> {
    vec![
        AnswerField {
            name: "answer.destination".into(),
            title: "持出し先".into(),
            kind: "text",
            required_for: "外部送付申請では必須".into(),
            chars_max: 60,
            ..AnswerField::default()
        },
        AnswerField {
            name: "answer.kind".into(),
            title: "方法".into(),
            kind: "choice",
            choices: vec!["メール".into(), "電子申請".into()],
            required_for: "任意".into(),
            ..AnswerField::default()
        },
        AnswerField {
            name: "answer.ok".into(),
            title: "相手方に連絡済".into(),
            kind: "bool",
            required_for: "任意".into(),
            ..AnswerField::default()
        },
    ]
}

fn new_page(errors: Vec<FieldError>) -> String {
    let approvals = vec![
        ApprovalPreview { level: "c1".into(), title: "機密性1".into(), steps: vec![] },
        ApprovalPreview {
            level: "c2".into(), title: "機密性2".into(), steps: vec!["所属長承認".into()]
        },
        ApprovalPreview {
            level: "c3".into(),
            title: "機密性3".into(),
            steps: vec!["所属長承認".into(), "システム管理者承認".into()],
        },
    ];
    NewPage {
        frame: frame("ファイルを送る", "/transfers/new", "internet"),
        channels: vec![
            ChannelView {
                id: "in".into(),
                chosen: true,
                to: zone("lgwan"),
                denied: false,
                mode: "無害化".into(),
                note: "すべてのファイルを無害な形に作り直してから渡します。".into(),
                file_bytes_max: 256 << 20,
                files_max: 200,
                kinds: "Word文書、Excelブック、PowerPoint、PDF、PNG画像、JPEG画像、テキスト、CSV、ZIP書庫"
                    .into(),
                inspected: Some(("一太郎・DocuWorks、CAD図面".into(), "所属長の検査確認".into())),
                approvals,
                clauses: clauses(),
            },
            ChannelView {
                id: "no".into(),
                to: zone("mynumber"),
                denied: true,
                mode: "通信不可".into(),
                note: "個人番号を扱う系とインターネットの間では、ファイルを渡しません。".into(),
                clauses: vec![clause("base/deny-mynumber", "個人番号利用事務系を分離する")],
                ..ChannelView::default()
            },
        ],
        levels: levels(),
        subject: "固定資産税の調査資料の取込み".into(),
        answers: answers(),
        chosen: vec![person_choice("u1", "星野 みどり")],
        search: "たなか".into(),
        found: vec![person_choice("u2", "田中 花子"), person_choice("u3", "田中 太郎")],
        search_action: "/transfers/new".into(),
        submission: "key-1".into(),
        total_bytes_max: 2 << 30,
        errors,
        ..NewPage::default()
    }
    .render()
    .unwrap()
}

fn clause_row() -> ClauseRow {
    ClauseRow {
        chip: clause("base/sanitise-inbound", "外部から取り込むファイルを無害化する"),
        roles: "情報システム管理者".into(),
        modality: "義務".into(),
        assurance: "関所で止める".into(),
        mechanisms: "通信路での無害化、ファイル名と実体の照合".into(),
        evidence: 1234,
        unset: 1,
    }
}

fn evidence_rows() -> Vec<EvidenceRowView> {
    happenings()
        .into_iter()
        .enumerate()
        .map(|(n, happening)| EvidenceRowView {
            happening,
            subject: "授受".into(),
            subject_href: Some("/transfers/1".into()),
            erased: n == 2,
            proof_href: (n > 0).then(|| format!("/evidence/{n}/proof.zip")),
        })
        .collect()
}

fn person() -> PersonView {
    PersonView {
        href: "/people/u1".into(),
        login: "hoshino".into(),
        name: "星野 みどり".into(),
        kana: "ほしの みどり".into(),
        section: "税務課".into(),
        posts: "税務課長".into(),
        roles: "情報セキュリティ管理者".into(),
        state: Chip { word: "利用中".into(), tone: Tone::Good },
        second_factor: true,
    }
}

pub(crate) fn pages() -> Vec<(&'static str, String)> {
    let mut pages = of_transfers();
    pages.extend(requests::pages());
    pages.extend(duties::pages());
    pages.extend(training::pages());
    pages.extend(notices::pages());
    pages.extend(classify::pages());
    pages.extend(register_tables::pages());
    pages.extend(rosters::pages());
    pages.extend(editions::pages());
    pages.extend(reading::pages());
    pages.extend(find::pages());
    pages.extend(registers::pages());
    pages.extend(records::pages());
    pages
}

fn of_transfers() -> Vec<(&'static str, String)> {
    let password_needed = FileView {
        trouble: Some(words::reason(Reason::PasswordNeeded)),
        password_action: Some("/transfers/1/files/f9/retry".into()),
        block_action: Some("/transfers/1/files/f9/block".into()),
        ..file("f9", "<script>alert(1)</script>見積書.xlsx", FileState::Held)
    };
    let running =
        FileView {
            at_work: true, permille: Some(420), ..file("f8", "議会答弁資料.pptx", FileState::Queued)
        };
    let mut ready = files();
    ready.push(drawing(false, true, false));
    for file in &mut ready {
        file.download_href = Some("/transfers/1/files/f1/download".into());
    }
    let act = |label: &str, main, link| ActButton {
        href: "/transfers/1/x".into(),
        label: label.into(),
        main,
        link,
        confirm: "よろしいですか。".into(),
        value: String::new(),
    };
    let tile = |label: &str, count, act| Tile {
        label: label.into(),
        count,
        more: false,
        href: "/transfers".into(),
        act,
    };
    let group = |id, title: &str, icon, rows| TaskGroup {
        id,
        title: title.into(),
        hint: "無害化の結果と除いたものを見て、承認するか決めてください。".into(),
        icon,
        rows,
        all_href: "/transfers".into(),
    };
    let error = |status, code| {
        ErrorPage {
            frame: frame("誤り", "", "internet"),
            status,
            trouble: words::error(code).unwrap(),
            incident: "6B2F11-0007".into(),
            back_href: "/".into(),
            back: "ホームへ".into(),
        }
        .render()
        .unwrap()
    };
    vec![
        (
            "login",
            LoginPage {
                frame: bare("ログイン"),
                next: "/".into(),
                login: "hoshino".into(),
                trouble: words::error("credentials"),
                locked_until: None,
            }
            .render()
            .unwrap(),
        ),
        ("code", CodePage { frame: bare("コード"), next: "/".into(), trouble: None }.render().unwrap()),
        (
            "password",
            PasswordPage {
                frame: bare("パスワードの変更"),
                forced: true,
                chars_min: 14,
                next: "/".into(),
                errors: vec![FieldError {
                    field: "new".into(),
                    text: "新しいパスワード: 短すぎます。".into(),
                }],
            }
            .render()
            .unwrap(),
        ),
        (
            "home",
            HomePage {
                frame: frame("ホーム", "/", "internet"),
                outage: Some(OutageView {
                    since: at(-1),
                    next_try: at(0),
                    cause: Some("No such file or directory (os error 2)".into()),
                }),
                may_send: true,
                tiles: vec![tile("承認待ち", 2, true), tile("受取", 1, true), tile("保留", 1, true)],
                to_read: vec![("/readings/e-1".into(), "令和8年度第2版".into(), Some(at(300)))],
                overview: Some(find::overview()),
                requests: vec![requests::group()],
                duties: vec![duties::group()],
                tasks: vec![
                    group(
                        "decide",
                        "承認待ち",
                        "stamp",
                        vec![
                            RowView {
                                href: "/transfers/2/decide".into(),
                                ..row(
                                    2,
                                    "固定資産税の調査資料の取込み",
                                    State::AwaitingApproval,
                                    "見て判断する",
                                )
                            },
                            row(3, "広報紙の写真", State::AwaitingApproval, "見て判断する"),
                        ],
                    ),
                    group(
                        "held",
                        "保留",
                        "hourglass",
                        vec![row(5, "工事見積書(パスワード付き)", State::Held, "対応する")],
                    ),
                ],
                open: vec![
                    row(7, "議会答弁資料", State::Sanitising, ""),
                    row(9, "研修資料", State::Ready, ""),
                ],
            }
            .render()
            .unwrap(),
        ),
        (
            "home-quiet",
            HomePage {
                frame: frame("ホーム", "/", "mynumber"),
                outage: None,
                may_send: false,
                tiles: vec![tile("承認待ち", 0, true), tile("受取", 0, true)],
                to_read: vec![],
                overview: None,
                duties: Vec::new(),
                requests: vec![],
                tasks: vec![],
                open: vec![],
            }
            .render()
            .unwrap(),
        ),
        ("new", new_page(vec![])),
        (
            "new-errors",
            new_page(vec![FieldError {
                field: "subject".into(),
                text: "件名が正しくありません。件名を直してください。".into(),
            }]),
        ),
        (
            "transfers",
            TransfersPage {
                frame: frame("送った授受", "/transfers", "internet"),
                heading: "送った授受".into(),
                lead: "あなたが送ったファイルです。".into(),
                tabs: vec![
                    Tab { href: "/a".into(), label: "送った授受".into(), current: true },
                    Tab { href: "/b".into(), label: "受け取った授受".into(), current: false },
                    Tab { href: "/c".into(), label: "承認待ち".into(), current: false },
                ],
                tray: "submitted".into(),
                states: State::ALL.into_iter().map(|s| choice(s.id(), words::state(s).0)).collect(),
                rows: State::ALL
                    .into_iter()
                    .enumerate()
                    .map(|(n, s)| row(n as u32, "固定資産税の調査資料の取込み", s, ""))
                    .collect(),
                next_href: Some("/transfers?after=1".into()),
                first_href: "/transfers".into(),
                later: true,
                downloads: downloads(),
                empty: String::new(),
            }
            .render()
            .unwrap(),
        ),
        ("detail-running", detail(State::Sanitising, vec![running], vec![act("取り下げる", false, false)])),
        (
            "detail-held",
            detail(
                State::Held,
                vec![password_needed, files().remove(1)],
                vec![act("取り下げる", false, false)],
            ),
        ),
        (
            "detail-awaiting",
            detail(
                State::AwaitingApproval,
                files(),
                vec![act("内容を見て判断する", true, true), act("引き戻す", false, false)],
            ),
        ),
        ("detail-ready", detail(State::Ready, ready.clone(), vec![])),
        ("detail-inspecting", detail(State::AwaitingApproval, vec![drawing(true, false, true)], vec![])),
        ("detail-inspected", detail(State::Ready, vec![drawing(false, true, false)], vec![])),
        decide_inspecting("decide-inspect", false, true),
        decide_inspecting("decide-inspect-elsewhere", false, false),
        decide_inspecting("decide-inspect-opened", true, true),
        (
            "decide",
            DecidePage {
                frame: frame("所属長承認", "/transfers?tray=to-decide", "lgwan"),
                transfer: transfer(State::AwaitingApproval, files()),
                raised: Some(("情報セキュリティ管理者".into(), "情報セキュリティ責任者".into())),
                step: "所属長承認".into(),
                last: true,
                files: files()
                    .into_iter()
                    .enumerate()
                    .map(|(n, file)| FilePreview {
                        file,
                        preview: match n {
                            0 => PreviewView::Text {
                                blocks: vec![
                                    BlockView::Heading("集計".into()),
                                    BlockView::Table(vec![
                                        vec!["地区".into(), "件数".into(), "税額".into()],
                                        vec!["中央".into(), "1,204".into(), "98,120,000".into()],
                                        vec!["北".into(), "832".into(), "61,004,000".into()],
                                    ]),
                                    BlockView::Paragraph("※ 11月末時点".into()),
                                ],
                                truncated: true,
                            },
                            1 => PreviewView::Pages { pages: vec!["/assets/page.png".into()], total: 3 },
                            _ => PreviewView::None,
                        },
                    })
                    .collect(),
                inspected: (0, 0),
                opens_here: false,
                deputy_of: Some("山田 課長".into()),
                deputy_of_id: "u7".into(),
                seen_hash: "abc123".into(),
                comment: String::new(),
                clauses: clauses(),
                decided: vec![(
                    "所属長承認".into(),
                    "星野 みどり".into(),
                    Chip { word: "差戻し".into(), tone: Tone::Wait },
                    "宛先を見直してください。".into(),
                    at(-20),
                )],
                errors: vec![],
            }
            .render()
            .unwrap(),
        ),
        (
            "preview",
            PreviewPage {
                frame: frame("結果", "/transfers", "lgwan"),
                transfer_href: "/transfers/1".into(),
                transfer_title: "令8-000123".into(),
                file: FilePreview {
                    file: files().remove(0),
                    preview: PreviewView::Pages { pages: vec!["/assets/page.png".into()], total: 1 },
                },
            }
            .render()
            .unwrap(),
        ),
        (
            "resubmit",
            ResubmitPage {
                frame: frame("直して再提出", "/transfers", "internet"),
                transfer: transfer(State::Returned, files()),
                came_back: Some(("星野 みどり".into(), "宛先を見直してください。".into(), at(-3))),
                subject: "固定資産税".into(),
                purpose: "集計のため".into(),
                personal_data: true,
                answers: answers(),
                levels: levels(),
                chosen: vec![person_choice("u1", "星野 みどり")],
                search: String::new(),
                found: vec![],
                search_action: "/transfers/1/resubmit".into(),
                errors: vec![],
            }
            .render()
            .unwrap(),
        ),
        (
            "received",
            ReceivedPage {
                frame: frame("受け取る", "/received", "lgwan"),
                waiting: vec![ReceivedView {
                    row: row(11, "県からの通知", State::Ready, ""), files: ready
                }],
                taken: vec![row(13, "研修資料", State::Received, "")],
                next_href: None,
            }
            .render()
            .unwrap(),
        ),
        (
            "clauses",
            ClausesPage {
                frame: frame("条項", "/clauses", "internet"),
                bar: PolicyBar::at("/clauses"),
                policy: "星見市情報セキュリティポリシー".into(),
                search: "無害化".into(),
                total: 2,
                sections: vec![ClauseSection {
                    title: "4 ネットワークの分離".into(),
                    href: "/policy/clauses/base/4".into(),
                    rows: vec![
                        clause_row(),
                        ClauseRow { mechanisms: String::new(), unset: 0, evidence: 0, ..clause_row() },
                    ],
                }],
            }
            .render()
            .unwrap(),
        ),
        (
            "oscal",
            OscalPage {
                frame: frame("方針の書出し", "/clauses", "internet"),
                policy: "星見市情報セキュリティポリシー(版 1)".into(),
                public: vec!["星見市情報セキュリティ基本方針".into()],
                internal: vec!["<script>alert(1)</script>対策基準".into()],
                models: vec![
                    OscalModel { id: "catalog", title: "目録", about: "条項", public: true },
                    OscalModel {
                        id: "component", title: "仕組みの一覧", about: "仕組み", public: false
                    },
                ],
                may: true,
                factor_needed: false,
            }
            .render()
            .unwrap(),
        ),
        (
            "coverage",
            CoveragePage {
                frame: frame("条項の遵守状況", "/clauses", "internet"),
                bar: PolicyBar::at("/coverage"),
                policy: "星見市情報セキュリティポリシー".into(),
                total: 520,
                in_words: "仕組みあり 120件、予定 400件".into(),
                parts: [
                    ("kept", Tone::Good, 0, 230),
                    ("planned", Tone::Wait, 230, 770),
                    ("unbound", Tone::Bad, 1_000, 0),
                ]
                .map(|(status, tone, start, length)| CoveragePart {
                    chip: Chip { word: "仕組みあり".into(), tone },
                    status: status.into(),
                    count: length / 2,
                    start,
                    length,
                    href: format!("/coverage?status={status}"),
                    chosen: status == "kept",
                })
                .into(),
                statuses: vec![Choice { id: "kept".into(), title: "仕組みあり".into(), chosen: true }],
                capabilities: vec![Choice { id: "logs".into(), title: "logs".into(), chosen: false }],
                roles: vec![Choice { id: "staff".into(), title: "職員".into(), chosen: false }],
                search: "無害化".into(),
                shown: 2,
                sections: vec![CoverageSection {
                    title: "4 ファイルの授受".into(),
                    rows: vec![
                        CoverageRowView {
                            clause: clause("base/sanitise-inbound", "外部から取り込むファイルを無害化する"),
                            label: "4(1)".into(),
                            roles: "団体全体".into(),
                            status: status_chip(policy::CoverageStatus::Partly),
                            mechanisms: mechanism_chips(),
                            divergences: 1,
                            last: Some(at(-2)),
                            last_href: "/evidence/e1".into(),
                            evidence: 1_234,
                        },
                        CoverageRowView {
                            clause: clause("base/no-one", "<script>alert(1)</script>"),
                            label: "4(2)①".into(),
                            status: status_chip(policy::CoverageStatus::Unbound),
                            ..CoverageRowView::default()
                        },
                    ],
                }],
                mechanisms: vec![
                    MechanismRowView {
                        title: "通信路での無害化".into(),
                        state: Chip { word: "停止中".into(), tone: Tone::Bad },
                        statements: 3,
                        evidence: 99,
                        last: Some(at(-2)),
                        last_href: Some("/evidence/e1".into()),
                    },
                    MechanismRowView {
                        title: "メールのテキスト化".into(),
                        state: Chip { word: "予定".into(), tone: Tone::Wait },
                        ..MechanismRowView::default()
                    },
                ],
                divergences: divergences(),
            }
            .render()
            .unwrap(),
        ),
        ("imports", imports_page().render().unwrap()),
        ("import", import_page().render().unwrap()),
        (
            "import-conflict",
            ImportConflictPage {
                frame: frame("ほかの人が先に直していました", "/imports", "lgwan"),
                import: import_row(),
                steps: vec![step_view("遵守事項 12を確認")],
                wanted: "遵守事項 12を二つに分割".into(),
                back_href: "/imports/i1?node=3".into(),
            }
            .render()
            .unwrap(),
        ),
        (
            "import-out",
            ImportOutPage {
                frame: frame("書出しと残りの確認", "/imports", "lgwan"),
                import: import_row(),
                version: 9,
                may_edit: true,
                is_open: true,
                proposing: Some(ImportProposal {
                    pack: "星見市情報セキュリティポリシー".into(),
                    replaces: "base".into(),
                    label: "令和9年度第1版".into(),
                    note: "基準の改定".into(),
                    ..ImportProposal::default()
                }),
                problems: editions::problems(),
                points: vec![PointsView {
                    title: "値を決める言葉".into(),
                    how: "値を定めてください。".into(),
                    count: 300,
                    rows: vec![("/imports/i1?node=3#s-4".into(), "第3条".into(), "速やかに".into())],
                }],
                files: vec![("/imports/i1/files/pack.toml".into(), "yukimi/pack.toml".into())],
                steps: vec![step_view("遵守事項 1を確認 ほか 3 件")],
                steps_more: 12,
                errors: Vec::new(),
            }
            .render()
            .unwrap(),
        ),
        (
            "clause",
            ClausePageView {
                frame: frame("条項", "/clauses", "internet"),
                bar: PolicyBar::at("/clauses"),
                row: clause_row(),
                around: reading::around(),
                trigger: Some("ファイルを取り込むとき".into()),
                expected: Some("無害化の記録".into()),
                label: "4(1)".into(),
                status: status_chip(policy::CoverageStatus::Partly),
                mechanisms: mechanism_chips(),
                divergences: divergences(),
                parameters: vec![
                    ParameterView {
                        title: "原本の保存期間".into(),
                        href: "/parameters/originals-days".into(),
                        value: Some("30日".into()),
                        note: "令和8年4月1日 総務部長決裁".into(),
                    },
                    ParameterView {
                        title: "点検の間隔".into(),
                        href: "/parameters/inspection-interval".into(),
                        value: None,
                        note: "目安 365日".into(),
                    },
                ],
                origin: "base clauses.toml 12行".into(),
                evidence: happenings(),
                count: 1234,
                next_href: Some("/clauses/x?after=1".into()),
            }
            .render()
            .unwrap(),
        ),
        (
            "evidence",
            EvidencePage {
                frame: frame("証跡", "/evidence", "internet"),
                kinds: app::evidence::Kind::ALL
                    .iter()
                    .map(|k| choice(k.id(), words::evidence(k.id()).unwrap()))
                    .collect(),
                statement: String::new(),
                factor_needed: true,
                rows: evidence_rows(),
                next_href: Some("/evidence?after=1".into()),
                first_href: "/evidence".into(),
                later: false,
                downloads: downloads(),
            }
            .render()
            .unwrap(),
        ),
        (
            "evidence-entry",
            EvidenceEntryPage {
                frame: frame("証跡", "/evidence", "internet"),
                factor_needed: false,
                row: evidence_rows().remove(1),
                id: "0193".into(),
                kind_id: "file-sanitised".into(),
                payload: Some("{\n  \"kind\": \"file-sanitised\"\n}".into()),
                erased: None,
                leaf: "ab".repeat(60),
                salt: "cd".repeat(32),
                proof: vec!["q83v".repeat(11), "EjRW".repeat(11)],
                checkpoint: Some(
                    "hoshimi.example/ledger\n1202\nq83v\n\n— hoshimi.example/ledger abcd".into(),
                ),
            }
            .render()
            .unwrap(),
        ),
        (
            "people",
            PeoplePage {
                frame: frame("職員", "/people", "lgwan"),
                search: String::new(),
                rows: vec![
                    person(),
                    PersonView {
                        state: Chip { word: "停止中".into(), tone: Tone::Bad },
                        second_factor: false,
                        ..person()
                    },
                ],
                next_href: None,
                downloads: downloads(),
                may_manage: true,
                sections: vec![choice("tax", "税務課")],
                typed: Default::default(),
                errors: vec![],
            }
            .render()
            .unwrap(),
        ),
        (
            "person",
            PersonPage {
                frame: frame("職員", "/people", "lgwan"),
                person: person(),
                may_manage: true,
                enabled: true,
                posts: vec![PostView {
                    id: "p".into(),
                    title: "課長(税務課)".into(),
                    unit: "tax".into(),
                    from: at(-3000),
                }],
                post_choices: vec![choice("p", "課長")],
                units: vec![choice("tax", "税務課")],
                history: vec![("税務課の課長".into(), "令和8年4月1日(水) から".into())],
                changes: vec![("令和9年4月1日(木)".into(), "異動".into(), "反映しました".into())],
                password: Some("k7mq-2xwd-9hrt".into()),
                errors: vec![],
            }
            .render()
            .unwrap(),
        ),
        (
            "account",
            AccountPage {
                frame: frame("アカウント", "/account", "internet"),
                login: "hoshino".into(),
                posts: "税務課長、情報セキュリティ管理者".into(),
                enrolment: Some(EnrolmentView {
                    secret: "JBSW Y3DP EHPK 3PXP".into(),
                    uri: "otpauth://totp/x".into(),
                    sealed: "s".into(),
                }),
                tokens: vec![TokenView {
                    id: "t".into(),
                    name: "夜間連携".into(),
                    scopes: "授受を見る".into(),
                    expires: at(900),
                    used: None,
                    state: Chip { word: "有効".into(), tone: Tone::Good },
                    live: true,
                }],
                scopes: vec![choice("read-transfers", "授受を見る")],
                new_token: Some("sk_0123456789".into()),
                absences: vec![AbsenceView {
                    id: "a".into(),
                    from: at(24),
                    until: at(72),
                    reason: "出張".into(),
                }],
                deputies: vec![("第1代決者".into(), "課長補佐".into())],
                mails_go_to: "midori@city.hoshimi.example".into(),
                today: "2026-11-21".into(),
                errors: vec![FieldError { field: "totp".into(), text: "コードが違います。".into() }],
                ..AccountPage::default()
            }
            .render()
            .unwrap(),
        ),
        (
            "help",
            HelpPage {
                frame: frame("ヘルプ", "/help", "internet"),
                states: State::ALL.into_iter().map(|s| (state(s), words::state(s).2.into())).collect(),
                file_states: FileState::ALL
                    .into_iter()
                    .map(|s| (file_chip(s), words::file_state(s).2.into()))
                    .collect(),
                reasons: Reason::ALL.iter().map(|r| words::reason(*r)).collect(),
            }
            .render()
            .unwrap(),
        ),
        ("error-403", error(403, "denied")),
        ("error-404", error(404, "not-found")),
        ("error-409", error(409, "conflict")),
        ("error-413", error(413, "too-large")),
        ("error-500", error(500, "internal")),
        ("error-503", error(503, "unavailable")),
    ]
}

fn import_row() -> ImportRow {
    ImportRow {
        href: "/imports/i1".into(),
        title: "雪見市情報セキュリティ対策基準".into(),
        layer: "yukimi".into(),
        file: "基準<script>alert(1)</script>.docx".into(),
        read_as: "docx".into(),
        state: Chip { word: "確認中".into(), tone: Tone::Busy },
        decided: 41,
        statements: 302,
        at: at(-30),
    }
}

fn step_view(what: &str) -> StepView {
    StepView { by: "星野 航".into(), at: at(-1), what: what.into() }
}

fn imports_page() -> ImportsPage {
    ImportsPage {
        frame: frame("方針の取込み", "/imports", "lgwan"),
        rows: vec![import_row()],
        next_href: Some("/imports?after=x".into()),
        may_edit: true,
        factor_needed: false,
        packs: vec![Choice {
            id: "asahi".into(),
            title: "旭市情報セキュリティ基本方針".into(),
            chosen: true,
        }],
        layer: "yukimi".into(),
        file_max: "64.0 MB".into(),
        trouble: Some(words::imports::refusal(policy::import::ImportError::Empty.into())),
        errors: Vec::new(),
    }
}

fn import_page() -> ImportPage {
    let choice = |id: &str, title: &str, chosen: bool| Choice { id: id.into(), title: title.into(), chosen };
    let statement = ReviewedView {
        number: 11,
        text: "職員は、端末を持ち出すときは、<script>alert(1)</script>許可を得なければならない。".into(),
        state: Chip { word: UNDECIDED.into(), tone: Tone::Wait },
        roles: "職員".into(),
        roles_unsure: true,
        modality: "義務".into(),
        role_choices: vec![
            choice("staff", "職員", true),
            choice("ciso", "最高情報セキュリティ責任者", false),
        ],
        modality_choices: vec![choice("must", "義務", true), choice("should", "努力義務", false)],
        matches: vec![MatchView {
            id: "base/take-out".into(),
            gist: "持出しは許可を得る".into(),
            score: 31,
            near: false,
            chosen: false,
        }],
        facts: vec![("値を決める言葉".into(), "速やかに".into())],
        cuts: vec![choice("40", "…持ち出すときは、 | 許可を得…", false)],
        may_merge: true,
        wanted: true,
        ..ReviewedView::default()
    };
    let second = ReviewedView {
        number: 12,
        dropped: Some("見出し".into()),
        state: Chip { word: "除外".into(), tone: Tone::Plain },
        wanted: false,
        ..statement.clone()
    };
    ImportPage {
        frame: frame("取込み案の確認", "/imports", "lgwan"),
        import: import_row(),
        version: 9,
        may_edit: true,
        chars: 25_000,
        chars_accounted: 25_000,
        damaged: 2,
        other_rules: true,
        filters: vec![(choice("", "すべて", true), 302), (choice("unsure", "役割を補った", false), 12)],
        filter: String::new(),
        tree: vec![
            TreeRow { label: "文書".into(), href: "/imports/i1?node=0".into(), ..TreeRow::default() },
            TreeRow {
                depth: 1,
                href: "/imports/i1?node=3".into(),
                label: "第2条".into(),
                title: "持出し".into(),
                current: true,
                open: 1,
                statements: 2,
            },
        ],
        tree_more: 40,
        part: PartView {
            number: 3,
            label: "第2条".into(),
            title: "持出し".into(),
            crumbs: vec![("文書".into(), "/imports/i1?node=0".into())],
            cuts: vec![choice("60", "2 職員は…", false)],
            parents: vec![choice("0", "文書", true)],
            notes: vec!["「番号」 番号が飛んでいます".into()],
            before_href: Some("/imports/i1?node=2".into()),
            next_href: Some("/imports/i1?node=4".into()),
            ..PartView::default()
        },
        source: vec![
            SourceRun { text: "第1条 目的\n".into(), here: false, begins: None },
            SourceRun {
                text: "第2条 職員は、許可を得なければならない。\n".into(),
                here: true,
                begins: Some(12),
            },
        ],
        statements: vec![statement, second],
        known: vec![("base/take-out".into(), "持出しは許可を得る".into())],
        next_open: Some("/imports/i1?node=4#s-14".into()),
        undo: Some(("星野 航".into(), at(-1), "遵守事項 1を確認".into())),
        errors: Vec::new(),
    }
}
