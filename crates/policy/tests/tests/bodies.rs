//! The packs of the five real bodies: all that their published texts ask for is there, and none of their sentences.
//!
//! Leaves to others: the fictional city and base as a layer (`shipped`), the rules of the format (`broken`).

use std::collections::{BTreeMap, BTreeSet};

use policy::{
    Assurance, CoverageReport, DiffReport, Library, Mechanism, Pack, ParameterValue, Severity, SourceFile,
    Statement,
};

use crate::support::everything;

/// Folder, what the ids of its statements begin with, how many the text has, and the body's code.
const BODIES: [(&str, &str, usize, &str); 5] = [
    ("asahi", "asahi/", 46, "122157"),
    ("kashiwa-water", "kashiwa/", 48, "122173"),
    ("narita", "narita/", 316, "122114"),
    ("okayama", "okayama/", 56, "331007"),
    ("tama", "tama/", 54, "132241"),
];

/// Statements that nothing serves although they define nothing, with the reason. Best left empty: a person's
/// declaration is a mechanism, too.
const UNBOUND: [(&str, &str); 0] = [];

/// The longest run of a gist, without blanks, that may be found in a source.
const COPIED_CHARS: usize = 25;

/// Every pack of the folder, without errors.
fn packs(files: &[SourceFile]) -> BTreeMap<String, Pack> {
    let library = Library::new(files);
    let ids: Vec<String> = library.packs().map(str::to_owned).collect();
    ids.into_iter()
        .map(|id| {
            let (pack, problems) = library.check(&id);
            let errors: Vec<_> = problems.iter().filter(|p| p.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{id}: {errors:#?}");
            (id, pack.expect("a pack without errors resolves"))
        })
        .collect()
}

/// The statements of one folder alone, without those it stands on.
fn own<'p>(pack: &'p Pack, begins: &'p str) -> impl Iterator<Item = &'p Statement> {
    pack.statements().iter().filter(move |s| s.id.starts_with(begins))
}

/// Each body's own statements, and those of base and of the fictional city, each once.
fn each(packs: &BTreeMap<String, Pack>) -> Vec<&Statement> {
    let folders = BODIES.map(|(folder, begins, ..)| (folder, begins));
    folders
        .into_iter()
        .chain([("base", "base/"), ("hoshimi", "hoshimi/")])
        .flat_map(|(folder, begins)| own(&packs[folder], begins))
        .collect()
}

#[test]
fn all_that_the_texts_ask_for_is_there() {
    let packs = packs(&everything());
    let mut total = 0;
    for (folder, begins, count, code) in BODIES {
        let pack = &packs[folder];
        assert_eq!(own(pack, begins).count(), count, "{folder}");
        assert_eq!(pack.municipality().map(|m| m.code.as_str()), Some(code), "{folder}");
        let base = packs["base"].statements().len();
        assert_eq!(pack.statements().len(), base + count, "{folder}: base stays visible beneath");
        total += count;
    }
    assert_eq!(total, 520);
    assert!((130..=190).contains(&packs["base"].statements().len()), "base is a standard, and a short one");
}

#[test]
fn each_statement_is_served_or_defines() {
    let packs = packs(&everything());
    let reasons: BTreeMap<&str, &str> = UNBOUND.into_iter().collect();
    for statement in each(&packs) {
        let bound = !statement.mechanisms.is_empty() || statement.assurance == Assurance::Define;
        let reason = reasons.get(statement.id.as_str());
        assert_eq!(bound, reason.is_none(), "{}", statement.id);
        assert!(reason.is_none_or(|r| !r.is_empty()), "{}", statement.id);
        assert!(statement.trigger.is_some() && statement.evidence.is_some(), "{}", statement.id);
    }
    // A word of the closed list that no duty needs would be a promise to nobody.
    let named: BTreeSet<Mechanism> = each(&packs).iter().flat_map(|s| s.mechanisms.clone()).collect();
    for (id, mechanism) in Mechanism::WORDS {
        assert!(named.contains(mechanism), "no statement needs {id}");
    }
}

#[test]
fn names_are_unique_and_relations_end_somewhere() {
    let packs = packs(&everything());
    let all = each(&packs);
    let ids: BTreeSet<&str> = all.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids.len(), all.len());
    let ascii: BTreeSet<&str> = all.iter().map(|s| s.ascii.as_str()).collect();
    assert_eq!(ascii.len(), all.len());
    let mut relations = 0;
    for statement in &all {
        for relation in &statement.relations {
            assert!(ids.contains(relation.to.as_str()), "{} → {}", statement.id, relation.to);
            relations += 1;
        }
        for source in &statement.sources {
            assert!(ids.contains(source.as_str()), "{} is made from {source}", statement.id);
        }
    }
    assert!(relations > 200, "only {relations} relations");
}

/// Base is a standard in general words, made from all of what was read.
#[test]
fn base_leaves_out_what_is_advised_against_and_nothing_else() {
    let packs = packs(&everything());
    let all = each(&packs);
    let sources: BTreeSet<&String> = all.iter().flat_map(|s| &s.sources).collect();
    let left_out: Vec<&str> = all
        .iter()
        .filter(|s| BODIES.iter().any(|b| s.id.starts_with(b.1)) && s.assurance != Assurance::Define)
        .filter(|s| !sources.contains(&s.id) && s.relations.iter().all(|r| !sources.contains(&r.to)))
        .map(|s| s.id.as_str())
        .collect();
    // Passwords are to be changed regularly.
    assert_eq!(left_out, ["narita/2.4(4)②エ"]);
}

#[test]
fn each_clause_hangs_in_the_tree_of_a_document() {
    let packs = packs(&everything());
    for (folder, begins, ..) in BODIES {
        let pack = &packs[folder];
        let clauses: Vec<_> = pack.clauses().iter().filter(|c| c.id.starts_with(begins)).collect();
        for clause in &clauses {
            assert!(clause.document.as_ref().is_some_and(|d| pack.document(d).is_some()), "{}", clause.id);
            let parent = clause.parent.as_deref();
            assert!(parent.is_none_or(|p| p.starts_with(begins)), "{}", clause.id);
            // The number of a clause begins with that of the clause it stands below.
            let number = |id: &str| id.trim_start_matches(begins).to_owned();
            assert!(parent.is_none_or(|p| number(&clause.id).starts_with(&number(p))), "{}", clause.id);
        }
        for statement in own(pack, begins) {
            let clause = statement.clause.trim_start_matches(begins);
            assert!(
                statement.clause.starts_with(begins) && statement.label.starts_with(clause),
                "{}",
                statement.id
            );
        }
        assert!(pack.documents().iter().any(|d| d.public) && pack.documents().iter().any(|d| !d.public));
        assert!(!pack.terms().is_empty() && !pack.scope().is_empty() && !pack.annotations().is_empty());
    }
}

#[test]
fn a_value_stands_only_where_the_text_sets_one() {
    let packs = packs(&everything());
    for (folder, begins, ..) in BODIES {
        let pack = &packs[folder];
        for parameter in pack.parameters() {
            assert_eq!(parameter.value.is_some(), parameter.decided.is_some(), "{folder} {}", parameter.id);
        }
        for id in own(pack, begins).flat_map(|s| &s.parameters) {
            let parameter = pack.parameter(id).expect("statements name parameters that exist");
            let clause = parameter.clause.as_deref().unwrap_or_default();
            assert!(clause.starts_with(begins), "{folder} {id} is left open by {clause:?}");
        }
    }
    let set = |folder: &str| -> Vec<(String, String)> {
        let all = packs[folder].parameters().iter();
        all.filter_map(|p| p.value.as_ref().map(|v| (p.id.clone(), v.to_string()))).collect()
    };
    let narita = set("narita");
    assert_eq!(narita.len(), 4, "{narita:?}");
    let value = |id: &str| packs["narita"].parameter(id).and_then(|p| p.value.clone());
    assert_eq!(value("password-length"), Some(ParameterValue::Number(4)));
    assert_eq!(value("training-per-year"), Some(ParameterValue::Number(1)));
    assert_eq!(value("password-regular-change"), Some(ParameterValue::Flag(true)));
    // The other four set nothing but what belongs to which zone.
    for (folder, ..) in BODIES.into_iter().filter(|b| b.0 != "narita") {
        let set = set(folder);
        assert!(set.len() == 3 && set.iter().all(|(id, _)| id.starts_with("zone-")), "{folder}: {set:?}");
    }
}

#[test]
fn a_value_beside_the_guideline_is_kept_and_shown() {
    let packs = packs(&everything());
    for (folder, ..) in BODIES {
        let told: Vec<&str> = packs[folder].divergences().map(|d| d.parameter.id.as_str()).collect();
        let expected: &[&str] =
            if folder == "narita" { &["password-length", "password-regular-change"] } else { &[] };
        assert_eq!(told, expected, "{folder}");
    }
}

#[test]
fn where_files_pass_the_bodys_own_statement_is_cited() {
    let packs = packs(&everything());
    for (folder, begins, ..) in BODIES {
        let passing = if folder == "narita" { 2 } else { 6 };
        let citing = packs[folder]
            .channels()
            .iter()
            .filter(|c| c.statements.iter().any(|s| s.starts_with(begins)))
            .count();
        assert_eq!(citing, passing, "{folder}");
    }
}

/// The whole of it in one list, layer by layer, with nothing that is served by nobody.
#[test]
fn coverage_has_no_gap() {
    let packs = packs(&everything());
    let report = CoverageReport::of_all(&packs.values().cloned().collect::<Vec<_>>());
    for (folder, _, count, _) in BODIES {
        let layer = report.by_layer.iter().find(|l| l.id == folder).expect("each body is a layer");
        assert_eq!((layer.totals.statements, layer.totals.unbound), (count, 0), "{folder}");
        assert!(layer.totals.planned > layer.totals.kept, "{folder}: most of it is still to be built");
    }
}

/// What one body asks for and the other does not is found through the relations.
#[test]
fn bodies_are_compared_by_what_they_ask_for() {
    let packs = packs(&everything());
    let diff = DiffReport::new(&packs["asahi"], &packs["okayama"]);
    let added: BTreeSet<&str> = diff.statements.added.iter().map(|s| s.id.as_str()).collect();
    for only_okayama in ["okayama/4(2)#2", "okayama/10#2", "okayama/10#3"] {
        assert!(added.contains(only_okayama), "{only_okayama} is not in {added:?}");
    }
    assert!(!added.contains("okayama/6(8)#1"), "both select contractors");
    assert_eq!(diff.statements.removed, [], "all that Asahi asks for Okayama asks for in some form");
}

/// A text leaves open what running it needs. Once somebody decides, here as the fictional city did, it could be run.
#[test]
fn a_body_that_decides_could_run_its_text() {
    let mut files = everything();
    let packs = packs(&files);
    for (folder, ..) in BODIES {
        let resolved = Library::new(&files).resolve(folder).expect("it has no errors");
        assert!(!resolved.readiness().is_empty(), "{folder}: nobody has decided");
        let id = format!("{folder}-decided");
        let mut text = format!(
            "format = 1\n[pack]\nid = \"{id}\"\nextends = \"{folder}\"\ntitle = \"決めた値\"\nversion = \"1\"\n"
        );
        for parameter in packs["hoshimi"].parameters() {
            let open = packs[folder].parameter(&parameter.id).is_some_and(|p| p.value.is_none());
            let Some(value) = parameter.value.as_ref().filter(|_| open) else { continue };
            let value = match value {
                ParameterValue::Number(number) => number.to_string(),
                ParameterValue::Text(text) => format!("\"{text}\""),
                ParameterValue::Flag(flag) => flag.to_string(),
            };
            text += &format!(
                "[[parameter]]\nid = \"{}\"\noverride = true\nvalue = {value}\ndecided = \"試験\"\n",
                parameter.id
            );
        }
        files.push(SourceFile { path: format!("{id}/pack.toml"), text });
        let decided = Library::new(&files).resolve(&id).expect("the values are within bounds");
        assert_eq!(decided.readiness(), [], "{folder}");
        assert_eq!(decided.pack.statements().len(), packs[folder].statements().len());
    }
}

/// Zones and posts are the body's own words.
#[test]
fn local_names_are_kept() {
    let packs = packs(&everything());
    let short =
        |folder: &str| -> Vec<String> { packs[folder].zones().iter().map(|z| z.short.clone()).collect() };
    assert_eq!(short("okayama"), ["公開系", "情報系", "業務系"]);
    assert_eq!(short("narita"), short("base"), "the text knows no zones");
    let narita = &packs["narita"];
    for (post, title, role) in [
        ("deputy-mayor", "副市長", "ciso"),
        ("general-affairs-director", "総務部長", "supervising-officer"),
        ("it-manager", "行政管理課長", "system-manager"),
        ("it-manager", "行政管理課長", "security-manager"),
        ("fire-chief", "消防長", "security-officer"),
    ] {
        let post = narita.post(post).expect("the text names it");
        assert!(post.title == title && post.roles.iter().any(|r| r == role), "{post:?}");
    }
    let dates =
        |folder: &str| -> Vec<&str> { packs[folder].revisions().iter().map(|r| r.date.as_str()).collect() };
    assert_eq!(dates("asahi"), ["2005-08-01", "2007-05-10", "2016-06-01", "2022-09-01", "2026-03-24"]);
    assert_eq!(dates("okayama").len(), 6);
    assert_eq!(dates("tama"), ["2026-02-10"]);
    assert!(dates("narita").is_empty() && dates("kashiwa-water").is_empty(), "no day is known");
}

/// Whether a text of ours is a run of a source, blanks aside.
fn copied(ours: &str, sources: &[String]) -> bool {
    let ours = without_blanks(ours);
    ours.chars().count() >= COPIED_CHARS && sources.iter().any(|s| s.contains(&ours))
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn copying_would_be_noticed() {
    let sources = ["あいうえお かきくけこ\nさしすせそ たちつてと なにぬねの はひふへほ".to_owned()]
        .map(|s| without_blanks(&s));
    for (ours, is_copied) in [
        ("うえおかきくけこさしすせそたちつてとなにぬねのは", false),
        ("うえおかきくけこさしすせそたちつてとなにぬねのはひ", true),
        ("うえおかきくけこ さしすせそ たちつてとなにぬねのはひ", true),
        ("うえおかきくけこさしすせそたちつてとなにぬねのはほ", false),
        ("", false),
    ] {
        assert_eq!(copied(ours, &sources), is_copied, "{ours}");
    }
}

/// Where the sources and the list of analysed statements lie, if the tester has them.
#[expect(clippy::disallowed_methods, reason = "where the sources lie is said by the tester")]
fn shared() -> Option<std::path::PathBuf> {
    let shared = std::env::var_os("SEKISHO_SHARED");
    if shared.is_none() {
        eprintln!("skipped: SEKISHO_SHARED is not set");
    }
    shared.map(Into::into)
}

#[test]
fn no_sentence_of_a_source_is_ours() {
    let Some(shared) = shared() else { return };
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(shared.join("seeds")).unwrap() {
        sources.push(without_blanks(&std::fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    assert!(sources.len() >= BODIES.len(), "only {} sources", sources.len());
    let packs = packs(&everything());
    let mut texts: Vec<(&str, &str)> = Vec::new();
    for statement in each(&packs) {
        let written = [Some(&statement.gist_ja), statement.title.as_ref(), statement.trigger.as_ref()];
        let more = [statement.evidence.as_ref(), statement.note.as_ref()];
        texts.extend(written.into_iter().chain(more).flatten().map(|t| (&*statement.id, t.as_str())));
    }
    for pack in packs.values() {
        texts.extend(pack.terms().iter().map(|t| (&*t.id, t.meaning.as_str())));
        texts.extend(pack.annotations().iter().map(|a| (&*a.id, a.note.as_str())));
        texts.extend(pack.scope().iter().map(|s| (&*s.id, s.title.as_str())));
        texts.extend(pack.zones().iter().map(|z| (&*z.id, z.description.as_str())));
        texts.extend(pack.levels().iter().map(|l| (&*l.id, l.meaning.as_str())));
    }
    for (id, text) in texts {
        assert!(!copied(text, &sources), "{id}: {text}");
    }
}

/// The list says for each row its id, its id in letters, how binding it is, where it belongs and how it is made sure.
#[test]
fn the_list_and_the_packs_agree() {
    let Some(shared) = shared() else { return };
    let list = std::fs::read_to_string(shared.join("clauses.tsv")).unwrap();
    let mut lines = list.lines();
    let head: Vec<&str> = lines.next().unwrap().split('\t').collect();
    let column =
        |name: &str| head.iter().position(|h| *h == name).unwrap_or_else(|| panic!("no column {name}"));
    let [id, ascii, modality, capability, assurance] =
        ["id", "oscal_id", "modality", "capability", "assurance"].map(column);
    let packs = packs(&everything());
    let mut ours: BTreeMap<&str, &Statement> = each(&packs).into_iter().map(|s| (s.id.as_str(), s)).collect();
    for row in lines {
        let row: Vec<&str> = row.split('\t').collect();
        let statement = ours.remove(row[id]).unwrap_or_else(|| panic!("{} is missing", row[id]));
        let said =
            [&*statement.ascii, statement.modality.id(), &*statement.capability, statement.assurance.id()];
        assert_eq!(said, [row[ascii], row[modality], row[capability], row[assurance]], "{}", row[id]);
    }
    let invented: Vec<&&str> = ours.keys().filter(|id| BODIES.iter().any(|b| id.starts_with(b.1))).collect();
    assert!(invented.is_empty(), "{invented:?}");
}
