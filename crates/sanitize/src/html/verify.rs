//! The last look at a page before it leaves.
//!
//! Owns: asking of every element and attribute of the written page whether it is listed.
//! Leaves to others: writing it (`mod`), the lists (`rules`).

use html5ever::ns;
use worker_protocol::Reason;

use super::mark;
use super::rules::{self, Rule};
use super::tree::{Data, Tree};
use crate::Refusal;

/// What was written must hold nothing but what is listed, also for a reader that starts from its bytes.
pub(super) fn verify(tree: &Tree) -> Result<(), Refusal> {
    let failed = Err(Refusal::held(Reason::VerifyFailed));
    let mut next = vec![0];
    while let Some(node) = next.pop().and_then(|id| tree.node(id)) {
        next.extend(node.children.iter().copied());
        let Data::Element { name, attributes, .. } = &node.data else { continue };
        let local = &*name.local;
        let may_stand = match rules::rule(local) {
            Rule::Keep => true,
            Rule::Special => !matches!(local, "link" | "image"),
            _ => false,
        };
        if name.ns != ns!(html) || !may_stand {
            return failed;
        }
        if local == "meta" && mark::levels(attributes).is_some() {
            continue;
        }
        for attribute in attributes {
            let lower: String = attribute.value.chars().take(12).collect::<String>().to_ascii_lowercase();
            let starts = |marks: &[&str]| marks.iter().any(|mark| lower.starts_with(mark));
            let may_stand = match &*attribute.name.local {
                "href" => starts(&["http://", "https://", "mailto:", "#"]),
                "src" => local == "img" && starts(&["data:image/", "cid:"]),
                "style" => true,
                "charset" => local == "meta",
                "type" | "value" | "checked" | "size" | "disabled" | "rows" | "cols" | "multiple" => true,
                plain => rules::is_plain_attribute(local, plain),
            };
            if !may_stand {
                return failed;
            }
        }
    }
    Ok(())
}
