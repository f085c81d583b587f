//! Reading who there is: roles, departments, sections, posts.
//!
//! Owns: which keys they have. Leaves to others: typed keys and references (`fields`).

use super::{Reader, no_effect};
use crate::fields::Fields;
use crate::merged::MergedItem;
use crate::model::{Department, Post, Role, Scope, Section};
use crate::problem::Code;
use crate::written::Kind;

impl Reader<'_> {
    pub(super) fn role(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Role {
        let s = &mut self.sink;
        Role {
            id: item.id.clone(),
            title: f.text("title", s),
            note: f.text_opt("note", s),
            city_wide: f.flag("city_wide", false, s),
            second_factor: f.flag("second_factor", false, s),
            above: f.reference_opt("above", Kind::Role, s),
            outside: f.flag("outside", false, s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn department(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Department {
        Department { id: item.id.clone(), name: f.text("name", &mut self.sink), origin: item.at.clone() }
    }

    pub(super) fn section(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Section {
        let s = &mut self.sink;
        Section {
            id: item.id.clone(),
            code: f.text("code", s),
            name: f.text("name", s),
            kana: f.text("kana", s),
            department: f.reference("department", Kind::Department, s),
            origin: item.at.clone(),
        }
    }

    pub(super) fn post(&mut self, item: &MergedItem, f: &mut Fields<'_>) -> Post {
        let s = &mut self.sink;
        let post = Post {
            id: item.id.clone(),
            title: f.text("title", s),
            roles: f.references("roles", Kind::Role, s),
            scope: f.word("scope", Scope::WORDS, Scope::Section, s),
            section: f.reference_opt("section", Kind::Section, s),
            department: f.reference_opt("department", Kind::Department, s),
            origin: item.at.clone(),
        };
        if post.roles.is_empty() {
            s.push(
                Code::MissingKey,
                &f.at,
                format!("{}に役割がありません。", f.what()),
                "roles = [\"staff\"] のように一つ以上書いてください。",
            );
        }
        for (key, scope) in [("section", Scope::Section), ("department", Scope::Department)] {
            if f.has(key) && post.scope != scope {
                no_effect(f, key, &format!("scope が {} なので", post.scope.id()), s);
            }
        }
        post
    }
}
