//! Any transfer comes back as it was written, whatever it holds and whatever it was before.

use app::ports::Store as _;
use proptest::{collection::vec, option, prelude::*, test_runner::TestRunner};
use worker_protocol::{Kind, Member, Reason, Removal, Report, Road, Threat, Verdict as FileVerdict};
use workflow::{
    id::{BlobId, FileId, SectionId, TransferId, ZoneId},
    route::{Approval, Decision, Escalation, Route, Scope, Step, Term, Verdict, Vouch, Watch},
    transfer::{File, FileState, Opening, Recipient, State, Stored, Transfer},
};

use super::{
    World,
    samples::{commit, people, user_id},
};

/// Text of fields that the house checks: anything but U+0000.
fn text() -> impl Strategy<Value = String> {
    "[^\u{0}]{0,12}"
}

fn count() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(u32::MAX), any::<u32>()]
}

fn pick<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    prop::sample::select(all.to_vec())
}

fn stored() -> impl Strategy<Value = Stored> {
    (text(), "[0-9a-f]{64}", "[0-9a-f]{64}", 0..=u64::try_from(i64::MAX).unwrap()).prop_map(
        |(zone, blob, sha256, bytes)| Stored {
            zone: ZoneId::new(zone),
            blob: BlobId::new(blob),
            sha256,
            bytes,
        },
    )
}

fn one_report() -> impl Strategy<Value = Report> {
    (
        pick(&[FileVerdict::Clean, FileVerdict::Partial, FileVerdict::Held, FileVerdict::Blocked]),
        option::of(pick(Kind::ALL)),
        any::<String>(),
        option::of(pick(Reason::ALL)),
        vec((pick(Threat::ALL), any::<String>(), count()), 0..3),
        any::<u64>(),
    )
        .prop_map(|(verdict, kind, clean_name, reason, removals, removals_unlisted)| Report {
            verdict,
            kind,
            clean_kind: kind,
            road: kind.map(|_| Road::Rebuilt),
            clean_name,
            reason,
            removals: removals
                .into_iter()
                .map(|(what, untrusted_place, count)| Removal { what, untrusted_place, spot: None, count })
                .collect(),
            removals_unlisted,
            members: Vec::new(),
            fidelity: None,
            rules_version: "2026.11.0".to_owned(),
        })
}

fn report() -> impl Strategy<Value = Report> {
    (one_report(), vec((any::<String>(), one_report()), 0..2)).prop_map(|(mut report, members)| {
        report.members =
            members.into_iter().map(|(untrusted_name, report)| Member { untrusted_name, report }).collect();
        report
    })
}

fn files() -> impl Strategy<Value = Vec<File>> {
    let file = (
        // Few ids, so that files move to other places between two versions.
        0..6_u8,
        (any::<String>(), any::<String>()),
        (option::of(stored()), option::of(stored()), option::of(stored())),
        pick(&FileState::ALL),
        option::of(report()),
        count(),
        (option::of(any::<i64>()), option::of(any::<i64>())),
    )
        .prop_map(|(id, names, blobs, state, report, attempts, erased)| File {
            id: FileId::new(format!("f-{id}")),
            untrusted_name: names.0,
            untrusted_folder: names.1,
            original: blobs.0,
            clean: blobs.1,
            preview: blobs.2,
            state,
            report,
            attempts,
            original_erased_at: erased.0,
            clean_erased_at: erased.1,
        });
    vec(file, 0..5).prop_map(|mut files: Vec<File>| {
        let mut seen = std::collections::BTreeSet::new();
        files.retain(|f| seen.insert(f.id.clone()));
        files
    })
}

fn route() -> impl Strategy<Value = Route> {
    let scope = prop_oneof![
        Just(Scope::City),
        text().prop_map(Scope::Department),
        text().prop_map(|s| Scope::Section(SectionId::new(s)))
    ];
    let lists = (vec(text(), 0..2), vec(text(), 0..3), option::of(text()));
    let role_above = text().prop_map(|role| Escalation { after_days: 3, role, scope: Scope::City });
    let watch =
        (vec(0..400_u32, 0..3), vec(role_above, 0..2), option::of(any::<i64>()), 0..3_usize, 0..3_usize)
            .prop_map(|(remind_days, escalations, opened_at, reminded, escalated)| Watch {
                remind_days,
                escalations,
                opened_at,
                reminded,
                escalated,
            });
    let more = (option::of(text()), watch);
    let step = (text(), any::<String>(), text(), scope, any::<u32>(), lists, more).prop_map(
        |(id, title, role, scope, deadline_hours, (deputies, statements, raised_from), (group, watch))| {
            Step { id, title, role, scope, deadline_hours, deputies, statements, raised_from, group, watch }
        },
    );
    vec(step, 0..3).prop_map(|steps| Route { steps })
}

fn decisions() -> impl Strategy<Value = Vec<Decision>> {
    let decision = (
        (count(), 0..9_usize),
        (1..=8_u32, option::of(1..=8_u32)),
        pick(&[Verdict::Approve, Verdict::Return, Verdict::Reject]),
        (text(), text()),
        (any::<i64>(), option::of(any::<i64>())),
        vec((0..6_u8, text(), any::<String>()), 0..3),
    )
        .prop_map(|((round, step), (by, on_behalf_of), verdict, texts, times, vouches)| Decision {
            round,
            step,
            by: user_id(by),
            on_behalf_of: on_behalf_of.map(user_id),
            verdict,
            comment: texts.0,
            content_hash: texts.1,
            at: times.0,
            reviewed_at: times.1,
            vouches: vouches
                .into_iter()
                .map(|(file, sha256, note)| Vouch { file: FileId::new(format!("f-{file}")), sha256, note })
                .collect(),
        });
    vec(decision, 0..4)
}

fn openings() -> impl Strategy<Value = Vec<Opening>> {
    let opening = (0..6_u8, 1..=8_u32, text(), any::<i64>()).prop_map(|(file, by, sha256, at)| Opening {
        file: FileId::new(format!("f-{file}")),
        by: user_id(by),
        sha256,
        at,
    });
    vec(opening, 0..3)
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let answers = proptest::collection::btree_map(any::<String>(), any::<String>(), 0..3);
    let texts = (text(), text(), text(), text(), text(), text(), text(), text(), answers);
    let times = (
        option::of(any::<i64>()),
        option::of(any::<i64>()),
        option::of(any::<i64>()),
        any::<i64>(),
        any::<i64>(),
    );
    let recipients = vec((1..=8_u32, option::of(any::<i64>())), 0..4);
    let parts = (recipients, files(), route(), decisions(), openings());
    let numbers = (any::<i64>(), 1..=8_u32, count(), 0..4_usize);
    (texts, times, parts, numbers, pick(&State::ALL)).prop_map(|(texts, times, parts, numbers, state)| {
        Transfer {
            id: TransferId::new("t"),
            number: numbers.0,
            channel: texts.0,
            from_zone: ZoneId::new(texts.1),
            to_zone: ZoneId::new(texts.2),
            submitter: user_id(numbers.1),
            section: SectionId::new(texts.3),
            subject: texts.4,
            purpose: texts.5,
            classification: texts.6,
            personal_data: numbers.2 % 2 == 0,
            answers: texts.8,
            recipients: parts
                .0
                .into_iter()
                .map(|(user, received_at)| Recipient { user: user_id(user), received_at })
                .collect(),
            files: parts.1,
            state,
            approval: Approval { round: numbers.2, route: parts.2, step: numbers.3, decisions: parts.3 },
            openings: parts.4,
            term: Term { due_at: times.0, reminded_at: times.1, expires_at: times.2 },
            pack_version: texts.7,
            submitted_at: times.3,
            changed_at: times.4,
            version: 0,
        }
    })
}

/// Two transfers of one database: the first version and what becomes of it; then it is gone with its world.
fn check(open: impl AsyncFn() -> Option<World>, cases: u32) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let Some(world) = runtime.block_on(open()) else { return };
    runtime.block_on(people(&world.store));
    let number = std::cell::Cell::new(0_u32);
    let mut runner =
        TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() });
    let result = runner.run(&(transfer(), transfer()), |(mut first, mut second)| {
        let n = number.get() + 1;
        number.set(n);
        // Each case has ids of its own; numbers are the counter's matter.
        for t in [&mut first, &mut second] {
            t.id = TransferId::new(format!("t-{n}"));
            t.number = i64::from(n);
            for file in &mut t.files {
                file.id = FileId::new(format!("{}-{n}", file.id));
            }
        }
        runtime.block_on(async {
            let (store, id) = (&world.store, first.id.clone());
            commit(store, 2 * n, async |tx| tx.insert_transfer(&first, &format!("key-{n}")).await.unwrap())
                .await;
            let back = store.transfer(&id).await.unwrap();
            prop_assert_eq!(back.as_ref(), Some(&first));
            commit(store, 2 * n + 1, async |tx| tx.update_transfer(&second).await.unwrap()).await;
            second.version = 1;
            let back = store.transfer(&id).await.unwrap();
            prop_assert_eq!(back.as_ref(), Some(&second));
            Ok(())
        })
    });
    runtime.block_on(world.end());
    result.unwrap();
}

#[test]
fn sqlite() {
    check(async || Some(World::sqlite().await), 96);
}

#[test]
fn postgres() {
    check(World::postgres, 48);
}
