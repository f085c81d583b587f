//! What a reader sees of a page.
//!
//! Owns: counting its characters, writing its words down as text.
//! Leaves to others: the tree (`tree`).

use super::rules;
use super::tree::{Data, NodeId, Tree};
use crate::text;

/// Whether the content of an element is never seen by a reader.
fn is_unseen(name: &str) -> bool {
    matches!(name, "script" | "style" | "template" | "head" | "iframe" | "noframes" | "noembed" | "datalist")
}

/// Characters that a reader sees, without white space.
pub(super) fn visible_characters(tree: &Tree) -> u64 {
    let mut next = vec![0];
    let mut count = 0;
    while let Some(node) = next.pop().and_then(|id| tree.node(id)) {
        match &node.data {
            Data::Element { name, .. } if is_unseen(&name.local) => continue,
            Data::Text(said) => count += text::visible_characters(said),
            _ => {}
        }
        next.extend(node.children.iter().copied());
    }
    count
}

/// The words of a page: a line for each block, a tab between cells, no white space that a browser would not show.
pub(super) fn text_of(tree: &Tree) -> String {
    enum At {
        Enter(NodeId, bool),
        LineEnd,
    }
    let mut out = String::new();
    let mut next = vec![At::Enter(0, false)];
    let end_line = |out: &mut String| {
        while out.ends_with([' ', '\t']) {
            out.pop();
        }
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
    };
    while let Some(at) = next.pop() {
        let At::Enter(id, mut in_pre) = at else {
            end_line(&mut out);
            continue;
        };
        let Some(node) = tree.node(id) else { continue };
        match &node.data {
            Data::Text(said) if in_pre => out.push_str(said),
            Data::Text(said) => {
                for c in said.chars() {
                    match c {
                        ' ' | '\t' | '\n' | '\r' | '\u{c}' => {
                            if !out.is_empty() && !out.ends_with([' ', '\t', '\n']) {
                                out.push(' ');
                            }
                        }
                        c => out.push(c),
                    }
                }
            }
            Data::Element { name, attributes, .. } => {
                let local = &*name.local;
                let value =
                    |wanted: &str| attributes.iter().find(|a| &*a.name.local == wanted).map(|a| &*a.value);
                match local {
                    "br" => {
                        out.push('\n');
                        continue;
                    }
                    "img" => out.push_str(value("alt").unwrap_or_default()),
                    "input" if !matches!(value("type"), Some("hidden" | "password" | "file")) => {
                        out.push_str(value("value").unwrap_or_default());
                    }
                    "td" | "th" if !out.is_empty() && !out.ends_with('\n') => out.push('\t'),
                    // The title is shown above the page, and nothing else of the head is.
                    "head" => {
                        let title = node.children.iter().find(|child| {
                            matches!(tree.node(**child).map(|n| &n.data), Some(Data::Element { name, .. }) if &*name.local == "title")
                        });
                        next.extend(title.map(|child| At::Enter(*child, false)));
                        continue;
                    }
                    local if is_unseen(local) => continue,
                    _ => {}
                }
                in_pre |= matches!(local, "pre" | "textarea" | "listing" | "xmp" | "plaintext");
                if rules::is_block(local) {
                    end_line(&mut out);
                    next.push(At::LineEnd);
                }
            }
            Data::Document | Data::Comment => {}
        }
        next.extend(node.children.iter().rev().map(|child| At::Enter(*child, in_pre)));
    }
    end_line(&mut out);
    out
}
