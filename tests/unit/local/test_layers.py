from pathlib import Path

import pytest

from local import layers

LOCK = """# made by make lock
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:bb
tzdata==2026.6 ; sys_platform == 'win32' \\
    --hash=sha256:cc
redis==8.1.0 \\
    --hash=sha256:dd
"""


def test_lambdas_layer_takes_what_holds_for_lambda_whatever_python_builds_it(tmp_path: Path) -> None:
    lock = tmp_path / "layer.lock"
    lock.write_text(LOCK)

    wanted = layers._for_target(lock, layers.LAMBDA)

    assert "numpy==2.5.5 --hash=sha256:bb" in wanted
    assert "numpy==2.4.6" not in wanted
    assert "tzdata" not in wanted
    assert "redis==8.1.0 --hash=sha256:dd" in wanted
    assert ";" not in wanted


def test_every_hash_of_a_requirement_stays_with_it(tmp_path: Path) -> None:
    lock = tmp_path / "layer.lock"
    lock.write_text("numpy==2.4.6 \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n")

    assert layers._for_target(lock, layers.LAMBDA).count("--hash=sha256:a") == 2


def test_a_damaged_lock_is_named(tmp_path: Path) -> None:
    lock = tmp_path / "layer.lock"
    lock.write_text("numpy = 2 \\\n    --hash=sha256:aa\n")

    with pytest.raises(layers.CannotBuild, match="make lock"):
        layers._for_target(lock, layers.HOST)
