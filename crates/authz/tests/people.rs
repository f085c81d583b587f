//! The people and the transfer that the tests speak of.

use authz::{
    DutyStage, DutyTask, Grant, Need, Place, Principal, Record, Request, RequestStage, Row, Scope, Stage,
    Strength, Transfer, role,
};

pub(crate) const FROM: &str = "internet";
pub(crate) const TO: &str = "lgwan";
pub(crate) const OTHER: &str = "mynumber";

pub(crate) fn person(user: &str, section: &str, roles: &[(&str, Scope)], zone: &str) -> Principal {
    Principal {
        user: user.to_owned(),
        roles: roles
            .iter()
            .map(|(role, scope)| Grant { role: (*role).to_owned(), scope: scope.clone() })
            .collect(),
        section: section.to_owned(),
        zone: zone.to_owned(),
        strength: Strength::SecondFactor,
        second_factor_required: false,
        enabled: true,
    }
}

fn section(id: &str) -> Scope {
    Scope::Section(id.to_owned())
}

fn department(id: &str) -> Scope {
    Scope::Department(id.to_owned())
}

/// Column heads of the table and who stands in each. The transfer is submitted from the tax section (finance
/// department).
pub(crate) fn cast(zone: &str) -> Vec<(&'static str, &'static str, Principal)> {
    use role::*;
    let p = |user, at, roles: &[(&str, Scope)]| person(user, at, roles, zone);
    vec![
        ("none", "account without any role, tax section", p("u-none", "tax", &[])),
        (
            "subm",
            "staff, tax section, who submits the transfer",
            p("u-subm", "tax", &[(STAFF, section("tax"))]),
        ),
        ("coll", "staff, tax section, no part in it", p("u-coll", "tax", &[(STAFF, section("tax"))])),
        ("rcpt", "staff, parks section, its recipient", p("u-rcpt", "parks", &[(STAFF, section("parks"))])),
        ("smgr", "security-manager, tax section", p("u-smgr", "tax", &[(SECURITY_MANAGER, section("tax"))])),
        (
            "sbmg",
            "security-manager, tax section, who submits the transfer himself",
            p("u-subm", "tax", &[(STAFF, section("tax")), (SECURITY_MANAGER, section("tax"))]),
        ),
        (
            "omgr",
            "security-manager, parks section",
            p("u-omgr", "parks", &[(SECURITY_MANAGER, section("parks"))]),
        ),
        (
            "dept",
            "security-officer, finance department",
            p("u-dept", "tax", &[(SECURITY_OFFICER, department("finance"))]),
        ),
        (
            "odep",
            "security-officer, works department",
            p("u-odep", "parks", &[(SECURITY_OFFICER, department("works"))]),
        ),
        ("supv", "supervising-officer, city", p("u-supv", "general", &[(SUPERVISING_OFFICER, Scope::City)])),
        ("ciso", "ciso, city", p("u-ciso", "general", &[(CISO, Scope::City)])),
        ("sysm", "system-manager, city", p("u-sysm", "digital", &[(SYSTEM_MANAGER, Scope::City)])),
        ("syso", "system-operator, city", p("u-syso", "digital", &[(SYSTEM_OPERATOR, Scope::City)])),
        ("audt", "auditor, city", p("u-audt", "audit", &[(AUDITOR, Scope::City)])),
        (
            "rvwr",
            "security-manager, tax section, for whom a deputy decided and who owes the review",
            p("u-rvwr", "tax", &[(SECURITY_MANAGER, section("tax"))]),
        ),
        (
            "dpty",
            "staff, tax section, deputy for the open step",
            p("u-dpty", "tax", &[(STAFF, section("tax"))]),
        ),
        (
            "done",
            "security-manager, tax section, who decided an earlier step",
            p("u-done", "tax", &[(SECURITY_MANAGER, section("tax"))]),
        ),
    ]
}

pub(crate) fn tax() -> Place {
    Place::Section { id: "tax".to_owned(), department: "finance".to_owned() }
}

pub(crate) fn transfer(stage: Stage) -> Transfer {
    let approvers = if stage == Stage::Waiting {
        vec![Need { role: role::SECURITY_MANAGER.to_owned(), place: tax() }]
    } else {
        Vec::new()
    };
    let deputies = if stage == Stage::Waiting { vec!["u-dpty".to_owned()] } else { Vec::new() };
    Transfer {
        id: "t-1".to_owned(),
        submitter: "u-subm".to_owned(),
        submitter_section: "tax".to_owned(),
        submitter_department: "finance".to_owned(),
        recipients: vec!["u-rcpt".to_owned()],
        from_zone: FROM.to_owned(),
        to_zone: TO.to_owned(),
        stage,
        approvers,
        decide_zones: vec![FROM.to_owned(), TO.to_owned()],
        deputies,
        reviewers: if stage.is_released() { vec!["u-rvwr".to_owned()] } else { Vec::new() },
        decided_by: if stage == Stage::Waiting || stage.is_released() {
            vec!["u-done".to_owned()]
        } else {
            Vec::new()
        },
    }
}

pub(crate) fn request(stage: RequestStage) -> Request {
    let waits = stage == RequestStage::Waiting;
    let of_people = |user: &str, there: bool| if there { vec![user.to_owned()] } else { Vec::new() };
    Request {
        id: "r-1".to_owned(),
        submitter: "u-subm".to_owned(),
        submitter_section: "tax".to_owned(),
        submitter_department: "finance".to_owned(),
        zone: FROM.to_owned(),
        stage,
        approvers: if waits {
            vec![Need { role: role::SECURITY_MANAGER.to_owned(), place: tax() }]
        } else {
            Vec::new()
        },
        deputies: of_people("u-dpty", waits),
        reviewers: of_people("u-rvwr", stage == RequestStage::Approved),
        decided_by: of_people("u-done", waits || stage == RequestStage::Approved),
        keepers: of_people("u-coll", stage == RequestStage::Approved),
    }
}

/// A task of the tax section: its manager does it, the department's officer confirms it or lets it go.
pub(crate) fn task(stage: DutyStage) -> DutyTask {
    let said = matches!(stage, DutyStage::Reported | DutyStage::WaiverAsked);
    DutyTask {
        id: "k-1".to_owned(),
        place: tax(),
        person: None,
        owner: Some(role::SECURITY_MANAGER.to_owned()),
        confirmer: Some(role::SECURITY_OFFICER.to_owned()),
        waiver: Some(role::SECURITY_OFFICER.to_owned()),
        reported_by: said.then(|| "u-smgr".to_owned()),
        zone: said.then(|| FROM.to_owned()),
        stage,
    }
}

/// A record of the tax section: its manager looks after it, the officer of its department decides, and may not when he proposed it.
pub(crate) fn record(is_proposed: bool) -> Record {
    Record {
        id: "request/r-1".to_owned(),
        place: tax(),
        manager: Some(role::SECURITY_MANAGER.to_owned()),
        decider: Some(role::SECURITY_OFFICER.to_owned()),
        proposed_by: is_proposed.then(|| "u-dept".to_owned()),
        zone: Some(FROM.to_owned()),
    }
}

/// A row that everybody of its section reads, staff and the section's manager keep, and the manager classifies.
pub(crate) fn row(place: Place) -> Row {
    let ids = |roles: &[&str]| roles.iter().map(|r| (*r).to_owned()).collect();
    Row {
        id: "assets/7".to_owned(),
        place,
        readers: ids(&role::ALL),
        keepers: ids(&[role::SECURITY_MANAGER, role::STAFF]),
        managers: ids(&[role::SECURITY_MANAGER]),
        zones: vec![FROM.to_owned(), TO.to_owned()],
    }
}

/// A row of a register that only a few read.
pub(crate) fn row_for_few(place: Place) -> Row {
    let ids = |roles: &[&str]| roles.iter().map(|r| (*r).to_owned()).collect();
    Row {
        id: "violations/7".to_owned(),
        place,
        readers: ids(&[role::CISO]),
        keepers: ids(&[role::SUPERVISING_OFFICER]),
        managers: ids(&[role::SUPERVISING_OFFICER]),
        zones: vec![FROM.to_owned(), TO.to_owned()],
    }
}
