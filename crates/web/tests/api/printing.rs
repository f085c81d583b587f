//! Print forms over the API: what forms are given is what they are told, workbooks are written, and failures say why.

use std::collections::BTreeSet;

use app::printing::{PrintFailure, PrintedPdf, Printer};
use policy::PrintOf;
use serde_json::{Value, json};
use worker_protocol::print::{PdfStandard, PrintJob, PrintProblem};

use crate::city::{City, multipart};

/// Gives back the job instead of a PDF, and fails where the job says so.
pub(crate) struct Echo;

#[async_trait::async_trait]
impl Printer for Echo {
    fn is_installed(&self) -> bool {
        true
    }

    async fn print(&self, job: &PrintJob) -> Result<PrintedPdf, PrintFailure> {
        let text = job.data.to_string();
        if text.contains("印刷できない") {
            let problems = vec![PrintProblem { line: 3, message: "unknown variable".to_owned() }];
            return Err(PrintFailure::Template(problems));
        }
        if text.contains("長すぎる") {
            return Err(PrintFailure::TooLong);
        }
        let pdf = serde_json::to_vec(job).unwrap();
        Ok(PrintedPdf {
            pdf,
            pages: 1,
            standard: PdfStandard::ArchiveAccessible,
            unprintable: vec!['\u{E000}'],
            warnings: Vec::new(),
        })
    }
}

/// Every path of a value: `a.b`, `list[].part`, `list[]`; an empty list has its own name only.
fn paths(at: &str, value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                paths(&if at.is_empty() { key.clone() } else { format!("{at}.{key}") }, value, into);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| paths(&format!("{at}[]"), value, into)),
        _ => {
            into.insert(at.to_owned());
        }
    }
}

/// Nothing is given that nobody is told of, and nothing that is told is missing at the top.
#[track_caller]
fn fits(of: PrintOf, data: &Value) {
    let mut given = BTreeSet::new();
    paths("", data, &mut given);
    let told: BTreeSet<String> = of.fields().map(|(field, _)| field.to_owned()).collect();
    assert!(given.is_subset(&told), "{:?}", given.difference(&told).collect::<Vec<_>>());
    for field in told {
        let top = field.split(['.', '[']).next().unwrap();
        assert!(data.get(top).is_some(), "{} is not given", field);
        assert!(field.contains("[]") || given.contains(&field), "{field} is not given");
    }
}

async fn hand_in(city: &City, submission: &str, what: &str) -> String {
    let hanako = city.log_in("hanako", "lgwan").await;
    let form = json!({
        "submission": submission,
        "form": "provision",
        "answers": {
            "what": what, "recipient": "県", "protection": "封をして手渡す",
            "from": "2026-11-24", "until": "2026-11-25", "purpose": "調査",
        },
    });
    let parts = vec![("request", None, form.to_string()), ("file", Some("見積.pdf"), "untrusted".to_owned())];
    let made =
        city.raw(&hanako, "POST", "/requests", "multipart/form-data; boundary=XX", multipart(&parts)).await;
    made.with(201)["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_request_is_printed_as_pdf_and_as_workbook() {
    let city = City::open().await;
    let id = hand_in(&city, "s-1", "統計の原票 𠮷田").await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let forms = city.get(&hanako, "/print-forms").await.with(200);
    assert_eq!(forms["pdf"], json!(true));
    assert!(
        forms["forms"].as_array().unwrap().iter().any(|f| f["id"] == "request-sheet" && f["format"] == "pdf")
    );

    let path = format!("/requests/{id}/prints/request-sheet");
    let answer = city.get(&hanako, &path).await;
    let job = answer.with(200);
    assert_eq!(answer.headers["content-type"], "application/pdf");
    assert_eq!(answer.headers["sekisho-unprintable"], "1");
    assert!(answer.headers["content-disposition"].to_str().unwrap().starts_with("attachment;"));
    assert_eq!(job["day"], "2026-11-24");
    assert!(job["template"].as_str().unwrap().contains("sys.inputs"));
    fits(PrintOf::Request, &job["data"]);
    assert_eq!(job["data"]["answers"][0]["value"], "統計の原票 𠮷田");
    assert_eq!(job["data"]["steps"][0]["verdict"], "");
    assert_eq!(job["data"]["printed"], "令和8年11月24日");
    assert_eq!(city.get(&hanako, &path).await.bytes, answer.bytes, "the same data gives the same bytes");

    let book = city.get(&hanako, &format!("/requests/{id}/prints/request-sheet-xlsx")).await;
    assert_eq!(book.status.as_u16(), 200);
    assert!(book.bytes.starts_with(b"PK"));
    let again = city.get(&hanako, &format!("/requests/{id}/prints/request-sheet-xlsx")).await;
    assert_eq!(again.bytes, book.bytes, "a workbook as well");

    // Who does not see it does not print it, and forms of other things are none for it.
    let taro = city.log_in("taro", "lgwan").await;
    assert_eq!(city.get(&taro, &path).await.refusal(), (404, "not-found".into()));
    for other in ["task-report", "no-such-form"] {
        let answer = city.get(&hanako, &format!("/requests/{id}/prints/{other}")).await;
        assert_eq!(answer.refusal(), (404, "not-found".into()), "{other}");
    }
    for (submission, what, status, code) in
        [("s-2", "印刷できない", 500, "print-template"), ("s-3", "長すぎる", 503, "print-too-long")]
    {
        let id = hand_in(&city, submission, what).await;
        let answer = city.get(&hanako, &format!("/requests/{id}/prints/request-sheet")).await;
        assert_eq!(answer.refusal(), (status, code.into()));
        let book = city.get(&hanako, &format!("/requests/{id}/prints/request-sheet-xlsx")).await;
        assert_eq!(book.status.as_u16(), 200, "workbooks need no printer");
    }
}

#[tokio::test]
async fn rows_lists_and_the_year_are_printed() {
    let city = City::open().await;
    let hanako = city.log_in("hanako", "lgwan").await;
    let asset = |name: &str| {
        json!({
            "section": "residents",
            "values": {
                "name": name, "kind": "電子データ", "confidentiality": "機密性2", "integrity": "i1",
                "availability": "a1", "place": "共有サーバ",
            },
        })
    };
    for name in ["台帳", "調査票"] {
        city.call(&hanako, "POST", "/registers/assets/rows", &asset(name)).await.with(201);
    }
    let row = city.get(&hanako, "/registers/assets/rows/A-0001/prints/register-row").await.with(200);
    fits(PrintOf::RegisterRow, &row["data"]);
    assert_eq!(row["data"]["name"], "台帳");
    let list = city.get(&hanako, "/registers/assets/prints/register-list?words=調査票").await.with(200);
    fits(PrintOf::RegisterList, &list["data"]);
    assert_eq!((&list["data"]["count"], &list["data"]["rows"][0]["name"]), (&json!("1"), &json!("調査票")));
    assert_eq!(list["data"]["conditions"], json!(["言葉: 調査票"]));
    let kacho = city.log_in_strongly("kacho", "lgwan").await;
    let year = city.get(&kacho, "/duty-year/prints/fiscal-year?year=2026").await.with(200);
    fits(PrintOf::FiscalYear, &year["data"]);
    let book = city.get(&kacho, "/records/prints/record-book").await.with(200);
    fits(PrintOf::RecordBook, &book["data"]);
    assert_eq!(city.get(&kacho, "/records").await.with(200)["rows"], json!([]));
    let refused = city.call(&kacho, "POST", "/records/request/no-such", &json!({ "act": "propose" })).await;
    assert_eq!(refused.refusal(), (404, "not-found".into()));
}
