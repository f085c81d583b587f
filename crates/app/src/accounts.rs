//! Accounts from their owner's side: login, second factor, sessions, tokens, passwords, absence.
//!
//! Owns proving who somebody is and everything a person does with his own account.
//! Leaves administration of others' accounts to [`crate::people`].
//!
//! Secrets: a password is kept as an argon2id hash, a session or token as the SHA-256 of 256 random bits, the
//! secret of a second factor sealed by the vault. None of them is ever in evidence.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use authz::{Action, Resource, TokenScope};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest, Sha256};
use totp_rs::{Builder, Secret, Totp};
use workflow::{
    Millis,
    id::{TokenId, UserId},
};

use crate::{
    App,
    actor::{Actor, Door, Proof},
    error::{Error, Result},
    evidence::{Act, By, Kind},
    model::{Absence, ApiToken, Session, Strength, User},
    ports::StoreError,
};

/// What a correct password led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The secret for the session's cookie.
    pub secret: String,
    /// Whether a one-time code is asked for next.
    pub needs_code: bool,
    /// Whether a new password must be set next.
    pub must_change_password: bool,
}

/// A second factor on its way to being set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolment {
    /// The secret to type into an authenticator.
    pub secret_base32: String,
    /// The same as an `otpauth` URI.
    pub uri: String,
    /// The secret sealed for this account, to be handed back with the first code.
    pub sealed: String,
}

const CODE_STEP_SECONDS: u64 = 30;
const DAY: Millis = 86_400_000;
const MINUTE: Millis = 60_000;
/// Longest password in bytes: beyond it hashing would only cost time.
const PASSWORD_BYTES_MAX: usize = 256;
/// Longest name of a token and reason of an absence, in characters.
const NOTE_CHARS_MAX: usize = 120;

impl App {
    /// Checks a login and a password and opens a session at this door.
    ///
    /// # Errors
    /// [`Error::Credentials`] (which of the two was wrong is not said), [`Error::Locked`] after too many failures,
    /// [`Error::Denied`] when the account is disabled.
    pub async fn login(&self, door: &Door, login: &str, password: &str) -> Result<Login> {
        let now = self.now();
        let login = login.trim().to_ascii_lowercase();
        let Some(user) = self.store().user_by_login(&login).await? else {
            // The same work as for a known login, so that time does not tell which logins exist.
            self.check_password(password, None).await?;
            let details = json!({ "login": login.chars().take(64).collect::<String>(), "why": "unknown" });
            let act = Act {
                kind: Kind::LoginFailed,
                by: By::Stranger(door),
                subject: ("login", "unknown"),
                details,
                statements: &[],
            };
            self.note(now, &act).await?;
            return Err(Error::Credentials);
        };
        if let Some(until) = user.locked_until.filter(|until| now < *until) {
            let by = By::Known(door, &user);
            self.note_user(now, Kind::LoginFailed, by, &user.id, json!({ "why": "locked" })).await?;
            return Err(Error::Locked { until });
        }
        if !self.check_password(password, Some(&user.password_hash)).await? {
            return Err(self.count_failure(door, user, Kind::LoginFailed, now).await?);
        }
        if !user.enabled {
            let by = By::Known(door, &user);
            self.note_user(now, Kind::LoginFailed, by, &user.id, json!({ "why": "disabled" })).await?;
            return Err(Error::Denied { action: "login", reason: "account-disabled" });
        }
        let needs_code = user.totp_sealed.is_some();
        let must_change_password = user.must_change_password;
        let secret = self.secret();
        let session = self.new_session(door, &user.id, &secret, Strength::Password, now);
        let mut tx = self.store().begin().await?;
        if user.failures > 0 && !needs_code {
            let cleared = User { failures: 0, locked_until: None, ..user.clone() };
            tx.update_user(&cleared).await?;
        }
        tx.insert_session(&session).await?;
        let entry = self.entry(
            now,
            &Act {
                kind: Kind::LoginSucceeded,
                by: By::Known(door, &user),
                subject: ("user", user.id.as_str()),
                details: json!({ "second_factor_pending": needs_code }),
                statements: &[],
            },
        )?;
        self.commit(tx, vec![entry]).await?;
        Ok(Login { secret, needs_code, must_change_password })
    }

    /// Checks the one-time code of a session that waits for it. The session gets a new secret.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], [`Error::Credentials`], [`Error::Locked`].
    pub async fn second_factor(&self, door: &Door, secret: &str, code: &str) -> Result<String> {
        let now = self.now();
        let session = self.live_session(door, secret, now).await?;
        let user = self.store().user(&session.user).await?.ok_or(Error::SessionEnded)?;
        if let Some(until) = user.locked_until.filter(|until| now < *until) {
            return Err(Error::Locked { until });
        }
        let Some(step) = self.check_code(&user, code, now)? else {
            return Err(self.count_failure(door, user, Kind::SecondFactorFailed, now).await?);
        };
        let fresh = self.secret();
        let strong = Session {
            created_at: session.created_at,
            expires_at: session.expires_at,
            ..self.new_session(door, &user.id, &fresh, Strength::SecondFactor, now)
        };
        let updated = User { totp_last_step: Some(step), failures: 0, locked_until: None, ..user.clone() };
        let mut tx = self.store().begin().await?;
        // The version check makes one code good for one login, also for two that arrive together.
        tx.update_user(&updated).await?;
        tx.remove_session(&session.secret_hash).await?;
        tx.insert_session(&strong).await?;
        let by = By::Known(door, &user);
        let entry = self.user_entry(now, Kind::SecondFactorSucceeded, by, &user.id, json!({}))?;
        self.commit(tx, vec![entry]).await?;
        Ok(fresh)
    }

    /// The person behind a session's cookie at this door.
    ///
    /// # Errors
    /// [`Error::SessionEnded`].
    pub async fn resume(&self, door: &Door, secret: &str) -> Result<Actor> {
        let now = self.now();
        let found = self.store().session_person(&hash_secret(secret), now).await?;
        let (session, user, posts) = found
            .filter(|(session, user, _)| user.enabled && self.is_live(session, door, now))
            .ok_or(Error::SessionEnded)?;
        if now - session.seen_at >= MINUTE {
            self.store().touch(&session.secret_hash, now).await?;
        }
        let awaits_code = user.totp_sealed.is_some() && session.strength == Strength::Password;
        let unread = session.unread_notices;
        Ok(self.actor(door, user, posts, &Proof::Session { strength: session.strength, awaits_code, unread }))
    }

    /// The person behind an API token at this door.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] when it is unknown, revoked, expired or made for another zone.
    pub async fn resume_token(&self, door: &Door, bearer: &str) -> Result<Actor> {
        let now = self.now();
        let hash = hash_secret(bearer);
        let token = self
            .store()
            .token(&hash)
            .await?
            .filter(|t| t.revoked_at.is_none() && now < t.expires_at && t.zone == door.zone)
            .ok_or(Error::SessionEnded)?;
        let user = self.store().user(&token.user).await?.filter(|u| u.enabled).ok_or(Error::SessionEnded)?;
        if token.used_at.is_none_or(|used| now - used >= MINUTE) {
            self.store().touch(&hash, now).await?;
        }
        let posts = self.store().posts_of(&user.id, now).await?;
        Ok(self.actor(door, user, posts, &Proof::Token { scopes: token.scopes }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn logout(&self, actor: &Actor, secret: &str) -> Result<()> {
        let now = self.now();
        let mut tx = self.store().begin().await?;
        tx.remove_session(&hash_secret(secret)).await?;
        let entry = self.user_entry(now, Kind::LoggedOut, By::Actor(actor), actor.id(), json!({}))?;
        self.commit(tx, vec![entry]).await
    }

    /// The shortest password that may be set, in characters.
    #[must_use]
    pub fn password_chars_min(&self) -> usize {
        self.rules().password_chars_min
    }

    /// Changes one's own password. Every other session of the account ends.
    ///
    /// # Errors
    /// [`Error::Credentials`] when the old one is wrong, [`Error::Invalid`] when the new one is too weak.
    pub async fn change_password(&self, actor: &Actor, secret: &str, old: &str, new: &str) -> Result<()> {
        let now = self.now();
        self.permit_own(actor, Action::ChangeOwnPassword).await?;
        let user = actor.user();
        if let Some(until) = user.locked_until.filter(|until| now < *until) {
            return Err(Error::Locked { until });
        }
        if !self.check_password(old, Some(&user.password_hash)).await? {
            return Err(self.count_failure(actor.door(), user.clone(), Kind::LoginFailed, now).await?);
        }
        if old == new {
            return Err(Error::Invalid { field: "password", problem: "same" });
        }
        self.check_new_password(new, &user.login)?;
        let session = self.live_session(actor.door(), secret, now).await?;
        let changed = User {
            password_hash: self.hash_password(new).await?,
            must_change_password: false,
            failures: 0,
            ..user.clone()
        };
        let mut tx = self.store().begin().await?;
        tx.update_user(&changed).await?;
        tx.remove_sessions_of(&user.id).await?;
        tx.insert_session(&session).await?;
        let entry = self.user_entry(now, Kind::PasswordChanged, By::Actor(actor), &user.id, json!({}))?;
        self.commit(tx, vec![entry]).await
    }

    /// Starts setting up a second factor: nothing is stored until the first code proves that it works.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn begin_second_factor(&self, actor: &Actor) -> Result<Enrolment> {
        self.permit_own(actor, Action::EnrolSecondFactor).await?;
        let mut secret = [0_u8; 20];
        self.entropy().fill(&mut secret);
        let sealed = self.vault().seal(&enrolment_context(actor.id()), &secret).map_err(sealing)?;
        let secret_base32 = Secret::new_stack(secret).to_base32();
        let issuer = "Sekisho";
        let uri = format!(
            "otpauth://totp/{issuer}:{login}?secret={secret_base32}&issuer={issuer}&algorithm=SHA1&digits=6&period={CODE_STEP_SECONDS}",
            login = actor.user().login,
        );
        Ok(Enrolment { secret_base32, uri, sealed: URL_SAFE_NO_PAD.encode(sealed) })
    }

    /// Finishes it with a first code. The session that proves it counts as strong from now on.
    ///
    /// # Errors
    /// [`Error::Credentials`] when the code is wrong, [`Error::Invalid`] when `sealed` is not what was handed out.
    pub async fn confirm_second_factor(
        &self,
        actor: &Actor,
        secret: &str,
        sealed: &str,
        code: &str,
    ) -> Result<()> {
        let now = self.now();
        self.permit_own(actor, Action::EnrolSecondFactor).await?;
        let tampered = || Error::Invalid { field: "sealed", problem: "unknown" };
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| tampered())?;
        let plain = self.vault().open(&enrolment_context(actor.id()), &bytes).map_err(|_| tampered())?;
        let totp = totp(&plain)?;
        let step = code_step(&totp, code, now).ok_or(Error::Credentials)?;
        let kept = self.vault().seal(&factor_context(actor.id()), &plain).map_err(sealing)?;
        let session = self.live_session(actor.door(), secret, now).await?;
        let user = User { totp_sealed: Some(kept), totp_last_step: Some(step), ..actor.user().clone() };
        let mut tx = self.store().begin().await?;
        tx.update_user(&user).await?;
        tx.remove_sessions_of(&user.id).await?;
        tx.insert_session(&Session { strength: Strength::SecondFactor, ..session }).await?;
        let entry =
            self.user_entry(now, Kind::SecondFactorEnrolled, By::Actor(actor), &user.id, json!({}))?;
        self.commit(tx, vec![entry]).await
    }

    /// One's own tokens.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn tokens(&self, actor: &Actor) -> Result<Vec<ApiToken>> {
        // The list carries no secret and stands on the page where a second factor is registered: asking for
        // that factor here would lock out everybody who must register it.
        self.permit_own(actor, Action::ViewHome).await?;
        if actor.via_token() {
            return Err(Error::Denied { action: "manage-tokens", reason: "token-scope" });
        }
        Ok(self.store().tokens_of(actor.id()).await?)
    }

    /// Makes a token for the API at this zone's listener. The secret is shown once and never again.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty name, no or unknown scopes, or more days than the pack allows.
    pub async fn create_token(
        &self,
        actor: &Actor,
        name: &str,
        scopes: &[String],
        days: u32,
    ) -> Result<(ApiToken, String)> {
        let now = self.now();
        self.permit_own(actor, Action::ManageTokens).await?;
        let name = bounded("name", name, 1, NOTE_CHARS_MAX)?;
        if scopes.is_empty() || scopes.iter().any(|s| TokenScope::from_id(s).is_none()) {
            return Err(Error::Invalid { field: "scopes", problem: "unknown" });
        }
        if days == 0 || days > self.rules().token_days_max {
            return Err(Error::Invalid { field: "days", problem: "not-allowed" });
        }
        let secret = self.secret();
        let token = ApiToken {
            id: TokenId::new(self.entropy().id(now)),
            secret_hash: hash_secret(&secret),
            user: actor.id().clone(),
            zone: actor.zone().clone(),
            name,
            scopes: scopes.to_vec(),
            created_at: now,
            expires_at: now + Millis::from(days) * DAY,
            revoked_at: None,
            used_at: None,
        };
        let mut tx = self.store().begin().await?;
        tx.insert_token(&token).await?;
        let details =
            json!({ "token": token.id.as_str(), "name": token.name, "scopes": token.scopes, "days": days });
        let entry = self.user_entry(now, Kind::TokenCreated, By::Actor(actor), actor.id(), details)?;
        self.commit(tx, vec![entry]).await?;
        Ok((token, secret))
    }

    /// Takes one of one's own tokens back.
    ///
    /// # Errors
    /// [`Error::Denied`], [`Error::NotFound`].
    pub async fn revoke_token(&self, actor: &Actor, id: &TokenId) -> Result<()> {
        let now = self.now();
        self.permit_own(actor, Action::ManageTokens).await?;
        let known = self.store().tokens_of(actor.id()).await?;
        if !known.iter().any(|t| t.id == *id && t.revoked_at.is_none()) {
            return Err(Error::NotFound);
        }
        let mut tx = self.store().begin().await?;
        tx.revoke_token(id, actor.id(), now).await?;
        let details = json!({ "token": id.as_str() });
        let entry = self.user_entry(now, Kind::TokenRevoked, By::Actor(actor), actor.id(), details)?;
        self.commit(tx, vec![entry]).await
    }

    /// One's own absences that are not over.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn absences(&self, actor: &Actor) -> Result<Vec<Absence>> {
        Ok(self.store().absences_of(actor.id(), self.now()).await?)
    }

    /// Says when one is away; deputies may decide meanwhile (代決).
    ///
    /// # Errors
    /// [`Error::Invalid`] when it ends before it starts, is over already or longer than a year, or has no reason.
    pub async fn set_absence(&self, actor: &Actor, from: Millis, until: Millis, reason: &str) -> Result<()> {
        let now = self.now();
        self.permit_own(actor, Action::ViewHome).await?;
        if actor.via_token() {
            return Err(Error::Denied { action: "set-absence", reason: "token-scope" });
        }
        let reason = bounded("reason", reason, 1, NOTE_CHARS_MAX)?;
        if until <= from || until <= now || until - from > 366 * DAY {
            return Err(Error::Invalid { field: "until", problem: "not-allowed" });
        }
        let absence = Absence { id: self.entropy().id(now), user: actor.id().clone(), from, until, reason };
        let mut tx = self.store().begin().await?;
        tx.insert_absence(&absence).await?;
        let details = json!({ "from": from, "until": until, "reason": absence.reason });
        let entry = self.user_entry(now, Kind::AbsenceSet, By::Actor(actor), actor.id(), details)?;
        self.presence_changes(tx.as_mut(), now).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Ends one of one's own absences now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn end_absence(&self, actor: &Actor, id: &str) -> Result<()> {
        let now = self.now();
        self.permit_own(actor, Action::ViewHome).await?;
        if actor.via_token() {
            return Err(Error::Denied { action: "end-absence", reason: "token-scope" });
        }
        if !self.absences(actor).await?.iter().any(|a| a.id == id) {
            return Err(Error::NotFound);
        }
        let mut tx = self.store().begin().await?;
        tx.end_absence(id, actor.id(), now).await?;
        let details = json!({ "absence": id });
        let entry = self.user_entry(now, Kind::AbsenceEnded, By::Actor(actor), actor.id(), details)?;
        self.presence_changes(tx.as_mut(), now).await?;
        self.commit(tx, vec![entry]).await
    }

    async fn permit_own(&self, actor: &Actor, action: Action) -> Result<()> {
        let own = Resource::OwnAccount { user: actor.id().as_str().to_owned() };
        let _allowed = self.permit(actor, action, &own).await?;
        Ok(())
    }

    /// The session with this secret, if it is of this door and has not ended.
    async fn live_session(&self, door: &Door, secret: &str, now: Millis) -> Result<Session> {
        self.store()
            .session(&hash_secret(secret))
            .await?
            .filter(|s| self.is_live(s, door, now))
            .ok_or(Error::SessionEnded)
    }

    fn is_live(&self, session: &Session, door: &Door, now: Millis) -> bool {
        session.zone == door.zone
            && now < session.expires_at
            && now - session.seen_at < self.rules().session_idle
    }

    fn new_session(
        &self,
        door: &Door,
        user: &UserId,
        secret: &str,
        strength: Strength,
        now: Millis,
    ) -> Session {
        Session {
            secret_hash: hash_secret(secret),
            user: user.clone(),
            zone: door.zone.clone(),
            strength,
            created_at: now,
            seen_at: now,
            expires_at: now + self.rules().session_max,
            unread_notices: 0,
        }
    }

    /// Counts a wrong password or code, locks the account when there are too many, and says what to answer.
    async fn count_failure(&self, door: &Door, user: User, kind: Kind, now: Millis) -> Result<Error> {
        let mut user = user;
        loop {
            let failures = user.failures + 1;
            let locks = failures >= self.rules().failures_max;
            let until = now + self.rules().lock;
            let counted = User {
                failures: if locks { 0 } else { failures },
                locked_until: if locks { Some(until) } else { user.locked_until },
                ..user.clone()
            };
            let by = By::Known(door, &user);
            let mut entries = vec![self.user_entry(
                now,
                kind,
                by,
                &user.id,
                json!({ "why": "wrong", "failures": failures }),
            )?];
            if locks {
                entries.push(self.user_entry(
                    now,
                    Kind::LoginLocked,
                    by,
                    &user.id,
                    json!({ "until": until }),
                )?);
            }
            let mut tx = self.store().begin().await?;
            match tx.update_user(&counted).await {
                Ok(()) => {
                    self.commit(tx, entries).await?;
                    return Ok(if locks { Error::Locked { until } } else { Error::Credentials });
                }
                // Two attempts at once: both must count, so read again.
                Err(StoreError::Conflict) => {
                    drop(tx);
                    user = self.store().user(&user.id).await?.ok_or(Error::Credentials)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn check_code(&self, user: &User, code: &str, now: Millis) -> Result<Option<i64>> {
        let Some(sealed) = &user.totp_sealed else { return Ok(None) };
        let plain = self.vault().open(&factor_context(&user.id), sealed).map_err(sealing)?;
        let step = code_step(&totp(&plain)?, code, now);
        Ok(step.filter(|s| user.totp_last_step.is_none_or(|last| *s > last)))
    }

    /// Hashes a password for storage.
    pub(crate) async fn hash_password(&self, password: &str) -> Result<String> {
        let mut salt = [0_u8; 16];
        self.entropy().fill(&mut salt);
        let password = password.to_owned();
        let hasher = self.hasher();
        self.hashing(move || {
            hasher
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|e| Error::Internal(format!("password hash: {e}")))
        })
        .await
    }

    /// Compares a password with a stored hash; without one does the same work and says no.
    async fn check_password(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        let password = password.to_owned();
        let known = stored.is_some();
        let stored = stored.map_or_else(|| self.decoy_hash(), |s| Ok(s.to_owned()))?;
        let hasher = self.hasher();
        self.hashing(move || {
            Ok(password.len() <= PASSWORD_BYTES_MAX
                && hasher.verify_password(password.as_bytes(), stored.as_str()).is_ok()
                && known)
        })
        .await
    }

    fn hasher(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.password_cost())
    }

    fn decoy_hash(&self) -> Result<String> {
        self.hasher()
            .hash_password_with_salt(b"nobody", b"0123456789abcdef")
            .map(|hash| hash.to_string())
            .map_err(|e| Error::Internal(format!("password hash: {e}")))
    }

    /// The rules of new passwords: length by the pack, not the login itself, not one character over and over.
    pub(crate) fn check_new_password(&self, password: &str, login: &str) -> Result<()> {
        let chars = password.chars().count();
        let distinct = password.chars().collect::<std::collections::BTreeSet<_>>().len();
        let problem = if chars < self.rules().password_chars_min {
            "too-short"
        } else if password.len() > PASSWORD_BYTES_MAX {
            "too-long"
        } else if distinct < 5 || password.to_ascii_lowercase().contains(&login.to_ascii_lowercase()) {
            "weak"
        } else {
            return Ok(());
        };
        Err(Error::Invalid { field: "password", problem })
    }

    /// 256 random bits as text.
    pub(crate) fn secret(&self) -> String {
        let mut bytes = [0_u8; 32];
        self.entropy().fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    pub(crate) fn user_entry(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        user: &UserId,
        details: serde_json::Value,
    ) -> Result<crate::model::NewEvidence> {
        self.entry(now, &Act { kind, by, subject: ("user", user.as_str()), details, statements: &[] })
    }

    async fn note_user(
        &self,
        now: Millis,
        kind: Kind,
        by: By<'_>,
        user: &UserId,
        details: serde_json::Value,
    ) -> Result<()> {
        self.note(now, &Act { kind, by, subject: ("user", user.as_str()), details, statements: &[] }).await
    }
}

/// OWASP's choice for argon2id where memory is shared by many logins: 19 MiB, two passes, one lane.
pub(crate) fn strong_password_cost() -> Params {
    Params::new(19 * 1024, 2, 1, None).unwrap_or(Params::DEFAULT)
}

pub(crate) fn bounded(field: &'static str, text: &str, min: usize, max: usize) -> Result<String> {
    let text = text.trim();
    let chars = text.chars().count();
    if chars < min {
        Err(Error::Invalid { field, problem: "empty" })
    } else if chars > max {
        Err(Error::Invalid { field, problem: "too-long" })
    } else {
        Ok(text.to_owned())
    }
}

fn hash_secret(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

pub(crate) fn sealing(_: crate::ports::VaultError) -> Error {
    Error::Internal("the vault cannot seal or open a second factor".to_owned())
}

fn enrolment_context(user: &UserId) -> String {
    format!("totp-enrolment/{user}")
}

pub(crate) fn factor_context(user: &UserId) -> String {
    format!("totp/{user}")
}

pub(crate) fn totp(secret: &[u8]) -> Result<Totp> {
    // One step before and after, as RFC 6238 section 5.2 recommends for clocks that differ a little.
    Builder::new()
        .with_secret(Secret::new(secret.into()))
        .with_skew(1)
        .with_step_duration(CODE_STEP_SECONDS)
        .build()
        .map_err(|e| Error::Internal(format!("second factor: {e}")))
}

pub(crate) fn code_step(totp: &Totp, code: &str, now: Millis) -> Option<i64> {
    let seconds = u64::try_from(now / 1_000).ok()?;
    let digits: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    totp.check(&digits, seconds).and_then(|step| i64::try_from(step).ok())
}
