//! Which elements and attributes of a web page stay.
//!
//! Owns: the lists. What is on none of them is unwrapped: the element goes, its text stays.
//! Leaves to others: walking the page (`mod`), styles (`css`), link targets (`link`).

use worker_protocol::Threat;

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Written with those attributes that are listed.
    Keep,
    /// Written as another element.
    As(&'static str),
    /// The element goes, what is in it stays.
    Unwrap(Option<Threat>),
    /// Goes with everything in it.
    Drop(Option<Threat>),
    /// Handled by its own function: pictures, links, fields, styles.
    Special,
}

pub(super) fn rule(name: &str) -> Rule {
    match name {
        "html" | "head" | "body" | "title" => Rule::Special,
        "address" | "article" | "aside" | "footer" | "header" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6"
        | "hgroup" | "main" | "nav" | "section" | "search" | "blockquote" | "dd" | "div" | "dl" | "dt"
        | "figcaption" | "figure" | "hr" | "li" | "menu" | "dir" | "ol" | "p" | "pre" | "ul" | "center"
        | "details" | "summary" => Rule::Keep,
        "abbr" | "acronym" | "b" | "bdi" | "bdo" | "big" | "br" | "cite" | "code" | "data" | "del"
        | "dfn" | "em" | "font" | "i" | "ins" | "kbd" | "mark" | "nobr" | "q" | "rb" | "rp" | "rt"
        | "rtc" | "ruby" | "s" | "samp" | "small" | "span" | "strike" | "strong" | "sub" | "sup" | "time"
        | "tt" | "u" | "var" | "wbr" | "output" | "meter" | "progress" => Rule::Keep,
        "caption" | "col" | "colgroup" | "table" | "tbody" | "td" | "tfoot" | "th" | "thead" | "tr" => {
            Rule::Keep
        }
        "fieldset" | "legend" | "label" | "optgroup" | "option" => Rule::Keep,
        "a" | "area" | "img" | "image" | "style" | "input" | "textarea" | "select" | "button" | "meta"
        | "link" => Rule::Special,
        "map" => Rule::Keep,
        "listing" | "xmp" | "plaintext" => Rule::As("pre"),
        "form" => Rule::As("div"),
        "noscript" | "picture" | "slot" | "selectedcontent" | "noframes" | "noembed" => Rule::Unwrap(None),
        "script" => Rule::Drop(Some(Threat::Script)),
        "base" | "basefont" | "datalist" => Rule::Drop(Some(Threat::Extension)),
        "template" => Rule::Drop(Some(Threat::HiddenData)),
        "iframe" | "frame" | "portal" | "fencedframe" => Rule::Drop(Some(Threat::ExternalContent)),
        "frameset" => Rule::Unwrap(Some(Threat::ExternalContent)),
        "object" | "applet" => Rule::Unwrap(Some(Threat::EmbeddedObject)),
        "embed" | "param" => Rule::Drop(Some(Threat::EmbeddedObject)),
        "audio" | "video" => Rule::Unwrap(Some(Threat::Multimedia)),
        "bgsound" | "source" | "track" => Rule::Drop(Some(Threat::Multimedia)),
        "canvas" | "marquee" | "blink" | "layer" | "ilayer" | "multicol" | "keygen" | "dialog" => {
            Rule::Unwrap(None)
        }
        _ => Rule::Unwrap(Some(Threat::Extension)),
    }
}

/// Elements without content and without an end.
pub(super) fn is_void(name: &str) -> bool {
    matches!(name, "area" | "br" | "col" | "hr" | "img" | "input" | "meta" | "wbr" | "link")
}

/// Elements that begin a line of their own when the page is written down as text.
pub(super) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "footer"
            | "header"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "hgroup"
            | "main"
            | "nav"
            | "section"
            | "search"
            | "blockquote"
            | "dd"
            | "div"
            | "dl"
            | "dt"
            | "figcaption"
            | "figure"
            | "hr"
            | "li"
            | "menu"
            | "dir"
            | "ol"
            | "p"
            | "pre"
            | "ul"
            | "center"
            | "details"
            | "summary"
            | "table"
            | "caption"
            | "tr"
            | "fieldset"
            | "legend"
            | "form"
            | "option"
            | "body"
            | "title"
            | "listing"
            | "xmp"
            | "plaintext"
    )
}

/// Whether an attribute only says how something looks or what it means. Links, pictures and styles are not here.
pub(super) fn is_plain_attribute(element: &str, name: &str) -> bool {
    let everywhere = matches!(name, "class" | "id" | "title" | "lang" | "dir" | "role" | "align" | "hidden")
        || name.strip_prefix("aria-").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_lowercase()));
    let sizes = || matches!(name, "width" | "height" | "bgcolor" | "border" | "bordercolor");
    everywhere
        || match element {
            "a" => name == "name",
            "area" => matches!(name, "shape" | "coords" | "alt" | "nohref"),
            "map" => name == "name",
            "img" => sizes() || matches!(name, "alt" | "hspace" | "vspace" | "usemap" | "name"),
            "body" => matches!(
                name,
                "bgcolor"
                    | "text"
                    | "link"
                    | "vlink"
                    | "alink"
                    | "topmargin"
                    | "leftmargin"
                    | "marginwidth"
                    | "marginheight"
            ),
            "table" => {
                sizes() || matches!(name, "cellpadding" | "cellspacing" | "frame" | "rules" | "summary")
            }
            "td" | "th" => {
                sizes()
                    || matches!(
                        name,
                        "colspan"
                            | "rowspan"
                            | "valign"
                            | "nowrap"
                            | "headers"
                            | "scope"
                            | "abbr"
                            | "axis"
                            | "char"
                            | "charoff"
                    )
            }
            "tr" | "thead" | "tbody" | "tfoot" => sizes() || matches!(name, "valign" | "char" | "charoff"),
            "col" | "colgroup" => matches!(name, "span" | "width" | "valign" | "char" | "charoff"),
            "caption" => name == "valign",
            "hr" => matches!(name, "width" | "size" | "color" | "noshade"),
            "br" => name == "clear",
            "font" => matches!(name, "color" | "face" | "size"),
            "ol" | "ul" | "menu" | "dir" => matches!(name, "start" | "type" | "reversed" | "compact"),
            "li" => matches!(name, "value" | "type"),
            "pre" | "div" => name == "width",
            "del" | "ins" | "time" => name == "datetime",
            "data" | "meter" | "progress" => {
                matches!(name, "value" | "min" | "max" | "low" | "high" | "optimum")
            }
            "details" => name == "open",
            "option" => matches!(name, "selected" | "label"),
            "optgroup" => name == "label",
            _ => false,
        }
}

/// Attributes that name something to load or to run, and what their loss is called.
pub(super) fn threat_of_attribute(element: &str, name: &str) -> Threat {
    if name.starts_with("on") && name.len() > 2 {
        return Threat::Script;
    }
    match name {
        "srcdoc" => Threat::Script,
        "href" | "xlink:href" | "ping" | "cite" | "longdesc" => Threat::Hyperlink,
        "action" | "formaction" => Threat::DynamicForm,
        "src" | "srcset" | "background" | "data" | "codebase" | "classid" | "archive" | "poster"
        | "lowsrc" | "dynsrc" | "manifest" | "profile" | "imagesrcset" => Threat::ExternalContent,
        "content" if element == "meta" => Threat::Metadata,
        _ => Threat::Extension,
    }
}
