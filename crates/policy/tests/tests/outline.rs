//! The text as a reader goes through it.

use policy::{Library, Pack, RelationKind};

use crate::support::{SMALL, everything, file, resolved, shipped};

#[test]
fn clauses_hang_in_a_tree() {
    let pack = resolved(&everything(), "narita").pack;
    let clause = pack.clause("narita/2.2(1)①").unwrap();
    let ids: Vec<&str> = pack.clauses_above(clause).iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["narita/2", "narita/2.2", "narita/2.2(1)"]);
    let below: Vec<&str> = pack.clauses_below("narita/2.2(1)").map(|c| c.section.as_str()).collect();
    assert_eq!(below, ["2.2(1)①", "2.2(1)②", "2.2(1)③"]);
    assert_eq!(pack.annotations_of("narita/2.2(1)①").count(), 1);
    assert_eq!(pack.clauses_above(pack.clause("narita/2").unwrap()), Vec::<&policy::Clause>::new());
}

#[test]
fn the_whole_text_has_every_statement_that_stands_once() {
    let files = everything();
    let library = Library::new(&files);
    for id in library.packs() {
        let pack = library.resolve(id).unwrap().pack;
        let replaced = policy::duties::Replacements::of(&pack).iter().count();
        let chapters = pack.chapters();
        let mut told: Vec<&str> = chapters
            .iter()
            .flat_map(|c| &c.nodes)
            .flat_map(|n| &n.statements)
            .map(|s| s.id.as_str())
            .collect();
        let count = told.len();
        told.sort_unstable();
        told.dedup();
        assert_eq!((told.len(), count), (count, pack.statements().len() - replaced), "{id}");
        for chapter in &chapters {
            let mut depth = 0;
            for node in &chapter.nodes {
                assert!(node.depth <= depth + 1, "{id}: {:?} hangs in the air", node.clause.id);
                depth = node.depth;
            }
            let last = chapter.nodes.last().unwrap();
            assert!(!last.statements.is_empty(), "{id}: nothing is left of {}", last.clause.id);
        }
        assert!(chapters.windows(2).all(|w| w[0].document.is_some() || w[1].document.is_none()), "{id}");
    }
    // The body's own documents before the standard it stands on.
    let narita = library.resolve("narita").unwrap().pack;
    let first = narita.chapters()[0].document.map(|d| d.id.clone());
    assert_ne!(first.as_deref(), Some("model-standard"));
    // The body's basic policies before the standard that it took over, though it has a clause of its own in it.
    let city = library.resolve("hoshimi").unwrap().pack;
    let order: Vec<&str> = city.chapters().iter().filter_map(|c| c.document).map(|d| d.id.as_str()).collect();
    assert_eq!(order, ["basic-policy", "school-policy", "model-standard"]);
    // What stands in no document comes last.
    let mut files = shipped();
    let clauses = files.iter_mut().find(|f| f.path == "hoshimi/clauses.toml").unwrap();
    let at = clauses.text.find("document = \"basic-policy\"\n").unwrap();
    clauses.text.replace_range(at..at + "document = \"basic-policy\"\n".len(), "");
    let city = resolved(&files, "hoshimi").pack;
    let chapters = city.chapters();
    let last = chapters.last().unwrap();
    assert!(last.document.is_none(), "{:?}", last.document.map(|d| &d.id));
    assert!(chapters[..chapters.len() - 1].iter().all(|c| c.document.is_some()));
}

#[test]
fn words_relations_makers_and_days_stand_around_a_clause() {
    let text =
        SMALL.replace("gist_ja = \"無害化する\"", "gist_ja = \"ファイルは無害か、無害化してから渡す\"");
    let body = "format = 1\n[pack]\nid = \"body\"\nextends = \"small\"\ntitle = \"町\"\nversion = \"1\"\n\
        [[term]]\nid = \"clean-2\"\nword = \"無 害 化\"\nmeaning = \"町の意味\"\n\
        [[statement]]\nid = \"body/a\"\nclause = \"small/1\"\nlabel = \"a\"\nascii = \"body-a\"\ntype = \"staff-rule\"\n\
        modality = \"must\"\ngist_ja = \"g\"\ngist_en = \"g\"\nassurance = \"attest\"\ncapability = \"policy\"\n\
        relations = [{ kind = \"weaker\", to = \"small/one\" }]\n";
    let pack: Pack = resolved(&[file("small/pack.toml", &text), file("body/pack.toml", body)], "body").pack;
    let one = pack.statement("small/one").unwrap();
    let terms: Vec<&str> = pack.terms_in(&one.gist_ja).iter().map(|t| t.meaning.as_str()).collect();
    assert_eq!(terms, ["町の意味"], "one word once, as the body means it");
    assert_eq!(pack.terms_in("何もない"), Vec::<&policy::Term>::new());
    let related: Vec<(RelationKind, &str, bool)> =
        pack.related(one).iter().map(|r| (r.kind, r.id, r.statement.is_some())).collect();
    assert_eq!(
        related,
        [(RelationKind::Stricter, "elsewhere/1", false), (RelationKind::Stricter, "body/a", true)],
        "the other is weaker, so that this one is stricter"
    );
    let own: Vec<(RelationKind, &str)> =
        pack.related(pack.statement("body/a").unwrap()).iter().map(|r| (r.kind, r.id)).collect();
    assert_eq!(own, [(RelationKind::Weaker, "small/one")]);
    let document = pack.document("standard").unwrap();
    assert_eq!(pack.maker_of(document).map(|m| m.title.as_str()), Some("町長"));
    assert_eq!(pack.revisions_of(Some("standard")).count(), 1);
    assert_eq!(pack.revisions_of(Some("other")).count(), 0);
}
