//! Checks of notices that look at more than one item.
//!
//! Owns: that it is clear which rule a notice goes by, and that somebody holds the roles that are told.
//! Leaves to others: the keys of one rule (`resolve`).

use std::collections::BTreeMap;

use crate::model::{NoticeKind, NoticeRule, Pack};
use crate::problem::{Code, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    let mut seen: BTreeMap<(NoticeKind, Option<&str>), &NoticeRule> = BTreeMap::new();
    for rule in &pack.notice_rules {
        let roles = rule.roles.iter().map(|r| Some(r.as_str()));
        let keys: Vec<Option<&str>> = if rule.roles.is_empty() { vec![None] } else { roles.collect() };
        for role in keys {
            if let Some(first) = seen.insert((rule.kind, role), rule) {
                let whom =
                    role.map_or_else(|| "役割を書かないもの".to_owned(), |r| format!("役割「{r}」のもの"));
                sink.push(
                    Code::NotDistinct,
                    &rule.origin,
                    format!(
                        "お知らせ「{}」({})について、{whom}が2つあります(もう一つは「{}」、{}:{})。",
                        rule.kind.id(),
                        rule.kind.title_ja(),
                        first.id,
                        first.origin.file,
                        first.origin.line
                    ),
                    "どちらかを消すか、roles を重ならないように書いてください。下の層のものを変えるなら、その id で \
                     override = true と書きます。",
                );
            }
        }
        for id in &rule.roles {
            // One that does not exist was reported where it was read.
            let Some(role) = pack.role(id) else { continue };
            if !pack.posts.iter().any(|p| p.roles.contains(&role.id)) {
                sink.push(
                    Code::RoleUnheld,
                    &rule.origin,
                    format!("notice「{}」を知らせる役割「{id}」を持つ職がありません。", rule.id),
                    format!("どれかの [[post]] の roles に \"{id}\" を加えるか、roles から外してください。"),
                );
            }
        }
    }
}
