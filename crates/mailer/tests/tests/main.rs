//! Mails over real sockets to a small mail server of these tests, and into a real folder. Another library reads what arrived.

#[cfg(test)]
mod post;
#[cfg(test)]
mod sending;
