//! Nothing is missing: every approval, record, recurring and event-triggered duty of every shipped policy is bound to something that
//! ships, and each of these is driven here from its start to evidence that the statement's page shows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use app::{
    editions::proposing::{Proposal, Proposed},
    model::{EvidenceQuery, PageRequest},
    ports::Store as _,
};
use policy::{
    ChannelMode, Library, Mechanism, Pack, ParameterType, ParameterValue, SourceFile, StatementType,
};
use test_city::doubles::DAY;
use workflow::{
    id::{EditionId, EvidenceId, TransferId},
    route::Verdict,
    transfer::{Content, FileState, State},
};

use crate::{
    city::{City, content},
    duties, editions, forms, rosters, rows, training,
};

/// Statements of these types are what the proof is about.
const ASKED: [StatementType; 4] = [
    StatementType::ApprovalProcedure,
    StatementType::Register,
    StatementType::RecurringDuty,
    StatementType::TriggeredDuty,
];

/// What stays unproven: the statement, what names it, and why software cannot do better.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// What leaves evidence, and the statements that its evidence named.
#[derive(Default)]
struct Proof {
    cited: BTreeMap<String, BTreeSet<String>>,
    last: Option<EvidenceId>,
}

impl Proof {
    /// Everything written since the last call is what this left.
    async fn note(&mut self, city: &City, definition: String) {
        let mut query =
            EvidenceQuery { page: Some(PageRequest { after: None, limit: 100 }), ..EvidenceQuery::default() };
        let cited = self.cited.entry(definition).or_default();
        let mut newest = None;
        'pages: loop {
            let page = city.store.real.evidence(&query).await.unwrap();
            for row in page.rows {
                if self.last.as_ref() == Some(&row.entry.id) {
                    break 'pages;
                }
                newest.get_or_insert(row.entry.id);
                cited.extend(row.entry.statements);
            }
            match page.next {
                Some(next) => query.page = Some(PageRequest { after: Some(next), limit: 100 }),
                None => break,
            }
        }
        self.last = newest.or(self.last.take());
    }

    fn cites(&self, definition: &str, statement: &str) -> bool {
        self.cited.get(definition).is_some_and(|cited| cited.contains(statement))
    }
}

/// A policy of a town that has taken over this one: its sections, a value for each that is open, and whose posts those are.
fn town_on(body: &str) -> Vec<SourceFile> {
    let below = if body == "base" { vec!["base", "guideline"] } else { vec!["base", "guideline", body] };
    let mut files = test_city::layers(&below);
    let pack = Library::new(&files).resolve(body).unwrap_or_else(|e| panic!("{e:?}")).pack;
    let example = test_city::pack();
    let mut values = "format = 1\n".to_owned();
    for open in pack.parameters().iter().filter(|p| p.value.is_none()) {
        let of_example = example.parameter(&open.id).and_then(|p| p.value.clone());
        let value = of_example.or_else(|| open.suggested.clone()).unwrap_or_else(|| match open.kind {
            ParameterType::Text => ParameterValue::Text("定めたとおり".to_owned()),
            ParameterType::Choice => ParameterValue::Text(open.choices[0].clone()),
            ParameterType::Flag => ParameterValue::Flag(true),
            _ => ParameterValue::Number(open.min.unwrap_or(1)),
        });
        let value = match value {
            ParameterValue::Number(number) => number.to_string(),
            ParameterValue::Text(text) => format!("{text:?}"),
            ParameterValue::Flag(flag) => flag.to_string(),
        };
        write!(
            values,
            "[[parameter]]\nid = \"{}\"\noverride = true\nvalue = {value}\ndecided = \"町の決定\"\n",
            open.id
        )
        .unwrap();
    }
    let head = format!(
        "format = 1\n[pack]\nid = \"hoshimi\"\nextends = \"{body}\"\ntitle = \"町の方針\"\nversion = \"第1版\"\n"
    );
    let mut posts = "format = 1\n".to_owned();
    for (post, place) in [
        ("general-affairs-director", "department = \"general-affairs\""),
        ("it-manager", "section = \"digital\""),
        ("it-operator", "section = \"digital\""),
    ] {
        write!(posts, "[[post]]\nid = \"{post}\"\noverride = true\n{place}\n").unwrap();
    }
    // Its sections, and its way in, on which what cannot be rebuilt waits for somebody who vouches for it.
    let own = ["hoshimi/sections.toml", "hoshimi/channels.toml"];
    files.extend(test_city::layers(&["hoshimi"]).into_iter().filter(|f| own.contains(&f.path.as_str())));
    for (name, text) in [("pack", head), ("posts", posts), ("parameters", values)] {
        files.push(SourceFile { path: format!("hoshimi/{name}.toml"), text });
    }
    files
}

/// Sends a file over a channel, in the name of somebody who may, and lets everybody who is asked approve. Nothing where the
/// policy lets nothing pass.
async fn send(city: &City, from: &str, channel: &str, content: Content, text: &str) -> Option<TransferId> {
    let sender = city.at("tanto", from).await;
    let id = city.submit(&sender, channel, content, &[text]).await.ok()?;
    city.drain().await;
    loop {
        let transfer = city.stored(&id).await;
        if transfer.state != State::AwaitingApproval {
            assert_eq!(transfer.state, State::Ready, "{channel}");
            return Some(id);
        }
        let step = transfer.open_step().unwrap_or_else(|| panic!("{channel}: no step is open"));
        let who = match step.role.as_str() {
            "security-manager" => "itkacho",
            "system-manager" => "digital",
            other => panic!("{channel}: nobody plays the {other}"),
        };
        let approver = city.at(who, from).await;
        if transfer.files.iter().any(|f| f.state == FileState::Inspected) {
            city.open_original(&approver, &id, 0).await.unwrap();
        }
        city.decide(&approver, &id, Verdict::Approve).await.unwrap();
    }
}

/// What a form for the release of transfers is asked for by.
async fn release(city: &City, form: &str) {
    let to = [city.id("taro")];
    let personal = Content { personal_data: true, ..content("c1", &to) };
    let (from, channel, content, text) = match form {
        "transfer-in" => ("internet", "internet-to-lgwan", content("c2", &to), "clean a"),
        "inspect-in" => ("internet", "internet-to-lgwan", content("c1", &to), "drawing a"),
        "transfer-out" => ("lgwan", "lgwan-to-internet", content("c1", &to), "clean a"),
        "transfer-two-persons" => ("lgwan", "lgwan-to-internet", personal, "clean a"),
        other => panic!("{other}: no transfer leads to it"),
    };
    send(city, from, channel, content, text).await.unwrap_or_else(|| panic!("{form}: it was denied"));
}

/// Another edition of the town's policy, applied for, approved, in force.
async fn revise(city: &City, town: &[SourceFile]) -> EditionId {
    let tanto = city.at("tanto", "lgwan").await;
    let own = town.iter().filter(|f| f.path.starts_with("hoshimi/")).cloned();
    let untrusted_files =
        own.map(|f| SourceFile { text: f.text.replacen("\"第1版\"", "\"第2版\"", 1), ..f }).collect();
    let proposal = Proposal { untrusted_files, note: "見直し".to_owned() };
    let id = match city.app.propose_edition(&tanto, proposal).await.unwrap() {
        Proposed::Draft { id, .. } => id,
        Proposed::Refused(problems) => panic!("{problems:#?}"),
    };
    city.app.attach_analysis(&tanto, &id, "変更の分析", "起きやすさは小さい。").await.unwrap();
    let today = workflow::calendar::day_of(city.now()).to_string();
    let request = city.apply(&tanto, "policy-revision", editions::revision(&id, &today)).await.unwrap();
    forms::approve(city, "policy-revision", &request).await;
    assert_eq!(city.app.current().tidy().await.unwrap().adopted, 1);
    id
}

/// What stands at checkpoints and in no definition: nobody decides his own, a deputy's decision is looked at afterwards, whoever
/// has nobody above him goes up, what is received is noted, an account is closed.
async fn pass_checkpoints(city: &City) {
    let app = &city.app;
    app.note_opening("0.1.0").await.unwrap();
    let (hanako, kacho) = (city.at("hanako", "internet").await, city.at("kacho", "lgwan").await);
    let id = city.inbound("c2", &["clean returned"]).await;
    city.decide(&hanako, &id, Verdict::Approve).await.unwrap_err();
    app.set_absence(&kacho, city.now(), city.now() + DAY, "出張").await.unwrap();
    city.decide(&city.at("hosa", "lgwan").await, &id, Verdict::Approve).await.unwrap();
    let absence = app.absences(&kacho).await.unwrap().remove(0);
    app.end_absence(&kacho, &absence.id).await.unwrap();
    app.review(&kacho, &id, 0).await.unwrap();
    let file = city.stored(&id).await.files[0].id.clone();
    drop(app.download(&city.at("taro", "lgwan").await, &id, &file).await.unwrap());
    let digital = city.at("digital", "lgwan").await;
    app.set_enabled(&digital, city.id_of("kakaricho"), false).await.unwrap();
    let own = city.at("kacho", "internet").await;
    let to = [city.id("taro")];
    city.submit(&own, "internet-to-lgwan", content("c2", &to), &["clean own"]).await.unwrap();
    city.drain().await;
}

/// Everything that names statements, as `family:id`, with the statements and the mechanism that it is.
fn definitions(pack: &Pack) -> Vec<(String, &[String], Option<Mechanism>)> {
    let of = |family: &str, id: &str| format!("{family}:{id}");
    let forms = pack.requests().iter().map(|r| (of("form", &r.id), &r.statements[..], r.mechanism));
    let duties = pack.duty_types().iter().map(|d| (of("duty", &d.id), &d.statements[..], d.mechanism));
    let registers = pack.registers().iter().map(|r| (of("register", &r.id), &r.statements[..], r.mechanism));
    let courses = pack.courses().iter().map(|c| (of("course", &c.id), &c.statements[..], c.mechanism));
    let channels = pack.channels().iter().map(|c| (of("channel", &c.id), &c.statements[..], None));
    forms.chain(duties).chain(registers).chain(courses).chain(channels).collect()
}

/// Drives everything that this policy defines, one after the other.
async fn drive_all(city: &City, town: &[SourceFile]) -> Proof {
    let mut proof = Proof::default();
    let app = city.app.clone();
    let pack = app.pack();
    duties::begin(city).await;
    proof.note(city, "the start".to_owned()).await;
    for duty in pack.duty_types() {
        duties::drive(city, duty).await;
        proof.note(city, format!("duty:{}", duty.id)).await;
    }
    for register in pack.registers() {
        rows::live(city, &register.id).await;
        proof.note(city, format!("register:{}", register.id)).await;
    }
    for course in pack.courses() {
        training::drive(city, course).await;
        proof.note(city, format!("course:{}", course.id)).await;
    }
    for channel in pack.channels() {
        let sent = send(city, &channel.from, &channel.id, content("c1", &[city.id("taro")]), "clean a").await;
        assert_eq!(sent.is_none(), channel.mode == ChannelMode::Deny, "{}", channel.id);
        proof.note(city, format!("channel:{}", channel.id)).await;
    }
    for form in pack.requests().iter().filter(|r| !forms::carries_something(r)) {
        if form.is_general() {
            for place in 0..forms::places(form) {
                forms::drive(city, form, place).await;
            }
        } else {
            release(city, &form.id).await;
        }
        proof.note(city, format!("form:{}", form.id)).await;
    }
    pass_checkpoints(city).await;
    proof.note(city, "checkpoints".to_owned()).await;
    let edition = revise(city, town).await;
    proof.note(city, "form:policy-revision".to_owned()).await;
    editions::publish(city, &edition).await;
    proof.note(city, "form:policy-publication".to_owned()).await;
    rosters::drive(city).await;
    proof.note(city, "form:personnel-change".to_owned()).await;
    proof
}

/// What is missing in a policy: statements that nothing serves, and definitions that leave no evidence for what they name.
async fn missing(body: &str) -> Vec<String> {
    let town = town_on(body);
    let mut city = City::open_on(town.clone()).await;
    city.settle(&[
        ("bucho", "residents", "director", Some("citizens")),
        ("somu", "general-affairs", "general-affairs-director", Some("general-affairs")),
        ("itkacho", "digital", "section-manager", Some("digital")),
    ])
    .await;
    let proof = drive_all(&city, &town).await;
    let kansa = city.at("kansa", "lgwan").await;
    let app = city.app.current();
    let definitions = definitions(app.pack());
    let of_some: BTreeSet<Mechanism> = definitions.iter().filter_map(|d| d.2).collect();
    let mut missing = Vec::new();
    let mut seen = 0;
    for statement in app.pack().statements().iter().filter(|s| ASKED.contains(&s.kind)) {
        seen += 1;
        let id = &statement.id;
        let named: Vec<&str> =
            definitions.iter().filter(|d| d.1.contains(id)).map(|d| d.0.as_str()).collect();
        for definition in &named {
            if !proof.cites(definition, id) {
                missing.push(format!("{id}: {definition} names it and leaves no evidence for it"));
            }
        }
        // What no definition names is served by one through its mechanism, or by a checkpoint.
        let by_mechanism = |m: &Mechanism| m.ships() || of_some.contains(m);
        if named.is_empty() && !statement.mechanisms.iter().any(by_mechanism) {
            missing.push(format!("{id}: nothing that ships is bound to it"));
        }
        let page = PageRequest { after: None, limit: 1 };
        let shown = app.statement(&kansa, id, page).await.unwrap();
        let is_shown = shown.evidence.is_some_and(|e| !e.rows.is_empty());
        if !is_shown || !proof.cited.values().any(|cited| cited.contains(id)) {
            missing.push(format!("{id}: its page shows no evidence"));
        }
    }
    assert!(seen >= 60, "{body}: {seen} statements");
    missing.retain(|problem| {
        !EXCEPTIONS.iter().any(|(statement, definition, reason)| {
            assert!(!reason.is_empty(), "{statement}: an exception has its reason");
            problem.starts_with(&format!("{statement}: {definition}"))
        })
    });
    missing
}

macro_rules! nothing_is_missing {
    ($($name:ident = $body:literal),+ $(,)?) => { $(
        #[tokio::test]
        async fn $name() {
            let missing = missing($body).await;
            assert!(missing.is_empty(), "{} missing in {}:\n{}", missing.len(), $body, missing.join("\n"));
        }
    )+ };
}

nothing_is_missing! {
    nothing_is_missing_in_base = "base",
    nothing_is_missing_in_narita = "narita",
    nothing_is_missing_in_asahi = "asahi",
    nothing_is_missing_in_okayama = "okayama",
    nothing_is_missing_in_tama = "tama",
    nothing_is_missing_in_kashiwa_water = "kashiwa-water",
}
