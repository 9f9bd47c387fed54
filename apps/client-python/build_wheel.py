"""
Makes the package's wheel: python build_wheel.py [FOLDER]

Also the PEP 517 backend of pyproject.toml, so that pip and uv build it themselves.
The same sources give the same bytes.
"""

import base64
import hashlib
import io
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
PACKAGE = HERE / "src" / "neurallog"
NAME = "neurallog"
PYTHONS = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")

# Format: https://packaging.python.org/specifications/core-metadata
METADATA = [
    "Metadata-Version: 2.4",
    f"Name: {NAME}",
    "Version: {version}",
    "Summary: Sends log records to a NeuralLog service, in the background, and never in the application's way",
    "Keywords: logging,logs,mcp,tracing",
    "License-Expression: Apache-2.0",
    "License-File: LICENSE",
    "Classifier: Development Status :: 4 - Beta",
    "Classifier: Intended Audience :: Developers",
    "Classifier: Operating System :: OS Independent",
    *[f"Classifier: Programming Language :: Python :: {version}" for version in ("3", *PYTHONS)],
    "Classifier: Topic :: System :: Logging",
    "Classifier: Typing :: Typed",
    f"Requires-Python: >={PYTHONS[0]}",
    "Description-Content-Type: text/markdown",
]
WHEEL = "Wheel-Version: 1.0\nGenerator: neurallog build_wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
# 1980-01-01: the first time that a zip can hold.
EPOCH = (1980, 1, 1, 0, 0, 0)


def version() -> str:
    text = (PACKAGE / "_version.py").read_text("utf-8")
    found = re.search(r'^__version__ = "([0-9][0-9A-Za-z.+-]*)"$', text, re.M)
    if found is None:
        raise SystemExit(f"{PACKAGE / '_version.py'} has no __version__")
    return found[1]


def metadata() -> bytes:
    head = "\n".join(METADATA).replace("{version}", version())
    return f"{head}\n\n{(HERE / 'README.md').read_text('utf-8')}".encode()


def license_text() -> bytes:
    # In a source distribution it lies beside this file, in the repository at its root.
    places = (HERE / "LICENSE", HERE.parent.parent / "LICENSE")
    return next(place for place in places if place.is_file()).read_bytes()


def sources() -> "dict[str, bytes]":
    """The package's files by their path in it, as in `_record/levels.py`."""
    paths = [path for path in PACKAGE.rglob("*") if path.suffix == ".py" or path.name == "py.typed"]
    return {path.relative_to(PACKAGE).as_posix(): path.read_bytes() for path in paths}


def info_files() -> "dict[str, bytes]":
    info = f"{NAME}-{version()}.dist-info"
    return {
        f"{info}/METADATA": metadata(),
        f"{info}/WHEEL": WHEEL.encode(),
        f"{info}/licenses/LICENSE": license_text(),
    }


def write_wheel(folder: Path, files: "dict[str, bytes]") -> str:
    """A wheel of these files and its own; they lie in the order of their names, without times and owners."""
    files = {**files, **info_files()}
    info = f"{NAME}-{version()}.dist-info"
    rows = []
    for name, content in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows.append(f"{name},sha256={digest},{len(content)}")
    files[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    wheel = f"{NAME}-{version()}-py3-none-any.whl"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / wheel, "w") as archive:
        # The installer's own files come last, as the wheel's specification recommends.
        for name in sorted(files, key=lambda name: (name.startswith(info), name)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o100644 << 16
            # Not compressed: zlib's output differs from version to version.
            archive.writestr(entry, files[name], zipfile.ZIP_STORED)
    return wheel


# What PEP 517 and 660 ask of a backend.


def get_requires_for_build_wheel(config_settings: Optional[Any] = None) -> "list[str]":
    return []


get_requires_for_build_sdist = get_requires_for_build_wheel
get_requires_for_build_editable = get_requires_for_build_wheel


def build_wheel(
    wheel_directory: str,
    config_settings: Optional[Any] = None,
    metadata_directory: Optional[str] = None,
) -> str:
    files = {f"{NAME}/{path}": content for path, content in sources().items()}
    return write_wheel(Path(wheel_directory), files)


def build_editable(
    wheel_directory: str,
    config_settings: Optional[Any] = None,
    metadata_directory: Optional[str] = None,
) -> str:
    return write_wheel(Path(wheel_directory), {f"{NAME}.pth": f"{PACKAGE.parent}\n".encode()})


def build_sdist(sdist_directory: str, config_settings: Optional[Any] = None) -> str:
    base = f"{NAME}-{version()}"
    files = {f"src/{NAME}/{path}": content for path, content in sources().items()}
    for name in ("README.md", "build_wheel.py", "pyproject.toml"):
        files[name] = (HERE / name).read_bytes()
    files.update({"LICENSE": license_text(), "PKG-INFO": metadata()})
    archive = f"{base}.tar.gz"
    with tarfile.open(Path(sdist_directory) / archive, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(f"{base}/{name}")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return archive


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "dist"
    print(target / build_wheel(str(target)))
