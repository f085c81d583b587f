//! Which layers a pack stands on, and the `[pack]` of each.
//!
//! Owns: following `extends` from the asked layer down, cycles and absent layers, the municipality's code.
//! Leaves to others: reading a layer's items (`written`, kept by `library`) and laying layers over each other (`merged`).

use crate::GUIDELINE;
use crate::fields::Fields;
use crate::library::Library;
use crate::merged::Merged;
use crate::model::{Layer, Municipality, RevisionNeed};
use crate::problem::{Code, Origin, Sink, nearest};
use crate::toml_text::Value;
use crate::written::Written;

/// The layer `id` and those below it, the lowest first; `None` when one is absent, has no `[pack]` or comes twice.
pub(crate) fn find<'l>(library: &'l Library<'_>, id: &str, sink: &mut Sink) -> Option<Vec<&'l Written>> {
    let mut chain: Vec<&Written> = Vec::new();
    // Where the next layer was named; the first one was named by the caller.
    let mut named: Option<Origin> = None;
    let mut next = Some(id.to_owned());
    while let Some(folder) = next.take() {
        let at = named.clone().unwrap_or_else(|| Origin {
            layer: folder.as_str().into(),
            file: format!("{folder}/pack.toml").into(),
            line: 1,
            column: 1,
        });
        if chain.iter().any(|w| *w.layer == *folder) {
            let path: Vec<&str> = chain.iter().map(|w| &*w.layer).chain([folder.as_str()]).collect();
            sink.push(
                Code::LayerCycle,
                &at,
                format!("層が自分自身に重なっています({})。", path.join(" → ")),
                "extends の行を消すか、下の層だけを指してください。",
            );
            return None;
        }
        let Some((written, problems)) = library.read(&folder) else {
            let instead = match nearest(&folder, library.folders()) {
                Some(near) => format!("「{near}」ではありませんか。"),
                None => format!("フォルダ {folder} を作り、pack.toml を置いてください。"),
            };
            sink.push(Code::LayerMissing, &at, format!("層「{folder}」のフォルダがありません。"), instead);
            return None;
        };
        if folder == GUIDELINE {
            sink.push(
                Code::GuidelineLayer,
                &at,
                format!("指針の層「{GUIDELINE}」は方針パックの横に置くもので、重ねることも動かすこともできません。"),
                "extends には base など団体の土台を書いてください。指針との違いは check と show に出ます。",
            );
            return None;
        }
        sink.extend(problems);
        let Some(single) = &written.pack else {
            sink.push(
                Code::LayerMissing,
                &at,
                format!("フォルダ {folder} に [pack] の表がありません。"),
                format!("{folder}/pack.toml に [pack] と id = \"{folder}\" などを書いてください。"),
            );
            return None;
        };
        if let Some(entry) = single.table.get("extends")
            && let Value::Text(below) = &entry.node.value
        {
            named = Some(entry.node.at.clone());
            next = Some(below.clone());
        }
        chain.push(written);
    }
    chain.reverse();
    Some(chain)
}

/// The `[pack]` of one layer.
pub(crate) struct Head {
    pub(crate) at: Origin,
    pub(crate) layer: Layer,
    pub(crate) effective_from: Option<String>,
    pub(crate) municipality: Option<Municipality>,
    pub(crate) revision_needs: Option<Vec<RevisionNeed>>,
    pub(crate) public_page: Option<bool>,
    pub(crate) oscal_namespace: Option<String>,
}

/// Longest namespace of a body, in bytes.
const NAMESPACE_BYTES_MAX: usize = 200;

pub(crate) fn head(written: &Written, sink: &mut Sink) -> Option<Head> {
    let single = written.pack.as_ref()?;
    // References to items cannot occur in [pack], so it is read against nothing.
    let nothing = Merged::default();
    let mut f = Fields::new("[pack]".to_owned(), single.at.clone(), &single.table, &nothing);
    let id = f.text("id", sink);
    if !id.is_empty() && id != *written.layer {
        sink.push(
            Code::WrongValue,
            &f.at_key("id"),
            format!("[pack] の id「{id}」がフォルダの名前と違います。"),
            format!("id = \"{}\" と書いてください。", written.layer),
        );
    }
    let layer = Layer { id, title: f.text("title", sink), version: f.text("version", sink) };
    let effective_from = f.date_opt("effective_from", sink);
    f.text_opt("extends", sink);
    let municipality = f.table_opt("municipality", sink).map(|f| municipality(f, sink));
    let said = f.has("revision_needs");
    let needs = f.words("revision_needs", RevisionNeed::WORDS, sink);
    let public_page = f.has("public_page").then(|| f.flag("public_page", false, sink));
    let oscal_namespace = f.text_opt("oscal_namespace", sink);
    if let Some(namespace) = oscal_namespace.as_deref().filter(|n| !is_namespace(n)) {
        sink.push(
            Code::WrongValue,
            &f.at_key("oscal_namespace"),
            format!("oscal_namespace「{namespace}」は名前空間のURIではありません。"),
            "https://www.city.example.lg.jp/ns/oscal のように、https:// か http:// で始まり、/ で終わらない、空白や記号 ? # のない半角の文字列で書いてください。",
        );
    }
    f.finish(sink);
    Some(Head {
        at: single.at.clone(),
        layer,
        effective_from,
        municipality,
        revision_needs: said.then_some(needs),
        public_page,
        oscal_namespace,
    })
}

/// Whether a text can stand before `/statement/…` and be a URI then.
fn is_namespace(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/:".contains(&b);
        rest.starts_with(|c: char| c.is_ascii_alphanumeric())
            && rest.bytes().all(plain)
            && !rest.ends_with('/')
            && text.len() <= NAMESPACE_BYTES_MAX
    })
}

fn municipality(mut f: Fields<'_>, sink: &mut Sink) -> Municipality {
    let municipality = Municipality {
        name: f.text("name", sink),
        kana: f.text_opt("kana", sink),
        code: f.text("code", sink),
    };
    if f.has("code") && !municipality.code.is_empty() {
        let at = f.at_key("code");
        match check_digit(&municipality.code) {
            None => sink.push(
                Code::CheckDigit,
                &at,
                format!("団体コード「{}」が6桁の数字ではありません。", municipality.code),
                "全国地方公共団体コード6桁(最後が検査数字)を \" で囲んで書いてください。",
            ),
            Some(digit) if !municipality.code.ends_with(digit) => sink.push(
                Code::CheckDigit,
                &at,
                format!("団体コード「{}」の検査数字が合いません。", municipality.code),
                format!("初めの5桁が正しければ、最後の桁は {digit} です。"),
            ),
            Some(_) => {}
        }
    }
    f.finish(sink);
    municipality
}

/// The check digit of a six-digit 全国地方公共団体コード: the first five digits weighted 6, 5, 4, 3, 2 are
/// summed; the last digit of 11 minus the remainder by 11 (of the sum itself when it is below 11).
pub(crate) fn check_digit(code: &str) -> Option<char> {
    let digits: Vec<u32> = code.chars().map(|c| c.to_digit(10)).collect::<Option<_>>()?;
    if digits.len() != 6 || !code.is_ascii() {
        return None;
    }
    let sum: u32 = digits.iter().zip([6, 5, 4, 3, 2]).map(|(d, weight)| d * weight).sum();
    char::from_digit((11 - sum % 11) % 10, 10)
}

#[cfg(test)]
mod tests {
    use super::check_digit;

    #[test]
    fn check_digits_of_real_codes() {
        for (code, digit) in [
            ("122114", Some('4')),
            ("122157", Some('7')),
            ("122173", Some('3')),
            ("331007", Some('7')),
            ("132241", Some('1')),
            ("082082", Some('2')),
            ("010006", Some('6')),
            ("011002", Some('2')),
            ("992011", Some('1')),
            ("01100", None),
            ("0110022", None),
            ("01100x", None),
            ("", None),
            ("０１１００２", None),
        ] {
            assert_eq!(check_digit(code), digit, "{code}");
        }
    }
}
