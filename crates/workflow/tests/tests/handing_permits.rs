//! What was permitted to somebody who leaves his section: taken over by the one who was named, or given back; and what each state
//! does not take.

use workflow::{
    Millis,
    id::{RequestId, SectionId, UserId, ZoneId},
    request::{Application, Content, Event, Patience, Refusal, Request, Standing, Terms},
    route::{Verdict, Vote},
};

use crate::fixtures::{DAY, T0, route, user};

/// Handed over on the second day, to be settled within two.
const ASKED: Millis = T0 + DAY;
const DUE: Millis = T0 + 3 * DAY;

fn permitted(return_asked: bool) -> Request {
    let terms = Terms { from: T0, until: T0 + 5 * DAY, return_asked };
    let new = Application {
        id: RequestId::new("request"),
        number: 1,
        form: "take-out".to_owned(),
        title: "端末の持出し".to_owned(),
        zone: ZoneId::new("lgwan"),
        applicant: user("applicant"),
        section: SectionId::new("residents"),
        content: Content { answers: Vec::new(), attachments: Vec::new(), terms: Some(terms), late_by: None },
        route: route(1),
        pack_version: "1".to_owned(),
    };
    let patience = Patience { days: 14 };
    let (mut request, _) = Request::apply(new, patience, T0).unwrap();
    let (seen_hash, by) = (request.content_hash(), user("first"));
    let vote = Vote {
        by: &by,
        on_behalf_of: None,
        verdict: Verdict::Approve,
        comment: "",
        seen_hash: &seen_hash,
        step: None,
    };
    request.decide(&vote, patience, T0).unwrap();
    request
}

fn offered() -> Request {
    let mut request = permitted(true);
    let events = request.hand_on(Some(&user("next")), &user("office"), "異動", Some(DUE), ASKED).unwrap();
    let told = Event::PermitOffered { from: user("applicant"), to: user("next"), due_at: Some(DUE) };
    assert_eq!(events, [told]);
    request
}

fn holder(request: &Request) -> &UserId {
    request.permit.as_ref().unwrap().holder(&request.applicant)
}

fn standing(request: &Request, now: Millis) -> Standing {
    request.permit.as_ref().unwrap().standing(now)
}

#[test]
fn it_goes_on_for_whoever_was_named_once_he_says_so() {
    let mut request = offered();
    let hash = request.content_hash();
    assert_eq!((holder(&request), standing(&request, ASKED)), (&user("applicant"), Standing::InForce));
    for stranger in ["applicant", "first", "other"] {
        assert_eq!(request.take_over(&user(stranger), ASKED), Err(Refusal::Permit), "{stranger}");
        assert_eq!(request.decline(&user(stranger), "なぜ", ASKED), Err(Refusal::Permit), "{stranger}");
    }
    assert!(request.permit.as_ref().unwrap().is_offered_to(&user("next"), ASKED));
    let events = request.take_over(&user("next"), ASKED + DAY).unwrap();
    assert_eq!(events, [Event::PermitTakenOver { from: user("applicant"), to: user("next") }]);
    assert_eq!((holder(&request), standing(&request, ASKED + DAY)), (&user("next"), Standing::InForce));
    assert_eq!(request.permit.as_ref().unwrap().open_handover(), None);
    assert_eq!(request.take_over(&user("next"), ASKED + DAY), Err(Refusal::Permit), "once");
    assert_eq!(request.content_hash(), hash, "what was signed is what it was");
    // It is late on the day that was permitted, not on that of the handing over.
    assert_eq!(request.alarm_at(), Some(T0 + 5 * DAY));
    let back = request.give_back(&user("next"), T0 + 4 * DAY).unwrap();
    assert_eq!(back, [Event::PermitReturned { by: user("next"), late: false }]);

    // From hand to hand.
    let mut request = offered();
    request.take_over(&user("next"), ASKED).unwrap();
    let again = request.hand_on(Some(&user("next")), &user("office"), "異動", None, DUE);
    assert_eq!(again, Err(Refusal::Field("to")), "he has it");
    request.hand_on(Some(&user("third")), &user("office"), "異動", None, DUE).unwrap();
    assert_eq!(request.permit.as_ref().unwrap().open_handover().unwrap().from, user("next"));
    request.take_over(&user("third"), DUE).unwrap();
    assert_eq!(holder(&request), &user("third"));
}

#[test]
fn without_somebody_it_ends_and_what_was_taken_along_is_late_from_the_day_that_was_set() {
    let mut request = permitted(true);
    let called = request.hand_on(None, &user("office"), "異動", Some(DUE), ASKED).unwrap();
    let revoked = Event::PermitRevoked { by: user("office"), reason: "異動".to_owned() };
    assert_eq!(called, [revoked, Event::PermitCalledIn { from: user("applicant"), due_at: Some(DUE) }]);
    assert_eq!((standing(&request, ASKED), request.alarm_at()), (Standing::Revoked, Some(DUE)));
    assert_eq!(request.note_overdue(DUE - 1), Err(Refusal::Permit));
    request.note_overdue(DUE).unwrap();
    let back = request.give_back(&user("first"), DUE + 1).unwrap();
    assert_eq!(back, [Event::PermitReturned { by: user("first"), late: true }]);
    assert_eq!(request.permit.as_ref().unwrap().handover.as_ref().unwrap().settled_at, Some(DUE + 1));

    // Where nothing is to be given back nothing waits for anybody.
    let mut entry = permitted(false);
    let ended = entry.hand_on(None, &user("office"), "異動", Some(DUE), ASKED).unwrap();
    assert!(matches!(ended.as_slice(), [Event::PermitRevoked { .. }]), "{ended:?}");
    assert_eq!(entry.permit.as_ref().unwrap().handover, None);
    // What is over, and what is back, is nobody's any more.
    for (mut over, now) in [(entry, ASKED), (permitted(false), T0 + 5 * DAY), (request, DUE + DAY)] {
        let to = over.hand_on(Some(&user("next")), &user("office"), "異動", None, now);
        assert_eq!(to, Err(Refusal::Permit));
    }
    // What should be back already may still be taken over: whoever has it then owes it.
    let mut late = permitted(true);
    let now = T0 + 6 * DAY;
    late.hand_on(Some(&user("next")), &user("office"), "異動", None, now).unwrap();
    late.take_over(&user("next"), now).unwrap();
    assert_eq!((holder(&late), standing(&late, now)), (&user("next"), Standing::Overdue));
}

#[test]
fn who_did_not_get_it_says_why_and_it_is_to_be_given_back() {
    let mut request = offered();
    let before = request.clone();
    for reason in [" ", &"あ".repeat(2_001)] {
        assert_eq!(request.decline(&user("next"), reason, ASKED), Err(Refusal::Reason));
    }
    assert_eq!(request, before, "a refused command changes nothing");
    let events = request.decline(&user("next"), "受け取っていない", ASKED + 1).unwrap();
    assert!(
        matches!(events.as_slice(), [Event::PermitDeclined { .. }, Event::PermitRevoked { .. }]),
        "{events:?}"
    );
    let open = request.permit.as_ref().unwrap().open_handover().unwrap();
    assert_eq!((&open.to, open.due_at, request.alarm_at()), (&None, Some(DUE), Some(DUE)));
    assert_eq!(request.take_over(&user("next"), ASKED + 2), Err(Refusal::Permit), "he said no");
    // Revoked by somebody else meanwhile: nobody takes over what nobody may have.
    let mut revoked = offered();
    revoked.revoke(&user("first"), "紛失のおそれ", ASKED).unwrap();
    assert_eq!(revoked.take_over(&user("next"), ASKED), Err(Refusal::Permit));
    // Given back meanwhile by whoever had it.
    let mut back = offered();
    back.give_back(&user("applicant"), ASKED).unwrap();
    assert_eq!(back.take_over(&user("next"), ASKED), Err(Refusal::Permit));
    assert_eq!(back.permit.as_ref().unwrap().open_handover(), None);
}

#[test]
fn a_permit_from_before_is_read_as_it_was() {
    let old = r#"{"terms":{"from":1,"until":2,"return_asked":true},"returned":null,"revoked":null,"overdue_noted_at":null}"#;
    let read: workflow::request::Permit = serde_json::from_str(old).unwrap();
    assert_eq!((&read.keeper, &read.handover), (&None, &None));
    assert_eq!(serde_json::to_string(&read).unwrap(), old);
}
