//! Duties as `sekisho policy duties` prints them.
//!
//! Owns: the two renderings. Leaves to others: what is in them (`duties`).

use std::fmt::Write as _;

use serde::Serialize;

use super::{Duties, Duty, Part, Replacements, When};
use crate::coverage::{Binding, Titled};
use crate::model::{Clause, Modality, Pack, Statement};

/// What `sekisho policy duties` prints. The JSON form is this struct; docs/format-pack.md describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyReport {
    /// Version of this schema.
    pub format: u32,
    /// The pack's folder.
    pub pack: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: String,
    /// Each role with its duties; the last one, without a role, is the body as a whole.
    pub roles: Vec<RoleDuties>,
    /// Statements of lower layers that the body's own text has replaced.
    pub replaced: Vec<ReplacedItem>,
}

/// A role and its duties.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleDuties {
    /// The role; absent for the body as a whole.
    pub role: Option<Titled>,
    /// Titles of the posts that bring it.
    pub posts: Vec<String>,
    /// Its duties.
    pub groups: Vec<DutyGroup>,
    /// Duties of others in which it has a part: `act` says what it does.
    pub parts: Vec<DutyItem>,
}

/// Duties that apply at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyGroup {
    /// `always`, `recurring`, `triggered` or `known`.
    pub when: &'static str,
    /// What triggers them.
    pub trigger: Option<String>,
    /// Them.
    pub duties: Vec<DutyItem>,
}

/// One duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyItem {
    /// The statement's id.
    pub id: String,
    /// The layer that wrote it.
    pub layer: String,
    /// The text's number for it.
    pub label: String,
    /// Number and title of its clause.
    pub clause: String,
    /// Its gist.
    pub gist_ja: String,
    /// How binding it is.
    pub modality: &'static str,
    /// What the role does about it, where the duty is somebody else's.
    pub act: Option<&'static str>,
    /// Everybody obliged.
    pub roles: Vec<Titled>,
    /// What others do about it.
    pub counterparties: Vec<DutyCounterparty>,
    /// Values that it leaves open.
    pub parameters: Vec<DutyValue>,
    /// What of the software serves it.
    pub mechanisms: Vec<Binding>,
}

/// What somebody else does about a duty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyCounterparty {
    /// What.
    pub act: &'static str,
    /// Who.
    pub roles: Vec<Titled>,
}

/// A value that a duty leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DutyValue {
    /// The parameter.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its value; absent while the body has not set it.
    pub value: Option<String>,
}

/// A statement that the body's own text has replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReplacedItem {
    /// Its id.
    pub id: String,
    /// What stands for it.
    pub by: Vec<String>,
}

impl DutyReport {
    /// Every role of a pack.
    #[must_use]
    pub fn new(pack: &Pack) -> Self {
        let replacements = Replacements::of(pack);
        let mut roles: Vec<RoleDuties> = pack
            .roles
            .iter()
            .map(|role| of_role(pack, &pack.duties_with(&[role.id.as_str()], &replacements)))
            .collect();
        roles.push(of_role(pack, &pack.duties_with(&[], &replacements)));
        Self::with(pack, roles, &replacements)
    }

    /// One role; `None` when the pack has no such role.
    #[must_use]
    pub fn for_role(pack: &Pack, role: &str) -> Option<Self> {
        pack.role(role)?;
        let replacements = Replacements::of(pack);
        let duties = of_role(pack, &pack.duties_with(&[role], &replacements));
        Some(Self::with(pack, vec![duties], &replacements))
    }

    fn with(pack: &Pack, roles: Vec<RoleDuties>, replacements: &Replacements<'_>) -> Self {
        let replaced = |(id, by): (&str, &[&Statement])| ReplacedItem {
            id: id.to_owned(),
            by: by.iter().map(|s| s.id.clone()).collect(),
        };
        Self {
            format: 1,
            pack: pack.id.clone(),
            title: pack.title.clone(),
            version: pack.version.clone(),
            roles,
            replaced: replacements.iter().map(replaced).collect(),
        }
    }

    /// For programs: this struct as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and numbers only: serialising cannot fail. An empty text would be refused by every reader.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// For people.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "{}({} {})", self.title, self.pack, self.version)?;
        for role in &self.roles {
            let title = role.role.as_ref().map_or("団体全体", |r| r.title.as_str());
            writeln!(out, "\n■ {title}")?;
            if !role.posts.is_empty() {
                writeln!(out, "  職: {}", role.posts.join("、"))?;
            }
            if role.groups.is_empty() && role.parts.is_empty() {
                writeln!(out, "  名指しの定めはありません。")?;
            }
            for group in &role.groups {
                let when = When::ALL.iter().find(|w| w.id() == group.when).map_or("", |w| w.title_ja());
                match &group.trigger {
                    Some(trigger) => writeln!(out, "  ● {when}: {trigger}")?,
                    None => writeln!(out, "  ● {when}")?,
                }
                for duty in &group.duties {
                    item(out, duty)?;
                }
            }
            if !role.parts.is_empty() {
                writeln!(out, "  ● ほかの人の義務で、受け持つこと")?;
            }
            for part in &role.parts {
                item(out, part)?;
            }
        }
        if !self.replaced.is_empty() {
            writeln!(out, "\n団体の定めが代わりになっている、下の層の遵守事項: {} 件", self.replaced.len())?;
        }
        Ok(())
    }
}

fn item(out: &mut String, duty: &DutyItem) -> std::fmt::Result {
    let modality = Modality::from_id(duty.modality).map_or(duty.modality, Modality::title_ja);
    let names = |roles: &[Titled]| roles.iter().map(|r| r.title.as_str()).collect::<Vec<_>>().join("・");
    let act = |id: &'static str| crate::model::CounterpartyAct::from_id(id).map_or(id, |a| a.title_ja());
    match duty.act {
        Some(own) => writeln!(
            out,
            "    {} {} {}({}): {}",
            duty.id,
            duty.label,
            act(own),
            if duty.roles.is_empty() {
                "団体の義務".to_owned()
            } else {
                format!("{}の義務", names(&duty.roles))
            },
            duty.gist_ja
        )?,
        None => writeln!(out, "    {} {} [{modality}] {}", duty.id, duty.label, duty.gist_ja)?,
    }
    for other in &duty.counterparties {
        writeln!(out, "        {}が{}", names(&other.roles), act(other.act))?;
    }
    for value in &duty.parameters {
        writeln!(out, "        {}: {}", value.title, value.value.as_deref().unwrap_or("未設定"))?;
    }
    Ok(())
}

fn of_role(pack: &Pack, duties: &Duties<'_>) -> RoleDuties {
    let role = duties.roles.first();
    RoleDuties {
        role: role.map(|r| Titled { id: r.id.clone(), title: r.title.clone() }),
        posts: role.map_or_else(Vec::new, |role| {
            pack.posts.iter().filter(|p| p.roles.contains(&role.id)).map(|p| p.title.clone()).collect()
        }),
        groups: duties
            .groups
            .iter()
            .map(|group| DutyGroup {
                when: group.when.id(),
                trigger: group.trigger.map(str::to_owned),
                duties: group.duties.iter().map(|duty| DutyItem::of(pack, duty)).collect(),
            })
            .collect(),
        parts: duties.parts.iter().map(|part| DutyItem::of_part(pack, part)).collect(),
    }
}

impl DutyItem {
    /// A duty of the roles asked about.
    #[must_use]
    pub fn of(pack: &Pack, duty: &Duty<'_>) -> Self {
        Self::new(pack, duty.statement, duty.clause)
    }

    /// A duty of others in which they have a part.
    #[must_use]
    pub fn of_part(pack: &Pack, part: &Part<'_>) -> Self {
        Self { act: Some(part.act.id()), ..Self::new(pack, part.statement, part.clause) }
    }

    fn new(pack: &Pack, s: &Statement, clause: Option<&Clause>) -> Self {
        let titled = |ids: &[String]| -> Vec<Titled> {
            ids.iter().map(|r| Titled { id: r.clone(), title: pack.role_title(r).to_owned() }).collect()
        };
        Self {
            id: s.id.clone(),
            layer: s.origin.layer.to_string(),
            label: s.label.clone(),
            clause: clause.map(|c| format!("{} {}", c.section, c.title)).unwrap_or_default(),
            gist_ja: s.gist_ja.clone(),
            modality: s.modality.id(),
            act: None,
            roles: titled(&s.roles),
            counterparties: s
                .counterparties
                .iter()
                .map(|c| DutyCounterparty { act: c.act.id(), roles: titled(&c.roles) })
                .collect(),
            parameters: s
                .parameters
                .iter()
                .filter_map(|p| pack.parameter(p))
                .map(|p| DutyValue {
                    id: p.id.clone(),
                    title: p.title.clone(),
                    value: p.value.as_ref().map(ToString::to_string),
                })
                .collect(),
            mechanisms: s.mechanisms.iter().map(|m| Binding::from(*m)).collect(),
        }
    }
}
