//! Print forms (様式): what of the house can be printed, and with which template or layout.
//!
//! Owns: the form, the layout of one that is a workbook, and the table of what each thing that can be printed is given.
//! Leaves to others: compiling a template (`report`), writing a workbook (`workbook`), filling either (`web`).

use super::words::words;
use crate::problem::Origin;

words! {
    /// What a form is printed of.
    PrintOf {
        /// A request.
        Request = "request" "申請",
        /// The rows of a register.
        RegisterList = "register-list" "台帳の一覧",
        /// One row of a register.
        RegisterRow = "register-row" "台帳の1件",
        /// A task of a duty.
        Duty = "duty" "実施事項",
        /// A transfer.
        Transfer = "transfer" "ファイル授受",
        /// The duties of a fiscal year.
        FiscalYear = "fiscal-year" "年度のまとめ",
        /// What was destroyed when its retention had ended.
        RecordBook = "record-book" "廃棄簿",
    }
}

words! {
    /// What it is printed as.
    PrintFormat {
        /// A PDF, from a template.
        Pdf = "pdf" "PDF",
        /// A workbook, from a layout.
        Xlsx = "xlsx" "Excel",
    }
}

words! {
    /// How a cell stands.
    CellAlign {
        /// At its beginning.
        Start = "start" "左",
        /// In its middle.
        Middle = "middle" "中央",
        /// At its end.
        End = "end" "右",
    }
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrintForm {
    /// Id.
    pub id: String,
    /// Title, such as 情報資産持出申請書.
    pub title: String,
    /// The number that the body gave it, such as 様式第1号.
    pub number: Option<String>,
    /// What it is printed of.
    pub of: PrintOf,
    /// Ids of the request types, registers or duties that it is for; empty: for each.
    pub only: Vec<String>,
    /// What it looks like.
    pub look: PrintLook,
    /// Where it was written.
    pub origin: Origin,
}

impl PrintForm {
    /// Whether it prints this thing.
    #[must_use]
    pub fn fits(&self, of: PrintOf, id: &str) -> bool {
        self.of == of && (self.only.is_empty() || self.only.iter().any(|only| only == id))
    }

    /// What it is printed as.
    #[must_use]
    pub fn format(&self) -> PrintFormat {
        match self.look {
            PrintLook::Template(_) => PrintFormat::Pdf,
            PrintLook::Sheet(_) => PrintFormat::Xlsx,
        }
    }
}

/// What a form looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrintLook {
    /// The text of a template.
    Template(String),
    /// The layout of a sheet.
    Sheet(Sheet),
}

/// The layout of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Whether the paper lies across.
    pub landscape: bool,
    /// Widths of the columns in characters of half width, from A.
    pub widths: Vec<u32>,
    /// The cells that hold something.
    pub cells: Vec<SheetCell>,
}

/// The most columns and rows of a layout.
pub const SHEET_COLUMNS_MAX: u32 = 50;
/// The most rows of a layout, before lists are written out.
pub const SHEET_ROWS_MAX: u32 = 200;

/// One cell, or several that are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetCell {
    /// Its row, from 0.
    pub row: u32,
    /// Its column, from 0.
    pub column: u32,
    /// The last row of those that are one.
    pub row_last: u32,
    /// The last column.
    pub column_last: u32,
    /// What stands in it.
    pub says: CellSays,
    /// The list whose entries this row is written for, one after the other.
    pub each: Option<String>,
    /// Thick letters.
    pub bold: bool,
    /// Whether it has a border.
    pub border: bool,
    /// A background that tells a label from a value.
    pub label: bool,
    /// Size of the letters in points.
    pub size: Option<u32>,
    /// How it stands.
    pub align: CellAlign,
    /// Height of its row in points.
    pub height: Option<u32>,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellSays {
    /// These words.
    Words(String),
    /// What this field says, such as `applicant.name`; inside a list the field of its entry.
    Field(String),
}

/// What the form and its printing are, given to every form.
const COMMON: &[(&str, &str)] = &[
    ("form.title", "様式の名前"),
    ("form.number", "様式の番号(様式第1号など)。ないときは空"),
    ("body", "団体の名前"),
    ("printed", "印刷した日(令和…年…月…日)"),
    ("fiscal_year", "印刷した日の年度(令和…年度)"),
];

const CLAUSES: &[(&str, &str)] = &[
    ("clauses[].label", "条項の番号"),
    ("clauses[].title", "条項の見出し"),
    ("clauses[].gist", "求めていること"),
];

const EVIDENCE: &[(&str, &str)] = &[
    ("evidence[].number", "証跡の番号。まだ封印されていなければ空"),
    ("evidence[].at", "日時"),
    ("evidence[].what", "何があったか"),
    ("evidence[].who", "だれが"),
];

const STEPS: &[(&str, &str)] = &[
    ("steps[].title", "段階の名前"),
    ("steps[].role", "決める役割"),
    ("steps[].verdict", "承認・差戻し・否認。まだなら空"),
    ("steps[].name", "決めた人。まだなら空"),
    ("steps[].stamp", "印に入れる姓。まだなら空"),
    ("steps[].date", "決めた日(令和…年…月…日)"),
    ("steps[].stamp_date", "印に入れる日(8.11.20)"),
    ("steps[].deputy_for", "代決のとき、だれに代わってか"),
    ("steps[].reviewed", "後閲の日。まだなら空"),
    ("steps[].comment", "添えた言葉・条件"),
];

const ATTACHMENTS: &[(&str, &str)] = &[
    ("attachments[].name", "添付ファイルの名前"),
    ("attachments[].size", "大きさ"),
    ("attachments[].sha256", "SHA-256"),
];

const ANSWERS: &[(&str, &str)] = &[("answers[].label", "欄の名前"), ("answers[].value", "答え")];

const REQUEST: &[(&str, &str)] = &[
    ("number", "番号(令8-000123)"),
    ("title", "申請の名前"),
    ("state", "状態(決裁済など)"),
    ("is_decided", "決裁済か(はい・いいえ)"),
    ("submitted", "提出した日"),
    ("decided", "決裁の日。まだなら空"),
    ("round", "何回目の提出か"),
    ("applicant.name", "申請した人"),
    ("applicant.section", "その所属"),
    ("late", "事後報告が遅れたとき、その説明"),
    ("permit.standing", "許可の状態。許可がなければ空"),
    ("permit.from", "許可の初日"),
    ("permit.until", "許可の末日"),
    ("permit.note", "返却・取消し"),
    ("content_hash", "決裁した内容のハッシュ"),
    ("evidence_number", "決裁の証跡の番号。まだなら空"),
];

const REGISTER_LIST: &[(&str, &str)] = &[
    ("register", "台帳の名前"),
    ("description", "台帳の説明"),
    ("manager", "管理する役割"),
    ("stage", "利用中・分類待ち・登録を終えた行"),
    ("conditions[]", "絞り込みの条件"),
    ("count", "件数"),
    ("columns[]", "列の名前"),
    ("rows[].number", "番号"),
    ("rows[].name", "名前"),
    ("rows[].section", "課"),
    ("rows[].cells[]", "列の値(columns の順)"),
];

const REGISTER_ROW: &[(&str, &str)] = &[
    ("register", "台帳の名前"),
    ("number", "番号"),
    ("name", "名前"),
    ("section", "課"),
    ("state", "利用中・登録を終えた"),
    ("changed", "最後に変わった日"),
    ("fields[].label", "列の名前"),
    ("fields[].value", "値"),
    ("history[].at", "日時"),
    ("history[].who", "だれが"),
    ("history[].what", "何を"),
    ("history[].reason", "理由"),
    ("linking[].register", "この行を指す台帳"),
    ("linking[].number", "その番号"),
    ("linking[].name", "その名前"),
];

const DUTY: &[(&str, &str)] = &[
    ("title", "実施事項の名前"),
    ("help", "何をするか"),
    ("state", "状態"),
    ("covers", "対象の期間"),
    ("for_whom", "だれの"),
    ("owner", "行う役割"),
    ("confirmer", "確かめる役割。なければ空"),
    ("due", "期限"),
    ("done_on", "実施した日。まだなら空"),
    ("reported_by", "報告した人"),
    ("reported_at", "報告した日"),
    ("note", "報告の言葉"),
    ("confirmed.name", "確かめた人。まだなら空"),
    ("confirmed.stamp", "印に入れる姓"),
    ("confirmed.date", "確かめた日"),
    ("confirmed.stamp_date", "印に入れる日"),
    ("confirmed.comment", "添えた言葉"),
];

const TRANSFER: &[(&str, &str)] = &[
    ("number", "番号(令8-000123)"),
    ("purpose", "目的"),
    ("state", "状態"),
    ("from_zone", "どの系から"),
    ("to_zone", "どの系へ"),
    ("submitted", "提出した日"),
    ("sender.name", "渡した人"),
    ("sender.section", "その所属"),
    ("recipients[].name", "受け取る人"),
    ("recipients[].received", "受け取った日。まだなら空"),
    ("classification", "分類"),
    ("files[].name", "ファイルの名前"),
    ("files[].size", "大きさ"),
    ("files[].result", "無害化の結果"),
    ("files[].sha256", "渡したファイルの SHA-256"),
    ("content_hash", "決裁した内容のハッシュ"),
];

const FISCAL_YEAR: &[(&str, &str)] = &[
    ("year", "年度(令和8年度)"),
    ("duties[].title", "実施事項の名前"),
    ("duties[].months[]", "月ごと(4月から)の印"),
    ("duties[].done", "済んだ数"),
    ("duties[].all", "期限が来た数"),
    ("duties[].rate", "実施率(%)"),
    ("done", "済んだ数の合計"),
    ("all", "期限が来た数の合計"),
];

const RECORD_BOOK: &[(&str, &str)] = &[
    ("count", "件数"),
    ("rows[].kind", "申請・実施事項"),
    ("rows[].label", "番号"),
    ("rows[].title", "名前"),
    ("rows[].section", "課"),
    ("rows[].class", "保存期間"),
    ("rows[].begun", "始まった日"),
    ("rows[].ended", "終わった日"),
    ("rows[].destroyed", "廃棄した日"),
    ("rows[].proposed_by", "起案した人"),
    ("rows[].decided_by", "決裁した人"),
];

impl PrintOf {
    /// What a form is given: each field with what it means. `name[]` is a list, `name[].part` a part of its entries.
    pub fn fields(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let lists: &[&[(&str, &str)]] = match self {
            PrintOf::Request => &[COMMON, REQUEST, ANSWERS, ATTACHMENTS, STEPS, CLAUSES, EVIDENCE],
            PrintOf::RegisterList => &[COMMON, REGISTER_LIST],
            PrintOf::RegisterRow => &[COMMON, REGISTER_ROW, CLAUSES],
            PrintOf::Duty => &[COMMON, DUTY, ANSWERS, ATTACHMENTS, CLAUSES, EVIDENCE],
            PrintOf::Transfer => &[COMMON, TRANSFER, STEPS, CLAUSES, EVIDENCE],
            PrintOf::FiscalYear => &[COMMON, FISCAL_YEAR],
            PrintOf::RecordBook => &[COMMON, RECORD_BOOK],
        };
        lists.iter().flat_map(|list| list.iter().copied())
    }

    /// Whether there is this field, from the top, or in the entries of a list.
    #[must_use]
    pub fn has_field(self, each: Option<&str>, field: &str) -> bool {
        self.fields().any(|(known, _)| match each {
            Some(list) => {
                known.strip_prefix(list).and_then(|rest| rest.strip_prefix("[].")) == Some(field)
                    || (field == "." && known.strip_suffix("[]") == Some(list))
            }
            None => known == field,
        })
    }

    /// Whether there is this list.
    #[must_use]
    pub fn has_list(self, list: &str) -> bool {
        self.fields().any(|(known, _)| known.split_once("[]").is_some_and(|(name, _)| name == list))
    }
}
