//! The golden table: role × action × resource. A change of rights shows as a change of rights.txt; renew it with
//! `UPDATE_EXPECT=1` and read the difference before committing it.

use std::fmt::Write as _;

use authz::{
    Account, Action, Authorizer, Decision, DutyStage, DutyTask, Evidence, Place, Principal, Reason,
    RequestStage, Resource, ResourceKind, Stage, Strength, TokenScope,
};
use expect_test::expect_file;

use crate::people::{FROM, OTHER, TO, cast, record, request, row, row_for_few, task, tax, transfer};

/// What a cell shows. Short, so that a row fits on a screen.
fn cell(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(_) => "YES",
        Decision::Deny(denied) => match denied.reason {
            Reason::RoleMissing => ".",
            Reason::NotYourSection => "sect",
            Reason::OwnRequest => "own",
            Reason::OwnAccount => "self",
            Reason::AlreadyDecided => "twice",
            Reason::WrongZone => "zone",
            Reason::State => "state",
            Reason::SecondFactorNeeded => "2fa",
            Reason::AccountDisabled => "off",
            Reason::TokenScope => "token",
            Reason::Never => "never",
            Reason::ReadOnly => "read",
            Reason::NotApplicable | Reason::Undecidable => "BUG",
        },
    }
}

const LEGEND: &str = "\
YES allowed; otherwise why not:
.     role-missing            sect  not-your-section       own   own-request        self  own-account
twice already-decided         zone  wrong-zone             state state              2fa   second-factor-needed
off   account-disabled        token token-scope            never never              read  read-only
";

struct Table {
    authorizer: Authorizer,
    text: String,
}

impl Table {
    fn grid(
        &mut self,
        title: &str,
        zone: &str,
        heads: &[&str],
        kinds: &[ResourceKind],
        resource: impl Fn(&Principal, ResourceKind) -> Resource,
        alter: impl Fn(&mut Principal),
    ) {
        let mut people = cast(zone);
        people.retain(|(head, _, _)| heads.is_empty() || heads.contains(head));
        writeln!(self.text, "\n## {title}").unwrap();
        write!(self.text, "{:<22}", "").unwrap();
        for (head, _, _) in &people {
            write!(self.text, " {head:<5}").unwrap();
        }
        trim_line(&mut self.text);
        for action in Action::ALL.iter().filter(|action| kinds.contains(&action.resource_kind())) {
            write!(self.text, "{:<22}", action.id()).unwrap();
            for (_, _, who) in &people {
                let mut who = who.clone();
                alter(&mut who);
                let decision = self.authorizer.decide(&who, *action, &resource(&who, action.resource_kind()));
                let short = self.authorizer.allows(&who, *action, &resource(&who, action.resource_kind()));
                assert_eq!(short, decision.is_allowed(), "the short answer is the same");
                write!(self.text, " {:<5}", cell(&decision)).unwrap();
            }
            trim_line(&mut self.text);
        }
    }
}

fn trim_line(text: &mut String) {
    text.truncate(text.trim_end_matches(' ').len());
    text.push('\n');
}

/// Everything but transfers. Accounts and evidence are those of the tax section.
fn other_resource(who: &Principal, kind: ResourceKind) -> Resource {
    match kind {
        ResourceKind::Transfer => Resource::from(transfer(Stage::Waiting)),
        ResourceKind::Request => Resource::from(request(RequestStage::Waiting)),
        ResourceKind::DutyTask => Resource::from(task(DutyStage::Open)),
        ResourceKind::Row => Resource::from(row(tax())),
        ResourceKind::Record => Resource::from(record(false)),
        ResourceKind::Account => Resource::Account(Account { user: "u-coll".to_owned(), place: tax() }),
        ResourceKind::OwnAccount => Resource::OwnAccount { user: who.user.clone() },
        ResourceKind::City => Resource::City,
        ResourceKind::Evidence => Resource::Evidence(Evidence { id: "e-1".to_owned(), place: tax() }),
        ResourceKind::Clause => Resource::Clause { id: "base/clause".to_owned() },
    }
}

/// No heads: all columns.
const EVERYONE: [&str; 0] = [];
/// Enough columns where the person matters less than the login.
const SOME: [&str; 6] = ["subm", "smgr", "ciso", "sysm", "audt", "dpty"];

const ALL_KINDS: [ResourceKind; 10] = [
    ResourceKind::OwnAccount,
    ResourceKind::Transfer,
    ResourceKind::Request,
    ResourceKind::DutyTask,
    ResourceKind::Row,
    ResourceKind::Record,
    ResourceKind::City,
    ResourceKind::Clause,
    ResourceKind::Evidence,
    ResourceKind::Account,
];
const OTHER_KINDS: [ResourceKind; 5] = [
    ResourceKind::OwnAccount,
    ResourceKind::City,
    ResourceKind::Clause,
    ResourceKind::Evidence,
    ResourceKind::Account,
];

#[test]
fn table_of_rights() {
    let mut table = Table { authorizer: Authorizer::new().unwrap(), text: String::new() };
    table.text.push_str("# Who may do what\n\n");
    table.text.push_str(LEGEND);
    table.text.push('\n');
    for (head, who, _) in cast(FROM) {
        writeln!(table.text, "{head}  {who}").unwrap();
    }
    let transfers = [ResourceKind::Transfer];
    for stage in Stage::ALL {
        for (zone, place) in [(FROM, "from-zone"), (TO, "to-zone"), (OTHER, "third zone")] {
            // The third zone is the same wall at every stage; two stages show it.
            if zone == OTHER && !matches!(stage, Stage::Waiting | Stage::Ready) {
                continue;
            }
            let title = format!("transfer, stage {}, connection in the {place}", stage.id());
            table.grid(&title, zone, &EVERYONE, &transfers, |_, _| Resource::from(transfer(*stage)), |_| {});
        }
    }
    table.grid(
        "transfer, stage waiting, the pack has it decided in the from-zone only, connection in the to-zone",
        TO,
        &EVERYONE,
        &transfers,
        |_, _| {
            let mut transfer = transfer(Stage::Waiting);
            transfer.decide_zones = vec![FROM.to_owned()];
            Resource::from(transfer)
        },
        |_| {},
    );
    for stage in RequestStage::ALL {
        for (zone, place) in [(FROM, "zone"), (OTHER, "another zone")] {
            // Another zone is the same wall at every stage; one stage shows it.
            if zone == OTHER && *stage != RequestStage::Waiting {
                continue;
            }
            let title = format!("request, stage {}, connection in its {place}", stage.id());
            let requests = [ResourceKind::Request];
            table.grid(&title, zone, &EVERYONE, &requests, |_, _| Resource::from(request(*stage)), |_| {});
        }
    }
    let tasks = [ResourceKind::DutyTask];
    for stage in DutyStage::ALL {
        for (zone, place) in [(FROM, "zone"), (OTHER, "another zone")] {
            // Only what somebody wrote is bound to a zone.
            if zone == OTHER && *stage != DutyStage::Reported {
                continue;
            }
            let title = format!("task of a section, stage {}, connection in its {place}", stage.id());
            table.grid(&title, zone, &EVERYONE, &tasks, |_, _| Resource::from(task(*stage)), |_| {});
        }
    }
    let of_body = DutyTask { place: Place::City, owner: Some("ciso".to_owned()), ..task(DutyStage::Open) };
    table.grid(
        "task of the body, stage open",
        FROM,
        &EVERYONE,
        &tasks,
        |_, _| of_body.clone().into(),
        |_| {},
    );
    let own = |who: &Principal| DutyTask {
        person: Some(who.user.clone()),
        owner: None,
        reported_by: Some(who.user.clone()),
        zone: Some(FROM.to_owned()),
        ..task(DutyStage::WaiverAsked)
    };
    let title = "one's own task, which one asked to let go";
    table.grid(title, FROM, &EVERYONE, &tasks, |who, _| own(who).into(), |_| {});
    for (title, resource) in [
        ("row of a register by section, of the tax section, that everybody reads and staff keep", row(tax())),
        ("row of a register of the city that everybody reads and staff keep", row(Place::City)),
        ("row of a register of the city for few", row_for_few(Place::City)),
        ("row of a register by section for few, of the tax section", row_for_few(tax())),
    ] {
        let rows = [ResourceKind::Row];
        table.grid(title, TO, &EVERYONE, &rows, |_, _| Resource::from(resource.clone()), |_| {});
    }
    for (title, zone, resource) in [
        ("record of the tax section whose retention ends, connection in its zone", FROM, record(false)),
        ("record that an officer proposed to destroy, connection in its zone", FROM, record(true)),
        ("record of the tax section whose retention ends, connection in another zone", OTHER, record(false)),
    ] {
        let records = [ResourceKind::Record];
        table.grid(title, zone, &EVERYONE, &records, |_, _| Resource::from(resource.clone()), |_| {});
    }
    let title =
        "row of a register of the city that everybody reads and staff keep, in a zone where it is not seen";
    table.grid(title, OTHER, &SOME, &[ResourceKind::Row], |_, _| row(Place::City).into(), |_| {});
    table.grid("everything else, of the tax section", TO, &EVERYONE, &OTHER_KINDS, other_resource, |_| {});
    table.grid(
        "evidence and accounts of no section",
        TO,
        &EVERYONE,
        &[ResourceKind::Evidence, ResourceKind::Account],
        |_, kind| match kind {
            ResourceKind::Account => {
                Resource::Account(Account { user: "u-coll".to_owned(), place: Place::City })
            }
            _ => Resource::Evidence(Evidence { id: "e-1".to_owned(), place: Place::City }),
        },
        |_| {},
    );
    table.grid(
        "one's own account, as something to manage",
        TO,
        &EVERYONE,
        &[ResourceKind::Account],
        |who, _| Resource::Account(Account { user: who.user.clone(), place: tax() }),
        |_| {},
    );
    table.grid(
        "password only, where a second factor is demanded (transfer: waiting, from-zone)",
        FROM,
        &SOME,
        &ALL_KINDS,
        other_resource,
        |who| {
            who.strength = Strength::Password;
            who.second_factor_required = true;
        },
    );
    table.grid(
        "password only, where none is demanded (transfer: waiting, from-zone)",
        FROM,
        &SOME,
        &ALL_KINDS,
        other_resource,
        |who| who.strength = Strength::Password,
    );
    table.grid(
        "API token with every scope (transfer: waiting, from-zone)",
        FROM,
        &SOME,
        &ALL_KINDS,
        other_resource,
        |who| who.strength = Strength::ApiToken { scopes: TokenScope::ALL.to_vec() },
    );
    table.grid(
        "API token with every scope, where a second factor is demanded (transfer: waiting, from-zone)",
        FROM,
        &SOME,
        &ALL_KINDS,
        other_resource,
        |who| {
            who.strength = Strength::ApiToken { scopes: TokenScope::ALL.to_vec() };
            who.second_factor_required = true;
        },
    );
    for scope in TokenScope::ALL {
        table.grid(
            &format!("API token with {} only (transfer: waiting, from-zone)", scope.id()),
            FROM,
            &SOME,
            &ALL_KINDS,
            other_resource,
            |who| who.strength = Strength::ApiToken { scopes: vec![*scope] },
        );
    }
    table.grid(
        "account disabled (transfer: waiting, from-zone)",
        FROM,
        &SOME,
        &ALL_KINDS,
        other_resource,
        |who| {
            who.enabled = false;
        },
    );

    assert!(!table.text.contains("BUG"), "{}", table.text);
    for action in Action::ALL {
        assert!(table.text.contains(action.id()), "{} is not in the table", action.id());
    }
    for reason in ["sect", "own", "self", "twice", "zone", "state", "2fa", "off", "token", "never", "read"] {
        assert!(table.text.contains(&format!(" {reason}")), "{reason} never happens");
    }
    expect_file!["rights.txt"].assert_eq(&table.text);
}
