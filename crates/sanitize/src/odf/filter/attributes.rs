//! Attributes of the elements that stay.
//!
//! Owns: which of them are written, formulas and addresses among them.
//! Leaves to others: the tables (`rules`), judging formulas (`formula`).

use quick_xml::events::BytesStart;
use quick_xml::name::{NamespaceResolver, QName, ResolveResult};
use worker_protocol::{Reason, Threat};

use super::super::{formula, names, rules};
use super::{Attribute, Open, Pass, Role};
use crate::{Refusal, link, xml};

impl Pass<'_, '_, '_, '_> {
    /// The attributes of known namespaces.
    pub(super) fn attributes(
        &mut self,
        start: &BytesStart<'_>,
        resolver: &NamespaceResolver,
    ) -> Result<Vec<Attribute>, Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        let mut attributes: Vec<Attribute> = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| damaged)?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let local = attribute.key.local_name().as_ref().to_owned();
            let prefix = match resolver.resolve_attribute(attribute.key).0 {
                ResolveResult::Bound(namespace) => match names::space(namespace.as_ref()) {
                    Some(space) => space.prefix,
                    None if namespace.as_ref().ends_with(":script:1.0") => "script",
                    None => "foreign",
                },
                ResolveResult::Unbound => "",
                ResolveResult::Unknown(_) => return Err(damaged),
            };
            let is_plain = local.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
            if !is_plain || attributes.iter().any(|a| a.prefix == prefix && a.local == local) {
                continue;
            }
            attributes.push(Attribute { prefix, local, value: xml::attribute_value(&attribute)? });
        }
        Ok(attributes)
    }

    /// The value an attribute is written with, or nothing when it goes.
    pub(super) fn attribute(
        &mut self,
        element_prefix: &'static str,
        element: &str,
        attribute: &Attribute,
        resolver: &NamespaceResolver,
        open: &mut Open,
    ) -> Result<Option<String>, Refusal> {
        let Attribute { prefix, local, value } = attribute;
        let (prefix, local) = (*prefix, local.as_str());
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
            ("xlink", "href") => self.href(element_prefix, element, value, open),
            ("xlink", "type" | "show" | "actuate") => {
                let known = ["simple", "embed", "new", "replace", "none", "onLoad", "onRequest", "other"];
                Ok(known.contains(&value.as_str()).then(|| value.clone()))
            }
            ("xlink", _) => Ok(None),
            ("xml", "id" | "lang" | "space") => kept(),
            ("xml", _) => Ok(None),
            ("form", "control-implementation") => {
                let name = value.rsplit(':').next().unwrap_or_default();
                let is_plain = name
                    .strip_prefix("com.sun.star.form.component.")
                    .is_some_and(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric()));
                Ok(is_plain.then(|| format!("ooo:{name}")))
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
            ("text", "fixed") if rules::shows_metadata(element) => Ok(Some("true".to_owned())),
            ("text", "c") => Ok(clamped(value, 10_000)),
            ("table", "number-columns-repeated" | "number-columns-spanned") => Ok(clamped(value, 16_384)),
            ("table", "number-rows-repeated" | "number-rows-spanned") => Ok(clamped(value, 1_048_576)),
            _ if rules::is_formula(prefix, local) => {
                Ok(self.formula(element_prefix, element, local, value, resolver))
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
        resolver: &NamespaceResolver,
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
                let probe = format!("{before}:x");
                match resolver.resolve_element(QName(&probe)).0 {
                    ResolveResult::Bound(namespace) => {
                        (names::space(namespace.as_ref()).map(|s| s.prefix), rest)
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
        open: &mut Open,
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

fn clamped(value: &str, most: u64) -> Option<String> {
    value.trim().parse::<u64>().ok().map(|n| n.min(most).to_string())
}
