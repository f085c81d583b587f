//! The body and its people.
//!
//! Owns: municipality, roles, posts, departments, sections.
//! Leaves to others: what a role may decide (`gates`) and who holds a post (`app`).

use super::words::Scope;
use crate::problem::Origin;

/// The body whose policy it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Municipality {
    /// Name, such as 星見市.
    pub name: String,
    /// Reading in kana.
    pub kana: Option<String>,
    /// 全国地方公共団体コード: six digits, the last one a check digit that was verified.
    pub code: String,
}

/// A role of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id, such as `security-manager`.
    pub id: String,
    /// Title, such as 情報セキュリティ管理者.
    pub title: String,
    /// What it is for.
    pub note: Option<String>,
    /// Whether it answers for the whole body, wherever its post stands; else only for the post's own unit.
    pub city_wide: bool,
    /// Whether deciding in this role needs a second factor.
    pub second_factor: bool,
    /// The role that decides where nobody in this one may, such as on the holder's own request.
    pub above: Option<String>,
    /// Whether it is held outside the body, such as by a contractor, so that no post brings it.
    pub outside: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// A post of the organisation and the roles that come with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Id.
    pub id: String,
    /// Title, such as 課長.
    pub title: String,
    /// Roles, at least one.
    pub roles: Vec<String>,
    /// Where it is held.
    pub scope: Scope,
    /// The only section that has it, when it is one section's.
    pub section: Option<String>,
    /// The only department that has it, when it is one department's.
    pub department: Option<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// A department 部.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Department {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Where it was written.
    pub origin: Origin,
}

/// A section 課.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Id.
    pub id: String,
    /// Code of the personnel list.
    pub code: String,
    /// Name.
    pub name: String,
    /// Reading in kana.
    pub kana: String,
    /// Its department.
    pub department: String,
    /// Where it was written.
    pub origin: Origin,
}
