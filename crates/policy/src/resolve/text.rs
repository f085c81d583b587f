//! Reading the text of a policy: clauses, statements, parameters and their values.
//!
//! Owns: which keys they have. Leaves to others: typed keys and references (`fields`).

use std::collections::{BTreeSet, HashMap};

use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{
    Assurance, Clause, Counterparty, CounterpartyAct, Mechanism, Modality, Parameter, ParameterType,
    ParameterValue, Relation, RelationKind, Statement, StatementType,
};
use crate::problem::{Code, Sink, nearest};
use crate::toml_text::{Node, Value};
use crate::written::{Kind, is_id};

impl Reader<'_> {
    pub(super) fn clause(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Clause {
        let s = &mut self.sink;
        Clause {
            id: item.id.clone(),
            section: f.text("section", s),
            title: f.text("title", s),
            parent: f.reference_opt("parent", Kind::Clause, s),
            document: f.reference_opt("document", Kind::Document, s),
            origin: item.at.clone(),
        }
    }

    /// A clause that names no document is in that of the nearest clause above that does.
    pub(super) fn inherit_documents(&mut self, clauses: &mut [Clause]) {
        let index: HashMap<String, usize> =
            clauses.iter().enumerate().map(|(n, c)| (c.id.clone(), n)).collect();
        let mut told = BTreeSet::new();
        for start in 0..clauses.len() {
            let mut chain: Vec<usize> = Vec::new();
            let mut at = Some(start);
            let mut document: Option<String> = None;
            while let Some((number, clause)) = at.and_then(|n| Some((n, clauses.get(n)?))) {
                if chain.contains(&number) {
                    self.clause_cycle(clauses, &chain, number, &mut told);
                    break;
                }
                chain.push(number);
                document = document.or_else(|| clause.document.clone());
                at = clause.parent.as_ref().and_then(|id| index.get(id).copied());
            }
            if let Some(clause) = clauses.get_mut(start) {
                clause.document = document;
            }
        }
    }

    /// Tells each loop once.
    fn clause_cycle(
        &mut self,
        clauses: &[Clause],
        chain: &[usize],
        again: usize,
        told: &mut BTreeSet<usize>,
    ) {
        let round: Vec<usize> = chain.iter().copied().skip_while(|n| *n != again).collect();
        let new = round.iter().all(|n| !told.contains(n));
        told.extend(&round);
        let (Some(first), true) = (clauses.get(again), new) else { return };
        let ids: Vec<&str> =
            round.iter().chain([&again]).filter_map(|n| clauses.get(*n)).map(|c| c.id.as_str()).collect();
        self.sink.push(
            Code::ClauseCycle,
            &first.origin,
            format!("clause の parent が一回りしています({})。", ids.join(" → ")),
            "一番上の条項から parent の行を消してください。",
        );
    }

    pub(super) fn statement(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Statement {
        let counterparties = self.counterparties(f);
        let relations = self.relations(&item.id, f);
        let s = &mut self.sink;
        Statement {
            id: item.id.clone(),
            clause: f.reference("clause", Kind::Clause, s),
            label: f.text("label", s),
            ascii: ascii(f, s),
            kind: f.word("type", StatementType::WORDS, StatementType::OrganisationalRule, s),
            roles: f.references("roles", Kind::Role, s),
            modality: f.word("modality", Modality::WORDS, Modality::Must, s),
            title: f.text_opt("title", s),
            gist_ja: f.text("gist_ja", s),
            gist_en: f.text("gist_en", s),
            trigger: f.text_opt("trigger", s),
            evidence: f.text_opt("evidence", s),
            assurance: f.word("assurance", Assurance::WORDS, Assurance::Attest, s),
            capability: f.text("capability", s),
            parameters: f.references("parameters", Kind::Parameter, s),
            mechanisms: f.words("mechanisms", Mechanism::WORDS, s),
            acts: f.texts("acts", s).into_iter().map(|(text, _)| text).collect(),
            sources: f.texts("sources", s).into_iter().map(|(text, _)| text).collect(),
            counterparties,
            relations,
            note: f.text_opt("note", s),
            origin: item.at.clone(),
        }
    }

    fn counterparties(&mut self, f: &mut Fields<'_>) -> Vec<Counterparty> {
        let s = &mut self.sink;
        let rows = f.rows("counterparty", "[{ act = \"report\", roles = [\"…\"] }]", s);
        let mut counterparties = Vec::new();
        for mut f in rows {
            let counterparty = Counterparty {
                act: f.word("act", CounterpartyAct::WORDS, CounterpartyAct::With, s),
                roles: f.references("roles", Kind::Role, s),
                note: f.text_opt("note", s),
            };
            if counterparty.roles.is_empty() {
                s.push(
                    Code::MissingKey,
                    &f.at_key("roles"),
                    format!("{}に役割がありません。", f.what()),
                    "roles = [\"ciso\"] のように一つ以上書いてください。",
                );
            }
            f.finish(s);
            counterparties.push(counterparty);
        }
        counterparties
    }

    fn relations(&mut self, own: &str, f: &mut Fields<'_>) -> Vec<Relation> {
        let rows = f.rows("relations", "[{ kind = \"same\", to = \"…/…\" }]", &mut self.sink);
        let mut relations = Vec::new();
        for mut f in rows {
            let s = &mut self.sink;
            let relation = Relation {
                kind: f.word("kind", RelationKind::WORDS, RelationKind::Same, s),
                to: f.text("to", s),
            };
            if !relation.to.is_empty() {
                self.relation_target(own, &relation.to, &f);
            }
            f.finish(&mut self.sink);
            relations.push(relation);
        }
        relations
    }

    /// The other statement must exist when its folder is present; an absent body's can only be looked at from outside.
    fn relation_target(&mut self, own: &str, to: &str, f: &Fields<'_>) {
        let at = f.at_key("to");
        let folder = to.split_once('/').filter(|(folder, rest)| !folder.is_empty() && !rest.is_empty());
        let Some((folder, _)) = folder.filter(|_| is_id(to, true)) else {
            self.sink.push(
                Code::WrongId,
                &at,
                format!("{}の「to」は statement の id の形ではありません。", f.what()),
                "to = \"asahi/6(2)\" のように、フォルダの名前から書いてください。",
            );
            return;
        };
        if to == own {
            self.sink.push(
                Code::WrongValue,
                &at,
                format!("{}が自分自身「{to}」を指しています。", f.what()),
                "別の statement の id を書くか、この行を消してください。",
            );
            return;
        }
        if self.merged.item(Kind::Statement, to).is_some() {
            return;
        }
        let Some((written, _)) = self.library.read(folder) else { return };
        let items = written.items.get(&Kind::Statement);
        if items.is_some_and(|items| items.get(to).is_some()) {
            return;
        }
        let ids = items.into_iter().flat_map(|items| items.list.iter().map(|i| i.id.as_str()));
        let instead = match nearest(to, ids) {
            Some(near) => format!("「{near}」ではありませんか。"),
            None => format!("フォルダ {folder} にある statement の id を書いてください。"),
        };
        self.sink.push(
            Code::UnknownReference,
            &at,
            format!("{}の「to」が指す statement「{to}」がありません。", f.what()),
            instead,
        );
    }

    pub(super) fn parameter(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Parameter {
        let s = &mut self.sink;
        let kind = f.word("type", ParameterType::WORDS, ParameterType::Text, s);
        let mut parameter = Parameter {
            id: item.id.clone(),
            title: f.text("title", s),
            clause: f.reference_opt("clause", Kind::Clause, s),
            kind,
            min: f.number_opt("min", s),
            max: f.number_opt("max", s),
            choices: f.texts("choices", s).into_iter().map(|(text, _)| text).collect(),
            value: None,
            suggested: None,
            needed: f.flag("needed", false, s),
            decided: f.text_opt("decided", s),
            note: f.text_opt("note", s),
            origin: item.at.clone(),
            value_origin: None,
        };
        for key in ["min", "max"] {
            if f.has(key) && !kind.is_number() {
                no_effect(f, key, "数のパラメータではないので", s);
            }
        }
        if f.has("choices") && kind != ParameterType::Choice {
            no_effect(f, "choices", "type が choice ではないので", s);
        }
        if kind == ParameterType::Choice && parameter.choices.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}は選択ですが choices がありません。", f.what()),
                "choices = [\"…\", \"…\"] を書き足してください。",
            );
        }
        if let (Some(min), Some(max)) = (parameter.min, parameter.max)
            && min > max
        {
            s.push(
                Code::OutOfBounds,
                &f.at_key("min"),
                format!("{}の min({min})が max({max})より大きいです。", f.what()),
                "min を max 以下にしてください。",
            );
        }
        if let Some(node) = f.any("value") {
            parameter.value = value(f.what(), "value", node, &parameter, s);
            parameter.value_origin = Some(node.at.clone());
        }
        if let Some(node) = f.any("suggested") {
            parameter.suggested = value(f.what(), "suggested", node, &parameter, s);
        }
        parameter
    }
}

/// An id in letters that every format takes.
fn ascii(f: &mut Fields<'_>, s: &mut Sink) -> String {
    let ascii = f.text("ascii", s);
    let fits = ascii.len() <= 120
        && ascii.starts_with(|c: char| c.is_ascii_alphabetic())
        && ascii.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if !ascii.is_empty() && !fits {
        s.push(
            Code::WrongId,
            &f.at_key("ascii"),
            format!("{}の ascii「{ascii}」は使えません。", f.what()),
            "英字から始まり、英数字と . _ - だけの 120 文字以内にしてください(例: narita-2.2.2.2_s1)。",
        );
    }
    ascii
}

pub(super) fn number(value: Option<&ParameterValue>) -> Option<u64> {
    match value {
        Some(ParameterValue::Number(number)) => Some(*number),
        _ => None,
    }
}

/// A parameter's value, of its type and inside its bounds.
fn value(what: &str, key: &str, node: &Node, p: &Parameter, sink: &mut Sink) -> Option<ParameterValue> {
    match (&node.value, p.kind) {
        (Value::Text(text), ParameterType::Text) => Some(ParameterValue::Text(text.clone())),
        (Value::Bool(flag), ParameterType::Flag) => Some(ParameterValue::Flag(*flag)),
        (Value::Text(text), ParameterType::Choice) => {
            if !p.choices.contains(text) {
                sink.push(
                    Code::OutOfBounds,
                    &node.at,
                    format!("{what}の {key}「{text}」は選べる値ではありません。"),
                    format!("次のどれかを書いてください: {}", p.choices.join("、")),
                );
            }
            Some(ParameterValue::Text(text.clone()))
        }
        (Value::Integer(integer), kind) if kind.is_number() => {
            let (min, max) = (p.min.unwrap_or(0), p.max.unwrap_or(i64::MAX as u64));
            match u64::try_from(*integer) {
                Ok(number) if (min..=max).contains(&number) => Some(ParameterValue::Number(number)),
                _ => {
                    let bounds = match (p.min, p.max) {
                        (Some(min), Some(max)) => format!("{min} から {max} まで"),
                        (Some(min), None) => format!("{min} 以上"),
                        (None, Some(max)) => format!("{max} 以下"),
                        (None, None) => "0 以上".to_owned(),
                    };
                    sink.push(
                        Code::OutOfBounds,
                        &node.at,
                        format!("{what}の {key}({integer})が範囲の外です。"),
                        format!("{bounds}の整数を書いてください({})。", kind.title_ja()),
                    );
                    None
                }
            }
        }
        (other, kind) => {
            sink.push(
                Code::WrongType,
                &node.at,
                format!(
                    "{what}の {key} は {}({})で書きます({}になっています)。",
                    kind.id(),
                    kind.title_ja(),
                    other.type_ja()
                ),
                match kind {
                    ParameterType::Text | ParameterType::Choice => {
                        format!("{key} = \"…\" のように書いてください。")
                    }
                    ParameterType::Flag => format!("{key} = true か {key} = false と書いてください。"),
                    _ => format!("{key} = 1 のように、引用符なしの整数で書いてください。"),
                },
            );
            None
        }
    }
}
