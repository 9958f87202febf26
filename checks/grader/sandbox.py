"""What goes around a worker: the tiers of isolation, as a table with the strongest first.

A tier launches the worker's command, and may tell the worker to confine itself (`worker.confine`) once NumPy is
imported and before it reads a byte of the submission.  Which tier holds here is found by `canaries`, not by versions.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OURS = Path(__file__).parents[2]
SCRATCH_BYTES = 1 << 16
SYSTEM_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/urandom")

# All that a worker may ask of the kernel once it is confined: its memory, its clock, reading files (Landlock says
# which), its pipes; `worker.confine` adds some with conditions.  No process, thread, program, socket, signal to
# others, limit or namespace, and no change of a file; mkdir is there to be told that a folder exists.
CALLS = """
    read readv pread64 preadv write writev lseek close close_range fstat fstatfs stat lstat newfstatat statx access
    faccessat faccessat2 getdents64 readlink readlinkat getcwd chdir fcntl dup dup2 dup3 fadvise64
    mkdir mkdirat
    mmap mprotect munmap mremap madvise brk mincore msync
    clock_gettime clock_getres gettimeofday time times getrusage nanosleep clock_nanosleep
    select pselect6 poll ppoll futex sched_yield sched_getaffinity rseq set_robust_list set_tid_address membarrier
    rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending sigaltstack restart_syscall pause
    alarm setitimer getitimer getrandom uname sysinfo getpid getppid gettid getuid geteuid getgid getegid getrlimit
    exit exit_group
""".split()  # noqa: SIM905

# What the list of sandlock itself leaves open: memory outside of every limit, the attributes of any file.
ALSO_DENIED = """
    memfd_create memfd_secret
    chmod fchmod fchmodat chown fchown lchown fchownat utime utimes utimensat futimesat
    setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr
""".split()  # noqa: SIM905
ONLY_X86 = {"chmod", "chown", "lchown", "utime", "utimes", "futimesat"}


@dataclass(frozen=True)
class Tier:
    """A way to isolate a worker.

    `name`: for programs; `text`: how the reports say it; `launch`: command, folder and environment -> a process with
    three pipes, `pid` and `wait`; `confines`: whether the worker confines itself too; `packages`, `program`: what it
    needs.
    """

    name: str
    text: str
    launch: Callable[[list[str], str, dict[str, str]], object]
    confines: bool = False
    packages: tuple[str, ...] = ()
    program: str = ""

    def missing(self) -> str:
        """What it needs that is not here, in words; nothing, if it can be tried."""
        if self.packages and not sys.platform.startswith("linux"):
            return "needs Linux"
        absent = [f"the package {name}" for name in self.packages if not find_spec(name)]
        absent += [f"the program {self.program}"] if self.program and not shutil.which(self.program) else []
        return f"{' and '.join(absent)} not installed" if absent else ""

    def confinement(self, directory: str) -> dict | None:
        """What the worker is told: the files it may read, the calls it may make."""
        return {"readable": [*readable(), directory], "calls": CALLS} if self.confines else None


@cache
def readable() -> tuple[str, ...]:
    """The files and folders of a bare Python: its libraries and installed packages, nothing of ours."""
    path = subprocess.run(
        [sys.executable, "-I", "-c", "import json, sys; print(json.dumps(sys.path))"], capture_output=True, check=True
    )
    python = [sys.executable, os.path.realpath(sys.executable), f"{sys.prefix}/pyvenv.cfg", f"{sys.base_prefix}/lib"]
    wanted = {*json.loads(path.stdout), *python, *SYSTEM_LIBRARIES, *DEVICES}
    return tuple(sorted(p for p in wanted if os.path.exists(p) and not OURS.is_relative_to(p)))


# --- launching -----------------------------------------------------------------------------------


def piped(command: list[str], directory: str, environment: dict, kind: type = subprocess.Popen) -> subprocess.Popen:
    """In a session of its own, so that all of its processes can be killed."""
    pipe = subprocess.PIPE
    streams = {"stdin": pipe, "stdout": pipe, "stderr": pipe, "bufsize": 0}
    return kind(command, cwd=directory, env=environment, start_new_session=True, **streams)


class Bubblewrapped(subprocess.Popen):
    """Bubblewrap tells of a signal as a shell does."""

    def wait(self, timeout: float | None = None) -> int:
        status = super().wait(timeout)
        return 128 - status if status > 128 else status


def in_bubblewrap(command: list[str], directory: str, environment: dict) -> subprocess.Popen:
    """Namespaces of its own, in a file system that holds the readable files and one small folder."""
    files = [word for path in readable() for word in (bind(path), path, path)]
    folder = ["--size", str(SCRATCH_BYTES), "--tmpfs", directory, "--remount-ro", "/", "--chdir", directory]
    alone = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
    return piped(
        [shutil.which("bwrap"), *alone, *files, *folder, "--", *command], directory, environment, Bubblewrapped
    )


def bind(path: str) -> str:
    return "--dev-bind" if path in DEVICES else "--ro-bind"


class Sandlocked:
    """A sandlock process, with what a worker needs of `subprocess.Popen`."""

    def __init__(self, process):
        self.process, self.pid = process, process.pid
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr

    def wait(self, timeout: float | None = None) -> int:
        """The status, negative for a signal; a process that is late is killed."""
        result = self.process.wait(timeout)
        return -result.signal if result.signal > 0 else result.exit_code


def in_sandlock(command: list[str], directory: str, environment: dict) -> Sandlocked:
    from sandlock import Sandbox, StdioMode  # a tenth of a second that the other tiers need not pay

    pipe = StdioMode.PIPED
    denied = [name for name in ALSO_DENIED if platform.machine() == "x86_64" or name not in ONLY_X86]
    sandbox = Sandbox(
        fs_readable=[*readable(), directory],
        fs_writable=["/dev/null"],
        extra_deny_syscalls=denied,
        max_processes=1,
        no_coredump=True,
        clean_env=True,
        env=environment,
        cwd=directory,
    )
    return Sandlocked(sandbox.popen(command, stdin=pipe, stdout=pipe, stderr=pipe))


# --- the table -----------------------------------------------------------------------------------


FILTERS = ("py_landlock", "pyseccomp")
TIERS = (
    Tier(
        "bubblewrap",
        "a sandbox: namespaces by bubblewrap, Landlock and a seccomp allow-list",
        in_bubblewrap,
        confines=True,
        packages=FILTERS,
        program="bwrap",
    ),
    Tier("landlock", "a sandbox: Landlock and a seccomp allow-list", piped, confines=True, packages=FILTERS),
    Tier("sandlock", "a sandbox: sandlock", in_sandlock, packages=("sandlock",)),
)
UNSAFE = Tier("unsafe", "a separate process, which is not a sandbox (--unsafe)", piped)
