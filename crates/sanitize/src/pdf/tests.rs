//! PDFs made here, from harmless to hostile, through the whole road.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};
use worker_protocol::{FilePolicy, Hint, Job, Kind, Limits, Outcome, Reason, Spot, Threat, Verdict};

use crate::sanitise;

mod traps;

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

/// All objects of the clean file, unpacked.
fn everything(outcome: &Outcome) -> Vec<u8> {
    let mut document = Document::load_mem(outcome.clean.as_ref().unwrap()).unwrap();
    document.decompress();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).unwrap();
    bytes
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

fn rectangle() -> Vec<Object> {
    vec![0.into(), 0.into(), 9.into(), 9.into()]
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
        &[Threat::Action, Threat::Script],
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
    assert!(contains(&everything(&kept), b"https://a.example/"));
    let mut chained = web("https://a.example/");
    chained.set("Next", script());
    check(&link(chained), Verdict::Partial, &[Threat::Action, Threat::Script]);
    let mut far = dictionary! { "S" => "GoToE", "F" => Object::string_literal("x.pdf") };
    far.set("Next", vec![dictionary! { "S" => "SubmitForm" }.into(), script().into()]);
    check(&link(far), Verdict::Partial, &[Threat::ExternalContent, Threat::Script, Threat::Action]);
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
            "Type" => "Annot", "Subtype" => "FileAttachment", "Rect" => rectangle(), "FS" => spec,
        });
        p.set("Annots", vec![annotation.into()]);
        let field = d.add_object(dictionary! {
            "T" => Object::string_literal("name"), "FT" => "Tx", "V" => Object::string_literal("value-of-field"),
            "Kids" => vec![dictionary! { "AA" => dictionary! { "K" => script() } }.into()],
        });
        c.set(
            "AcroForm",
            dictionary! { "XFA" => Object::string_literal("<xdp/>"), "Fields" => vec![field.into()] },
        );
        d.add_object(Stream::new(dictionary! {}, b"nobody-refers-to-this".to_vec()));
    });
    let expected =
        [Threat::HiddenData, Threat::Attachment, Threat::DynamicForm, Threat::Action, Threat::Script];
    let outcome = check(&bytes, Verdict::Partial, &expected);
    let page = outcome.report.removals.iter().find(|removal| removal.what == Threat::Attachment).unwrap();
    assert_eq!(page.spot, Some(Spot::Page { number: 1 }));
    let clean = everything(&outcome);
    assert!(contains(&clean, b"value-of-field"));
    for gone in [b"MZ-payload".as_slice(), b"nobody-refers", b"XFA", b"Filespec"] {
        assert!(!contains(&clean, gone));
    }
}

#[test]
fn a_form_that_is_made_while_it_opens_is_held() {
    let bytes = document(|_, _, c| {
        c.set("AcroForm", dictionary! { "XFA" => Object::string_literal("<xdp/>") });
        c.set("NeedsRendering", true);
    });
    let outcome = sanitise(&job(&[]), bytes, &mut |_, _| ());
    assert_eq!(outcome.report.reason, Some(Reason::NotRebuilt));
    assert_eq!(outcome.report.removals.len(), 1);
}

/// One object of a sort that must not come through, in a place where viewers would take it, and what is reported.
#[test]
fn every_hiding_place_is_emptied() {
    type Change = fn(&mut Document, &mut Dictionary, &mut Dictionary);
    let rows: Vec<(&str, Change, &[Threat], &[u8])> = vec![
        (
            "a script in a stream, behind a child field",
            |d, _, c| {
                let code = d.add_object(Stream::new(dictionary! {}, b"evil-payload".to_vec()));
                let action = dictionary! { "S" => "JavaScript", "JS" => code };
                let kid = d.add_object(dictionary! { "A" => action });
                let field = d.add_object(dictionary! { "FT" => "Btn", "Kids" => vec![kid.into()] });
                c.set("AcroForm", dictionary! { "Fields" => vec![field.into()] });
            },
            &[Threat::Script],
            b"evil-payload",
        ),
        (
            "an outline that launches",
            |d, _, c| {
                let item = d.new_object_id();
                let root = d.add_object(dictionary! { "First" => item, "Last" => item, "Count" => 1 });
                d.objects.insert(
                    item,
                    dictionary! {
                        "Title" => Object::string_literal("t"), "Parent" => root,
                        "A" => dictionary! { "S" => "Launch", "Win" => dictionary! { "F" => Object::string_literal("evil-payload") } },
                    }
                    .into(),
                );
                c.set("Outlines", root);
            },
            &[Threat::Action],
            b"evil-payload",
        ),
        (
            "a PostScript picture",
            |d, p, _| {
                let program = d.add_object(Stream::new(
                    dictionary! { "Type" => "XObject", "Subtype" => "PS" },
                    b"evil-payload".to_vec(),
                ));
                p.get_mut(b"Resources")
                    .unwrap()
                    .as_dict_mut()
                    .unwrap()
                    .set("XObject", dictionary! { "X" => program });
            },
            &[Threat::Script],
            b"evil-payload",
        ),
        (
            "a form that shows another file, with its print copy and alternate",
            |d, p, _| {
                let form = d.add_object(Stream::new(
                    dictionary! {
                        "Type" => "XObject", "Subtype" => "Form", "BBox" => rectangle(),
                        "Ref" => dictionary! { "F" => Object::string_literal("evil-payload"), "Page" => 0 },
                        "OPI" => dictionary! { "2.0" => dictionary! { "F" => Object::string_literal("evil-payload") } },
                    },
                    Vec::new(),
                ));
                p.get_mut(b"Resources")
                    .unwrap()
                    .as_dict_mut()
                    .unwrap()
                    .set("XObject", dictionary! { "X" => form });
            },
            &[Threat::ExternalContent],
            b"evil-payload",
        ),
        (
            "a picture whose data is elsewhere",
            |d, p, _| {
                let picture = d.add_object(Stream::new(
                    dictionary! {
                        "Type" => "XObject", "Subtype" => "Image", "Width" => 1, "Height" => 1, "BitsPerComponent" => 8,
                        "ColorSpace" => "DeviceGray",
                        "F" => dictionary! { "FS" => "URL", "F" => Object::string_literal("http://evil-payload/") },
                    },
                    b"x".to_vec(),
                ));
                p.get_mut(b"Resources")
                    .unwrap()
                    .as_dict_mut()
                    .unwrap()
                    .set("XObject", dictionary! { "X" => picture });
            },
            &[Threat::ExternalContent, Threat::Unknown],
            b"evil-payload",
        ),
        (
            "a program in place of a matrix",
            |d, p, _| {
                let matrix = vec![
                    1.into(),
                    2.into(),
                    3.into(),
                    4.into(),
                    5.into(),
                    Object::string_literal("evil-payload"),
                ];
                let font = d.add_object(dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "FontMatrix" => matrix });
                let resources = p.get_mut(b"Resources").unwrap().as_dict_mut().unwrap();
                resources.get_mut(b"Font").unwrap().as_dict_mut().unwrap().set("F2", font);
            },
            &[Threat::Unknown],
            b"evil-payload",
        ),
        (
            "a program in place of a function",
            |d, p, _| {
                let function = d.add_object(Stream::new(
                    dictionary! { "FunctionType" => 4, "Domain" => vec![0.into(), 1.into()], "Range" => vec![0.into(), 1.into()] },
                    b"{ (evil-payload) run }".to_vec(),
                ));
                let state = dictionary! { "Type" => "ExtGState", "TR" => function };
                p.get_mut(b"Resources")
                    .unwrap()
                    .as_dict_mut()
                    .unwrap()
                    .set("ExtGState", dictionary! { "X" => state });
            },
            &[Threat::Script],
            b"evil-payload",
        ),
        (
            "private data of a program",
            |_, p, c| {
                p.set(
                    "PieceInfo",
                    dictionary! { "A" => dictionary! { "P" => Object::string_literal("evil-payload") } },
                );
                c.set("Xevil-payload", true);
            },
            &[Threat::Extension, Threat::Extension],
            b"evil-payload",
        ),
        (
            "metadata and a thumbnail",
            |d, p, c| {
                let xmp = d.add_object(Stream::new(
                    dictionary! { "Type" => "Metadata", "Subtype" => "XML" },
                    b"evil-payload".to_vec(),
                ));
                c.set("Metadata", xmp);
                p.set("Thumb", xmp);
            },
            &[Threat::AuxiliaryPart, Threat::Metadata],
            b"evil-payload",
        ),
        (
            "a screen that plays",
            |d, p, _| {
                let annotation = d.add_object(dictionary! {
                    "Type" => "Annot", "Subtype" => "Screen", "Rect" => rectangle(),
                    "A" => dictionary! { "S" => "Rendition", "JS" => Object::string_literal("evil-payload") },
                });
                p.set("Annots", vec![annotation.into()]);
            },
            &[Threat::Multimedia, Threat::Script],
            b"evil-payload",
        ),
        (
            "a signature",
            |d, p, c| {
                let value = d.add_object(dictionary! {
                    "Type" => "Sig", "ByteRange" => vec![0.into(), 1.into()], "Contents" => Object::string_literal("evil-payload"),
                });
                let field = d.add_object(dictionary! {
                    "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "V" => value, "Rect" => rectangle(),
                });
                p.set("Annots", vec![field.into()]);
                c.set("AcroForm", dictionary! { "Fields" => vec![field.into()], "SigFlags" => 3 });
                c.set("Perms", dictionary! { "DocMDP" => value });
            },
            &[Threat::Signature, Threat::Signature],
            b"evil-payload",
        ),
    ];
    for (name, change, threats, gone) in rows {
        let outcome = sanitise(&job(&[]), document(change), &mut |_, _| ());
        let found: Vec<Threat> = outcome.report.removals.iter().map(|r| r.what).collect();
        assert_eq!(found, threats, "{name}");
        assert!(!contains(&everything(&outcome), gone), "{name}");
    }
}

#[test]
fn names_written_with_escapes_are_read() {
    let bytes = document(|_, _, c| c.set("OpenAction", script()));
    let text = bytes.windows(10).position(|w| w == b"JavaScript").unwrap();
    let escaped = [&bytes[..text], b"J#61vaScript", &bytes[text + 10..]].concat();
    let outcome = sanitise(&job(&[]), escaped, &mut |_, _| ());
    assert_eq!(outcome.report.removals.first().map(|r| r.what), Some(Threat::Script), "{:?}", outcome.report);
    assert!(!contains(&everything(&outcome), b"alert"));
}

#[test]
fn where_reading_starts_is_kept() {
    let bytes = document(|_, _, c| {
        c.set("OpenAction", dictionary! { "S" => "GoTo", "D" => vec![Object::Null, "Fit".into()] });
    });
    let outcome = check(&bytes, Verdict::Clean, &[]);
    let clean = Document::load_mem(&outcome.clean.unwrap()).unwrap();
    assert!(clean.catalog().unwrap().get(b"OpenAction").unwrap().as_array().is_ok());
}

#[test]
fn layers_fields_and_structure_stay() {
    let bytes = document(|d, p, c| {
        let layer =
            d.add_object(dictionary! { "Type" => "OCG", "Name" => Object::string_literal("layer-name") });
        c.set(
            "OCProperties",
            dictionary! { "OCGs" => vec![layer.into()], "D" => dictionary! { "Order" => vec![layer.into()] } },
        );
        let root = d.new_object_id();
        let element = d.add_object(dictionary! { "S" => "P", "P" => root, "K" => 0, "ActualText" => Object::string_literal("spoken") });
        d.objects.insert(root, dictionary! { "Type" => "StructTreeRoot", "K" => element }.into());
        c.set("StructTreeRoot", root);
        let field = d.new_object_id();
        d.objects.insert(
            field,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "T" => Object::string_literal("f"),
                "V" => Object::string_literal("filled-in"), "Rect" => rectangle(),
            }
            .into(),
        );
        p.set("Annots", vec![field.into()]);
        c.set("AcroForm", dictionary! { "Fields" => vec![field.into()] });
    });
    let outcome = check(&bytes, Verdict::Clean, &[]);
    let clean = everything(&outcome);
    for kept in [b"layer-name".as_slice(), b"spoken", b"filled-in"] {
        assert!(contains(&clean, kept));
    }
    // The widget on the page and the field of the form are still one object.
    let document = Document::load_mem(&outcome.clean.unwrap()).unwrap();
    let form = document.catalog().unwrap().get_deref(b"AcroForm", &document).unwrap().as_dict().unwrap();
    let page = document.get_dictionary(document.page_iter().next().unwrap()).unwrap();
    assert_eq!(form.get(b"Fields").unwrap(), page.get(b"Annots").unwrap());
}

#[test]
fn every_encryption_opens_with_its_password() {
    use lopdf::{EncryptionState, EncryptionVersion, Permissions};
    let plain = document(|_, _, _| ());
    for (owner, user, given, verdict) in [
        ("owner", "", "", Verdict::Clean),
        ("owner", "user", "user", Verdict::Clean),
        ("owner", "user", "", Verdict::Held),
        ("owner", "user", "wrong", Verdict::Held),
    ] {
        for revision in [2, 3, 4, 6] {
            let mut document = Document::load_mem(&plain).unwrap();
            let identifier = Object::String(vec![7; 16], lopdf::StringFormat::Hexadecimal);
            document.trailer.set("ID", vec![identifier.clone(), identifier]);
            let permissions = Permissions::all();
            let aes = |name: &str| -> std::collections::BTreeMap<
                Vec<u8>,
                std::sync::Arc<dyn lopdf::encryption::crypt_filters::CryptFilter>,
            > {
                let filter: std::sync::Arc<dyn lopdf::encryption::crypt_filters::CryptFilter> = match name {
                    "AESV2" => std::sync::Arc::new(lopdf::encryption::crypt_filters::Aes128CryptFilter),
                    _ => std::sync::Arc::new(lopdf::encryption::crypt_filters::Aes256CryptFilter),
                };
                [(b"StdCF".to_vec(), filter)].into()
            };
            let key = [9; 32];
            let version = match revision {
                2 => EncryptionVersion::V1 {
                    document: &document,
                    owner_password: owner,
                    user_password: user,
                    permissions,
                },
                3 => EncryptionVersion::V2 {
                    document: &document,
                    owner_password: owner,
                    user_password: user,
                    key_length: 128,
                    permissions,
                },
                4 => EncryptionVersion::V4 {
                    document: &document,
                    encrypt_metadata: true,
                    crypt_filters: aes("AESV2"),
                    stream_filter: b"StdCF".to_vec(),
                    string_filter: b"StdCF".to_vec(),
                    owner_password: owner,
                    user_password: user,
                    permissions,
                },
                _ => EncryptionVersion::V5 {
                    encrypt_metadata: true,
                    crypt_filters: aes("AESV3"),
                    file_encryption_key: &key,
                    stream_filter: b"StdCF".to_vec(),
                    string_filter: b"StdCF".to_vec(),
                    owner_password: owner,
                    user_password: user,
                    permissions,
                },
            };
            let state = EncryptionState::try_from(version).unwrap();
            document.encrypt(&state).unwrap();
            let mut bytes = Vec::new();
            document.save_to(&mut bytes).unwrap();
            let outcome = sanitise(&job(&[given]), bytes, &mut |_, _| ());
            let row = format!("R{revision} {user:?} with {given:?}: {:?}", outcome.report);
            assert_eq!(outcome.report.verdict, verdict, "{row}");
            match outcome.clean {
                Some(clean) => {
                    assert_eq!(outcome.report.removals[0].what, Threat::Encryption, "{row}");
                    let document = Document::load_mem(&clean).unwrap();
                    assert!(document.extract_text(&[1]).unwrap().contains("Hello"), "{row}");
                }
                None => assert_eq!(outcome.report.reason, Some(Reason::PasswordNeeded), "{row}"),
            }
        }
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

fn in_mode(mode: worker_protocol::Mode, mark: Option<&str>) -> Job {
    let mut job = job(&[]);
    job.policy.modes.insert(Kind::Pdf, mode);
    job.mark =
        mark.map(|label| worker_protocol::Mark { label: label.to_owned(), levels: vec!["c2".to_owned()] });
    job
}

#[test]
fn each_mode_does_what_it_says() {
    use worker_protocol::{Mode, Road};
    let bytes = document(|d, p, c| {
        let look = d.add_object(Stream::new(
            dictionary! { "Type" => "XObject", "Subtype" => "Form", "BBox" => rectangle() },
            b"1 0 0 rg 0 0 9 9 re f".to_vec(),
        ));
        let field = d.add_object(dictionary! {
            "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "T" => Object::string_literal("f"),
            "Rect" => rectangle(), "AP" => dictionary! { "N" => look },
        });
        let link = d.add_object(dictionary! {
            "Type" => "Annot", "Subtype" => "Link", "Rect" => rectangle(),
            "A" => dictionary! { "S" => "URI", "URI" => Object::string_literal("https://a.example/") },
        });
        p.set("Annots", vec![field.into(), link.into()]);
        c.set("AcroForm", dictionary! { "Fields" => vec![field.into()] });
    });
    let strict = sanitise(&in_mode(Mode::Strict, None), bytes.clone(), &mut |_, _| ());
    let found: Vec<Threat> = strict.report.removals.iter().map(|r| r.what).collect();
    assert_eq!(found, [Threat::DynamicForm, Threat::Hyperlink]);
    let clean = everything(&strict);
    assert!(contains(&clean, b"1 0 0 rg 0 0 9 9 re f") && contains(&clean, b"Do Q"));
    assert!(
        !contains(&clean, b"/Annots") && !contains(&clean, b"/AcroForm") && !contains(&clean, b"a.example")
    );

    let text = sanitise(&in_mode(Mode::TextOnly, None), bytes.clone(), &mut |_, _| ());
    assert_eq!((text.report.clean_kind, text.report.road), (Some(Kind::Text), Some(Road::Text)));
    assert_eq!(text.clean.unwrap(), b"Hello\n\n");
    assert_eq!(text.report.fidelity.unwrap().characters.after, 5);

    let pictures = sanitise(&in_mode(Mode::ImagePdf, None), bytes.clone(), &mut |_, _| ());
    assert_eq!((pictures.report.clean_kind, pictures.report.road), (Some(Kind::Pdf), Some(Road::Pictures)));
    let again = sanitise(&job(&[]), pictures.clean.unwrap(), &mut |_, _| ());
    assert_eq!(again.report.verdict, Verdict::Clean, "{:?}", again.report);
    let fidelity = again.report.fidelity.unwrap();
    assert_eq!((fidelity.pictures.after, fidelity.pages.after, fidelity.characters.after), (1, 1, 0));

    let inspected = sanitise(&in_mode(Mode::InspectOnly, None), bytes, &mut |_, _| ());
    assert!(inspected.clean.is_none() || inspected.report.road == Some(Road::Inspected));
}

#[test]
fn a_mark_is_written_once() {
    use worker_protocol::Mode;
    let bytes = document(|d, p, _| {
        // Leaves a state open, which must not move the mark.
        let content = Stream::new(dictionary! {}, b"q 5 0 0 5 0 0 cm BT /F1 12 Tf (Hello) Tj ET".to_vec());
        p.set("Contents", d.add_object(content));
        p.set("Rotate", 90);
    });
    let label = |text: &str| -> Vec<u8> {
        text.encode_utf16().map(|unit| format!("{unit:04X}")).collect::<String>().into_bytes()
    };
    let count = |bytes: &[u8], wanted: &[u8]| bytes.windows(wanted.len()).filter(|w| *w == wanted).count();
    let first = sanitise(&in_mode(Mode::Rebuild, Some("機密性2")), bytes, &mut |_, _| ());
    assert_eq!(first.report.verdict, Verdict::Clean, "{:?}", first.report);
    assert_eq!(count(&everything(&first), &label("機密性2")), 1, "in the keywords");
    let seen = sanitise(&in_mode(Mode::TextOnly, None), first.clean.clone().unwrap(), &mut |_, _| ());
    assert!(String::from_utf8(seen.clean.unwrap()).unwrap().contains("機密性2"), "on the page");
    let unmarked = sanitise(&job(&[]), first.clean.clone().unwrap(), &mut |_, _| ());
    assert_eq!((unmarked.report.verdict, unmarked.report.removals.len()), (Verdict::Clean, 0));
    assert_eq!(count(&everything(&unmarked), &label("機密性2")), 1);
    let second = sanitise(&in_mode(Mode::Rebuild, Some("機密性3")), first.clean.unwrap(), &mut |_, _| ());
    assert_eq!(second.report.removals, [], "{:?}", second.report);
    let all = everything(&second);
    assert_eq!((count(&all, &label("機密性2")), count(&all, &label("機密性3"))), (0, 1));
    assert_eq!(count(&all, b"/SekishoMark BMC"), 1);
    let pictures = sanitise(&in_mode(Mode::ImagePdf, Some("機密性2")), second.clean.unwrap(), &mut |_, _| ());
    assert_eq!(count(&everything(&pictures), b"/SekishoMark BMC"), 1);
}

#[test]
fn a_page_tree_that_bites_its_tail_ends() {
    let bytes = document(|d, _, c| {
        let id = d.new_object_id();
        d.objects
            .insert(id, dictionary! { "Type" => "Pages", "Kids" => vec![id.into()], "Count" => 1 }.into());
        c.set("Pages", id);
    });
    // The page hangs on nothing now; it is found all the same, and what was left hanging is said.
    check(&bytes, Verdict::Clean, &[Threat::HiddenData]);
}
