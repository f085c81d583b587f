//! Finding words in a policy.
//!
//! Owns: what is searched (clauses, statements, terms, parameters, documents, roles, annotations), reading a query, the order
//! of what is found, and marking the words in the text as it was written. An index is made once, when a pack is loaded.
//! Leaves to others: which spellings are one word (`spelling`), pages and rights (`web`, `app`).
//!
//! Japanese has no blanks between words, so that the index holds pairs of characters: whatever is found holds every pair of the
//! word, and is then looked at.

mod entries;
mod near;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use serde::Serialize;

use crate::diff::key_ja;
use crate::model::Pack;
use crate::spelling::{Folded, folded, is_blank};
use near::Near;

/// The longest query that is read, in characters; what is behind it is left out.
pub const QUERY_CHARS_MAX: usize = 200;

/// The most words of a query.
pub const QUERY_WORDS_MAX: usize = 8;

/// The most results that are given at once.
pub const HITS_MAX: usize = 200;

/// Places of a text in which the word was found that are told beside the heading.
const FIELDS_MAX: usize = 3;

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemKind {
    /// A word that the text defines.
    Term,
    /// A duty.
    Statement,
    /// A node of the text.
    Clause,
    /// A value that the text leaves open.
    Parameter,
    /// A role.
    Role,
    /// A document.
    Document,
    /// A remark on a slip of the text.
    Annotation,
}

impl ItemKind {
    /// Every kind with the word of programs.
    pub const WORDS: &'static [(&'static str, ItemKind)] = &[
        ("term", Self::Term),
        ("statement", Self::Statement),
        ("clause", Self::Clause),
        ("parameter", Self::Parameter),
        ("role", Self::Role),
        ("document", Self::Document),
        ("annotation", Self::Annotation),
    ];

    /// The word of programs.
    #[must_use]
    pub fn id(self) -> &'static str {
        Self::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(id, _)| id)
    }

    /// The word people read.
    #[must_use]
    pub fn title_ja(self) -> &'static str {
        match self {
            Self::Term => "用語",
            Self::Statement => "遵守事項",
            Self::Clause => "条項",
            Self::Parameter => "定めるべき値",
            Self::Role => "役割",
            Self::Document => "文書",
            Self::Annotation => "注記",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == id).map(|(_, kind)| *kind)
    }
}

/// The words that somebody looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// As they were written.
    written: Vec<String>,
    /// As they are compared.
    words: Vec<String>,
}

impl Query {
    /// Reads what was typed: words apart by blanks of any width, all of which are wanted. Anything can be typed.
    #[must_use]
    pub fn new(untrusted: &str) -> Self {
        let read: String = untrusted.chars().take(QUERY_CHARS_MAX).collect();
        let mut query = Self::default();
        for written in read.split(is_blank) {
            let word = folded(written);
            if !word.is_empty() && !query.words.contains(&word) && query.words.len() < QUERY_WORDS_MAX {
                query.written.push(written.to_owned());
                query.words.push(word);
            }
        }
        query
    }

    /// The words as they were typed.
    #[must_use]
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// The words in the normal form of spellings, for other indexes.
    #[must_use]
    pub fn folded(&self) -> &[String] {
        &self.words
    }

    /// A text cut where the words begin and end.
    #[must_use]
    pub fn mark(&self, text: &str) -> Vec<Part> {
        marked(text, &self.words)
    }

    /// Whether there is nothing to look for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

/// A piece of a text, and whether it is what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The text as it was written.
    pub text: String,
    /// Whether it was looked for.
    pub found: bool,
}

/// One place of an item in which a word was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HitField {
    /// The key of the pack.
    pub key: &'static str,
    /// The same for people.
    pub title: &'static str,
    /// Its text.
    pub parts: Vec<Part>,
}

/// An item that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// What it is.
    pub kind: ItemKind,
    /// Its id.
    pub id: String,
    /// The pack it was found in.
    pub pack: String,
    /// What it is called: a gist, a title, a word.
    pub heading: Vec<Part>,
    /// The text's own number for it, where there is one.
    pub label: Option<String>,
    /// Where else in it the words stand.
    pub fields: Vec<HitField>,
    /// How well it fits; larger is better, and means nothing across queries.
    pub score: u32,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Version of this schema.
    pub format: u32,
    /// The words as they were written.
    pub words: Vec<String>,
    /// How many items there are.
    pub total: usize,
    /// How many of each kind.
    pub kinds: Vec<KindCount>,
    /// Whether no item has every word, so that those are told that have the most of them.
    pub some_words: bool,
    /// The best of them.
    pub hits: Vec<Hit>,
    /// Words of the policy that are near those of which it has none.
    pub suggestions: Vec<String>,
}

/// How many items of a kind were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The kind.
    pub kind: ItemKind,
    /// How many.
    pub count: usize,
}

impl Found {
    /// For programs: this struct as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers only: serialising cannot fail. An empty text would be refused by every reader.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let said = |parts: &[Part]| -> String {
            parts.iter().map(|p| if p.found { format!("《{}》", p.text) } else { p.text.clone() }).collect()
        };
        if self.total == 0 {
            writeln!(out, "「{}」は見つかりません。", self.words.join(" "))?;
        } else {
            let kinds: Vec<String> =
                self.kinds.iter().map(|k| format!("{} {}", k.kind.title_ja(), k.count)).collect();
            writeln!(out, "{} 件({})", self.total, kinds.join("、"))?;
        }
        if self.some_words && self.total > 0 {
            writeln!(out, "すべてのことばを含むものはありません。いちばん多く含むものを示します。")?;
        }
        for hit in &self.hits {
            let label = hit.label.as_deref().unwrap_or("");
            writeln!(out, "\n[{}] {} {label}\n    {}", hit.kind.title_ja(), hit.id, said(&hit.heading))?;
            for field in &hit.fields {
                writeln!(out, "    {}: {}", field.title, said(&field.parts))?;
            }
        }
        if self.hits.len() < self.total {
            writeln!(out, "\nほかに {} 件あります。", self.total - self.hits.len())?;
        }
        if !self.suggestions.is_empty() {
            writeln!(out, "近いことば: {}", self.suggestions.join("、"))?;
        }
        Ok(())
    }
}

/// One thing that can be found, with its texts.
#[derive(Debug)]
struct Entry {
    kind: ItemKind,
    id: String,
    pack: String,
    label: Option<String>,
    /// The first one is the heading.
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    key: &'static str,
    /// How much a word in it counts.
    weight: u32,
    text: String,
    folded: String,
}

/// Everything of one or more packs that can be found.
#[derive(Debug)]
pub struct Index {
    entries: Vec<Entry>,
    /// The entries that hold a character, and those that hold a pair of them; in order, each once.
    letters: HashMap<char, Vec<u32>>,
    pairs: HashMap<(char, char), Vec<u32>>,
    near: Near,
}

impl Index {
    /// Of one pack with all layers it stands on.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        Self::of(entries::of_pack(pack, |_| true))
    }

    /// Of several packs, each item once: a pack counts what its own layer wrote.
    pub fn of_packs<'p>(packs: impl IntoIterator<Item = &'p Pack>) -> Self {
        let own = |pack: &'p Pack| entries::of_pack(pack, |layer| layer == pack.id());
        Self::of(packs.into_iter().flat_map(own).collect())
    }

    fn of(entries: Vec<Entry>) -> Self {
        let mut letters: HashMap<char, Vec<u32>> = HashMap::new();
        let mut pairs: HashMap<(char, char), Vec<u32>> = HashMap::new();
        fn once<K: std::hash::Hash + Eq>(lists: &mut HashMap<K, Vec<u32>>, key: K, number: u32) {
            let list = lists.entry(key).or_default();
            if list.last() != Some(&number) {
                list.push(number);
            }
        }
        for (number, entry) in (0_u32..).zip(&entries) {
            for field in &entry.fields {
                let mut before = None;
                for c in field.folded.chars() {
                    once(&mut letters, c, number);
                    if let Some(before) = before {
                        once(&mut pairs, (before, c), number);
                    }
                    before = Some(c);
                }
            }
        }
        let near = Near::new(entries.iter().flat_map(|e| &e.fields).map(|f| f.text.as_str()));
        Self { entries, letters, pairs, near }
    }

    /// How many things can be found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing can be found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Looks for the words, in everything or in items of one kind. At most `limit` and [`HITS_MAX`] are given.
    #[must_use]
    pub fn find(&self, query: &Query, kind: Option<ItemKind>, limit: usize) -> Found {
        let mut found = Found { format: 1, words: query.written.clone(), ..Found::default() };
        let holders: Vec<Vec<u32>> = query.words.iter().map(|word| self.holders(word)).collect();
        let mut numbers = all_of(&holders);
        if numbers.is_empty() && query.words.len() > 1 {
            numbers = most_of(&holders);
            found.some_words = !numbers.is_empty();
        }
        for (word, _) in query.words.iter().zip(&holders).filter(|(_, h)| h.is_empty()) {
            found.suggestions.extend(self.near.to(word));
        }
        let mut seen = BTreeSet::new();
        found.suggestions.retain(|word| seen.insert(word.clone()));
        found.suggestions.truncate(near::WORDS_MAX);

        let mut counts: HashMap<ItemKind, usize> = HashMap::new();
        let mut ranked: Vec<(u32, &Entry)> = Vec::new();
        for entry in numbers.iter().filter_map(|n| self.entry(*n)) {
            *counts.entry(entry.kind).or_default() += 1;
            if kind.is_none_or(|kind| kind == entry.kind) {
                let weights = query.words.iter().zip(&holders);
                ranked
                    .push((weights.map(|(word, h)| entry.weight(word) * self.rarity(h.len())).sum(), entry));
            }
        }
        // A stable sort: of equal ones those that stand earlier in the text come first.
        ranked.sort_by_key(|(score, entry)| (std::cmp::Reverse(*score), entry.kind));
        found.total = ranked.len();
        found.kinds = ItemKind::WORDS
            .iter()
            .filter_map(|(_, kind)| counts.get(kind).map(|count| KindCount { kind: *kind, count: *count }))
            .collect();
        let best = ranked.iter().take(limit.min(HITS_MAX));
        found.hits = best.map(|(score, entry)| entry.hit(&query.words, *score)).collect();
        found
    }

    /// The ids of every item of a kind that holds all of the words.
    #[must_use]
    pub fn ids(&self, query: &Query, kind: ItemKind) -> BTreeSet<&str> {
        let holders: Vec<Vec<u32>> = query.words.iter().map(|word| self.holders(word)).collect();
        let all = all_of(&holders).into_iter();
        all.filter_map(|n| self.entry(n)).filter(|e| e.kind == kind).map(|e| e.id.as_str()).collect()
    }

    fn entry(&self, number: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(number).ok()?)
    }

    /// The entries that hold the word, in order.
    fn holders(&self, word: &str) -> Vec<u32> {
        let letters: Vec<char> = word.chars().collect();
        let mut lists: Vec<&[u32]> = match letters.as_slice() {
            [] => return Vec::new(),
            [one] => return self.letters.get(one).cloned().unwrap_or_default(),
            several => {
                let lists = several.iter().zip(several.iter().skip(1));
                lists.map(|(a, b)| self.pairs.get(&(*a, *b)).map_or(&[][..], Vec::as_slice)).collect()
            }
        };
        lists.sort_by_key(|list| list.len());
        let Some((shortest, others)) = lists.split_first() else { return Vec::new() };
        let in_all = |number: &&u32| others.iter().all(|list| list.binary_search(number).is_ok());
        let candidates = shortest.iter().filter(in_all).copied();
        candidates.filter(|n| self.entry(*n).is_some_and(|e| e.holds(word))).collect()
    }

    /// How much a word says that this many entries have: twice as many say one less.
    fn rarity(&self, holders: usize) -> u32 {
        1 + (self.entries.len() / holders.max(1)).max(1).ilog2()
    }
}

impl Entry {
    fn holds(&self, word: &str) -> bool {
        self.fields.iter().any(|field| field.folded.contains(word))
    }

    /// The whole of a text counts more than its beginning, and its beginning more than its middle.
    fn weight(&self, word: &str) -> u32 {
        let weight = |field: &Field| {
            let how = match field.folded.find(word) {
                None => 0,
                Some(0) if field.folded.len() == word.len() => 6,
                Some(0) => 3,
                Some(_) => 2,
            };
            field.weight * how
        };
        self.fields.iter().map(weight).max().unwrap_or(0)
    }

    fn hit(&self, words: &[String], score: u32) -> Hit {
        let mut texts = self.fields.iter();
        let heading = texts.next().map(|f| marked(&f.text, words)).unwrap_or_default();
        let mut fields: Vec<HitField> = texts
            .filter(|f| Some(&f.text) != self.label.as_ref())
            .filter(|f| words.iter().any(|word| f.folded.contains(word)))
            .map(|f| HitField { key: f.key, title: key_ja("", f.key), parts: marked(&f.text, words) })
            .collect();
        fields.truncate(FIELDS_MAX);
        Hit {
            kind: self.kind,
            id: self.id.clone(),
            pack: self.pack.clone(),
            heading,
            label: self.label.clone(),
            fields,
            score,
        }
    }
}

/// A text cut where the words begin and end.
fn marked(text: &str, words: &[String]) -> Vec<Part> {
    let form = Folded::new(text);
    let mut places: Vec<std::ops::Range<usize>> = words.iter().flat_map(|word| form.places(word)).collect();
    places.sort_by_key(|place| (place.start, place.end));
    let mut parts = Vec::new();
    let mut part = |from: usize, to: usize, found: bool| {
        if let Some(text) = text.get(from..to).filter(|text| !text.is_empty()) {
            parts.push(Part { text: text.to_owned(), found });
        }
    };
    let mut at = 0;
    let mut rest = places.into_iter().peekable();
    while let Some(mut place) = rest.next() {
        while let Some(next) = rest.next_if(|next| next.start <= place.end) {
            place.end = place.end.max(next.end);
        }
        part(at, place.start, false);
        part(place.start, place.end, true);
        at = place.end;
    }
    part(at, text.len(), false);
    parts
}

/// What is in every list.
fn all_of(lists: &[Vec<u32>]) -> Vec<u32> {
    let Some((first, others)) = lists.split_first() else { return Vec::new() };
    first.iter().filter(|n| others.iter().all(|list| list.binary_search(n).is_ok())).copied().collect()
}

/// What is in as many lists as anything is.
fn most_of(lists: &[Vec<u32>]) -> Vec<u32> {
    let mut counts: HashMap<u32, usize> = HashMap::new();
    for number in lists.iter().flatten() {
        *counts.entry(*number).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let mut numbers: Vec<u32> = counts.into_iter().filter(|(_, n)| *n == most).map(|(n, _)| n).collect();
    numbers.sort_unstable();
    numbers
}
