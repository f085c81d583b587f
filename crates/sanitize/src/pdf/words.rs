//! The words of a clean PDF, as text.
//!
//! Owns: lines and gaps, from where glyphs stand on the page.
//! Leaves to others: which glyph means which character (hayro), making the PDF clean first.

use hayro::hayro_interpret::font::GlyphRun;
use hayro::hayro_interpret::hayro_cmap::{BfString, WritingMode};
use hayro::hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, SoftMask, TransformExt, interpret_page,
};
use hayro::hayro_syntax::Pdf;
use hayro::kurbo::{Affine, BezPath, Point, Rect};
use worker_protocol::Reason;

use crate::Refusal;

/// What could be read, and what could not.
pub(super) struct Words {
    pub(super) text: String,
    /// Characters that have a meaning, without white space.
    pub(super) characters: u64,
    /// Glyphs of which the file does not say what they mean.
    pub(super) unreadable: u64,
}

/// The text of all pages, one after the other, with an empty line between them.
pub(super) fn read(clean: &[u8]) -> Result<Words, Refusal> {
    let pdf = Pdf::new(clean.to_vec()).map_err(|_| Refusal::held(Reason::Damaged))?;
    let mut reader = Reader::default();
    for page in pdf.pages().iter() {
        let (width, height) = page.render_dimensions();
        let bounds = Rect::new(0.0, 0.0, f64::from(width), f64::from(height));
        let cache = InterpreterCache::new();
        let transform: Affine = page.initial_transform(true).to_kurbo();
        let mut context =
            Context::new(transform, bounds, &cache, page.xref(), InterpreterSettings::default());
        interpret_page(page, &mut context, &mut reader);
        reader.end_page();
    }
    let characters = reader.text.chars().filter(|c| !c.is_whitespace() && *c != '\u{FFFD}').count() as u64;
    Ok(Words { text: reader.text, characters, unreadable: reader.unreadable })
}

#[derive(Default)]
struct Reader {
    text: String,
    unreadable: u64,
    /// Where the next character would stand if it followed the last one, and how large that was.
    next: Option<(Point, f64)>,
}

impl Reader {
    fn end_page(&mut self) {
        self.next = None;
        while self.text.ends_with([' ', '\n']) {
            self.text.pop();
        }
        if !self.text.is_empty() {
            self.text.push_str("\n\n");
        }
    }

    /// A gap or a new line before a character that stands here.
    fn space(&mut self, at: Point, size: f64, mode: WritingMode) {
        let Some((expected, last_size)) = self.next else { return };
        let size = size.max(last_size).max(0.1);
        let (along, across) = match mode {
            WritingMode::Horizontal => (at.x - expected.x, at.y - expected.y),
            WritingMode::Vertical => (at.y - expected.y, at.x - expected.x),
        };
        if across.abs() > size * 0.6 || along < -size * 1.5 {
            if !self.text.ends_with('\n') {
                self.text.push('\n');
            }
        } else if along > size * 0.18 && !self.text.ends_with([' ', '\n']) {
            self.text.push(' ');
        }
    }
}

impl<'a> Device<'a> for Reader {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        for glyph in run.glyphs() {
            let transform = props.transform * glyph.transform();
            let at = transform * Point::ORIGIN;
            let em = transform * Point::new(1000.0, 0.0);
            let size = (em - at).hypot();
            if !at.is_finite() || !size.is_finite() {
                continue;
            }
            self.space(at, size, run.writing_mode());
            match glyph.as_unicode() {
                Some(BfString::Char(c)) => self.push(c),
                Some(BfString::String(several)) => several.chars().for_each(|c| self.push(c)),
                None => {
                    self.unreadable += 1;
                    self.text.push('\u{FFFD}');
                }
            }
            let advance = match &**glyph {
                hayro::hayro_interpret::font::Glyph::Outline(outline) => outline.advance_width(),
                hayro::hayro_interpret::font::Glyph::Type3(glyph) => glyph.advance_width(),
            };
            let advance = f64::from(advance.unwrap_or(500.0));
            let next = match run.writing_mode() {
                WritingMode::Horizontal => transform * Point::new(advance, 0.0),
                WritingMode::Vertical => transform * Point::new(0.0, -1000.0),
            };
            self.next = Some((next, size));
        }
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}

impl Reader {
    fn push(&mut self, c: char) {
        match c {
            '\u{FFFD}' => {
                self.unreadable += 1;
                self.text.push(c);
            }
            '\n' | '\r' | '\t' | '\u{A0}' => self.text.push(' '),
            c if c.is_control() => {}
            c => self.text.push(c),
        }
    }
}
