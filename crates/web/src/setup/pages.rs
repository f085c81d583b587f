//! What the pages of the first run show.

use askama::Template;
use policy::{
    Library, SourceFile,
    setup::{Answers, ROSTER_HEAD, Roster, SetupProblem, Step, plan, questions, unit_ja},
};

/// A step in the list at the top.
pub(super) struct StepMark {
    pub(super) href: String,
    pub(super) title: &'static str,
    pub(super) done: bool,
    pub(super) current: bool,
}

/// The steps, and which still have something to put right.
pub(super) fn steps(problems: &[SetupProblem], current: Option<Step>) -> Vec<StepMark> {
    Step::ALL
        .into_iter()
        .map(|step| StepMark {
            href: format!("/setup/{}", step.id()),
            title: step.title_ja(),
            // Without a pack nothing behind it can be told.
            done: !problems.iter().any(|p| p.step == step || (p.step == Step::Pack && p.field == "pack")),
            current: current == Some(step),
        })
        .collect()
}

/// Typing the code.
#[derive(Template)]
#[template(path = "setup_code.html")]
pub(super) struct CodePage {
    pub(super) wrong: bool,
    pub(super) closed: bool,
}

/// The beginning.
#[derive(Template)]
#[template(path = "setup_start.html")]
pub(super) struct StartPage {
    pub(super) steps: Vec<StepMark>,
    pub(super) ready: bool,
}

impl StartPage {
    /// The first step that is not done.
    fn first(&self) -> &str {
        self.steps.iter().find(|s| !s.done).map_or("/setup/plan", |s| s.href.as_str())
    }
}

/// One choice.
pub(super) struct PackChoice {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) chosen: bool,
}

/// A zone and its listener.
pub(super) struct ZoneForm {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) description: String,
    pub(super) address: String,
    pub(super) certificate: String,
    pub(super) private_key: String,
}

/// A value to decide.
pub(super) struct ValueForm {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) needed_for: String,
    pub(super) clause: String,
    pub(super) suggested: String,
    pub(super) unit: &'static str,
    pub(super) choices: Vec<String>,
    pub(super) value: String,
}

/// Somebody as the preview of a roster shows him.
pub(super) struct PersonRow {
    pub(super) login: String,
    pub(super) name: String,
    pub(super) posts: String,
}

/// A step.
#[derive(Template)]
#[template(path = "setup_step.html")]
pub(super) struct StepPage {
    pub(super) steps: Vec<StepMark>,
    pub(super) step: Step,
    pub(super) problems: Vec<(String, String)>,
    pub(super) answers: Answers,
    pub(super) packs: Vec<PackChoice>,
    pub(super) ledger: String,
    pub(super) head: String,
    pub(super) posts: String,
    pub(super) people: Vec<PersonRow>,
    pub(super) people_count: usize,
    pub(super) zones: Vec<ZoneForm>,
    pub(super) needed: Vec<ValueForm>,
    pub(super) others: Vec<ValueForm>,
    pub(super) administrators: Vec<PersonRow>,
}

/// People of a roster that the preview shows.
const SHOWN: usize = 20;

impl StepPage {
    pub(super) fn of(answers: &Answers, policies: &[SourceFile], step: Step, sent: bool) -> Self {
        let library = Library::new(policies);
        let problems = plan(answers, policies).err().unwrap_or_default();
        let below = library.resolve(&answers.pack).ok().map(|r| r.pack);
        let title_of = |id: &str| library.resolve(id).map(|r| r.pack.title().to_owned()).unwrap_or_default();
        let roster =
            below.as_ref().filter(|_| !answers.roster.is_empty()).map(|b| Roster::read(&answers.roster, b));
        let person = |person: &policy::setup::Person| PersonRow {
            login: person.login.clone(),
            name: person.name.clone(),
            posts: person
                .posts
                .iter()
                .map(|(id, _)| {
                    below.as_ref().and_then(|b| b.post(id)).map_or(id.as_str(), |p| p.title.as_str())
                })
                .collect::<Vec<_>>()
                .join("、"),
        };
        let people = roster.as_ref().map(|r| r.people.as_slice()).unwrap_or_default();
        let manages = |p: &&policy::setup::Person| {
            p.posts.iter().any(|(id, _)| {
                let post = below.as_ref().and_then(|b| b.post(id));
                post.is_some_and(|post| post.roles.iter().any(|r| r == policy::setup::ADMINISTRATOR_ROLE))
            })
        };
        let values: Vec<ValueForm> = below
            .as_ref()
            .map(questions)
            .unwrap_or_default()
            .iter()
            .map(|q| {
                let p = &q.parameter;
                let typed = answers.parameters.get(&p.id).cloned();
                ValueForm {
                    id: p.id.clone(),
                    title: p.title.clone(),
                    needed_for: q.needed_for.clone(),
                    clause: q.clause.clone(),
                    suggested: p.suggested.as_ref().map(ToString::to_string).unwrap_or_default(),
                    unit: unit_ja(p.kind),
                    choices: p.choices.clone(),
                    // What stands below is shown, so that nobody decides it again unknowingly.
                    value: typed.unwrap_or_default(),
                }
            })
            .collect();
        let (needed, others) = values.into_iter().partition(|v| !v.needed_for.is_empty());
        let shown = |p: &&SetupProblem| p.step == step && (sent || answered(answers, step));
        Self {
            steps: steps(&problems, Some(step)),
            problems: problems.iter().filter(shown).map(|p| (p.message.clone(), p.instead.clone())).collect(),
            packs: library
                .packs()
                .map(|id| PackChoice { title: title_of(id), chosen: id == answers.pack, id: id.to_owned() })
                .collect(),
            ledger: if answers.ledger.is_empty() {
                format!("sekisho.{}/ledger", answers.id)
            } else {
                answers.ledger.clone()
            },
            head: ROSTER_HEAD.join(","),
            posts: below
                .as_ref()
                .map(|b| b.posts().iter().map(|p| p.title.as_str()).collect::<Vec<_>>().join("、"))
                .unwrap_or_default(),
            people: people.iter().take(SHOWN).map(person).collect(),
            people_count: people.len(),
            zones: below.as_ref().map(|b| zones(answers, b)).unwrap_or_default(),
            administrators: people.iter().filter(manages).map(person).collect(),
            needed,
            others,
            answers: answers.clone(),
            step,
        }
    }

    fn is(&self, id: &str) -> bool {
        self.step.id() == id
    }
}

fn zones(answers: &Answers, below: &policy::Pack) -> Vec<ZoneForm> {
    below
        .zones()
        .iter()
        .map(|zone| {
            let listener = answers.listeners.get(&zone.id).cloned().unwrap_or_default();
            let or = |text: String, otherwise: String| if text.is_empty() { otherwise } else { text };
            ZoneForm {
                label: answers.zones.get(&zone.id).unwrap_or(&zone.label).clone(),
                description: zone.description.clone(),
                address: listener.address,
                certificate: or(listener.certificate, format!("tls/{}.pem", zone.id)),
                private_key: or(listener.private_key, format!("tls/{}.key", zone.id)),
                id: zone.id.clone(),
            }
        })
        .collect()
}

fn answered(answers: &Answers, step: Step) -> bool {
    match step {
        Step::Pack => !answers.pack.is_empty(),
        Step::Municipality => !answers.municipality.name.is_empty(),
        Step::People => !answers.roster.is_empty(),
        Step::Zones => !answers.listeners.is_empty(),
        Step::Parameters => !answers.parameters.is_empty(),
        Step::Administrator => !answers.administrator.is_empty(),
    }
}

/// The plan, and the administrator's password and second factor.
#[derive(Template)]
#[template(path = "setup_plan.html")]
pub(super) struct PlanPage {
    pub(super) steps: Vec<StepMark>,
    pub(super) summary: String,
    pub(super) login: String,
    pub(super) secret: String,
    pub(super) error: String,
}

/// The end.
#[derive(Template)]
#[template(path = "setup_done.html")]
pub(super) struct DonePage {
    pub(super) words: String,
}
