"""What a process gives away for good before it reads a stranger's file (Linux, x86-64 and AArch64).

In this order: limits of the kernel (memory, processor, no bytes into files, few descriptors, no core dump); no new
rights; no file but fonts and random bytes by Landlock, where the kernel has it; and a list of system calls by seccomp,
which holds no network, no process, no signal to others and no opening for writing. Opening for reading is on the list
only where Landlock holds it to the fonts. Elsewhere nothing opens: letters whose font a PDF doesn't bring are drawn by
those of PDFium, and what QPDF decrypts isn't marked. Without seccomp nothing is read: the process ends.
"""

import ctypes
import errno
import os
import platform
import resource
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

FONTS: Final = Path("/usr/share/fonts")
RANDOM: Final = Path("/dev/urandom")  # QPDF opens it where a file is encrypted
MEBIBYTE: Final = 1024 * 1024
_DESCRIPTORS: Final = 16

_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

# linux/landlock.h
_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_RULESET_VERSION: Final = 1
_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_FOLDER: Final = 1 << 3
_FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # by version of the interface; later ones as 5
_WITH_NETWORK: Final = 4
_WITH_SCOPES: Final = 6

# linux/seccomp.h, linux/bpf_common.h
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EPERM
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS
_KILL: Final = 0x80000000
_LOAD: Final = 0x20
_EQUALS: Final = 0x15
_ANY_BIT: Final = 0x45
_AT_LEAST: Final = 0x35
_OTHER_NUMBERS: Final = 0x40000000  # the same calls once more, for 32-bit pointers
_RETURN: Final = 0x06
_NUMBER_AT: Final = 0
_MACHINE_AT: Final = 4
_ARGUMENTS_AT: Final = 16
_ARGUMENT_BYTES: Final = 8

_MACHINES: Final = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# numbers on x86-64 and AArch64
_CALLS: Final = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "readv": (19, 65),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
_OPEN: Final = {"openat": (257, 56), "newfstatat": (262, 79), "getdents64": (217, 61), "statx": (332, 291)}
_TO_EXECUTE: Final = {"mmap": (9, 222), "mprotect": (10, 226)}  # argument 2 holds PROT_EXEC
# what a program that may start others is refused: to look into others, to make namespaces, mounts and keys
_REFUSED: Final = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
}
_CLONE: Final = (56, 220)  # argument 0 holds the flags
_CLONE3: Final = (435, 435)  # its flags can't be seen: as if the kernel didn't know it, so that the other one is taken
_NEW_NAMESPACES: Final = 0x7E020000  # sched.h: all CLONE_NEW… but that of time
_PROT_EXEC: Final = 4
_FLAGS_OF_OPENING: Final = 2
_CHANGES_A_FILE: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | 0x400000  # O_TMPFILE

_Instruction = tuple[int, int, int, int]


class NoConfinement(RuntimeError):
    """The kernel takes one of the limits not, so nothing may be read."""


def close_in(memory_bytes: int, seconds: int, fonts: Path = FONTS) -> None:
    """Give away everything but the open descriptors, for good.

    Raises:
        NoConfinement: The kernel doesn't take it.
    """
    limit(memory_bytes, seconds)
    _control(_PR_SET_DUMPABLE, 0)
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    opening = _only_fonts(fonts)
    _install(lambda column: _permissions(column, opening=opening))


def refuse_rights() -> None:
    """Let this process and those that it starts get no new rights, and refuse them what no program for documents needs.

    Raises:
        NoConfinement: The kernel doesn't take it.
    """
    _control(_PR_SET_NO_NEW_PRIVS, 1)
    _install(_refusals)


def limit(memory_bytes: int, seconds: int, file_bytes: int = 0, descriptors: int = _DESCRIPTORS) -> None:
    """Set the kernel's limits on this process and those that it starts."""
    for what, most in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, descriptors),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def _control(option: int, value: int, address: object = 0) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(option, ctypes.c_ulong(value), address, 0, 0):
        raise NoConfinement(f"prctl {option}: {os.strerror(ctypes.get_errno())}")


def _only_fonts(fonts: Path) -> bool:
    """Close all files but the fonts and random bytes by Landlock; tell whether that holds."""
    call = ctypes.CDLL(None, use_errno=True).syscall
    version = call(_CREATE_RULESET, None, ctypes.c_size_t(0), _RULESET_VERSION)
    if version < 1 or not fonts.is_dir():
        return False
    words = [(1 << _FILE_RIGHTS.get(version, 16)) - 1]
    words += [0b11] * (version >= _WITH_NETWORK)  # no connection by TCP, none waited for
    words += [0b11] * (version >= _WITH_SCOPES)  # no abstract socket, no signal to others
    attributes = struct.pack(f"={len(words)}Q", *words)
    rules = call(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    if rules < 0:
        return False
    try:
        for path, rights in ((fonts, _READ_FILE | _READ_FOLDER), (RANDOM, _READ_FILE)):
            at = os.open(path, os.O_PATH)
            refused = call(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", rights, at), 0)
            os.close(at)
            if refused:
                return False
        return not call(_RESTRICT_SELF, rules, 0)
    finally:
        os.close(rules)


def _install(rules: Callable[[int], Iterable[_Instruction]]) -> None:
    """Have the kernel ask these rules at each system call.

    Raises:
        NoConfinement: The kernel or the machine doesn't know how.
    """
    known = _MACHINES.get(platform.machine())
    if known is None:
        raise NoConfinement(f"no list of system calls for {platform.machine()}")
    column, machine = known
    code = b"".join(struct.pack("=HBBI", *one) for one in (*_of_machine(machine), *rules(column)))
    held = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("@HP", len(code) // 8, ctypes.addressof(held))
    _control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program)


def _of_machine(machine: int) -> Iterable[_Instruction]:
    yield (_LOAD, 0, 0, _MACHINE_AT)
    yield (_EQUALS, 1, 0, machine)
    yield (_RETURN, 0, 0, _KILL)
    yield (_LOAD, 0, 0, _NUMBER_AT)


def _permissions(column: int, *, opening: bool) -> Iterable[_Instruction]:
    for numbers in _TO_EXECUTE.values():
        yield from _unless(numbers[column], 2, _PROT_EXEC)
    calls = dict(_CALLS)
    if opening:
        calls |= _OPEN
        yield from _unless(_OPEN["openat"][column], _FLAGS_OF_OPENING, _CHANGES_A_FILE)
    for numbers in calls.values():
        yield (_EQUALS, 0, 1, numbers[column])
        yield (_RETURN, 0, 0, _ALLOW)
    yield (_RETURN, 0, 0, _REFUSE)


def _refusals(column: int) -> Iterable[_Instruction]:
    yield (_AT_LEAST, 0, 1, _OTHER_NUMBERS)
    yield (_RETURN, 0, 0, _REFUSE)
    yield from _unless(_CLONE[column], 0, _NEW_NAMESPACES)
    yield (_EQUALS, 0, 1, _CLONE3[column])
    yield (_RETURN, 0, 0, _UNKNOWN)
    for numbers in _REFUSED.values():
        yield (_EQUALS, 0, 1, numbers[column])
        yield (_RETURN, 0, 0, _REFUSE)
    yield (_RETURN, 0, 0, _ALLOW)


def _unless(number: int, argument: int, bits: int) -> Iterable[_Instruction]:
    """Refuse a call if its argument (the lower half, where all flags are) has one of the bits."""
    yield (_EQUALS, 0, 4, number)
    yield (_LOAD, 0, 0, _ARGUMENTS_AT + argument * _ARGUMENT_BYTES)
    yield (_ANY_BIT, 0, 1, bits)
    yield (_RETURN, 0, 0, _REFUSE)
    yield (_LOAD, 0, 0, _NUMBER_AT)
