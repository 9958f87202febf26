"""Where submissions come from: files, folders, and zip files, which are read in memory and never unpacked."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from .failure import Failure

ACCEPTED = (".py", ".ipynb", ".toml")
LARGEST_FILE = 16 << 20
LARGEST_IN_ALL = 1 << 30
MOST_MEMBERS = 20_000
LONGEST_NAME = 200


class Misuse(Exception):
    """A path that cannot be graded at all; the message says what can."""


@dataclass(frozen=True)
class Source:
    """A file as it was found; `problem`: why it is not looked at, if it is not."""

    name: str
    content: bytes = b""
    problem: Failure | None = None

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.name).suffix


def sources(path: Path) -> Iterator[Source]:
    """The file, or the answer files of a folder or a zip file in order of their names.  Raises `Misuse`."""
    if not path.exists():
        raise Misuse(f"there is no file or folder {path}")
    if path.is_dir():
        yield from in_folder(path)
    elif path.suffix == ".zip":
        yield from in_zip(path)
    elif path.suffix in ACCEPTED:
        yield of_file(path)
    else:
        raise Misuse(f"{path}: only {listed(ACCEPTED)} files are graded, and folders and zip files of them")


def listed(words) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}"


def of_file(path: Path) -> Source:
    try:
        with path.open("rb") as stream:
            return within(str(path), stream.read(LARGEST_FILE + 1))
    except OSError as error:
        return refused(str(path), "unreadable", f"The file cannot be read: {error.strerror}.")


def within(name: str, content: bytes) -> Source:
    if len(content) > LARGEST_FILE:
        return refused(name, "too_large", f"The file is larger than {LARGEST_FILE >> 20} MiB.")
    return Source(name, content)


def refused(name: str, reason: str, message: str) -> Source:
    return Source(name, problem=Failure(reason, message))


def how_many(path: Path) -> int:
    """How many submissions `sources` will yield, for a progress bar: 0 where that cannot be told."""
    if path.is_dir():
        return sum(1 for _ in answer_files(path))
    if path.suffix != ".zip":
        return int(path.exists())
    try:
        with zipfile.ZipFile(path) as archive:
            return len(answer_members(archive))
    except (zipfile.BadZipFile, OSError, ValueError):
        return 0


def answer_files(folder: Path) -> Iterator[Path]:
    return (p for p in folder.rglob("*") if p.suffix in ACCEPTED and (p.is_file() or p.is_symlink()))


def in_folder(folder: Path) -> Iterator[Source]:
    """A link is not followed: it may lead anywhere."""
    found = sorted(answer_files(folder))
    if not found:
        raise Misuse(f"the folder {folder} has no {', '.join(ACCEPTED)} file in it")
    for path in found:
        linked = path.is_symlink()
        yield refused(str(path), "link", "This is a link, not a file.") if linked else of_file(path)


# --- zip files -----------------------------------------------------------------------------------


def in_zip(path: Path) -> Iterator[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield from members(path, archive)
    except (zipfile.BadZipFile, OSError) as problem:
        raise Misuse(f"{path} is no zip file that can be read: {problem}") from None


def members(path: Path, archive: zipfile.ZipFile) -> Iterator[Source]:
    infos = answer_members(archive)
    if len(archive.infolist()) > MOST_MEMBERS:
        raise Misuse(f"{path} has more than {MOST_MEMBERS} entries")
    if not infos:
        raise Misuse(f"{path} has no {', '.join(ACCEPTED)} file in it")
    total = 0
    for info in sorted(infos, key=lambda i: i.filename):
        source = member(path, archive, info)
        total += len(source.content)
        if total > LARGEST_IN_ALL:
            raise Misuse(f"the files in {path} are larger than {LARGEST_IN_ALL >> 30} GiB in all")
        yield source


def answer_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    files = (i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/"))
    return [i for i in files if PurePosixPath(i.filename).suffix in ACCEPTED]


def member(path: Path, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Source:
    """One file of the archive; no more of it is inflated than is allowed, whatever its header says."""
    name = f"{path}/{shown(info.filename)}"
    if escapes(info.filename):
        return refused(name, "traversal", "The file's name leads out of the zip file.")
    if stat.S_ISLNK(info.external_attr >> 16):
        return refused(name, "link", "This is a link, not a file.")
    if info.flag_bits & 1:
        return refused(name, "encrypted", "The file is encrypted.")
    try:
        with archive.open(info) as stream:
            return within(name, stream.read(LARGEST_FILE + 1))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as problem:
        return refused(name, "unreadable", f"The file cannot be read from the zip file: {problem}.")
    except Exception as problem:  # zlib.error and lzma.LZMAError share no base with these
        return refused(name, "unreadable", f"The file is damaged: {shown(str(problem))}.")


def escapes(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\0" in name


def shown(text: str) -> str:
    """Text of a stranger, harmless to print and to make a name of."""
    return "".join(c if c.isprintable() else "?" for c in text)[:LONGEST_NAME]
