//! The closed lists of this package: actions, reasons, token scopes, roles. Each word is spelled here once and is
//! the same in policies, evidence, the API and the message catalogue.

macro_rules! closed_words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $id:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word for it.
            #[must_use]
            pub fn id(self) -> &'static str {
                match self { $($name::$variant => $id),+ }
            }

            /// The value with this word, if there is one.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.id() == id)
            }
        }
    };
}
pub(crate) use closed_words;

closed_words! {
    /// Everything that can be asked for. What each needs as [`crate::Resource`] says [`Action::resource_kind`].
    Action {
        /// See one's own start page: やること, own transfers.
        ViewHome = "view-home",
        /// Change one's own password.
        ChangeOwnPassword = "change-own-password",
        /// Set up or renew one's own second factor.
        EnrolSecondFactor = "enrol-second-factor",
        /// Make, list and revoke one's own API tokens.
        ManageTokens = "manage-tokens",
        /// 既読: confirm having read what an edition of the policy changed for oneself.
        ConfirmReading = "confirm-reading",
        /// お知らせ: see one's own notices, and how they reach oneself.
        ViewNotices = "view-notices",
        /// Note that one looked at them.
        ReadNotices = "read-notices",
        /// Choose how notices reach oneself, and where mails go.
        ChooseNotices = "choose-notices",
        /// 申請: hand in a transfer, first or again after 差戻し.
        SubmitTransfer = "submit-transfer",
        /// 引戻し: take it back while it waits for a decision.
        PullBackTransfer = "pull-back-transfer",
        /// 取下げ: give it up for good.
        WithdrawTransfer = "withdraw-transfer",
        /// See that a transfer exists, its names, people and timeline.
        ViewTransfer = "view-transfer",
        /// See what was removed from its files.
        ViewRemovals = "view-removals",
        /// See pages or text of the clean result: content, so closer held than the rest.
        ViewPreview = "view-preview",
        /// 承認, 差戻し or 却下 at the open step.
        DecideTransfer = "decide-transfer",
        /// 代決: the same in place of an absent approver.
        DecideAsDeputy = "decide-as-deputy",
        /// 後閲: review afterwards what a deputy decided.
        ReviewAfterwards = "review-afterwards",
        /// Confirm receipt.
        ReceiveTransfer = "receive-transfer",
        /// Take the clean files.
        DownloadClean = "download-clean",
        /// Take the file as it came. Refused to everyone; listed so that the golden table says so.
        DownloadOriginal = "download-original",
        /// 検査確認: open the original of a file that passes unchanged, in the zone it came from, before vouching for it.
        InspectOriginal = "inspect-original",
        /// Run a held file again, or refuse it.
        ResolveHeld = "resolve-held",
        /// 申請: hand in a request, first or again after 差戻し.
        SubmitRequest = "submit-request",
        /// 引戻し of a request.
        PullBackRequest = "pull-back-request",
        /// 取下げ of a request.
        WithdrawRequest = "withdraw-request",
        /// See a request, its attachments and its timeline.
        ViewRequest = "view-request",
        /// 承認, 差戻し or 否認 at the open step of a request.
        DecideRequest = "decide-request",
        /// 代決 of a request.
        DeputiseRequest = "deputise-request",
        /// 後閲 of a request.
        ReviewRequest = "review-request",
        /// 返却・引継ぎ: say that what was permitted was given back, or whether one took it over.
        ReturnPermit = "return-permit",
        /// 取消: take a permit back.
        RevokePermit = "revoke-permit",
        /// See a task of a duty: for whom, until when, whether it is done.
        ViewTask = "view-task",
        /// Report a task as done, or ask to let it go.
        ReportTask = "report-task",
        /// 確認: confirm what another person reported, or send it back.
        ConfirmTask = "confirm-task",
        /// 免除: let a task go for a reason, or not.
        WaiveTask = "waive-task",
        /// Say that something happened that sets off a duty.
        StartTask = "start-task",
        /// Open and close a course, and say who was in the room.
        ManageCourse = "manage-course",
        /// 督促: tell the people of a unit to take a course.
        RemindCourse = "remind-course",
        /// See how far the whole body is with its duties.
        ViewAllTasks = "view-all-tasks",
        /// See a row of a register, its history and what links to it.
        ViewRow = "view-row",
        /// Add, change and end a row of a register.
        KeepRow = "keep-row",
        /// 分類: fill in the level of a row that waits for it.
        ClassifyRow = "classify-row",
        /// See that the retention of a record ends, and what became of it.
        ViewRecord = "view-record",
        /// 保留: keep a record longer for a reason; propose that it be destroyed.
        KeepRecord = "keep-record",
        /// 廃棄の決裁: decide that a record is destroyed, or not.
        DestroyRecord = "destroy-record",
        /// See every transfer of the city in one list.
        ViewAllTransfers = "view-all-transfers",
        /// See the state of the ledger: size, checkpoints, verification.
        ViewLedger = "view-ledger",
        /// Change settings of the system: parameters, keys, jobs.
        AdministerSystem = "administer-system",
        /// See how mails fare, and have one tried again.
        LookAfterMails = "look-after-mails",
        /// See proposed editions of the policy before they are approved, and who has read what changed.
        ViewEditions = "view-editions",
        /// Propose an edition of the policy, attach the analysis of its risks, apply for it, give it up.
        ProposeEdition = "propose-edition",
        /// 方針の取込み: see imported texts, their review, and the drafts made of them.
        ViewImports = "view-imports",
        /// Import a text, correct and confirm the review, take the draft out.
        EditImports = "edit-imports",
        /// Read the clauses of the policy.
        ViewClause = "view-clause",
        /// Take the policy out with what is not public of it.
        ExportPolicy = "export-policy",
        /// Read entries of the ledger with their payloads.
        ViewEvidence = "view-evidence",
        /// Take entries out with their proofs.
        ExportEvidence = "export-evidence",
        /// See an account.
        ViewUsers = "view-users",
        /// Make, change, disable an account, grant roles.
        ManageUsers = "manage-users",
        /// 人事異動: see plans of personnel changes, whole.
        ViewPersonnel = "view-personnel",
        /// Draw such plans up from tables, apply for them, give them up, print first passwords.
        PreparePersonnel = "prepare-personnel",
    }
}

/// What kind of thing an action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A transfer.
    Transfer,
    /// A request.
    Request,
    /// A task of a duty.
    DutyTask,
    /// A row of a register.
    Row,
    /// A record whose retention ends.
    Record,
    /// Somebody's account.
    Account,
    /// One's own account.
    OwnAccount,
    /// The installation as a whole.
    City,
    /// Entries of the ledger.
    Evidence,
    /// A clause of the policy.
    Clause,
}

impl ResourceKind {
    /// The name of the entity type in the schema.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            ResourceKind::Transfer => "Transfer",
            ResourceKind::Request => "Request",
            ResourceKind::DutyTask => "DutyTask",
            ResourceKind::Row => "Row",
            ResourceKind::Record => "Record",
            ResourceKind::Account => "Account",
            ResourceKind::OwnAccount => "OwnAccount",
            ResourceKind::City => "City",
            ResourceKind::Evidence => "Evidence",
            ResourceKind::Clause => "Clause",
        }
    }
}

impl Action {
    /// What the action is done to. With any other resource it is refused.
    #[must_use]
    pub fn resource_kind(self) -> ResourceKind {
        match self {
            Action::ViewHome
            | Action::ChangeOwnPassword
            | Action::EnrolSecondFactor
            | Action::ManageTokens
            | Action::ConfirmReading
            | Action::ViewNotices
            | Action::ReadNotices
            | Action::ChooseNotices => ResourceKind::OwnAccount,
            Action::SubmitTransfer
            | Action::PullBackTransfer
            | Action::WithdrawTransfer
            | Action::ViewTransfer
            | Action::ViewRemovals
            | Action::ViewPreview
            | Action::DecideTransfer
            | Action::DecideAsDeputy
            | Action::ReviewAfterwards
            | Action::ReceiveTransfer
            | Action::DownloadClean
            | Action::DownloadOriginal
            | Action::InspectOriginal
            | Action::ResolveHeld => ResourceKind::Transfer,
            Action::SubmitRequest
            | Action::PullBackRequest
            | Action::WithdrawRequest
            | Action::ViewRequest
            | Action::DecideRequest
            | Action::DeputiseRequest
            | Action::ReviewRequest
            | Action::ReturnPermit
            | Action::RevokePermit => ResourceKind::Request,
            Action::ViewTask
            | Action::ReportTask
            | Action::ConfirmTask
            | Action::WaiveTask
            | Action::StartTask
            | Action::ManageCourse
            | Action::RemindCourse => ResourceKind::DutyTask,
            Action::ViewRow | Action::KeepRow | Action::ClassifyRow => ResourceKind::Row,
            Action::ViewRecord | Action::KeepRecord | Action::DestroyRecord => ResourceKind::Record,
            Action::ViewAllTransfers
            | Action::ViewAllTasks
            | Action::ViewLedger
            | Action::AdministerSystem
            | Action::LookAfterMails
            | Action::ViewEditions
            | Action::ViewImports
            | Action::EditImports
            | Action::ProposeEdition
            | Action::ViewPersonnel
            | Action::PreparePersonnel => ResourceKind::City,
            Action::ViewClause | Action::ExportPolicy => ResourceKind::Clause,
            Action::ViewEvidence | Action::ExportEvidence => ResourceKind::Evidence,
            Action::ViewUsers | Action::ManageUsers => ResourceKind::Account,
        }
    }
}

closed_words! {
    /// Why something was refused. The order is the order of telling: where several hold, the first one is given.
    Reason {
        /// The facts could not be evaluated; refused to be safe. A bug: log it.
        Undecidable = "undecidable",
        /// The action is not one that can be done to this kind of thing. A bug of the caller.
        NotApplicable = "not-applicable",
        /// The account is disabled.
        AccountDisabled = "account-disabled",
        /// The API token does not cover this, or no token may.
        TokenScope = "token-scope",
        /// Nobody may do this.
        Never = "never",
        /// The account may read only (監査人).
        ReadOnly = "read-only",
        /// None of the person's roles permits it.
        RoleMissing = "role-missing",
        /// The role fits, but for another section.
        NotYourSection = "not-your-section",
        /// Nobody decides about his own request.
        OwnRequest = "own-request",
        /// Nobody manages his own account.
        OwnAccount = "own-account",
        /// The same person decided about this request before; a second person is needed.
        AlreadyDecided = "already-decided",
        /// The connection came in from a zone where this is not done.
        WrongZone = "wrong-zone",
        /// The stage of the transfer does not allow it (any more, or yet).
        State = "state",
        /// The person must log in with the second factor first.
        SecondFactorNeeded = "second-factor-needed",
    }
}

closed_words! {
    /// What an API token may be used for. A token never does more than its owner could.
    TokenScope {
        /// Lists and details of transfers.
        ReadTransfers = "read-transfers",
        /// Submit, pull back, withdraw.
        WriteTransfers = "write-transfers",
        /// Confirm receipt and take clean files.
        ReceiveTransfers = "receive-transfers",
        /// Decide, as approver or deputy; only where the role does not demand a second factor.
        DecideTransfers = "decide-transfers",
        /// Lists and details of requests, with their attachments.
        ReadRequests = "read-requests",
        /// Hand in, pull back, withdraw, report a return.
        WriteRequests = "write-requests",
        /// Decide requests, take permits back; only where the role does not demand a second factor.
        DecideRequests = "decide-requests",
        /// Tasks of duties, and how far a section or the body is with them.
        ReadDuties = "read-duties",
        /// Report tasks as done. Confirming and letting go want a person at the screen.
        WriteDuties = "write-duties",
        /// Registers: lists, rows, their history.
        ReadRegisters = "read-registers",
        /// Add, change, end and classify rows of registers.
        WriteRegisters = "write-registers",
        /// Clauses, evidence, and the export of both.
        ReadEvidence = "read-evidence",
        /// Accounts, reading.
        ReadUsers = "read-users",
        /// Accounts, changing; only where the role does not demand a second factor.
        ManageUsers = "manage-users",
        /// Propose editions of the policy, and see those that are proposed.
        ManagePolicy = "manage-policy",
    }
}

/// The ids of the roles that the rules name. A pack may have more; those work in approval routes.
pub mod role {
    /// 最高情報セキュリティ責任者.
    pub const CISO: &str = "ciso";
    /// 統括情報セキュリティ責任者.
    pub const SUPERVISING_OFFICER: &str = "supervising-officer";
    /// 情報セキュリティ責任者.
    pub const SECURITY_OFFICER: &str = "security-officer";
    /// 情報セキュリティ管理者.
    pub const SECURITY_MANAGER: &str = "security-manager";
    /// 情報システム管理者.
    pub const SYSTEM_MANAGER: &str = "system-manager";
    /// 情報システム担当者.
    pub const SYSTEM_OPERATOR: &str = "system-operator";
    /// 職員.
    pub const STAFF: &str = "staff";
    /// 監査人.
    pub const AUDITOR: &str = "auditor";

    /// All of them.
    pub const ALL: [&str; 8] = [
        CISO,
        SUPERVISING_OFFICER,
        SECURITY_OFFICER,
        SECURITY_MANAGER,
        SYSTEM_MANAGER,
        SYSTEM_OPERATOR,
        STAFF,
        AUDITOR,
    ];
}
