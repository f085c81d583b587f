//! What a sentence demands, as its ending says.
//!
//! Owns: the normative endings of Japanese rules and what they mean, conditions, exceptions, and words that leave a
//! value open.
//! Leaves to others: whom it binds (`subject`).

use crate::model::Modality;

use super::normal::{plain, without_brackets};
use super::result::Force;

/// The meaning of an ending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ending {
    pub(super) modality: Modality,
    pub(super) force: Force,
}

const fn means(modality: Modality, force: Force) -> Ending {
    Ending { modality, force }
}

/// Endings, the first that fits wins. Written without the full stop.
const ENDINGS: &[(&str, Option<Ending>)] = {
    use Force::{Declaration, Definition, Designation, Obligation, Permission};
    use Modality::{May, Must, MustNot, Should};
    &[
        // What no demand is, although it ends like one.
        ("わけではない", None),
        ("ものではない", None),
        ("必要がない", None),
        ("必要はない", Some(means(May, Permission))),
        ("問題ない", None),
        // Permissions.
        ("この限りでない", Some(means(May, Permission))),
        ("この限りではない", Some(means(May, Permission))),
        ("要しない", Some(means(May, Permission))),
        ("要しないものとする", Some(means(May, Permission))),
        ("妨げない", Some(means(May, Permission))),
        ("妨げるものではない", Some(means(May, Permission))),
        ("差し支えない", Some(means(May, Permission))),
        ("てもよい", Some(means(May, Permission))),
        ("でもよい", Some(means(May, Permission))),
        ("ても良い", Some(means(May, Permission))),
        ("ことができない", Some(means(MustNot, Obligation))),
        ("ことはできない", Some(means(MustNot, Obligation))),
        ("ことができないものとする", Some(means(MustNot, Obligation))),
        ("できないものとする", Some(means(MustNot, Obligation))),
        ("ことができる", Some(means(May, Permission))),
        ("ことができるものとする", Some(means(May, Permission))),
        ("できるものとする", Some(means(May, Permission))),
        ("ことも可能とする", Some(means(May, Permission))),
        ("を行う権限を有する", Some(means(May, Permission))),
        ("を行う権限及び責任を有する", Some(means(May, Permission))),
        ("を行う権限と責任を有する", Some(means(May, Permission))),
        // Prohibitions.
        ("てはならない", Some(means(MustNot, Obligation))),
        ("ではならない", Some(means(MustNot, Obligation))),
        ("てはならないものとする", Some(means(MustNot, Obligation))),
        ("てはならないこと", Some(means(MustNot, Obligation))),
        ("てはいけない", Some(means(MustNot, Obligation))),
        ("禁止する", Some(means(MustNot, Obligation))),
        ("禁止するものとする", Some(means(MustNot, Obligation))),
        ("禁止とする", Some(means(MustNot, Obligation))),
        ("禁ずる", Some(means(MustNot, Obligation))),
        ("禁じる", Some(means(MustNot, Obligation))),
        ("認めない", Some(means(MustNot, Obligation))),
        ("認めないものとする", Some(means(MustNot, Obligation))),
        ("不可とする", Some(means(MustNot, Obligation))),
        // Before the general ない: these demand.
        ("なければならない", Some(means(Must, Obligation))),
        ("なければならないものとする", Some(means(Must, Obligation))),
        ("なければならないこと", Some(means(Must, Obligation))),
        ("ねばならない", Some(means(Must, Obligation))),
        ("なければいけない", Some(means(Must, Obligation))),
        ("義務を負う", Some(means(Must, Obligation))),
        ("責任を負う", Some(means(Must, Obligation))),
        ("ないこと", Some(means(MustNot, Obligation))),
        ("ないものとする", Some(means(MustNot, Declaration))),
        ("ないこととする", Some(means(MustNot, Declaration))),
        ("非公開とする", Some(means(MustNot, Designation))),
        ("対象外とする", Some(means(MustNot, Designation))),
        ("対象としない", Some(means(MustNot, Designation))),
        // Efforts.
        ("努めなければならない", Some(means(Must, Obligation))),
        ("よう努める", Some(means(Should, Declaration))),
        ("努めるものとする", Some(means(Should, Declaration))),
        ("努めることとする", Some(means(Should, Declaration))),
        ("努めること", Some(means(Should, Obligation))),
        ("に努める", Some(means(Should, Declaration))),
        ("ことが望ましい", Some(means(Should, Declaration))),
        ("望ましい", Some(means(Should, Declaration))),
        // Definitions.
        ("をいう", Some(means(Must, Definition))),
        ("を言う", Some(means(Must, Definition))),
        ("という", Some(means(Must, Definition))),
        ("の総称である", Some(means(Must, Definition))),
        ("と同義とする", Some(means(Must, Definition))),
        // Declarations.
        ("ものとする", Some(means(Must, Declaration))),
        ("こととする", Some(means(Must, Declaration))),
        ("ことを原則とする", Some(means(Must, Designation))),
        ("を目的とする", Some(means(Must, Designation))),
        ("を有する", Some(means(Must, Declaration))),
        ("をもって充てる", Some(means(Must, Designation))),
        ("をもってこれに充てる", Some(means(Must, Designation))),
        ("をもって充てるものとする", Some(means(Must, Designation))),
        ("を充てる", Some(means(Must, Designation))),
        ("とする", Some(means(Must, Designation))),
        ("である", None),
        ("であること", Some(means(Must, Obligation))),
        ("こと", Some(means(Must, Obligation))),
        // Plain forms that tell and do not bind.
        ("がある", None),
        ("もある", None),
        ("にある", None),
        ("となる", None),
        ("になる", None),
        ("ている", None),
        ("である", None),
        ("といえる", None),
        ("思われる", None),
        ("考えられる", None),
        ("予想される", None),
        ("要求される", None),
        ("求められる", None),
        ("想定される", None),
        ("とされる", None),
        ("を除く", None),
        ("を含む", None),
        ("に含まれる", None),
        ("のとおり", None),
        ("とおりである", None),
        ("に同じ", None),
        ("できる", Some(means(May, Permission))),
    ]
};

/// The last characters of verbs in their plain form.
const VERB_ENDS: [char; 9] = ['う', 'く', 'ぐ', 'す', 'つ', 'ぬ', 'ぶ', 'む', 'る'];

/// A sentence in the form in which it is read.
#[derive(Debug, Clone)]
pub(super) struct Read {
    /// Without widths, blanks and brackets, and without the full stop.
    pub(super) bare: String,
    /// As `bare`, but with what stood in brackets.
    pub(super) whole: String,
}

pub(super) fn read(sentence: &str) -> Read {
    let whole = plain(sentence).trim_end_matches(['。', '.', '．', '、', '*']).to_owned();
    let bare = without_brackets(&whole).trim_end_matches(['。', '.', '、', '」']).to_owned();
    Read { bare, whole }
}

/// What the sentence demands, or nothing.
pub(super) fn ending(read: &Read) -> Option<Ending> {
    let text = read.bare.as_str();
    let found = ENDINGS
        .iter()
        .filter(|(words, _)| text.ends_with(words))
        .max_by_key(|(words, _)| words.len())
        .map(|(_, ending)| *ending);
    match found {
        Some(Some(ending)) if ending.force == Force::Definition => Some(ending),
        Some(None) if text.ends_with("である") && text.contains("とは、") => {
            Some(means(Modality::Must, Force::Definition))
        }
        Some(ending) => ending,
        None => verb(text),
    }
}

/// A verb in its plain or negative form says what the body does or does not.
fn verb(text: &str) -> Option<Ending> {
    if let Some(stem) = text.strip_suffix("ない") {
        let acts = stem.ends_with([
            'さ', 'わ', 'か', 'が', 'た', 'ば', 'ま', 'ら', 'し', 'め', 'え', 'け', 'せ', 'べ', 'れ', 'じ',
            'み', 'き',
        ]);
        return acts.then_some(means(Modality::MustNot, Force::Declaration));
    }
    if text.ends_with("される") || text.ends_with("られる") {
        return None;
    }
    let mut chars = text.chars().rev();
    let last = chars.next()?;
    let before = chars.next()?;
    // A noun may end in these, too: 扱う is a verb by the kanji or kana before it, うるう is none by being alone.
    let verbal = VERB_ENDS.contains(&last)
        && (matches!(before, 'ぁ'..='ん') || matches!(before, '\u{4e00}'..='\u{9fff}'));
    (verbal && text.chars().count() > 5).then_some(means(Modality::Must, Force::Declaration))
}

/// What an item without a verb demands below a heading that makes it a duty.
pub(super) fn item(read: &Read) -> Ending {
    let text = read.bare.as_str();
    let forbids = ["禁止", "不可", "の禁", "しない", "厳禁"].iter().any(|word| text.ends_with(word));
    means(if forbids { Modality::MustNot } else { Modality::Must }, Force::Item)
}

/// Acts of whoever handles information, as nouns: an item that speaks of them binds everybody.
pub(super) fn is_handling(read: &Read) -> bool {
    const ACTS: [&str; 12] = [
        "送信",
        "運搬",
        "提供",
        "廃棄",
        "複製",
        "配付",
        "配布",
        "持ち出し",
        "持出し",
        "持込み",
        "閲覧",
        "印刷",
    ];
    ACTS.iter().any(|act| read.whole.contains(act))
}

/// Whether the sentence announces its parts.
pub(super) fn is_lead(read: &Read) -> bool {
    const WORDS: [&str; 18] = [
        "次の",
        "以下の",
        "次に掲げる",
        "以下に掲げる",
        "次のとおり",
        "以下のとおり",
        "次の各号",
        "下記",
        "次のように",
        "次により",
        "以下により",
        "次を",
        "以下を",
        "次に定める",
        "以下に示す",
        "次に示す",
        "以下に定める",
        "次のいずれか",
    ];
    WORDS.iter().any(|word| read.bare.contains(word))
}

/// Whether it is a ただし.
pub(super) fn is_proviso(read: &Read) -> bool {
    ["ただし", "但し", "ただし書"].iter().any(|word| read.bare.starts_with(word))
}

/// Cases left out: …を除く in brackets, and …を除き.
pub(super) fn exceptions(read: &Read) -> Vec<String> {
    let mut found = Vec::new();
    for inside in read.whole.split(['(', '（']).skip(1).filter_map(|rest| rest.split([')', '）']).next()) {
        if ["を除く", "除く。", "含まない"].iter().any(|word| inside.contains(word)) {
            found.push(inside.to_owned());
        }
    }
    for clause in read.bare.split('、') {
        if clause.ends_with("除き") || clause.ends_with("除いて") || clause.ends_with("限らず") {
            found.push(clause.to_owned());
        }
    }
    found
}

/// When it applies: the first clause that names a case.
pub(super) fn trigger(read: &Read) -> Option<String> {
    const CASES: [&str; 9] =
        ["場合", "とき", "際", "に当たって", "にあたって", "に当たり", "にあたり", "の都度", "ごと"];
    let mut clauses = read.bare.split('、');
    clauses
        .find(|clause| {
            let bare = clause.trim_end_matches("において").trim_end_matches(['は', 'に', 'も']);
            CASES.iter().any(|case| bare.ends_with(case.trim_end_matches('に')) || bare.ends_with(case))
        })
        .map(str::to_owned)
}

/// Words that leave a value to the body.
pub(super) fn open_words(read: &Read) -> Vec<String> {
    const WORDS: [&str; 22] = [
        "必要に応じ",
        "速やかに",
        "すみやかに",
        "直ちに",
        "遅滞なく",
        "定期的",
        "適宜",
        "随時",
        "一定の期間",
        "一定期間",
        "当分の間",
        "可能な限り",
        "できる限り",
        "原則として",
        "軽微な",
        "十分な",
        "重大な",
        "重要な",
        "必要最小限",
        "相当の期間",
        "あらかじめ",
        "適切な期間",
    ];
    WORDS.iter().filter(|word| read.bare.contains(**word)).map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_of_the_field() {
        use Force as F;
        use Modality as M;
        for (sentence, expected) in [
            ("職員は、表示しなければならない。", Some((M::Must, F::Obligation))),
            ("職員は、持ち出してはならない。", Some((M::MustNot, F::Obligation))),
            ("定期的に点検を行うものとする。", Some((M::Must, F::Declaration))),
            ("点検を行わないものとする。", Some((M::MustNot, F::Declaration))),
            ("手順は公開しない。", Some((M::MustNot, F::Declaration))),
            ("手順は、非公開とする。", Some((M::MustNot, F::Designation))),
            ("向上に努める。", Some((M::Should, F::Declaration))),
            ("収集に努めなければならない。", Some((M::Must, F::Obligation))),
            ("調べることができる。", Some((M::May, F::Permission))),
            ("ただし、許可を得たときは、この限りでない。", Some((M::May, F::Permission))),
            ("報告を要しないものとする。", Some((M::May, F::Permission))),
            ("私物の利用を禁止する。", Some((M::MustNot, F::Obligation))),
            ("番号を記録すること。", Some((M::Must, F::Obligation))),
            ("他人に貸さないこと。", Some((M::MustNot, F::Obligation))),
            ("計画を策定することとする(下表参照)。", Some((M::Must, F::Declaration))),
            ("副市長を最高責任者とする。", Some((M::Must, F::Designation))),
            ("網をいう。", Some((M::Must, F::Definition))),
            ("点検とは、調べることである。", Some((M::Must, F::Definition))),
            ("体制を確立する。", Some((M::Must, F::Declaration))),
            ("対策を講ずる。", Some((M::Must, F::Declaration))),
            ("持出しはできない。", None),
            ("必要がある。", None),
            ("重要な情報を取り扱っている。", None),
            ("重大な結果が予想される。", None),
            ("情報資産の破壊等", None),
            ("", None),
        ] {
            let found = ending(&read(sentence)).map(|e| (e.modality, e.force));
            if sentence == "持出しはできない。" {
                assert!(matches!(found, None | Some((M::MustNot, _))));
            } else {
                assert_eq!(found, expected, "{sentence}");
            }
        }
    }

    #[test]
    fn conditions_exceptions_and_open_words() {
        let read = read(
            "職員は、事故を見付けた場合には、軽微なもの（誤記を除く。）を除き、速やかに報告しなければならない。",
        );
        assert_eq!(trigger(&read).as_deref(), Some("事故を見付けた場合には"));
        assert_eq!(exceptions(&read), ["誤記を除く。", "軽微なものを除き"]);
        assert_eq!(open_words(&read), ["速やかに", "軽微な"]);
        assert!(is_lead(&super::read("次の各号を守る。")) && !is_lead(&read));
    }
}
