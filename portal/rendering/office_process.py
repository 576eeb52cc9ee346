"""What runs between the portal and LibreOffice: a root of its own in memory, without network, then one conversion.

Started by path, like confined.py. Namespaces of users, mounts, processes, network and names are made anew; the new
root is a tmpfs that holds nothing but the system's programs, read-only, and what this conversion writes. It ends with
its processes. LibreOffice runs there without any right, under the kernel's limits. Input and profile lie on that tmpfs
alone, of which the machine outside sees nothing.
"""

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT = str(Path(__file__).parents[2])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from portal.rendering import sandbox  # noqa: E402 - found by the line above
from portal.rendering.jobs import NO_CONFINEMENT  # noqa: E402 - likewise

OFFICE: Final = "/usr/lib/libreoffice/program/soffice.bin"
_NEW: Final = (
    0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
)  # sched.h: NS UTS IPC USER PID NET
_BIND: Final = 4096
_REMOUNT: Final = 32
_RECURSIVE: Final = 16384
_PRIVATE: Final = 1 << 18
_READ_ONLY: Final = 1
_NOSUID_NODEV: Final = 2 | 4
_DETACH: Final = 2
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}
_INSIDE: Final = 1000  # the account inside: nobody's outside
_NEW_ROOT: Final = "/tmp"  # noqa: S108 - the tmpfs hides what lies there
_SHOWN: Final = ("/usr", "/etc/fonts", "/etc/libreoffice", "/etc/ld.so.cache", "/var/cache/fontconfig")
_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/urandom")
_TMPFS_BYTES: Final = 256 * sandbox.MEBIBYTE
_DESCRIPTORS: Final = 512
_RESTART: Final = 81
_ENVIRONMENT: Final = {
    "HOME": "/work",
    "TMPDIR": "/tmp",  # noqa: S108 - inside
    "LC_ALL": "C.UTF-8",
    "SAL_USE_VCLPLUGIN": "svp",
    "LD_LIBRARY_PATH": str(Path(OFFICE).parent),  # it finds its libraries by /proc otherwise
}
_PROFILE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update">
<prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""

_library = ctypes.CDLL(None, use_errno=True)


def main() -> int:
    """Convert what descriptor 0 holds, of the type named by its ending, and write a PDF to descriptor 1."""
    ending, memory_bytes, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    try:
        _new_namespaces()
        inner = os.fork()  # the first process of the new namespace: all others end with it
        if inner:
            _, status = os.waitpid(inner, 0)
            return os.waitstatus_to_exitcode(status) & 0xFF
        _call(_library.prctl, 1, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)  # it ends with the outer one
        _new_root()
    except (OSError, KeyError):
        os._exit(NO_CONFINEMENT)
    os._exit(_convert(ending, memory_bytes, seconds))


def _new_namespaces() -> None:
    account, group = os.geteuid(), os.getegid()
    _call(_library.unshare, _NEW)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_INSIDE} {account} 1")
    Path("/proc/self/gid_map").write_text(f"{_INSIDE} {group} 1")


def _new_root() -> None:
    """Make a root in memory, show the system's programs in it, and lose sight of the old one."""
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", _NEW_ROOT, "tmpfs", _NOSUID_NODEV, f"size={_TMPFS_BYTES},mode=700")
    new = Path(_NEW_ROOT)
    for path in (*_SHOWN, *_DEVICES):
        if Path(path).exists():
            _show(path, new / path[1:])
    for name in ("bin", "lib", "lib64", "sbin"):
        if (Path("/") / name).is_symlink():
            (new / name).symlink_to(f"usr/{name}")
    for name in ("old", "tmp", "work"):
        (new / name).mkdir(mode=0o700)
    os.chdir(new)
    _call(_library.syscall, _PIVOT_ROOT[os.uname().machine], b".", b"old")
    os.chdir("/")
    _call(_library.umount2, b"/old", _DETACH)


def _show(path: str, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    if Path(path).is_dir():
        place.mkdir()
    else:
        place.touch()
    _mount(path, str(place), None, _BIND)
    flags = os.statvfs(place).f_flag & (2 | 4 | 8)  # what was closed stays closed
    _mount(None, str(place), None, _BIND | _REMOUNT | _READ_ONLY | flags)


def _convert(ending: str, memory_bytes: int, seconds: int) -> int:
    work = Path("/work")
    source = work / f"file.{ending}"
    with source.open("wb") as file:
        size, at = os.fstat(0).st_size, 0
        while at < size:
            at += file.write(os.pread(0, sandbox.MEBIBYTE, at))
    user = work / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(_PROFILE)
    sandbox.limit(memory_bytes, seconds, file_bytes=_TMPFS_BYTES, descriptors=_DESCRIPTORS)
    sandbox.refuse_rights()
    status = _RESTART
    for _ in range(2):  # with a new profile it asks to be started again
        if status == _RESTART:
            status = _run(source)
    made = work / "made" / "file.pdf"
    if status or not made.exists():
        return 1
    with made.open("rb") as file:
        while piece := file.read(sandbox.MEBIBYTE):
            view = memoryview(piece)
            while view:
                view = view[os.write(1, view) :]
    return 0


def _run(source: Path) -> int:
    return subprocess.run(  # noqa: S603 - a fixed program in a fixed root
        [
            *(OFFICE, "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nologo"),
            *("-env:UserInstallation=file:///work/profile", "--convert-to", "pdf", "--outdir", "/work/made", source),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_ENVIRONMENT,
        check=False,
    ).returncode


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    words = [word if word is None else os.fsencode(word) for word in (source, target, kind, data)]
    _call(_library.mount, words[0], words[1], words[2], ctypes.c_ulong(flags), words[3])


def _call(function: "ctypes._NamedFuncPointer", *arguments: object) -> None:
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main())
