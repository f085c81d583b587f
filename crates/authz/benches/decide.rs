//! What one decision costs.

use authz::{
    Action, Authorizer, Grant, Need, Place, Principal, Resource, Scope, Stage, Strength, Transfer, role,
};

fn main() {
    divan::main();
}

fn approver(section: &str) -> Principal {
    Principal {
        user: "u-0002".to_owned(),
        roles: vec![
            Grant { role: role::STAFF.to_owned(), scope: Scope::Section(section.to_owned()) },
            Grant { role: role::SECURITY_MANAGER.to_owned(), scope: Scope::Section(section.to_owned()) },
        ],
        section: section.to_owned(),
        zone: "lgwan".to_owned(),
        strength: Strength::SecondFactor,
        second_factor_required: true,
        enabled: true,
    }
}

fn transfer() -> Resource {
    let place = Place::Section { id: "tax".to_owned(), department: "finance".to_owned() };
    Resource::from(Transfer {
        id: "t-0001".to_owned(),
        submitter: "u-0001".to_owned(),
        submitter_section: "tax".to_owned(),
        submitter_department: "finance".to_owned(),
        recipients: (10..15).map(|n| format!("u-{n:04}")).collect(),
        from_zone: "internet".to_owned(),
        to_zone: "lgwan".to_owned(),
        stage: Stage::Waiting,
        approvers: vec![Need { role: role::SECURITY_MANAGER.to_owned(), place }],
        decide_zones: vec!["internet".to_owned(), "lgwan".to_owned()],
        deputies: vec!["u-0003".to_owned()],
        reviewers: Vec::new(),
        decided_by: Vec::new(),
    })
}

#[divan::bench]
fn allowed(bencher: divan::Bencher<'_, '_>) {
    let authorizer = start();
    let (who, what) = (approver("tax"), transfer());
    bencher.bench(|| authorizer.decide(&who, Action::DecideTransfer, &what));
}

#[divan::bench]
fn refused_for_the_section(bencher: divan::Bencher<'_, '_>) {
    let authorizer = start();
    let (who, what) = (approver("parks"), transfer());
    bencher.bench(|| authorizer.decide(&who, Action::DecideTransfer, &what));
}

#[divan::bench]
fn list_hint(bencher: divan::Bencher<'_, '_>) {
    let authorizer = start();
    let who = approver("tax");
    bencher.bench(|| authorizer.visible_transfers(&who));
}

#[divan::bench]
#[expect(clippy::expect_used, reason = "with broken policies there is nothing to measure")]
fn start() -> Authorizer {
    Authorizer::new().expect("the policies are valid")
}
