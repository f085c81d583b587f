//! What national guidelines recommend, beside the packs.
//!
//! Owns: reading the layer `guideline` and comparing a pack's values with it. A value outside is a divergence: it is
//! shown, never changed and never an error, because the body decides.
//! Leaves to others: showing it.

use crate::GUIDELINE;
use crate::fields::Fields;
use crate::layers;
use crate::library::Library;
use crate::merged::Merged;
use crate::model::{Pack, Parameter, ParameterType, ParameterValue, Statement};
use crate::problem::{Code, Origin, Sink, nearest};
use crate::toml_text::Value;
use crate::written::{Item, Kind};

/// One recommendation about one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guideline {
    /// Id.
    pub id: String,
    /// The parameter it is about, in whichever packs have it.
    pub parameter: String,
    /// The smallest number it recommends.
    pub min: Option<u64>,
    /// The largest.
    pub max: Option<u64>,
    /// The one value it recommends.
    pub value: Option<ParameterValue>,
    /// What it asks for, in a few words.
    pub title: String,
    /// Why.
    pub reason: String,
    /// The name of the guideline.
    pub source: String,
    /// Where it was written.
    pub origin: Origin,
}

impl Guideline {
    /// Whether a value is as recommended. A value of another type is not compared.
    #[must_use]
    pub fn holds(&self, value: &ParameterValue) -> bool {
        let bounds = match value {
            ParameterValue::Number(number) => {
                self.min.is_none_or(|min| *number >= min) && self.max.is_none_or(|max| *number <= max)
            }
            ParameterValue::Text(_) | ParameterValue::Flag(_) => true,
        };
        let same = match (&self.value, value) {
            (Some(ParameterValue::Number(a)), ParameterValue::Number(b)) => a == b,
            (Some(ParameterValue::Text(a)), ParameterValue::Text(b)) => a == b,
            (Some(ParameterValue::Flag(a)), ParameterValue::Flag(b)) => a == b,
            _ => true,
        };
        bounds && same
    }

    /// What is recommended, for people: `8 以上`.
    #[must_use]
    pub fn wanted_ja(&self) -> String {
        match (&self.value, self.min, self.max) {
            (Some(value), ..) => value.to_string(),
            (None, Some(min), Some(max)) => format!("{min} 以上 {max} 以下"),
            (None, Some(min), None) => format!("{min} 以上"),
            (None, None, Some(max)) => format!("{max} 以下"),
            (None, None, None) => String::new(),
        }
    }
}

/// A value of a pack that is not what a guideline recommends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Divergence<'p> {
    /// The recommendation.
    pub guideline: &'p Guideline,
    /// The parameter.
    pub parameter: &'p Parameter,
    /// Its value.
    pub value: &'p ParameterValue,
}

impl Pack {
    /// Values that are not what the guideline layer recommends, in its order.
    pub fn divergences(&self) -> impl Iterator<Item = Divergence<'_>> {
        self.guidelines.iter().filter_map(|guideline| {
            let parameter = self.parameter(&guideline.parameter)?;
            let value = parameter.value.as_ref().filter(|value| !guideline.holds(value))?;
            Some(Divergence { guideline, parameter, value })
        })
    }

    /// Those about parameters that a statement leaves open.
    pub fn divergences_of<'p>(&'p self, statement: &'p Statement) -> impl Iterator<Item = Divergence<'p>> {
        self.divergences().filter(|d| statement.parameters.contains(&d.parameter.id))
    }
}

/// The recommendations of the layer `guideline`; none when there is no such folder.
pub(crate) fn read(library: &Library<'_>, sink: &mut Sink) -> Vec<Guideline> {
    let Some((written, problems)) = library.read(GUIDELINE) else { return Vec::new() };
    sink.extend(problems);
    match &written.pack {
        Some(single) => {
            if let Some(entry) = single.table.get("extends") {
                sink.push(
                    Code::GuidelineLayer,
                    &entry.key_at,
                    format!("指針の層「{GUIDELINE}」は何の上にも重なりません。"),
                    "extends の行を消してください。",
                );
            }
            layers::head(written, sink);
        }
        None => sink.push(
            Code::LayerMissing,
            &Origin {
                layer: GUIDELINE.into(),
                file: format!("{GUIDELINE}/pack.toml").into(),
                line: 1,
                column: 1,
            },
            format!("フォルダ {GUIDELINE} に [pack] の表がありません。"),
            format!("{GUIDELINE}/pack.toml に [pack] と id = \"{GUIDELINE}\" などを書いてください。"),
        ),
    }
    let items = written.items.get(&Kind::Guideline).map_or(&[][..], |items| &items.list);
    items.iter().map(|item| one(item, library, sink)).collect()
}

fn one(item: &Item, library: &Library<'_>, s: &mut Sink) -> Guideline {
    // Recommendations refer to no item of their own layer.
    let nothing = Merged::default();
    let mut f = Fields::new(format!("guideline「{}」", item.id), item.at.clone(), &item.table, &nothing);
    let guideline = Guideline {
        id: item.id.clone(),
        parameter: f.text("parameter", s),
        min: f.number_opt("min", s),
        max: f.number_opt("max", s),
        value: f.any("value").and_then(|node| match &node.value {
            Value::Text(text) => Some(ParameterValue::Text(text.clone())),
            Value::Bool(flag) => Some(ParameterValue::Flag(*flag)),
            Value::Integer(number) => u64::try_from(*number).ok().map(ParameterValue::Number),
            _ => None,
        }),
        title: f.text("title", s),
        reason: f.text("reason", s),
        source: f.text("source", s),
        origin: item.at.clone(),
    };
    if f.has("value") && guideline.value.is_none() {
        s.push(
            Code::WrongType,
            &f.at_key("value"),
            format!("{}の「value」は 0 以上の整数、文字列、true か false で書きます。", f.what()),
            "推奨する値を一つ書いてください。",
        );
    }
    match (f.has("value"), f.has("min") || f.has("max")) {
        (false, false) => s.push(
            Code::MissingKey,
            &f.at,
            format!("{}に推奨する値がありません。", f.what()),
            "min、max、value のどれかを書いてください。",
        ),
        (true, true) => s.push(
            Code::WrongValue,
            &f.at_key("value"),
            format!("{}に value と min・max が両方あります。", f.what()),
            "一つの値なら value だけ、範囲なら min と max だけにしてください。",
        ),
        _ => {}
    }
    if let (Some(min), Some(max)) = (guideline.min, guideline.max)
        && min > max
    {
        s.push(
            Code::OutOfBounds,
            &f.at_key("min"),
            format!("{}の min({min})が max({max})より大きいです。", f.what()),
            "min を max 以下にしてください。",
        );
    }
    if !guideline.parameter.is_empty() {
        known(&guideline, &f, library, s);
    }
    f.finish(s);
    guideline
}

/// A recommendation is about a parameter that some pack has, and of its type.
fn known(guideline: &Guideline, f: &Fields<'_>, library: &Library<'_>, s: &mut Sink) {
    let id = &guideline.parameter;
    let mut found = library.find(Kind::Parameter, id).peekable();
    if found.peek().is_none() {
        let all = library.packs().filter_map(|folder| library.read(folder)).flat_map(|(written, _)| {
            let items = written.items.get(&Kind::Parameter);
            items.into_iter().flat_map(|items| items.list.iter().map(|i| i.id.as_str()))
        });
        let instead = match nearest(id, all) {
            Some(near) => format!("「{near}」ではありませんか。"),
            None => "base か団体のフォルダにある [[parameter]] の id を書いてください。".to_owned(),
        };
        s.push(
            Code::UnknownReference,
            &f.at_key("parameter"),
            format!("{}の「parameter」が指す parameter「{id}」が、どの層にもありません。", f.what()),
            instead,
        );
        return;
    }
    // A layer above may override without repeating the type.
    let kind = found.find_map(|item| match &item.table.get("type")?.node.value {
        Value::Text(word) => ParameterType::from_id(word),
        _ => None,
    });
    let Some(kind) = kind else { return };
    let fits = match &guideline.value {
        Some(ParameterValue::Number(_)) => kind.is_number(),
        Some(ParameterValue::Text(_)) => matches!(kind, ParameterType::Text | ParameterType::Choice),
        Some(ParameterValue::Flag(_)) => kind == ParameterType::Flag,
        None => kind.is_number(),
    };
    if !fits {
        s.push(
            Code::ParameterType,
            &f.at,
            format!("{}の値は、parameter「{id}」の型 {} と比べられません。", f.what(), kind.id()),
            "数の型には min・max か整数の value、bool には true か false、文と選択には文字列を書いてください。",
        );
    }
}
