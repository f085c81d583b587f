//! What a person does in the browser: log in, search a colleague, attach files, wait, read.
//!
//! Owns the words for acts and the waiting; every wait has an end and says what it waited for.
//! Leaves the order of acts to `flows`.

use std::{path::PathBuf, time::Duration};

use fantoccini::{
    Locator,
    elements::Element,
    error::{CmdError, ErrorStatus},
};
use serde_json::{Value, json};

use crate::ground::Ground;

/// How long anything may take on a busy machine before it counts as broken.
const PATIENCE: Duration = Duration::from_secs(60);
const TRY_EVERY: Duration = Duration::from_millis(100);
const TRIES: u32 = 600;
const RELOAD_EVERY: Duration = Duration::from_millis(500);
const RELOADS: u32 = 360;

/// Notes whether a click leads away: a form is sent or a link followed that no script took over. It listens last of all.
const WATCH: &str = "\
    const first = window.leaves === undefined; \
    window.leaves = false; \
    if (!first) return; \
    addEventListener('submit', (event) => { if (!event.defaultPrevented) window.leaves = true; }); \
    addEventListener('click', (event) => { \
        const link = event.target.closest?.('a[href]'); \
        if (!link || event.defaultPrevented || link.target === '_blank') return; \
        const [here, there] = [location.href, link.href].map((address) => address.split('#')[0]); \
        if (here !== there || !link.hash) window.leaves = true; \
    });";
/// `here` when a click led nowhere, `there` when another page has come since, otherwise on the way.
const WHERE: &str = "\
    if (window.leaves === undefined) return document.readyState === 'complete' ? 'there' : 'coming'; \
    return window.leaves ? 'leaving' : 'here';";

/// What is typed into the form of a new transfer.
pub(crate) struct Draft<'a> {
    pub(crate) channel: &'a str,
    pub(crate) to: &'a str,
    pub(crate) subject: &'a str,
    pub(crate) class: &'a str,
    pub(crate) purpose: &'a str,
    /// Further fields: name and text.
    pub(crate) answers: &'a [(&'a str, &'a str)],
    pub(crate) files: Vec<PathBuf>,
}

impl Ground {
    /// Logs in at a zone as somebody, whoever was there before.
    pub(crate) async fn enter(&self, zone: &str, login: &str) {
        self.go(zone, "/logout").await;
        if self.see("form[action='/logout'] button").await {
            self.click("form[action='/logout'] button").await;
        }
        self.go(zone, "/login").await;
        self.write("#f-login", login).await;
        self.write("#f-password", &self.city.password).await;
        self.click("form[action='/login'] button").await;
        self.wait_for(".site__user, form[action='/login/code']").await;
        let factor = self.city.factors.lock().unwrap().get(self.city.name(login)).cloned();
        // A code works once; the next one comes after half a minute. A code that did not work is not tried again: that locks.
        let mut tried = String::new();
        for _ in 0..80 {
            let (Some(secret), true) = (&factor, self.see("form[action='/login/code']").await) else { break };
            let now = code(secret);
            if now != tried {
                self.write("#f-code", &now).await;
                self.click("form[action='/login/code'] button").await;
                self.wait_for(".site__user, form[action='/login/code'] #f-code").await;
                tried = now;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        self.wait_for(".site__user").await;
        assert!(self.text(".site__user").await.contains(self.city.name(login)));
        let zone_words = self.text(".zone__words").await;
        assert!(zone_words.contains(self.city.label(zone)), "{zone_words}");
    }

    /// Registers an authenticator application for whoever is logged in, as the account page tells.
    pub(crate) async fn enrol_second_factor(&self, zone: &str) {
        self.go(zone, "/account").await;
        self.press("登録を始める").await;
        self.wait_for(".secret").await;
        let shown: String = self.text(".secret").await.chars().filter(|c| !c.is_whitespace()).collect();
        let who = self.text(".site__user b").await;
        self.city.factors.lock().unwrap().insert(who, shown.clone());
        self.write("#f-code", &code(&shown)).await;
        self.press("登録する").await;
        self.until("このログインでは確認も済んでいます").await;
    }

    pub(crate) async fn go(&self, zone: &str, path: &str) {
        self.client.goto(&format!("{}{path}", self.city.url(zone))).await.unwrap();
    }

    pub(crate) async fn path(&self) -> String {
        self.client.current_url().await.unwrap().path().to_owned()
    }

    pub(crate) async fn find(&self, css: &str) -> Element {
        self.wait_for(css).await;
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element,
            Err(error) => panic!("no {css} on {}: {error}\n{}", self.path().await, self.text("main").await),
        }
    }

    pub(crate) async fn see(&self, css: &str) -> bool {
        !self.client.find_all(Locator::Css(css)).await.unwrap().is_empty()
    }

    pub(crate) async fn click(&self, css: &str) {
        self.click_at(Locator::Css(css)).await;
    }

    /// Follows the link or presses the button with these words.
    pub(crate) async fn press(&self, words: &str) {
        self.click_at(Locator::XPath(&saying(words))).await;
    }

    /// Clicks what is there, and when that leads to another page, waits until it is there: what is looked for next may stand
    /// on this one, too.
    pub(crate) async fn click_at(&self, place: Locator<'_>) {
        // A page that has just been loaded again by itself cannot answer yet.
        for _ in 0..TRIES {
            if self.client.execute(WATCH, Vec::new()).await.is_ok() {
                break;
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        self.touch(place).await;
        for _ in 0..TRIES {
            // Between two pages there is nothing that could answer.
            match self.client.execute(WHERE, Vec::new()).await {
                Ok(stage) if stage == "here" || stage == "there" => return,
                _ => tokio::time::sleep(TRY_EVERY).await,
            }
        }
        panic!("{place:?} leads nowhere from {}: {}", self.path().await, self.text("main").await);
    }

    /// Takes the file that the link or button with these words gives; the page stays.
    pub(crate) async fn take(&self, words: &str, name: &str) -> PathBuf {
        self.take_at(Locator::XPath(&saying(words)), name).await
    }

    pub(crate) async fn take_at(&self, place: Locator<'_>, name: &str) -> PathBuf {
        self.touch(place).await;
        self.downloaded(name).await
    }

    /// Clicks without waiting for anything. A page that keeps itself up to date may replace an element between finding and
    /// clicking it; a person would not notice, so it is found again.
    async fn touch(&self, place: Locator<'_>) {
        let mut last = None;
        for _ in 0..TRIES {
            match self.client.find(place).await {
                Ok(element) => match element.click().await {
                    Ok(()) => return,
                    Err(error) if is_stale(&error) => last = Some(error),
                    Err(error) => panic!("{place:?} on {} cannot be clicked: {error}", self.path().await),
                },
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        panic!("no {place:?} on {}: {last:?}\n{}", self.path().await, self.text("main").await);
    }

    /// Writes into a field, found again when the page replaced it meanwhile.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let mut last = None;
        for _ in 0..TRIES {
            let field = self.find(css).await;
            let written = match field.clear().await {
                Ok(()) => field.send_keys(text).await,
                Err(error) => Err(error),
            };
            match written {
                Ok(()) => return,
                Err(error) if is_stale(&error) => last = Some(error),
                Err(error) => panic!("{css} on {} cannot be written into: {error}", self.path().await),
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        panic!("no {css} that stays on {}: {last:?}", self.path().await);
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        match self.client.find(Locator::Css(css)).await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Runs a script and returns what it returns.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    pub(crate) async fn wait_for(&self, css: &str) {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        if let Err(error) = found {
            panic!("waited for {css} on {}: {error}\n{}", self.path().await, self.text("main").await);
        }
    }

    /// Waits until the page says these words: what a script fetches comes later than the page.
    pub(crate) async fn until(&self, words: &str) {
        for _ in 0..TRIES {
            if self.text("main").await.contains(words) {
                return;
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        panic!("{} does not say {words}: {}", self.path().await, self.text("main").await);
    }

    /// Waits until the page of a transfer shows a state, without loading it again.
    pub(crate) async fn wait_state(&self, state: &str) {
        self.wait_for(&format!("[data-live][data-state='{state}']")).await;
    }

    /// Opens the page again until a transfer is in a state: what a person without script does.
    pub(crate) async fn reload_until(&self, state: &str) {
        let wanted = format!("[data-live][data-state='{state}']");
        self.reload(state, async || self.see(&wanted).await).await;
    }

    /// Opens the page again until it says these words: what comes by itself within a minute of its day.
    pub(crate) async fn reload_until_says(&self, words: &str) {
        self.reload(words, async || self.text("main").await.contains(words)).await;
    }

    async fn reload(&self, wanted: &str, is_there: impl AsyncFn() -> bool) {
        for _ in 0..RELOADS {
            if is_there().await {
                return;
            }
            tokio::time::sleep(RELOAD_EVERY).await;
            self.client.refresh().await.unwrap();
        }
        panic!("{} is never {wanted}: {}", self.path().await, self.text("main").await);
    }

    /// Fills the form of a new transfer; the page must be open.
    pub(crate) async fn fill(&self, draft: &Draft<'_>) {
        self.click(&format!("label[for='c-{}']", draft.channel)).await;
        self.choose_recipient(draft.to).await;
        self.write("#f-subject", draft.subject).await;
        self.click(&format!("input[name='classification'][value='{}']", draft.class)).await;
        self.write("#f-purpose", draft.purpose).await;
        self.answer(draft.answers).await;
        self.attach("#f-file", &draft.files).await;
    }

    /// Answers what the chosen channel asks for: name and text.
    pub(crate) async fn answer(&self, answers: &[(&str, &str)]) {
        for (field, text) in answers {
            let field = self.find(&format!("[name='answer.{field}']")).await;
            match field.tag_name().await.unwrap().as_str() {
                "select" => field.select_by_label(text).await.unwrap(),
                _ => field.send_keys(text).await.unwrap(),
            }
        }
    }

    /// Searches a colleague and ticks him.
    pub(crate) async fn choose_recipient(&self, login: &str) {
        let name = self.city.name(login).to_owned();
        self.write("#f-q", name.split(' ').next().unwrap_or(&name)).await;
        let row = format!("//ul[@data-found]//li[contains(., '{name}')]//input");
        self.client.wait().at_most(PATIENCE).for_element(Locator::XPath(&row)).await.unwrap();
        // The list is renewed while typing; the first answer may be for the first letters.
        for _ in 0..50 {
            let ticked = match self.client.find(Locator::XPath(&row)).await {
                Ok(tick) => tick.click().await.is_ok(),
                Err(_) => false,
            };
            if ticked {
                break;
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        self.wait_for("[data-chosen-people] input:checked").await;
    }

    pub(crate) async fn attach(&self, css: &str, files: &[PathBuf]) {
        let paths: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
        self.find(css).await.send_keys(&paths.join("\n")).await.unwrap();
    }

    /// Sends the form that is open and arrives at the page of the transfer; returns its path.
    pub(crate) async fn send(&self) -> String {
        self.click("#step-4 .button--main").await;
        self.wait_for("[data-live]").await;
        self.path().await
    }

    /// Waits for a download to be complete.
    async fn downloaded(&self, name: &str) -> PathBuf {
        let path = self.downloads.join(name);
        for _ in 0..TRIES {
            // Chromium reserves the name with an empty file, writes under another name and renames at the end.
            if path.metadata().is_ok_and(|file| file.len() > 0) {
                return path;
            }
            tokio::time::sleep(TRY_EVERY).await;
        }
        let there: Vec<_> =
            std::fs::read_dir(&self.downloads).unwrap().flatten().map(|e| e.file_name()).collect();
        panic!("{name} was not downloaded; there are {there:?}");
    }

    /// The names that the page of a transfer gives its files, with their states.
    pub(crate) async fn files(&self) -> Vec<(String, String)> {
        let script = "return [...document.querySelectorAll('article.file')].map(f => [\
                      f.querySelector('.file__name').textContent, \
                      f.querySelector('.file__head > .chip').textContent.trim()])";
        serde_json::from_value(self.ask(script).await).unwrap()
    }

    /// Whether the focus is on something, and where.
    pub(crate) async fn has_focus(&self, css: &str) -> bool {
        let script = "return document.activeElement !== null && document.activeElement.matches(arguments[0])";
        self.client.execute(script, vec![json!(css)]).await.unwrap() == json!(true)
    }
}

/// What an authenticator application shows now.
fn code(secret_base32: &str) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret_base32).unwrap();
    #[expect(clippy::disallowed_methods, reason = "an authenticator application has a clock of its own")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let application = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    application.generate(now.as_secs()).to_string()
}

fn is_stale(error: &CmdError) -> bool {
    matches!(error, CmdError::Standard(e) if e.error == ErrorStatus::StaleElementReference)
}

/// Where a link or a button with these words is.
fn saying(words: &str) -> String {
    format!("//main//*[self::a or self::button][contains(normalize-space(.), '{words}')]")
}
