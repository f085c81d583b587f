//! People, transfers and evidence to fill a database with.

use app::{
    model::{NewEvidence, Section, User},
    ports::Store,
    registers::store::RowEntry,
};
use worker_protocol::{Fidelity, Kept, Kind, Removal, Report, Road, Spot, Threat, Verdict as FileVerdict};
use workflow::{
    Millis,
    id::{BlobId, EvidenceId, FileId, RequestId, SectionId, TransferId, UserId, ZoneId},
    register::{Cause, History, Row, RowKey, Value},
    request::{Answer, Application, Attachment, Content, Patience, Request, Terms},
    route::{Approval, Decision, Route, Scope, Step, Term, Verdict, Vouch},
    transfer::{File, FileState, Opening, Recipient, State, Stored, Transfer},
};

/// Some moment in 2026.
pub(crate) const T0: Millis = 1_793_000_000_000;

pub(crate) fn user_id(n: u32) -> UserId {
    UserId::new(format!("u-{n:06}"))
}

pub(crate) fn user(n: u32) -> User {
    User {
        id: user_id(n),
        login: format!("user.{n:06}"),
        name: format!("関所　太郎{n}"),
        kana: format!("せきしょ　たろう{n:06}"),
        section: SectionId::new(format!("s-{}", n % 7)),
        password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned(),
        totp_sealed: n.is_multiple_of(2).then(|| vec![0, 1, 2, 255]),
        totp_last_step: n.is_multiple_of(3).then_some(i64::from(n)),
        enabled: true,
        must_change_password: n.is_multiple_of(5),
        failures: n % 4,
        locked_until: None,
        created_at: T0,
        version: 1,
    }
}

pub(crate) fn section(n: u32) -> Section {
    Section {
        id: SectionId::new(format!("s-{n}")),
        name: format!("第{n}課"),
        department: "総務部".to_owned(),
    }
}

pub(crate) fn stored(zone: &str, n: u32) -> Stored {
    Stored {
        zone: ZoneId::new(zone),
        blob: BlobId::new(format!("{n:064x}")),
        sha256: format!("{:064x}", n + 1),
        bytes: u64::from(n) * 1_000,
    }
}

pub(crate) fn report() -> Report {
    Report {
        verdict: FileVerdict::Partial,
        kind: Some(Kind::Docx),
        clean_kind: Some(Kind::Docx),
        road: Some(Road::Rebuilt),
        clean_name: "計画.docx".to_owned(),
        reason: None,
        removals: vec![Removal {
            what: Threat::MacroVba,
            untrusted_place: "word/vba\u{202e}Project.bin".to_owned(),
            spot: Some(Spot::Page { number: 3 }),
            count: 2,
        }],
        removals_unlisted: 0,
        members: Vec::new(),
        fidelity: Some(Fidelity { pages: Kept { before: 3, after: 3 }, ..Fidelity::default() }),
        rules_version: "2026.11.0".to_owned(),
    }
}

pub(crate) fn file(transfer: u32, n: u32) -> File {
    File {
        id: FileId::new(format!("f-{transfer:06}-{n:03}")),
        untrusted_name: format!("見積{n}\u{0}\u{202e}fdp.exe"),
        untrusted_folder: "../../etc".to_owned(),
        original: Some(stored("internet", transfer * 1_000 + n)),
        clean: None,
        preview: None,
        state: FileState::Queued,
        report: None,
        attempts: 0,
        original_erased_at: None,
        clean_erased_at: None,
    }
}

pub(crate) fn step(role: &str, scope: Scope) -> Step {
    Step {
        id: format!("step-{role}"),
        title: "所属長承認".to_owned(),
        role: role.to_owned(),
        scope,
        deadline_hours: 24,
        deputies: vec!["assistant-manager".to_owned()],
        statements: vec!["base:3-1".to_owned()],
        raised_from: None,
        group: None,
        watch: workflow::route::Watch::default(),
    }
}

pub(crate) fn decision(by: u32, on_behalf_of: Option<u32>, at: Millis) -> Decision {
    Decision {
        round: 1,
        step: 0,
        by: user_id(by),
        on_behalf_of: on_behalf_of.map(user_id),
        verdict: Verdict::Approve,
        comment: "確認した".to_owned(),
        content_hash: "00".repeat(32),
        at,
        reviewed_at: None,
        vouches: Vec::new(),
    }
}

pub(crate) fn opening(by: u32, at: Millis) -> Opening {
    Opening { file: FileId::new("f-000001-001"), by: user_id(by), sha256: "00".repeat(32), at }
}

pub(crate) fn vouch() -> Vouch {
    Vouch {
        file: FileId::new("f-000001-001"), sha256: "00".repeat(32), note: "開いて\u{0}見た".to_owned()
    }
}

pub(crate) fn transfer_id(n: u32) -> TransferId {
    TransferId::new(format!("t-{n:06}"))
}

/// Submitted by person 1 for persons 2 and 3, with two files that wait for the cell.
pub(crate) fn transfer(n: u32) -> Transfer {
    Transfer {
        id: transfer_id(n),
        number: i64::from(n),
        channel: "internet-lgwan".to_owned(),
        from_zone: ZoneId::new("internet"),
        to_zone: ZoneId::new("lgwan"),
        submitter: user_id(1),
        section: SectionId::new("s-1"),
        subject: format!("件名{n}"),
        purpose: "会議の資料".to_owned(),
        classification: "2".to_owned(),
        personal_data: false,
        answers: [("protection".to_owned(), "暗号化".to_owned())].into(),
        recipients: [2, 3].map(|u| Recipient { user: user_id(u), received_at: None }).into(),
        files: vec![file(n, 0), file(n, 1)],
        state: State::Sanitising,
        approval: Approval::new(Route {
            steps: vec![
                step("section-head", Scope::Section(SectionId::new("s-1"))),
                step("chief", Scope::City),
            ],
        }),
        openings: Vec::new(),
        term: Term::default(),
        pack_version: "demo-1".to_owned(),
        submitted_at: T0 + Millis::from(n),
        changed_at: T0 + Millis::from(n),
        version: 0,
    }
}

pub(crate) fn request_id(n: u32) -> RequestId {
    RequestId::new(format!("r-{n:06}"))
}

/// Handed in by person 1, with two files; it waits for the first of two steps.
pub(crate) fn request(n: u32) -> Request {
    let steps = vec![step("section-head", Scope::Section(SectionId::new("s-1"))), step("chief", Scope::City)];
    let attachment = |k: u32| Attachment {
        id: FileId::new(format!("a-{n:06}-{k}")),
        untrusted_name: format!("添付{k}.pdf"),
        stored: stored("lgwan", n * 10 + k),
    };
    let answer = Answer {
        field: "what".to_owned(),
        title: "持ち出すもの".to_owned(),
        value: "端末".to_owned(),
        shown: "端末".to_owned(),
        row: None,
    };
    let now = T0 + Millis::from(n);
    let application = Application {
        id: request_id(n),
        number: i64::from(n),
        form: "take-out".to_owned(),
        title: "持出しの申請".to_owned(),
        zone: ZoneId::new("lgwan"),
        applicant: user_id(1),
        section: SectionId::new("s-1"),
        content: Content {
            answers: vec![answer],
            attachments: vec![attachment(0), attachment(1)],
            terms: Some(Terms { from: T0, until: T0 + 86_400_000, return_asked: true }),
            late_by: n.is_multiple_of(2).then_some(5),
        },
        route: Route { steps },
        pack_version: "demo-1".to_owned(),
    };
    Request::apply(application, Patience { days: 14 }, now).unwrap().0
}

pub(crate) fn evidence(n: u32) -> NewEvidence {
    NewEvidence {
        id: EvidenceId::new(format!("e-{n:07}")),
        at: T0 + Millis::from(n),
        kind: "transfer-submitted".to_owned(),
        actor: Some(user_id(1)),
        zone: Some(ZoneId::new("internet")),
        subject_kind: "transfer".to_owned(),
        subject_id: format!("t-{:06}", n % 100),
        statements: vec!["base:3-1".to_owned(), format!("base:4-{}", n % 3)],
        payload: format!("{{\"n\":{n}}}").into_bytes(),
        salt: vec![7; 32],
        leaf: vec![u8::try_from(n % 256).unwrap(); 40],
        erase_payload_at: Some(T0 + 1_000_000 + Millis::from(n)),
    }
}

/// Commits what the closure does, with one entry of evidence numbered `n`. Whose notices are others now.
pub(crate) async fn commit<F>(store: &dyn Store, n: u32, change: F) -> Vec<UserId>
where
    F: AsyncFnOnce(&mut dyn app::ports::Tx),
{
    let mut tx = store.begin().await.unwrap();
    change(tx.as_mut()).await;
    tx.commit(vec![evidence(n)]).await.unwrap()
}

/// People 1 to 8 and their sections.
pub(crate) async fn people(store: &dyn Store) {
    commit(store, 9_000_000, async |tx| {
        tx.put_sections(&[0, 1, 2, 3].map(section)).await.unwrap();
        for n in 1..=8 {
            tx.insert_user(&user(n)).await.unwrap();
        }
    })
    .await;
}

/// A row of a register of assets.
pub(crate) fn row(n: u32) -> Row {
    Row {
        key: RowKey::new("assets", i64::from(n)),
        section: Some(SectionId::new(format!("s-{}", n % 7))),
        values: [
            ("name".to_owned(), Value::Text(format!("情報資産 {n}\n改行と「かっこ」"))),
            ("flag".to_owned(), Value::Flag(n.is_multiple_of(2))),
            ("count".to_owned(), Value::Number(u64::from(n))),
            ("rows".to_owned(), Value::Rows(vec![1, 2])),
        ]
        .into(),
        waits: false,
        end: None,
        created_at: T0,
        changed_at: T0 + i64::from(n),
        version: 1,
    }
}

/// The same with what it is found by.
pub(crate) fn row_entry(n: u32) -> RowEntry {
    let row = row(n);
    RowEntry {
        keys: vec![("kind".to_owned(), format!("k-{}", n % 5))],
        links: Vec::new(),
        unique: Vec::new(),
        words: format!("a-{n:04}\n情報資産 {n}"),
        history: History {
            key: row.key.clone(),
            version: 1,
            at: T0,
            by: Some(user_id(1)),
            cause: Cause::Added,
            request: None,
            reason: "新しい".to_owned(),
            changes: Vec::new(),
        },
        row,
    }
}
