//! The personnel change of next first of April in the fictional city: drawn up from a table, approved, waiting for its day.
//!
//! Owns the script. Every line goes through the same use cases as a person's click.

use anyhow::{Context as _, bail};
use app::{
    App,
    actor::Actor,
    requests::{NewRequest, RequestBallot},
    rosters::{RosterInput, store::OpenRequests},
};
use workflow::{Millis, roster::Form, route::Verdict};

const TABLE: &str = "\
職員番号,氏名,ふりがな,所属,職,区分
sakura,桜木 花,,福祉課,係長,昇任
takigawa,滝川 学,,市民課,課長補佐,昇任
himawari,日向 葵,,,,退職
numata,沼田 光,,,,休職
20270401,八重 咲,やえ さき,市民課,課員,新規採用
";

/// Plays it.
///
/// # Errors
/// When something is refused.
pub(crate) async fn play(
    app: &App,
    strong: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    now: Millis,
) -> anyhow::Result<()> {
    let operator = strong("isono").await?;
    let mut upload = app.begin_roster(&operator, "人事異動.csv").await?;
    upload.write(TABLE.as_bytes()).await?;
    let input = RosterInput {
        form: Form::Changes,
        untrusted_day: next_first_of_april(now),
        sheet: None,
        password: None,
    };
    let read = app.finish_roster(&operator, upload, &input).await.context("人事異動の表")?;
    let id = match read {
        Ok(draft) => match draft.kept {
            Some(id) => id,
            None => bail!("人事異動の表に直すところがあります: {:?}", draft.plan.problems),
        },
        Err(refusal) => bail!("人事異動の表を読み取れません: {refusal:?}"),
    };
    // Lines stand in the order of their numbers: the new one, 日向, 沼田, 桜木, 滝川.
    app.choose_successor(&operator, &id, 2, "kaede", OpenRequests::HandOver).await.context("引継ぎ先")?;
    let answers = [("plan", id.as_str()), ("reason", "人事担当課の発令と突き合わせた。")];
    let new = NewRequest {
        submission: "demo-personnel-change".to_owned(),
        form: "personnel-change".to_owned(),
        answers: answers.map(|(field, answer)| (field.to_owned(), answer.to_owned())).into(),
        attachments: Vec::new(),
    };
    let request = app.apply(&operator, new).await.context("人事異動の申請")?;
    let approver = strong("tsukishima").await?;
    let seen = app.request(&approver, &request).await?;
    let ballot = RequestBallot {
        verdict: Verdict::Approve,
        comment: "発令と同じです",
        seen_hash: &seen.content_hash,
        stands_in_for: None,
        step: None,
    };
    app.decide_request(&approver, &request, &ballot).await.context("人事異動の承認")
}

fn next_first_of_april(now: Millis) -> String {
    let today = web::dates::iso(now);
    let mut parts = today.split('-');
    let mut part = || parts.next().and_then(|text| text.parse::<u32>().ok()).unwrap_or_default();
    let (year, month) = (part(), part());
    format!("{:04}-04-01", if month >= 4 { year + 1 } else { year })
}
