//! The policy of the fictional city in the middle of its life: an older edition gave way to the folder's text, some have read
//! it, its public part is published; another one is proposed, and a text of the water works is under review.
//!
//! Owns the script. Every line goes through the same use cases as a person's click.

use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use app::{
    App,
    actor::Actor,
    editions::proposing::{Proposal, Proposed},
    imports::arrive::NewImport,
    requests::{NewRequest, RequestBallot},
};
use policy::{EditionText, SourceFile, import::Correction};
use workflow::{Millis, id::EditionId, route::Verdict};

use crate::{house, packs};

/// Place of a file, what the folder's text says, and what the edition before it said.
const BEFORE: &[(&str, &str, &str)] = &[
    ("hoshimi/pack.toml", "version = \"令和8年度第1版\"", "version = \"令和7年度第2版\""),
    (
        "hoshimi/clauses.toml",
        "職員は、方針とその改定を読み、定めに従って仕事をする",
        "職員は、方針に従って仕事をする",
    ),
];

/// The same for the edition that is proposed.
const NEXT: &[(&str, &str, &str)] = &[
    ("hoshimi/pack.toml", "version = \"令和8年度第1版\"", "version = \"令和8年度第2版\""),
    (
        "hoshimi/clauses.toml",
        "学校の職員は、児童と生徒の記録を、教育委員会が定めた場所の外に持ち出さない",
        "学校の職員は、児童と生徒の記録を、教育委員会が定めた場所の外に持ち出さず、毎年度その記録を点検する",
    ),
];

/// Those who have read the edition in force already.
const HAVE_READ: [&str; 9] =
    ["sakura", "yanagi", "kaede", "sawada", "fuchigami", "hatano", "ikeda", "numata", "kumoi"];

/// The text of the water works that is under review.
const RULES: &str = include_str!("../../samples/rules.txt");
const RULES_FILE: &str = "水道事業情報管理規程.txt";

/// Statements of it that somebody has looked at.
const READ: usize = 2;

const ANALYSIS: &str =
    "変わるのは職員の義務一つ。守れないおそれは小さく、守られなかったときの損失も小さい。周知で対応する。";

fn changed(files: &[SourceFile], changes: &[(&str, &str, &str)]) -> anyhow::Result<Vec<SourceFile>> {
    let mut files = files.to_vec();
    for (path, old, new) in changes {
        match files.iter_mut().find(|f| f.path == *path).filter(|f| f.text.contains(old)) {
            Some(file) => file.text = file.text.replacen(old, new, 1),
            None => bail!("デモの版を作れません。{path} に「{old}」がありません"),
        }
    }
    Ok(files)
}

/// What the city ran before the folder's text.
///
/// # Errors
/// When the folder's text is not the one that the script knows.
pub(crate) fn before(now: &house::Policy) -> anyhow::Result<house::Policy> {
    let files = changed(now.text.files(), BEFORE)?;
    let text = EditionText::new(now.text.pack(), files, &[]).map_err(|e| anyhow::anyhow!("{e}"))?;
    Ok(house::Policy { pack: packs::runnable(&text)?, text, edition: None, policies: now.policies.clone() })
}

/// Plays the days: `set` moves the clock, `strong` is somebody who has proven a second factor.
///
/// # Errors
/// When something is refused.
pub(crate) async fn play(
    app: &App,
    actor: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    strong: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    set: impl Fn(Millis),
    text: &[SourceFile],
    now: Millis,
) -> anyhow::Result<()> {
    const DAY: Millis = 86_400_000;
    let begun = now - 8 * DAY;
    set(begun);
    let own = |files: Vec<SourceFile>| {
        files.into_iter().filter(|f| f.path.starts_with("hoshimi/")).collect::<Vec<_>>()
    };
    let id =
        proposed(app, &actor, own(text.to_vec()), "年度の見直し。職員が改定を読むことを定める。").await?;
    let answers = [("edition", id.as_str()), ("from", &day(begun)), ("reason", "年度の見直し")];
    decided(app, (&actor, &strong), "policy-revision", &answers, &["akatsuki", "hoshino"]).await?;
    set(begun + DAY / 8);
    anyhow::ensure!(app.adopt_due_with_its_zones().await?, "版が施行されていません");
    let app = &app.current();
    let answers = [("edition", id.as_str())];
    decided(app, (&actor, &strong), "policy-publication", &answers, &["hoshino"]).await?;
    for (number, login) in (1..).zip(HAVE_READ) {
        set(begun + DAY + number * DAY / 2);
        app.confirm_reading(&actor(login).await?, &id).await.with_context(|| login.to_owned())?;
    }
    set(now - DAY);
    proposed(app, &actor, own(changed(text, NEXT)?), "学校の記録の点検を加える。").await?;
    let new = NewImport { layer: "water-rules".to_owned(), ..NewImport::default() };
    let operator = strong("isono").await?;
    let mut upload = app.begin_import(&operator, RULES_FILE).await?;
    upload.write(RULES.as_bytes()).await?;
    let review = app.finish_import(&operator, upload, new).await.context("取込み")?;
    let read = (0..READ).map(|statement| Correction::Confirm { statement }).collect();
    app.correct_import(&operator, &review, 1, read).await.context("取込み案の確認")?;
    Ok(())
}

async fn proposed(
    app: &App,
    actor: &impl AsyncFn(&str) -> anyhow::Result<Actor>,
    untrusted_files: Vec<SourceFile>,
    note: &str,
) -> anyhow::Result<EditionId> {
    let tomari = actor("tomari").await?;
    let proposal = Proposal { untrusted_files, note: note.to_owned() };
    let id = match app.propose_edition(&tomari, proposal).await? {
        Proposed::Draft { id, .. } => id,
        Proposed::Refused(problems) => bail!("提案に誤りが {} 件あります", problems.len()),
    };
    app.attach_analysis(&tomari, &id, "変更の分析", ANALYSIS).await?;
    Ok(id)
}

/// Applies with a form, and these people approve in order.
async fn decided(
    app: &App,
    (actor, strong): (
        &impl AsyncFn(&str) -> anyhow::Result<Actor>,
        &impl AsyncFn(&str) -> anyhow::Result<Actor>,
    ),
    form: &str,
    answers: &[(&str, &str)],
    approvers: &[&str],
) -> anyhow::Result<()> {
    let answers: BTreeMap<String, String> =
        answers.iter().map(|(field, answer)| ((*field).to_owned(), (*answer).to_owned())).collect();
    let new = NewRequest {
        submission: format!("demo-{form}"),
        form: form.to_owned(),
        answers,
        attachments: Vec::new(),
    };
    let id = app.apply(&actor("tomari").await?, new).await.with_context(|| form.to_owned())?;
    for login in approvers {
        let approver = strong(login).await?;
        let seen = app.request(&approver, &id).await?;
        let ballot = RequestBallot {
            verdict: Verdict::Approve,
            comment: "",
            seen_hash: &seen.content_hash,
            stands_in_for: None,
            step: None,
        };
        app.decide_request(&approver, &id, &ballot).await.with_context(|| format!("{form}: {login}"))?;
    }
    Ok(())
}

/// The day of that moment in Japan, as a date field sends it.
fn day(at: Millis) -> String {
    web::dates::iso(at).chars().take(10).collect()
}
