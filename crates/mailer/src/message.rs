//! A letter as a message of RFC 5322.
//!
//! Owns its headers. What comes from outside is the address, which must parse as one, and the id, of which only what may stand in a
//! `Message-ID` is taken: so no header can be slipped in. Leaves the text to [`super::text`].

use std::time::{Duration, SystemTime};

use app::notices::{Letter, MailError};
use lettre::{
    Address, Message,
    message::{
        Mailbox, SinglePart,
        header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
    },
};

use super::{Form, text};

pub(super) fn of(form: &Form, letter: &Letter) -> Result<Message, MailError> {
    let broken = |e: &dyn std::fmt::Display| MailError::Never(format!("the mail cannot be written: {e}"));
    let to: Address = letter.to.parse().map_err(|e| broken(&e))?;
    let id: String = letter.id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let made = u64::try_from(letter.made_at).unwrap_or(0);
    let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
    let builder = Message::builder()
        .message_id(Some(format!("<{id}@{}>", form.from.email.domain())))
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(made))
        .from(form.from.clone())
        .to(Mailbox::new(None, to))
        .subject(text::subject(letter))
        // So that nobody's note of absence answers it.
        .raw_header(HeaderValue::new(auto, "auto-generated".to_owned()));
    let part = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        // Japanese in UTF-8 reaches every mail server in this form, also one that takes seven bits only.
        .header(ContentTransferEncoding::Base64)
        .body(text::body(form, letter));
    builder.singlepart(part).map_err(|e| broken(&e))
}
