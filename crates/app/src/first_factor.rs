//! The second factor of the first administrator, who has no session yet in which to set one up.
//!
//! Owns drawing a secret, proving by a code that an authenticator has it, keeping it with the account, and taking it away
//! again.
//! Leaves everybody else's to [`crate::accounts`].

use serde_json::json;
use totp_rs::Secret;
use workflow::{Millis, id::UserId};

use crate::{
    App,
    accounts::{code_step, factor_context, sealing, totp},
    error::{Error, Result},
    evidence::{By, Kind},
    model::User,
    ports::Entropy,
};

/// A secret that an authenticator is to learn.
#[derive(Clone)]
pub struct OfferedFactor {
    secret: [u8; 20],
}

/// A secret that an authenticator was proven to have.
#[derive(Clone)]
pub struct FirstFactor {
    secret: [u8; 20],
    step: i64,
}

impl OfferedFactor {
    /// A new one.
    #[must_use]
    pub fn draw(entropy: &dyn Entropy) -> Self {
        let mut secret = [0_u8; 20];
        entropy.fill(&mut secret);
        Self { secret }
    }

    /// As it is typed into an authenticator.
    #[must_use]
    pub fn secret_base32(&self) -> String {
        Secret::new_stack(self.secret).to_base32()
    }

    /// What an authenticator that learned it shows at that moment: for a house that plays its own people.
    ///
    /// # Errors
    /// [`Error::Internal`] for a moment before time began.
    pub fn code(&self, now: Millis) -> Result<String> {
        let seconds = u64::try_from(now / 1_000).map_err(|e| Error::Internal(format!("code: {e}")))?;
        Ok(totp(&self.secret)?.generate(seconds).to_string())
    }

    /// Whether this is a code of it at that moment.
    ///
    /// # Errors
    /// [`Error::Credentials`] when it is not.
    pub fn prove(&self, code: &str, now: Millis) -> Result<FirstFactor> {
        let step = code_step(&totp(&self.secret)?, code, now).ok_or(Error::Credentials)?;
        Ok(FirstFactor { secret: self.secret, step })
    }
}

impl App {
    /// Keeps the factor of an account that was made from outside the screens.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`] when the account has one already.
    pub async fn install_second_factor(&self, id: &UserId, factor: &FirstFactor) -> Result<()> {
        let now = self.now();
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        if user.totp_sealed.is_some() {
            return Err(Error::Conflict);
        }
        let kept = self.vault().seal(&factor_context(id), &factor.secret).map_err(sealing)?;
        // The code that proved it counts as used.
        let user = User { totp_sealed: Some(kept), totp_last_step: Some(factor.step), ..user };
        let entry = self.user_entry(now, Kind::SecondFactorEnrolled, By::System, id, json!({}))?;
        let mut tx = self.store().begin().await?;
        tx.update_user(&user).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Takes the factor of an account away again from outside the screens: the demo city, whose people a visitor plays.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Conflict`].
    pub async fn remove_second_factor(&self, id: &UserId) -> Result<()> {
        let now = self.now();
        let user = self.store().user(id).await?.ok_or(Error::NotFound)?;
        let user = User { totp_sealed: None, totp_last_step: None, ..user };
        let entry = self.user_entry(now, Kind::SecondFactorReset, By::System, id, json!({}))?;
        let mut tx = self.store().begin().await?;
        tx.update_user(&user).await?;
        tx.remove_sessions_of(id).await?;
        self.commit(tx, vec![entry]).await
    }

    /// Whether a password may be chosen for an account with this login, by the rules of the policy.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the reason.
    pub fn may_be_password(&self, password: &str, login: &str) -> Result<()> {
        self.check_new_password(password, login)
    }
}
