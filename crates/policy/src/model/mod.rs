//! The checked pack: what the rest of the house reads.
//!
//! Owns: the pack as a whole and looking things up in it; its parts have a module each.
//! Leaves to others: making one (`resolve`), deciding with one (`answers`).
//!
//! Every reference in a resolved pack points at something that exists, so a lookup by an id found in the same
//! pack does not fail; lookups still return `Option`, because ids also arrive from outside.

mod body;
mod classifier;
mod courses;
mod duties;
mod gates;
mod mechanism;
mod notices;
mod papers;
mod print;
mod record;
mod registers;
mod requests;
mod text;
mod words;

pub use body::{Department, Municipality, Post, Role, Section};
pub use classifier::{Answer, Classifier, Leads, Next, Outcome, QUESTIONS_MAX, Question, Standing};
pub use courses::{Audience, Course, CourseCount, CourseNumbers, CoursePage, CourseQuestion, PageBlock};
pub use duties::{
    ClosedDay, ClosedDays, DayCount, DueRule, DutyEach, DutyRows, DutyTrigger, DutyType, Escalation, Every,
    Occurs,
};
pub use gates::{Channel, Level, Retention, Rule, Zone};
pub use mechanism::Mechanism;
pub use notices::{NoticeHours, NoticeKind, NoticeRule, Urgency, is_mail_address};
pub use papers::{Annotation, Document, Maker, Revision, ScopeItem, Term};
pub use print::{
    CellAlign, CellSays, PrintForm, PrintFormat, PrintLook, PrintOf, SHEET_COLUMNS_MAX, SHEET_ROWS_MAX,
    Sheet, SheetCell,
};
pub use record::{RECORD_YEARS_MAX, RecordClass, RecordsOffice};
pub use registers::{COLUMN_CHARS_MAX, COLUMNS_MAX, Column, Derived, Readers, Register};
pub use requests::{Afterwards, AnswerIs, Effect, FormField, Period, RequestType, Step, Taken};
pub use text::{Clause, Counterparty, Parameter, ParameterValue, Relation, Setting, Statement};
pub use words::{
    Assurance, Attachments, Axis, ChannelMode, ColumnType, CounterpartyAct, CoverageStatus, Derivation,
    DocumentKind, EffectAt, EffectKind, FormFieldType, Modality, ParameterType, Permit, RegisterScope,
    RelationKind, RevisionNeed, RuleAction, Scope, ScopeKind, StatementType, Treatment, ZoneKind,
};

use crate::guideline::Guideline;

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

/// One body's policy, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) effective_from: Option<String>,
    pub(crate) municipality: Option<Municipality>,
    pub(crate) revision_needs: Vec<RevisionNeed>,
    pub(crate) public_page: bool,
    pub(crate) oscal_namespace: Option<String>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) documents: Vec<Document>,
    pub(crate) makers: Vec<Maker>,
    pub(crate) revisions: Vec<Revision>,
    pub(crate) scope: Vec<ScopeItem>,
    pub(crate) terms: Vec<Term>,
    pub(crate) annotations: Vec<Annotation>,
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
    pub(crate) registers: Vec<Register>,
    pub(crate) classifiers: Vec<Classifier>,
    pub(crate) duty_types: Vec<DutyType>,
    pub(crate) closed_days: Vec<ClosedDay>,
    pub(crate) courses: Vec<Course>,
    pub(crate) notice_rules: Vec<NoticeRule>,
    pub(crate) notice_hours: NoticeHours,
    pub(crate) channels: Vec<Channel>,
    pub(crate) print_forms: Vec<PrintForm>,
    pub(crate) record_classes: Vec<RecordClass>,
    pub(crate) retention: Retention,
    pub(crate) guidelines: Vec<Guideline>,
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
    /// Documents of the body.
    documents, /// The document with this id.
    document: Document;
    /// Who makes policy in the body.
    makers, /// The maker with this id.
    maker: Maker;
    /// Days on which texts came into force, the oldest first.
    revisions, /// The revision with this id.
    revision: Revision;
    /// Whom and what the policy covers.
    scope, /// The entry of the scope with this id.
    scope_item: ScopeItem;
    /// Words that the text defines.
    terms, /// The term with this id.
    term: Term;
    /// Slips and oddities of the text.
    annotations, /// The annotation with this id.
    annotation: Annotation;
    /// What the guideline layer beside the pack recommends.
    guidelines, /// The recommendation with this id.
    guideline: Guideline;
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
    /// Registers, in their order.
    registers, /// The register with this id.
    register: Register;
    /// Questions that lead to a level.
    classifiers, /// The classifier with this id.
    classifier: Classifier;
    /// Kinds of tasks: what recurs, and what is set off.
    duty_types, /// The kind of tasks with this id.
    duty_type: DutyType;
    /// Days on which the body is closed, besides weekends and holidays.
    closed_days, /// Those with this id.
    closed_day: ClosedDay;
    /// Courses that people take.
    courses, /// The course with this id.
    course: Course;
    /// What is said about notices.
    notice_rules, /// The rule with this id.
    notice_rule_by_id: NoticeRule;
    /// Print forms.
    print_forms, /// The print form with this id.
    print_form: PrintForm;
    /// Record classes.
    record_classes, /// The record class with this id.
    record_class: RecordClass;
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

    /// What must be there before another edition of it may be applied for.
    #[must_use]
    pub fn revision_needs(&self) -> &[RevisionNeed] {
        &self.revision_needs
    }

    /// Whether the published part is shown to anybody at the listeners, without a login. Off unless the pack says so.
    #[must_use]
    pub fn public_page(&self) -> bool {
        self.public_page
    }

    /// The namespace of what is ours in OSCAL exports, where the body has one of its own.
    #[must_use]
    pub fn oscal_namespace(&self) -> Option<&str> {
        self.oscal_namespace.as_deref()
    }

    /// The layers it is made of, the lowest first.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The class of a record that names this one, or none.
    #[must_use]
    pub fn record_class_of(&self, named: Option<&str>) -> Option<&RecordClass> {
        match named {
            Some(id) => self.record_class(id),
            None => self.record_classes.iter().find(|class| class.is_usual),
        }
    }

    /// How long what is kept.
    #[must_use]
    pub fn retention(&self) -> &Retention {
        &self.retention
    }

    /// When mails go, and what they may say.
    #[must_use]
    pub fn notice_hours(&self) -> &NoticeHours {
        &self.notice_hours
    }

    /// The rule that a notice of this kind goes by, for somebody who is addressed in this role, or in his own matter. `None`
    /// where the body makes no such notice.
    #[must_use]
    pub fn notice_rule(&self, kind: NoticeKind, role: Option<&str>) -> Option<&NoticeRule> {
        let of_kind = || self.notice_rules.iter().filter(move |r| r.kind == kind);
        role.and_then(|role| of_kind().find(|r| r.roles.iter().any(|x| x == role)))
            .or_else(|| of_kind().find(|r| r.roles.is_empty()))
    }
}
