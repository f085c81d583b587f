//! Web pages, written anew from what a browser would have read.
//!
//! Owns: the walk over the tree, what stays of each element and attribute, forms without effect, pictures inside the
//! page, the words of a page as text.
//! Leaves to others: drawings in the page (`drawing`), the parsing algorithm (`tree`), the lists (`rules`), styles (`css`), link targets (`link`),
//! pictures (`picture`).
//!
//! The page is read by the algorithm that browsers use and written in a form in which that algorithm finds the same
//! tree again; what was written is read once more, and if anything that acts is found, nothing leaves.

mod drawing;
mod fields;
mod mark;
mod rules;
mod tree;
mod verify;
mod words;

use html5ever::tree_builder::QuirksMode;
use html5ever::{Attribute, ns};
use worker_protocol::{Fidelity, Kept, Kind, LinkPolicy, Mode, Reason, Spot, Threat};

use crate::text::Dropped;
use crate::{Rebuilt, Refusal, Work, css, link, picture, text, transfer};
use rules::Rule;
use tree::{Data, NodeId, Tree};
use verify::verify;
use words::{text_of, visible_characters};

/// Resolves the address of a picture to what it is written as; nothing when the picture goes.
pub(crate) type Pictures<'p> = dyn FnMut(&str, &mut Work<'_>) -> Result<Option<String>, Refusal> + 'p;

/// A page that was cleaned.
pub(crate) struct Page {
    /// The page, to be written as UTF-8.
    pub(crate) html: String,
    pub(crate) fidelity: Fidelity,
}

impl Page {
    /// The page with the mark that the job asks for.
    pub(crate) fn marked(&self, work: &Work<'_>) -> String {
        let mut html = self.html.clone();
        if let Some(mark) = &work.job.mark {
            mark::put(&mut html, mark);
        }
        html
    }
}

/// Builds a web page anew.
pub(crate) fn rebuild(untrusted: &[u8], mode: Mode, work: &mut Work<'_>) -> Result<Rebuilt, Refusal> {
    let untrusted_text = decode(untrusted, None);
    match mode {
        Mode::Rebuild | Mode::Strict => {
            let page = clean(&untrusted_text, mode, &mut |url, work| data_picture(url, work), work)?;
            let rebuilt = Rebuilt::same(page.marked(work).into_bytes(), Kind::Html);
            Ok(Rebuilt { fidelity: Some(page.fidelity), ..rebuilt })
        }
        Mode::TextOnly => Ok(text::written_down(words(&untrusted_text, work)?, work)),
        Mode::ImagePdf | Mode::Cells | Mode::InspectOnly => Err(Refusal::held(Reason::NotRebuilt)),
    }
}

/// How far into a page its encoding is looked for. Browsers begin with a look at the first 1024 bytes, and read again
/// when they find a label later.
const HEAD_BYTES: usize = 64 << 10;

/// A page as text: in the encoding that it or its envelope names.
pub(crate) fn decode(untrusted: &[u8], label: Option<&str>) -> String {
    let named = label.map(str::to_owned).or_else(|| label_in(untrusted));
    text::decode_declared(untrusted, named.as_deref()).text
}

/// The encoding that a page itself names.
pub(crate) fn label_in(untrusted: &[u8]) -> Option<String> {
    let head = untrusted.get(..HEAD_BYTES).unwrap_or(untrusted);
    let head: String = head.iter().map(|byte| char::from(*byte).to_ascii_lowercase()).collect();
    charset_in(&head)
}

/// The encoding that a `meta` element or an XML declaration near the beginning names.
fn charset_in(head: &str) -> Option<String> {
    let value = |after: &str| {
        let after = after.trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        let label: String =
            after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':')).collect();
        (!label.is_empty()).then_some(label)
    };
    let in_meta =
        || head.split("<meta").skip(1).find_map(|tag| value(tag.split('>').next()?.split_once("charset")?.1));
    let in_declaration = || value(head.strip_prefix("<?xml")?.split("?>").next()?.split_once("encoding")?.1);
    in_declaration().or_else(in_meta)
}

/// Writes a page with what is harmless in it.
pub(crate) fn clean(
    untrusted_text: &str,
    mode: Mode,
    pictures: &mut Pictures<'_>,
    work: &mut Work<'_>,
) -> Result<Page, Refusal> {
    let tree = Tree::read(untrusted_text)?;
    let mut writer = Writer {
        tree: &tree,
        out: String::with_capacity(untrusted_text.len() + 256),
        mode,
        links: if mode == Mode::Strict { LinkPolicy::Remove } else { work.job.policy.links },
        dropped: Dropped::default(),
        pictures,
        fidelity: Fidelity::default(),
        drawn_characters: 0,
    };
    // Without its own kind of document type a page of old tables would be laid out differently.
    writer.out.push_str(match tree.quirks {
        QuirksMode::NoQuirks => "<!DOCTYPE html>\n",
        QuirksMode::LimitedQuirks => LIMITED_QUIRKS,
        QuirksMode::Quirks => "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01 Transitional//EN\">\n",
    });
    writer.write(work)?;
    writer.dropped.report(work);
    let Writer { out: html, mut fidelity, drawn_characters, .. } = writer;
    let written = Tree::read(&html)?;
    verify(&written)?;
    fidelity.characters =
        Kept { before: visible_characters(&tree), after: visible_characters(&written) + drawn_characters };
    Ok(Page { html, fidelity })
}

const LIMITED_QUIRKS: &str = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \
                              \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n";

/// The words of a page, with a line for each block and a tab between cells.
pub(crate) fn words(untrusted_text: &str, work: &mut Work<'_>) -> Result<String, Refusal> {
    let tree = Tree::read(untrusted_text)?;
    if tree_has_more_than_words(&tree) {
        work.findings.add(Threat::Extension, "markup");
    }
    let (plain, dropped) = text::without_controls(&text_of(&tree));
    dropped.report(work);
    Ok(plain)
}

/// The words of a clean page, for a preview.
pub(crate) fn clean_words(clean: &[u8]) -> Option<String> {
    Tree::read(&text::decode(clean)?.text).ok().map(|tree| text_of(&tree))
}

/// A picture that stands in the page itself, decoded and encoded again.
pub(crate) fn data_picture(url: &str, work: &mut Work<'_>) -> Result<Option<String>, Refusal> {
    let trimmed = url.trim();
    if !trimmed.get(..11).is_some_and(|start| start.eq_ignore_ascii_case("data:image/")) {
        return Ok(None);
    }
    let Some((head, body)) = trimmed.split_once(',') else { return Ok(None) };
    let bytes = if head.to_ascii_lowercase().ends_with(";base64") {
        transfer::base64_decode(&percent_encoding::percent_decode_str(body).collect::<Vec<u8>>())
    } else {
        percent_encoding::percent_decode_str(body).collect::<Vec<u8>>()
    };
    picture_as_data(&bytes, work)
}

/// The address under which a rebuilt picture stands in a page itself; nothing when it cannot be rebuilt.
pub(crate) fn picture_as_data(untrusted: &[u8], work: &mut Work<'_>) -> Result<Option<String>, Refusal> {
    match picture::rebuild_any(untrusted, "data", work) {
        Ok((clean, format)) => Ok(Some(data_address(&clean, format))),
        Err(refusal) if refusal.reason == Reason::Bomb => Err(refusal),
        Err(_) => Ok(None),
    }
}

fn data_address(clean: &[u8], format: picture::Format) -> String {
    format!("data:{};base64,{}", format.content_type(), transfer::base64(clean))
}

enum Step {
    Enter(NodeId),
    /// The end of an element that was written.
    Leave(&'static str),
    LeaveNamed(String),
}

struct Writer<'t, 'p, 'q> {
    tree: &'t Tree,
    out: String,
    mode: Mode,
    links: LinkPolicy,
    dropped: Dropped,
    pictures: &'p mut Pictures<'q>,
    fidelity: Fidelity,
    /// Characters of words that are told beside pictures of drawings.
    drawn_characters: u64,
}

impl Writer<'_, '_, '_> {
    fn write(&mut self, work: &mut Work<'_>) -> Result<(), Refusal> {
        let tree = self.tree;
        let mut steps = vec![Step::Enter(0)];
        let mut open = 0u32;
        while let Some(step) = steps.pop() {
            let id = match step {
                Step::Enter(id) => id,
                Step::Leave(name) => {
                    self.end(name);
                    continue;
                }
                Step::LeaveNamed(name) => {
                    open -= 1;
                    self.end(&name);
                    continue;
                }
            };
            let Some(node) = tree.node(id) else { continue };
            let spot = Spot::Line { number: node.line };
            let mut children: &[NodeId] = &node.children;
            match &node.data {
                Data::Document => {}
                Data::Comment => work.findings.add(Threat::HiddenData, "comment"),
                Data::Text(said) => self.text(said),
                Data::Element { name, attributes, .. } if name.ns == ns!(html) => {
                    let local = &*name.local;
                    match rules::rule(local) {
                        // What is nested deeper than any reader follows is written flat.
                        // A mark of an earlier pass gives way to the one that is asked for.
                        Rule::Keep if work.job.mark.is_some() && mark::is_line(local, attributes) => {
                            children = &[]
                        }
                        Rule::Keep if open >= work.budget.limits.nesting_max => {}
                        Rule::Keep => {
                            self.start(local, local, attributes, node.line, work);
                            if !rules::is_void(local) {
                                self.first_line_break(local, children);
                                open += 1;
                                steps.push(Step::LeaveNamed(local.to_owned()));
                            }
                        }
                        Rule::As(other) => {
                            if local == "form" {
                                work.findings.add_at(Threat::DynamicForm, "form", spot);
                            }
                            self.start(local, other, attributes, node.line, work);
                            self.first_line_break(other, children);
                            steps.push(Step::Leave(other));
                        }
                        Rule::Unwrap(threat) => {
                            note(threat, local, spot, work);
                            if matches!(local, "noframes" | "noembed") {
                                // The algorithm hands this over as one piece of text that holds markup.
                                let inner = Tree::read(&self.text_below(id))?;
                                self.text(&text_of(&inner));
                                children = &[];
                            }
                        }
                        Rule::Drop(threat) => {
                            note(threat, local, spot, work);
                            children = &[];
                            // A frame may bring its page along; its words are seen with the others.
                            let brought =
                                attributes.iter().find(|a| local == "iframe" && &*a.name.local == "srcdoc");
                            if let Some(brought) = brought {
                                let inner = Tree::read(&brought.value)?;
                                self.text(&text_of(&inner));
                            }
                        }
                        Rule::Special => {
                            let after = self.special(id, local, attributes, node.line, work)?;
                            match after {
                                Then::Inside(end) => steps.push(Step::Leave(end)),
                                Then::Flat => {}
                                Then::Nothing => children = &[],
                            }
                        }
                    }
                }
                Data::Element { name, attributes, .. } => match &*name.local {
                    "script" | "style" | "foreignObject" | "handler" => {
                        work.findings.add_at(Threat::Script, "script", spot);
                        children = &[];
                    }
                    "svg" if self.drawing(id, attributes, node.line, work)? => children = &[],
                    // What cannot be drawn leaves its words.
                    root @ ("svg" | "math") => work.findings.add_at(Threat::Unknown, root, spot),
                    _ => {}
                },
            }
            steps.extend(children.iter().rev().map(|child| Step::Enter(*child)));
        }
        Ok(())
    }

    fn special(
        &mut self,
        id: NodeId,
        local: &str,
        attributes: &[Attribute],
        line: u32,
        work: &mut Work<'_>,
    ) -> Result<Then, Refusal> {
        let spot = || Spot::Line { number: line };
        let value = |wanted: &str| {
            attributes
                .iter()
                .find(|a| &*a.name.local == wanted)
                .map(|a| a.value.trim().to_owned())
                .unwrap_or_default()
        };
        let then = match local {
            "html" => {
                self.start(local, local, attributes, line, work);
                self.out.push('\n');
                Then::Inside("html")
            }
            "head" => {
                self.out.push_str("<head><meta charset=\"utf-8\">");
                Then::Inside("head")
            }
            "title" => {
                self.out.push_str("<title>");
                Then::Inside("title")
            }
            "body" => {
                self.start(local, local, attributes, line, work);
                Then::Inside("body")
            }
            "a" | "area" => {
                self.start(local, local, attributes, line, work);
                if local == "a" { Then::Inside("a") } else { Then::Nothing }
            }
            "img" => {
                self.picture(attributes, line, work)?;
                Then::Nothing
            }
            "style" => {
                let mut lost = Vec::new();
                let sheet = css::sheet(&self.text_below(id), &mut |threat| lost.push(threat));
                for threat in lost {
                    note(Some(threat), "style", spot(), work);
                }
                if !sheet.is_empty() {
                    self.out.push_str("<style>\n");
                    self.out.push_str(&sheet);
                    self.out.push_str("</style>");
                }
                Then::Nothing
            }
            "meta" => {
                let acts = value("http-equiv").to_ascii_lowercase();
                match acts.as_str() {
                    "refresh" | "set-cookie" => work.findings.add_at(Threat::Action, "meta", spot()),
                    "content-type" => {}
                    _ if mark::levels(attributes).is_some() => {
                        let levels = mark::levels(attributes).filter(|_| work.job.mark.is_none());
                        self.out.push_str(&levels.map(mark::meta).unwrap_or_default());
                    }
                    _ if attributes.iter().any(|a| &*a.name.local == "charset") => {}
                    _ => work.findings.add(Threat::Metadata, "meta"),
                }
                Then::Nothing
            }
            "link" => {
                let relation = value("rel").to_ascii_lowercase();
                let loads = ["style", "icon", "pre", "import", "manifest", "dns"]
                    .iter()
                    .any(|r| relation.contains(r));
                if loads {
                    work.findings.add_at(Threat::ExternalContent, "link", spot());
                } else {
                    work.findings.add(Threat::Metadata, "link");
                }
                Then::Nothing
            }
            _ => self.field(id, local, attributes, line, work),
        };
        Ok(then)
    }

    fn picture(&mut self, attributes: &[Attribute], line: u32, work: &mut Work<'_>) -> Result<(), Refusal> {
        self.start("img", "img", attributes, line, work);
        let source = attributes.iter().find(|a| &*a.name.local == "src").map(|a| a.value.to_string());
        if let Some(source) = source.filter(|source| !source.trim().is_empty()) {
            self.fidelity.pictures.before += 1;
            match (self.pictures)(&source, work)? {
                Some(written) => {
                    self.fidelity.pictures.after += 1;
                    // `start` has closed the tag.
                    self.out.pop();
                    self.attribute("src", &written);
                    self.out.push('>');
                }
                None => work.findings.add_at(Threat::ExternalContent, "img", Spot::Line { number: line }),
            }
        }
        Ok(())
    }

    /// Writes the start of an element with those of its attributes that stay.
    fn start(
        &mut self,
        element: &str,
        written: &str,
        attributes: &[Attribute],
        line: u32,
        work: &mut Work<'_>,
    ) {
        self.out.push('<');
        self.out.push_str(written);
        for attribute in attributes {
            let name = &*attribute.name.local;
            if attribute.name.ns != ns!() {
                work.findings.add(Threat::Extension, "attribute");
            } else if name == "style" {
                let mut lost = Vec::new();
                let kept = css::declarations(&attribute.value, &mut |threat| lost.push(threat));
                for threat in lost {
                    note(Some(threat), "style", Spot::Line { number: line }, work);
                }
                if !kept.is_empty() {
                    self.attribute("style", &kept);
                }
            } else if rules::is_plain_attribute(written, name) {
                self.attribute(name, &attribute.value);
            } else if name == "href" && matches!(element, "a" | "area") {
                let target = attribute.value.trim();
                let is_inside = target.starts_with('#') && !target.chars().any(char::is_control);
                if is_inside || link::is_kept(target, self.links) {
                    self.attribute("href", target);
                } else {
                    work.findings.add_at(Threat::Hyperlink, element, Spot::Line { number: line });
                }
            } else if !is_quietly_dropped(element, name) {
                note(
                    Some(rules::threat_of_attribute(element, name)),
                    name,
                    Spot::Line { number: line },
                    work,
                );
            }
        }
        if matches!(written, "select" | "textarea" | "button") {
            for name in ["rows", "cols", "size", "multiple"] {
                let given = attributes.iter().find(|a| &*a.name.local == name).map(|a| a.value.to_string());
                if let Some(value) =
                    given.filter(|value| value.bytes().all(|b| b.is_ascii_digit()) || name == "multiple")
                {
                    self.attribute(name, if name == "multiple" { "" } else { &value });
                }
            }
            if written == "button" {
                self.out.push_str(" type=\"button\"");
            }
            self.out.push_str(" disabled");
        }
        self.out.push('>');
    }

    fn end(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    fn attribute(&mut self, name: &str, value: &str) {
        let (value, dropped) = text::without_controls(value);
        self.dropped.join(dropped);
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        for c in value.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '"' => self.out.push_str("&quot;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, said: &str) {
        let (said, dropped) = text::without_controls(said);
        self.dropped.join(dropped);
        for c in said.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\u{a0}' => self.out.push_str("&nbsp;"),
                '\r' => {}
                c => self.out.push(c),
            }
        }
    }

    /// The first line break in these elements is not shown, so one that is must be written twice.
    fn first_line_break(&mut self, name: &str, children: &[NodeId]) {
        let first = children.first().and_then(|child| self.tree.node(*child));
        if name == "pre"
            && matches!(first, Some(tree::Node { data: Data::Text(said), .. }) if said.starts_with('\n'))
        {
            self.out.push('\n');
        }
    }

    /// The text right inside an element.
    fn text_below(&self, id: NodeId) -> String {
        let children = self.tree.node(id).map(|node| node.children.as_slice()).unwrap_or_default();
        let said = children.iter().filter_map(|child| match self.tree.node(*child).map(|node| &node.data) {
            Some(Data::Text(said)) => Some(said.as_str()),
            _ => None,
        });
        said.collect()
    }
}

/// What becomes of the children of an element that was handled on its own.
enum Then {
    /// They are written, and this end after them.
    Inside(&'static str),
    /// They are written without an element around them.
    Flat,
    Nothing,
}

/// Notes a finding, with its line where somebody would look for it.
fn note(threat: Option<Threat>, place: &str, spot: Spot, work: &mut Work<'_>) {
    match threat {
        Some(threat @ (Threat::Extension | Threat::Metadata | Threat::HiddenData)) => {
            work.findings.add(threat, "markup")
        }
        Some(threat) => work.findings.add_at(threat, place, spot),
        None => {}
    }
}

/// Attributes that are handled elsewhere, or that mean nothing once scripts and forms are gone.
fn is_quietly_dropped(element: &str, name: &str) -> bool {
    match name {
        "xmlns" | "rel" | "target" | "tabindex" | "accesskey" | "type" | "language" | "version" => true,
        "src" => element == "img",
        "rows" | "cols" | "size" | "multiple" | "name" | "value" | "disabled" | "for" | "method"
        | "enctype" => true,
        "content" | "http-equiv" | "charset" => element == "meta",
        _ => name.starts_with("data-"),
    }
}

fn tree_has_more_than_words(tree: &Tree) -> bool {
    tree.node(0).is_some_and(|root| !root.children.is_empty())
}

#[cfg(test)]
mod tests;
