//! The checked pack: what the rest of the house reads.
//!
//! Owns: the types of a pack and looking things up in it.
//! Leaves to others: making one (`resolve`), deciding with one (`answers`).
//!
//! Every reference in a resolved pack points at something that exists, so a lookup by an id found in the same
//! pack does not fail; lookups still return `Option`, because ids also arrive from outside.

use worker_protocol::{CsvFormulaPolicy, Kind, LinkPolicy, Mode};

use crate::problem::Origin;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $id:literal $ja:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$doc])* $variant),+ }
        impl $name {
            /// Every value with the word packs use for it.
            pub const WORDS: &'static [(&'static str, $name)] = &[$(($id, $name::$variant)),+];
            /// The word packs, evidence and the API use.
            #[must_use]
            pub fn id(self) -> &'static str { match self { $($name::$variant => $id),+ } }
            /// The word people read.
            #[must_use]
            pub fn title_ja(self) -> &'static str { match self { $($name::$variant => $ja),+ } }
            /// The value with this id, if there is one.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::WORDS.iter().find(|(word, _)| *word == id).map(|(_, value)| *value)
            }
        }
    };
}

words! {
    /// Parts of the software that serve statements. Evidence names its clauses through these: each kind of
    /// evidence belongs to mechanisms, each statement lists the mechanisms that serve it.
    Mechanism {
        /// A channel rebuilds every file.
        ChannelSanitise = "channel-sanitise" "通信路での無害化",
        /// A channel holds files until the route of its request type has decided.
        ChannelApprove = "channel-approve" "通信路での承認",
        /// A channel lets files pass unchanged that persons looked at in the zone they came from and vouch for.
        ChannelInspect = "channel-inspect" "通信路での検査確認",
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

words! {
    /// How binding a statement is.
    Modality {
        /// Do it.
        Must = "must" "義務",
        /// Do it unless there is a reason.
        Should = "should" "努力義務",
        /// It is permitted.
        May = "may" "許可",
        /// Do not do it.
        MustNot = "must-not" "禁止",
    }
}

words! {
    /// How it is made sure that a statement is kept.
    Assurance {
        /// A checkpoint refuses what does not comply.
        Gate = "gate" "関所で止める",
        /// Measured from records, without stopping anybody.
        Measure = "measure" "記録から測る",
        /// A person declares it.
        Attest = "attest" "人が確認して報告する",
        /// It defines a word, a role or a scope.
        Define = "define" "定義",
    }
}

words! {
    /// What a parameter's value is.
    ParameterType {
        /// Whole days.
        Days = "days" "日数",
        /// Whole hours.
        Hours = "hours" "時間",
        /// Whole minutes.
        Minutes = "minutes" "分",
        /// Whole years.
        Years = "years" "年数",
        /// A number of things.
        Count = "count" "個数",
        /// Bytes.
        Bytes = "bytes" "バイト数",
        /// Free words.
        Text = "text" "文",
        /// One of the parameter's choices.
        Choice = "choice" "選択",
        /// Yes or no.
        Flag = "bool" "有無",
    }
}

impl ParameterType {
    /// Whether values of this type are numbers.
    #[must_use]
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Text | Self::Choice | Self::Flag)
    }
}

words! {
    /// Where a post is held.
    Scope {
        /// One for the whole body.
        City = "city" "全庁",
        /// One for each department 部.
        Department = "department" "部",
        /// One for each section 課.
        Section = "section" "課",
    }
}

words! {
    /// The three things classification looks at.
    Axis {
        /// 機密性.
        Confidentiality = "confidentiality" "機密性",
        /// 完全性.
        Integrity = "integrity" "完全性",
        /// 可用性.
        Availability = "availability" "可用性",
    }
}

words! {
    /// What a zone is for, whatever its local name is.
    ZoneKind {
        /// Reaches the internet.
        Internet = "internet" "インターネット接続系",
        /// Reaches LGWAN, the municipalities' own wide network.
        Lgwan = "lgwan" "LGWAN接続系",
        /// Holds the systems that use the individual numbers.
        MyNumber = "my-number" "マイナンバー利用事務系",
        /// Anything else a body has.
        Other = "other" "その他の系",
    }
}

words! {
    /// What a channel does with files.
    ChannelMode {
        /// Nothing passes.
        Deny = "deny" "通信不可",
        /// Every file is rebuilt; it passes unless a rule asks for more.
        Sanitise = "sanitise" "無害化",
        /// Every file is rebuilt, and the channel's request type decides on each transfer.
        Approve = "approve" "無害化と承認",
        /// Files pass as they are once the persons of the channel's request type looked at them and vouch for them; rules
        /// may have some kinds rebuilt.
        Inspect = "inspect" "検査確認",
    }
}

words! {
    /// What a matching rule asks for.
    RuleAction {
        /// The transfer does not pass.
        Deny = "deny" "不可",
        /// The rule's request type decides.
        Approve = "approve" "承認",
        /// Files of the rule's kinds are treated as its `treatment` says.
        Treat = "treat" "扱い",
    }
}

words! {
    /// How a file is treated on its way; what the sanitiser does is [`worker_protocol::Mode`].
    Treatment {
        /// As what it is, with all that is harmless.
        Rebuild = "rebuild" "作り直し",
        /// Only what is needed to read it.
        Strict = "strict" "厳しい作り直し",
        /// Only its words.
        TextOnly = "text-only" "文字だけ",
        /// Pictures of its pages.
        ImagePdf = "image-pdf" "画像PDF",
        /// Unchanged, once a person vouches for it.
        InspectOnly = "inspect-only" "検査確認",
    }
}

impl Treatment {
    /// What the sanitiser is told.
    #[must_use]
    pub fn mode(self) -> Mode {
        match self {
            Treatment::Rebuild => Mode::Rebuild,
            Treatment::Strict => Mode::Strict,
            Treatment::TextOnly => Mode::TextOnly,
            Treatment::ImagePdf => Mode::ImagePdf,
            Treatment::InspectOnly => Mode::InspectOnly,
        }
    }
}

words! {
    /// Who must agree in a step.
    StepMode {
        /// Any one of the approvers.
        AnyOne = "any-one" "誰か1人",
        /// Every one of them.
        All = "all" "全員",
    }
}

words! {
    /// What an approved request lets happen.
    Permit {
        /// The transfer it was made for is released.
        Transfer = "transfer" "ファイル授受",
        /// Nothing by itself.
        None = "none" "なし",
    }
}

words! {
    /// What a form field takes.
    FormFieldType {
        /// One line.
        Text = "text" "1行の文",
        /// Several lines.
        LongText = "long-text" "複数行の文",
        /// A day.
        Date = "date" "日付",
        /// One of the field's choices.
        Choice = "choice" "選択",
        /// A tick.
        Flag = "bool" "確認欄",
    }
}

/// One layer that went into a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The folder's name.
    pub id: String,
    /// Title of the layer.
    pub title: String,
    /// Version its writers gave it.
    pub version: String,
}

/// The body whose policy it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Name, such as 星見市.
    pub name: String,
    /// Reading in kana.
    pub kana: Option<String>,
    /// 全国地方公共団体コード: six digits, the last one a check digit that was verified.
    pub code: String,
}

/// A node of the policy's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Id, such as `base/2.4`.
    pub id: String,
    /// Number as printed in the text.
    pub section: String,
    /// Title.
    pub title: String,
    /// Where it was written.
    pub origin: Origin,
}

/// One duty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Id, such as `base/sanitise-inbound`.
    pub id: String,
    /// The clause it stands in.
    pub clause: String,
    /// Roles obliged; empty means the body as a whole.
    pub roles: Vec<String>,
    /// How binding.
    pub modality: Modality,
    /// A few Japanese words for narrow places.
    pub title: Option<String>,
    /// Gist in Japanese.
    pub gist_ja: String,
    /// Gist in English.
    pub gist_en: String,
    /// When it applies.
    pub trigger: Option<String>,
    /// What shows that it was kept.
    pub evidence: Option<String>,
    /// How it is made sure.
    pub assurance: Assurance,
    /// The area of the product it belongs to.
    pub capability: String,
    /// Parameters it leaves open.
    pub parameters: Vec<String>,
    /// What of the software serves it.
    pub mechanisms: Vec<Mechanism>,
    /// Kinds of evidence that show it, among those of its mechanisms; empty: all of them.
    pub acts: Vec<String>,
    /// Ids of analysed source statements it generalises.
    pub sources: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A value the text leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// The clause that leaves it open.
    pub clause: Option<String>,
    /// What its value is.
    pub kind: ParameterType,
    /// Smallest number allowed.
    pub min: Option<u64>,
    /// Largest number allowed.
    pub max: Option<u64>,
    /// Values allowed when it is a choice.
    pub choices: Vec<String>,
    /// The value, or `None` while the body has not set it.
    pub value: Option<ParameterValue>,
    /// What others use; never applied by itself.
    pub suggested: Option<ParameterValue>,
    /// Whether the software itself asks for it by its id, so that a municipality must set it.
    pub needed: bool,
    /// Who set the value and when, in words.
    pub decided: Option<String>,
    /// Help.
    pub note: Option<String>,
    /// Where it was written.
    pub origin: Origin,
    /// Where the value was written.
    pub value_origin: Option<Origin>,
}

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParameterValue {
    /// In the unit of the parameter's type.
    Number(u64),
    /// Words or a choice.
    Text(String),
    /// Yes or no.
    Flag(bool),
}

impl std::fmt::Display for ParameterValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Flag(flag) => f.write_str(if *flag { "有" } else { "無" }),
        }
    }
}

/// A number that was written in place or comes from a parameter. Numbers are never zero. In a pack of a
/// municipality the value is present; only a pack without one, such as `base` alone, has unset settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The parameter it comes from.
    pub parameter: Option<String>,
    /// The number, in the unit of the key it stands for.
    pub value: Option<u64>,
}

/// A role of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id, such as `security-manager`.
    pub id: String,
    /// Title, such as 情報セキュリティ管理者.
    pub title: String,
    /// What it is for.
    pub note: Option<String>,
    /// Whether it answers for the whole body, wherever its post stands; else only for the post's own unit.
    pub city_wide: bool,
    /// Whether deciding in this role needs a second factor.
    pub second_factor: bool,
    /// The role that decides where nobody in this one may, such as on the holder's own request.
    pub above: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A post of the organisation and the roles that come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Id.
    pub id: String,
    /// Title, such as 課長.
    pub title: String,
    /// Roles, at least one.
    pub roles: Vec<String>,
    /// Where it is held.
    pub scope: Scope,
    /// The only section that has it, when it is one section's.
    pub section: Option<String>,
    /// The only department that has it, when it is one department's.
    pub department: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A department 部.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
}

/// A section 課.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Id.
    pub id: String,
    /// Code of the personnel list.
    pub code: String,
    /// Name.
    pub name: String,
    /// Reading in kana.
    pub kana: String,
    /// Its department.
    pub department: String,
    /// Where it was written.
    pub origin: Origin,
}

/// A level of classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Id, such as `c2`.
    pub id: String,
    /// Which of the three it belongs to.
    pub axis: Axis,
    /// 1 is the least demanding; without gaps.
    pub rank: u32,
    /// Title, such as 機密性2.
    pub title: String,
    /// Which information it is for.
    pub meaning: String,
    /// 取扱制限.
    pub handling: Vec<String>,
    /// What is put on a file's name and page, if anything.
    pub mark: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A zone of the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Id.
    pub id: String,
    /// The body's own name for it.
    pub label: String,
    /// Short name for narrow places, at most 8 characters.
    pub short: String,
    /// What it is for.
    pub kind: ZoneKind,
    /// Name of a colour of the screens' palette; never the only sign of a zone.
    pub colour: String,
    /// For staff.
    pub description: String,
    /// Order of its listener, from 1, without gaps.
    pub order: u32,
    /// Whether every login from this zone needs a second factor.
    pub second_factor: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// A directed way between two zones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Id.
    pub id: String,
    /// Zone id.
    pub from: String,
    /// Zone id.
    pub to: String,
    /// What it does.
    pub mode: ChannelMode,
    /// What staff are told before they use it, or why nothing passes.
    pub notice: String,
    /// Roles that may send through it.
    pub senders: Vec<String>,
    /// File kinds that may pass.
    pub kinds: Vec<Kind>,
    /// Hyperlinks.
    pub links: LinkPolicy,
    /// Formulas in CSV.
    pub csv_formulas: CsvFormulaPolicy,
    /// The request type that decides, for [`ChannelMode::Approve`].
    pub request: Option<String>,
    /// What asks more of some transfers, in the written order.
    pub rules: Vec<Rule>,
    /// Bytes of one file.
    pub file_bytes_max: Setting,
    /// Files of one transfer.
    pub files_max: Setting,
    /// Statements that a passage or a refusal here serves.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A condition of a channel and what it asks for. All conditions written must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Id inside its channel.
    pub id: String,
    /// Said to the submitter and the approver.
    pub title: String,
    /// Holds when the transfer's level on the same axis ranks at least as high, for any of these.
    pub at_least: Vec<String>,
    /// Holds when any file is of one of these kinds.
    pub kinds: Vec<Kind>,
    /// Holds when there is personal data, when written.
    pub personal_data: Option<bool>,
    /// What it asks for.
    pub action: RuleAction,
    /// The request type that decides, for [`RuleAction::Approve`] and for files that a person inspects.
    pub request: Option<String>,
    /// How files of the rule's kinds are treated, for [`RuleAction::Treat`].
    pub treatment: Option<Treatment>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A kind of request: its form and its route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestType {
    /// Id.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it is for.
    pub description: String,
    /// The form.
    pub fields: Vec<FormField>,
    /// Decisions in order; at least one.
    pub steps: Vec<Step>,
    /// What an approved one lets happen.
    pub permit: Permit,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// Id inside its request type.
    pub id: String,
    /// Label.
    pub title: String,
    /// What it takes.
    pub kind: FormFieldType,
    /// Whether it must be filled.
    pub required: bool,
    /// Values allowed when it is a choice.
    pub choices: Vec<String>,
    /// Help under the label.
    pub help: Option<String>,
    /// Longest answer in characters.
    pub chars_max: u32,
}

/// One decision of a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Id inside its request type.
    pub id: String,
    /// Title.
    pub title: String,
    /// The role that decides.
    pub approver: String,
    /// Whose holders of the role: the submitter's section or department, or the whole body.
    pub scope: Scope,
    /// Who of them must agree.
    pub mode: StepMode,
    /// Hours from reaching the step.
    pub deadline_hours: Setting,
    /// Posts that may decide for an absent approver (代決), the first in line first.
    pub deputies: Vec<String>,
    /// Statements served.
    pub statements: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// How long what is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Days an original is kept.
    pub originals_days: Setting,
    /// Days a result is kept for its recipient.
    pub results_days: Setting,
    /// Years the payload of evidence is kept.
    pub evidence_years: Setting,
    /// Where it was written.
    pub origin: Origin,
}

/// One body's policy, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) effective_from: Option<String>,
    pub(crate) municipality: Option<Municipality>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) statements: Vec<Statement>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) roles: Vec<Role>,
    pub(crate) departments: Vec<Department>,
    pub(crate) sections: Vec<Section>,
    pub(crate) posts: Vec<Post>,
    pub(crate) levels: Vec<Level>,
    pub(crate) zones: Vec<Zone>,
    pub(crate) requests: Vec<RequestType>,
    pub(crate) channels: Vec<Channel>,
    pub(crate) retention: Retention,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $list:ident, $(#[$one_doc:meta])* $one:ident: $type:ty);+ $(;)?) => {
        impl Pack { $(
            $(#[$doc])*
            #[must_use]
            pub fn $list(&self) -> &[$type] { &self.$list }
            $(#[$one_doc])*
            #[must_use]
            pub fn $one(&self, id: &str) -> Option<&$type> { self.$list.iter().find(|x| x.id == id) }
        )+ }
    };
}

lists! {
    /// Nodes of the text, in its order.
    clauses, /// The clause with this id.
    clause: Clause;
    /// Every duty, in the order of the text.
    statements, /// The statement with this id.
    statement: Statement;
    /// Every open value.
    parameters, /// The parameter with this id.
    parameter: Parameter;
    /// Roles, the highest first.
    roles, /// The role with this id.
    role: Role;
    /// Departments in the body's order.
    departments, /// The department with this id.
    department: Department;
    /// Sections in the body's order.
    sections, /// The section with this id.
    section: Section;
    /// Posts.
    posts, /// The post with this id.
    post: Post;
    /// Levels, by axis and then rank.
    levels, /// The level with this id.
    level: Level;
    /// Zones in the order of their listeners.
    zones, /// The zone with this id.
    zone: Zone;
    /// Request types.
    requests, /// The request type with this id.
    request: RequestType;
    /// One channel for every ordered pair of zones.
    channels, /// The channel with this id.
    channel_by_id: Channel;
}

impl Pack {
    /// The layer's name, such as `hoshimi`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Title, such as 星見市情報セキュリティポリシー.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Version its writers gave it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The day from which it is in force, `YYYY-MM-DD`.
    #[must_use]
    pub fn effective_from(&self) -> Option<&str> {
        self.effective_from.as_deref()
    }

    /// The body, or `None` for a layer that is not one body's, such as `base`.
    #[must_use]
    pub fn municipality(&self) -> Option<&Municipality> {
        self.municipality.as_ref()
    }

    /// The layers it is made of, the lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// How long what is kept.
    #[must_use]
    pub fn retention(&self) -> &Retention {
        &self.retention
    }
}
