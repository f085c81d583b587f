//! Words of 方針の書出し.

use policy::oscal::Model;

/// What people call a model, and what is in it.
#[must_use]
pub fn model(model: Model) -> (&'static str, &'static str) {
    match model {
        Model::Catalog => ("目録(catalog)", "文書、条項、遵守事項、定めるべき値、用語、適用範囲。"),
        Model::Profile => ("プロファイル(profile)", "下の層から採るものと、そこに定めた値。"),
        Model::Component => (
            "仕組みの一覧(component-definition)",
            "どの仕組みがどの遵守事項に応えるか。この版にあるか、予定か。",
        ),
    }
}
