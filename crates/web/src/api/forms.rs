//! Fields of forms, as requests and reports of duties have them.
//!
//! Owns their one shape for programs.

use serde::Serialize;
use utoipa::ToSchema;

/// A field of a form.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormFieldView {
    id: String,
    title: String,
    /// `text`, `long-text`, `date`, `choice`, `bool`, `number`, `parameter`, `person`, `edition`, `zone` or `row`.
    #[serde(rename = "type")]
    kind: String,
    /// Where it is asked for.
    required: bool,
    choices: Vec<String>,
    chars_max: u32,
    /// The earlier field and its answer without which it is not asked for.
    shown_when: Option<(String, String)>,
    /// Of `row`: the register. The answer is the number of a row, such as `E-0012`.
    register: Option<String>,
}

impl From<&policy::FormField> for FormFieldView {
    fn from(field: &policy::FormField) -> Self {
        Self {
            id: field.id.clone(),
            title: field.title.clone(),
            kind: field.kind.id().to_owned(),
            required: field.required,
            choices: field.choices.clone(),
            chars_max: field.chars_max,
            shown_when: field.shown_when.as_ref().map(|w| (w.field.clone(), w.is.clone())),
            register: field.register.clone(),
        }
    }
}
