//! Text in the form in which the spellings of one word are equal, and the way back to the text.
//!
//! Owns: the one normal form of the house for comparing and searching. Width, case and compatibility (NFKC), blanks inside
//! words, kana of either kind, small and half-width kana, the long mark (サーバ, サーバー), dashes, old and new kanji, and the
//! words of `table` (強靱 and 強じん, 御 and ご, 取り扱い and 取扱) are the same in it.
//! Leaves to others: what is compared, and the text itself, which is always kept and shown as it was.
//!
//! Hiragana and katakana are one: whoever types むがいか or モレ means 無害化 as little as before, but ヒモ付け finds ひも付け.

mod table;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::canonical_combining_class;

/// What a reader of policies takes for a blank: also the ideographic one, marks of byte order, zero width.
pub(crate) fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{feff}' | '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{ad}')
}

/// The form in which spellings of one word are equal.
#[must_use]
pub fn folded(text: &str) -> String {
    fold(text).iter().map(|piece| piece.c).collect()
}

/// A text in that form that knows where each of its characters comes from.
pub(crate) struct Folded {
    text: String,
    /// For each character: where it begins in `text`, and the bytes of the original that it stands for.
    pieces: Vec<(usize, Range<usize>)>,
}

impl Folded {
    pub(crate) fn new(original: &str) -> Self {
        let mut text = String::with_capacity(original.len());
        let mut pieces = Vec::with_capacity(original.len() / 2);
        for piece in fold(original) {
            pieces.push((text.len(), piece.start..piece.end));
            text.push(piece.c);
        }
        Self { text, pieces }
    }

    /// Where in the original a folded word stands, from left to right.
    pub(crate) fn places(&self, word: &str) -> Vec<Range<usize>> {
        if word.is_empty() {
            return Vec::new();
        }
        let piece_at = |byte: usize| self.pieces.partition_point(|(at, _)| *at < byte);
        let place = |at: usize| {
            let inside = self.pieces.get(piece_at(at)..piece_at(at + word.len()))?;
            // A word that was written in another order of kana and kanji may cover more than its ends.
            let start = inside.iter().map(|(_, r)| r.start).min()?;
            Some(start..inside.iter().map(|(_, r)| r.end).max()?)
        };
        self.text.match_indices(word).filter_map(|(at, _)| place(at)).collect()
    }
}

/// A character of the normal form and the bytes of the original that it stands for.
#[derive(Debug, Clone, Copy)]
struct Piece {
    c: char,
    start: usize,
    end: usize,
}

fn fold(text: &str) -> Vec<Piece> {
    let plain = kana(long_marks(composed(text)));
    compounds(words(plain))
}

/// NFKC and small letters, each character with the marks behind it; without blanks and variants of glyphs.
fn composed(text: &str) -> Vec<Piece> {
    let mut out = Vec::with_capacity(text.len() / 2);
    let mut rest = text.char_indices().peekable();
    while let Some((start, first)) = rest.next() {
        let mut end = start + first.len_utf8();
        while let Some((at, c)) = rest.next_if(|(_, c)| is_mark(*c)) {
            end = at + c.len_utf8();
        }
        let whole = text.get(start..end).unwrap_or("");
        let mut push = |c: char| {
            if !is_blank(c) && !is_selector(c) {
                out.push(Piece { c: plain(c), start, end });
            }
        };
        if first.is_ascii() && end - start == 1 {
            push(first.to_ascii_lowercase());
        } else {
            whole.nfkc().flat_map(char::to_lowercase).for_each(&mut push);
        }
    }
    out
}

/// What belongs to the character before it.
fn is_mark(c: char) -> bool {
    canonical_combining_class(c) != 0 || matches!(c, '\u{ff9e}' | '\u{ff9f}') || is_selector(c)
}

/// What only chooses the look of a character.
fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// One character for those that are written for each other.
fn plain(c: char) -> char {
    match c {
        ',' => '、',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2500}' => '-',
        '\u{301c}' => '~',
        'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' => {
            // The full-size letter follows the small one.
            char::from_u32(u32::from(c) + 1).unwrap_or(c)
        }
        'ヵ' | 'ゕ' => 'カ',
        'ヶ' | 'ゖ' => 'ケ',
        c => NEW.get(&c).copied().unwrap_or(c),
    }
}

static NEW: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let mut letters = table::OLD_AND_NEW.chars();
    let mut new = HashMap::new();
    while let (Some(old), Some(form)) = (letters.next(), letters.next()) {
        new.insert(old, form);
    }
    new
});

/// サーバー and サーバ are one word; the rule of technical writing keeps the mark in short words only. A dash among katakana is
/// the mark mistyped.
fn long_marks(mut pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut run = 0_usize;
    let is_letter = |c: char| matches!(c, 'ァ'..='ヺ');
    for piece in &mut pieces {
        if piece.c == '-' && run > 0 && out.last().is_some_and(|before| is_letter(before.c)) {
            piece.c = 'ー';
        }
        if is_letter(piece.c) || (piece.c == 'ー' && run > 0) {
            run += 1;
        } else {
            end_of_run(&mut out, run);
            run = 0;
        }
        out.push(*piece);
    }
    end_of_run(&mut out, run);
    out
}

fn end_of_run(out: &mut Vec<Piece>, length: usize) {
    if length >= 4 && out.last().is_some_and(|last| last.c == 'ー') {
        let mark = out.pop();
        if let (Some(mark), Some(before)) = (mark, out.last_mut()) {
            before.end = before.end.max(mark.end);
        }
    }
}

fn kana(mut pieces: Vec<Piece>) -> Vec<Piece> {
    for piece in &mut pieces {
        if matches!(piece.c, 'ぁ'..='ゖ') {
            piece.c = char::from_u32(u32::from(piece.c) + 0x60).unwrap_or(piece.c);
        }
    }
    pieces
}

/// A way of writing and the one that stands for it, both as they look once everything else is folded.
type Way = (Vec<char>, Vec<char>);

/// By their first character, the longest first.
static WAYS: LazyLock<HashMap<char, Vec<Way>>> = LazyLock::new(|| {
    let form = |word: &str| -> Vec<char> {
        // Not `long_marks`: inside a compound the mark is not at the end of its run.
        kana(composed(word)).iter().map(|p| p.c).collect()
    };
    let mut ways: HashMap<char, Vec<Way>> = HashMap::new();
    for (from, to) in table::WORDS {
        let from = form(from);
        if let Some(first) = from.first() {
            ways.entry(*first).or_default().push((from, form(to)));
        }
    }
    for list in ways.values_mut() {
        list.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    }
    ways
});

fn words(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out = Vec::with_capacity(pieces.len());
    let mut rest = pieces.as_slice();
    while let Some((first, behind)) = rest.split_first() {
        let ways = WAYS.get(&first.c).map_or(&[][..], Vec::as_slice);
        let begins =
            |from: &[char]| rest.len() >= from.len() && rest.iter().zip(from).all(|(piece, c)| piece.c == *c);
        let Some((from, to)) = ways.iter().find(|(from, _)| begins(from)) else {
            out.push(*first);
            rest = behind;
            continue;
        };
        let (taken, left) = rest.split_at(from.len());
        let (start, end) = (first.start, taken.last().map_or(first.end, |last| last.end));
        // What ends alike keeps its own places, so that a part of the word is marked and not the whole.
        let alike = from.iter().rev().zip(to.iter().rev()).take_while(|(a, b)| a == b).count();
        let changed_end =
            taken.len().checked_sub(alike + 1).and_then(|n| taken.get(n)).map_or(end, |p| p.end);
        let changed = to.len() - alike.min(to.len());
        out.extend(to.iter().take(changed).map(|c| Piece { c: *c, start, end: changed_end }));
        if changed == 0 && alike < taken.len() {
            // Nothing stands for what was left out: the character behind it takes it in.
            let kept = taken.get(taken.len() - alike..).unwrap_or_default();
            out.extend(
                kept.iter()
                    .enumerate()
                    .map(|(n, p)| Piece { start: if n == 0 { start } else { p.start }, ..*p }),
            );
        } else {
            out.extend(taken.iter().skip(taken.len() - alike).copied());
        }
        rest = left;
    }
    out
}

/// 取り扱い, 取扱い and 取扱 become 取扱.
fn compounds(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::with_capacity(pieces.len());
    let mut rest = pieces.as_slice();
    // The kanji before, when it is the first part of a compound.
    let mut in_compound = false;
    while let Some((piece, behind)) = rest.split_first() {
        out.push(*piece);
        rest = behind;
        let ending = |table: &[(char, &str)]| {
            let fits = |kana: &str| {
                let count = kana.chars().count();
                let same = behind.iter().zip(kana.chars()).filter(|(p, c)| p.c == *c).count();
                (same == count).then_some(count)
            };
            table.iter().filter(|(kanji, _)| *kanji == piece.c).find_map(|(_, kana)| fits(kana))
        };
        let mut dropped = 0;
        if in_compound && let Some(count) = ending(table::SECOND) {
            dropped = count;
        }
        let is_first = table::FIRST.iter().any(|(kanji, _)| *kanji == piece.c);
        if dropped == 0
            && is_first
            && let Some(count) = ending(table::FIRST)
            && behind.get(count).is_some_and(|next| is_kanji(next.c))
        {
            dropped = count;
        }
        let (gone, left) = rest.split_at(dropped.min(rest.len()));
        if let (Some(gone), Some(last)) = (gone.last(), out.last_mut()) {
            last.end = last.end.max(gone.end);
        }
        rest = left;
        in_compound = is_first && rest.first().is_some_and(|next| is_kanji(next.c));
    }
    out
}

fn is_kanji(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '々')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_equal() {
        for (a, b) in [
            ("強靱性", "強靭性"),
            ("強じん性", "強靭性"),
            ("強じん化", "強靱化"),
            ("サーバー", "サーバ"),
            ("サーバールーム", "サーバルーム"),
            ("ファイルサーバーの管理", "ファイルサーバの管理"),
            ("コンピューター室", "コンピュータ室"),
            ("ファイアーウォール", "ファイヤウォール"),
            ("ＬＧＷＡＮ 接続系", "LGWAN接続系"),
            ("lgwan", "ＬＧＷＡＮ"),
            ("ソフトウエア", "ソフトウェア"),
            ("目　次", "目次"),
            ("ﾈｯﾄﾜｰｸ", "ネットワーク"),
            ("ﾊﾞｯｸｱｯﾌﾟ", "バックアップ"),
            ("ハ\u{3099}ックアップ", "バックアップ"),
            ("サ－バ室", "サーバ室"),
            ("，", "、"),
            ("取り扱い", "取扱"),
            ("取扱い", "取扱"),
            ("申し込み", "申込"),
            ("申込み", "申込"),
            ("持ち出し許可", "持出許可"),
            ("引き継ぎ", "引継ぎ"),
            ("受け取り", "受取"),
            ("問い合わせ", "問合せ"),
            ("立ち入り", "立入"),
            ("手続き", "手続"),
            ("見直し", "見直"),
            ("差し戻し", "差戻"),
            ("届け出", "届出"),
            ("組み合わせ", "組合せ"),
            ("行なう", "行う"),
            ("御案内", "ご案内"),
            ("ヒモ付け", "ひも付け"),
            ("3か月", "３ヶ月"),
            ("3箇月", "3ヵ月"),
            ("二箇所", "二か所"),
            ("及び", "および"),
            ("漏えい", "漏洩"),
            ("改ざん", "改竄"),
            ("附則", "付則"),
            ("國體", "国体"),
            ("髙﨑", "高崎"),
            ("邊\u{e0100}", "辺"),
            ("①", "1"),
            ("２.２(2)②", "2.2(2)2"),
            ("Web", "ウェブ"),
            ("ウィルス", "ウイルス"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
    }

    #[test]
    fn what_differs_stays_different() {
        for (a, b) in [
            ("エラー", "エラ"),
            ("コード", "コド"),
            ("制御", "制ご"),
            ("防御", "防ご"),
            ("組み合わせ", "組合"),
            ("機密性", "完全性"),
            ("管理者", "監理者"),
            ("2026-04-01", "20260401"),
            ("", "1"),
        ] {
            assert_ne!(folded(a), folded(b), "{a} {b}");
        }
    }

    #[test]
    fn found_words_are_shown_as_they_were_written() {
        for (text, word, shown) in [
            ("ファイルサーバーの管理", "サーバ", &["サーバー"][..]),
            ("サーバールームとサーバ", "ｻｰﾊﾞ", &["サーバー", "サーバ"]),
            ("情報の取り扱いを定める", "取扱", &["取り扱い"]),
            ("取扱いを定め、取り扱わない", "取扱", &["取扱い", "取り扱"]),
            ("自治体情報システム強じん性向上", "強靭", &["強じん"]),
            ("ﾈｯﾄﾜｰｸを分ける", "ネットワーク", &["ﾈｯﾄﾜｰｸ"]),
            ("目　次", "目次", &["目　次"]),
            ("3ヶ月ごと", "か月", &["ヶ月"]),
            ("できる限り", "出来る", &["できる"]),
            ("行なわない", "行わない", &["行なわない"]),
            ("何もない", "サーバ", &[]),
            ("", "サーバ", &[]),
            ("サーバ", "", &[]),
        ] {
            let places = Folded::new(text).places(&folded(word));
            let was: Vec<&str> = places.into_iter().map(|r| text.get(r).unwrap()).collect();
            assert_eq!(was, shown, "{text} {word}");
        }
    }

    #[test]
    fn the_table_says_each_thing_once() {
        let letters: Vec<char> = table::OLD_AND_NEW.chars().collect();
        assert_eq!(letters.len() % 2, 0);
        assert_eq!(NEW.len(), letters.len() / 2, "an old form is there twice");
        for pair in letters.chunks(2) {
            assert_ne!(pair[0], pair[1], "{pair:?}");
            assert!(!NEW.contains_key(&pair[1]), "{pair:?}: the new form is old elsewhere");
        }
        for (from, to) in table::WORDS {
            // Applied to what it makes, a way changes nothing more.
            assert_eq!(folded(from), folded(to), "{from} {to}");
            assert_eq!(folded(&folded(to)), folded(to), "{to}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_form_and_every_place_is_in_it(text in "\\PC{0,60}", word in "\\PC{0,4}") {
            let form = Folded::new(&text);
            proptest::prop_assert_eq!(&form.text, &folded(&text));
            for place in form.places(&folded(&word)) {
                proptest::prop_assert!(text.get(place).is_some_and(|t| !t.is_empty()));
            }
        }

        #[test]
        fn a_text_holds_itself(text in "[ぁ-んァ-ヶ一-龠a-zA-Z0-9 ー、。]{1,40}") {
            let form = folded(&text);
            let places = Folded::new(&text).places(&form);
            proptest::prop_assert_eq!(places.len(), usize::from(!form.is_empty()));
        }
    }
}
