//! Which components, properties and parameters of calendars and cards stay.
//!
//! Owns: the lists, and writing the head of a line from them.
//! Leaves to others: values (`mod`).

use worker_protocol::Threat;

use super::property::Property;
use crate::Work;

/// Group, name and those parameters that stay.
pub(super) fn head(property: &Property, work: &mut Work<'_>) -> String {
    let mut head = property.group.as_ref().map(|group| format!("{group}.")).unwrap_or_default();
    head.push_str(&property.name);
    for (name, value) in &property.parameters {
        let plain = value.trim_matches('"');
        let is_encoding = matches!(name.as_str(), "ENCODING")
            || (name.is_empty() && property.parameter("ENCODING") == Some(plain));
        match name.as_str() {
            // Written anew with the value.
            _ if is_encoding && property.is_quoted_printable() => {}
            "CHARSET" if property.is_quoted_printable() => {}
            // Without a name only a plain word is a parameter.
            "" if !value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
                work.findings.add(Threat::Extension, &property.name);
            }
            "TZID" | "VALUE" | "LANGUAGE" | "CN" | "ROLE" | "PARTSTAT" | "RSVP" | "CUTYPE" | "RELATED"
            | "RANGE" | "FBTYPE" | "RELTYPE" | "TYPE" | "PREF" | "CHARSET" | "ENCODING" | "LABEL"
            | "SORT-AS" | "PID" | "ALTID" | "CALSCALE" | "EMAIL" | "X-IRMC-N" | "SENT-BY" | "MEMBER"
            | "DELEGATED-TO" | "DELEGATED-FROM" | "" => {
                head.push(';');
                if !name.is_empty() {
                    head.push_str(name);
                    head.push('=');
                }
                // Several values stand between commas, each in quotes of its own.
                let mut in_quotes = false;
                let values = value.split(|c| {
                    in_quotes ^= c == '"';
                    c == ',' && !in_quotes
                });
                for (at, value) in values.enumerate() {
                    let value = value.replace('"', "");
                    let quote = if value.contains([':', ';', ',']) { "\"" } else { "" };
                    head.push_str(if at > 0 { "," } else { "" });
                    head.push_str(&format!("{quote}{value}{quote}"));
                }
            }
            "ALTREP" | "DIR" | "FMTTYPE" => work.findings.add(Threat::ExternalContent, &property.name),
            _ => work.findings.add(Threat::Extension, &property.name),
        }
    }
    head
}

pub(super) fn is_component(name: &str) -> bool {
    matches!(
        name,
        "VEVENT"
            | "VTODO"
            | "VJOURNAL"
            | "VFREEBUSY"
            | "VTIMEZONE"
            | "STANDARD"
            | "DAYLIGHT"
            | "VALARM"
            | "VAVAILABILITY"
            | "AVAILABLE"
    )
}

pub(super) fn is_property(name: &str) -> bool {
    const CALENDAR: [&str; 48] = [
        "CALSCALE",
        "METHOD",
        "PRODID",
        "VERSION",
        "CATEGORIES",
        "CLASS",
        "COMMENT",
        "DESCRIPTION",
        "GEO",
        "LOCATION",
        "PERCENT-COMPLETE",
        "PRIORITY",
        "RESOURCES",
        "STATUS",
        "SUMMARY",
        "COMPLETED",
        "DTEND",
        "DUE",
        "DTSTART",
        "DURATION",
        "FREEBUSY",
        "TRANSP",
        "TZID",
        "TZNAME",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "CONTACT",
        "RECURRENCE-ID",
        "RELATED-TO",
        "UID",
        "EXDATE",
        "RDATE",
        "RRULE",
        "EXRULE",
        "ACTION",
        "REPEAT",
        "TRIGGER",
        "CREATED",
        "DTSTAMP",
        "LAST-MODIFIED",
        "SEQUENCE",
        "REQUEST-STATUS",
        "NAME",
        "REFRESH-INTERVAL",
        "COLOR",
        "ACKNOWLEDGED",
        "BUSYTYPE",
        "TZUNTIL",
    ];
    const CARD: [&str; 30] = [
        "FN",
        "N",
        "NICKNAME",
        "BDAY",
        "ANNIVERSARY",
        "GENDER",
        "ADR",
        "LABEL",
        "TEL",
        "EMAIL",
        "IMPP",
        "LANG",
        "MAILER",
        "TZ",
        "TITLE",
        "ROLE",
        "ORG",
        "MEMBER",
        "RELATED",
        "NOTE",
        "REV",
        "SORT-STRING",
        "KIND",
        "GEO",
        "PHOTO",
        "LOGO",
        "PROFILE",
        "CLIENTPIDMAP",
        "DEATHDATE",
        "BIRTHPLACE",
    ];
    const OTHERS: [&str; 14] = [
        super::mark::LEVELS,
        super::mark::LABEL,
        "X-WR-CALNAME",
        "X-WR-CALDESC",
        "X-WR-TIMEZONE",
        "X-PHONETIC-FIRST-NAME",
        "X-PHONETIC-MIDDLE-NAME",
        "X-PHONETIC-LAST-NAME",
        "X-PHONETIC-ORG",
        "X-ABLABEL",
        "X-MICROSOFT-CDO-BUSYSTATUS",
        "X-MICROSOFT-CDO-ALLDAYEVENT",
        "X-MICROSOFT-CDO-IMPORTANCE",
        "X-GENDER",
    ];
    CALENDAR.contains(&name) || CARD.contains(&name) || OTHERS.contains(&name)
}
