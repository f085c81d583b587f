//! PDFs made here, from harmless to hostile, through the whole road.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use worker_protocol::{FilePolicy, Hint, Job, Kind, Limits, Outcome, Reason, Threat, Verdict};

use crate::sanitise;

fn job(passwords: &[&str]) -> Job {
    Job {
        hint: Hint {
            untrusted_name: "a.pdf".to_owned(),
            passwords: passwords.iter().map(|p| (*p).to_owned()).collect(),
        },
        policy: FilePolicy::default(),
        limits: Limits::default(),
        want_preview: false,
        mark: None,
        notes: worker_protocol::Notes::default(),
    }
}

/// A one-page document. `page` and `catalog` get more keys, whose indirect objects `add` puts in.
fn document(change: impl FnOnce(&mut Document, &mut Dictionary, &mut Dictionary)) -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let pages = document.new_object_id();
    let content =
        document.add_object(Stream::new(dictionary! {}, b"BT /F1 12 Tf 72 720 Td (Hello) Tj ET".to_vec()));
    let font = document
        .add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" });
    let mut page = dictionary! {
        "Type" => "Page",
        "Parent" => pages,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Contents" => content,
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    };
    let mut catalog = dictionary! { "Type" => "Catalog", "Pages" => pages };
    change(&mut document, &mut page, &mut catalog);
    let page = document.add_object(page);
    document.objects.insert(
        pages,
        Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
    );
    let catalog = document.add_object(catalog);
    document.trailer.set("Root", catalog);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn check(bytes: &[u8], verdict: Verdict, threats: &[Threat]) -> Outcome {
    let outcome = sanitise(&job(&[]), bytes.to_vec(), &mut |_, _| ());
    assert!(outcome.report.is_consistent());
    assert_eq!(outcome.report.kind, Some(Kind::Pdf));
    assert_eq!(outcome.report.verdict, verdict, "{:?}", outcome.report);
    let found: Vec<Threat> = outcome.report.removals.iter().map(|r| r.what).collect();
    assert_eq!(found, threats);
    let clean = outcome.clean.as_ref().unwrap();
    let document = Document::load_mem(clean).unwrap();
    assert!(document.extract_text(&[1]).unwrap().contains("Hello"));
    outcome
}

fn script() -> Dictionary {
    dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("app.alert(1)") }
}

#[test]
fn a_plain_page_is_clean() {
    check(&document(|_, _, _| ()), Verdict::Clean, &[]);
}

#[test]
fn what_acts_is_left_behind() {
    check(&document(|_, _, c| c.set("OpenAction", script())), Verdict::Partial, &[Threat::Script]);
    check(
        &document(|d, _, c| {
            let action = d.add_object(script());
            let tree = dictionary! { "Names" => vec![Object::string_literal("x"), action.into()] };
            c.set("Names", dictionary! { "JavaScript" => tree });
        }),
        Verdict::Partial,
        &[Threat::Script],
    );
    check(
        &document(|_, p, _| p.set("AA", dictionary! { "O" => script() })),
        Verdict::Partial,
        &[Threat::Action],
    );
    let link = |action: Dictionary| {
        document(|d, p, _| {
            let annotation = d.add_object(dictionary! {
                "Type" => "Annot", "Subtype" => "Link", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()], "A" => action,
            });
            p.set("Annots", vec![annotation.into()]);
        })
    };
    let launch = dictionary! { "S" => "Launch", "F" => Object::string_literal("calc.exe") };
    check(&link(launch), Verdict::Partial, &[Threat::Action]);
    let away = dictionary! { "S" => "GoToR", "F" => Object::string_literal("\\\\host\\x.pdf") };
    check(&link(away), Verdict::Partial, &[Threat::ExternalContent]);
    let web = |target: &str| dictionary! { "S" => "URI", "URI" => Object::string_literal(target) };
    check(&link(web("javascript:x")), Verdict::Partial, &[Threat::Hyperlink]);
    let kept = check(&link(web("https://a.example/")), Verdict::Clean, &[]);
    assert!(kept.clean.unwrap().windows(10).any(|w| w == b"https://a."));
    let mut chained = web("https://a.example/");
    chained.set("Next", script());
    check(&link(chained), Verdict::Partial, &[Threat::Action]);
}

#[test]
fn a_type_behind_a_reference_is_seen() {
    let bytes = document(|d, p, _| {
        let name = d.add_object(Object::Name(b"Launch".to_vec()));
        let action = d.add_object(dictionary! { "S" => name, "F" => Object::string_literal("x") });
        let annotation = d.add_object(dictionary! {
            "Subtype" => "Link", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()], "A" => action,
        });
        p.set("Annots", vec![annotation.into()]);
    });
    let outcome = check(&bytes, Verdict::Partial, &[Threat::Action]);
    assert!(!outcome.clean.unwrap().windows(6).any(|w| w == b"Launch"));
}

#[test]
fn attachments_forms_and_unreached_objects_are_left_behind() {
    let bytes = document(|d, p, c| {
        let file =
            d.add_object(Stream::new(dictionary! { "Type" => "EmbeddedFile" }, b"MZ-payload".to_vec()));
        let spec = d.add_object(dictionary! { "Type" => "Filespec", "EF" => dictionary! { "F" => file } });
        let annotation = d.add_object(dictionary! {
            "Type" => "Annot", "Subtype" => "FileAttachment", "Rect" => vec![0.into(), 0.into(), 9.into(), 9.into()], "FS" => spec,
        });
        p.set("Annots", vec![annotation.into()]);
        c.set(
            "AcroForm",
            dictionary! { "XFA" => Object::string_literal("<xdp/>"), "Fields" => Object::Array(vec![]) },
        );
        d.add_object(Stream::new(dictionary! {}, b"nobody-refers-to-this".to_vec()));
    });
    let outcome = check(&bytes, Verdict::Partial, &[Threat::DynamicForm, Threat::Attachment]);
    let clean = outcome.clean.unwrap();
    for gone in [b"MZ-payload".as_slice(), b"nobody-refers", b"XFA"] {
        assert!(!clean.windows(gone.len()).any(|w| w == gone));
    }
}

#[test]
fn broken_files_are_held() {
    let whole = document(|_, _, _| ());
    for bytes in [b"%PDF-1.7\n".to_vec(), b"%PDF-1.7\ntrailer<</Root 1 0 R>>".to_vec(), whole[..60].to_vec()]
    {
        let outcome = sanitise(&job(&[]), bytes, &mut |_, _| ());
        assert_eq!(outcome.report.verdict, Verdict::Held);
        assert_eq!(outcome.report.reason, Some(Reason::Damaged));
        assert!(outcome.clean.is_none());
    }
}

#[test]
fn a_page_tree_that_bites_its_tail_ends() {
    let bytes = document(|d, _, c| {
        let id = d.new_object_id();
        d.objects
            .insert(id, dictionary! { "Type" => "Pages", "Kids" => vec![id.into()], "Count" => 1 }.into());
        c.set("Pages", id);
    });
    assert_eq!(sanitise(&job(&[]), bytes, &mut |_, _| ()).report.verdict, Verdict::Held);
}
