//! Requests of the last days of the fictional city: some waiting, one in force, one sent back.
//!
//! Owns the script. Every line goes through the same use cases as a person's click.

use std::collections::BTreeMap;

use anyhow::Context as _;
use app::{
    App,
    actor::Actor,
    requests::{NewRequest, RequestBallot},
};
use workflow::{Millis, request::State, route::Verdict};

/// One request of the script.
struct Scene {
    applicant: &'static str,
    form: &'static str,
    answers: &'static [(&'static str, &'static str)],
    /// Who says what, in order.
    said: &'static [(&'static str, Verdict, &'static str)],
    /// Where it stands in the end.
    stands: State,
}

/// Stands for today, and for a week from today.
const TODAY: &str = "today";
const LATER: &str = "later";

#[rustfmt::skip]
const SCENES: &[Scene] = &[
    Scene {
        applicant: "yanagi", form: "provision",
        answers: &[("what", "住民向け説明会の録音(書面の反訳)"), ("recipient", "星見県 市町村課 担当"), ("protection", "封をして手渡す"), ("from", TODAY), ("until", LATER), ("purpose", "県の照会への回答")],
        said: &[("wakaba", Verdict::Approve, "内容を確かめた。")],
        stands: State::Approved,
    },
    Scene {
        applicant: "sakura", form: "take-out",
        answers: &[("what", "ノート端末"), ("kind", "端末"), ("device", "ノートPC 018"), ("quantity", "1"), ("place", "星見駅前 出張窓口"), ("carrier", "sakura"), ("from", TODAY), ("until", LATER), ("purpose", "出張窓口での受付")],
        said: &[("wakaba", Verdict::Approve, "")],
        stands: State::Waiting,
    },
    Scene {
        applicant: "suzuran", form: "exception",
        answers: &[("clause", "11(1) 端末の固定"), ("reason", "窓口の改修の間、固定具を付けられない。"), ("instead", "閉庁後は鍵のかかる書庫にしまう。"), ("from", TODAY), ("until", LATER)],
        said: &[],
        stands: State::Waiting,
    },
    Scene {
        applicant: "fuchigami", form: "take-out",
        answers: &[("what", "面談記録の写し"), ("kind", "書類"), ("quantity", "3"), ("place", "施設"), ("carrier", "fuchigami"), ("from", TODAY), ("until", TODAY), ("purpose", "面談")],
        said: &[("izumi", Verdict::Return, "持ち出す書類の名前を、件ごとに書いてください。")],
        stands: State::Returned,
    },
    Scene {
        applicant: "hibari", form: "parameter-change",
        answers: &[("parameter", "password-length"), ("value", "14"), ("from", LATER), ("reason", "国の指針の見直しに合わせる。")],
        said: &[],
        stands: State::Waiting,
    },
];

/// Plays the scenes in the LGWAN zone, where the house stands now.
///
/// # Errors
/// When a scene does not end as the script says.
pub(crate) async fn play(
    app: &App,
    actor: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    now: Millis,
) -> anyhow::Result<()> {
    for (number, scene) in SCENES.iter().enumerate() {
        let place = || format!("申請の場面 {}({})", number + 1, scene.form);
        let answers: BTreeMap<String, String> = scene
            .answers
            .iter()
            .map(|(field, answer)| {
                let answer = match *answer {
                    TODAY => day(now),
                    LATER => day(now + 7 * 86_400_000),
                    other => other.to_owned(),
                };
                ((*field).to_owned(), answer)
            })
            .collect();
        let applicant = actor(scene.applicant).await?;
        let new = NewRequest {
            submission: format!("demo-request-{number}"),
            form: scene.form.to_owned(),
            answers,
            attachments: Vec::new(),
        };
        let id = app.apply(&applicant, new).await.with_context(place)?;
        for (login, verdict, comment) in scene.said {
            let approver = actor(login).await?;
            let seen = app.request(&approver, &id).await.with_context(place)?;
            let ballot = RequestBallot {
                verdict: *verdict,
                comment,
                seen_hash: &seen.content_hash,
                stands_in_for: None,
                step: None,
            };
            app.decide_request(&approver, &id, &ballot).await.with_context(place)?;
        }
        let found = app.request(&applicant, &id).await?.request.state;
        anyhow::ensure!(
            found == scene.stands,
            "{}: {}ではなく{}です",
            place(),
            scene.stands.id(),
            found.id()
        );
    }
    Ok(())
}

/// The day of that moment in Japan, as a date field sends it.
pub(super) fn day(at: Millis) -> String {
    web::dates::iso(at).chars().take(10).collect()
}
