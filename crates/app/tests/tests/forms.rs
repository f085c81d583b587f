//! Every form of the shipped policy, from the filled form to the evidence: what the policy lets be done by permission only
//! has a form, whoever must decide does, and the statements that ask for it find it in the evidence.

use std::collections::{BTreeMap, BTreeSet};

use app::{actor::Actor, requests::forms::is_asked};
use policy::{Effect, FormFieldType, RequestType, StatementType};
use workflow::{id::RequestId, request::State, route::Verdict};

use crate::city::City;

/// Who is asked for a role in the small city.
const DECIDERS: &[(&str, &str)] = &[
    ("security-manager", "kacho"),
    ("security-officer", "bucho"),
    ("supervising-officer", "somu"),
    ("system-manager", "digital"),
    ("ciso", "fukushicho"),
];

/// Fills a form; of every choice the one at this place, or the last.
pub(crate) fn filled(form: &RequestType, place: usize) -> BTreeMap<String, String> {
    let mut answers = BTreeMap::new();
    for field in &form.fields {
        if !is_asked(&form.fields, field, &answers) {
            continue;
        }
        let answer = match field.kind {
            FormFieldType::Choice => field.choices[place.min(field.choices.len() - 1)].clone(),
            FormFieldType::Date if field.id == "until" => "2026-11-25".to_owned(),
            FormFieldType::Date if field.id == "done" => "2026-11-23".to_owned(),
            FormFieldType::Date => "2026-11-24".to_owned(),
            FormFieldType::Flag => "true".to_owned(),
            FormFieldType::Number => "1".to_owned(),
            FormFieldType::Person => "hanako".to_owned(),
            FormFieldType::Parameter => "approval-deadline".to_owned(),
            FormFieldType::Zone => "lgwan".to_owned(),
            FormFieldType::Row => "1".to_owned(),
            FormFieldType::Text if field.id == "value" => "48".to_owned(),
            _ => "窓口の端末".to_owned(),
        };
        answers.insert(field.id.clone(), answer);
    }
    answers
}

/// Whether it carries something that is made elsewhere first, which has a test of its own: an edition, a personnel change.
pub(crate) fn carries_something(form: &RequestType) -> bool {
    let made_elsewhere = |e: &Effect| {
        matches!(e, Effect::AdoptRevision { .. } | Effect::Publish { .. } | Effect::ChangePersonnel { .. })
    };
    form.effects.iter().any(made_elsewhere)
}

/// Those who decide, each at a listener of the LGWAN zone, by the role that asks for them.
pub(crate) async fn deciders(city: &City) -> BTreeMap<&'static str, Actor> {
    let mut deciders = BTreeMap::new();
    for (role, login) in DECIDERS {
        deciders.insert(*role, city.at(login, "lgwan").await);
    }
    deciders
}

/// Lets everybody who is asked approve a request. The steps there were.
pub(crate) async fn approve(city: &City, form: &str, id: &RequestId) -> BTreeSet<String> {
    let deciders = deciders(city).await;
    let mut steps = BTreeSet::new();
    loop {
        let request = city.stored_request(id).await;
        if request.state != State::Waiting {
            assert_eq!(request.state, State::Approved, "{form}");
            return steps;
        }
        let step = request.open_step().unwrap();
        steps.insert(step.id.clone());
        assert_eq!(step.raised_from, None, "{form}: nobody was found for {}", step.role);
        city.say(&deciders[step.role.as_str()], id, Verdict::Approve).await.unwrap();
    }
}

/// Applies with a form, of each choice with the one at this place, and lets everybody who is asked approve. The request and its steps.
pub(crate) async fn drive(city: &City, form: &RequestType, place: usize) -> (RequestId, BTreeSet<String>) {
    let mut answers = filled(form, place);
    for field in form.fields.iter().filter(|f| f.kind == FormFieldType::Row) {
        // Each time another row: what is out stays out, and what has ended is gone.
        if let Some(answer) = answers.get_mut(&field.id) {
            let register = field.register.as_deref().unwrap();
            *answer = crate::rows::add(city, register, &[]).await.number.to_string();
        }
    }
    // What is unique in a register is so in what the form adds to it.
    for (id, answer) in &mut answers {
        if form.field(id).is_some_and(|f| f.kind == FormFieldType::Text && f.id != "value") {
            *answer = format!("{answer} {} {place}", form.id);
        }
    }
    let hanako = city.at("hanako", "lgwan").await;
    let applied = city.apply(&hanako, &form.id, answers).await;
    let id = applied.unwrap_or_else(|e| panic!("{}, choice {place}: {e:?}", form.id));
    let steps = approve(city, &form.id, &id).await;
    (id, steps)
}

/// How many times a form is filled so that each answer of each choice is given once.
pub(crate) fn places(form: &RequestType) -> usize {
    form.fields.iter().map(|f| f.choices.len()).max().unwrap_or_default().max(1)
}

#[tokio::test]
async fn every_form_goes_from_the_applicant_to_the_evidence_of_its_statements() {
    let mut city = City::open().await;
    city.settle(&[
        ("bucho", "residents", "director", Some("citizens")),
        ("somu", "general-affairs", "general-affairs-director", Some("general-affairs")),
    ])
    .await;
    let pack = test_city::pack();
    let forms: Vec<&RequestType> =
        pack.requests().iter().filter(|r| r.is_general() && !carries_something(r)).collect();
    assert!(forms.len() > 20, "{}", forms.len());
    for form in forms {
        let mut steps_seen = BTreeSet::new();
        for place in 0..places(form) {
            let (id, steps) = drive(&city, form, place).await;
            steps_seen.extend(steps);
            let evidence = city.evidence().await;
            let cited: BTreeSet<&String> = evidence
                .iter()
                .filter(|r| r.entry.subject_id == id.as_str())
                .flat_map(|r| &r.entry.statements)
                .collect();
            for statement in &form.statements {
                assert!(cited.contains(statement), "{} leaves no evidence for {statement}", form.id);
            }
        }
        let asked: BTreeSet<String> = form.steps.iter().map(|s| s.id.clone()).collect();
        assert_eq!(steps_seen, asked, "{} has a step that no answer leads to", form.id);
    }
}

#[tokio::test]
async fn a_step_is_asked_for_only_where_the_form_says_so() {
    let mut city = City::open().await;
    city.settle(&[("somu", "general-affairs", "general-affairs-director", Some("general-affairs"))]).await;
    let hanako = city.at("hanako", "lgwan").await;
    let pack = test_city::pack();
    let form = pack.request("software").unwrap();
    for (place, steps) in [(0, vec!["manager", "system"]), (2, vec!["manager", "system", "supervising"])] {
        let answers = filled(form, place);
        let shown = city.app.check_form(&hanako, "software", &answers).await.unwrap();
        assert_eq!(shown.steps.len(), steps.len(), "what is read once more is what will be asked for");
        let id = city.apply(&hanako, "software", answers).await.unwrap();
        let route = city.stored_request(&id).await.approval.route;
        assert_eq!(route.steps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), steps);
    }
    // Applied again with another answer, it goes another way.
    let id = city.apply(&hanako, "software", filled(form, 0)).await.unwrap();
    city.app.pull_back_request(&hanako, &id).await.unwrap();
    city.app.resubmit_request(&hanako, &id, &filled(form, 2), Vec::new(), &[]).await.unwrap();
    assert_eq!(city.stored_request(&id).await.approval.route.steps.len(), 3);
}

#[test]
fn every_approval_that_the_shipped_policy_asks_for_has_something_that_decides_it() {
    let pack = test_city::pack();
    for statement in pack.statements().iter().filter(|s| s.kind == StatementType::ApprovalProcedure) {
        assert!(
            !statement.mechanisms.is_empty() && statement.mechanisms.iter().any(|m| m.ships()),
            "{} is an approval that nothing decides",
            statement.id
        );
    }
}
