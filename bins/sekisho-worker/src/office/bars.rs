//! The bars around the office program: rlimits, Landlock and seccomp, kept by everything it becomes.
//!
//! Owns: what the program may still do, which is: read itself, its libraries and fonts, write below its own folder,
//! compute in threads, and end. No network, no other program, no second process, no word to any process outside.
//! Leaves to others: how the kernel is asked (`kernel`), when they close (`mod`), proving that they hold (`probe`).
//!
//! The program is large and old, and parses what comes from outside in C++. So it is assumed to be taken over; the bars
//! have to hold then. They differ from those of the sanitiser's own cell (`cell`) only in what an office program cannot
//! live without: files, threads, and memory that can be executed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use landlock::{
    ABI, Access, AccessFs, BitFlags, PathBeneath, PathFd, RulesetCreatedAttr, path_beneath_rules,
};
use rlimit::Resource;
use seccompiler::{SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule};

use cell_bars::kernel::{self, Calls, condition};

/// What the kernel enforces on the program as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Address space in bytes. A thread costs eight MiB of it, so it bounds their number, too.
    pub(crate) memory_bytes_max: u64,
    /// Processor time in seconds.
    pub(crate) cpu_seconds_max: u64,
    /// Bytes of one written file.
    pub(crate) file_bytes_max: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { memory_bytes_max: 4 << 30, cpu_seconds_max: 60, file_bytes_max: 256 << 20 }
    }
}

/// Descriptors of the program; it opens some dozens of libraries and fonts, one after the other.
const DESCRIPTORS_MAX: u64 = 256;

/// What is read below these, if it is there: libraries, fonts, the program's settings for the whole machine, time zones.
const READ: [&str; 14] = [
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/etc/libreoffice",
    "/etc/localtime",
    "/etc/papersize",
    "/var/cache/fontconfig",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
    "/dev/urandom",
    "/dev/zero",
];

/// What the kernel itself starts a program with.
const LOADERS: [&str; 3] =
    ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-riscv64-lp64d.so.1"];

/// Where a program lies and what it may run.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    /// The one folder that is written.
    pub(crate) folder: PathBuf,
    /// The office program; everything beside it and below the folder above is read.
    pub(crate) office: PathBuf,
    /// Programs that may be run. Without a process of its own that means: become.
    pub(crate) programs: Vec<PathBuf>,
}

/// Gives up every right to files and network that is not in reach.
///
/// # Errors
/// When the kernel does not enforce it, or something in reach is not there.
pub(crate) fn close_files(reach: &Reach) -> anyhow::Result<()> {
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = AccessFs::from_all(ABI::V6)
        & !(AccessFs::Execute
            | AccessFs::MakeChar
            | AccessFs::MakeBlock
            | AccessFs::MakeFifo
            | AccessFs::MakeSym
            | AccessFs::IoctlDev);
    let run = AccessFs::ReadFile | AccessFs::Execute;
    let home = reach.office.parent().and_then(Path::parent).context("the office program lies nowhere")?;
    let mut rules = kernel::no_files()?
        .add_rules(path_beneath_rules(READ, read))?
        .add_rules(path_beneath_rules(["/dev/null"], AccessFs::ReadFile | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(LOADERS, run))?
        .add_rule(beneath(home, read)?)?
        .add_rule(beneath(&reach.folder, write)?)?;
    for program in &reach.programs {
        rules = rules.add_rule(beneath(program, run)?)?;
    }
    kernel::enter(rules)
}

fn beneath(path: &Path, access: BitFlags<AccessFs>) -> anyhow::Result<PathBeneath<PathFd>> {
    let place = PathFd::new(path).with_context(|| format!("{} cannot be opened", path.display()))?;
    Ok(PathBeneath::new(place, access))
}

/// Sets the limits.
///
/// # Errors
/// When the kernel refuses one.
pub(crate) fn close_limits(bounds: Bounds) -> anyhow::Result<()> {
    // Not the number of processes: the kernel counts it for all that the account runs. There is no second process anyway.
    kernel::limit([
        (Resource::AS, bounds.memory_bytes_max),
        (Resource::CPU, bounds.cpu_seconds_max),
        (Resource::FSIZE, bounds.file_bytes_max),
        (Resource::CORE, 0),
        (Resource::NOFILE, DESCRIPTORS_MAX),
    ])
}

/// Forbids every system call that an office program does not need, for all threads of the process.
///
/// # Errors
/// When the kernel refuses the filter.
pub(crate) fn close_system_calls() -> anyhow::Result<()> {
    kernel::apply(filter()?)
}

/// Everything not named fails as if the kernel did not have it. A C library that knows a newer call then takes the older
/// one, so that the list does not depend on its version; and `clone3`, whose flags no filter can see, falls back to `clone`.
fn filter() -> anyhow::Result<SeccompFilter> {
    let mut rules = Calls::new();
    for call in ALWAYS.iter().chain(older::CALLS) {
        rules.insert(*call, Vec::new());
    }
    let one = |conditions: Vec<SeccompCondition>| -> anyhow::Result<Vec<SeccompRule>> {
        Ok(vec![SeccompRule::new(conditions)?])
    };
    let any = |argument: u8, values: &[u64]| -> anyhow::Result<Vec<SeccompRule>> {
        let each = values.iter().map(|value| condition(argument, SeccompCmpOp::Eq, *value));
        each.map(|condition| Ok(SeccompRule::new(vec![condition?])?)).collect()
    };
    // A thread, never a process: with that flag the kernel makes nothing else.
    let thread = libc::CLONE_THREAD as u64;
    rules.insert(libc::SYS_clone, one(vec![condition(0, SeccompCmpOp::MaskedEq(thread), thread)?])?);
    // The program locks its profile with a socket in its own folder. It reaches nobody: `connect` is not on the list, and
    // only sockets of a stream can be had, which send to nobody without it.
    let local = || condition(0, SeccompCmpOp::Eq, libc::AF_UNIX as u64);
    let stream = || condition(1, SeccompCmpOp::MaskedEq(0xF), libc::SOCK_STREAM as u64);
    for call in [libc::SYS_socket, libc::SYS_socketpair] {
        rules.insert(call, one(vec![local()?, stream()?])?);
    }
    // Questions about a descriptor; what is typed into a terminal (TIOCSTI) is not among them.
    let questions = [libc::TCGETS, libc::FIONREAD, libc::FIONBIO, libc::FIOCLEX, libc::TIOCGWINSZ];
    rules.insert(libc::SYS_ioctl, any(1, &questions)?);
    // Not who is told of what happens on a descriptor.
    let plain = [
        libc::F_DUPFD,
        libc::F_GETFD,
        libc::F_SETFD,
        libc::F_GETFL,
        libc::F_SETFL,
        libc::F_GETLK,
        libc::F_SETLK,
        libc::F_SETLKW,
        libc::F_OFD_GETLK,
        libc::F_OFD_SETLK,
        libc::F_OFD_SETLKW,
        libc::F_DUPFD_CLOEXEC,
    ];
    rules.insert(libc::SYS_fcntl, any(1, &plain.map(|command| command as u64))?);
    // Whether a place may be written is not answered. The program would look for a place for its socket and find `/tmp`,
    // which it cannot write either; so it takes the one that it is told.
    for (call, argument) in older::ACCESS.iter().chain(&[(libc::SYS_faccessat, 2), (libc::SYS_faccessat2, 2)])
    {
        let is_no_write = condition(*argument, SeccompCmpOp::MaskedEq(libc::W_OK as u64), 0)?;
        rules.insert(*call, one(vec![is_no_write])?);
    }
    // Names of threads.
    rules.insert(libc::SYS_prctl, any(0, &[libc::PR_SET_NAME as u64, libc::PR_GET_NAME as u64])?);
    // Limits are read, not set.
    let nothing = SeccompCondition::new(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?;
    rules.insert(libc::SYS_prlimit64, one(vec![nothing])?);
    // Signals to itself. Becoming another program keeps the number of the process.
    let own = u64::from(std::process::id());
    for call in [libc::SYS_tgkill, libc::SYS_kill] {
        rules.insert(call, any(0, &[own])?);
    }
    kernel::only(rules, libc::ENOSYS)
}

/// What passes whatever its arguments. Of files only what Landlock decides about: changing rights, owners or times by
/// name, and cutting files off, is not among it, since older kernels or all of them do not ask Landlock about these.
const ALWAYS: &[i64] = &[
    // descriptors
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_flock,
    libc::SYS_pipe2,
    libc::SYS_eventfd2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    // files
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat,
    libc::SYS_renameat2,
    libc::SYS_linkat,
    libc::SYS_fchmod,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_umask,
    // memory; the program makes code as it runs (bridges between languages)
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_msync,
    libc::SYS_mincore,
    libc::SYS_membarrier,
    // threads
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_getpriority,
    // itself
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_getrusage,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getrandom,
    libc::SYS_wait4,
    // signals
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigsuspend,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    // time
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_setitimer,
    libc::SYS_getitimer,
    libc::SYS_times,
    // the one socket
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_getsockname,
    libc::SYS_getsockopt,
    libc::SYS_setsockopt,
    libc::SYS_recvfrom,
    libc::SYS_recvmsg,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_shutdown,
];

/// Calls that newer architectures never had, for older ways to say the same.
#[cfg(target_arch = "x86_64")]
mod older {
    pub(super) const CALLS: &[i64] = &[
        libc::SYS_open,
        libc::SYS_stat,
        libc::SYS_lstat,
        libc::SYS_readlink,
        libc::SYS_getdents,
        libc::SYS_mkdir,
        libc::SYS_rmdir,
        libc::SYS_unlink,
        libc::SYS_rename,
        libc::SYS_link,
        libc::SYS_creat,
        libc::SYS_poll,
        libc::SYS_select,
        libc::SYS_pipe,
        libc::SYS_dup2,
        libc::SYS_eventfd,
        libc::SYS_epoll_create,
        libc::SYS_epoll_wait,
        libc::SYS_getrlimit,
        libc::SYS_time,
        libc::SYS_alarm,
        libc::SYS_arch_prctl,
    ];
    /// The call that asks about a file's rights, and which of its arguments says which.
    pub(super) const ACCESS: &[(i64, u8)] = &[(libc::SYS_access, 1)];
}
#[cfg(not(target_arch = "x86_64"))]
mod older {
    pub(super) const CALLS: &[i64] = &[];
    pub(super) const ACCESS: &[(i64, u8)] = &[];
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
    fn a_thread_can_be_had_and_a_process_cannot() {
        let program = program();
        let thread = 0x3d_0f00;
        let process = 0x120_0011;
        assert!(is_allowed(&program, libc::SYS_clone, [thread, 0, 0, 0, 0, 0]));
        assert!(!is_allowed(&program, libc::SYS_clone, [process, 0, 0, 0, 0, 0]));
        assert!(!is_allowed(&program, libc::SYS_clone3, [0; 6]));
    }

    #[test]
    fn the_only_sockets_are_streams_of_this_machine_that_reach_nobody() {
        let program = program();
        for (domain, kind, allowed) in [
            (libc::AF_UNIX, libc::SOCK_STREAM, true),
            (libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC, true),
            (libc::AF_UNIX, libc::SOCK_DGRAM, false),
            (libc::AF_INET, libc::SOCK_STREAM, false),
            (libc::AF_INET6, libc::SOCK_STREAM, false),
            (libc::AF_INET, libc::SOCK_DGRAM, false),
            (libc::AF_NETLINK, libc::SOCK_RAW, false),
            (libc::AF_PACKET, libc::SOCK_RAW, false),
            (libc::AF_VSOCK, libc::SOCK_STREAM, false),
        ] {
            for call in [libc::SYS_socket, libc::SYS_socketpair] {
                let arguments = [domain as u64, kind as u64, 0, 0, 0, 0];
                assert_eq!(is_allowed(&program, call, arguments), allowed, "{call} {domain} {kind}");
            }
        }
        assert!(!is_allowed(&program, libc::SYS_connect, [0; 6]));
    }

    #[test]
    fn limits_are_read_and_nobody_else_is_signalled() {
        let program = program();
        assert!(is_allowed(&program, libc::SYS_prlimit64, [0, 7, 0, 0x1000, 0, 0]));
        assert!(!is_allowed(&program, libc::SYS_prlimit64, [0, 7, 0x1000, 0, 0, 0]));
        assert!(!is_allowed(&program, libc::SYS_prlimit64, [0, 7, 1 << 32, 0, 0, 0]));
        let own = u64::from(std::process::id());
        for (target, allowed) in [(own, true), (1, false), (0, false), (u64::MAX, false)] {
            assert_eq!(is_allowed(&program, libc::SYS_kill, [target, 9, 0, 0, 0, 0]), allowed, "{target}");
        }
        assert!(!is_allowed(&program, libc::SYS_ioctl, [0, libc::TIOCSTI, 0, 0, 0, 0]));
        assert!(!is_allowed(&program, libc::SYS_prctl, [libc::PR_SET_DUMPABLE as u64, 1, 0, 0, 0, 0]));
    }

    #[test]
    fn nothing_that_reaches_into_the_kernel_or_another_process_is_on_the_list() {
        let program = program();
        for call in [
            libc::SYS_add_key,
            libc::SYS_bpf,
            libc::SYS_chroot,
            libc::SYS_connect,
            libc::SYS_fchmodat,
            libc::SYS_fchownat,
            libc::SYS_inotify_init1,
            libc::SYS_setxattr,
            libc::SYS_truncate,
            libc::SYS_utimensat,
            libc::SYS_delete_module,
            libc::SYS_execveat,
            libc::SYS_finit_module,
            libc::SYS_fsopen,
            libc::SYS_init_module,
            libc::SYS_io_uring_setup,
            libc::SYS_kcmp,
            libc::SYS_kexec_load,
            libc::SYS_keyctl,
            libc::SYS_memfd_create,
            libc::SYS_mknodat,
            libc::SYS_mount,
            libc::SYS_move_mount,
            libc::SYS_name_to_handle_at,
            libc::SYS_open_by_handle_at,
            libc::SYS_open_tree,
            libc::SYS_perf_event_open,
            libc::SYS_personality,
            libc::SYS_pidfd_getfd,
            libc::SYS_pidfd_open,
            libc::SYS_pivot_root,
            libc::SYS_process_vm_readv,
            libc::SYS_process_vm_writev,
            libc::SYS_ptrace,
            libc::SYS_reboot,
            libc::SYS_request_key,
            libc::SYS_seccomp,
            libc::SYS_setns,
            libc::SYS_setsid,
            libc::SYS_setuid,
            libc::SYS_shmget,
            libc::SYS_symlinkat,
            libc::SYS_syslog,
            libc::SYS_umount2,
            libc::SYS_unshare,
            libc::SYS_userfaultfd,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_fork,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_vfork,
            #[cfg(target_arch = "x86_64")]
            libc::SYS_iopl,
        ] {
            assert!(!is_allowed(&program, call, [0; 6]), "{call}");
            assert!(!is_allowed(&program, call, [u64::from(u32::MAX); 6]), "{call}");
        }
    }
}
