//! Words of the pages on which people read the policy, and where in the software a duty is done.
//!
//! Owns which page belongs to which mechanism. Leaves who may open it to the page itself: what is not in a reader's menu is
//! not offered to him.

use policy::{CounterpartyAct, Mechanism, Modality};

use super::Tone;

/// Where a mechanism is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A page: its address and its name.
    Page(&'static str, &'static str),
    /// Nowhere: the software does it by itself.
    Automatic,
    /// Nowhere yet: this version does not have it.
    Planned,
}

/// Where people meet a mechanism.
#[must_use]
pub fn place(mechanism: Mechanism) -> Place {
    use Mechanism as M;
    if !mechanism.ships() {
        return Place::Planned;
    }
    match mechanism {
        M::ChannelSanitise
        | M::ChannelRules
        | M::ChannelApprove
        | M::ClassificationMark
        | M::NameTypeCheck
        | M::MalwareFreeRebuild
        | M::HoldUndecided => Place::Page("/transfers/new", "ファイルを送る"),
        M::ChannelInspect
        | M::ApprovalContent
        | M::ApprovalTwoPersons
        | M::ApprovalAbove
        | M::DeputyReview
        | M::DecisionDeadline => Place::Page("/transfers?tray=to-decide", "承認"),
        M::ReceiptRecord => Place::Page("/received", "受け取る"),
        M::Login | M::PasswordRules | M::SecondFactor | M::SessionTimeout => {
            Place::Page("/account", "アカウント")
        }
        M::RoleRights | M::AccountRegister | M::PostRegister => Place::Page("/people", "職員"),
        M::EvidenceLedger | M::EvidenceExport => Place::Page("/evidence", "証跡"),
        M::PolicyVersion | M::PolicyApproval | M::PolicyReading | M::PolicyPublication => {
            Place::Page("/editions", "方針の版")
        }
        M::ParameterRegister | M::ParameterApproval => Place::Page("/parameters", "定めるべき値"),
        M::RequestTakeOut
        | M::RequestProvision
        | M::RequestException
        | M::RequestDisposal
        | M::RequestSoftware
        | M::RequestHardware
        | M::RequestNetworkConnection
        | M::RequestRemoteAccess
        | M::RequestAreaEntry
        | M::RequestAccount
        | M::RequestSystemChange
        | M::RequestService
        | M::ProcurementChecklist => Place::Page("/requests", "申請"),
        M::DutyCalendar
        | M::DutyTraining
        | M::DutyDrill
        | M::DutySelfInspection
        | M::DutyAudit
        | M::DutyReview
        | M::DutyRiskAnalysis
        | M::DutyAccountReview
        | M::DutyLogReview
        | M::DutyContractorCheck
        | M::DutyMaintenance
        | M::DutyRestoreTest => Place::Page("/tasks", "実施事項"),
        M::RegisterAssets
        | M::RegisterMedia
        | M::RegisterSystems
        | M::RegisterSoftware
        | M::RegisterContractors
        | M::RegisterServices
        | M::RegisterSns
        | M::RegisterAreas
        | M::RegisterEntries
        | M::RegisterSystemDocuments
        | M::RegisterWork
        | M::RegisterFaults
        | M::RegisterViolations
        | M::RegisterRisks
        | M::RegisterContacts
        | M::BackupRecord => Place::Page("/registers", "台帳"),
        M::NoticeMail => Place::Page("/notices", "お知らせ"),
        _ => Place::Automatic,
    }
}

/// How a modality is shown. A prohibition is told apart by more than its word.
#[must_use]
pub fn modality(modality: Modality) -> (&'static str, Tone) {
    let tone = match modality {
        Modality::MustNot => Tone::Bad,
        Modality::Must | Modality::Should | Modality::May => Tone::Plain,
    };
    (modality.title_ja(), tone)
}

/// What somebody does about another's duty, as a sentence.
#[must_use]
pub fn counterparty(who: &str, act: CounterpartyAct) -> String {
    match act {
        CounterpartyAct::With => format!("{who}とともに行う"),
        act => format!("{who}が{}", act.title_ja()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mechanism_has_its_place() {
        let mut pages = std::collections::BTreeSet::new();
        for (_, mechanism) in Mechanism::WORDS {
            match place(*mechanism) {
                Place::Planned => assert!(!mechanism.ships()),
                Place::Automatic => assert!(mechanism.ships()),
                Place::Page(href, name) => {
                    assert!(mechanism.ships() && href.starts_with('/') && !name.is_empty());
                    pages.insert(href);
                }
            }
        }
        assert!(pages.len() >= 8, "{pages:?}");
    }

    #[test]
    fn sentences_about_others() {
        for (act, said) in [
            (CounterpartyAct::Approve, "CISOが承認する"),
            (CounterpartyAct::Report, "CISOが報告を受ける"),
            (CounterpartyAct::With, "CISOとともに行う"),
        ] {
            assert_eq!(counterparty("CISO", act), said);
        }
    }
}
