//! Reading the papers around a policy: documents, makers, revisions, scope, terms, annotations.
//!
//! Owns: which keys they have. Leaves to others: typed keys and references (`fields`).

use std::collections::BTreeMap;

use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{Annotation, Document, DocumentKind, Maker, Revision, ScopeItem, ScopeKind, Term};
use crate::problem::{Code, Origin, nearest};
use crate::written::Kind;

/// Characters that may be quoted from a body's text to say which ones are meant.
const QUOTED_CHARS_MAX: usize = 20;

impl Reader<'_> {
    pub(super) fn maker(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Maker {
        let s = &mut self.sink;
        Maker {
            id: item.id.clone(),
            title: f.text("title", s),
            note: f.text_opt("note", s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn document(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Document {
        let s = &mut self.sink;
        Document {
            id: item.id.clone(),
            title: f.text("title", s),
            kind: f.word("kind", DocumentKind::WORDS, DocumentKind::Other, s),
            public: f.flag_said("public", s),
            maker: f.reference_opt("maker", Kind::Maker, s),
            legal_basis: f.text_opt("legal_basis", s),
            note: f.text_opt("note", s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn revision(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Revision {
        let s = &mut self.sink;
        Revision {
            id: item.id.clone(),
            date: f.date("date", s),
            document: f.reference_opt("document", Kind::Document, s),
            note: f.text_opt("note", s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn scope_item(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> ScopeItem {
        let s = &mut self.sink;
        let entry = ScopeItem {
            id: item.id.clone(),
            kind: f.word("kind", ScopeKind::WORDS, ScopeKind::Organisation, s),
            title: f.text("title", s),
            excluded: f.flag("excluded", false, s),
            reason: f.text_opt("reason", s),
            clause: f.reference_opt("clause", Kind::Clause, s),
            origin: item.at.clone(),
        };
        match (entry.excluded, f.has("reason")) {
            (true, false) => s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は対象から外しますが、「reason」がありません。", f.what()),
                "reason = \"外す理由\" を書き足してください。",
            ),
            (false, true) => no_effect(f, "reason", "excluded = true ではないので", s),
            _ => {}
        }
        entry
    }

    /// Every term. A word that is said to equal one of a lower layer must equal one that is there.
    pub(super) fn terms(&mut self) -> Vec<Term> {
        let terms = self.each(Kind::Term, Self::term);
        let mut seen: BTreeMap<(&str, &str), &Origin> = BTreeMap::new();
        for term in &terms {
            if let Some(same_as) = &term.same_as {
                let others = || terms.iter().filter(|t| t.id != term.id).map(|t| t.word.as_str());
                if !others().any(|word| word == same_as) {
                    let instead = match nearest(same_as, others()) {
                        Some(near) => format!("「{near}」ではありませんか。"),
                        None => "下の層の [[term]] の word を書くか、この行を消してください。".to_owned(),
                    };
                    self.sink.push(
                        Code::UnknownReference,
                        &term.origin,
                        format!("term「{}」の same_as が指す語「{same_as}」がありません。", term.id),
                        instead,
                    );
                }
            }
            // The layers of one pack may define a word each; one layer may not do so twice.
            let key = (&*term.origin.layer, term.word.as_str());
            if let Some(first) = seen.get(&key).filter(|_| !term.word.is_empty()) {
                self.sink.push(
                    Code::NotDistinct,
                    &term.origin,
                    format!(
                        "term の word「{}」が2つあります(もう一つは {}:{})。",
                        term.word, first.file, first.line
                    ),
                    "一つにまとめてください。",
                );
            } else {
                seen.insert(key, &term.origin);
            }
        }
        terms
    }

    fn term(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Term {
        let s = &mut self.sink;
        Term {
            id: item.id.clone(),
            word: f.text("word", s),
            meaning: f.text("meaning", s),
            same_as: f.text_opt("same_as", s),
            clause: f.reference_opt("clause", Kind::Clause, s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn annotation(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Annotation {
        let s = &mut self.sink;
        let annotation = Annotation {
            id: item.id.clone(),
            clause: f.reference("clause", Kind::Clause, s),
            quoted: f.text_opt("quoted", s),
            note: f.text("note", s),
            origin: item.at.clone(),
        };
        if annotation.quoted.as_ref().is_some_and(|q| q.chars().count() > QUOTED_CHARS_MAX) {
            s.push(
                Code::TooLarge,
                &f.at_key("quoted"),
                format!("{}の quoted が長すぎます(上限 {QUOTED_CHARS_MAX} 文字)。", f.what()),
                "問題の文字だけを引用し、ほかは note に自分の言葉で書いてください。",
            );
        }
        annotation
    }
}
