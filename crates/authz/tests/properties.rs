//! What holds for every person, every act and every transfer, found by trying many.

use std::sync::LazyLock;

use authz::{
    Account, Action, Authorizer, DutyStage, DutyTask, Evidence, Grant, Need, Place, Principal, Reach,
    Request, RequestStage, Resource, Row, Scope, Stage, Strength, TokenScope, Transfer, role,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

static AUTHORIZER: LazyLock<Authorizer> = LazyLock::new(|| Authorizer::new().unwrap());

// Small worlds, so that things coincide often. Some ids try to look like others.
const USERS: [&str; 5] = ["u1", "u2", "u3", "u\"4", "Person::\"u1\""];
const SECTIONS: [&str; 4] = ["s1", "s2", "city", "department:d1"];
const DEPARTMENTS: [&str; 3] = ["d1", "d2", "s1"];
const ZONES: [&str; 3] = ["internet", "lgwan", "mynumber"];

fn word(words: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(words).prop_map(str::to_owned)
}

fn users() -> impl Strategy<Value = Vec<String>> {
    subsequence(&USERS[..], 0..=2).prop_map(|users| users.into_iter().map(str::to_owned).collect())
}

fn role() -> impl Strategy<Value = String> {
    let mut roles = role::ALL.to_vec();
    roles.push("only-in-the-pack");
    select(roles).prop_map(str::to_owned)
}

fn scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        1 => Just(Scope::City),
        2 => word(&DEPARTMENTS).prop_map(Scope::Department),
        3 => word(&SECTIONS).prop_map(Scope::Section),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    prop_oneof![
        Just(Place::City),
        word(&DEPARTMENTS).prop_map(|id| Place::Department { id }),
        (word(&SECTIONS), word(&DEPARTMENTS)).prop_map(|(id, department)| Place::Section { id, department }),
    ]
}

fn strength() -> impl Strategy<Value = Strength> {
    prop_oneof![
        Just(Strength::Password),
        Just(Strength::SecondFactor),
        subsequence(TokenScope::ALL, 0..=TokenScope::ALL.len())
            .prop_map(|scopes| Strength::ApiToken { scopes }),
    ]
}

prop_compose! {
    fn principal()(
        user in word(&USERS),
        roles in prop::collection::vec((role(), scope()), 0..4),
        section in word(&SECTIONS),
        zone in word(&ZONES),
        strength in strength(),
        second_factor_required in any::<bool>(),
        enabled in prop::bool::weighted(0.9),
    ) -> Principal {
        let roles = roles.into_iter().map(|(role, scope)| Grant { role, scope }).collect();
        Principal { user, roles, section, zone, strength, second_factor_required, enabled }
    }
}

fn needs() -> impl Strategy<Value = Vec<Need>> {
    prop::collection::vec((role(), place()).prop_map(|(role, place)| Need { role, place }), 0..3)
}

prop_compose! {
    fn transfer()(
        submitter in word(&USERS),
        (submitter_section, submitter_department) in (word(&SECTIONS), word(&DEPARTMENTS)),
        recipients in users(),
        (from_zone, to_zone) in (word(&ZONES), word(&ZONES)),
        stage in select(Stage::ALL),
        (approvers, reviewers) in (needs(), users()),
        decide_zones in subsequence(&ZONES[..], 0..=3),
        (deputies, decided_by) in (users(), users()),
    ) -> Transfer {
        Transfer {
            id: "t1".to_owned(), submitter, submitter_section, submitter_department, recipients, from_zone,
            to_zone, stage, approvers, decide_zones: decide_zones.into_iter().map(str::to_owned).collect(),
            deputies, reviewers, decided_by,
        }
    }
}

prop_compose! {
    fn request()(
        submitter in word(&USERS),
        (submitter_section, submitter_department) in (word(&SECTIONS), word(&DEPARTMENTS)),
        zone in word(&ZONES),
        stage in select(RequestStage::ALL),
        (approvers, reviewers) in (needs(), users()),
        (deputies, decided_by, keepers) in (users(), users(), users()),
    ) -> Request {
        Request {
            id: "r1".to_owned(), submitter, submitter_section, submitter_department, zone, stage, approvers,
            deputies, reviewers, decided_by, keepers,
        }
    }
}

prop_compose! {
    fn duty_task()(
        place in place(),
        (person, reported_by) in (prop::option::of(word(&USERS)), prop::option::of(word(&USERS))),
        (owner, confirmer, waiver) in
            (prop::option::of(role()), prop::option::of(role()), prop::option::of(role())),
        zone in prop::option::of(word(&ZONES)),
        stage in select(DutyStage::ALL),
    ) -> DutyTask {
        DutyTask {
            id: "k1".to_owned(), place, person, owner, confirmer, waiver, reported_by, zone, stage,
        }
    }
}

prop_compose! {
    fn row()(
        place in place(),
        (readers, keepers, managers) in (role_ids(), role_ids(), role_ids()),
        zones in prop::collection::vec(word(&ZONES), 0..3),
    ) -> Row {
        Row { id: "assets/7".to_owned(), place, readers, keepers, managers, zones }
    }
}

fn role_ids() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(select(&role::ALL[..]).prop_map(str::to_owned), 0..4)
}

fn resource() -> impl Strategy<Value = Resource> {
    prop_oneof![
        2 => row().prop_map(Resource::from),
        4 => transfer().prop_map(Resource::from),
        4 => request().prop_map(Resource::from),
        4 => duty_task().prop_map(Resource::from),
        1 => (word(&USERS), place()).prop_map(|(user, place)| Resource::Account(Account { user, place })),
        1 => word(&USERS).prop_map(|user| Resource::OwnAccount { user }),
        1 => Just(Resource::City),
        1 => place().prop_map(|place| Resource::Evidence(Evidence { id: "e1".to_owned(), place })),
        1 => Just(Resource::Clause { id: "c1".to_owned() }),
    ]
}

fn may(who: &Principal, action: Action, what: &Resource) -> bool {
    let allowed = AUTHORIZER.decide(who, action, what).is_allowed();
    assert_eq!(AUTHORIZER.allows(who, action, what), allowed, "the short answer is the same");
    allowed
}

const DECIDING: [Action; 6] = [
    Action::DecideTransfer,
    Action::DecideAsDeputy,
    Action::ReviewAfterwards,
    Action::DecideRequest,
    Action::DeputiseRequest,
    Action::ReviewRequest,
];
const OWN: [Action; 8] = [
    Action::ViewNotices,
    Action::ReadNotices,
    Action::ChooseNotices,
    Action::ConfirmReading,
    Action::ViewHome,
    Action::ChangeOwnPassword,
    Action::EnrolSecondFactor,
    Action::ManageTokens,
];
/// Spelled out here a second time, on purpose: the schema's group `write` must not lose a member unseen.
const WRITING: [Action; 26] = [
    Action::ManageCourse,
    Action::RemindCourse,
    Action::ReportTask,
    Action::ConfirmTask,
    Action::WaiveTask,
    Action::StartTask,
    Action::SubmitTransfer,
    Action::PullBackTransfer,
    Action::WithdrawTransfer,
    Action::DecideTransfer,
    Action::DecideAsDeputy,
    Action::ReviewAfterwards,
    Action::ReceiveTransfer,
    Action::DownloadClean,
    Action::InspectOriginal,
    Action::ResolveHeld,
    Action::AdministerSystem,
    Action::ManageUsers,
    Action::SubmitRequest,
    Action::PullBackRequest,
    Action::WithdrawRequest,
    Action::DecideRequest,
    Action::DeputiseRequest,
    Action::ReviewRequest,
    Action::ReturnPermit,
    Action::RevokePermit,
];

fn config() -> ProptestConfig {
    ProptestConfig { cases: 32, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    /// The sentences about persons, all checked against the same world.
    #[test]
    fn persons(who in principal(), what in resource()) {
        for action in Action::ALL {
            if !may(&who, *action, &what) {
                continue;
            }
            prop_assert!(who.enabled, "a disabled account did {}", action.id());
            prop_assert_ne!(*action, Action::DownloadOriginal);
            prop_assert!(
                !who.roles.is_empty() || OWN.contains(action),
                "nobody did {}", action.id()
            );
            if who.roles.iter().any(|grant| grant.role == role::AUDITOR) {
                prop_assert!(!WRITING.contains(action), "an auditor did {}", action.id());
            }
            if let Strength::ApiToken { scopes } = &who.strength {
                prop_assert!(!scopes.is_empty(), "an empty token did {}", action.id());
                prop_assert!(*action != Action::ManageTokens && *action != Action::ChangeOwnPassword);
            }
            let decides = DECIDING.contains(action) || *action == Action::InspectOriginal;
            if decides && who.second_factor_required {
                prop_assert_eq!(&who.strength, &Strength::SecondFactor);
            }
        }
    }

    /// The sentences about transfers.
    #[test]
    fn transfers(who in principal(), transfer in transfer()) {
        let what = Resource::from(transfer.clone());
        for action in Action::ALL {
            if !may(&who, *action, &what) {
                continue;
            }
            prop_assert!(
                transfer.from_zone == who.zone || transfer.to_zone == who.zone,
                "{} from a third zone", action.id()
            );
            if DECIDING.contains(action) {
                prop_assert_ne!(&transfer.submitter, &who.user, "own request");
                // A review is no decision: whoever was stood in for owes it also when he decided later.
                let decides = *action != Action::ReviewAfterwards;
                prop_assert!(!decides || !transfer.decided_by.contains(&who.user), "decided twice");
            }
            if *action == Action::InspectOriginal {
                prop_assert_ne!(&transfer.submitter, &who.user, "the sender's own word");
                prop_assert!(!transfer.decided_by.contains(&who.user), "inspected after deciding");
                prop_assert_eq!(&transfer.from_zone, &who.zone, "the original in another zone");
                prop_assert_eq!(transfer.stage, Stage::Waiting);
                prop_assert!(!matches!(who.strength, Strength::ApiToken { .. }), "a program looked at it");
            }
            if matches!(action, Action::ReceiveTransfer | Action::DownloadClean) {
                prop_assert!(transfer.recipients.contains(&who.user));
                prop_assert_eq!(&transfer.to_zone, &who.zone);
                prop_assert!(transfer.stage.is_released());
            }
            if *action == Action::SubmitTransfer {
                prop_assert_eq!(&transfer.submitter, &who.user);
                prop_assert_eq!(&transfer.from_zone, &who.zone);
            }
        }
    }

    /// The sentences about tasks of duties.
    #[test]
    fn duty_tasks(who in principal(), task in duty_task()) {
        let what = Resource::from(task.clone());
        let holds = |role: &Option<String>| role.as_ref().is_some_and(|role| {
            let need = Need { role: role.clone(), place: task.place.clone() };
            need.fulfilled_by().iter().any(|grant| who.roles.contains(grant))
        });
        for action in Action::ALL {
            if !may(&who, *action, &what) {
                continue;
            }
            match action {
                Action::ReportTask => {
                    prop_assert!(task.person.as_ref() == Some(&who.user) || holds(&task.owner));
                    prop_assert_eq!(task.stage, DutyStage::Open);
                }
                Action::ConfirmTask | Action::WaiveTask => {
                    let (role, stage) = if *action == Action::ConfirmTask {
                        (&task.confirmer, DutyStage::Reported)
                    } else {
                        (&task.waiver, DutyStage::WaiverAsked)
                    };
                    prop_assert!(holds(role));
                    prop_assert_eq!(task.stage, stage);
                    prop_assert!(task.reported_by.as_ref() != Some(&who.user), "his own report");
                    prop_assert_eq!(task.zone.as_ref(), Some(&who.zone), "written in another zone");
                    prop_assert!(!matches!(who.strength, Strength::ApiToken { .. }), "a program confirmed it");
                }
                Action::ManageCourse => prop_assert!(holds(&task.owner)),
                Action::ViewTask | Action::StartTask | Action::RemindCourse => {}
                other => prop_assert!(false, "{} of a task", other.id()),
            }
        }
        // A list for all or for units shows only what may be looked at.
        let listed = match (AUTHORIZER.visible_tasks(&who), &task.place) {
            (Reach::All, _) => true,
            (Reach::Units { departments, sections }, Place::Section { id, department }) => {
                departments.contains(department) || sections.contains(id)
            }
            _ => false,
        };
        prop_assert!(!listed || may(&who, Action::ViewTask, &what), "listed and not to be seen");
    }

    /// The sentences about requests.
    #[test]
    fn requests(who in principal(), request in request()) {
        let what = Resource::from(request.clone());
        for action in Action::ALL {
            if !may(&who, *action, &what) {
                continue;
            }
            prop_assert_eq!(&request.zone, &who.zone, "{} from another zone", action.id());
            if DECIDING.contains(action) {
                prop_assert_ne!(&request.submitter, &who.user, "own request");
                let decides = *action != Action::ReviewRequest;
                prop_assert!(!decides || !request.decided_by.contains(&who.user), "decided twice");
                prop_assert!(!decides || request.stage == RequestStage::Waiting);
            }
            if *action == Action::ReturnPermit {
                let answers = who.roles.iter().any(|grant| {
                    grant.role == role::SECURITY_MANAGER && request.place().covering().contains(&grant.scope)
                });
                let has_it = request.submitter == who.user || request.keepers.contains(&who.user);
                prop_assert!(has_it || answers, "somebody who has no part in it");
            }
            if matches!(action, Action::ReturnPermit | Action::RevokePermit) {
                prop_assert_eq!(request.stage, RequestStage::Approved);
            }
        }
        // A list for all or for units shows only what may be looked at.
        let listed = match AUTHORIZER.visible_requests(&who) {
            Reach::All => true,
            Reach::Units { departments, sections } => {
                departments.contains(&request.submitter_department)
                    || sections.contains(&request.submitter_section)
            }
            Reach::OwnAndReceived | Reach::Nothing => false,
        };
        if listed && request.zone == who.zone {
            prop_assert!(may(&who, Action::ViewRequest, &what));
        }
    }

    /// A list shows exactly what may be looked at.
    #[test]
    fn lists_and_decisions_agree(who in principal(), transfers in prop::collection::vec(transfer(), 4)) {
        let visibility = AUTHORIZER.visible_transfers(&who);
        for transfer in transfers {
            let listed = visibility.admits(&who, &transfer);
            let seen = may(&who, Action::ViewTransfer, &Resource::from(transfer.clone()));
            prop_assert_eq!(listed, seen, "{:?} for {:?}", visibility, transfer);
        }
    }

    /// A list of a register shows exactly the rows that may be looked at, and offers exactly those that may be kept.
    #[test]
    fn lists_of_rows_and_decisions_agree(who in principal(), what in row()) {
        for (action, reach) in [
            (Action::ViewRow, AUTHORIZER.visible_rows(&who, &what)),
            (Action::KeepRow, AUTHORIZER.kept_rows(&who, &what)),
        ] {
            let listed = match (&reach, &what.place) {
                (Reach::All, _) => true,
                (Reach::Units { departments, sections }, Place::Section { id, department }) => {
                    sections.contains(id) || departments.contains(department)
                }
                _ => false,
            };
            // Rows belong to sections or to the city; there are none of departments.
            if !matches!(what.place, Place::Department { .. }) {
                prop_assert_eq!(listed, may(&who, action, &Resource::from(what.clone())), "{:?}", reach);
            }
        }
    }

    /// The same roles held for the whole city never take a right away.
    #[test]
    fn a_wider_scope_allows_no_less(who in principal(), what in resource()) {
        let mut wider = who.clone();
        for grant in &mut wider.roles {
            grant.scope = Scope::City;
        }
        for action in Action::ALL {
            if may(&who, *action, &what) {
                prop_assert!(may(&wider, *action, &what), "{}", action.id());
            }
        }
    }

    /// Ids are data: whatever they spell, nothing panics and nobody gains a right by his name.
    #[test]
    fn ids_are_data(user in "\\PC{0,40}", section in ".{0,40}", zone in ".{0,20}") {
        let who = Principal {
            user: user.clone(),
            roles: vec![Grant { role: role::STAFF.to_owned(), scope: Scope::Section(section.clone()) }],
            section,
            zone: zone.clone(),
            strength: Strength::SecondFactor,
            second_factor_required: false,
            enabled: true,
        };
        let own = Resource::OwnAccount { user: user.clone() };
        let another = Resource::OwnAccount { user: format!("{user}x") };
        prop_assert!(may(&who, Action::ViewHome, &own));
        prop_assert!(!may(&who, Action::ViewHome, &another));
        prop_assert!(!may(&who, Action::AdministerSystem, &Resource::City));
        prop_assert!(!may(&who, Action::ViewAllTransfers, &Resource::City));
    }
}
