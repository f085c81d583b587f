//! The statements of a tree.
//!
//! Owns: going through every sentence, what a sentence without a subject leans on, tables and items that are duties,
//! appointments, terms and days.
//! Leaves to others: endings (`ending`), names (`subject`), references (`reference`).

use std::collections::BTreeSet;

use crate::model::Modality;

use super::body::{Body, Sentence};
use super::counterparty::counterparties;
use super::days::{days, inline_terms, is_word};
use super::ending::{self, Ending, Read};
use super::normal::{folded, is_blank, plain};
use super::reference::{Family, references};
use super::result::{Appointment, Day, DayKind, FindingKind, Force, Found, LocalRole, Node, NodeKind, Term};
use super::subject::{Roles, Who};
use super::tree::{FINDINGS_MAX, Tree};

/// No body has more offices; what ends like one beyond that is no role.
const LOCAL_ROLES_MAX: usize = 100;

/// What was read from the sentences.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) statements: Vec<Found>,
    pub(super) terms: Vec<Term>,
    pub(super) days: Vec<Day>,
    pub(super) appointments: Vec<Appointment>,
    pub(super) local_roles: Vec<LocalRole>,
    pub(super) sentences: usize,
}

/// What a node's sentences left for those that lean on them.
#[derive(Debug, Clone, Default)]
struct Lean {
    /// Roles of the last statement.
    roles: Vec<String>,
    /// Whether that statement announces a list.
    lead: bool,
    /// Whether the list is one of duties or of forbidden acts.
    duties: Option<Modality>,
}

/// What is settled for a statement before its references are looked up.
struct Settled {
    ending: Ending,
    roles: Vec<String>,
    named: bool,
    lead: bool,
    proviso: bool,
}

struct Reader<'a, 't> {
    tree: &'a mut Tree<'t>,
    roles: &'a Roles,
    family: Family,
    leans: Vec<Lean>,
    contents: Contents,
    strangers: BTreeSet<String>,
}

/// Reads every node's sentences.
pub(super) fn read(tree: &mut Tree<'_>, roles: &Roles, bodies: &[Body]) -> Contents {
    let family = Family::new(&tree.nodes);
    let leans = vec![Lean::default(); tree.nodes.len()];
    let mut reader =
        Reader { tree, roles, family, leans, contents: Contents::default(), strangers: BTreeSet::new() };
    for (node, body) in bodies.iter().enumerate() {
        if reader.kind(node) != Some(NodeKind::Contents) {
            reader.node(node, body);
        }
    }
    reader.contents
}

impl Reader<'_, '_> {
    fn kind(&self, node: usize) -> Option<NodeKind> {
        self.tree.nodes.get(node).map(|n| n.kind)
    }

    fn parent(&self, node: usize) -> Option<usize> {
        self.tree.nodes.get(node).and_then(|n| n.parent)
    }

    fn lean(&self, node: usize) -> Option<&Lean> {
        self.leans.get(node)
    }

    fn node(&mut self, node: usize, body: &Body) {
        let defines = self.defines(node);
        let table = self.table_of(node);
        let sentences = body.sentences();
        let mut before: Option<usize> = None;
        for (index, sentence) in sentences.iter().enumerate() {
            let text = body.text.get(sentence.start..sentence.end).unwrap_or("");
            self.contents.sentences += 1;
            self.oddities(node, body, *sentence, text, index + 1 == sentences.len());
            self.days(node, body, *sentence, text);
            let read = ending::read(text);
            let mut found = ending::ending(&read).filter(|_| sentence.stopped || may_stand_open(&read));
            if found.is_none() && index == 0 {
                found = self.unended(node, &read, *sentence, defines, table.as_deref());
            }
            let Some(mut found) = found else {
                self.attach(&read, before);
                continue;
            };
            if defines && index == 0 {
                found.force = Force::Definition;
            }
            let settled = self.settle(node, found, &read, before);
            before = Some(self.push(node, body, *sentence, text, &read, settled));
        }
        if defines {
            self.term(node, body);
        }
        for sentence in &sentences {
            let text = body.text.get(sentence.start..sentence.end).unwrap_or("");
            for (word, meaning) in inline_terms(text) {
                self.contents.terms.push(Term { word, meaning, node });
            }
        }
    }

    /// Words without a normative ending that bind by where they stand.
    fn unended(
        &self,
        node: usize,
        read: &Read,
        sentence: Sentence,
        defines: bool,
        table: Option<&str>,
    ) -> Option<Ending> {
        let long = read.bare.chars().count();
        let define = Ending { modality: Modality::Must, force: Force::Definition };
        if defines && self.tree.nodes.get(node).is_some_and(|n| n.title.is_some()) && long > 4 {
            return Some(define);
        }
        match (self.kind(node)?, table) {
            (NodeKind::Row, Some(head)) => {
                let says = ["基準", "定義", "説明", "内容", "意味"].iter().any(|word| head.contains(word));
                (says && long > 8).then_some(define)
            }
            (NodeKind::Item, Some(head)) => {
                let binds =
                    ["制限", "措置", "対策", "事項", "取扱", "ルール"].iter().any(|word| head.contains(word));
                (binds && long > 2).then(|| ending::item(read))
            }
            (NodeKind::Item | NodeKind::Clause, None) if !sentence.stopped && long > 3 => {
                let duties = self.parent(node).and_then(|p| self.lean(p)).and_then(|l| l.duties)?;
                let item = ending::item(read);
                let modality = if duties == Modality::MustNot { duties } else { item.modality };
                Some(Ending { modality, force: Force::Item })
            }
            _ => None,
        }
    }

    /// The head of the table that a node stands in.
    fn table_of(&self, node: usize) -> Option<String> {
        let mut at = node;
        for _ in 0..3 {
            let here = self.tree.nodes.get(at)?;
            if here.kind == NodeKind::Table && at != node {
                return Some(here.spans.first().map(|s| plain(s.of(self.tree.text))).unwrap_or_default());
            }
            if !matches!(here.kind, NodeKind::Row | NodeKind::Item) {
                return None;
            }
            at = here.parent?;
        }
        None
    }

    /// Whether a node is an entry of a list of definitions.
    fn defines(&self, node: usize) -> bool {
        let Some(parent) = self.parent(node).and_then(|p| self.tree.nodes.get(p)) else { return false };
        let kind = self.kind(node);
        matches!(kind, Some(NodeKind::Clause | NodeKind::Item))
            && parent.title.as_deref().is_some_and(|title| {
                let title = plain(title);
                title.contains("定義") || title.ends_with("用語") || title.contains("用語の意義")
            })
    }

    /// Roles, and whether the sentence leads, for an ending.
    fn settle(&mut self, node: usize, ending: Ending, read: &Read, before: Option<usize>) -> Settled {
        let has_parts = !self.family.children(node).is_empty();
        let lead = ending::is_lead(read) && has_parts;
        let proviso = ending::is_proviso(read);
        let done = |roles: Vec<String>, named: bool| Settled { ending, roles, named, lead, proviso };
        if matches!(ending.force, Force::Definition | Force::Designation) {
            return done(Vec::new(), false);
        }
        let topic = self.roles.topic(&read.bare);
        if !topic.is_empty() {
            let roles = self.ids(node, topic);
            return done(roles, true);
        }
        let previous = before.and_then(|b| self.contents.statements.get(b)).map(|s| s.roles.clone());
        if let Some(roles) = previous.filter(|r| !r.is_empty()) {
            return done(roles, false);
        }
        let parent = self.parent(node);
        let of_parent = parent.and_then(|p| self.lean(p)).cloned().unwrap_or_default();
        match ending.force {
            Force::Obligation | Force::Permission => {
                let condition = self.roles.in_condition(&read.bare);
                if !condition.is_empty() {
                    let roles = self.ids(node, condition);
                    return done(roles, true);
                }
                done(self.leaned(node), false)
            }
            Force::Item => {
                if !of_parent.roles.is_empty() && of_parent.lead {
                    return done(of_parent.roles, false);
                }
                let everybody = ending.modality == Modality::MustNot || ending::is_handling(read);
                done(self.roles.staff.iter().filter(|_| everybody).cloned().collect(), false)
            }
            _ if of_parent.lead => done(of_parent.roles, false),
            _ => done(Vec::new(), false),
        }
    }

    /// Whom an obligation without a subject binds: whom its list is for, else whom the item before it bound.
    fn leaned(&self, node: usize) -> Vec<String> {
        let mut at = node;
        for _ in 0..32 {
            let Some(parent) = self.parent(at) else { break };
            let own = self.lean(parent).map(|l| l.roles.clone()).unwrap_or_default();
            if !own.is_empty() {
                return own;
            }
            let sister = self.family.before(&self.tree.nodes, at).and_then(|s| self.lean(s));
            if let Some(lean) = sister.filter(|l| !l.roles.is_empty()) {
                return lean.roles.clone();
            }
            at = parent;
        }
        Vec::new()
    }

    /// Ids of people; whoever does something is everybody who works there.
    fn ids(&mut self, node: usize, people: Vec<Who>) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for who in people {
            let id = match who {
                Who::Role(id) => Some(id),
                Who::Whoever => self.roles.staff.clone(),
                Who::Body => None,
                Who::Stranger(title) => Some(self.stranger(node, title)).filter(|id| !id.is_empty()),
            };
            if let Some(id) = id
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        ids
    }

    fn stranger(&mut self, node: usize, title: String) -> String {
        if let Some(known) = self.contents.local_roles.iter().find(|r| r.title == title) {
            return known.id.clone();
        }
        if self.contents.local_roles.len() >= LOCAL_ROLES_MAX {
            return String::new();
        }
        let id = format!("local-{}", self.contents.local_roles.len() + 1);
        if self.strangers.insert(title.clone()) {
            let span = self.tree.nodes.get(node).and_then(|n| n.spans.first()).copied();
            if let Some(span) = span {
                self.tree.find(FindingKind::RoleUnknown, node, span);
                if let Some(finding) = self.tree.findings.last_mut() {
                    finding.quoted = title.chars().take(20).collect();
                }
            }
        }
        self.contents.local_roles.push(LocalRole { id: id.clone(), title, outside: false });
        id
    }

    fn push(
        &mut self,
        node: usize,
        body: &Body,
        sentence: Sentence,
        text: &str,
        read: &Read,
        settled: Settled,
    ) -> usize {
        let mut odd = Vec::new();
        let references = references(self.tree, &self.family, node, body, sentence, &mut odd);
        let room = FINDINGS_MAX.saturating_sub(self.tree.findings.len());
        self.tree.findings.extend(odd.into_iter().take(room));
        let Settled { ending, roles, named, lead, proviso } = settled;
        let counterparties = if matches!(ending.force, Force::Definition | Force::Designation) {
            Vec::new()
        } else {
            counterparties(read, self.roles)
        };
        if counterparties.iter().any(|c| c.roles.contains(&self.roles.contractor)) {
            self.note_contractor();
        }
        if ending.force == Force::Designation {
            self.appointment(node, read);
        }
        if roles.contains(&self.roles.contractor) {
            self.note_contractor();
        }
        let number = self.contents.statements.len();
        if proviso && let Some(main) = self.contents.statements.last_mut().filter(|s| s.node == node) {
            main.exceptions.push(text.to_owned());
        }
        if let Some(lean) = self.leans.get_mut(node) {
            let binds = ["遵守", "守ら", "守る", "行為", "してはならない"]
                .iter()
                .any(|word| read.bare.contains(word));
            let laws = read.bare.contains("法令");
            *lean = Lean {
                roles: roles.clone(),
                lead,
                duties: (lead && binds && !laws).then_some(ending.modality),
            };
        }
        self.contents.statements.push(Found {
            node,
            label: self.tree.nodes.get(node).map(|n: &Node| n.label.clone()).unwrap_or_default(),
            span: body.span(self.tree, sentence.start, sentence.end),
            text: text.to_owned(),
            roles,
            roles_named: named,
            modality: ending.modality,
            force: ending.force,
            lead,
            proviso,
            exceptions: ending::exceptions(read),
            trigger: ending::trigger(read),
            open_words: ending::open_words(read),
            references,
            counterparties,
            matches: Vec::new(),
            capability: None,
        });
        number
    }

    fn note_contractor(&mut self) {
        let id = self.roles.contractor.clone();
        if !self.roles.is_of_pack(&id) && !self.contents.local_roles.iter().any(|r| r.id == id) {
            self.contents.local_roles.push(LocalRole {
                id,
                title: "外部委託事業者".to_owned(),
                outside: true,
            });
        }
    }

    /// A ただし that demands nothing by itself still limits the statement before it.
    fn attach(&mut self, read: &Read, before: Option<usize>) {
        if ending::is_proviso(read)
            && let Some(main) = before.and_then(|b| self.contents.statements.get_mut(b))
        {
            main.exceptions.push(read.whole.clone());
        }
    }

    /// 課長を、管理者とする, 管理者は、課長をもって充てる.
    fn appointment(&mut self, node: usize, read: &Read) {
        let bare = read.bare.as_str();
        let charged =
            ["をもって充てる", "をもってこれに充てる", "を充てる", "が務める", "をもって充てるものとする"]
                .iter()
                .find_map(|end| bare.strip_suffix(end));
        let pair = match charged {
            Some(head) => {
                head.split_once("は、").or_else(|| head.split_once('は')).and_then(|(role, post)| {
                    let (id, _) = self.roles.at_end(role)?;
                    Some((post.to_owned(), id.to_owned()))
                })
            }
            None => bare.strip_suffix("とする").and_then(|head| {
                let (id, at) = self.roles.at_end(head)?;
                let (post, _) = head.get(..at)?.rsplit_once('を')?;
                Some((post.to_owned(), id.to_owned()))
            }),
        };
        if let Some((post, role)) = pair
            && (1..=120).contains(&post.chars().count())
        {
            self.contents.appointments.push(Appointment { post, role, node });
        }
    }

    /// The word that an entry of a list of definitions explains.
    fn term(&mut self, node: usize, body: &Body) {
        let text = body.text.trim_matches(is_blank);
        let title = self.tree.nodes.get(node).and_then(|n| n.title.clone());
        let entry = match title {
            Some(title) => Some((title, text.to_owned())),
            None => text
                .split_once(['　', '\t', ' '])
                .filter(|(word, rest)| word.chars().count() <= 40 && rest.contains("いう"))
                .map(|(word, rest)| (word.to_owned(), rest.trim_matches(is_blank).to_owned())),
        };
        if let Some((word, meaning)) = entry
            && is_word(&word)
            && !meaning.is_empty()
        {
            self.contents.terms.push(Term { word, meaning, node });
        }
    }

    fn days(&mut self, node: usize, body: &Body, sentence: Sentence, text: &str) {
        let supplementary = self.in_supplementary(node);
        if node != 0 && !supplementary {
            return;
        }
        for day in days(text) {
            let span = body.span(self.tree, sentence.start + day.start, sentence.start + day.end);
            let words = text.get(day.start..day.end).unwrap_or("").to_owned();
            let near: String =
                text.get(day.end..).unwrap_or("").chars().filter(|c| !is_blank(*c)).take(12).collect();
            let kind = if near.contains("施行") || near.contains("適用") {
                DayKind::InForce
            } else if ["改定", "改正", "制定", "策定", "決定", "訓令", "告示"]
                .iter()
                .any(|word| near.contains(word))
            {
                DayKind::Made
            } else {
                DayKind::Other
            };
            match day.date {
                Some(date) => self.contents.days.push(Day { date, words, kind, node, span }),
                None => self.tree.find(FindingKind::NoSuchDay, node, span),
            }
        }
    }

    fn in_supplementary(&self, node: usize) -> bool {
        let mut at = Some(node);
        while let Some(here) = at.and_then(|n| self.tree.nodes.get(n)) {
            if here.kind == NodeKind::Supplementary {
                return true;
            }
            at = here.parent;
        }
        false
    }

    /// Damage and slips that a reader should look at.
    fn oddities(&mut self, node: usize, body: &Body, sentence: Sentence, text: &str, last: bool) {
        let span = body.span(self.tree, sentence.start, sentence.end);
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.tree.find(FindingKind::Damaged, node, span);
        }
        if sentence.unbalanced {
            self.tree.find(FindingKind::Bracket, node, span);
        }
        let cut = !sentence.stopped
            && last
            && text.chars().count() > 20
            && text.ends_with(['は', 'を', 'が', 'に', 'の', 'で', 'と', '、', '，']);
        if cut && self.family.children(node).is_empty() {
            self.tree.find(FindingKind::Unfinished, node, span);
        }
    }
}

/// A sentence without a full stop counts when its ending can only be one: lists often leave it out.
fn may_stand_open(read: &Read) -> bool {
    ending::ending(read).is_some_and(|e| {
        matches!(e.force, Force::Obligation | Force::Permission | Force::Definition)
            || read.bare.ends_with("ものとする")
            || read.bare.ends_with("こととする")
            || (e.force == Force::Declaration && read.bare.contains('、'))
    })
}

/// Words of a text about the security of information.
pub(super) fn subject_words(text: &str) -> usize {
    const WORDS: [&str; 6] =
        ["セキュリティ", "情報資産", "情報システム", "個人情報", "サイバー攻撃", "不正アクセス"];
    let text = folded(text);
    WORDS.iter().map(|word| text.matches(folded(word).as_str()).count()).sum()
}

/// How many characters are such as a wrong encoding leaves in Japanese text.
pub(super) fn mojibake(text: &str) -> usize {
    text.chars()
        .filter(|c| {
            matches!(
                c,
                '縺' | '繧' | '繝' | '譁' | '蜿' | '螟' | '荳' | '譛' | '髢' | '\u{80}'
                    ..='\u{9f}' | 'Ã' | 'ã' | '\u{fffd}'
            )
        })
        .count()
}
