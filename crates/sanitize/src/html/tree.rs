//! A web page as a tree, read the way browsers read it.
//!
//! Owns: the nodes, which live in one list so that neither building nor dropping a deep tree needs a deep stack.
//! Leaves to others: the HTML parsing algorithm (html5ever) and which nodes stay (`mod`).

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, local_name, ns};
use worker_protocol::Reason;

use crate::Refusal;

/// Bytes that are fed to the parser before the size of the tree is looked at again.
const PIECE_BYTES: usize = 16 << 10;

/// Levels of a tree that is still read. Browsers flatten what is deeper than a few hundred; unclosed elements of old
/// pages get there quickly.
const DEPTH_MAX: u32 = 4_000;

/// Nodes for each byte of the page, beyond a first allowance. The parser copies open formatting elements into every
/// new paragraph, so a small page can become a large tree.
const NODES_PER_BYTE: usize = 4;
const NODES_FREE: usize = 100_000;

/// What separates attributes, while nothing comes of it. The parser compares each attribute of an element with all before it
/// and hands over none until the element ends, so one endless element would take the square of its length.
const SEPARATORS_MAX: usize = 20_000;

/// Attributes that later elements may add to `html` and `body`.
const ATTRIBUTES_ADDED_MAX: usize = 1_000;

/// Bytes for each separator that are no danger: in data written as text they are rare.
const SEPARATOR_BYTES: usize = 24;

/// The number of a node in its tree.
pub(crate) type NodeId = usize;

/// One node.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) data: Data,
    pub(crate) children: Vec<NodeId>,
    parent: Option<NodeId>,
    depth: u32,
    /// The line of the file in which it begins, from 1.
    pub(crate) line: u32,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Data {
    /// The whole.
    Document,
    /// A piece of text.
    Text(String),
    /// An element with its attributes.
    Element { name: QualName, attributes: Vec<Attribute>, template: Option<NodeId> },
    /// A comment or a processing instruction, of which only that it was there matters.
    Comment,
}

/// A page that was read.
pub(crate) struct Tree {
    nodes: Vec<Node>,
    pub(crate) quirks: QuirksMode,
}

impl Tree {
    /// Reads a page. Whatever the text is, it is a page to a browser.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let mut options = ParseOpts::default();
        // Without scripts the content of `noscript` is what a reader sees.
        options.tree_builder.scripting_enabled = false;
        let sink = Sink {
            nodes: RefCell::new(vec![Node {
                data: Data::Document,
                children: Vec::new(),
                parent: None,
                depth: 0,
                line: 1,
            }]),
            quirks: Cell::new(QuirksMode::NoQuirks),
            line: Cell::new(1),
            deepest: Cell::new(0),
            events: Cell::new(0),
        };
        let nodes_max = text.len().saturating_mul(NODES_PER_BYTE).saturating_add(NODES_FREE);
        let mut parser = html5ever::parse_document(sink, options);
        let mut rest = text;
        let (mut events, mut separators) = (0, 0);
        while !rest.is_empty() {
            let mut end = PIECE_BYTES.min(rest.len());
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            let Some((piece, after)) = rest.split_at_checked(end) else { break };
            parser.process(StrTendril::from(piece));
            rest = after;
            let sink = &parser.tokenizer.sink.sink;
            if sink.events.get() == events {
                separators += separators_in(piece);
            } else {
                (events, separators) = (sink.events.get(), 0);
            }
            if sink.deepest.get() > DEPTH_MAX
                || sink.nodes.borrow().len() > nodes_max
                || separators > SEPARATORS_MAX
            {
                return Err(Refusal::held(Reason::TooComplex));
            }
        }
        Ok(parser.finish())
    }

    /// A node; the document when there is no such number.
    pub(crate) fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id)
    }
}

/// What may separate attributes in this piece, if it is more than data written as text holds.
fn separators_in(piece: &str) -> usize {
    let is_separator = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'"' | b'\'');
    let count = piece.bytes().filter(is_separator).count();
    if count > piece.len() / SEPARATOR_BYTES { count } else { 0 }
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    quirks: Cell<QuirksMode>,
    line: Cell<u32>,
    deepest: Cell<u32>,
    /// How often something came of what was read.
    events: Cell<u64>,
}

impl Sink {
    fn create(&self, data: Data) -> NodeId {
        self.events.set(self.events.get() + 1);
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Node { data, children: Vec::new(), parent: None, depth: 0, line: self.line.get() });
        nodes.len() - 1
    }

    fn detach(nodes: &mut [Node], id: NodeId) {
        let Some(parent) = nodes.get_mut(id).and_then(|node| node.parent.take()) else { return };
        if let Some(parent) = nodes.get_mut(parent) {
            // The newest child is the one that moves, nearly always.
            if let Some(at) = parent.children.iter().rposition(|child| *child == id) {
                parent.children.remove(at);
            }
        }
    }

    fn attach(&self, parent: NodeId, at: Option<usize>, child: NodeOrText<NodeId>) {
        self.events.set(self.events.get() + 1);
        let mut nodes = self.nodes.borrow_mut();
        let depth = nodes.get(parent).map_or(0, |node| node.depth) + 1;
        let place = |parent: &Node| at.unwrap_or(parent.children.len()).min(parent.children.len());
        let id = match child {
            NodeOrText::AppendNode(id) => {
                Self::detach(&mut nodes, id);
                id
            }
            NodeOrText::AppendText(text) => {
                let before = nodes
                    .get(parent)
                    .and_then(|node| node.children.get(place(node).checked_sub(1)?).copied());
                if let Some(Node { data: Data::Text(said), .. }) = before.and_then(|id| nodes.get_mut(id)) {
                    said.push_str(&text);
                    return;
                }
                let line = self.line.get();
                nodes.push(Node {
                    data: Data::Text(text.to_string()),
                    children: Vec::new(),
                    parent: None,
                    depth,
                    line,
                });
                nodes.len() - 1
            }
        };
        if let Some(node) = nodes.get_mut(id) {
            node.parent = Some(parent);
            node.depth = depth;
        }
        self.deepest.set(self.deepest.get().max(depth));
        if let Some(parent) = nodes.get_mut(parent) {
            let at = place(parent);
            parent.children.insert(at, id);
        }
    }

    fn parent_of(&self, id: NodeId) -> Option<NodeId> {
        self.nodes.borrow().get(id).and_then(|node| node.parent)
    }
}

impl TreeSink for Sink {
    type Handle = NodeId;
    type Output = Tree;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Tree {
        Tree { nodes: self.nodes.into_inner(), quirks: self.quirks.get() }
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> NodeId {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a NodeId) -> Ref<'a, QualName> {
        static NONE: std::sync::LazyLock<QualName> =
            std::sync::LazyLock::new(|| QualName::new(None, ns!(), local_name!("")));
        Ref::map(self.nodes.borrow(), |nodes| match nodes.get(*target).map(|node| &node.data) {
            Some(Data::Element { name, .. }) => name,
            _ => &NONE,
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, flags: ElementFlags) -> NodeId {
        let template = flags.template.then(|| self.create(Data::Document));
        self.create(Data::Element { name, attributes, template })
    }

    fn create_comment(&self, _text: StrTendril) -> NodeId {
        self.create(Data::Comment)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> NodeId {
        self.create(Data::Comment)
    }

    fn append(&self, parent: &NodeId, child: NodeOrText<NodeId>) {
        self.attach(*parent, None, child);
    }

    fn append_based_on_parent_node(&self, element: &NodeId, previous: &NodeId, child: NodeOrText<NodeId>) {
        if self.parent_of(*element).is_some() {
            self.append_before_sibling(element, child);
        } else {
            self.append(previous, child);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    fn get_template_contents(&self, target: &NodeId) -> NodeId {
        match self.nodes.borrow().get(*target).map(|node| &node.data) {
            Some(Data::Element { template: Some(content), .. }) => *content,
            _ => *target,
        }
    }

    fn same_node(&self, x: &NodeId, y: &NodeId) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.quirks.set(mode);
    }

    fn append_before_sibling(&self, sibling: &NodeId, child: NodeOrText<NodeId>) {
        let Some(parent) = self.parent_of(*sibling) else { return };
        if let NodeOrText::AppendNode(id) = &child {
            Self::detach(&mut self.nodes.borrow_mut(), *id);
        }
        let at = self
            .nodes
            .borrow()
            .get(parent)
            .and_then(|node| node.children.iter().rposition(|child| child == sibling));
        self.attach(parent, at, child);
    }

    fn add_attrs_if_missing(&self, target: &NodeId, more: Vec<Attribute>) {
        self.events.set(self.events.get() + 1);
        if let Some(Node { data: Data::Element { attributes, .. }, .. }) =
            self.nodes.borrow_mut().get_mut(*target)
        {
            // A second `body` may add to the first one, and a thousandth, too.
            let room = ATTRIBUTES_ADDED_MAX.saturating_sub(attributes.len());
            for attribute in more.into_iter().take(room) {
                if !attributes.iter().any(|known| known.name == attribute.name) {
                    attributes.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &NodeId) {
        Self::detach(&mut self.nodes.borrow_mut(), *target);
    }

    fn reparent_children(&self, node: &NodeId, new_parent: &NodeId) {
        let mut nodes = self.nodes.borrow_mut();
        let moved = nodes.get_mut(*node).map(|node| std::mem::take(&mut node.children)).unwrap_or_default();
        let depth = nodes.get(*new_parent).map_or(0, |node| node.depth) + 1;
        for child in &moved {
            if let Some(child) = nodes.get_mut(*child) {
                child.parent = Some(*new_parent);
                child.depth = depth;
            }
        }
        if let Some(parent) = nodes.get_mut(*new_parent) {
            parent.children.extend(moved);
        }
    }

    fn set_current_line(&self, line: u64) {
        self.line.set(u32::try_from(line).unwrap_or(u32::MAX).max(1));
    }

    fn allow_declarative_shadow_roots(&self, _parent: &NodeId) -> bool {
        false
    }
}
