//! Courses over the API: opening, reading, the test, rates; nothing that is right before the try is over.

use app::people::NewPerson;
use serde_json::{Value, json};
use workflow::id::SectionId;

use crate::city::{City, Way, multipart, stranger};

/// Somebody who opens courses, strongly logged in.
async fn officer(city: &City) -> Way {
    let new = NewPerson {
        login: "somu".to_owned(),
        name: "総務部長".to_owned(),
        kana: "そうむ".to_owned(),
        section: SectionId::new("general-affairs"),
    };
    let id = city.app.install_person(new, &test_city::password("somu"), false).await.unwrap();
    city.app.install_post(&id, "general-affairs-director", Some("general-affairs")).await.unwrap();
    city.log_in_strongly("somu", "lgwan").await
}

/// What is right on a paper, found by the words that the policy has.
fn right(city: &City, paper: &Value) -> Vec<Vec<usize>> {
    let app = city.app.current();
    let course = app.pack().course("security-yearly").unwrap();
    let items = paper["items"].as_array().unwrap().iter();
    items
        .map(|item| {
            let question =
                course.questions.iter().find(|q| q.text == item["text"].as_str().unwrap()).unwrap();
            let is_right = |words: &Value| {
                let place = question.choices.iter().position(|c| c == words.as_str().unwrap()).unwrap();
                question.answers.contains(&place)
            };
            let choices = item["choices"].as_array().unwrap().iter().enumerate();
            choices.filter(|(_, words)| is_right(words)).map(|(n, _)| n).collect()
        })
        .collect()
}

#[tokio::test]
async fn a_course_is_opened_taken_and_counted() {
    let city = City::open().await;
    let somu = officer(&city).await;
    let made = city.call(&somu, "POST", "/course-types/security-yearly/runs", &json!({})).await;
    let run = made.with(201)["id"].as_str().unwrap().to_owned();
    city.call(&somu, "POST", "/course-types/security-yearly/runs", &json!({})).await.with(409);
    let hanako = city.log_in("hanako", "lgwan").await;
    city.call(&hanako, "POST", "/course-types/managers/runs", &json!({})).await.with(403);

    let mine = city.get(&hanako, "/courses").await.with(200);
    let card = &mine["courses"][0];
    assert_eq!((&card["standing"], &card["due_on"]), (&json!("not-begun"), &json!("2026-12-10")));
    let path = format!("/courses/{}", card["id"].as_str().unwrap());
    let taro = city.log_in("taro", "lgwan").await;
    city.get(&taro, &path).await.with(404);
    city.call(&hanako, "POST", &format!("{path}/test"), &json!({})).await.with(409);
    let shown = city.get(&hanako, &path).await.with(200);
    for page in shown["pages"].as_array().unwrap() {
        let page = page["id"].as_str().unwrap();
        city.call(&hanako, "POST", &format!("{path}/pages/{page}"), &json!({})).await.with(204);
    }
    city.call(&hanako, "POST", &format!("{path}/pages/none"), &json!({})).await.with(409);
    city.call(&hanako, "POST", &format!("{path}/test"), &json!({})).await.with(204);
    let before = city.get(&hanako, &path).await.with(200);
    let paper = city.get(&hanako, &format!("{path}/test")).await.with(200);
    for told in [&before, &paper] {
        // Not the reasons, and no word of what is right.
        let text = told.to_string();
        let app = city.app.current();
        let course = app.pack().course("security-yearly").unwrap();
        assert!(course.questions.iter().all(|q| !text.contains(&q.why)), "{text}");
        assert!(!text.contains("\"right\"") && !text.contains("\"answers\""), "{text}");
    }
    let answers = format!("{path}/test/answers");
    city.call(&hanako, "POST", &answers, &json!({ "chosen": [[0]] })).await.with(422);
    let all = json!({ "chosen": right(&city, &paper) });
    assert_eq!(city.call(&hanako, "POST", &answers, &all).await.with(200)["passed"], true);
    let after = city.get(&hanako, &path).await.with(200);
    assert_eq!((&after["standing"], after["marked"].as_array().unwrap().len()), (&json!("passed"), 8));

    let kacho = city.log_in("kacho", "lgwan").await;
    let section = "/course-types/security-yearly/sections/residents";
    let seen = city.get(&kacho, section).await.with(200);
    let people = seen["people"].as_array().unwrap();
    assert_eq!(people.iter().filter(|p| p["standing"] == "passed").count(), 1);
    assert!(!seen.to_string().contains("mark"), "no marks of others");
    let told = city.call(&kacho, "POST", &format!("{section}/reminders"), &json!({})).await.with(200);
    assert_eq!(told["people"].as_u64().unwrap() as usize, people.len() - 1);
    city.get(&hanako, section).await.with(403);
    city.get(&kacho, "/course-types/security-yearly/sections/digital").await.with(404);
    let kansa = city.log_in("kansa", "lgwan").await;
    let year = city.get(&kansa, "/course-types/security-yearly?year=2026").await.with(200);
    assert_eq!(year["all"]["passed"], 1);
    assert_eq!(city.get(&kansa, "/course-types").await.with(200)["whole_body"], true);
    city.get(&kansa, "/course-types?year=1").await.with(422);
    city.get(&stranger("lgwan"), "/courses").await.with(401);

    // Files as material: all of them or none, and where they were handed in.
    let files = format!("/course-runs/{run}/files");
    let hand_in = async |way: &Way, names: &[&str]| {
        let parts: Vec<_> =
            names.iter().map(|name| ("file", Some(*name), format!("untrusted {name}"))).collect();
        city.raw(way, "POST", &files, "multipart/form-data; boundary=XX", multipart(&parts)).await
    };
    assert_eq!(hand_in(&hanako, &["x.pdf"]).await.refusal().0, 403);
    assert_eq!(hand_in(&somu, &[]).await.refusal().0, 422);
    let many: Vec<String> = (0..21).map(|n| format!("{n}.pdf")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(hand_in(&somu, &many).await.refusal(), (422, "too-many".into()));
    let wrong = multipart(&[("other", Some("x.pdf"), "x".to_owned())]);
    let wrong = city.raw(&somu, "POST", &files, "multipart/form-data; boundary=XX", wrong).await;
    assert_eq!(wrong.refusal().0, 400);
    hand_in(&somu, &["資料.pdf", "様式.xlsx"]).await.with(204);
    let shown = city.get(&hanako, &path).await.with(200);
    assert_eq!(shown["files"].as_array().unwrap().len(), 2);
    assert_eq!((&shown["files"][0]["name"], &shown["files_elsewhere"]), (&json!("資料.pdf"), &json!([])));
    let file = shown["files"][0]["id"].as_str().unwrap().to_owned();
    let taken = city.get(&hanako, &format!("{path}/files/{file}")).await;
    assert_eq!((taken.status.as_u16(), &taken.bytes[..]), (200, "untrusted 資料.pdf".as_bytes()));
    assert_eq!(taken.headers["content-type"], "application/octet-stream");
    city.get(&taro, &format!("{path}/files/{file}")).await.with(404);
    let outside = city.log_in("hanako", "internet").await;
    city.get(&outside, &format!("{path}/files/{file}")).await.with(404);
    assert_eq!(city.get(&outside, &path).await.with(200)["files_elsewhere"], json!(["lgwan"]));
    let managed = city.get(&somu, "/course-types/security-yearly").await.with(200);
    assert_eq!(
        (&managed["files"][0]["run"], &managed["files"][0]["may_change"]),
        (&json!(run), &json!(true))
    );
    assert_eq!(city.get(&somu, &format!("{files}/{file}")).await.status.as_u16(), 200);
    city.get(&hanako, &format!("{files}/{file}")).await.with(403);
    city.call(&somu, "DELETE", &format!("{files}/{file}"), &json!({})).await.with(204);
    city.call(&somu, "DELETE", &format!("{files}/{file}"), &json!({})).await.with(404);
    city.get(&hanako, &format!("{path}/files/{file}")).await.with(404);

    let room = |people: Value| json!({ "on": "2026-11-20", "people": people });
    let attended = "/course-types/security-yearly/attendance";
    city.call(&somu, "POST", attended, &room(json!(["nobody"]))).await.with(422);
    let noted = city.call(&somu, "POST", attended, &room(json!(["taro"]))).await.with(200);
    assert_eq!((&noted["noted"], &noted["passed"]), (&json!(1), &json!(0)));
    city.call(&somu, "POST", &format!("/course-runs/{run}/close"), &json!({})).await.with(204);
    city.call(&somu, "POST", &format!("/course-runs/{run}/close"), &json!({})).await.with(409);
    assert_eq!(hand_in(&somu, &["late.pdf"]).await.refusal().0, 409);
}
