//! Characters and pairs of characters with the places where they stand.
//!
//! Owns the two tokenizers. Their texts are in the normal form of spellings already. A place counts characters, so that pairs
//! at neighbouring places overlap by one: a word is where its pairs stand as far apart as in it.

use std::str::CharIndices;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// The name of [`Letters`] in an index.
pub(crate) const LETTERS: &str = "letters";
/// The name of [`Pairs`] in an index.
pub(crate) const PAIRS: &str = "pairs";

/// Single characters.
#[derive(Clone, Default)]
pub(crate) struct Letters(Token);

/// Pairs of neighbouring characters.
#[derive(Clone, Default)]
pub(crate) struct Pairs(Token);

/// The tokens of a text.
pub(crate) struct Stream<'a> {
    chars: CharIndices<'a>,
    /// The character at which the next pair begins; of no use to single characters.
    before: Option<(usize, char)>,
    in_pairs: bool,
    token: &'a mut Token,
}

impl Tokenizer for Letters {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.0.reset();
        Stream { chars: text.char_indices(), before: None, in_pairs: false, token: &mut self.0 }
    }
}

impl Tokenizer for Pairs {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        self.0.reset();
        let mut chars = text.char_indices();
        let before = chars.next();
        Stream { chars, before, in_pairs: true, token: &mut self.0 }
    }
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        let Some((at, c)) = self.chars.next() else { return false };
        self.token.text.clear();
        self.token.offset_from = at;
        if self.in_pairs {
            let Some((begins, first)) = self.before.replace((at, c)) else { return false };
            self.token.text.push(first);
            // A pair ends a place behind it begins, so that the next text does not seem to go on with it.
            self.token.position_length = 2;
            self.token.offset_from = begins;
        }
        self.token.text.push(c);
        self.token.offset_to = at + c.len_utf8();
        // A fresh token stands before the first place.
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
