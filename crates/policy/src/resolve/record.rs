//! Reading record classes, and who looks after records that end.

use super::Reader;
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{RECORD_YEARS_MAX, RecordClass, RecordsOffice};
use crate::problem::{Code, Sink};
use crate::written::Kind;

/// The longest time that a record stands on the list before its end, in months.
const NOTICE_MONTHS_MAX: u64 = 24;

impl Reader<'_> {
    pub(super) fn record_class(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> RecordClass {
        let s = &mut self.sink;
        let title = f.text("title", s);
        let basis = f.text("basis", s);
        let permanent = f.flag("permanent", false, s);
        let years = if permanent {
            if f.number_opt("years", s).is_some() {
                s.push(
                    Code::WrongValue,
                    &f.at_key("years"),
                    format!("{}に years と permanent があります。", f.what()),
                    "永年保存なら years を消し、そうでなければ permanent を消してください。",
                );
            }
            None
        } else {
            let years = f.number("years", s);
            if years > RECORD_YEARS_MAX {
                s.push(
                    Code::OutOfBounds,
                    &f.at_key("years"),
                    format!("{}の years は {RECORD_YEARS_MAX} までです。", f.what()),
                    "それより長く保存するなら permanent = true と書いてください。",
                );
            }
            Some(years.min(RECORD_YEARS_MAX))
        };
        let is_usual = f.flag("usual", false, s);
        let statements = f.references("statements", Kind::Statement, s);
        RecordClass {
            id: item.id.clone(),
            title,
            years,
            basis,
            is_usual,
            statements,
            origin: item.at.clone(),
        }
    }
}

/// The table `records` inside `[retention]`; absent: nobody looks after what ends, and nothing is destroyed.
pub(super) fn records_office(f: &mut Fields<'_>, s: &mut Sink) -> Option<RecordsOffice> {
    let mut f = f.table_opt("records", s)?;
    let manager = f.reference("manager", Kind::Role, s);
    let decider = f.reference("decider", Kind::Role, s);
    let months = f.number_opt("notice_months", s).unwrap_or(6);
    if months > NOTICE_MONTHS_MAX {
        s.push(
            Code::OutOfBounds,
            &f.at_key("notice_months"),
            format!("notice_months は {NOTICE_MONTHS_MAX} までです。"),
            "廃棄予定に載せる時期を、保存期間の終わる何か月前からかで書いてください。",
        );
    }
    f.finish(s);
    Some(RecordsOffice {
        manager,
        decider,
        notice_months: u32::try_from(months.min(NOTICE_MONTHS_MAX)).unwrap_or(6),
    })
}
