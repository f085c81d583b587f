//! A draft as the files of a pack.
//!
//! Owns: ids for clauses and statements, and the TOML (docs/format-pack.md).
//! Leaves to others: the keys of a statement (`pack_statement`), writing the files, and whether the pack is sound (`Pack::resolve`; tests hold that it is).
//!
//! The gists are the body's own sentences, for its own use, and marked as a draft. What a structured source said itself is
//! written as it said it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::show::quoted;
use crate::{FORMAT, ITEMS_MAX, SourceFile};

use super::Style;
use super::draft::{Draft, Review};
use super::result::{DayKind, NodeKind};
use super::structured::{GivenHead, Place, Stand};

/// Texts of a pack are shorter than its bound, so that no sentence makes the draft unreadable.
pub(super) const GIST_CHARS_MAX: usize = 2_000;

/// A file of the draft is cut before it reaches the bound of a pack's files.
const FILE_BYTES_MAX: usize = 600_000;

/// What the pack says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Id, which is the folder's name.
    pub id: String,
    /// Title; the text's own when none is given.
    pub title: Option<String>,
    /// The layer below; empty when there is none.
    pub extends: String,
    /// Name of the file that was imported, for the comment at the top.
    pub file: String,
}

/// Why a draft has no pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// More clauses or statements than a pack has.
    #[error("the draft has more than {ITEMS_MAX} clauses or statements")]
    TooMany,
    /// The id is no name of a layer.
    #[error("the id is no name of a layer")]
    Id,
}

impl Draft {
    /// The files of the pack, `<id>/<name>.toml`.
    ///
    /// # Errors
    /// When the draft is larger than a pack may be, or the id is none.
    pub fn pack(&self, head: &Head) -> Result<Vec<SourceFile>, PackError> {
        let id = head.id.as_str();
        let sound = id.len() <= 40
            && id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !sound {
            return Err(PackError::Id);
        }
        let parts = [NodeKind::Clause, NodeKind::Heading, NodeKind::Supplementary];
        // Before ids are made: of many parts with one label the last ones would be looked for long.
        if self.import.nodes.iter().filter(|n| parts.contains(&n.kind)).count() > ITEMS_MAX {
            return Err(PackError::TooMany);
        }
        let clauses = self.clause_ids(id);
        let statements = self.kept();
        if clauses.len() > ITEMS_MAX || statements.len() > ITEMS_MAX || self.import.terms.len() > ITEMS_MAX {
            return Err(PackError::TooMany);
        }
        let mut files = vec![file(id, "pack", &self.pack_table(head))];
        let notes = self.annotation_tables(&clauses);
        let given = self.given_items(&clauses);
        let too_many = given.values().any(|items| items.len() > ITEMS_MAX)
            || notes.len() + given.get("annotations").map_or(0, Vec::len) > ITEMS_MAX;
        if too_many {
            return Err(PackError::TooMany);
        }
        if self.given.head.is_none() {
            files.push(file(id, "documents", &self.documents(head)));
        }
        let items = self.items(id, &clauses, &statements);
        files.extend(chunks(id, "clauses", &items));
        let roles = self.local_roles();
        if !roles.is_empty() {
            files.extend(chunks(id, "roles", &roles));
        }
        let terms = self.terms(&clauses);
        if !terms.is_empty() {
            files.extend(chunks(id, "terms", &terms));
        }
        let mut given = given;
        if !notes.is_empty() {
            given.entry("annotations").or_default().extend(notes);
        }
        for (name, items) in &given {
            files.extend(chunks(id, name, items));
        }
        Ok(files)
    }

    /// What a structured source gave besides its text, by the file it goes to.
    fn given_items(&self, clauses: &BTreeMap<usize, String>) -> BTreeMap<&'static str, Vec<String>> {
        let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for item in &self.given.items {
            let clause = match &item.place {
                Some(Place::Node(node)) => clauses.get(&self.clause_node(*node)).cloned(),
                Some(Place::Id(id)) => Some(id.clone()),
                None => None,
            };
            let clause = clause.map(|c| format!("clause = {}\n", quoted(&c))).unwrap_or_default();
            files.entry(item.file).or_default().push(format!("{}{clause}", item.text));
        }
        files
    }

    /// Statements that nobody dropped.
    fn kept(&self) -> Vec<usize> {
        let dropped = |n: usize| matches!(self.reviews.get(n), Some(Review::Dropped { .. }));
        (0..self.import.statements.len()).filter(|n| !dropped(*n)).collect()
    }

    /// Ids of the nodes that become clauses: numbered parts, headings, 附則, and the document when it has statements.
    fn clause_ids(&self, id: &str) -> BTreeMap<usize, String> {
        let mut taken = BTreeSet::new();
        let with_statements: BTreeSet<usize> =
            self.import.statements.iter().map(|s| self.clause_node(s.node)).collect();
        let mut ids = BTreeMap::new();
        for (number, node) in self.import.nodes.iter().enumerate() {
            let is_clause = match node.kind {
                NodeKind::Clause | NodeKind::Heading | NodeKind::Supplementary => true,
                NodeKind::Document => with_statements.contains(&number),
                _ => false,
            };
            if is_clause {
                let label = match node.kind {
                    NodeKind::Document => "前文".to_owned(),
                    _ => free(&node.label, 60),
                };
                let label = if label.is_empty() { "無番号".to_owned() } else { label };
                let given = self.given.clauses.get(&number);
                if let Some((of_below, Stand::Below)) = given.and_then(|c| Some((c.id.clone()?, c.stand))) {
                    ids.insert(number, of_below);
                    continue;
                }
                let wanted = given.and_then(|c| c.id.clone()).unwrap_or_else(|| format!("{id}/{label}"));
                ids.insert(number, distinct(&wanted, "~", &mut taken));
            }
        }
        ids
    }

    /// The clause that a node's statements stand in: rows and items have none of their own.
    fn clause_node(&self, node: usize) -> usize {
        let mut at = node;
        for _ in 0..64 {
            match self.import.nodes.get(at) {
                Some(found) if matches!(found.kind, NodeKind::Item | NodeKind::Row | NodeKind::Table) => {
                    at = found.parent.unwrap_or(0);
                }
                _ => break,
            }
        }
        at
    }

    fn pack_table(&self, head: &Head) -> String {
        let title =
            head.title.clone().or_else(|| self.import.title.clone()).unwrap_or_else(|| head.id.clone());
        let mut out = String::new();
        let _ = writeln!(
            out,
            "# 取込み案: {} から作りました。一件ずつ確かめてから使ってください。\n# gist_ja は元の文のままです。短く言い直し、gist_en を書いてください。",
            one_line(&head.file)
        );
        let _ = writeln!(out, "format = {FORMAT}\n\n[pack]\nid = {}", quoted(&head.id));
        if !head.extends.is_empty() {
            let _ = writeln!(out, "extends = {}", quoted(&head.extends));
        }
        if let Some(given) = &self.given.head {
            given_head(&mut out, given, &title);
            return out;
        }
        let _ = writeln!(out, "title = {}\nversion = \"取込み案\"", quoted(&title));
        let last = self
            .import
            .days
            .iter()
            .filter(|d| d.kind == DayKind::InForce && d.date.len() == 10)
            .map(|d| &d.date)
            .max();
        if let Some(date) = last {
            let _ = writeln!(out, "effective_from = {date}");
        }
        out
    }

    /// The document and the days on which its versions came into force.
    fn documents(&self, head: &Head) -> String {
        let title =
            self.import.title.clone().or_else(|| head.title.clone()).unwrap_or_else(|| head.id.clone());
        let kind = match title.as_str() {
            t if t.contains("手順") => "procedure",
            t if t.contains("対策基準") => "standard",
            t if t.contains("計画") => "plan",
            t if t.contains("基本方針") || t.contains("ポリシー") => "basic-policy",
            _ => "other",
        };
        let mut out = String::from("# 公開してよい文書は public を true にしてください。\n");
        let _ = writeln!(
            out,
            "format = {FORMAT}\n\n[[document]]\nid = \"text\"\ntitle = {}\nkind = \"{kind}\"\npublic = false",
            quoted(&title)
        );
        let mut seen = BTreeSet::new();
        for day in self.import.days.iter().filter(|d| d.kind == DayKind::InForce && d.date.len() == 10) {
            if seen.insert(day.date.clone()) {
                let _ = writeln!(
                    out,
                    "\n[[revision]]\nid = \"in-force-{}\"\ndate = {}\ndocument = \"text\"\nnote = {}",
                    day.date,
                    day.date,
                    quoted(&day.words)
                );
            }
        }
        out
    }

    /// Clauses, each with its statements behind it.
    fn items(&self, id: &str, clauses: &BTreeMap<usize, String>, statements: &[usize]) -> Vec<String> {
        let mut of_clause: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for number in statements {
            if let Some(statement) = self.import.statements.get(*number) {
                of_clause.entry(self.clause_node(statement.node)).or_default().push(*number);
            }
        }
        let mut taken = BTreeSet::new();
        let mut tokens = BTreeSet::new();
        let mut items = Vec::new();
        for (node, clause) in clauses {
            let Some(found) = self.import.nodes.get(*node) else { continue };
            let mut out = String::new();
            let given = self.given.clauses.get(node);
            let stand = given.map(|g| g.stand).unwrap_or_default();
            let section =
                if found.printed.is_empty() { found.label.as_str() } else { found.printed.as_str() };
            let section = if section.trim().is_empty() { "前文" } else { section };
            let _ = writeln!(
                out,
                "[[clause]]\nid = {}\nsection = {}",
                quoted(clause),
                quoted(&short(section, 80))
            );
            let _ = writeln!(out, "title = {}", quoted(&self.clause_title(*node)));
            let parent = self.parent_clause(*node, clauses);
            // An override stays where the layer below has it.
            if let Some(parent) = parent.filter(|_| stand != Stand::Override) {
                let _ = writeln!(out, "parent = {}", quoted(parent));
            }
            match given.and_then(|g| g.document.as_deref()) {
                Some(document) => {
                    let _ = writeln!(out, "document = {}", quoted(document));
                }
                None if parent.is_none() && self.given.head.is_none() => {
                    out.push_str("document = \"text\"\n");
                }
                None => {}
            }
            if stand == Stand::Override {
                out.push_str("override = true\n");
            }
            if stand != Stand::Below {
                items.push(out);
            }
            let own = of_clause.get(node).map_or(&[][..], Vec::as_slice);
            for (index, number) in own.iter().enumerate() {
                let Some(statement) = self.import.statements.get(*number) else { continue };
                let given = self.given.statements.get(*number);
                let wanted = given.and_then(|g| g.id.clone()).unwrap_or_else(|| {
                    if own.len() > 1 { format!("{clause}#{}", index + 1) } else { clause.clone() }
                });
                let own_id = distinct(&wanted, "~", &mut taken);
                let token = given.and_then(|g| g.ascii.clone());
                let token = token.unwrap_or_else(|| self.token(id, *node, index + 1));
                let token = distinct(&token, "-", &mut tokens);
                items.push(self.statement(*number, statement, &own_id, clause, &token));
            }
        }
        items
    }

    fn parent_clause<'c>(&self, node: usize, clauses: &'c BTreeMap<usize, String>) -> Option<&'c str> {
        let mut at = self.import.nodes.get(node)?.parent;
        for _ in 0..64 {
            let parent = at?;
            if let Some(id) = clauses.get(&parent).filter(|_| parent != 0) {
                return Some(id);
            }
            at = self.import.nodes.get(parent)?.parent;
        }
        None
    }

    /// The heading, or the first words of a part without one.
    fn clause_title(&self, node: usize) -> String {
        let title =
            self.import.nodes.get(node).and_then(|n| n.title.clone()).filter(|t| !t.trim().is_empty());
        let words = || {
            let text = self.import.pieces.iter().find(|p| p.node == node && p.kind == super::PieceKind::Text);
            text.map(|p| p.span.of(&self.source).trim_matches(super::normal::is_blank).to_owned())
        };
        let kind = self.import.nodes.get(node).map(|n| n.kind);
        let fallback = if kind == Some(NodeKind::Supplementary) { "附則" } else { "(見出しなし)" };
        let chars_max = if self.given.head.is_some() { GIST_CHARS_MAX } else { 120 };
        let title = title.or_else(|| words().map(|w| short(&w, 30))).map(|t| one_line(&short(&t, chars_max)));
        title.filter(|t| !t.trim().is_empty()).unwrap_or_else(|| fallback.to_owned())
    }

    /// An id of Latin letters, from the numbers on the way to the node.
    fn token(&self, id: &str, node: usize, index: usize) -> String {
        let mut numbers: Vec<String> = Vec::new();
        let mut at = Some(node);
        while let Some(found) = at.and_then(|n| self.import.nodes.get(n)) {
            let own: Vec<u32> = found.numbers.iter().map(|n| if *n > 100 { n - 100 } else { *n }).collect();
            let word = match found.kind {
                NodeKind::Supplementary => Some("fusoku".to_owned()),
                NodeKind::Heading => Some(format!("h{}", at.unwrap_or(0))),
                _ if own.is_empty() => None,
                _ => Some(own.iter().map(u32::to_string).collect::<Vec<_>>().join(".")),
            };
            numbers.extend(word);
            // An outline number says the whole way itself, and articles run through all chapters.
            let whole = matches!(found.style, Some(Style::Article))
                || matches!(found.style, Some(Style::Decimal(depth)) if depth > 1);
            if whole || numbers.len() > 12 {
                break;
            }
            at = found.parent;
        }
        numbers.reverse();
        let way = if numbers.is_empty() { "0".to_owned() } else { numbers.join(".") };
        format!("{id}-{way}_s{index}")
    }

    fn local_roles(&self) -> Vec<String> {
        let named = self.import.statements.iter().flat_map(|s| {
            s.roles.iter().chain(s.counterparties.iter().flat_map(|c| &c.roles)).map(String::as_str)
        });
        let used: BTreeSet<&str> = named.collect();
        let mut roles = Vec::new();
        for role in self.import.local_roles.iter().filter(|role| used.contains(role.id.as_str())) {
            let mut out = format!("[[role]]\nid = {}\n", quoted(&role.id));
            let _ = writeln!(
                out,
                "title = {}\nnote = \"取込み案: 本文にある役割\"",
                quoted(&one_line(&role.title))
            );
            if role.outside {
                out.push_str("outside = true\n");
            }
            roles.push(out);
        }
        roles
    }

    fn terms(&self, clauses: &BTreeMap<usize, String>) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let said = |text: &str| !one_line(text).trim().is_empty();
        let terms = self
            .import
            .terms
            .iter()
            .filter(|t| said(&t.word) && said(&t.meaning))
            .filter(|t| seen.insert(t.word.clone()));
        terms
            .enumerate()
            .map(|(number, term)| {
                let clause = clauses.get(&self.clause_node(term.node));
                let clause = clause.map(|c| format!("clause = {}\n", quoted(c))).unwrap_or_default();
                format!(
                    "[[term]]\nid = \"term-{}\"\nword = {}\nmeaning = {}\n{clause}",
                    number + 1,
                    quoted(&one_line(&short(&term.word, 60))),
                    quoted(&one_line(&short(&term.meaning, GIST_CHARS_MAX)))
                )
            })
            .collect()
    }

    /// What the importer found odd, and what people noted.
    fn annotation_tables(&self, clauses: &BTreeMap<usize, String>) -> Vec<String> {
        let annotations = self.given.items.iter().filter(|item| item.file == "annotations");
        let mut taken: BTreeSet<String> = annotations.map(|item| item.id.clone()).collect();
        let found =
            self.import.findings.iter().map(|f| (f.node, f.quoted.clone(), f.kind.words_ja().to_owned()));
        let noted = self.annotations.iter().map(|a| (a.node, a.quoted.clone(), a.note.clone()));
        found
            .chain(noted)
            .filter_map(|(node, words, note)| Some((clauses.get(&self.clause_node(node))?, words, note)))
            .take(if self.given.head.is_some() { usize::MAX } else { ITEMS_MAX })
            .enumerate()
            .map(|(number, (clause, words, note))| {
                let id = distinct(&format!("note-{}", number + 1), "-", &mut taken);
                let words = one_line(&short(&words, 20));
                let quoted_words = if words.trim().is_empty() {
                    String::new()
                } else {
                    format!("quoted = {}\n", quoted(&words))
                };
                format!(
                    "[[annotation]]\nid = \"{id}\"\nclause = {}\n{quoted_words}note = {}\n",
                    quoted(clause),
                    quoted(&one_line(&note))
                )
            })
            .collect()
    }
}

/// What a structured source says about its pack.
fn given_head(out: &mut String, given: &GivenHead, title: &str) {
    let version = given.version.as_deref().unwrap_or("取込み案");
    let _ = writeln!(out, "title = {}\nversion = {}", quoted(title), quoted(version));
    if let Some(date) = &given.effective_from {
        let _ = writeln!(out, "effective_from = {date}");
    }
    if let Some((name, kana, code)) = &given.municipality {
        let kana = kana.as_ref().map(|k| format!(", kana = {}", quoted(k))).unwrap_or_default();
        let _ = writeln!(out, "municipality = {{ name = {}{kana}, code = {} }}", quoted(name), quoted(code));
    }
}

fn file(id: &str, name: &str, text: &str) -> SourceFile {
    SourceFile { path: format!("{id}/{name}.toml"), text: text.to_owned() }
}

/// Items in files below the bound.
fn chunks(id: &str, name: &str, items: &[String]) -> Vec<SourceFile> {
    let head = format!("format = {FORMAT}\n");
    let mut texts = vec![head.clone()];
    for item in items {
        let full = texts.last().is_some_and(|t| t.len() + item.len() > FILE_BYTES_MAX);
        if full {
            texts.push(head.clone());
        }
        if let Some(text) = texts.last_mut() {
            text.push('\n');
            text.push_str(item);
        }
    }
    let many = texts.len() > 1;
    texts
        .into_iter()
        .enumerate()
        .map(|(number, text)| {
            let name = if many { format!("{name}-{:02}", number + 1) } else { name.to_owned() };
            SourceFile { path: format!("{id}/{name}.toml"), text }
        })
        .collect()
}

/// An id that nothing before it has.
fn distinct(wanted: &str, mark: &str, taken: &mut BTreeSet<String>) -> String {
    let mut id = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(id.clone()) {
        id = format!("{wanted}{mark}{number}");
        number += 1;
    }
    id
}

/// Without blanks and control characters, cut to a length.
fn free(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !super::normal::is_blank(*c) && !c.is_control()).take(chars_max).collect()
}

pub(super) fn short(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

/// Control characters have no place in a pack's words.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
