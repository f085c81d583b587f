//! Notices (お知らせ): people are told what waits for them and what concerns them, on the screen and by mail.
//!
//! Owns what makes a notice, who is addressed, and which of the body's rules each goes by. A notice is made in the transaction
//! of what it tells (`making`), or by a round of housekeeping when only time passed ([`clocks`]); people see theirs in
//! `views`, mails are made and sent in `mails`. Leaves wording and urgency to the pack, bytes of mails to `mailer`.
//!
//! What waits is never remembered as an event: after each change of a thing the notices that its state asks for are worked out
//! anew and put in place of those that are there. So a notice ends when what it waits for is done, whoever did it, and none is
//! made twice: its id is made of kind, thing, occasion and person. Addressed is whoever may act by his posts on that day and is
//! not absent; when all of them are, their deputies. Somebody's absence, a post, a closed account are followed within a day,
//! an absence and a closed account within a minute.
//!
//! **What makes a notice.** Of a transfer: a step that opens (`decide`), its reminder (`decide-late`), a deputy's decision
//! (`review`), coming back (`returned`), a held file (`held`), being ready to be taken and the last days of that (`arrived`), the
//! last approval (`approved`), a refusal by person or cell (`refused`), its end by time (`expired`), each receipt (`received`), a
//! step that nobody may decide (`vacancy`). Of a request the same but for files, and its permit: the days before its end
//! (`permit-ending`), what was not given back (`permit-overdue`), what is to be taken
//! over or given back because somebody leaves the section (`permit-hand-over`), being taken back (`revoked`). Of a task: being set off
//! (`task-new`), its reminders (`task-due`), being late (`task-overdue`), each escalation (`task-escalated`), a report to confirm
//! (`task-confirm`), sent back or not let go (`task-returned`), a wish to let it go (`task-waiver`), its end by another person's word
//! (`task-ended`). Of the policy: what changed for a reader (`to-read`). Of a section: overdue tasks (`section-late`). Of a register:
//! rows that wait for a class, once for all of a section until the last is classified (`row-class`). Of an imported text: that its
//! review is to be done (`import-review`). Of an account:
//! a new password, a removed second factor, opening, a post given or ended, an address that he wrote replaced by a table, each by
//! somebody else (`account`).
//!
//! **What makes none, and why.** What a person did himself just now: handing in, pulling back, withdrawing, giving back, his own
//! password, tokens, absences. Withdrawing and pulling back only end what others were told. Files that are rebuilt without
//! anything held: the next step or the arrival is told. A recurring task that is made: it is due in weeks, and its reminders come.
//! Single rows that wait for a class: the first is told, and the list shows the others. Corrections of an imported text: its review
//! goes on. An edition on its way: the request that carries it tells; one whose day has come and that
//! cannot run is in the log of the server, for whoever restarts it. Cells that do not start: the first page and the page of the
//! transfer say it to everybody whom it concerns. Logins and refusals of rights: evidence, and nothing waits for anybody. Erasures and
//! exports: evidence.

pub mod clocks;
mod mails;
mod making;
pub mod store;
mod views;

pub(crate) use mails::Pause;
pub use mails::{ITEMS_MAX, Letter, LetterItem, MailError, MailOverview, MailRoad, Mailed, Mailer};
pub use views::{Choice, NoticeRow, NoticeSettings, NoticeTray, Noticed};
