//! A start tag: its attributes read, judged and written.
//!
//! Owns: the prefixes that a tag binds, and those that it has to bind again when the tags around it are not written.
//! Leaves to others: which attributes act (`judge`).

use std::borrow::Cow;
use std::collections::HashSet;

use quick_xml::events::attributes::Attributes;
use worker_protocol::{Reason, Threat};

use super::super::judge::{self, Fate, Verdict};
use super::super::names::{self, Space};
use super::super::xml;
use super::{Attribute, Pass, local_of};
use crate::Refusal;
use crate::scopes::Binding;

impl<'t> Pass<'t, '_> {
    /// Reads the attributes of a tag and opens the prefixes that it binds.
    pub(super) fn read_attributes(&mut self, raw: &'t str, name: &'t str) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        self.attributes.clear();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        if inner.len() == name.len() {
            return Ok(());
        }
        for attribute in Attributes::new(inner, name.len()) {
            let attribute = attribute.map_err(|_| damaged)?;
            let Cow::Borrowed(value) = attribute.value else { return Err(damaged) };
            if value.contains('<') {
                return Err(damaged);
            }
            let key: &'t str = attribute.key.into_inner();
            let is_declaration = key == "xmlns" || key.starts_with("xmlns:");
            if is_declaration {
                let uri = xml::unescaped(value)?;
                self.scopes.push(key.strip_prefix("xmlns:").unwrap_or_default(), value, names::known(&uri));
            }
            self.attributes.push(Attribute {
                key,
                local: local_of(key),
                raw: value,
                is_declaration,
                verdict: Verdict::Keep,
            });
        }
        Ok(())
    }

    /// Judges one attribute of the tag at hand. True when the tag has to be written differently.
    pub(super) fn judge_attribute(
        &mut self,
        index: usize,
        space: Space,
        element: &str,
        is_named: bool,
        fate: &mut Fate,
    ) -> Result<bool, Refusal> {
        let Some(attribute) = self.attributes.get(index) else { return Ok(false) };
        if attribute.is_declaration {
            return Ok(false);
        }
        let (key, local, raw) = (attribute.key, attribute.local, attribute.raw);
        let own_space = if key.len() == local.len() {
            Some(space)
        } else {
            let prefix = key.get(..key.len() - local.len() - 1).unwrap_or_default();
            self.resolve(prefix)?.map(|known| known.space)
        };
        let verdict = match own_space {
            None => Verdict::Drop(Some(Threat::Extension)),
            Some(own) => {
                let value = xml::unescaped(raw)?;
                let is_relation = own == Space::Relation || (own == Space::Office && local == "relid");
                if is_relation && !value.is_empty() && !self.context.kept_ids.contains(&*value) {
                    if !judge::is_optional_relation(space, element, local) && matches!(fate, Fate::Keep(_)) {
                        // The relation was reported when it was dropped; without it this element is broken.
                        *fate = Fate::Drop(None);
                    }
                    Verdict::Drop(None)
                } else if is_relation {
                    Verdict::Keep
                } else if !is_named && !is_simple_attribute(local, &value) {
                    Verdict::Drop(Some(Threat::Extension))
                } else {
                    judge::attribute(self.context, space, element, own, local, &value)
                }
            }
        };
        let edited = verdict != Verdict::Keep;
        if let Verdict::Drop(Some(threat)) | Verdict::Replace(threat, _) = verdict
            && matches!(fate, Fate::Keep(_))
        {
            match threat {
                // A reader sees no difference, so the place in the page says nothing.
                Threat::Extension => self.findings.add(threat, self.context.part),
                threat => self.note(threat),
            }
        }
        if let Some(attribute) = self.attributes.get_mut(index) {
            attribute.verdict = verdict;
        }
        Ok(edited)
    }

    pub(super) fn write_tag(&mut self, raw: &str, name: &str, is_empty: bool, edited: bool) {
        // Prefixes that were bound by tags which are not written.
        let unwritten = self.open.iter().rev().take_while(|open| !open.is_written);
        let needs_prefixes = unwritten.clone().any(|open| open.declares);
        if !edited && !needs_prefixes {
            let body = raw.get(..raw.len() - if is_empty { 2 } else { 1 }).unwrap_or_default();
            self.out.push_str(body.trim_end());
            self.out.push('>');
            return;
        }
        self.changed = true;
        let first_scope = unwritten.last().map_or(self.scopes.len(), |open| open.scopes_before);
        self.out.push('<');
        self.out.push_str(name);
        if needs_prefixes {
            let own: HashSet<&str> =
                self.attributes.iter().filter(|a| a.is_declaration).map(|a| a.key).collect();
            let insert = self.declarations(first_scope, &own);
            self.out.push_str(&insert);
        }
        for attribute in &self.attributes {
            let value = match &attribute.verdict {
                Verdict::Keep => Cow::Borrowed(attribute.raw),
                Verdict::Write(value) => xml::escape_attribute(value),
                Verdict::Replace(_, value) => Cow::Borrowed(*value),
                Verdict::Drop(_) => continue,
            };
            let quote = if value.contains('"') { '\'' } else { '"' };
            self.out.push(' ');
            self.out.push_str(attribute.key);
            self.out.push('=');
            self.out.push(quote);
            self.out.push_str(&value);
            self.out.push(quote);
        }
        self.out.push('>');
    }

    /// The prefixes bound since a place in the scopes, innermost first, as they are written in a tag.
    pub(super) fn declarations(&self, first_scope: usize, without: &HashSet<&str>) -> String {
        let mut seen: HashSet<String> = without.iter().map(|key| (*key).to_owned()).collect();
        let mut out = String::new();
        for Binding { prefix, written: uri, .. } in self.scopes.iter().skip(first_scope).rev() {
            let key = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            if seen.insert(key.clone()) {
                let quote = if uri.contains('"') { '\'' } else { '"' };
                out.push_str(&format!(" {key}={quote}{uri}{quote}"));
            }
        }
        out
    }
}

/// Attributes of the bare elements in text boxes.
fn is_simple_attribute(local: &str, value: &str) -> bool {
    matches!(local, "style" | "align" | "face" | "size" | "color") && !value.contains(['(', '\\', '@', '/'])
}
