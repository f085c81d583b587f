//! Fields of forms: still seen, without effect.
//!
//! Owns: what is shown of each sort of field, and how it reads when forms are to be flat.
//! Leaves to others: the form around them (`mod`).

use html5ever::Attribute;
use worker_protocol::{Mode, Spot, Threat};

use super::tree::NodeId;
use super::{Then, Writer};
use crate::Work;

impl Writer<'_, '_, '_> {
    /// A field of a form: still seen, without effect.
    pub(super) fn field(
        &mut self,
        id: NodeId,
        local: &str,
        attributes: &[Attribute],
        line: u32,
        work: &mut Work<'_>,
    ) -> Then {
        let spot = Spot::Line { number: line };
        let value =
            |wanted: &str| attributes.iter().find(|a| &*a.name.local == wanted).map(|a| a.value.to_string());
        let is_flat = self.mode == Mode::Strict;
        match local {
            "select" if is_flat => Then::Flat,
            "select" => {
                self.start(local, local, attributes, line, work);
                Then::Inside("select")
            }
            "textarea" | "button" if is_flat => Then::Flat,
            "textarea" => {
                self.start(local, local, attributes, line, work);
                let children = self.tree.node(id).map(|node| node.children.as_slice()).unwrap_or_default();
                self.first_line_break("pre", children);
                Then::Inside("textarea")
            }
            "button" => {
                self.start(local, local, attributes, line, work);
                Then::Inside("button")
            }
            _ => {
                let kind = value("type").unwrap_or_default().trim().to_ascii_lowercase();
                let shown = match kind.as_str() {
                    "hidden" => {
                        work.findings.add_at(Threat::HiddenData, "input", spot);
                        return Then::Nothing;
                    }
                    "image" => {
                        work.findings.add_at(Threat::ExternalContent, "input", spot);
                        self.text(&value("alt").unwrap_or_default());
                        return Then::Nothing;
                    }
                    "checkbox" | "radio" => kind.as_str(),
                    "submit" | "reset" | "button" => "button",
                    _ => "text",
                };
                let is_secret = matches!(kind.as_str(), "password" | "file");
                let content = value("value").filter(|_| !is_secret).unwrap_or_default();
                let is_checked = attributes.iter().any(|a| &*a.name.local == "checked");
                if is_flat {
                    match shown {
                        "checkbox" | "radio" => self.text(if is_checked { "☑" } else { "☐" }),
                        _ => self.text(&content),
                    }
                    return Then::Nothing;
                }
                self.out.push_str("<input type=\"");
                self.out.push_str(shown);
                self.out.push('"');
                if !content.is_empty() {
                    self.attribute("value", &content);
                }
                if is_checked {
                    self.out.push_str(" checked");
                }
                if let Some(size) = value("size").filter(|size| size.bytes().all(|b| b.is_ascii_digit())) {
                    self.attribute("size", &size);
                }
                self.out.push_str(" disabled>");
                Then::Nothing
            }
        }
    }
}
