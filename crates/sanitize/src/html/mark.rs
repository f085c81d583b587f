//! The mark of classification on a page.
//!
//! Owns: where it stands, for readers and for programs, and recognising one that stands there already.
//! Leaves to others: which mark it is (the job).

use html5ever::Attribute;
use worker_protocol::Mark;

/// What programs look for: an element `meta` of this name, with the levels as its content.
const META: &str = "classification";

/// The class of the line at the top of the page.
const CLASS: &str = "sekisho-mark";

const STYLE: &str = "border:1px solid #000;padding:2px 8px;margin:0 0 8px 0;text-align:right;font-weight:bold;color:#000;background-color:#fff";

/// Whether an element is the line that an earlier pass has put there.
pub(super) fn is_line(element: &str, attributes: &[Attribute]) -> bool {
    element == "div" && attributes.iter().any(|a| &*a.name.local == "class" && &*a.value == CLASS)
}

/// The levels, when an element is what an earlier pass has put there for programs.
pub(super) fn levels(attributes: &[Attribute]) -> Option<&str> {
    let value = |wanted: &str| attributes.iter().find(|a| &*a.name.local == wanted).map(|a| &*a.value);
    let levels = value("content").filter(|_| value("name") == Some(META) && attributes.len() == 2)?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    (levels.len() <= 200 && levels.chars().all(is_token)).then_some(levels)
}

/// What stands in the head of a marked page.
pub(super) fn meta(levels: &str) -> String {
    format!("<meta name=\"{META}\" content=\"{levels}\">")
}

/// Puts a mark on a page that was written here, where no text and no attribute holds an opening bracket.
pub(super) fn put(html: &mut String, mark: &Mark) {
    let levels: String = mark.levels.join(" ");
    let levels: String = levels
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' '))
        .take(200)
        .collect();
    let label = mark.label.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if let Some(at) = html.find("<head>").map(|at| at + "<head>".len()) {
        html.insert_str(at, &meta(&levels));
    }
    let body = html.find("<body").and_then(|at| Some(at + html.get(at..)?.find('>')? + 1));
    if let Some(at) = body {
        html.insert_str(at, &format!("<div class=\"{CLASS}\" style=\"{STYLE}\">{label}</div>"));
    }
}
