//! The questions the checkpoints ask of a pack.
//!
//! Owns: what a channel asks of a transfer, typed values of parameters, which statements a mechanism serves,
//! which posts can decide a step.
//! Leaves to others: acting on the answer. Nothing here looks at persons, files or the clock.

use std::collections::BTreeSet;

use thiserror::Error;
use worker_protocol::{FilePolicy, Kind, MARK_CHARS_MAX, Mark, Mode};

use crate::model::{
    Axis, Channel, ChannelMode, Level, Mechanism, Pack, Parameter, ParameterType, ParameterValue, Post,
    RequestType, Role, Rule, RuleAction, Scope, Statement, Step, Treatment,
};

/// What is known of a transfer when a channel is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Level ids, at most one of each axis. An axis left out counts as its highest level: who does not know
    /// must not get the easier way.
    pub levels: BTreeSet<String>,
    /// Kinds of all files, members of archives too.
    pub kinds: BTreeSet<Kind>,
    /// Whether there is personal data, as declared or found.
    pub personal_data: bool,
}

/// What a channel asks of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Passage<'p> {
    /// It does not pass.
    Deny {
        /// For the submitter, Japanese.
        why: &'p str,
        /// Statements that say so.
        statements: Vec<&'p Statement>,
    },
    /// It passes when all of this was done.
    Pass(Plan<'p>),
}

/// What must be done before files are released. Rebuilding them is always part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan<'p> {
    /// The channel.
    pub channel: &'p Channel,
    /// The request type whose route must approve, if any.
    pub request: Option<&'p RequestType>,
    /// Rules that matched, for the submitter and the approver.
    pub rules: Vec<&'p Rule>,
    /// Statements of the channel and of the rules, without repeats.
    pub statements: Vec<&'p Statement>,
}

/// Why a parameter has no value of the wanted type.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParameterError {
    /// The pack has no such parameter.
    #[error("the pack has no parameter {id}")]
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// The body has not set it.
    #[error("parameter {id} is not set")]
    Unset {
        /// What was asked for.
        id: String,
    },
    /// It holds something else.
    #[error("parameter {id} is of type {}, not {}", is.id(), asked.id())]
    OtherType {
        /// What was asked for.
        id: String,
        /// Its type.
        is: ParameterType,
        /// The type asked for.
        asked: ParameterType,
    },
}

impl Statement {
    /// A few words for narrow places: its title, or the whole gist where nobody gave it one.
    #[must_use]
    pub fn short(&self) -> &str {
        self.title.as_deref().unwrap_or(&self.gist_ja)
    }

    /// Whether evidence of this kind shows it, given that one of its mechanisms was at work.
    #[must_use]
    pub fn is_shown_by(&self, act: &str) -> bool {
        self.acts.is_empty() || self.acts.iter().any(|a| a == act)
    }
}

impl Pack {
    /// The channel from one zone to another. Every ordered pair of different zones has one.
    #[must_use]
    pub fn channel(&self, from: &str, to: &str) -> Option<&Channel> {
        self.channels.iter().find(|c| c.from == from && c.to == to)
    }

    /// Channels that let something out of a zone.
    pub fn channels_from(&self, from: &str) -> impl Iterator<Item = &Channel> {
        self.channels.iter().filter(move |c| c.from == from && c.mode != ChannelMode::Deny)
    }

    /// What `channel` asks of a transfer with these facts.
    ///
    /// A matching deny rule wins over everything. Of several request types (the channel's own and those of the
    /// matching rules) the one with the most steps decides, the first written of equals.
    pub fn passage<'p>(&'p self, channel: &'p Channel, facts: &Facts) -> Passage<'p> {
        if channel.mode == ChannelMode::Deny {
            return Passage::Deny { why: &channel.notice, statements: self.all(&[&channel.statements]) };
        }
        let rules: Vec<&Rule> = channel.rules.iter().filter(|r| self.matches(r, facts)).collect();
        if let Some(deny) = rules.iter().find(|r| r.action == RuleAction::Deny) {
            return Passage::Deny {
                why: &deny.title,
                statements: self.all(&[&deny.statements, &channel.statements]),
            };
        }
        let mut request: Option<&RequestType> = None;
        let named = channel.request.iter().chain(rules.iter().filter_map(|r| r.request.as_ref()));
        for candidate in named.filter_map(|id| self.request(id)) {
            if request.is_none_or(|r| candidate.steps.len() > r.steps.len()) {
                request = Some(candidate);
            }
        }
        let lists: Vec<&[String]> = std::iter::once(channel.statements.as_slice())
            .chain(rules.iter().map(|r| r.statements.as_slice()))
            .chain(request.iter().map(|r| r.statements.as_slice()))
            .collect();
        Passage::Pass(Plan { channel, request, statements: self.all(&lists), rules })
    }

    /// What the sanitiser is told about files of a transfer with these facts. Which kinds are in it is not asked: the
    /// sanitiser finds that out. Of several rules about one kind the first written decides.
    #[must_use]
    pub fn file_policy(&self, channel: &Channel, facts: &Facts) -> FilePolicy {
        let usual = if channel.mode == ChannelMode::Inspect { Mode::InspectOnly } else { Mode::Rebuild };
        let mode_of = |kind: Kind| {
            let of_kind = Facts { kinds: BTreeSet::from([kind]), ..facts.clone() };
            let treats = |rule: &&Rule| rule.action == RuleAction::Treat && self.matches(rule, &of_kind);
            channel.rules.iter().find(treats).and_then(|rule| rule.treatment).map_or(usual, Treatment::mode)
        };
        FilePolicy {
            modes: channel.kinds.iter().map(|kind| (*kind, mode_of(*kind))).collect(),
            links: channel.links,
            csv_formulas: channel.csv_formulas,
        }
    }

    /// The mark to write into clean files of a transfer with these facts: what its levels say is put on a page.
    /// Confidentiality comes first, because it tells a reader how to handle a paper.
    #[must_use]
    pub fn mark(&self, facts: &Facts) -> Option<Mark> {
        let mut levels: Vec<&Level> = facts.levels.iter().filter_map(|id| self.level(id)).collect();
        levels.sort_by_key(|level| level.axis);
        let words: Vec<&str> = levels.iter().filter_map(|level| level.mark.as_deref()).collect();
        (!words.is_empty()).then(|| Mark {
            label: words.join("・").chars().filter(|c| !c.is_control()).take(MARK_CHARS_MAX).collect(),
            levels: levels.iter().map(|level| level.id.clone()).collect(),
        })
    }

    fn matches(&self, rule: &Rule, facts: &Facts) -> bool {
        let level = rule.at_least.is_empty()
            || rule
                .at_least
                .iter()
                .filter_map(|id| self.level(id))
                .any(|wanted| self.rank(wanted.axis, facts).is_none_or(|rank| rank >= wanted.rank));
        let kind = rule.kinds.is_empty() || rule.kinds.iter().any(|k| facts.kinds.contains(k));
        let personal = rule.personal_data.is_none_or(|wanted| wanted == facts.personal_data);
        level && kind && personal
    }

    /// The rank given for an axis; `None` when none was given or known, which counts as the highest.
    fn rank(&self, axis: Axis, facts: &Facts) -> Option<u32> {
        facts.levels.iter().filter_map(|id| self.level(id)).filter(|l| l.axis == axis).map(|l| l.rank).max()
    }

    fn all<'p>(&'p self, lists: &[&[String]]) -> Vec<&'p Statement> {
        let mut seen = BTreeSet::new();
        lists
            .iter()
            .flat_map(|list| list.iter())
            .filter(|id| seen.insert(id.as_str()))
            .filter_map(|id| self.statement(id))
            .collect()
    }

    /// Levels of one axis, the lowest first.
    pub fn levels_of(&self, axis: Axis) -> impl Iterator<Item = &Level> {
        self.levels.iter().filter(move |l| l.axis == axis)
    }

    /// Statements that a mechanism serves.
    pub fn served_by(&self, mechanism: Mechanism) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |s| s.mechanisms.contains(&mechanism))
    }

    /// Statements of one clause.
    pub fn statements_of(&self, clause: &str) -> impl Iterator<Item = &Statement> {
        self.statements.iter().filter(move |s| s.clause == clause)
    }

    /// Roles that come with a post.
    pub fn roles_of(&self, post: &str) -> impl Iterator<Item = &Role> {
        let ids = self.post(post).map_or(&[][..], |p| p.roles.as_slice());
        ids.iter().filter_map(|id| self.role(id))
    }

    /// Roles that decide some step, those that one is escalated to, and those above them.
    #[must_use]
    pub fn deciding_roles(&self) -> BTreeSet<&str> {
        let steps = self.requests.iter().flat_map(|r| &r.steps);
        let asked = steps.flat_map(|s| {
            std::iter::once(s.approver.as_str()).chain(s.escalations.iter().map(|e| e.to.as_str()))
        });
        asked
            .flat_map(|role| {
                std::iter::once(role).chain(self.roles_above(role).into_iter().map(|r| r.id.as_str()))
            })
            .collect()
    }

    /// Posts whose holders can decide a step, deputies not counted. For [`Scope::City`] every holder in the
    /// body counts; else only those of the submitter's own section or department.
    pub fn posts_deciding(&self, step: &Step) -> impl Iterator<Item = &Post> {
        self.posts
            .iter()
            .filter(move |p| p.roles.contains(&step.approver))
            .filter(move |p| step.scope == Scope::City || p.scope == step.scope)
    }

    /// The roles above a role, the nearest first. Checked packs have no loops; a loop would end where it closes.
    #[must_use]
    pub fn roles_above<'p>(&'p self, role: &str) -> Vec<&'p Role> {
        let mut chain: Vec<&Role> = Vec::new();
        let mut at = self.role(role);
        while let Some(above) = at.and_then(|r| r.above.as_deref()).and_then(|id| self.role(id)) {
            if above.id == role || chain.iter().any(|r| r.id == above.id) {
                break;
            }
            chain.push(above);
            at = Some(above);
        }
        chain
    }

    /// A role's title; for a role the pack does not have, its id.
    #[must_use]
    pub fn role_title<'p>(&'p self, id: &'p str) -> &'p str {
        self.role(id).map_or(id, |r| &r.title)
    }

    fn set(&self, id: &str) -> Result<(&Parameter, &ParameterValue), ParameterError> {
        let parameter = self.parameter(id).ok_or_else(|| ParameterError::Unknown { id: id.to_owned() })?;
        let value = parameter.value.as_ref().ok_or_else(|| ParameterError::Unset { id: id.to_owned() })?;
        Ok((parameter, value))
    }

    fn number(&self, id: &str, asked: ParameterType) -> Result<u64, ParameterError> {
        match self.set(id)? {
            (parameter, ParameterValue::Number(number)) if parameter.kind == asked => Ok(*number),
            (parameter, _) => Err(ParameterError::OtherType { id: id.to_owned(), is: parameter.kind, asked }),
        }
    }

    /// Days of a parameter.
    ///
    /// # Errors
    /// [`ParameterError`] when it is unknown, unset or of another type.
    pub fn days(&self, id: &str) -> Result<u64, ParameterError> {
        self.number(id, ParameterType::Days)
    }

    /// Hours of a parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn hours(&self, id: &str) -> Result<u64, ParameterError> {
        self.number(id, ParameterType::Hours)
    }

    /// Minutes of a parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn minutes(&self, id: &str) -> Result<u64, ParameterError> {
        self.number(id, ParameterType::Minutes)
    }

    /// Years of a parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn years(&self, id: &str) -> Result<u64, ParameterError> {
        self.number(id, ParameterType::Years)
    }

    /// The number of a counting parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn count(&self, id: &str) -> Result<u64, ParameterError> {
        self.number(id, ParameterType::Count)
    }

    /// Bytes of a parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn bytes(&self, id: &str) -> Result<u64, ParameterError> {
        self.number(id, ParameterType::Bytes)
    }

    /// Yes or no of a parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn flag(&self, id: &str) -> Result<bool, ParameterError> {
        match self.set(id)? {
            (_, ParameterValue::Flag(flag)) => Ok(*flag),
            (parameter, _) => Err(ParameterError::OtherType {
                id: id.to_owned(),
                is: parameter.kind,
                asked: ParameterType::Flag,
            }),
        }
    }

    /// Words of a text or choice parameter.
    ///
    /// # Errors
    /// As [`Pack::days`].
    pub fn words(&self, id: &str) -> Result<&str, ParameterError> {
        match self.set(id)? {
            (_, ParameterValue::Text(text)) => Ok(text),
            (parameter, _) => Err(ParameterError::OtherType {
                id: id.to_owned(),
                is: parameter.kind,
                asked: ParameterType::Text,
            }),
        }
    }
}
