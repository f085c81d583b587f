//! The closed lists of a pack.
//!
//! Owns: each word that a key may take, with the word people read, and what follows from a word alone.
//! Leaves to others: what of the software there is (`mechanism`).

use worker_protocol::Mode;

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

pub(super) use words;

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

    /// What people write behind a number of this type; empty for what is no number.
    #[must_use]
    pub fn unit_ja(self) -> &'static str {
        match self {
            Self::Days => "日",
            Self::Hours => "時間",
            Self::Minutes => "分",
            Self::Years => "年",
            Self::Bytes => "バイト",
            Self::Count | Self::Text | Self::Choice | Self::Flag => "",
        }
    }
}

words! {
    /// What a body demands before its policy is revised.
    RevisionNeed {
        /// An analysis of the risks.
        RiskAnalysis = "risk-analysis" "リスク分析",
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
    /// What an approved request lets happen.
    Permit {
        /// The transfer it was made for is released.
        Transfer = "transfer" "ファイル授受",
        /// Nothing by itself.
        None = "none" "なし",
        /// The applicant may do what he asked for, from a day until a day.
        Period = "period" "期間の許可",
    }
}

words! {
    /// What the last approval of a request brings about.
    EffectKind {
        /// A parameter takes a value.
        SetParameter = "set-parameter" "値を定める",
        /// An edition of the policy comes into force on a day.
        AdoptRevision = "adopt-revision" "方針の版を施行する",
        /// The public part of the edition in force is published.
        Publish = "publish" "方針を公表する",
        /// A personnel change is applied on its day.
        ChangePersonnel = "change-personnel" "人事異動を反映する",
        /// A column of a register's row takes a value.
        SetColumn = "set-column" "台帳の値を変える",
        /// A register gets a row.
        AddRow = "add-row" "台帳に載せる",
        /// A register's row ends.
        EndRow = "end-row" "台帳から除く",
    }
}

words! {
    /// When an effect on a register comes about.
    EffectAt {
        /// With the last approval.
        Approval = "approval" "決裁したとき",
        /// When what was permitted is given back, or is not needed any more.
        Return = "return" "返したとき",
    }
}

words! {
    /// Whether files belong to a request.
    Attachments {
        /// None are taken.
        None = "none" "なし",
        /// They may.
        Optional = "optional" "任意",
        /// At least one must.
        Required = "required" "必須",
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
        /// A whole number of zero or more.
        Number = "number" "数",
        /// One of the pack's parameters.
        Parameter = "parameter" "定める値",
        /// Somebody of the body.
        Person = "person" "職員",
        /// One of the editions of the policy that the house keeps.
        Edition = "edition" "方針の版",
        /// One of the personnel changes that the house keeps.
        RosterPlan = "roster-plan" "人事異動の計画",
        /// One of the pack's zones.
        Zone = "zone" "系",
        /// A row of a register that the asker sees.
        Row = "row" "台帳の一件",
    }
}

words! {
    /// Whose rows a register has.
    RegisterScope {
        /// The body's.
        City = "city" "全庁",
        /// Each section its own.
        Section = "section" "課ごと",
    }
}

words! {
    /// What a column of a register takes.
    ColumnType {
        /// One line.
        Text = "text" "1行の文",
        /// Several lines.
        LongText = "long-text" "複数行の文",
        /// A whole number of zero or more.
        Number = "number" "数",
        /// A day.
        Date = "date" "日付",
        /// One of the column's choices.
        Choice = "choice" "選択",
        /// Yes or no.
        Flag = "bool" "有無",
        /// A level of classification.
        Level = "level" "分類",
        /// Somebody of the body.
        Person = "person" "職員",
        /// A section.
        Section = "section" "課",
        /// A zone.
        Zone = "zone" "系",
        /// Rows of a register.
        Link = "link" "ほかの行",
    }
}

words! {
    /// Where the value of a column comes from when nobody types it.
    Derivation {
        /// The restrictions of the levels that the row has.
        Handling = "handling" "分類による取扱制限",
        /// The highest level among the linked rows.
        HighestLevel = "highest-level" "つながる行のうち最も高い分類",
        /// What the linked row has in the column of the same id.
        Inherited = "inherited" "つながる行と同じ",
    }
}

words! {
    /// What a document of the body is.
    DocumentKind {
        /// The policy's first tier.
        BasicPolicy = "basic-policy" "基本方針",
        /// Its second tier.
        Standard = "standard" "対策基準",
        /// What describes how it is done.
        Procedure = "procedure" "実施手順",
        /// A plan, such as for emergencies.
        Plan = "plan" "計画",
        /// Anything else.
        Other = "other" "その他",
    }
}

words! {
    /// What an entry of the policy's scope is about.
    ScopeKind {
        /// Part of the body, or a body beside it.
        Organisation = "organisation" "組織",
        /// Information or equipment.
        Asset = "asset" "情報資産",
        /// Persons.
        Person = "person" "対象者",
        /// Places.
        Site = "site" "場所",
    }
}

words! {
    /// What a statement asks for, whoever is obliged.
    StatementType {
        /// How the body is organised, and what it has.
        OrganisationalRule = "organisational-rule" "組織の定め",
        /// How people behave.
        StaffRule = "staff-rule" "職員の守ること",
        /// Something of the equipment.
        TechnicalControl = "technical-control" "技術的な対策",
        /// Somebody is asked before.
        ApprovalProcedure = "approval-procedure" "承認の手続",
        /// Something is written down and kept up.
        Register = "register" "台帳・記録",
        /// Something is done again and again.
        RecurringDuty = "recurring-duty" "定期の義務",
        /// Something is done when something happens.
        TriggeredDuty = "triggered-duty" "きっかけのある義務",
    }
}

words! {
    /// What somebody other than the obliged role does.
    CounterpartyAct {
        /// Permits it.
        Approve = "approve" "承認する",
        /// Looks whether it is right.
        Confirm = "confirm" "確認する",
        /// Decides what is done.
        Decide = "decide" "決める",
        /// Gives instructions.
        Direct = "direct" "指示する",
        /// Names who does it.
        Nominate = "nominate" "指名する",
        /// Is told.
        Notify = "notify" "通知を受ける",
        /// Receives a report.
        Report = "report" "報告を受ける",
        /// Does it together with the obliged role.
        With = "with" "ともに行う",
    }
}

words! {
    /// How a statement stands to one of another text.
    RelationKind {
        /// Asks for the same.
        Same = "same" "同じ",
        /// Asks for the same thing in another way.
        Variant = "variant" "異なる形",
        /// Asks for more.
        Stricter = "stricter" "より厳しい",
        /// Asks for less.
        Weaker = "weaker" "より緩い",
    }
}

words! {
    /// What the mechanisms make of a statement.
    CoverageStatus {
        /// It has mechanisms, and this version has all of them.
        Kept = "kept" "仕組みあり",
        /// This version has some of them; totals count it as planned.
        Partly = "partly" "一部",
        /// This version has none of them.
        Planned = "planned" "予定",
        /// It says what something is, and asks for nothing.
        Defined = "defined" "定義",
        /// No mechanism and no definition.
        Unbound = "unbound" "未対応",
    }
}
