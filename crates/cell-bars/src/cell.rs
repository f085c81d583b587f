//! The bars of the cell: rlimits, Landlock and seccomp.
//!
//! Owns: what the process may still do after it is shut, which is: read standard input, write standard output and
//! standard error, take memory up to a bound, wait, and end.
//! Leaves to others: how the kernel is asked (`kernel`), when to shut ([`crate::shut_in`]), proving that it holds (`probe`).
//!
//! Three layers overlap on purpose. Landlock and seccomp each alone already deny files; Landlock before ABI 4
//! (Debian 12's own kernel has ABI 2) knows nothing of TCP, so sockets rest on seccomp alone there.

use rlimit::Resource;
use seccompiler::{SeccompCmpOp, SeccompFilter, SeccompRule};

use crate::kernel::{self, Calls, condition};

/// What the kernel enforces on the process as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Address space in bytes.
    pub memory_bytes_max: u64,
    /// Processor time in seconds.
    pub cpu_seconds_max: u64,
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
pub fn close_files_and_limits(bounds: Bounds) -> anyhow::Result<()> {
    kernel::enter(kernel::no_files()?)?;
    // Descriptors 0 to 2 stay open; a fourth can never be had. Landlock above needed one for a moment.
    kernel::limit([
        (Resource::AS, bounds.memory_bytes_max),
        (Resource::CPU, bounds.cpu_seconds_max),
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        (Resource::NOFILE, 3),
    ])
}

/// Forbids every system call that is not needed to compute, for all threads of the process.
///
/// # Errors
/// When the kernel refuses the filter.
pub fn close_system_calls() -> anyhow::Result<()> {
    kernel::apply(filter()?)
}

/// Everything not named fails with EPERM. It does not kill, so that a library that merely asks (for the time
/// zone, say) goes on without an answer, and so that `probe` can try everything in one run.
fn filter() -> anyhow::Result<SeccompFilter> {
    let mut rules = Calls::new();
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
    kernel::only(rules, libc::EPERM)
}

#[cfg(test)]
mod tests {
    use seccompiler::BpfProgram;

    use super::*;

    fn is_allowed(program: &BpfProgram, call: i64, arguments: [u64; 6]) -> bool {
        kernel::passes(program, call, arguments).unwrap()
    }

    fn program() -> BpfProgram {
        filter().unwrap().try_into().unwrap()
    }

    #[test]
    fn memory_never_becomes_executable() {
        let program = program();
        let (read, write, execute) =
            (libc::PROT_READ as u64, libc::PROT_WRITE as u64, libc::PROT_EXEC as u64);
        for call in [libc::SYS_mmap, libc::SYS_mprotect] {
            for (protection, allowed) in [
                (read, true),
                (read | write, true),
                (execute, false),
                (read | execute, false),
                (read | write | execute, false),
                // Bits that the kernel ignores do not hide the one that counts.
                (0xF000_0000 | execute, false),
                (execute | 1 << 32, false),
            ] {
                let arguments = [0, 4096, protection, 0x22, u64::MAX, 0];
                assert_eq!(is_allowed(&program, call, arguments), allowed, "{call} {protection:#x}");
            }
        }
        for call in [libc::SYS_pkey_mprotect, libc::SYS_shmat, libc::SYS_memfd_create, libc::SYS_execveat] {
            assert!(!is_allowed(&program, call, [0; 6]), "{call}");
        }
    }

    #[test]
    fn only_the_three_pipes_are_read_and_written() {
        let program = program();
        for descriptor in 0..8 {
            let arguments = [descriptor, 0, 0, 0, 0, 0];
            assert_eq!(is_allowed(&program, libc::SYS_read, arguments), descriptor == 0);
            assert_eq!(is_allowed(&program, libc::SYS_write, arguments), matches!(descriptor, 1 | 2));
            assert_eq!(is_allowed(&program, libc::SYS_close, arguments), descriptor < 3);
        }
    }

    #[test]
    fn no_call_passes_that_was_not_named() {
        let program = program();
        // Arguments that no rule with a condition accepts.
        let strange = [u64::from(u32::MAX); 6];
        let passing: Vec<i64> = (0..1024).filter(|call| is_allowed(&program, *call, strange)).collect();
        assert_eq!(passing.len(), 20, "{passing:?}");
        for call in [
            libc::SYS_openat,
            libc::SYS_socket,
            libc::SYS_connect,
            libc::SYS_execve,
            libc::SYS_clone,
            libc::SYS_clone3,
            libc::SYS_ptrace,
            libc::SYS_kill,
            libc::SYS_mount,
            libc::SYS_bpf,
            libc::SYS_keyctl,
            libc::SYS_userfaultfd,
            libc::SYS_io_uring_setup,
            libc::SYS_perf_event_open,
            libc::SYS_process_vm_readv,
            libc::SYS_prctl,
            libc::SYS_seccomp,
        ] {
            assert!(!passing.contains(&call), "{call}");
        }
    }
}
