//! Drawings that stand in the page itself: each becomes a picture of the page.
//!
//! Owns: writing the drawing down as a file of its own, from the tree that a browser would have.
//! Leaves to others: what may stay in it (`picture`), the page around it (`mod`).
//!
//! Why a picture: what stands in a page as markup of another language is read by rules that change between programs and
//! with what stands before it. As a picture it is read by one set of rules, runs nothing and fetches nothing. Its words are
//! told beside it, for those who cannot see it and for programs that search.

use html5ever::{Attribute, ns};
use worker_protocol::Reason;

use super::Writer;
use super::tree::{Data, NodeId, Tree};
use crate::xml::{escape_attribute, push_text};
use crate::{Refusal, Work, picture, text};

/// Attributes of the drawing that belong to its place in the page.
const OF_PLACE: [&str; 5] = ["class", "id", "style", "width", "height"];

impl Writer<'_, '_, '_> {
    /// Writes a drawing as a picture. False when nothing can be made of it.
    pub(super) fn drawing(
        &mut self,
        id: NodeId,
        attributes: &[Attribute],
        line: u32,
        work: &mut Work<'_>,
    ) -> Result<bool, Refusal> {
        let (source, words) = self.drawing_source(id);
        let address = match picture::rebuild_any(source.as_bytes(), "data", work) {
            // What scripts would have filled shows nothing without them, and a picture of nothing would hide its words.
            Ok((clean, _)) if !draws(&clean)? => None,
            Ok((clean, format)) => {
                self.fidelity.pictures.before += 1;
                self.fidelity.pictures.after += 1;
                Some(super::data_address(&clean, format))
            }
            Err(refusal) if refusal.reason == Reason::Bomb => return Err(refusal),
            Err(_) => {
                self.fidelity.pictures.before += 1;
                return Ok(false);
            }
        };
        let of_place =
            |attribute: &&Attribute| attribute.name.ns == ns!() && OF_PLACE.contains(&&*attribute.name.local);
        let kept: Vec<Attribute> = attributes.iter().filter(of_place).cloned().collect();
        self.start("img", "img", &kept, line, work);
        // `start` has closed the tag.
        self.out.pop();
        if let Some(address) = &address {
            self.attribute("src", address);
        }
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if !words.is_empty() {
            self.attribute("alt", &words);
        }
        self.out.push('>');
        self.drawn_characters += text::visible_characters(&words);
        Ok(true)
    }

    /// The drawing as XML, and its words.
    fn drawing_source(&self, root: NodeId) -> (String, String) {
        enum At<'n> {
            Enter(NodeId),
            Leave(&'n str),
        }
        let (mut out, mut words) = (String::new(), String::new());
        // Style sheets and scripts hold text that nobody reads.
        let mut unread = 0u32;
        let mut next = vec![At::Enter(root)];
        while let Some(at) = next.pop() {
            let id = match at {
                At::Enter(id) => id,
                At::Leave(name) => {
                    unread -= u32::from(is_unread(name));
                    out.push_str(&format!("</{name}>"));
                    continue;
                }
            };
            let Some(node) = self.tree.node(id) else { continue };
            match &node.data {
                Data::Text(said) => {
                    push_text(&mut out, said);
                    if unread == 0 {
                        words.push_str(said);
                    }
                }
                Data::Element { name, attributes, .. } if is_name(&name.local) => {
                    let local = &*name.local;
                    out.push_str(&format!("<{local}"));
                    if id == root {
                        out.push_str(
                            " xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"",
                        );
                    }
                    for attribute in attributes.iter().filter(|attribute| is_name(&attribute.name.local)) {
                        let prefix = match &attribute.name.ns {
                            space if *space == ns!() => "",
                            space if *space == ns!(xlink) => "xlink:",
                            space if *space == ns!(xml) => "xml:",
                            _ => continue,
                        };
                        let local = &*attribute.name.local;
                        if prefix.is_empty() && local == "xmlns" {
                            continue;
                        }
                        out.push_str(&format!(" {prefix}{local}=\"{}\"", escape_attribute(&attribute.value)));
                    }
                    out.push('>');
                    if !words.is_empty() && !words.ends_with(' ') {
                        words.push(' ');
                    }
                    unread += u32::from(is_unread(local));
                    next.push(At::Leave(local));
                    next.extend(node.children.iter().rev().map(|child| At::Enter(*child)));
                }
                Data::Element { .. } | Data::Document | Data::Comment => {}
            }
        }
        (out, words)
    }
}

/// Whether anything of a clean drawing is ever seen: what it only defines for its other parts is not.
fn draws(clean: &[u8]) -> Result<bool, Refusal> {
    let tree = Tree::read(&String::from_utf8_lossy(clean))?;
    let mut next = vec![0];
    while let Some(node) = next.pop().and_then(|id| tree.node(id)) {
        match &node.data {
            Data::Element { name, .. } if name.ns == ns!(svg) => match &*name.local {
                "svg" | "g" | "a" | "switch" => {}
                "defs" | "symbol" | "style" | "title" | "desc" | "metadata" => continue,
                _ => return Ok(true),
            },
            _ => {}
        }
        next.extend(node.children.iter().copied());
    }
    Ok(false)
}

fn is_unread(name: &str) -> bool {
    matches!(name, "script" | "style")
}

/// Whether a name that HTML allows is one in XML without a prefix, too.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}
