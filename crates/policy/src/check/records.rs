//! Whether there is one usual class of records, and somebody who looks after what ends.

use crate::model::Pack;
use crate::problem::{Code, Sink};

pub(super) fn check(pack: &Pack, sink: &mut Sink) {
    let usual: Vec<_> = pack.record_classes.iter().filter(|class| class.is_usual).collect();
    if let [_, second, ..] = usual.as_slice() {
        sink.push(
            Code::NotDistinct,
            &second.origin,
            format!("record-class「{}」の usual が2つ目です。", second.id),
            "usual = true は1つだけに書いてください。",
        );
    }
    if let (Some(first), [], true) =
        (pack.record_classes.first(), usual.as_slice(), pack.retention.records.is_some())
    {
        sink.push(
            Code::MissingKey,
            &first.origin,
            "どの record-class にも usual がありません。".to_owned(),
            "区分を書かない申請などに使う1つに usual = true を書いてください。",
        );
    }
    if let (Some(office), [], _) = (&pack.retention.records, pack.record_classes.as_slice(), ()) {
        sink.push(
            Code::NoEffect,
            &pack.retention.origin,
            format!("records(管理する役割「{}」)がありますが、record-class がありません。", office.manager),
            "[[record-class]] を書くか、records を消してください。",
        );
    }
}
