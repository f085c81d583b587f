//! Attributes of the elements that stay.
//!
//! Owns: which of them are written, formulas and addresses among them.
//! Leaves to others: the tables (`rules`), judging formulas (`formula`).

use std::borrow::Cow;

use quick_xml::events::attributes::Attributes;
use worker_protocol::{Reason, Threat};

use super::super::{formula, rules};
use super::{Attribute, Bound, FACTS_MAX, Open, Pass, Role};
use crate::{Refusal, link, xml};

/// How a tag is spelled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelled {
    /// Spaced and quoted as this filter writes, and binding no prefix.
    pub(super) is_plain: bool,
    /// Whether all attributes that bind no prefix were taken.
    pub(super) is_whole: bool,
}

/// What the name of an attribute says.
#[derive(Debug, Clone, Copy)]
pub(super) struct AttributeFacts<'t> {
    prefix: &'static str,
    local: &'t str,
    /// Whether its name is one that can be written.
    is_writable: bool,
    is_formula: bool,
    is_own_spelling: bool,
}

impl<'t> Pass<'t, '_, '_, '_, '_> {
    /// Reads the attributes that can be written and opens the prefixes that the tag binds.
    pub(super) fn read_attributes(
        &mut self,
        raw: &'t str,
        name: &'t str,
        attributes: &mut Vec<Attribute<'t>>,
    ) -> Result<Spelled, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        attributes.clear();
        let inner = raw.get(1..raw.len().saturating_sub(1)).unwrap_or_default();
        let inner = inner.strip_suffix('/').unwrap_or(inner);
        if inner.len() == name.len() {
            return Ok(Spelled { is_plain: true, is_whole: true });
        }
        let has_bindings = inner.contains("xmlns");
        if has_bindings {
            for attribute in Attributes::new(inner, name.len()) {
                let attribute = attribute.map_err(|_| damaged)?;
                let (key, Cow::Borrowed(value)) = (attribute.key.into_inner(), attribute.value) else {
                    return Err(damaged);
                };
                if let Some(prefix) = bound_prefix(key) {
                    self.bind(prefix, value)?;
                }
            }
        }
        let (mut is_plain, mut is_whole) = (true, true);
        let mut at = name.len();
        for attribute in Attributes::new(inner, name.len()) {
            let attribute = attribute.map_err(|_| damaged)?;
            let (key, Cow::Borrowed(raw_value)) = (attribute.key.into_inner(), attribute.value) else {
                return Err(damaged);
            };
            let quote = at + 1 + key.len();
            let is_spaced = inner.get(at..at + 1) == Some(" ") && inner.get(quote..quote + 2) == Some("=\"");
            is_plain &= is_spaced;
            at = quote + 3 + raw_value.len();
            if has_bindings && bound_prefix(key).is_some() {
                is_plain = false;
                continue;
            }
            let facts = self.attribute_facts_of(key)?;
            let is_repeated = |a: &Attribute<'_>| a.prefix == facts.prefix && a.local == facts.local;
            if !facts.is_writable || attributes.iter().any(is_repeated) {
                (is_plain, is_whole) = (false, false);
                continue;
            }
            let spelling = xml::Spelling::of(raw_value);
            attributes.push(Attribute {
                prefix: facts.prefix,
                local: facts.local,
                value: if spelling.is_plain && !spelling.has_reference {
                    Cow::Borrowed(raw_value)
                } else {
                    xml::unescaped_value(raw_value)?
                },
                is_formula: facts.is_formula,
                is_own_spelling: facts.is_own_spelling && spelling.is_plain,
            });
        }
        is_plain &= inner.get(at..).is_some_and(|rest| rest.trim().is_empty());
        Ok(Spelled { is_plain, is_whole })
    }

    /// What the name of an attribute says.
    fn attribute_facts_of(&mut self, key: &'t str) -> Result<AttributeFacts<'t>, Refusal> {
        if let Some(facts) = self.attribute_facts.get(key) {
            return Ok(*facts);
        }
        let (own_prefix, local) = key.split_once(':').unwrap_or(("", key));
        // A name without a prefix is in no namespace, whatever elements without one are in.
        let bound = if own_prefix.is_empty() { None } else { self.bound(own_prefix)? };
        let prefix = bound.map_or("", |bound| bound.attribute);
        let facts = AttributeFacts {
            prefix,
            local,
            is_writable: local.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')),
            is_formula: rules::is_formula(prefix, local),
            is_own_spelling: own_prefix == prefix,
        };
        if self.attribute_facts.len() >= FACTS_MAX {
            self.attribute_facts.clear();
        }
        self.attribute_facts.insert(key, facts);
        Ok(facts)
    }

    /// The value an attribute is written with, or nothing when it goes.
    pub(super) fn attribute(
        &mut self,
        element_prefix: &'static str,
        element: &str,
        attribute: &Attribute<'t>,
        open: &mut Open<'t>,
    ) -> Result<Option<Cow<'t, str>>, Refusal> {
        let Attribute { prefix, local, value, .. } = attribute;
        let (prefix, local) = (*prefix, *local);
        let kept = || Ok(Some(value.clone()));
        match (prefix, local) {
            ("script", _) => {
                self.report(Threat::Script);
                Ok(None)
            }
            ("foreign", _) => {
                self.report(Threat::Unknown);
                Ok(None)
            }
            ("", _) if element_prefix == "math" && rules::is_math_attribute(local) => kept(),
            ("" | "config" | "of" | "ooo" | "ooow" | "oooc" | "msoxl", _) if element_prefix != "config" => {
                Ok(None)
            }
            ("xlink", "href") => {
                Ok(self.href(element_prefix, element, value, open)?.map(|new| instead(value, new)))
            }
            ("xlink", "type" | "show" | "actuate") => {
                let known = ["simple", "embed", "new", "replace", "none", "onLoad", "onRequest", "other"];
                Ok(known.contains(&&**value).then(|| value.clone()))
            }
            ("xlink", _) => Ok(None),
            ("xml", "id" | "lang" | "space") => kept(),
            ("xml", _) => Ok(None),
            ("form", "control-implementation") => {
                let name = value.rsplit(':').next().unwrap_or_default();
                let is_plain = name
                    .strip_prefix("com.sun.star.form.component.")
                    .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric()));
                Ok(is_plain.then(|| instead(value, format!("ooo:{name}"))))
            }
            ("form", "image-data") => Ok(None),
            ("form", "button-type") if value != "push" => {
                self.report(Threat::Action);
                Ok(None)
            }
            _ if rules::is_data_source(prefix, local) => {
                if !value.is_empty()
                    && !matches!(local, "command-type" | "method" | "enctype" | "bound-column")
                {
                    self.report(Threat::DataConnection);
                }
                Ok(None)
            }
            ("draw" | "loext", "mime-type") | ("draw", "class-id" | "filter-name") => Ok(None),
            ("text", "fixed") if rules::shows_metadata(element) => Ok(Some(Cow::Borrowed("true"))),
            ("text", "c") => Ok(clamped(value, 10_000)),
            ("table", "number-columns-repeated" | "number-columns-spanned") => Ok(clamped(value, 16_384)),
            ("table", "number-rows-repeated" | "number-rows-spanned") => Ok(clamped(value, 1_048_576)),
            _ if attribute.is_formula => {
                Ok(self.formula(element_prefix, element, local, value).map(|new| instead(value, new)))
            }
            ("office", "string-value") | ("table" | "draw" | "text", "name") | ("text", "string-value") => {
                kept()
            }
            _ if rules::is_dangerous_address(value) => {
                self.report(Threat::Script);
                Ok(None)
            }
            _ => kept(),
        }
    }

    /// A formula under the prefix its grammar has here; nothing when it may not stay.
    pub(super) fn formula(
        &mut self,
        element_prefix: &str,
        element: &str,
        local: &str,
        value: &str,
    ) -> Option<String> {
        let is_cell = element_prefix == "table" && local == "formula";
        if self.walk.strict && is_cell && element != "database-range" {
            self.report(Threat::DangerousFormula);
            return None;
        }
        let (written, rest) = match value.split_once(':') {
            Some((before, rest))
                if !before.is_empty() && before.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') =>
            {
                match self.bound(before) {
                    Ok(Some(Bound { space: Some(space), .. })) => (Some(space.prefix), rest),
                    Ok(Some(_)) => {
                        // Judged as what it will be: a formula without a grammar. Under its own prefix it would be another.
                        self.out.edit();
                        (None, rest)
                    }
                    // Whoever reads it guesses the grammar, and may guess another one.
                    _ if rest.starts_with('=') => {
                        self.report(Threat::Unknown);
                        return None;
                    }
                    _ => (None, value),
                }
            }
            _ => (None, value),
        };
        if let Some(threat) = formula::danger(written.unwrap_or("of"), rest, self.walk.work.job.policy.links)
        {
            self.report(threat);
            return None;
        }
        match written {
            Some(prefix) => Some(format!("{prefix}:{rest}")),
            None => Some(value.to_owned()),
        }
    }

    /// An address: of a picture, of a document in the package, or of a link.
    pub(super) fn href(
        &mut self,
        prefix: &'static str,
        element: &str,
        value: &str,
        open: &mut Open<'t>,
    ) -> Result<Option<String>, Refusal> {
        let base = self.documents.last().map(|document| document.base.clone()).unwrap_or_default();
        match open.role {
            Role::Image | Role::Background => {
                let spot = self.spot();
                let found = self.walk.picture(&base, value, &self.part, spot)?;
                open.is_filled = found.is_some();
                // An image without a picture keeps its place; `end` decides whether something else is shown.
                if found.is_none() && open.role == Role::Image {
                    open.is_filled = false;
                    return Ok(None);
                }
                Ok(found)
            }
            Role::Object => {
                let found = self.walk.object(&base, value)?;
                open.is_filled = found.is_some();
                if found.is_none() {
                    self.report(Threat::EmbeddedObject);
                }
                Ok(found)
            }
            _ if matches!((prefix, element), ("text" | "draw", "a") | ("draw", _)) => {
                if value.starts_with('#') || link::is_kept(value, self.walk.work.job.policy.links) {
                    return Ok(Some(value.trim().to_owned()));
                }
                self.report(Threat::Hyperlink);
                Ok(None)
            }
            // A chart names the document around it, whose cells it shows.
            _ if (prefix, element) == ("chart", "chart") && matches!(value, "." | "..") => {
                Ok(Some(value.to_owned()))
            }
            _ if prefix == "form" && (value.is_empty() || value == "#") => Ok(None),
            _ => {
                self.report(if prefix == "form" { Threat::Action } else { Threat::ExternalContent });
                Ok(None)
            }
        }
    }
}

/// The prefix that an attribute binds, if it does.
fn bound_prefix(key: &str) -> Option<&str> {
    match key.strip_prefix("xmlns") {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix(':'),
        None => None,
    }
}

/// A new value, or the old one when it is the same.
fn instead<'t>(old: &Cow<'t, str>, new: String) -> Cow<'t, str> {
    if *old == new { old.clone() } else { Cow::Owned(new) }
}

fn clamped<'t>(value: &Cow<'t, str>, most: u64) -> Option<Cow<'t, str>> {
    let number = value.trim().parse::<u64>().ok()?.min(most);
    Some(instead(value, number.to_string()))
}
