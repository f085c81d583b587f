//! 方針の書出し: the policy as files in OSCAL.

use app::{actor::Prospect, policy_export::MODELS};
use axum::{
    extract::{Path, Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use policy::{Mechanism, oscal::Model};

use super::{Pairs, one, view};
use crate::{
    dates,
    door::Signed,
    site::{Site, render},
    words,
};

pub(crate) async fn page(State(site): State<Site>, who: Signed) -> Response {
    let app = site.app();
    let pack = app.pack();
    let taking = app.taking_policy(&who.actor);
    let (public, internal): (Vec<_>, Vec<_>) = pack.documents().iter().partition(|d| d.public);
    let titles = |list: Vec<&policy::Document>| list.into_iter().map(|d| d.title.clone()).collect();
    render(&view::OscalPage {
        frame: site.frame(Some(&who.actor), "方針の書出し", "/clauses", &[Mechanism::PolicyVersion], ""),
        policy: format!("{}(版 {})", pack.title(), pack.version()),
        public: titles(public),
        internal: titles(internal),
        models: MODELS
            .iter()
            .map(|model| {
                let (title, about) = words::oscal::model(*model);
                view::OscalModel { id: model.id(), title, about, public: *model != Model::Component }
            })
            .collect(),
        may: taking == Prospect::Now,
        factor_needed: taking == Prospect::AfterSecondFactor,
    })
}

pub(crate) async fn file(
    State(site): State<Site>,
    who: Signed,
    Path(model): Path<String>,
    Query(query): Query<Pairs>,
) -> Response {
    let app = site.app();
    let public = one(&query, "public") == "1";
    let Some(model) = model.strip_suffix(".json").and_then(Model::from_id) else {
        return site.fail(Some(&who.actor), &app::Error::NotFound);
    };
    let taken = app.export_policy(&who.actor, model, public, env!("CARGO_PKG_VERSION"), dates::iso).await;
    match taken {
        Ok(file) => {
            let tier = if public { "public" } else { "internal" };
            let name = format!("{}-{}-{tier}.json", app.pack().id(), model.id());
            let headers = [
                (header::CONTENT_TYPE, "application/json".to_owned()),
                (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
            ];
            (headers, file.text).into_response()
        }
        Err(error) => site.fail(Some(&who.actor), &error),
    }
}
