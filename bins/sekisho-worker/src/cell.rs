//! The bars of the cell: rlimits, Landlock and seccomp.
//!
//! Owns: what the process may still do after it is shut, which is: read standard input, write standard output and
//! standard error, take memory up to a bound, wait, and end.
//! Leaves to others: when to shut (`main`), proving that it holds (`probe`).
//!
//! Three layers overlap on purpose. Landlock and seccomp each alone already deny files; Landlock before ABI 4
//! (Debian 12's own kernel has ABI 2) knows nothing of TCP, so sockets rest on seccomp alone there.

use std::collections::BTreeMap;

use anyhow::Context;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope,
};
use rlimit::Resource;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// What the kernel enforces on the process as a whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Address space in bytes.
    pub(crate) memory_bytes_max: u64,
    /// Processor time in seconds.
    pub(crate) cpu_seconds_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { memory_bytes_max: 2 << 30, cpu_seconds_max: 120 }
    }
}

/// Sets the limits and gives up every file and network right.
///
/// # Errors
/// When the kernel does not enforce what was asked for: then nothing may be read.
pub(crate) fn close_files_and_limits(bounds: Bounds) -> anyhow::Result<()> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V6))?
        .handle_access(AccessNet::from_all(ABI::V6))?
        .scope(Scope::from_all(ABI::V6))?
        .create()
        .context("Landlock could not be set up")?
        .restrict_self()
        .context("Landlock could not be entered")?;
    if status.ruleset == RulesetStatus::NotEnforced || !status.no_new_privs {
        anyhow::bail!("this kernel does not enforce Landlock; enable it (lsm=landlock) to run the cell");
    }
    // Descriptors 0 to 2 stay open; a fourth can never be had. Landlock above needed one for a moment.
    let limits = [
        (Resource::AS, bounds.memory_bytes_max),
        (Resource::CPU, bounds.cpu_seconds_max),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        (Resource::NOFILE, 3),
    ];
    for (resource, bound) in limits {
        resource.set(bound, bound).with_context(|| format!("limit {resource:?} could not be set"))?;
    }
    Ok(())
}

/// Forbids every system call that is not needed to compute, for all threads of the process.
///
/// # Errors
/// When the kernel refuses the filter.
pub(crate) fn close_system_calls() -> anyhow::Result<()> {
    let program: BpfProgram = filter()?.try_into().context("the system call filter does not compile")?;
    seccompiler::apply_filter_all_threads(&program).context("the system call filter was refused")
}

/// Everything not named fails with EPERM. It does not kill, so that a library that merely asks (for the time
/// zone, say) goes on without an answer, and so that `probe` can try everything in one run.
fn filter() -> anyhow::Result<SeccompFilter> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    let always = [
        // memory
        libc::SYS_brk,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        // waiting and scheduling of the two threads that exist
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_rseq,
        libc::SYS_set_robust_list,
        libc::SYS_clock_gettime,
        libc::SYS_getrandom,
        // signals that the process raises against itself when it aborts
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_getpid,
        libc::SYS_gettid,
        // ends
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_restart_syscall,
    ];
    for call in always {
        rules.insert(call, Vec::new());
    }
    // Memory may never be executable: no bits other than read and write.
    let not_executable =
        SeccompRule::new(vec![condition(2, SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64), 0)?])?;
    rules.insert(libc::SYS_mmap, vec![not_executable.clone()]);
    rules.insert(libc::SYS_mprotect, vec![not_executable]);
    let on = |descriptors: &[u64]| -> anyhow::Result<Vec<SeccompRule>> {
        descriptors.iter().map(|d| Ok(SeccompRule::new(vec![condition(0, SeccompCmpOp::Eq, *d)?])?)).collect()
    };
    rules.insert(libc::SYS_read, on(&[0])?);
    for call in [libc::SYS_write, libc::SYS_writev] {
        rules.insert(call, on(&[1, 2])?);
    }
    rules.insert(libc::SYS_close, on(&[0, 1, 2])?);
    let own_process = u64::from(std::process::id());
    rules.insert(libc::SYS_tgkill, on(&[own_process])?);
    Ok(SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?)
}

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> anyhow::Result<SeccompCondition> {
    Ok(SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)?)
}
