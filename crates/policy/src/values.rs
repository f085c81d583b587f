//! Values that a body gives to parameters while it runs.
//!
//! Owns: reading a typed text as a parameter's value inside its bounds, and the pack that such values make of a pack.
//! Leaves to others: who may set one and when it holds (`app`), values written in a pack's files (`resolve`).

use std::collections::BTreeMap;

use thiserror::Error;

use crate::check;
use crate::model::{Course, DutyType, Pack, Parameter, ParameterType, ParameterValue, Setting};
use crate::problem::Problem;

/// Longest value in words, in characters.
pub const VALUE_CHARS_MAX: usize = 1_000;

/// Why a text is no value of a parameter, or a value cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValueError {
    /// A whole number of zero or more is asked for.
    #[error("not a whole number")]
    NotANumber,
    /// A number outside the parameter's bounds.
    #[error("not between {min} and {max}")]
    OutOfBounds {
        /// The smallest allowed.
        min: u64,
        /// The largest allowed.
        max: u64,
    },
    /// Not one of the parameter's choices.
    #[error("not one of the choices")]
    NotAChoice,
    /// Neither yes nor no.
    #[error("neither 有 nor 無")]
    NotAFlag,
    /// No words, or too many.
    #[error("not 1 to {VALUE_CHARS_MAX} characters")]
    Length,
    /// Zero, for a deadline, a size or a period.
    #[error("`{0}` must not be zero where it is used")]
    Zero(String),
    /// The pack has no such parameter.
    #[error("there is no parameter `{0}`")]
    Unknown(String),
}

impl ValueError {
    /// A stable word.
    #[must_use]
    pub fn id(&self) -> &'static str {
        match self {
            ValueError::NotANumber => "not-a-number",
            ValueError::OutOfBounds { .. } => "out-of-bounds",
            ValueError::NotAChoice => "not-allowed",
            ValueError::NotAFlag => "not-a-flag",
            ValueError::Length => "length",
            ValueError::Zero(_) => "zero",
            ValueError::Unknown(_) => "unknown",
        }
    }
}

/// A value in force that was set while the house ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetValue {
    /// The value; `None`: not set any more.
    pub value: Option<ParameterValue>,
    /// Who approved it and when, in words.
    pub decided: String,
}

impl Parameter {
    /// Reads a text that somebody typed as a value of this parameter.
    ///
    /// # Errors
    /// [`ValueError`].
    pub fn read_value(&self, untrusted: &str) -> Result<ParameterValue, ValueError> {
        let text = untrusted.trim();
        match self.kind {
            ParameterType::Text if (1..=VALUE_CHARS_MAX).contains(&text.chars().count()) => {
                Ok(ParameterValue::Text(text.to_owned()))
            }
            ParameterType::Text => Err(ValueError::Length),
            ParameterType::Choice if self.choices.iter().any(|c| c == text) => {
                Ok(ParameterValue::Text(text.to_owned()))
            }
            ParameterType::Choice => Err(ValueError::NotAChoice),
            ParameterType::Flag => match text {
                "有" | "true" => Ok(ParameterValue::Flag(true)),
                "無" | "false" => Ok(ParameterValue::Flag(false)),
                _ => Err(ValueError::NotAFlag),
            },
            _ => {
                // As in a pack: digits only, and never more than a file could hold.
                let digits: String = text.chars().map(narrow).collect();
                let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let number: u64 = digits.parse().ok().filter(|_| is_number).ok_or(ValueError::NotANumber)?;
                let (min, max) = (self.min.unwrap_or(0), self.max.unwrap_or(i64::MAX.unsigned_abs()));
                if (min..=max).contains(&number) {
                    Ok(ParameterValue::Number(number))
                } else {
                    Err(ValueError::OutOfBounds { min, max })
                }
            }
        }
    }
}

/// Offices type digits in full width too.
fn narrow(c: char) -> char {
    match c {
        '０'..='９' => char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c),
        _ => c,
    }
}

impl ParameterValue {
    /// The text that [`Parameter::read_value`] reads as this value.
    #[must_use]
    pub fn typed(&self) -> String {
        self.to_string()
    }
}

impl Pack {
    /// The same pack with these values in the place of what its files say.
    ///
    /// # Errors
    /// [`ValueError::Unknown`], [`ValueError::Zero`].
    pub fn with_values(&self, values: &BTreeMap<String, SetValue>) -> Result<Pack, ValueError> {
        let mut pack = self.clone();
        for (id, set) in values {
            let parameter = pack
                .parameters
                .iter_mut()
                .find(|p| p.id == *id)
                .ok_or_else(|| ValueError::Unknown(id.clone()))?;
            parameter.value.clone_from(&set.value);
            parameter.decided = Some(set.decided.clone());
            // Where a file wrote it is no longer where the value comes from.
            parameter.value_origin = None;
        }
        let number = |id: &str| match values.get(id).map(|set| &set.value) {
            Some(Some(ParameterValue::Number(number))) => Some(Some(*number)),
            Some(_) => Some(None),
            None => None,
        };
        for setting in settings_of(&mut pack) {
            let Some(value) = setting.parameter.as_deref().and_then(number) else { continue };
            if value == Some(0) {
                return Err(ValueError::Zero(setting.parameter.clone().unwrap_or_default()));
            }
            setting.value = value;
        }
        Ok(pack)
    }

    /// What stops the pack from being run: parameters without which a checkpoint cannot work. Empty when it can be run.
    #[must_use]
    pub fn readiness(&self) -> Vec<Problem> {
        check::readiness(self)
    }
}

/// Every number that may come from a parameter.
fn settings_of(pack: &mut Pack) -> Vec<&mut Setting> {
    let retention = &mut pack.retention;
    let mut settings =
        vec![&mut retention.originals_days, &mut retention.results_days, &mut retention.evidence_years];
    for channel in &mut pack.channels {
        settings.extend([&mut channel.file_bytes_max, &mut channel.files_max]);
    }
    for request in &mut pack.requests {
        settings.extend(request.steps.iter_mut().map(|step| &mut step.deadline_hours));
        settings.extend(request.period.iter_mut().filter_map(|p| p.days_max.as_mut()));
        settings.extend(request.afterwards.iter_mut().map(|a| &mut a.within_hours));
    }
    settings.extend(pack.duty_types.iter_mut().flat_map(DutyType::settings_mut));
    settings.extend(pack.courses.iter_mut().flat_map(Course::settings_mut));
    settings.push(&mut pack.notice_hours.keep_days);
    settings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::Origin;

    fn parameter(kind: ParameterType) -> Parameter {
        Parameter {
            id: "p".to_owned(),
            title: "p".to_owned(),
            clause: None,
            kind,
            min: kind.is_number().then_some(8),
            max: kind.is_number().then_some(64),
            choices: vec!["甲".to_owned(), "乙".to_owned()],
            value: None,
            suggested: None,
            needed: false,
            decided: None,
            note: None,
            origin: Origin { layer: "t".into(), file: "t/t.toml".into(), line: 1, column: 1 },
            value_origin: None,
        }
    }

    #[test]
    fn a_typed_text_is_a_value_or_says_why_not() {
        use ParameterType as T;
        let number = |n| Ok(ParameterValue::Number(n));
        let text = |t: &str| Ok(ParameterValue::Text(t.to_owned()));
        let bounds = Err(ValueError::OutOfBounds { min: 8, max: 64 });
        for (kind, typed, expected) in [
            (T::Count, "12", number(12)),
            (T::Count, " １２ ", number(12)),
            (T::Days, "8", number(8)),
            (T::Days, "7", bounds.clone()),
            (T::Days, "65", bounds),
            (T::Hours, "-8", Err(ValueError::NotANumber)),
            (T::Hours, "+8", Err(ValueError::NotANumber)),
            (T::Hours, "8.5", Err(ValueError::NotANumber)),
            (T::Hours, "99999999999999999999", Err(ValueError::NotANumber)),
            (T::Hours, "", Err(ValueError::NotANumber)),
            (T::Choice, "乙", text("乙")),
            (T::Choice, "丙", Err(ValueError::NotAChoice)),
            (T::Flag, "有", Ok(ParameterValue::Flag(true))),
            (T::Flag, "false", Ok(ParameterValue::Flag(false))),
            (T::Flag, "はい", Err(ValueError::NotAFlag)),
            (T::Text, " 毎年 ", text("毎年")),
            (T::Text, " ", Err(ValueError::Length)),
        ] {
            let read = parameter(kind).read_value(typed);
            assert_eq!(read, expected, "{} {typed}", kind.id());
            if let Ok(value) = read {
                assert_eq!(parameter(kind).read_value(&value.typed()), Ok(value), "typed again");
            }
        }
        assert_eq!(parameter(T::Text).read_value(&"あ".repeat(1_001)), Err(ValueError::Length));
    }
}
