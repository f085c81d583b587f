//! Tests that need the inside: facts conform to the schema, words and policies agree.

use std::collections::BTreeSet;

use super::*;

fn principal() -> Principal {
    Principal {
        user: "u1".to_owned(),
        roles: vec![
            Grant { role: role::STAFF.to_owned(), scope: Scope::Section("s1".to_owned()) },
            Grant { role: role::SECURITY_OFFICER.to_owned(), scope: Scope::Department("d1".to_owned()) },
            Grant { role: "a-role-of-the-pack".to_owned(), scope: Scope::City },
        ],
        section: "s1".to_owned(),
        zone: "lgwan".to_owned(),
        strength: Strength::ApiToken { scopes: TokenScope::ALL.to_vec() },
        second_factor_required: true,
        enabled: true,
    }
}

fn resources() -> Vec<Resource> {
    let place = Place::Section { id: "s1".to_owned(), department: "d1".to_owned() };
    let need = Need { role: role::SECURITY_MANAGER.to_owned(), place: place.clone() };
    vec![
        Resource::from(Transfer {
            id: "t1".to_owned(),
            submitter: "u1".to_owned(),
            submitter_section: "s1".to_owned(),
            submitter_department: "d1".to_owned(),
            recipients: vec!["u2".to_owned()],
            from_zone: "internet".to_owned(),
            to_zone: "lgwan".to_owned(),
            stage: Stage::Waiting,
            approvers: vec![need.clone()],
            decide_zones: vec!["lgwan".to_owned()],
            deputies: vec!["u3".to_owned()],
            reviewers: vec!["u5".to_owned()],
            decided_by: vec!["u4".to_owned()],
        }),
        Resource::Account(Account { user: "u2".to_owned(), place: place.clone() }),
        Resource::OwnAccount { user: "u1".to_owned() },
        Resource::City,
        Resource::Evidence(Evidence { id: "17".to_owned(), place }),
        Resource::Clause { id: "base/sanitise-inbound".to_owned() },
        Resource::from(Request {
            id: "r1".to_owned(),
            submitter: "u1".to_owned(),
            submitter_section: "s1".to_owned(),
            submitter_department: "d1".to_owned(),
            zone: "lgwan".to_owned(),
            stage: RequestStage::Waiting,
            approvers: vec![need],
            deputies: vec!["u3".to_owned()],
            reviewers: vec!["u5".to_owned()],
            decided_by: vec!["u4".to_owned()],
            keepers: vec!["u6".to_owned()],
        }),
        Resource::from(DutyTask {
            id: "k1".to_owned(),
            place: Place::City,
            person: Some("u1".to_owned()),
            owner: Some(role::CISO.to_owned()),
            confirmer: Some(role::CISO.to_owned()),
            waiver: Some(role::CISO.to_owned()),
            reported_by: Some("u1".to_owned()),
            zone: Some("lgwan".to_owned()),
            stage: DutyStage::Open,
        }),
        Resource::from(Row {
            id: "assets/7".to_owned(),
            place: Place::Section { id: "s1".to_owned(), department: "d1".to_owned() },
            readers: vec![role::STAFF.to_owned()],
            keepers: vec![role::SECURITY_MANAGER.to_owned()],
            managers: vec![role::SECURITY_MANAGER.to_owned()],
            zones: vec!["lgwan".to_owned()],
        }),
        Resource::from(Record {
            id: "request/r1".to_owned(),
            place: Place::Section { id: "s1".to_owned(), department: "d1".to_owned() },
            manager: Some(role::SECURITY_MANAGER.to_owned()),
            decider: Some(role::CISO.to_owned()),
            proposed_by: Some("u1".to_owned()),
            zone: Some("lgwan".to_owned()),
        }),
    ]
}

/// Every fact that is put before Cedar is one the policies were validated for.
#[test]
fn facts_conform_to_the_schema() {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    let authorizer = Authorizer::new().unwrap();
    for resource in resources() {
        let person = authorizer.names.person(&principal()).ok().unwrap();
        let thing = authorizer.names.resource(&resource).ok().unwrap();
        for action in Action::ALL.iter().filter(|action| action.resource_kind() == resource.kind()) {
            CedarRequest::new(
                person.uid(),
                authorizer.names.action(*action),
                thing.uid(),
                Context::empty(),
                Some(&schema),
            )
            .unwrap_or_else(|error| panic!("{} on {resource:?}: {error}", action.id()));
        }
        Entities::from_entities([person, thing], Some(&schema))
            .unwrap_or_else(|error| panic!("{resource:?}: {error:?}"));
    }
}

/// No combination of action and resource leaves a policy that cannot be evaluated.
#[test]
fn nothing_is_undecidable() {
    let authorizer = Authorizer::new().unwrap();
    for resource in resources() {
        for action in Action::ALL {
            let reason = match authorizer.decide(&principal(), *action, &resource) {
                Decision::Allow(_) => continue,
                Decision::Deny(denied) => denied.reason,
            };
            assert_ne!(reason, Reason::Undecidable, "{} on {resource:?}", action.id());
            assert_eq!(
                reason == Reason::NotApplicable,
                action.resource_kind() != resource.kind(),
                "{} on {resource:?}",
                action.id()
            );
        }
    }
}

/// The schema, the enum and the policies know the same actions, and a token scope covers each exactly once.
#[test]
fn schema_and_actions_agree() {
    let (schema, _) = Schema::from_cedarschema_str(SCHEMA).unwrap();
    let authorizer = Authorizer::new().unwrap();
    let in_schema: BTreeSet<(String, String)> = schema
        .request_envs()
        .map(|env| (env.action().id().unescaped().to_owned(), env.resource().to_string()))
        .collect();
    let in_code: BTreeSet<(String, String)> = Action::ALL
        .iter()
        .map(|action| (action.id().to_owned(), action.resource_kind().id().to_owned()))
        .collect();
    assert_eq!(in_schema, in_code);

    let groups = schema.action_entities().unwrap();
    for action in Action::ALL {
        let token_groups = groups
            .ancestors(&authorizer.names.action(*action))
            .unwrap()
            .filter(|group| group.id().unescaped().starts_with("token-"))
            .count();
        assert_eq!(token_groups, 1, "{}", action.id());
    }
}

/// Every refusal says why in a word that exists, and every word of a token scope has its refusal.
#[test]
fn refusals_have_codes() {
    let policies = policies().unwrap();
    for policy in policies.policies() {
        let code = policy.annotation("code");
        match policy.effect() {
            cedar_policy::Effect::Forbid => {
                assert!(code.and_then(Reason::from_id).is_some(), "{}: {code:?}", policy.id());
            }
            cedar_policy::Effect::Permit => assert_eq!(code, None, "{}", policy.id()),
        }
    }
    for scope in TokenScope::ALL {
        let id = cedar_policy::PolicyId::new(format!("token-{}", scope.id()));
        assert!(policies.policy(&id).is_some(), "{}", scope.id());
    }
}

/// A refusal that cannot be evaluated must not open the door that it should have closed.
#[test]
fn an_evaluation_error_refuses() {
    let mut authorizer = Authorizer::new().unwrap();
    let before = authorizer.decide(&principal(), Action::ViewHome, &resources()[2]);
    assert!(before.is_allowed());
    let broken =
        "@id(\"broken\") @code(\"never\") forbid (principal, action, resource) when { resource.gone };";
    let broken: PolicySet = broken.parse().unwrap();
    for policy in broken.policies() {
        authorizer.rules[Action::ViewHome as usize].all.add(named(policy).unwrap()).unwrap();
    }
    let after = authorizer.decide(&principal(), Action::ViewHome, &resources()[2]);
    assert_eq!(after.into_result().unwrap_err().reason, Reason::Undecidable);
}

/// A proof is for one act on one thing.
#[test]
fn a_proof_names_its_act() {
    let authorizer = Authorizer::new().unwrap();
    let proof = authorizer.decide(&principal(), Action::ViewHome, &resources()[2]).into_result().unwrap();
    assert_eq!((proof.user(), proof.action(), proof.resource_id()), ("u1", Action::ViewHome, "u1"));
    assert!(proof.is_for(Action::ViewHome, "u1"));
    assert!(!proof.is_for(Action::ManageTokens, "u1"));
    assert!(!proof.is_for(Action::ViewHome, "u2"));
}

/// Leaving out policies that cannot apply to an action changes no decision: every policy is left to some action, and
/// the full set decides as the part does.
#[test]
fn the_chosen_rules_decide_as_all_rules_do() {
    let authorizer = Authorizer::new().unwrap();
    let policies = policies().unwrap();
    for policy in policies.policies() {
        assert!(
            authorizer.rules.iter().any(|rules| rules.all.policy(policy.id()).is_some()),
            "{}",
            policy.id()
        );
    }
    for resource in resources() {
        for action in Action::ALL.iter().filter(|action| action.resource_kind() == resource.kind()) {
            let rules = authorizer.rules(*action).ok().unwrap();
            let part = authorizer.ask(&rules.all, &principal(), *action, &resource).ok().unwrap();
            let all = authorizer.ask(&policies, &principal(), *action, &resource).ok().unwrap();
            assert_eq!(part, all, "{}", action.id());
        }
    }
}
