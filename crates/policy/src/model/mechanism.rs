//! What of the software serves statements.
//!
//! Owns: the closed list of mechanisms. Leaves to others: which kinds of evidence each leaves (`app`), and which
//! statements name it (the packs).

use super::words::words;

words! {
    /// Parts of the software that serve statements. Evidence names its clauses through these: each kind of
    /// evidence belongs to mechanisms, each statement lists the mechanisms that serve it.
    Mechanism {
        /// A channel rebuilds every file.
        ChannelSanitise = "channel-sanitise" "通信路での無害化",
        /// A channel holds files until the route of its request type has decided.
        ChannelApprove = "channel-approve" "通信路での承認",
        /// A channel lets nothing pass.
        ChannelDeny = "channel-deny" "通信路の遮断",
        /// Rules of a channel ask more of some files: by classification, kind, personal data.
        ChannelRules = "channel-rules" "分類などによる追加の手続",
        /// Nothing that could run remains, because the file is built anew from what is known to be harmless.
        MalwareFreeRebuild = "malware-free-rebuild" "再構築による不正プログラムの除去",
        /// The real type is found from the content and must agree with the name.
        NameTypeCheck = "name-type-check" "ファイル名と実体の照合",
        /// What cannot be decided is held, never passed.
        HoldUndecided = "hold-undecided" "判定できないファイルの保留",
        /// Classification is asked for at submission and marked on what comes out.
        ClassificationMark = "classification-mark" "分類の入力と表示",
        /// The approver sees the result and what was removed, and decides on exactly that content.
        ApprovalContent = "approval-content" "内容を見た承認",
        /// Steps of one route are decided by different persons, none of them the submitter.
        ApprovalTwoPersons = "approval-two-persons" "別人による承認",
        /// Where nobody in a role may decide, the role above it does.
        ApprovalAbove = "approval-above" "上位の役割による承認",
        /// A deputy may decide, and the principal reviews afterwards.
        DeputyReview = "deputy-review" "代決と後閲",
        /// Deadlines of decisions and reminders.
        DecisionDeadline = "decision-deadline" "承認期限と督促",
        /// Nobody does anything without having logged in as himself.
        Login = "login" "利用者の認証",
        /// Password rules at setting, change of the first password.
        PasswordRules = "password-rules" "パスワードの規則",
        /// Time-based one-time codes.
        SecondFactor = "second-factor" "二要素認証",
        /// The zone is that of the listener; sessions of one zone are nothing in another.
        SessionZone = "session-zone" "系ごとの接続口とセッション",
        /// Sessions end after a time without use.
        SessionTimeout = "session-timeout" "無操作時の自動ログアウト",
        /// Rights follow from post and role, decided in one place, denied by default.
        RoleRights = "role-rights" "役割による権限",
        /// Accounts are opened, changed and closed with a record.
        AccountRegister = "account-register" "利用者の登録と抹消",
        /// Posts map to roles, with dates.
        PostRegister = "post-register" "職と役割の対応表",
        /// Originals and results are encrypted where they lie, with one key per zone.
        EncryptedStorage = "encrypted-storage" "保管時の暗号化",
        /// Files are erased when their retention ends, and the erasure is recorded.
        RetentionErase = "retention-erase" "保存期間満了による消去",
        /// Every decision leaves an entry that cannot be changed unnoticed.
        EvidenceLedger = "evidence-ledger" "改ざんを検出できる証跡",
        /// Evidence can be taken out and verified without this software.
        EvidenceExport = "evidence-export" "証跡の持出し検証",
        /// The recipient's taking of a file is recorded.
        ReceiptRecord = "receipt-record" "受取の記録",
        /// The policy itself is data with versions; what was in force is known.
        PolicyVersion = "policy-version" "方針の版管理",
        /// Parameters that the text leaves open are set, bounded and shown when unset.
        ParameterRegister = "parameter-register" "定めるべき値の管理",
    }
}
