//! The end of an element: what its role asks for, and what becomes of it when something in it went.
//!
//! Owns: taking elements back, pictures in the place of objects, formulas, choices without a choice.
//! Leaves to others: the mark (`stamp`), which formulas act (`formula`).

use std::collections::HashSet;

use quick_xml::events::attributes::Attributes;
use worker_protocol::{Kind, LinkPolicy, Threat};

use super::super::names::Space;
use super::super::words::Box4;
use super::super::{formula, judge, mark, objects, words, xml};
use super::{Open, Pass, Role, prefix_of};

/// Rules, of which a formula is a part.
const RULES: [&str; 4] = ["cfRule", "dataValidation", "sparkline", "definedName"];

/// Where the words of a control go that stands nowhere, in EMU: the upper left corner.
const NOWHERE: Box4 = [0, 0, 3_600_000, 360_000];

impl<'t> Pass<'t, '_> {
    pub(super) fn end(&mut self) {
        self.in_text = false;
        let Some(mut open) = self.open.pop() else { return };
        self.scopes.truncate(open.scopes_before);
        if !open.is_written {
            return;
        }
        self.finish(&mut open);
        if !open.is_written {
            return;
        }
        if open.local == "sheetData" {
            self.cell = None;
        }
        let content = self.out.get(open.content_start..).unwrap_or_default();
        if open.lost_child
            && judge::is_pruned_when_emptied(open.space, open.local)
            && content.trim().is_empty()
        {
            open.drop_at_end = true;
        }
        if open.drop_at_end {
            self.out.truncate(open.out_start);
            self.after = open.after;
            self.lose(open.local);
            return;
        }
        if open.lost_child && open.space == Space::Sheet {
            self.forget_count(&mut open);
        }
        if self.out.len() == open.content_start {
            self.out.pop();
            self.out.push_str("/>");
        } else {
            self.out.push_str("</");
            self.out.push_str(open.name);
            self.out.push('>');
        }
        self.hand_over(&open);
    }

    /// What an outer element needs to know of one that has just been written.
    fn hand_over(&mut self, open: &Open<'t>) {
        let end = self.out.len();
        let inner_end = end.saturating_sub(open.name.len() + 3).max(open.content_start.min(end));
        // What was only a cover, and is not written, is not between them.
        let Some(parent) = self.open.iter_mut().rev().find(|outer| outer.is_written) else { return };
        match (parent.role, open.role, open.local) {
            (Role::Alternatives, Role::Choice, _) => parent.has_object = true,
            (Role::Alternatives, Role::Fallback, _) | (Role::ContentControl, _, "sdtContent") => {
                parent.inner = (!open.declares).then_some((open.content_start, inner_end));
            }
            _ => {}
        }
    }

    /// A number of children that is no longer right is worse than none.
    fn forget_count(&mut self, open: &mut Open<'t>) {
        let tag = self.out.get(open.out_start..open.content_start).unwrap_or_default();
        let found = tag.find(" count=").and_then(|at| {
            let quote = tag.get(at + 7..at + 8)?;
            let rest = tag.get(at + 8..)?;
            Some((at, at + 8 + rest.find(quote)? + 1))
        });
        if let Some((from, to)) = found {
            self.out.replace_range(open.out_start + from..open.out_start + to, "");
            open.content_start -= to - from;
        }
    }

    /// The work of an element's role, once its content is written.
    fn finish(&mut self, open: &mut Open<'t>) {
        match open.role {
            Role::CellFormula | Role::RuleFormula | Role::DefinedName | Role::ControlFormula => {
                self.finish_formula(open);
            }
            Role::ChartFormula => self.strip_book(open.content_start),
            Role::Object => {
                self.note(Threat::EmbeddedObject);
                match self.open.iter_mut().rev().find(|o| o.role == Role::Frame) {
                    Some(frame) => {
                        frame.has_object = true;
                        let name = open.mention.as_deref();
                        let id = self.context.object_pictures.zip(name).and_then(|(ids, name)| ids.get(name));
                        let shown = frame.shown.get_or_insert_default();
                        shown.picture_id = id.cloned().or(shown.picture_id.take());
                    }
                    None => open.drop_at_end = true,
                }
            }
            Role::OlePicture => self.take_picture(open),
            Role::Controls => {
                self.note(Threat::ActiveX);
                open.drop_at_end = true;
                let said = self.say_controls(prefix_of(open.name));
                let pictures = std::mem::take(&mut self.control_pictures) + &said;
                let all_outside = |at: &usize| self.open.iter().all(|outer| outer.content_start <= *at);
                if let Some(at) = self.tree_end.filter(|at| *at <= open.out_start).filter(all_outside) {
                    self.out.insert_str(at, &pictures);
                    open.out_start += pictures.len();
                    open.content_start += pictures.len();
                }
            }
            Role::Control => self.controls_said.extend(open.mention.take().zip(open.shown.take())),
            Role::Plain if open.space == Space::Word && open.mention.is_some() => self.say_control(open),
            Role::Frame if open.has_object => {
                // The picture of the object stands where the object was.
                self.changed = true;
                self.after = open.after;
                let frame = self.out.get(open.content_start..).unwrap_or_default();
                let shown = open.shown.take().unwrap_or_default();
                let drawn = shown
                    .picture_id
                    .as_ref()
                    .and_then(|id| objects::slide_picture(prefix_of(open.name), frame, id));
                let picture = shown.picture.or(drawn).unwrap_or_default();
                if picture.is_empty() {
                    open.drop_at_end = true;
                } else {
                    self.replace(open, &picture);
                }
            }
            Role::GraphicData if open.lost_child => {
                let content = self.out.get(open.content_start..).unwrap_or_default();
                if content.trim().is_empty() {
                    self.drop_frame();
                }
            }
            Role::Alternatives if !open.has_object => {
                // Without a choice there is nothing to choose from.
                let inner = open.inner.filter(|_| !open.declares);
                if let Some(inner) = inner.and_then(|(from, to)| self.out.get(from..to)).map(str::to_owned) {
                    self.changed = true;
                    self.replace(open, &inner);
                }
            }
            Role::ContentControl => {
                let content = self.out.get(open.content_start..).unwrap_or_default();
                if self.context.stamp.is_some() && mark::is_marked_control(content) {
                    open.drop_at_end = true;
                } else if self.context.strict
                    && let Some(inner) =
                        open.inner.and_then(|(from, to)| self.out.get(from..to)).map(str::to_owned)
                    && !open.declares
                {
                    self.note(Threat::DynamicForm);
                    self.changed = true;
                    self.replace(open, &inner);
                }
            }
            _ => {}
        }
        if open.role == Role::ShapeTree && self.tree_end.is_none_or(|at| at < open.content_start) {
            self.tree_end = Some(self.out.len());
        }
        self.stamp_at_end(open);
        self.insert_at_end(open);
    }

    /// The words of a control, when what is left around it shows no picture of it.
    fn say_control(&mut self, open: &mut Open<'t>) {
        let content = self.out.get(open.content_start..).unwrap_or_default();
        let has_picture = content.split("imagedata").skip(1).any(|rest| {
            let tag = rest.split('>').next().unwrap_or_default();
            tag.contains("id=\"") || tag.contains("id='")
        });
        let Some(words) = open.mention.take().filter(|_| !has_picture) else { return };
        self.changed = true;
        self.count_said(&words);
        let written = words::in_run(prefix_of(open.name), &words);
        self.replace(open, &written);
    }

    /// Boxes and pictures for the controls of a slide that have no picture of their own.
    fn say_controls(&mut self, prefix: &str) -> String {
        let mut out = String::new();
        for (relation, shown) in std::mem::take(&mut self.controls_said) {
            // A control may be listed twice, once for programs that know no pictures of controls.
            if !self.controls_drawn.insert(relation) {
                continue;
            }
            // The next number is that of the mark.
            self.shape_id_max += 1;
            let id = self.shape_id_max;
            let place = shown.place.unwrap_or(NOWHERE);
            if let Some(picture) = &shown.picture_id {
                out.push_str(&words::slide_picture(prefix, id + 1, &place, picture));
            } else if let Some(words) = &shown.words {
                self.count_said(words);
                out.push_str(&words::slide_box(prefix, id + 1, &place, words));
            }
        }
        out
    }

    /// Puts something else where an element was. What it holds counts as it did.
    fn replace(&mut self, open: &mut Open<'t>, with: &str) {
        self.out.truncate(open.out_start);
        self.out.push_str(with);
        // Nothing is left to close: an element that begins and ends here, and is not written.
        open.is_written = false;
        open.out_start = self.out.len();
        open.content_start = self.out.len();
    }

    fn finish_formula(&mut self, open: &mut Open<'t>) {
        if self.context.kind != Kind::Xlsx && open.role != Role::ControlFormula {
            return;
        }
        let written = self.out.get(open.content_start..).unwrap_or_default();
        let formula = xml::unescape_own(written);
        let uses_gone = self
            .context
            .sheets
            .iter()
            .any(|sheet| !sheet.is_kept && formula::names_sheet(&formula, &sheet.untrusted_name))
            || formula::uses_name(&formula, self.context.gone_names);
        let found =
            formula::danger(&formula, self.context.links).or(uses_gone.then_some(Threat::DangerousFormula));
        let Some(threat) = found else { return };
        self.note(threat);
        open.drop_at_end = true;
        match (open.role, open.mention.take()) {
            (Role::CellFormula, group) => self.dropped_shared.extend(group),
            (_, Some(name)) => self.gone_names.push(name.to_uppercase()),
            (_, None) => {}
        }
        if open.role == Role::RuleFormula {
            let rule = self.open.iter().rposition(|outer| RULES.contains(&outer.local));
            let index = rule.unwrap_or(self.open.len().saturating_sub(1));
            if let Some(outer) = self.open.get_mut(index) {
                outer.drop_at_end = true;
            }
        }
    }

    /// Takes the picture of an object or a control out, to be put in its place.
    fn take_picture(&mut self, open: &mut Open<'t>) {
        let boundary = self.open.iter().rposition(|o| matches!(o.role, Role::Frame | Role::Controls));
        let Some((index, outer)) = boundary.and_then(|i| self.open.get(i).map(|o| (i, o))) else { return };
        let tag = self.out.get(open.out_start..open.content_start).unwrap_or_default();
        let attributes = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')).unwrap_or_default();
        // What the picture's own tag binds stands in it already.
        let own: HashSet<&str> = Attributes::new(attributes, open.name.len())
            .flatten()
            .map(|attribute| attribute.key.into_inner())
            .collect();
        let insert = self.declarations(outer.scopes_before, &own);
        let written = self.out.get(open.out_start..).unwrap_or_default();
        let tag = format!("<{}", open.name);
        let Some(rest) = written.strip_prefix(&tag) else { return };
        let picture = format!("{tag}{insert}{rest}</{}>", open.name);
        if let Some(outer) = self.open.get_mut(index) {
            if outer.role == Role::Controls {
                self.control_pictures.push_str(&picture);
                let control = self.open.iter().rev().find(|o| o.role == Role::Control);
                self.controls_drawn.extend(control.and_then(|control| control.mention.clone()));
            } else {
                outer.shown.get_or_insert_default().picture = Some(picture);
            }
        }
    }

    /// A frame around nothing goes, and so does the anchor that held it.
    fn drop_frame(&mut self) {
        let Some(index) = self.open.iter().rposition(|o| matches!(o.local, "graphicFrame" | "drawing"))
        else {
            return;
        };
        for at in [Some(index), index.checked_sub(1)].into_iter().flatten() {
            if let Some(open) = self.open.get_mut(at)
                && (at == index || open.local.ends_with("Anchor"))
            {
                open.drop_at_end = true;
            }
        }
    }

    /// `[1]Sheet1!A1` in a chart names a book that is no longer linked; the chart shows its stored values.
    fn strip_book(&mut self, content_start: usize) {
        let written = self.out.get(content_start..).unwrap_or_default();
        let mut formula = xml::unescape_own(written).into_owned();
        if formula::danger(&formula, LinkPolicy::Keep).is_none() {
            return;
        }
        if let Some((before, rest)) = formula.split_once('[')
            && let Some((_, after)) = rest.split_once(']')
            && before.trim_matches('\'').is_empty()
        {
            formula = format!("{before}{after}");
        }
        if formula::danger(&formula, LinkPolicy::Keep).is_some() {
            formula = "#REF!".to_owned();
        }
        self.note(Threat::ExternalContent);
        self.changed = true;
        self.out.truncate(content_start);
        xml::push_text(&mut self.out, &formula);
    }
}
