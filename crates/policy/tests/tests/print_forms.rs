//! Print forms and record classes: what they may say, and everything that is said about a slip.

use policy::{CellSays, Code, Library, Pack, PrintFormat, PrintLook, PrintOf, SourceFile};

use crate::support::{SMALL, file, findings, shipped};

const PDF: &str = "[[print-form]]\nid = \"sheet\"\ntitle = \"申請書\"\nnumber = \"様式第1号\"\nfor = \"request\"\nformat = \"pdf\"\n\
                   template = \"sheet.typ\"\n";
const XLSX: &str = "[[print-form]]\nid = \"sheet\"\ntitle = \"申請書\"\nfor = \"request\"\nformat = \"xlsx\"\ncolumns = [{ width = 20 }]\n\
                    cells = [\n{ at = \"A1\", to = \"B1\", field = \"applicant.name\" },\n{ at = \"A2\", field = \"label\", each = \"answers\" },\n]\n";
const CLASS: &str =
    "[[record-class]]\nid = \"five\"\ntitle = \"5年保存\"\nyears = 5\nusual = true\nbasis = \"規程\"\n";

/// The small pack with these lines behind it and one template beside it.
fn files(more: &str) -> Vec<SourceFile> {
    vec![
        file("small/pack.toml", &format!("{SMALL}\n{more}")),
        file("small/sheet.typ", "= #sys.inputs.title\n\n"),
    ]
}

fn pack(more: &str) -> Pack {
    Pack::resolve(&files(more), "small").unwrap_or_else(|problems| panic!("{problems:#?}")).pack
}

#[test]
fn a_form_brings_its_template_or_its_layout() {
    let pack_of_pdf = pack(PDF);
    let form = pack_of_pdf.print_form("sheet").unwrap();
    assert_eq!((form.format(), form.number.as_deref()), (PrintFormat::Pdf, Some("様式第1号")));
    assert_eq!(form.look, PrintLook::Template("= #sys.inputs.title\n".to_owned()));
    assert!(form.fits(PrintOf::Request, "anything") && !form.fits(PrintOf::Duty, "anything"));
    let pack_of_xlsx = pack(XLSX);
    let PrintLook::Sheet(sheet) = &pack_of_xlsx.print_form("sheet").unwrap().look else { panic!() };
    assert_eq!((sheet.cells[0].column_last, sheet.cells[1].row), (1, 1));
    assert_eq!(sheet.cells[1].says, CellSays::Field("label".to_owned()));
    // Shown as one text and read again as a single layer it is the same pack.
    let shown = Pack::resolve(&files(PDF), "small").unwrap().show();
    let again = Pack::resolve(&[file("small/pack.toml", &shown)], "small").unwrap().pack;
    assert_eq!(again.print_form("sheet").unwrap().look, form.look);
}

#[test]
fn a_body_replaces_a_template_in_its_own_folder() {
    let upper = "format = 1\n[pack]\nid = \"upper\"\nextends = \"small\"\ntitle = \"上\"\nversion = \"1\"\n\
                 [[print-form]]\nid = \"sheet\"\noverride = true\nnumber = \"様式第9号\"\ntemplate = \"own.typ\"\n";
    let mut all = files(PDF);
    all.push(file("upper/pack.toml", upper));
    all.push(file("upper/own.typ", "own\n"));
    let pack = Pack::resolve(&all, "upper").unwrap().pack;
    let form = pack.print_form("sheet").unwrap();
    assert_eq!(
        (form.number.as_deref(), &form.look),
        (Some("様式第9号"), &PrintLook::Template("own\n".to_owned()))
    );
}

#[test]
fn slips_are_told() {
    for (title, text, code, says) in [
        ("no such file", PDF.replace("sheet.typ", "sheat.typ"), Code::TemplateMissing, "sheet.typ"),
        ("a path", PDF.replace("sheet.typ", "../small/sheet.typ"), Code::WrongValue, "ファイルの名前"),
        ("no template", PDF.replace("template = \"sheet.typ\"\n", ""), Code::MissingKey, "template"),
        ("a number", PDF.replace("\"sheet.typ\"", "5"), Code::WrongType, "template"),
        ("no form", PDF.replace("\"request\"", "\"requests\""), Code::WrongValue, "request"),
        (
            "unknown form type",
            PDF.replace("format = \"pdf\"", "format = \"pdf\"\nonly = [\"nothing\"]"),
            Code::UnknownReference,
            "nothing",
        ),
        (
            "unknown field",
            XLSX.replace("applicant.name", "applicant.nam"),
            Code::UnknownReference,
            "applicant.name",
        ),
        (
            "field of an entry outside its list",
            XLSX.replace(", each = \"answers\"", ""),
            Code::UnknownReference,
            "label",
        ),
        ("unknown list", XLSX.replace("\"answers\"", "\"answer\""), Code::WrongValue, "answer"),
        ("no place", XLSX.replace("\"A1\"", "\"1A\""), Code::WrongValue, "1A"),
        (
            "backwards",
            XLSX.replace("at = \"A1\", to = \"B1\"", "at = \"B1\", to = \"A1\""),
            Code::WrongValue,
            "左上",
        ),
        ("far away", XLSX.replace("\"A2\"", "\"A999\""), Code::WrongValue, "A999"),
        ("overlapping", XLSX.replace("\"A2\"", "\"B1\""), Code::WrongValue, "重なる"),
        (
            "words and field",
            XLSX.replace("field = \"label\"", "field = \"label\", text = \"x\""),
            Code::WrongValue,
            "どちらか",
        ),
        ("no cells", XLSX.split("cells").next().unwrap().to_owned(), Code::MissingKey, "cells"),
        (
            "years and for ever",
            CLASS.replace("years = 5", "years = 5\npermanent = true"),
            Code::WrongValue,
            "永年",
        ),
        ("no years", CLASS.replace("years = 5\n", ""), Code::MissingKey, "years"),
        ("too many years", CLASS.replace("years = 5", "years = 101"), Code::OutOfBounds, "100"),
        (
            "two usual ones",
            format!("{CLASS}{}", CLASS.replace("five", "six").replace("5年", "6年")),
            Code::NotDistinct,
            "usual",
        ),
    ] {
        let found = findings(&Pack::resolve(&files(&text), "small"));
        let said = |p: &policy::Problem| format!("{} {}", p.message, p.instead);
        assert!(found.iter().any(|p| p.code == code && said(p).contains(says)), "{title}: {found:#?}");
    }
}

#[test]
fn what_names_no_class_has_the_usual_one() {
    let pack = pack(CLASS);
    assert_eq!(pack.record_class_of(None).unwrap().years, Some(5));
    assert_eq!(pack.record_class_of(Some("other")), None);
}

#[test]
fn every_shipped_body_has_a_form_for_each_thing() {
    let files = shipped();
    let library = Library::new(&files);
    for body in library.packs() {
        let pack = library.resolve(body).unwrap().pack;
        for (word, of) in PrintOf::WORDS {
            assert!(pack.print_forms().iter().any(|form| form.of == *of), "{body}: {word}");
        }
        assert!(pack.retention().records.is_some(), "{body}");
    }
}
