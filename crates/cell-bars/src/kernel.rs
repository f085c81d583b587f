//! What every cell asks the kernel for: Landlock, rlimits, seccomp.
//!
//! Owns: setting them up, entering them, refusing to go on when the kernel does not enforce them, and asking a filter what it lets
//! pass.
//! Leaves to others: what a cell may do (`cell`, and the worker's bars of an office program).

use std::collections::BTreeMap;

use anyhow::Context;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetCreated,
    RulesetStatus, Scope,
};
use rlimit::Resource;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// System calls that pass, and under which conditions; none means whatever the arguments.
pub type Calls = BTreeMap<i64, Vec<SeccompRule>>;

/// Landlock's rules before anything is let through: every right it knows of is handled.
///
/// # Errors
/// When the kernel does not take them.
pub fn no_files() -> anyhow::Result<RulesetCreated> {
    Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()
        .context("Landlock could not be set up")
}

/// Enters Landlock's rules for good.
///
/// # Errors
/// When the kernel does not enforce them at all.
pub fn enter(rules: RulesetCreated) -> anyhow::Result<()> {
    let status = rules.restrict_self().context("Landlock could not be entered")?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        anyhow::bail!("this kernel does not enforce Landlock; enable it (lsm=landlock) to run the cell");
    }
    Ok(())
}

/// Sets each limit, soft and hard.
///
/// # Errors
/// When the kernel refuses one.
pub fn limit<const N: usize>(limits: [(Resource, u64); N]) -> anyhow::Result<()> {
    for (resource, bound) in limits {
        resource.set(bound, bound).with_context(|| format!("limit {resource:?} could not be set"))?;
    }
    Ok(())
}

/// A filter that lets these calls pass and answers every other with this error number.
///
/// # Errors
/// When a rule makes no sense on this architecture.
pub fn only(calls: Calls, errno: i32) -> anyhow::Result<SeccompFilter> {
    Ok(SeccompFilter::new(
        calls,
        SeccompAction::Errno(errno as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?)
}

/// A condition on the lower half of an argument, which is all of what the kernel itself looks at in these.
///
/// # Errors
/// When there is no such argument.
pub fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> anyhow::Result<SeccompCondition> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?)
}

/// Puts the filter on all threads of the process for good.
///
/// # Errors
/// When the kernel refuses it.
pub fn apply(filter: SeccompFilter) -> anyhow::Result<()> {
    let program: BpfProgram = filter.try_into().context("the system call filter does not compile")?;
    seccompiler::apply_filter_all_threads(&program).context("the system call filter was refused")
}

/// What the kernel would do with one call: runs the filter (linux/filter.h, linux/seccomp.h). `None` when the filter uses an
/// instruction that is not known here. For the tests of whoever draws bars.
#[must_use]
pub fn passes(program: &BpfProgram, call: i64, arguments: [u64; 6]) -> Option<bool> {
    let mut data = (call as u32).to_le_bytes().to_vec();
    let architecture: u32 = if cfg!(target_arch = "x86_64") { 0xC000_003E } else { 0xC000_00B7 };
    data.extend(architecture.to_le_bytes());
    data.extend([0; 8]);
    data.extend(arguments.iter().flat_map(|argument| argument.to_le_bytes()));
    let (mut accumulator, mut at) = (0u32, 0usize);
    loop {
        let step = program.get(at)?;
        at += 1;
        let k = step.k;
        let jump = |holds: bool| usize::from(if holds { step.jt } else { step.jf });
        match step.code {
            0x20 => {
                let from = usize::try_from(k).ok()?;
                accumulator = u32::from_le_bytes(data.get(from..from.checked_add(4)?)?.try_into().ok()?);
            }
            0x54 => accumulator &= k,
            0x05 => at = at.checked_add(usize::try_from(k).ok()?)?,
            0x15 => at += jump(accumulator == k),
            0x25 => at += jump(accumulator > k),
            0x35 => at += jump(accumulator >= k),
            0x06 => return Some(k == libc::SECCOMP_RET_ALLOW),
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_fails_and_a_condition_is_asked() {
        let rule = SeccompRule::new(vec![condition(0, SeccompCmpOp::Eq, 7).unwrap()]).unwrap();
        let calls = Calls::from([(libc::SYS_brk, Vec::new()), (libc::SYS_close, vec![rule])]);
        let program: BpfProgram = only(calls, libc::EPERM).unwrap().try_into().unwrap();
        for (call, argument, allowed) in [
            (libc::SYS_brk, 1, true),
            (libc::SYS_close, 7, true),
            (libc::SYS_close, 8, false),
            // The kernel takes a descriptor as 32 bits: what stands above them does not count.
            (libc::SYS_close, 7 | 1 << 32, true),
            (libc::SYS_openat, 7, false),
        ] {
            assert_eq!(passes(&program, call, [argument, 0, 0, 0, 0, 0]), Some(allowed), "{call} {argument}");
        }
    }
}
