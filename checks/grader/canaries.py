"""Attempts to break out, made in a worker before a tier of isolation is trusted.

The text of this file is loaded as a submission would be, behind assignments to GRADER (its process), KEY and FOLDER
(a file and a folder that are none of the worker's), TCP, UDP, ABSTRACT and SOCKET (where the grader listens).  A
canary that is stopped raises; the name of one that is not is left in the module as `escaped_…`.  None does harm.
"""

import ctypes
import errno
import os
import socket

libc = ctypes.CDLL(None, use_errno=True)
PTRACE_SEIZE, CLONE_NEWUSER, IO_URING_SETUP = 0x4206, 0x10000000, 425


def must_be_zero(status):
    if status:
        raise OSError(ctypes.get_errno(), "refused")


def read_a_file():
    open(KEY).read()


def list_a_folder():
    os.listdir(FOLDER)


def write_a_file():
    open(f"{FOLDER}/note", "w").close()


def write_in_its_folder():
    open("note", "w").close()


def write_to_shared_memory():
    open("/dev/shm/checks-canary", "x").close()
    os.remove("/dev/shm/checks-canary")


def change_a_mode():
    os.chmod(KEY, 0o644)


def change_a_time():
    os.utime(KEY)


def set_an_attribute():
    try:
        os.setxattr(KEY, "user.canary", b"1")
    except OSError as error:
        if error.errno != errno.ENOTSUP:
            raise


def connect_by_tcp():
    socket.create_connection(("127.0.0.1", TCP), 1).close()


def send_by_udp():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", UDP))


def connect_to_an_abstract_socket():
    socket.socket(socket.AF_UNIX).connect(ABSTRACT)


def connect_to_a_socket():
    socket.socket(socket.AF_UNIX).connect(SOCKET)


def start_a_process():
    if os.fork() == 0:
        os._exit(0)


def start_a_program():
    os.posix_spawn("/bin/sh", ["sh", "-c", ":"], {})


def signal_the_grader():
    if os.getpid() == GRADER:
        raise ProcessLookupError("another name space")
    os.kill(GRADER, 0)


def read_the_environment_of_the_grader():
    open(f"/proc/{GRADER}/environ", "rb").read(1)


def open_the_memory_of_the_grader():
    open(f"/proc/{GRADER}/mem", "rb").close()


def read_the_memory_of_the_grader():
    size, there = ctypes.c_size_t, (ctypes.c_size_t * 2)(0, 1)
    if libc.process_vm_readv(GRADER, there, size(1), there, size(1), size(0)) < 0:
        number = ctypes.get_errno()
        if number != errno.EFAULT:
            raise OSError(number, "refused")


def trace_the_grader():
    must_be_zero(libc.ptrace(PTRACE_SEIZE, GRADER, None, None))


def make_memory_outside_the_limits():
    os.memfd_create("canary")


def raise_a_limit():
    import resource

    unlimited = resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (unlimited, unlimited))


def make_a_user_namespace():
    must_be_zero(libc.unshare(CLONE_NEWUSER))


def make_a_ring():
    parameters = (ctypes.c_char * 120)()
    if libc.syscall(IO_URING_SETUP, 1, parameters) < 0:
        raise OSError(ctypes.get_errno(), "refused")


def become_another_program():
    os.execv("/bin/sh", ["sh", "-c", ":"])


CANARIES = [
    read_a_file,
    list_a_folder,
    write_a_file,
    write_in_its_folder,
    write_to_shared_memory,
    change_a_mode,
    change_a_time,
    set_an_attribute,
    connect_by_tcp,
    send_by_udp,
    connect_to_an_abstract_socket,
    connect_to_a_socket,
    start_a_process,
    start_a_program,
    signal_the_grader,
    read_the_environment_of_the_grader,
    open_the_memory_of_the_grader,
    read_the_memory_of_the_grader,
    trace_the_grader,
    make_memory_outside_the_limits,
    raise_a_limit,
    make_a_user_namespace,
    make_a_ring,
]

for canary in CANARIES:
    try:
        canary()
    except Exception:
        continue
    globals()[f"escaped_{canary.__name__}"] = True

# The last, as it would end this process.
if not any(name.startswith("escaped_") for name in globals()):
    try:
        become_another_program()
    except OSError:
        all_tried = True


def double(x):
    """What a tier must let through."""
    return 2 * x
