//! `sekisho find`: finding by words at the machine itself, whatever the zone and whoever may see it.
//!
//! Owns the command, the order of what was found and what is printed. Reads the index of this node, which the house keeps, and
//! the database; it writes neither. Leaves finding for people, each with what he may see, to `app`.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use app::{
    duties::store::DutyStore as _,
    editions::EditionStore as _,
    finding::{
        FoundKind,
        ports::{ChangeStore as _, IndexError, IndexQuestion},
    },
    ports::Store as _,
    registers::store::RegisterStore as _,
    requests::store::RequestStore as _,
};
use clap::Args;
use policy::{folded, search::Query};
use search::IndexReading;
use serde::Serialize;
use workflow::{
    Millis,
    id::{EditionId, RequestId, TaskId, TransferId, UserId},
    register::RowKey,
};

use crate::{
    machine::{At, House},
    world,
};

/// Subjects of each kind that are looked at: whoever needs more narrows the words.
const DEPTH: usize = 1_000;

/// `sekisho find`.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    at: At,
    /// 探す言葉。いくつか書くと、すべてを含むものだけを探します
    #[arg(required = true)]
    words: Vec<String>,
    /// 種類。task(実施事項) request(申請) transfer(授受) row(台帳の行) person(職員) edition(方針の版)
    #[arg(long)]
    kind: Option<String>,
    /// 表示する件数
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// JSONで表示します
    #[arg(long)]
    json: bool,
}

/// What was found; with `--json` a list of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Line {
    /// The word of its kind.
    kind: &'static str,
    /// Its id; of a row the register and the number.
    id: String,
    /// Its number as people write it; empty without one.
    number: String,
    /// What it is called.
    title: String,
    /// When it came about, or is due.
    at: String,
    #[serde(skip)]
    rank: Rank,
}

/// What stands before what: things whose name or number has every word, then those in which the words stand elsewhere; within
/// each the newest first, and of one moment the highest place in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    elsewhere: bool,
    at: std::cmp::Reverse<Millis>,
    place: usize,
}

/// A thing as it is named.
struct Named {
    number: String,
    title: String,
    at: Millis,
}

impl House {
    /// What a candidate of the index is called; `None` when it is gone by now.
    async fn named(&self, kind: FoundKind, id: &str) -> anyhow::Result<Option<Named>> {
        let store = &self.store;
        let plain = |title: String, at| Named { number: String::new(), title, at };
        Ok(match kind {
            FoundKind::Transfer => store.transfer(&TransferId::new(id)).await?.map(|t| Named {
                number: t.number.to_string(),
                title: t.subject,
                at: t.submitted_at,
            }),
            FoundKind::Request => store.request(&RequestId::new(id)).await?.map(|r| Named {
                number: r.number.to_string(),
                title: r.title,
                at: r.submitted_at,
            }),
            FoundKind::Task => {
                store.task(&TaskId::new(id)).await?.map(|t| plain(t.title.clone(), t.due_at()))
            }
            FoundKind::Person => store.user(&UserId::new(id)).await?.map(|u| Named {
                number: u.login,
                title: u.name,
                at: u.created_at,
            }),
            FoundKind::Edition => {
                store.edition(&EditionId::new(id)).await?.map(|e| plain(e.label, e.proposed_at))
            }
            FoundKind::Row => {
                let key = id.rsplit_once('/').and_then(|(r, n)| Some(RowKey::new(r, n.parse().ok()?)));
                let Some(key) = key else { return Ok(None) };
                let Some(register) = self.pack.register(&key.register) else { return Ok(None) };
                store.row(&key).await?.map(|row| Named {
                    number: register.number_shown(key.number),
                    title: register
                        .name_column()
                        .and_then(|column| row.values.get(&column.id)?.as_text())
                        .unwrap_or_default()
                        .to_owned(),
                    at: row.created_at,
                })
            }
            FoundKind::Form | FoundKind::Duty | FoundKind::Evidence => None,
        })
    }

    async fn find(
        &self,
        index: &IndexReading,
        query: &Query,
        kinds: &[FoundKind],
    ) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        for kind in kinds {
            let question = IndexQuestion {
                kind: kind.subject_kind(),
                words: query.folded().to_vec(),
                limit: DEPTH,
                ..IndexQuestion::default()
            };
            for (place, id) in index.find(&question).map_err(|e| unreadable(&e))?.into_iter().enumerate() {
                let Some(named) = self.named(*kind, &id).await.context("データベースを読めません")?
                else {
                    continue;
                };
                let texts = [folded(&named.title), folded(&named.number)];
                let is_named =
                    query.folded().iter().all(|word| texts.iter().any(|text| text.contains(word.as_str())));
                lines.push(Line {
                    kind: kind.id(),
                    id,
                    number: named.number,
                    title: named.title,
                    at: web::dates::iso(named.at),
                    rank: Rank { elsewhere: !is_named, at: std::cmp::Reverse(named.at), place },
                });
            }
        }
        lines.sort_by_key(|line| line.rank);
        Ok(lines)
    }
}

fn unreadable(error: &IndexError) -> anyhow::Error {
    match error {
        IndexError::Missing => {
            anyhow::anyhow!("言葉の索引がまだありません。関所を一度動かすと作られます")
        }
        other => anyhow::anyhow!("言葉の索引を読めません({other})。関所を動かすと作り直されます"),
    }
}

/// The kinds that are looked for.
fn kinds(asked: Option<&str>) -> anyhow::Result<Vec<FoundKind>> {
    let all: Vec<FoundKind> = FoundKind::all().filter(|kind| !kind.subject_kind().is_empty()).collect();
    let Some(asked) = asked else { return Ok(all) };
    match FoundKind::from_id(asked).filter(|kind| all.contains(kind)) {
        Some(kind) => Ok(vec![kind]),
        None => {
            let known: Vec<&str> = all.iter().map(|kind| kind.id()).collect();
            bail!("種類「{asked}」はありません。種類: {}", known.join("、"))
        }
    }
}

/// Runs the command: 0 when something was found, 3 when nothing was.
///
/// # Errors
/// With what could not be read, and in which words that is wrong.
pub(crate) async fn run(options: Options) -> anyhow::Result<ExitCode> {
    let kinds = kinds(options.kind.as_deref())?;
    let query = Query::new(&options.words.join(" "));
    if query.is_empty() {
        bail!("探す言葉を書いてください");
    }
    let house = House::open(&options.at).await?;
    let index = IndexReading::open(&house.words).map_err(|e| unreadable(&e))?;
    let state = index.state().map_err(|e| unreadable(&e))?;
    let (name, last) = house.store.change_head().await.context("データベースを読めません")?;
    if state.house != name {
        return Err(unreadable(&IndexError::Damaged("it is of another database".to_owned())));
    }
    let lines = house.find(&index, &query, &kinds).await?;
    let shown = lines.get(..options.limit).unwrap_or(&lines);
    if options.json {
        world::say(&serde_json::to_string_pretty(shown)?)?;
    } else {
        for line in shown {
            let kind = FoundKind::from_id(line.kind).map_or(line.kind, web::words::find::kind);
            let day: String = line.at.chars().take(10).collect();
            world::say(&format!("{day}  {kind}  {} {}  [{}]", line.number, line.title, line.id))?;
        }
        if shown.len() < lines.len() {
            world::say(&format!(
                "ほかに{}件。--limit を増やすか、言葉を足してください。",
                lines.len() - shown.len()
            ))?;
        }
        if state.seq < last {
            world::say("索引はまだ追いついていません。いましがたの変更は見つからないことがあります。")?;
        }
    }
    Ok(if lines.is_empty() { ExitCode::from(3) } else { ExitCode::SUCCESS })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_before_other_places_and_the_newest_first_within_each() {
        let rank = |elsewhere, at, place| Rank { elsewhere, at: std::cmp::Reverse(at), place };
        let mut ranks =
            [rank(true, 9, 0), rank(false, 1, 3), rank(false, 5, 2), rank(true, 9, 1), rank(false, 5, 1)];
        ranks.sort();
        assert_eq!(
            ranks,
            [rank(false, 5, 1), rank(false, 5, 2), rank(false, 1, 3), rank(true, 9, 0), rank(true, 9, 1)]
        );
    }

    #[test]
    fn only_kinds_of_the_index_are_looked_for() {
        assert_eq!(kinds(None).unwrap().len(), 6);
        assert_eq!(kinds(Some("row")).unwrap(), [FoundKind::Row]);
        for wrong in ["form", "evidence", "nothing", ""] {
            assert!(kinds(Some(wrong)).unwrap_err().to_string().contains("transfer"), "{wrong}");
        }
    }
}
