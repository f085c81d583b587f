//! The index of words of one node, behind [`app::finding::ports::WordIndex`].
//!
//! Owns the folder on the local disk, what an index of it looks like, and what becomes of one that cannot be read: it is moved
//! aside, once, and begun anew. It holds keys and words, never whole texts; who may see what it names is decided elsewhere,
//! again, for each subject. Leaves when it is written, and from what, to `app`.
//!
//! Words are found wherever their characters stand side by side (`letters`), in the one normal form of spellings of the house.

mod letters;

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use app::finding::ports::{IndexChange, IndexError, IndexQuestion, IndexState, WordIndex};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tantivy::{
    Index, IndexReader, IndexWriter, Order, ReloadPolicy, Searcher, TantivyDocument, TantivyError, Term,
    collector::TopDocs,
    directory::MmapDirectory,
    query::{BooleanQuery, Occur, PhraseQuery, Query, TermQuery, TermSetQuery},
    schema::{
        FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions, Value as _,
    },
    tokenizer::TextAnalyzer,
};

use letters::{Letters, Pairs};

/// Memory in which a batch is gathered before it is written, in bytes.
const WRITER_BYTES: usize = 32 << 20;

/// The index of one node. Cheap to share.
#[derive(Clone)]
pub struct NodeIndex {
    folder: PathBuf,
    /// `None` after a failure that only beginning anew can repair.
    open: Arc<Mutex<Option<Open>>>,
}

struct Open {
    index: Index,
    reader: IndexReader,
    writer: IndexWriter,
    fields: Fields,
}

#[derive(Clone, Copy)]
struct Fields {
    /// Kind and subject.
    key: Field,
    /// Exact words.
    token: Field,
    /// Which characters occur.
    letter: Field,
    /// Which pairs of characters stand where.
    pair: Field,
    at: Field,
}

/// What is committed beside the documents.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    house: String,
    form: String,
    seq: i64,
}

impl NodeIndex {
    /// Opens the index in this folder, or begins one. What is there and cannot be read is moved aside.
    ///
    /// # Errors
    /// [`IndexError::Full`]; [`IndexError::Failed`], also when another process has the folder.
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        let opened = match open(folder) {
            Err(IndexError::Damaged(why)) => {
                tracing::warn!(folder = %folder.display(), why, "the index of words cannot be read; moved aside");
                move_aside(folder)?;
                open(folder)?
            }
            other => other?,
        };
        Ok(Self { folder: folder.to_owned(), open: Arc::new(Mutex::new(Some(opened))) })
    }

    /// Runs what may wait for the disk apart from whoever serves people.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Option<Open>, &Path) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let (open, folder) = (Arc::clone(&self.open), self.folder.clone());
        let done = tokio::task::spawn_blocking(move || {
            // A panic inside the library may leave the writer unusable; its next error says so.
            work(&mut open.lock().unwrap_or_else(PoisonError::into_inner), &folder)
        });
        done.await.map_err(|e| IndexError::Damaged(format!("the work on the index stopped: {e}")))?
    }
}

fn none() -> IndexError {
    IndexError::Damaged("the index is not open".to_owned())
}

#[async_trait]
impl WordIndex for NodeIndex {
    async fn state(&self) -> Result<IndexState, IndexError> {
        self.apart(|open, _| state_of(&open.as_ref().ok_or_else(none)?.index)).await
    }

    async fn write(&self, changes: Vec<IndexChange>, state: &IndexState) -> Result<(), IndexError> {
        let IndexState { house, form, seq } = state.clone();
        self.apart(move |open, _| {
            let opened = open.as_mut().ok_or_else(none)?;
            let written = opened.write(changes, &Payload { house, form, seq });
            if written.is_err() {
                // A writer that failed is dead; a new one begins at the last commit.
                let (index, fields) = (opened.index.clone(), opened.fields);
                *open = None;
                *open = Some(with_writer(index, fields)?);
            }
            written
        })
        .await
    }

    async fn find(&self, question: IndexQuestion) -> Result<Vec<String>, IndexError> {
        // The searcher is taken under the lock, the search runs beside others.
        let searcher = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|open| (open.reader.searcher(), open.fields));
        let (searcher, fields) = searcher.ok_or_else(none)?;
        let done = tokio::task::spawn_blocking(move || subjects(&searcher, fields, &question));
        done.await.map_err(|e| IndexError::Damaged(format!("a search stopped: {e}")))?
    }

    async fn clear(&self) -> Result<(), IndexError> {
        self.apart(|open, folder| {
            // The files of an index that is read now stay until nobody reads them; the folder is another one.
            let was_open = open.take().is_some();
            if was_open && fs::remove_dir_all(folder).is_ok() {
                tracing::debug!("the index of words is begun anew");
            } else {
                move_aside(folder)?;
            }
            *open = Some(self::open(folder)?);
            Ok(())
        })
        .await
    }
}

/// The index of a node as somebody at the machine reads it, beside the process that writes it or after its end. It never writes.
#[derive(Clone)]
pub struct IndexReading {
    index: Index,
    reader: IndexReader,
    fields: Fields,
}

impl IndexReading {
    /// Opens the index that is in this folder.
    ///
    /// # Errors
    /// [`IndexError::Missing`] when there is none; otherwise as [`NodeIndex::open`].
    pub fn open(folder: &Path) -> Result<Self, IndexError> {
        if !folder.join("meta.json").is_file() {
            return Err(IndexError::Missing);
        }
        let (wanted, fields) = schema();
        let index = Index::open_in_dir(folder).map_err(damaged)?;
        if index.schema() != wanted {
            return Err(IndexError::Damaged("it has another form".to_owned()));
        }
        let reader = reading(&index)?;
        Ok(Self { index, reader, fields })
    }

    /// What it holds.
    ///
    /// # Errors
    /// As [`WordIndex::state`].
    pub fn state(&self) -> Result<IndexState, IndexError> {
        state_of(&self.index)
    }

    /// As [`WordIndex::find`], on the thread that asks.
    ///
    /// # Errors
    /// The same.
    pub fn find(&self, question: &IndexQuestion) -> Result<Vec<String>, IndexError> {
        subjects(&self.reader.searcher(), self.fields, question)
    }
}

fn state_of(index: &Index) -> Result<IndexState, IndexError> {
    let metas = index.load_metas().map_err(failed)?;
    let Some(payload) = metas.payload else { return Ok(IndexState::default()) };
    let Payload { house, form, seq } = serde_json::from_str(&payload)
        .map_err(|e| IndexError::Damaged(format!("what it says of itself: {e}")))?;
    Ok(IndexState { house, form, seq })
}

fn subjects(
    searcher: &Searcher,
    fields: Fields,
    question: &IndexQuestion,
) -> Result<Vec<String>, IndexError> {
    if question.words.is_empty() || question.limit == 0 {
        return Ok(Vec::new());
    }
    let query = query(fields, question);
    let best = TopDocs::with_limit(question.limit)
        .and_offset(question.skip)
        .order_by_fast_field::<i64>("at", Order::Desc);
    let mut subjects = Vec::new();
    for (_, address) in searcher.search(&query, &best).map_err(failed)? {
        let document: TantivyDocument = searcher.doc(address).map_err(failed)?;
        let key = document.get_first(fields.key).and_then(|v| v.as_str().map(str::to_owned));
        let key = key.ok_or_else(|| IndexError::Damaged("a document without key".to_owned()))?;
        let subject = key.split_once('/').map_or("", |(_, subject)| subject);
        subjects.push(subject.to_owned());
    }
    Ok(subjects)
}

impl Open {
    fn write(&mut self, changes: Vec<IndexChange>, payload: &Payload) -> Result<(), IndexError> {
        let fields = self.fields;
        for change in changes {
            match change {
                IndexChange::Remove(kind, subject) => {
                    self.writer.delete_term(Term::from_field_text(fields.key, &key(kind, &subject)));
                }
                IndexChange::Put(document) => {
                    let key = key(document.kind, &document.subject);
                    self.writer.delete_term(Term::from_field_text(fields.key, &key));
                    let mut held = TantivyDocument::default();
                    held.add_text(fields.key, key);
                    held.add_text(fields.token, kind_token(document.kind));
                    for token in document.tokens {
                        held.add_text(fields.token, token);
                    }
                    for text in document.texts {
                        let form = policy::folded(&text);
                        held.add_text(fields.letter, &form);
                        held.add_text(fields.pair, form);
                    }
                    held.add_i64(fields.at, order(document.at, document.nth));
                    self.writer.add_document(held).map_err(failed)?;
                }
            }
        }
        let payload = serde_json::to_string(payload).map_err(|e| IndexError::Failed(e.to_string()))?;
        let mut commit = self.writer.prepare_commit().map_err(failed)?;
        commit.set_payload(&payload);
        commit.commit().map_err(failed)?;
        self.reader.reload().map_err(failed)
    }
}

/// The place in the order of results: the moment, and within it the number. Moments of any century a house sees leave room for it.
fn order(at: i64, nth: u32) -> i64 {
    const ROOM: u32 = 1 << 20;
    at.saturating_mul(i64::from(ROOM)).saturating_add(i64::from(nth.min(ROOM - 1)))
}

fn key(kind: &str, subject: &str) -> String {
    format!("{kind}/{subject}")
}

fn kind_token(kind: &str) -> String {
    format!("k:{kind}")
}

fn query(fields: Fields, question: &IndexQuestion) -> BooleanQuery {
    let token = |token: &str| Term::from_field_text(fields.token, token);
    let one = |term: Term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
    let mut all: Vec<(Occur, Box<dyn Query>)> = vec![(Occur::Must, one(token(&kind_token(question.kind))))];
    for any in &question.any {
        let query: Box<dyn Query> = match any.as_slice() {
            [single] => one(token(single)),
            several => Box::new(TermSetQuery::new(several.iter().map(|t| token(t)))),
        };
        all.push((Occur::Must, query));
    }
    for word in &question.words {
        all.push((Occur::Must, word_query(fields, word)));
    }
    BooleanQuery::new(all)
}

/// A word fits where its pairs of characters stand one behind the other.
fn word_query(fields: Fields, word: &str) -> Box<dyn Query> {
    let letters: Vec<char> = word.chars().collect();
    let pair = |at: usize| -> Option<Term> {
        let text: String = letters.get(at..at + 2)?.iter().collect();
        Some(Term::from_field_text(fields.pair, &text))
    };
    match letters.len() {
        0 | 1 => {
            Box::new(TermQuery::new(Term::from_field_text(fields.letter, word), IndexRecordOption::Basic))
        }
        2 => Box::new(TermQuery::new(Term::from_field_text(fields.pair, word), IndexRecordOption::Basic)),
        count => {
            // Every second pair covers the word; the last one covers its end.
            let last = count - 2;
            let places = (0..last).step_by(2).chain([last]);
            let pairs = places.filter_map(|at| Some((at, pair(at)?))).collect();
            Box::new(PhraseQuery::new_with_offset(pairs))
        }
    }
}

fn schema() -> (Schema, Fields) {
    let words = |tokenizer: &str, option: IndexRecordOption| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer(tokenizer)
            .set_index_option(option)
            // Nothing is ranked by how long its text is.
            .set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing)
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        key: schema.add_text_field("key", STRING | STORED),
        token: schema.add_text_field("token", STRING),
        letter: schema.add_text_field("letter", words(letters::LETTERS, IndexRecordOption::Basic)),
        pair: schema.add_text_field("pair", words(letters::PAIRS, IndexRecordOption::WithFreqsAndPositions)),
        at: schema.add_i64_field("at", FAST),
    };
    (schema.build(), fields)
}

fn open(folder: &Path) -> Result<Open, IndexError> {
    // Words of what people handed in lie in it: nobody else reads it.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|e| of_disk(&e))?;
    let (schema, fields) = schema();
    let directory = MmapDirectory::open(folder).map_err(|e| IndexError::Failed(e.to_string()))?;
    let index = Index::open_or_create(directory, schema).map_err(|error| match error {
        // What cannot be opened is not what this program wrote, or not any more.
        error @ (TantivyError::IoError(_) | TantivyError::LockFailure(..)) => failed(error),
        error => IndexError::Damaged(error.to_string()),
    })?;
    with_writer(index, fields)
}

fn with_writer(index: Index, fields: Fields) -> Result<Open, IndexError> {
    let reader = reading(&index)?;
    let writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(failed)?;
    Ok(Open { index, reader, writer, fields })
}

fn reading(index: &Index) -> Result<IndexReader, IndexError> {
    index.tokenizers().register(letters::LETTERS, TextAnalyzer::from(Letters::default()));
    index.tokenizers().register(letters::PAIRS, TextAnalyzer::from(Pairs::default()));
    index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(damaged)
}

/// Moves what cannot be read aside, over what was moved there before.
fn move_aside(folder: &Path) -> Result<(), IndexError> {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push("-damaged");
    let aside = folder.with_file_name(name);
    match fs::remove_dir_all(&aside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(of_disk(&error)),
    }
    match fs::rename(folder, &aside) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(of_disk(&error)),
    }
}

fn of_disk(error: &io::Error) -> IndexError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => IndexError::Full,
        _ => IndexError::Failed(error.to_string()),
    }
}

fn damaged(error: TantivyError) -> IndexError {
    match failed(error) {
        IndexError::Failed(why) => IndexError::Damaged(why),
        other => other,
    }
}

/// What an error of the library means.
fn failed(error: TantivyError) -> IndexError {
    match error {
        TantivyError::IoError(error) => of_disk(&error),
        TantivyError::DataCorruption(why) => IndexError::Damaged(format!("{why:?}")),
        TantivyError::OpenReadError(why) => IndexError::Damaged(why.to_string()),
        TantivyError::IncompatibleIndex(why) => IndexError::Damaged(format!("{why:?}")),
        error @ (TantivyError::ErrorInThread(_) | TantivyError::Poisoned) => {
            // The thread's own error is only told as text.
            let text = error.to_string();
            let full = text.contains("StorageFull") || text.contains("No space left");
            if full { IndexError::Full } else { IndexError::Failed(text) }
        }
        error => IndexError::Failed(error.to_string()),
    }
}

#[cfg(test)]
mod tests;
