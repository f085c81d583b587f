//! Who else has a part in a duty.
//!
//! Owns: finding whose permission is needed, who is told, asked or works along: 管理者の許可を得て, 責任者に報告し.
//! Leaves to others: who is obliged (`subject`).

use std::collections::BTreeSet;

use crate::model::CounterpartyAct;

use super::ending::Read;
use super::result::Counter;
use super::subject::Roles;

/// What may stand between a particle and the act.
const BETWEEN: [&str; 9] =
    ["、", "速やかに", "すみやかに", "直ちに", "遅滞なく", "あらかじめ", "事前に", "その旨を", "これを"];

/// A particle behind a role, and how the words behind it begin.
const ACTS: &[(&str, &[&str], CounterpartyAct)] = {
    use CounterpartyAct::{Approve, Confirm, Decide, Direct, Nominate, Notify, Report, With};
    &[
        ("の", &["許可", "承認", "了解", "決裁"], Approve),
        ("に", &["許可を得", "許可を求", "承認を得", "許可を受け", "申請し"], Approve),
        ("から", &["許可を得", "許可を受け", "承認を得", "承認を受け"], Approve),
        ("が", &["認めた者", "許可した", "承認した"], Approve),
        ("に", &["報告", "届け出", "届出", "申し出"], Report),
        ("へ", &["報告", "届け出", "届出"], Report),
        ("に", &["通知", "連絡", "周知"], Notify),
        ("へ", &["通知", "連絡", "周知"], Notify),
        ("に", &["判断を仰", "相談", "指示を仰", "指示を受け", "判断を求"], Decide),
        ("の", &["判断", "決定"], Decide),
        ("の", &["指示", "指揮", "命令"], Direct),
        ("に", &["確認を求", "確認を受け"], Confirm),
        ("の", &["確認を受け", "確認を得"], Confirm),
        ("が", &["指名"], Nominate),
        ("と", &["連携", "協議", "協力", "調整"], With),
    ]
};

/// Everybody with a part in the duty, each act once, in the order of the list of acts.
pub(super) fn counterparties(read: &Read, roles: &Roles) -> Vec<Counter> {
    let mut found: Vec<Counter> = Vec::new();
    let text = read.bare.as_str();
    for end in roles.mentions(text) {
        let Some(behind) = text.get(end..) else { continue };
        for (particle, words, act) in ACTS {
            let Some(rest) = behind.strip_prefix(particle) else { continue };
            let acts = words.iter().any(|word| rest_of(rest).starts_with(word) || later(rest, word, *act));
            if !acts {
                continue;
            }
            let named = roles.named_before(text, end);
            match found.iter_mut().find(|c| c.act == *act) {
                Some(same) => same.roles.extend(named),
                None => found.push(Counter { act: *act, roles: named }),
            }
        }
    }
    for counter in &mut found {
        let mut seen = BTreeSet::new();
        counter.roles.retain(|role| seen.insert(role.clone()));
    }
    found.retain(|c| !c.roles.is_empty());
    found
}

/// Without adverbs at its front.
fn rest_of(mut rest: &str) -> &str {
    while let Some(shorter) = BETWEEN.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = shorter;
    }
    rest
}

/// 管理者に報告し、…確認を求める: one person is told and asked in one breath.
fn later(rest: &str, word: &str, act: CounterpartyAct) -> bool {
    let first = rest_of(rest);
    let told = ["報告し、", "通知し、", "相談し、"].iter().any(|t| first.starts_with(t));
    told && matches!(act, CounterpartyAct::Confirm | CounterpartyAct::Decide) && first.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::{ending, subject};

    #[test]
    fn who_permits_and_who_is_told() {
        let roles = subject::tests::roles();
        let found = |sentence: &str| -> Vec<String> {
            let found = counterparties(&ending::read(sentence), &roles);
            found.iter().map(|c| format!("{}:{}", c.act.id(), c.roles.join("+"))).collect()
        };
        for (sentence, parts) in [
            ("職員は、管理者の許可を得なければならない。", vec!["approve:manager"]),
            ("職員は、統括管理者又は管理者に速やかに通知する。", vec!["notify:supervisor+manager"]),
            (
                "職員は、統括管理者及び当該職員が属する課の管理者へ報告する。",
                vec!["report:supervisor+manager"],
            ),
            (
                "管理者は、統括管理者に報告し、問題がないか、確認を求める。",
                vec!["report:supervisor", "confirm:supervisor"],
            ),
            (
                "管理者は、最高責任者と協議のうえ、統括管理者の指示に従う。",
                vec!["with:chief", "direct:supervisor"],
            ),
            ("管理者は、職員の端末を調べる。", vec![]),
            ("受託者は、報告する。", vec![]),
        ] {
            assert_eq!(found(sentence), parts, "{sentence}");
        }
    }
}
