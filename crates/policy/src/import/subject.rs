//! Who a sentence obliges.
//!
//! Owns: the names under which the roles of a pack are spoken of, finding them as the topic of a sentence (…は) or as
//! who meets its condition (…が…場合), and words for people that are no role by themselves.
//! Leaves to others: what a sentence leans on when it names nobody (`read`).
//!
//! The roles are the pack's. Only words of the language stand here: 者, 等, 及び.

use crate::model::Pack;

use super::normal::plain;

/// Who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Who {
    /// A role of the pack, by its id.
    Role(String),
    /// Whoever does it: …する者.
    Whoever,
    /// The body itself: 市は.
    Body,
    /// Somebody who has the name of an office and no role of the pack.
    Stranger(String),
}

/// The roles that a text may name.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles {
    /// (name, id), the longest name first.
    names: Vec<(String, String)>,
    /// Id of the role of everybody.
    pub(super) staff: Option<String>,
    /// Id of the role of those who work under contract.
    pub(super) contractor: String,
    /// Whether the pack itself has that role.
    contractor_in_pack: bool,
}

/// Names of people under contract; a pack without a role for them gets one.
const CONTRACTORS: [&str; 7] =
    ["外部委託事業者", "業務委託事業者", "委託事業者", "受託事業者", "受託者", "委託先", "外部委託先"];

/// Names of everybody who works there.
const EVERYBODY: [&str; 9] = [
    "職員",
    "教職員",
    "非常勤職員",
    "臨時職員",
    "会計年度任用職員",
    "アルバイト",
    "利用者",
    "従業者",
    "従事者",
];

/// Names of the body itself.
const BODIES: [&str; 12] = [
    "本市",
    "当市",
    "本町",
    "本村",
    "本県",
    "本区",
    "本組合",
    "市長",
    "町長",
    "村長",
    "知事",
    "管理者等の機関",
];

/// Endings of the names of offices.
const OFFICES: [&str; 7] = ["責任者", "管理者", "担当者", "監査人", "委員会", "監督者", "推進者"];

const LINKS: [&str; 8] = ["及び", "又は", "並びに", "若しくは", "または", "および", "・", "と"];

impl Roles {
    /// The names that the roles of a pack go by: their titles, and what stands in brackets behind them.
    pub(super) fn of(pack: &Pack) -> Self {
        let mut names: Vec<(String, String)> = Vec::new();
        let mut staff = None;
        let mut contractor = None;
        for role in pack.roles() {
            let title = plain(&role.title);
            for name in title.split(['(', ')', '（', '）', '・']).filter(|n| n.chars().count() > 1) {
                names.push((name.to_owned(), role.id.clone()));
                if EVERYBODY.contains(&name) {
                    staff.get_or_insert_with(|| role.id.clone());
                }
                if CONTRACTORS.contains(&name) || name.contains("委託") {
                    contractor.get_or_insert_with(|| role.id.clone());
                }
            }
        }
        if let Some(staff) = &staff {
            names.extend(EVERYBODY.iter().map(|name| ((*name).to_owned(), staff.clone())));
        }
        let contractor_in_pack = contractor.is_some();
        let contractor = contractor.unwrap_or_else(|| "contractor".to_owned());
        names.extend(CONTRACTORS.iter().map(|name| ((*name).to_owned(), contractor.clone())));
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
        names.dedup();
        Self { names, staff, contractor, contractor_in_pack }
    }

    /// Whether the pack has the role; the one of contractors may be new.
    pub(super) fn is_of_pack(&self, id: &str) -> bool {
        id != self.contractor || self.contractor_in_pack
    }

    /// Whether the words begin with the name of a role.
    pub(super) fn begins(&self, plain: &str) -> bool {
        self.names.iter().any(|(name, _)| plain.starts_with(name.as_str()))
    }

    /// Id of the role whose name these words end with, and where the name begins.
    pub(super) fn at_end(&self, words: &str) -> Option<(&str, usize)> {
        let bare =
            ["等", "ら", "たち", "のいずれか"].iter().find_map(|e| words.strip_suffix(e)).unwrap_or(words);
        [words, bare].iter().find_map(|words| {
            let (name, id) = self.names.iter().find(|(name, _)| words.ends_with(name.as_str()))?;
            Some((id.as_str(), words.len() - name.len()))
        })
    }

    /// Who is named at the end of these words, coordinated ones included, in the order of the text.
    fn people(&self, words: &str) -> Vec<Who> {
        let mut found = Vec::new();
        let mut rest = words;
        // Bounded: each turn takes a name off.
        for _ in 0..12 {
            let Some((who, before)) = self.person(rest) else { break };
            // 「AとBの仕事を代わる者」: the link stands inside of what is said of the one person.
            let next = match who {
                Who::Whoever => {
                    let doing = |l: &&str| before.get(l.len()..).is_some_and(|m| m.contains('が'));
                    directly_linked(before).or_else(|| tail_linked(before).filter(doing))
                }
                _ => linked(before),
            };
            found.push(who);
            match next {
                Some(next) => rest = next,
                None => break,
            }
        }
        if found.is_empty() {
            // 職員等及びアルバイトは: the last name is none of ours, the one before it is.
            if let Some(before) = tail_linked(words)
                && let Some((id, _)) = self.at_end(before)
            {
                found.push(Who::Role(id.to_owned()));
            }
        }
        found.reverse();
        found
    }

    /// The person at the end of the words, and what stands before the name.
    fn person<'w>(&self, words: &'w str) -> Option<(Who, &'w str)> {
        if let Some((id, at)) = self.at_end(words) {
            return Some((Who::Role(id.to_owned()), words.get(..at)?));
        }
        if let Some(name) = BODIES.iter().find(|name| words.ends_with(**name)) {
            return Some((Who::Body, words.get(..words.len() - name.len())?));
        }
        if words.ends_with(['市', '町', '村', '県', '局']) && clause_tail(words).chars().count() <= 12 {
            return Some((Who::Body, ""));
        }
        if let Some(office) = OFFICES.iter().find(|o| words.ends_with(**o)) {
            let name = noun_tail(words);
            if name.chars().count() > office.chars().count() {
                let before = words.get(..words.len() - name.len())?;
                return Some((Who::Stranger(name.to_owned()), before));
            }
        }
        let is_whoever = words.ends_with('者') && !words.ends_with("以外の者");
        if is_whoever {
            return Some((Who::Whoever, words.get(..words.len() - noun_tail(words).len())?));
        }
        None
    }

    /// The topic of a sentence: who stands before the first は that follows a person.
    pub(super) fn topic(&self, sentence: &str) -> Vec<Who> {
        for (at, _) in sentence.match_indices('は') {
            let before = sentence.get(..at).unwrap_or("");
            // 又は, and は of compound particles.
            if before.ends_with(['又', 'て', 'で', 'に', 'と']) {
                continue;
            }
            let people = self.people(before);
            if people.is_empty() {
                continue;
            }
            if people.contains(&Who::Whoever) {
                return self.resolve_whoever(sentence, before, people);
            }
            return people;
        }
        Vec::new()
    }

    /// …が指名した者は: who is meant stands in the words before, or is named in the condition.
    fn resolve_whoever(&self, sentence: &str, before: &str, people: Vec<Who>) -> Vec<Who> {
        let named: Vec<Who> = people.iter().filter(|w| !matches!(w, Who::Whoever)).cloned().collect();
        if !named.is_empty() {
            return named;
        }
        let doers = self.doers(sentence, before.len());
        if doers.is_empty() { people } else { doers }
    }

    /// Who stands before a が behind the topic, or in a condition before it.
    fn doers(&self, sentence: &str, topic: usize) -> Vec<Who> {
        for (at, _) in sentence.match_indices('が') {
            let named = self.named(sentence.get(..at).unwrap_or(""));
            if !named.is_empty() && (at > topic || is_condition(sentence.get(at..).unwrap_or(""))) {
                return named;
            }
        }
        Vec::new()
    }

    /// Who meets the condition of a sentence without a topic: 職員が…する場合は.
    pub(super) fn in_condition(&self, sentence: &str) -> Vec<Who> {
        for (at, _) in sentence.match_indices('が') {
            let named = self.named(sentence.get(..at).unwrap_or(""));
            if !named.is_empty() && is_condition(sentence.get(at..).unwrap_or("")) {
                return named;
            }
        }
        Vec::new()
    }

    /// The bytes behind each name of a role, the longest at each place.
    pub(super) fn mentions(&self, text: &str) -> Vec<usize> {
        let mut found: Vec<usize> = Vec::new();
        for (at, _) in text.char_indices() {
            if found.last().is_some_and(|end| at < *end) {
                continue;
            }
            let rest = text.get(at..).unwrap_or("");
            if let Some((name, _)) = self.names.iter().find(|(name, _)| rest.starts_with(name.as_str())) {
                let bare = rest.get(name.len()..).unwrap_or("");
                let plural = if bare.starts_with('等') { '等'.len_utf8() } else { 0 };
                found.push(at + name.len() + plural);
            }
        }
        found
    }

    /// Ids of the roles named up to here, coordinated ones included.
    pub(super) fn named_before(&self, text: &str, end: usize) -> Vec<String> {
        let people = self.named(text.get(..end).unwrap_or(""));
        let ids = people.into_iter().filter_map(|who| if let Who::Role(id) = who { Some(id) } else { None });
        ids.collect()
    }

    fn named(&self, words: &str) -> Vec<Who> {
        self.people(words).into_iter().filter(|w| matches!(w, Who::Role(_))).collect()
    }
}

/// Whether the clause from here to its comma is a condition.
fn is_condition(from: &str) -> bool {
    let clause = from.split('、').next().unwrap_or("");
    let bare = clause.trim_end_matches(['は', 'に']);
    ["場合", "とき", "時", "際", "ときに"].iter().any(|word| bare.ends_with(word))
}

/// What stands before a link at the end of the words, or before one that only modifiers part from their end.
fn linked(before: &str) -> Option<&str> {
    directly_linked(before).or_else(|| tail_linked(before))
}

/// What stands before a link at the end of the words.
fn directly_linked(before: &str) -> Option<&str> {
    let words = before.strip_suffix("その").unwrap_or(before);
    LINKS.iter().find_map(|link| words.strip_suffix(link)).or_else(|| words.strip_suffix('、'))
}

/// What stands before the last link, when only a modifier stands behind it.
fn tail_linked(words: &str) -> Option<&str> {
    let (at, link) = ["及び", "又は", "並びに", "若しくは"]
        .iter()
        .filter_map(|link| words.rfind(link).map(|at| (at, *link)))
        .max()?;
    let modifier = words.get(at + link.len()..)?;
    (modifier.chars().count() <= 30 && !modifier.contains(['、', 'は'])).then(|| words.get(..at)).flatten()
}

/// The words behind the last comma.
fn clause_tail(words: &str) -> &str {
    words.rsplit('、').next().unwrap_or(words)
}

/// The noun at the end: kanji, katakana and Latin letters.
fn noun_tail(words: &str) -> &str {
    let length: usize = words
        .chars()
        .rev()
        .take_while(|c| {
            matches!(c, '\u{3400}'..='\u{9fff}' | 'ァ'..='ー' | '々') || c.is_ascii_alphanumeric()
        })
        .map(char::len_utf8)
        .sum();
    words.get(words.len() - length..).unwrap_or("")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::import) fn roles() -> Roles {
        let mut names: Vec<(String, String)> = [
            ("最高責任者", "chief"),
            ("CISO", "chief"),
            ("統括管理者", "supervisor"),
            ("管理者", "manager"),
            ("職員", "staff"),
            ("受託者", "contractor"),
        ]
        .iter()
        .map(|(name, id)| ((*name).to_owned(), (*id).to_owned()))
        .collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.chars().count()));
        Roles {
            names,
            staff: Some("staff".to_owned()),
            contractor: "contractor".to_owned(),
            contractor_in_pack: false,
        }
    }

    #[test]
    fn the_topic_is_found_behind_conditions_and_modifiers() {
        let role = |id: &str| Who::Role(id.to_owned());
        for (sentence, who) in [
            ("職員は、守る。", vec![role("staff")]),
            ("すべての職員等は、守る。", vec![role("staff")]),
            ("管理者又は統括管理者は、守る。", vec![role("manager"), role("supervisor")]),
            ("統括管理者、管理者は、守る。", vec![role("supervisor"), role("manager")]),
            (
                "障害が起きた場合には、統括管理者及び当該部の管理者は直ちに対応する。",
                vec![role("supervisor"), role("manager")],
            ),
            ("報告を受けた管理者は、報告する。", vec![role("manager")]),
            ("研修は、職員に対し行う。", vec![]),
            ("情報を作る者は、表示する。", vec![Who::Whoever]),
            ("管理者が違反を認めた場合は、認めた者は報告する。", vec![role("manager")]),
            (
                "統括管理者及び管理者の特権を代わる者は、統括管理者及び管理者が指名し、最高責任者が認めた者でなければならない。",
                vec![role("supervisor"), role("manager")],
            ),
            (
                "特権を代わる者は、統括管理者が指名し、最高責任者が認めた者でなければならない。",
                vec![role("supervisor")],
            ),
            ("最高責任者及び最高責任者が指名した者は、調べる。", vec![role("chief")]),
            ("本市は、定める。", vec![Who::Body]),
            ("職員及びその監督者は、守る。", vec![role("staff")]),
            (
                "職員及び情報推進責任者は、守る。",
                vec![role("staff"), Who::Stranger("情報推進責任者".to_owned())],
            ),
            ("職員等及び短期の方は、守る。", vec![role("staff")]),
            ("端末又は媒体は、使わない。", vec![]),
        ] {
            assert_eq!(roles().topic(sentence), who, "{sentence}");
        }
        assert_eq!(roles().in_condition("職員が外から使う場合は、許可を得る。"), [role("staff")]);
        assert_eq!(roles().in_condition("職員が守る事項を定める。"), []);
    }
}
