//! What is read in a course: Markdown becomes the parts of a page.
//!
//! Owns: which part of Markdown a reading text may use (headings, paragraphs, lists), so that nothing in it can load or run
//! anything, and what is said of the rest. Leaves parsing to `pulldown-cmark`, and pages and their bounds to `resolve`.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

use crate::model::PageBlock;
use crate::problem::{Code, Origin, Sink};

/// The parts of a page; `at` is the place of its text.
pub(crate) fn blocks(text: &str, at: &Origin, sink: &mut Sink) -> Vec<PageBlock> {
    let mut reader = Reader { text, at, sink, blocks: Vec::new(), words: String::new(), list: None };
    for (event, range) in Parser::new(text).into_offset_iter() {
        reader.take(&event, &range);
    }
    reader.blocks
}

struct Reader<'t, 's> {
    text: &'t str,
    at: &'t Origin,
    sink: &'s mut Sink,
    blocks: Vec<PageBlock>,
    /// The words of the part that is being read.
    words: String,
    /// The list that is being read.
    list: Option<(bool, Vec<String>)>,
}

impl Reader<'_, '_> {
    fn take(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                self.words.clear();
                self.refuse("# の見出し(ページの見出しは title に書きます)", range);
            }
            Event::Start(Tag::Heading { .. } | Tag::Paragraph | Tag::Item) => self.words.clear(),
            Event::Start(Tag::List(_)) if self.list.is_some() => self.refuse("入れ子の箇条書き", range),
            Event::Start(Tag::List(first)) => self.list = Some((first.is_some(), Vec::new())),
            Event::Start(Tag::Emphasis | Tag::Strong) => {}
            Event::End(TagEnd::Heading(_)) => {
                let words = std::mem::take(&mut self.words);
                self.blocks.push(PageBlock::Heading(words));
            }
            // In a list whose items stand apart the words of an item are a paragraph of their own.
            Event::End(TagEnd::Paragraph) if self.list.is_some() => {}
            Event::End(TagEnd::Paragraph) => {
                let words = std::mem::take(&mut self.words);
                self.blocks.push(PageBlock::Text(words));
            }
            Event::End(TagEnd::Item) => {
                let words = std::mem::take(&mut self.words);
                if let Some((_, items)) = self.list.as_mut().filter(|_| !words.is_empty()) {
                    items.push(words);
                }
            }
            Event::End(TagEnd::List(_)) => {
                if let Some((numbered, items)) = self.list.take() {
                    self.blocks.push(PageBlock::List { numbered, items });
                }
            }
            Event::Text(words) | Event::Code(words) => self.words.push_str(words),
            // Lines of one paragraph: Japanese is written without blanks between words.
            Event::SoftBreak if self.words.ends_with(|c: char| c.is_ascii_alphanumeric()) => {
                self.words.push(' ');
            }
            Event::HardBreak => self.words.push('\n'),
            Event::Start(Tag::Link { .. }) => self.refuse("リンク", range),
            Event::Start(Tag::Image { .. }) => self.refuse("画像", range),
            Event::Start(Tag::CodeBlock(_)) => self.refuse("コードの囲み", range),
            Event::Start(Tag::BlockQuote(_)) => self.refuse("引用の囲み", range),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => self.refuse("HTML", range),
            Event::Rule => self.refuse("区切り線", range),
            _ => {}
        }
    }

    fn refuse(&mut self, what: &str, range: &Range<usize>) {
        let before = self.text.get(..range.start).unwrap_or_default();
        // A text of several lines begins in the line behind its key.
        let lines = before.matches('\n').count() + usize::from(self.text.contains('\n'));
        let line = self.at.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.sink.push(
            Code::WrongValue,
            &Origin { line, ..self.at.clone() },
            format!("教材に、使えない書き方({what})があります。"),
            "## の見出し、段落、- や 1. の箇条書きだけを使って書いてください。",
        );
    }
}
