//! Actions: those that only move the reader, and naming those that are left behind.
//!
//! Owns: jumps inside the document, page turns, links under the policy; chains of actions.
//! Leaves to others: where actions may stand (`schema`), which schemes a link may have (`link`).

use std::collections::HashSet;

use lopdf::{Dictionary, Object};
use worker_protocol::{Mode, Threat};

use super::copy::Copy;
use super::schema::{self, Role, Shape};
use crate::{Refusal, link};

impl Copy<'_, '_, '_> {
    /// An action that only moves the reader, written with nothing but what that needs.
    pub(super) fn action(&mut self, action: &Object) -> Result<Object, Refusal> {
        let Some(action) = self.resolved_dictionary(action) else { return Ok(Object::Null) };
        let kind = self.name_of(&action, b"S").to_vec();
        if let Some(threat) = schema::threat_of_action(&kind) {
            self.report(threat);
            if let Ok(next) = action.get(b"Next") {
                self.report_actions(next);
            }
            return Ok(Object::Null);
        }
        if let Ok(next) = action.get(b"Next") {
            self.report(Threat::Action);
            self.report_actions(next);
        }
        let mut kept = Dictionary::new();
        kept.set("S", Object::Name(kind.clone()));
        match kind.as_slice() {
            b"GoTo" => {
                let Ok(destination) = action.get(b"D") else { return Ok(Object::Null) };
                let destination = self.value(destination, Shape::Of(Role::Destination), 1)?;
                if destination.is_null() {
                    return Ok(Object::Null);
                }
                kept.set("D", destination);
            }
            b"Named" => {
                let name = self.name_of(&action, b"N").to_vec();
                if !matches!(name.as_slice(), b"NextPage" | b"PrevPage" | b"FirstPage" | b"LastPage") {
                    self.report(Threat::Action);
                    return Ok(Object::Null);
                }
                kept.set("N", Object::Name(name));
            }
            _ => {
                let target = action.get(b"URI").ok().map(|target| self.resolved(target).clone());
                let Some(Object::String(bytes, format)) = target else {
                    self.report(Threat::Hyperlink);
                    return Ok(Object::Null);
                };
                let policy = self.work.job.policy.links;
                let is_kept =
                    self.mode != Mode::Strict && link::is_kept(&String::from_utf8_lossy(&bytes), policy);
                if !is_kept {
                    self.report(Threat::Hyperlink);
                    return Ok(Object::Null);
                }
                kept.set("URI", Object::String(bytes, format));
            }
        }
        Ok(Object::Dictionary(kept))
    }

    /// Names every action in something that is left behind, also those that follow one another.
    pub(super) fn report_actions(&mut self, object: &Object) {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting = vec![(object, 0u32)];
        let source = self.source;
        while let Some((object, depth)) = waiting.pop() {
            if depth > 32 || seen.len() > 1000 || found.len() > 1000 {
                break;
            }
            match object {
                Object::Reference(id) => {
                    if seen.insert(*id)
                        && let Ok(next) = source.get_object(*id)
                    {
                        waiting.push((next, depth + 1));
                    }
                }
                Object::Array(items) => waiting.extend(items.iter().take(1000).map(|item| (item, depth + 1))),
                Object::Dictionary(dictionary) => {
                    let kind = dictionary.get(b"S").ok().map(|kind| self.resolved(kind));
                    if let Some(Object::Name(kind)) = kind {
                        found.extend(schema::threat_of_action(kind));
                        waiting.extend(dictionary.get(b"Next").ok().map(|next| (next, depth + 1)));
                    } else if depth < 4 {
                        // Additional actions: one under each trigger.
                        let inner = dictionary.iter().filter(|(key, _)| key.len() <= 2);
                        waiting.extend(inner.map(|(_, value)| (value, depth + 1)));
                    }
                }
                _ => {}
            }
        }
        for threat in found {
            self.report(threat);
        }
    }
}
