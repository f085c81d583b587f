//! Duties of the fictional city: some done, one waiting for a second person, one overdue.
//!
//! Owns the script. Every line goes through the same use cases as a person's click.

use anyhow::Context as _;
use app::{
    App,
    actor::Actor,
    duties::{NewReport, NewStart, TaskTray},
    model::PageRequest,
};
use workflow::{Millis, id::TaskId};

/// Who reports what of a duty, and who confirms it.
struct Scene {
    duty: &'static str,
    owner: &'static str,
    answers: &'static [(&'static str, &'static str)],
    note: &'static str,
    confirmer: Option<&'static str>,
}

#[rustfmt::skip]
const SCENES: &[Scene] = &[
    Scene {
        duty: "self-inspection", owner: "izumi",
        answers: &[("answered", "24"), ("failed", "2"), ("improvement", "離席時の画面の固定を、朝礼で毎週呼びかける。\n書庫の鍵の貸出簿を作る。")],
        note: "課の全員で点検した。", confirmer: None,
    },
    Scene {
        duty: "training", owner: "wakaba",
        // The numbers come from what is recorded.
        answers: &[("material", "令和8年度 情報セキュリティ研修(全職員)"), ("absent", "12月10日までに、課内で時間を取って受けさせる。")],
        note: "", confirmer: Some("tsukishima"),
    },
    Scene {
        duty: "account-review", owner: "akatsuki",
        answers: &[("accounts", "40"), ("closed", "1"), ("rights", "2")],
        note: "人事の記録と突き合わせた。", confirmer: Some("tsukishima"),
    },
    Scene {
        duty: "log-copy", owner: "tomari",
        answers: &[("medium", "LTO 2026-11")],
        note: "", confirmer: None,
    },
    Scene {
        duty: "inventory", owner: "mizuno",
        answers: &[("assets", "58"), ("media", "12"), ("missing", "0")],
        note: "", confirmer: None,
    },
];

/// Days before today on which something happened that was not followed up in time.
const FORGOTTEN_DAYS: Millis = 60;

/// Makes the tasks of the day and plays the scenes in the LGWAN zone, where the house stands now. `strong` is somebody who has
/// proven a second factor, without which nobody confirms.
///
/// # Errors
/// When a scene cannot be played.
pub(crate) async fn play(
    app: &App,
    actor: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    strong: impl AsyncFn(&str) -> anyhow::Result<Actor>,
    now: Millis,
) -> anyhow::Result<()> {
    app.tidy().await?;
    for scene in SCENES {
        let place = || format!("実施事項の場面({})", scene.duty);
        let owner = actor(scene.owner).await?;
        let page = PageRequest { after: None, limit: 200 };
        let waiting = app.tasks(&owner, TaskTray::Mine, page).await.with_context(place)?.rows;
        let task: TaskId = waiting
            .into_iter()
            .find(|row| row.duty == scene.duty)
            .map(|row| row.id)
            .with_context(|| format!("{}: {}に実施事項がありません", place(), scene.owner))?;
        let report = NewReport {
            done_on: super::requests::day(now),
            answers: scene.answers.iter().map(|(f, a)| ((*f).to_owned(), (*a).to_owned())).collect(),
            note: scene.note.to_owned(),
            ..NewReport::default()
        };
        app.report_task(&owner, &task, report).await.with_context(place)?;
        if let Some(confirmer) = scene.confirmer {
            let confirmer = strong(confirmer).await?;
            let seen = app.task(&confirmer, &task).await.with_context(place)?;
            app.confirm_task(&confirmer, &task, &seen.report_hash, "").await.with_context(place)?;
        }
    }
    let forgotten = NewStart {
        submission: "demo-duty-1".to_owned(),
        duty: "contractor-selection".to_owned(),
        what: "窓口システムの保守の委託".to_owned(),
        on: super::requests::day(now - FORGOTTEN_DAYS * 86_400_000),
        ..NewStart::default()
    };
    app.start_task(&actor("wakaba").await?, forgotten).await.context("期限を過ぎた実施事項")?;
    app.tidy().await?;
    Ok(())
}
