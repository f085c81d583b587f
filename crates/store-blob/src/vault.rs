//! Small secrets sealed with the master secret, behind `app`'s vault port.
//!
//! Owns the bytes of a sealed secret: one version byte, a 32-byte salt, then ChaCha20-Poly1305 over the secret. Key and
//! nonce come from the salt by HKDF, and the context is authenticated with it, so that a sealed secret moved to
//! another row does not open.

use std::sync::Arc;

use app::ports::{Entropy, Vault, VaultError};
use chacha20poly1305::{
    ChaCha20Poly1305, KeyInit as _,
    aead::{Aead as _, Payload},
};

use crate::keys::MasterSecret;

const VERSION: u8 = 1;
const SALT_BYTES: usize = 32;
/// Largest secret that is sealed, in bytes.
const SECRET_BYTES_MAX: usize = 4096;

/// Seals with keys derived from the master secret.
pub struct SecretVault {
    master: MasterSecret,
    entropy: Arc<dyn Entropy>,
}

impl SecretVault {
    /// A vault over this master secret.
    #[must_use]
    pub fn new(master: MasterSecret, entropy: Arc<dyn Entropy>) -> Self {
        Self { master, entropy }
    }
}

impl Vault for SecretVault {
    fn seal(&self, context: &str, secret: &[u8]) -> Result<Vec<u8>, VaultError> {
        if secret.len() > SECRET_BYTES_MAX {
            return Err(VaultError);
        }
        let mut salt = [0; SALT_BYTES];
        self.entropy.fill(&mut salt);
        let (key, nonce) = self.master.seal_key(&salt);
        let payload = Payload { msg: secret, aad: context.as_bytes() };
        let sealed = ChaCha20Poly1305::new((&*key).into())
            .encrypt((&nonce).into(), payload)
            .map_err(|_| VaultError)?;
        Ok([&[VERSION][..], &salt, &sealed].concat())
    }

    fn open(&self, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let rest = sealed.strip_prefix(&[VERSION]).ok_or(VaultError)?;
        let (salt, sealed) = rest.split_first_chunk::<SALT_BYTES>().ok_or(VaultError)?;
        let (key, nonce) = self.master.seal_key(salt);
        let payload = Payload { msg: sealed, aad: context.as_bytes() };
        ChaCha20Poly1305::new((&*key).into()).decrypt((&nonce).into(), payload).map_err(|_| VaultError)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
        fn id(&self, _: i64) -> String {
            String::new()
        }
    }

    fn vault(master: u8) -> SecretVault {
        SecretVault::new(MasterSecret::new([master; 32]), Arc::new(Counting))
    }

    #[test]
    fn opens_only_here_and_for_its_context() {
        let sealed = vault(1).seal("totp/a", b"secret").unwrap();
        assert_eq!(vault(1).open("totp/a", &sealed).unwrap(), b"secret");
        assert_eq!(vault(1).open("totp/b", &sealed), Err(VaultError));
        assert_eq!(vault(2).open("totp/a", &sealed), Err(VaultError));
        assert_eq!(vault(1).seal("x", &vec![0; SECRET_BYTES_MAX + 1]), Err(VaultError));
    }

    proptest! {
        #[test]
        fn any_change_is_refused(at in any::<prop::sample::Index>(), flip in 1_u8..) {
            let mut sealed = vault(1).seal("c", b"some secret").unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert_eq!(vault(1).open("c", &sealed), Err(VaultError));
        }

        #[test]
        fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(vault(1).open("c", &bytes), Err(VaultError));
        }
    }
}
