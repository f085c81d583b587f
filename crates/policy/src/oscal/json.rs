//! JSON as OSCAL needs it: objects keep their order, and nothing in them is said twice.
//!
//! Owns: the value, reading one from bytes nobody vouches for (bounded in bytes, depth and values), and writing one.
//! Leaves to others: what the keys mean.
//!
//! The map of the library forgets the order of keys or keeps it, as other packages of a build ask it to, and of a key that
//! comes twice it keeps the last. Both would show: exports must not change with the build, and a reader must lose nothing.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

/// The largest file that is read, in bytes. The largest catalog in wide use has about ten million.
pub const INPUT_BYTES_MAX: usize = 32 << 20;

/// The most values of a file: texts, numbers, lists, objects.
pub const VALUES_MAX: usize = 1_000_000;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Json {
    Null,
    Flag(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Why bytes are not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Beyond [`INPUT_BYTES_MAX`].
    #[error("the file has more than {INPUT_BYTES_MAX} bytes")]
    TooLarge,
    /// Beyond [`VALUES_MAX`].
    #[error("the file has more than {VALUES_MAX} values")]
    TooMany,
    /// Lists and objects inside each other without end.
    #[error("the file is nested too deeply, in line {line}")]
    TooDeep {
        /// Counted from 1.
        line: usize,
    },
    /// Not JSON, or a key comes twice.
    #[error("not sound JSON in line {line}, column {column}: {why}")]
    Unsound {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What the parser says.
        why: String,
    },
}

/// Reads a file.
pub(super) fn read(untrusted: &[u8]) -> Result<Json, JsonError> {
    if untrusted.len() > INPUT_BYTES_MAX {
        return Err(JsonError::TooLarge);
    }
    let bytes = untrusted.strip_prefix(b"\xef\xbb\xbf").unwrap_or(untrusted);
    let left = Cell::new(VALUES_MAX);
    let mut from = serde_json::Deserializer::from_slice(bytes);
    let value = Reader { left: &left }.deserialize(&mut from).and_then(|value| from.end().map(|()| value));
    value.map_err(|error| {
        let why = error.to_string();
        // The library bounds the depth itself and tells it in words only.
        if why.starts_with("recursion limit") {
            JsonError::TooDeep { line: error.line() }
        } else if left.get() == 0 {
            JsonError::TooMany
        } else {
            let why = why.split(" at line ").next().unwrap_or_default().to_owned();
            JsonError::Unsound { line: error.line(), column: error.column(), why }
        }
    })
}

struct Reader<'c> {
    left: &'c Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Json;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Json, D::Error> {
        from.deserialize_any(self)
    }
}

impl Reader<'_> {
    fn count<E: serde::de::Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1).ok_or_else(|| E::custom("too many values"))?;
        self.left.set(left);
        if left == 0 { Err(E::custom("too many values")) } else { Ok(()) }
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Json, E> {
        self.count()?;
        Ok(Json::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, flag: bool) -> Result<Json, E> {
        self.count()?;
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Json, E> {
        self.count()?;
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Json, E> {
        self.count()?;
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Json, E> {
        self.count()?;
        serde_json::Number::from_f64(number).map(Json::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Json, E> {
        self.count()?;
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Json, E> {
        self.count()?;
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        self.count()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Reader { left: self.left })? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        self.count()?;
        let mut entries: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                let short: String = key.chars().take(40).collect();
                return Err(A::Error::custom(format!("the key {short:?} comes twice in one object")));
            }
            let value = map.next_value_seed(Reader { left: self.left })?;
            entries.push((key, value));
        }
        Ok(Json::Object(entries))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => to.serialize_unit(),
            Json::Flag(flag) => to.serialize_bool(*flag),
            Json::Number(number) => number.serialize(to),
            Json::Text(text) => to.serialize_str(text),
            Json::List(list) => {
                let mut seq = to.serialize_seq(Some(list.len()))?;
                for value in list {
                    seq.serialize_element(value)?;
                }
                seq.end()
            }
            Json::Object(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl Json {
    /// The file: indented, and with a line end at its end.
    pub(super) fn to_text(&self) -> String {
        // Texts, numbers and flags only: serialising cannot fail. An empty text would be refused by every reader.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Json::Text(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Json::Text(text)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Json::Flag(flag)
    }
}

/// An object that is being written. The schemas know no empty list and no null: what is empty is left out.
#[derive(Debug, Default)]
pub(super) struct Writer(Vec<(String, Json)>);

impl Writer {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn put(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.0.push((key.to_owned(), value.into()));
        self
    }

    pub(super) fn maybe(self, key: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.put(key, value),
            None => self,
        }
    }

    pub(super) fn list(mut self, key: &str, list: Vec<Json>) -> Self {
        if !list.is_empty() {
            self.0.push((key.to_owned(), Json::List(list)));
        }
        self
    }

    pub(super) fn object(self) -> Json {
        Json::Object(self.0)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Writer> for Json {
    fn from(writer: Writer) -> Self {
        writer.object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_in_its_order() {
        let text = "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null,\n    \"①\",\n    -2,\n    1.5\n  ]\n}\n";
        assert_eq!(read(text.as_bytes()).unwrap().to_text(), text);
    }

    #[test]
    fn a_mark_of_byte_order_is_no_part_of_it() {
        assert_eq!(read(b"\xef\xbb\xbf{}"), Ok(Json::Object(Vec::new())));
    }

    #[test]
    fn what_is_not_sound_is_refused_with_its_place() {
        for (text, wanted) in [
            ("", "not sound JSON in line 1, column 0: EOF while parsing a value"),
            ("{", "not sound JSON in line 1, column 1: EOF while parsing an object"),
            ("{} x", "not sound JSON in line 1, column 4: trailing characters"),
            ("<x/>", "not sound JSON in line 1, column 1: expected value"),
            ("[1,\n2,]", "not sound JSON in line 2, column 3: trailing comma"),
        ] {
            assert_eq!(read(text.as_bytes()).unwrap_err().to_string(), wanted, "{text}");
        }
        let twice = read(br#"{"a": {"x": 1, "x": 2}}"#).unwrap_err().to_string();
        assert!(twice.contains("\"x\" comes twice"), "{twice}");
        assert!(matches!(read(b"\"\xff\""), Err(JsonError::Unsound { .. })));
    }

    #[test]
    fn everything_has_a_bound() {
        let deep = "[".repeat(100_000);
        assert!(matches!(read(deep.as_bytes()), Err(JsonError::TooDeep { line: 1 })));
        let large = vec![b' '; INPUT_BYTES_MAX + 1];
        assert_eq!(read(&large), Err(JsonError::TooLarge));
        let many = format!("[{}0]", "0,".repeat(VALUES_MAX));
        assert_eq!(read(many.as_bytes()), Err(JsonError::TooMany));
    }
}
