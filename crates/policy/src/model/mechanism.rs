//! What of the software serves statements.
//!
//! Owns: the closed list of mechanisms, and which of them this version has. Leaves to others: which kinds of evidence
//! each leaves (`app`), and which statements name it (the packs).

use super::words::words;

macro_rules! mechanisms {
    ($(#[$meta:meta])* $name:ident {
        $($(#[$doc:meta])* $variant:ident = $id:literal $ja:literal $state:ident),+ $(,)?
    }) => {
        words! { $(#[$meta])* $name { $($(#[$doc])* $variant = $id $ja),+ } }
        impl $name {
            /// Whether this version has it. What is planned may be named and keeps nothing yet.
            #[must_use]
            pub fn ships(self) -> bool {
                match self { $($name::$variant => mechanisms!(@$state)),+ }
            }
        }
    };
    (@ships) => { true };
    (@planned) => { false };
}

mechanisms! {
    /// Parts of the software that serve statements. Evidence names its clauses through these: each kind of
    /// evidence belongs to mechanisms, each statement lists the mechanisms that serve it.
    Mechanism {
        /// A channel rebuilds every file.
        ChannelSanitise = "channel-sanitise" "通信路での無害化" ships,
        /// A channel holds files until the route of its request type has decided.
        ChannelApprove = "channel-approve" "通信路での承認" ships,
        /// A channel lets files pass unchanged that persons looked at in the zone they came from and vouch for.
        ChannelInspect = "channel-inspect" "通信路での検査確認" ships,
        /// A channel lets nothing pass.
        ChannelDeny = "channel-deny" "通信路の遮断" ships,
        /// Rules of a channel ask more of some files: by classification, kind, personal data.
        ChannelRules = "channel-rules" "分類などによる追加の手続" ships,
        /// Nothing that could run remains, because the file is built anew from what is known to be harmless.
        MalwareFreeRebuild = "malware-free-rebuild" "再構築による不正プログラムの除去" ships,
        /// The real type is found from the content and must agree with the name.
        NameTypeCheck = "name-type-check" "ファイル名と実体の照合" ships,
        /// What cannot be decided is held, never passed.
        HoldUndecided = "hold-undecided" "判定できないファイルの保留" ships,
        /// Classification is asked for at submission and marked on what comes out.
        ClassificationMark = "classification-mark" "分類の入力と表示" ships,
        /// The approver sees the result and what was removed, and decides on exactly that content.
        ApprovalContent = "approval-content" "内容を見た承認" ships,
        /// Steps of one route are decided by different persons, none of them the submitter.
        ApprovalTwoPersons = "approval-two-persons" "別人による承認" ships,
        /// Where nobody in a role may decide, the role above it does.
        ApprovalAbove = "approval-above" "上位の役割による承認" ships,
        /// A deputy may decide, and the principal reviews afterwards.
        DeputyReview = "deputy-review" "代決と後閲" ships,
        /// Deadlines of decisions and reminders.
        DecisionDeadline = "decision-deadline" "承認期限と督促" ships,
        /// Nobody does anything without having logged in as himself.
        Login = "login" "利用者の認証" ships,
        /// Password rules at setting, change of the first password.
        PasswordRules = "password-rules" "パスワードの規則" ships,
        /// Time-based one-time codes.
        SecondFactor = "second-factor" "二要素認証" ships,
        /// The zone is that of the listener; sessions of one zone are nothing in another.
        SessionZone = "session-zone" "系ごとの接続口とセッション" ships,
        /// Sessions end after a time without use.
        SessionTimeout = "session-timeout" "無操作時の自動ログアウト" ships,
        /// Rights follow from post and role, decided in one place, denied by default.
        RoleRights = "role-rights" "役割による権限" ships,
        /// Accounts are opened, changed and closed with a record.
        AccountRegister = "account-register" "利用者の登録と抹消" ships,
        /// Posts map to roles, with dates.
        PostRegister = "post-register" "職と役割の対応表" ships,
        /// Originals and results are encrypted where they lie, with one key per zone.
        EncryptedStorage = "encrypted-storage" "保管時の暗号化" ships,
        /// Files are erased when their retention ends, and the erasure is recorded.
        RetentionErase = "retention-erase" "保存期間満了による消去" ships,
        /// Every decision leaves an entry that cannot be changed unnoticed.
        EvidenceLedger = "evidence-ledger" "改ざんを検出できる証跡" ships,
        /// Evidence can be taken out and verified without this software.
        EvidenceExport = "evidence-export" "証跡の持出し検証" ships,
        /// The recipient's taking of a file is recorded.
        ReceiptRecord = "receipt-record" "受取の記録" ships,
        /// The policy itself is data with versions; what was in force is known.
        PolicyVersion = "policy-version" "方針の版管理" ships,
        /// A new edition is decided by a request before it comes into force.
        PolicyApproval = "policy-approval" "方針の改定の承認" ships,
        /// Everybody whose duties change is told what changed, and confirms having read it.
        PolicyReading = "policy-reading" "方針の変更の周知と既読" ships,
        /// The public documents of the policy are published, and nothing of the others.
        PolicyPublication = "policy-publication" "方針の公開部分の公表" ships,
        /// Parameters that the text leaves open are set, bounded and shown when unset.
        ParameterRegister = "parameter-register" "定めるべき値の管理" ships,
        /// Applying for taking information or equipment out of the office.
        RequestTakeOut = "request-take-out" "持出しの申請" ships,
        /// Applying for giving information to others.
        RequestProvision = "request-provision" "外部への提供の申請" ships,
        /// Applying for an exception, also afterwards in an emergency.
        RequestException = "request-exception" "例外措置の申請" ships,
        /// Values of parameters as requests with approval.
        ParameterApproval = "parameter-approval" "定めるべき値の承認" ships,
        /// Applying for disposal, with a record of how it was done.
        RequestDisposal = "request-disposal" "廃棄の申請" ships,
        /// Applying for software to be installed.
        RequestSoftware = "request-software" "ソフトウェア導入の申請" ships,
        /// Applying for equipment to be connected, changed or added.
        RequestHardware = "request-hardware" "機器の接続・増設の申請" ships,
        /// Applying for a connection to another network.
        RequestNetworkConnection = "request-network-connection" "ネットワーク接続の申請" ships,
        /// Applying for access from outside.
        RequestRemoteAccess = "request-remote-access" "庁外からの接続の申請" ships,
        /// Applying to enter a controlled area.
        RequestAreaEntry = "request-area-entry" "管理区域への入室の申請" ships,
        /// Applying for an account or a right.
        RequestAccount = "request-account" "利用者IDと権限の申請" ships,
        /// Applying for a system to be built or changed.
        RequestSystemChange = "request-system-change" "システムの開発・変更の申請" ships,
        /// Applying for the use of an external service.
        RequestService = "request-service" "外部サービス利用の申請" ships,
        /// What procurement must ask for.
        ProcurementChecklist = "procurement-checklist" "調達要件の確認" ships,
        /// What recurs, with owners and due dates.
        DutyCalendar = "duty-calendar" "定期義務の暦" ships,
        /// Training: plan, attendance, results.
        DutyTraining = "duty-training" "研修の実施" ships,
        /// Courses that people read and are tested on, with who passed.
        TrainingCourse = "training-course" "研修の受講と理解度の確認" ships,
        /// Drills for emergencies.
        DutyDrill = "duty-drill" "緊急時訓練の実施" ships,
        /// Self-inspection: questions, answers, improvement.
        DutySelfInspection = "duty-self-inspection" "自己点検の実施" ships,
        /// Audit: plan, findings, improvement.
        DutyAudit = "duty-audit" "監査の実施" ships,
        /// Review of the policy and its documents.
        DutyReview = "duty-review" "方針の見直し" ships,
        /// Analysis of risks before a revision or at times.
        DutyRiskAnalysis = "duty-risk-analysis" "リスク分析の実施" ships,
        /// Looking through accounts and rights.
        DutyAccountReview = "duty-account-review" "利用者IDの点検" ships,
        /// Looking through logs.
        DutyLogReview = "duty-log-review" "ログの点検" ships,
        /// Looking at what contractors do.
        DutyContractorCheck = "duty-contractor-check" "委託先の確認" ships,
        /// Maintenance and inspection of equipment and rooms.
        DutyMaintenance = "duty-maintenance" "機器と設備の保守点検" ships,
        /// Trying whether backups can be restored.
        DutyRestoreTest = "duty-restore-test" "復元の試験" ships,
        /// Information and equipment with their classes and owners.
        RegisterAssets = "register-assets" "情報資産台帳" ships,
        /// Removable media.
        RegisterMedia = "register-media" "媒体台帳" ships,
        /// Information systems and who answers for each.
        RegisterSystems = "register-systems" "情報システム台帳" ships,
        /// Software and licences.
        RegisterSoftware = "register-software" "ソフトウェア台帳" ships,
        /// Contractors and their contracts.
        RegisterContractors = "register-contractors" "委託先台帳" ships,
        /// External services in use.
        RegisterServices = "register-services" "外部サービス台帳" ships,
        /// Accounts on social networks.
        RegisterSns = "register-sns" "SNSアカウント台帳" ships,
        /// Controlled areas.
        RegisterAreas = "register-areas" "管理区域台帳" ships,
        /// Who entered and left controlled areas, and what was carried.
        RegisterEntries = "register-entries" "入退室の記録" ships,
        /// Specifications, network diagrams and other documents of systems.
        RegisterSystemDocuments = "register-system-documents" "システム文書の台帳" ships,
        /// Work done on systems: what, by whom, when.
        RegisterWork = "register-work" "システム作業の記録" ships,
        /// Faults and how they were dealt with.
        RegisterFaults = "register-faults" "障害の記録" ships,
        /// Violations and what followed, for few eyes.
        RegisterViolations = "register-violations" "違反の記録" ships,
        /// Risks and how they are treated.
        RegisterRisks = "register-risks" "リスク台帳" ships,
        /// Whom to reach in an emergency.
        RegisterContacts = "register-contacts" "緊急連絡先の台帳" ships,
        /// Backups and whether they succeeded.
        BackupRecord = "backup-record" "バックアップの記録" ships,
        /// Those for whom something waits or whom it concerns are told, on the screen and by mail.
        NoticeMail = "notice-mail" "お知らせとメールでの通知" ships,

        /// What follows when a person joins, moves or leaves.
        PersonnelChange = "personnel-change" "異動・退職時の手続" ships,

        // What follows is planned: a statement may name it, and does not count as kept by it.
        /// Reporting accidents, faults, violations and attacks along the chain of the pack.
        IncidentReport = "incident-report" "インシデントの報告" planned,
        /// Clocks of the report chain.
        IncidentClock = "incident-clock" "インシデントの期限管理" planned,
        /// The plan for emergencies and its steps.
        IncidentPlan = "incident-plan" "緊急時対応計画" planned,
        /// Causes, and what keeps it from happening again.
        IncidentReview = "incident-review" "原因調査と再発防止" planned,
        /// Mail reaches the inner zones as text.
        MailText = "mail-text" "メールのテキスト化" planned,
        /// Limits of sending and receiving mail.
        MailGateway = "mail-gateway" "メール送受信の制限" planned,
        /// Looking at mail before it leaves.
        MailOutbound = "mail-outbound" "外部送信メールの確認" planned,
        /// Limits of browsing, and its record.
        WebFilter = "web-filter" "ウェブ閲覧の制限と記録" planned,
        /// Screens of another zone as pictures.
        ScreenTransfer = "screen-transfer" "画面転送" planned,
        /// Firewall rules made from the zones: planned, compared, applied, read back.
        ZoneFirewallPlan = "zone-firewall-plan" "系の間の通信規則" planned,
        /// What can be reached from where, measured.
        ZoneReachability = "zone-reachability" "到達可否の測定" planned,
        /// Settings of network equipment, compared with what was approved.
        NetworkSettings = "network-settings" "通信機器の設定の測定" planned,
        /// Settings of terminals and servers, compared with what was approved.
        EndpointSettings = "endpoint-settings" "端末とサーバの設定の測定" planned,
        /// Limits of connecting media.
        MediaControl = "media-control" "媒体の接続制限" planned,
        /// Collecting logs.
        LogCollection = "log-collection" "ログの収集と保管" planned,
        /// Rules that find what is unusual in logs.
        LogRules = "log-rules" "ログの監視規則" planned,
        /// Whether clocks agree.
        ClockCheck = "clock-check" "時刻同期の確認" planned,
        /// Published vulnerabilities of what is in use.
        VulnerabilityWatch = "vulnerability-watch" "脆弱性情報の収集" planned,
        /// Updates and when they were applied.
        UpdateRecord = "update-record" "更新の適用記録" planned,
        /// Whether the definitions of anti-malware software are new.
        DefinitionWatch = "definition-watch" "対策ソフト定義ファイルの確認" planned,
        /// Accounts follow the directory of the body.
        AccountDirectory = "account-directory" "利用者情報の連携" planned,
        /// What contracts must contain.
        ContractChecklist = "contract-checklist" "契約に定める事項の確認" planned,
        /// Tests before a system is taken into use.
        AcceptanceTest = "acceptance-test" "試験と受入れの記録" planned,
        /// A person declares that something is done or as it should be.
        Attestation = "attestation" "実施の報告" planned,
        /// Making something known besides the policy, such as a new threat, and who has read it.
        Notice = "notice" "お知らせの周知と閲覧の確認" planned,
        /// The words of the policy.
        Glossary = "glossary" "用語集" planned,
        /// Whom and what the policy covers.
        ScopeRegister = "scope-register" "適用範囲の管理" planned,
        /// Meetings and decisions of committees.
        CommitteeRecord = "committee-record" "委員会の記録" planned,
    }
}
