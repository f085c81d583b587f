//! What must hold on every page, whoever looks at it: nothing that keeps people out, nothing cut off.
//!
//! Owns the walk through the screens by role, the judgement of axe-core, the narrow screen and the pictures.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::Deserialize;
use serde_json::json;

use crate::ground::{Ground, Look, environment};

/// Pages of one role at one zone that are looked at.
const PAGES_MAX: usize = 40;
/// Pages that differ only in which transfer, clause or person they show.
const ALIKE_MAX: usize = 2;

/// Pages of the policy that are the same for everybody, and long: one walk looks at them.
const SAME_FOR_ALL: [&str; 7] = [
    "/policy/text",
    "/policy/body",
    "/policy/roles",
    "/policy/clauses/",
    "/policy/search",
    "/clauses/",
    "/parameters/",
];

/// Who walks through which zone: every role that has screens of its own.
const WALKS: [(&str, &str); 7] = [
    ("internet", "sakura"),
    ("lgwan", "momiji"),
    ("lgwan", "wakaba"),
    ("internet", "kaede"),
    ("lgwan", "akatsuki"),
    ("lgwan", "auditor"),
    ("mynumber", "hoshino"),
];

/// One finding of axe-core, as far as a person needs it to find the place.
#[derive(Debug, Deserialize)]
struct Violation {
    rule: String,
    help: String,
    places: Vec<String>,
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page() {
    let Some(axe) = environment("SEKISHO_AXE") else {
        eprintln!("skipped: SEKISHO_AXE is not set");
        return;
    };
    let axe = std::fs::read_to_string(axe).unwrap();
    let Some(ground) = Ground::open(Look::default()).await else { return };
    let mut found = Vec::new();
    let mut seen = 0;
    ground.go("internet", "/login").await;
    judge(&ground, &axe, "nobody", &mut found).await;
    let mut policy = BTreeSet::new();
    for (zone, login) in WALKS {
        ground.enter(zone, login).await;
        let mut walk = Walk::from_home(&ground, zone, &mut policy);
        while walk.next().await.is_some() {
            seen += 1;
            judge(&ground, &axe, login, &mut found).await;
        }
    }
    // The one page where an original is opened, whichever decisions the walks came by.
    ground.enter("internet", "wakaba").await;
    let waiting = "//li[contains(., '検査確認')]//a[contains(., '判断')]";
    ground.click_at(fantoccini::Locator::XPath(waiting)).await;
    ground.wait_for(".inspect").await;
    judge(&ground, &axe, "wakaba", &mut found).await;
    eprintln!("axe-core looked at {seen} pages");
    assert!(seen > 60, "only {seen} pages were found");
    assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
}

/// A walk through the pages that can be reached by links from home; each is open in the browser when it is given.
struct Walk<'g> {
    ground: &'g Ground,
    zone: &'g str,
    queue: VecDeque<String>,
    known: BTreeSet<String>,
    alike: BTreeMap<String, usize>,
    /// Shapes of pages that are the same for everybody and were seen by a walk before.
    policy: &'g mut BTreeSet<String>,
    /// Those that this walk sees.
    policy_here: BTreeSet<String>,
    pages: usize,
}

impl<'g> Walk<'g> {
    fn from_home(ground: &'g Ground, zone: &'g str, policy: &'g mut BTreeSet<String>) -> Self {
        let queue = VecDeque::from(["/".to_owned(), "/no-such-page".to_owned()]);
        let known = queue.iter().cloned().collect();
        Self {
            ground,
            zone,
            queue,
            known,
            alike: BTreeMap::new(),
            policy,
            policy_here: BTreeSet::new(),
            pages: 0,
        }
    }

    /// Opens the next page.
    async fn next(&mut self) -> Option<String> {
        if self.pages == PAGES_MAX {
            return None;
        }
        let path = self.queue.pop_front()?;
        self.pages += 1;
        self.ground.go(self.zone, &path).await;
        let script = "return [...document.querySelectorAll('a[href]')].map(a => a.href)";
        let links: Vec<String> = serde_json::from_value(self.ground.ask(script).await).unwrap();
        let base = self.ground.city.url(self.zone);
        for link in links {
            let Some(path) = link.strip_prefix(base).and_then(|rest| rest.split('#').next()) else {
                continue;
            };
            let is_page = !path.is_empty()
                && path != "/logout"
                && ["/download", ".zip", ".csv", "format=", "/api/", "/bundle.txt", "/files/"]
                    .iter()
                    .all(|file| !path.contains(file));
            if !is_page || !self.known.insert(path.to_owned()) {
                continue;
            }
            let shape = shape(path);
            if SAME_FOR_ALL.iter().any(|same| path.starts_with(same)) {
                if self.policy.contains(&shape) && !self.policy_here.contains(&shape) {
                    continue;
                }
                self.policy.insert(shape.clone());
                self.policy_here.insert(shape.clone());
            }
            let count = self.alike.entry(shape).or_default();
            *count += 1;
            if *count <= ALIKE_MAX {
                self.queue.push_back(path.to_owned());
            }
        }
        Some(path)
    }
}

/// A path without what tells one thing from another of its kind.
fn shape(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let place: Vec<&str> =
        path.split('/').map(|step| if step.len() > 20 || step.contains('%') { "*" } else { step }).collect();
    let place = match path {
        path if path.starts_with("/clauses/") => "/clauses/*".to_owned(),
        path if path.starts_with("/policy/clauses/") => "/policy/clauses/*".to_owned(),
        path if path.starts_with("/policy/roles/") => "/policy/roles/*".to_owned(),
        path if path.starts_with("/parameters/") => "/parameters/*".to_owned(),
        path if path.starts_with("/tasks/duties/") => "/tasks/duties/*".to_owned(),
        // The id of a task says what it is, so that it looks like no other id.
        path if path.starts_with("/tasks/") && path.contains('.') => "/tasks/*".to_owned(),
        path if path.starts_with("/requests/new/") => "/requests/new/*".to_owned(),
        _ => place.join("/"),
    };
    let keys: Vec<&str> = query.split('&').filter_map(|pair| pair.split('=').next()).collect();
    format!("{place}?{}", keys.join("&"))
}

pub(crate) async fn judge(ground: &Ground, axe: &str, who: &str, found: &mut Vec<String>) {
    ground.ask(axe).await;
    let script = "const done = arguments[arguments.length - 1]; \
        axe.run(document, { runOnly: { type: 'tag', values: \
        ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } }) \
        .then(r => done(r.violations.map(v => ({ rule: v.id, help: v.help, \
        places: v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 160)) }))), \
        e => done([{ rule: 'axe', help: String(e), places: [] }]))";
    let answer = ground.client.execute_async(script, vec![json!(null)]).await.unwrap();
    let violations: Vec<Violation> = serde_json::from_value(answer).unwrap();
    let path = ground.path().await;
    for violation in violations {
        found.push(format!("{who} {path}: {} ({}) {:?}", violation.rule, violation.help, violation.places));
    }
}

#[tokio::test]
async fn nothing_is_cut_off_on_a_narrow_screen() {
    let look = Look { width: 390, height: 844, handheld: true, ..Look::default() };
    let Some(ground) = Ground::open(look).await else { return };
    let mut wide = Vec::new();
    let mut policy = BTreeSet::new();
    for (zone, login) in [("internet", "sakura"), ("lgwan", "wakaba"), ("lgwan", "auditor")] {
        ground.enter(zone, login).await;
        let mut walk = Walk::from_home(&ground, zone, &mut policy);
        while let Some(path) = walk.next().await {
            let sizes = ground.ask("return [document.scrollingElement.scrollWidth, innerWidth]").await;
            let [needed, there]: [u32; 2] = serde_json::from_value(sizes).unwrap();
            assert!(there <= 390, "the window is {there} wide");
            if needed > there {
                wide.push(format!("{login} {path} needs {needed}"));
            }
        }
    }
    assert!(wide.is_empty(), "{}", wide.join("\n"));
}

impl Ground {
    /// Takes a picture of the page for the handbook, when a folder for it was named.
    pub(crate) async fn picture(&self, name: &str) {
        let Some(folder) = environment("SEKISHO_SCREENSHOTS") else { return };
        // The whole page, as far as a reader of the handbook wants to scroll.
        let height = self.ask("return document.documentElement.scrollHeight").await.as_u64().unwrap_or(1000);
        let height = u32::try_from(height.clamp(700, 1700)).unwrap() + 140;
        self.client.set_window_size(1280, height).await.unwrap();
        self.ask("window.scrollTo(0, 0); document.activeElement?.blur()").await;
        let picture = self.client.screenshot().await.unwrap();
        self.client.set_window_size(1280, 1000).await.unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(std::path::Path::new(&folder).join(format!("{name}.png")), picture).unwrap();
    }
}
