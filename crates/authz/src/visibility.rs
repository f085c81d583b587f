//! Which transfers, requests and rows of registers a person may see in lists, as a hint that a database can follow with its indexes.
//!
//! Owns: [`Visibility`]. It is not a second set of rules: it is found by asking the same policies about sample
//! transfers, so a change of the policies changes it too.
//! Leaves to others: the query (`store-sql`), and the decision on a single transfer ([`Authorizer::decide`]).

use crate::{
    Action, Authorizer, DutyStage, DutyTask, Place, Principal, Request, RequestStage, Resource, Row, Scope,
    Stage, Transfer,
};

/// What a list may show this person on this connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// Only transfers that come from or go to this zone.
    pub zone: String,
    /// Which of these.
    pub reach: Reach,
}

/// How far a person's sight goes. Every reach but [`Reach::Nothing`] includes what [`Reach::OwnAndReceived`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Every transfer.
    All,
    /// Transfers submitted from these departments and sections.
    Units {
        /// Ids of departments, sorted.
        departments: Vec<String>,
        /// Ids of sections, sorted.
        sections: Vec<String>,
    },
    /// Transfers the person submitted; was sent, once released; is asked to decide or review; or has decided.
    OwnAndReceived,
    /// None.
    Nothing,
}

impl Authorizer {
    /// Which transfers the person may see. One decision per distinct scope he holds a role in, and two more.
    #[must_use]
    pub fn visible_transfers(&self, principal: &Principal) -> Visibility {
        Visibility {
            zone: principal.zone.clone(),
            reach: self.reach(principal, Action::ViewTransfer, sample),
        }
    }

    /// How far the person's sight of requests goes, of those handed in at the zone he stands in.
    #[must_use]
    pub fn visible_requests(&self, principal: &Principal) -> Reach {
        self.reach(principal, Action::ViewRequest, sample_request)
    }

    /// How far the person's sight of tasks of duties goes.
    #[must_use]
    pub fn visible_tasks(&self, principal: &Principal) -> Reach {
        self.reach(principal, Action::ViewTask, sample_task)
    }

    /// How far the person's sight of a register's rows goes: `row` is any row of it. [`Reach::Units`] with units he reads,
    /// never [`Reach::OwnAndReceived`].
    #[must_use]
    pub fn visible_rows(&self, principal: &Principal, row: &Row) -> Reach {
        self.reach_of_rows(principal, Action::ViewRow, row)
    }

    /// The same for the rows that he may keep.
    #[must_use]
    pub fn kept_rows(&self, principal: &Principal, row: &Row) -> Reach {
        self.reach_of_rows(principal, Action::KeepRow, row)
    }

    fn reach_of_rows(&self, principal: &Principal, action: Action, row: &Row) -> Reach {
        let may = |place: Place| {
            let resource = Resource::from(Row { place, ..row.clone() });
            self.allows(principal, action, &resource)
        };
        let everywhere = if row.place == Place::City { Place::City } else { nowhere() };
        if may(everywhere) {
            return Reach::All;
        }
        if row.place == Place::City {
            return Reach::Nothing;
        }
        let (departments, sections) = units_where(principal, may);
        if departments.is_empty() && sections.is_empty() {
            Reach::Nothing
        } else {
            Reach::Units { departments, sections }
        }
    }

    fn reach(
        &self,
        principal: &Principal,
        action: Action,
        sample: fn(&Principal, &str, Place) -> Resource,
    ) -> Reach {
        let sees = |submitter: &str, place: Place| {
            self.allows(principal, action, &sample(principal, submitter, place))
        };
        if !sees(&principal.user, nowhere()) {
            return Reach::Nothing;
        }
        // Nobody has this account: it is the person's own with something added.
        let stranger = format!("{}/other", principal.user);
        if sees(&stranger, nowhere()) {
            return Reach::All;
        }
        let (departments, sections) = units_where(principal, |place| sees(&stranger, place));
        if departments.is_empty() && sections.is_empty() {
            Reach::OwnAndReceived
        } else {
            Reach::Units { departments, sections }
        }
    }
}

/// The departments and sections in which the person holds a role and for which the answer is yes.
fn units_where(principal: &Principal, may: impl Fn(Place) -> bool) -> (Vec<String>, Vec<String>) {
    let mut scopes: Vec<&Scope> = principal.roles.iter().map(|grant| &grant.scope).collect();
    scopes.sort();
    scopes.dedup();
    let (mut departments, mut sections) = (Vec::new(), Vec::new());
    for scope in scopes {
        match scope {
            Scope::City => {}
            Scope::Department(id) => {
                if may(Place::Section { id: NO_UNIT.to_owned(), department: id.clone() }) {
                    departments.push(id.clone());
                }
            }
            Scope::Section(id) => {
                if may(Place::Section { id: id.clone(), department: NO_UNIT.to_owned() }) {
                    sections.push(id.clone());
                }
            }
        }
    }
    (departments, sections)
}

impl Visibility {
    /// Whether a list for this person may show this transfer: the meaning of the hint, which a query must match.
    #[must_use]
    pub fn admits(&self, principal: &Principal, transfer: &Transfer) -> bool {
        if transfer.from_zone != self.zone && transfer.to_zone != self.zone {
            return false;
        }
        match &self.reach {
            Reach::Nothing => false,
            Reach::All => true,
            Reach::Units { departments, sections } => {
                departments.contains(&transfer.submitter_department)
                    || sections.contains(&transfer.submitter_section)
                    || is_party(principal, transfer)
            }
            Reach::OwnAndReceived => is_party(principal, transfer),
        }
    }
}

/// Whether the person has a part in the transfer himself.
fn is_party(principal: &Principal, transfer: &Transfer) -> bool {
    let user = &principal.user;
    let asked = |needs: &[crate::Need]| {
        needs.iter().flat_map(crate::Need::fulfilled_by).any(|grant| principal.roles.contains(&grant))
    };
    transfer.submitter == *user
        || (transfer.stage.is_released() && transfer.recipients.contains(user))
        || transfer.deputies.contains(user)
        || transfer.decided_by.contains(user)
        || asked(&transfer.approvers)
        || transfer.reviewers.contains(user)
}

/// The id of no unit: packs refuse an id with a slash.
const NO_UNIT: &str = "/";

/// A place that only holders for the whole city cover.
fn nowhere() -> Place {
    Place::Section { id: NO_UNIT.to_owned(), department: NO_UNIT.to_owned() }
}

/// A request handed in at the person's zone in which nobody but its submitter has a part.
fn sample_request(principal: &Principal, submitter: &str, place: Place) -> Resource {
    let (section, department) = section_of(place);
    Resource::from(Request {
        id: NO_UNIT.to_owned(),
        submitter: submitter.to_owned(),
        submitter_section: section,
        submitter_department: department,
        zone: principal.zone.clone(),
        stage: RequestStage::Waiting,
        approvers: Vec::new(),
        deputies: Vec::new(),
        reviewers: Vec::new(),
        decided_by: Vec::new(),
        keepers: Vec::new(),
    })
}

/// A task of one person in which nobody else has a part.
fn sample_task(_: &Principal, person: &str, place: Place) -> Resource {
    Resource::from(DutyTask {
        id: NO_UNIT.to_owned(),
        place,
        person: Some(person.to_owned()),
        owner: None,
        confirmer: None,
        waiver: None,
        reported_by: None,
        zone: None,
        stage: DutyStage::Open,
    })
}

fn section_of(place: Place) -> (String, String) {
    match place {
        Place::Section { id, department } => (id, department),
        Place::City | Place::Department { .. } => (NO_UNIT.to_owned(), NO_UNIT.to_owned()),
    }
}

/// A transfer that touches the person's zone and in which nobody but its submitter has a part.
fn sample(principal: &Principal, submitter: &str, place: Place) -> Resource {
    let (section, department) = section_of(place);
    Resource::from(Transfer {
        id: NO_UNIT.to_owned(),
        submitter: submitter.to_owned(),
        submitter_section: section,
        submitter_department: department,
        recipients: Vec::new(),
        from_zone: principal.zone.clone(),
        to_zone: principal.zone.clone(),
        stage: Stage::Waiting,
        approvers: Vec::new(),
        decide_zones: Vec::new(),
        deputies: Vec::new(),
        reviewers: Vec::new(),
        decided_by: Vec::new(),
    })
}
