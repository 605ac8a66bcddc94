"""`sam` works on what CDK synthesized. It has an environment of its own, and needs what not every machine has."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cdk.assembly import ROOT, Assembly

SAM = Path(os.environ.get("SHOPWRIGHT_SAM") or ROOT / ".build" / "env" / "sam" / "bin" / "sam")


def sam(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run sam where samconfig.toml lies, with made-up credentials: nothing here speaks to AWS."""
    if not SAM.is_file():
        pytest.skip(f"the SAM CLI is not installed in {SAM.parents[1]}")
    return subprocess.run(  # noqa: S603  # the CLI that our own lock file names
        [str(SAM), *arguments],
        cwd=folder,
        env={
            **os.environ,
            "SAM_CLI_TELEMETRY": "0",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "DOCKER_HOST": "tcp://127.0.0.1:9",  # nobody listens there: the same answer on every machine
        },
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.fixture(scope="module")
def project(cloud: Assembly, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """samconfig.toml beside the assembly, as in the repository, where sam may write what it likes."""
    folder = tmp_path_factory.mktemp("sam")
    shutil.copy(ROOT / "samconfig.toml", folder)
    (folder / "cdk.out").symlink_to(cloud.folder, target_is_directory=True)
    return folder


def test_the_template_is_valid(project: Path) -> None:
    answer = sam("validate", folder=project)

    assert answer.returncode == 0, answer.stderr
    assert "is a valid SAM Template" in answer.stdout


def test_functions_can_be_built(project: Path) -> None:
    if not _runs("python3.13"):
        pytest.skip("python3.13, the runtime's interpreter, is not on PATH")

    answer = sam("build", folder=project)

    assert answer.returncode == 0, answer.stderr
    assert (project / ".aws-sam" / "build" / "template.yaml").is_file()


def test_running_a_function_in_sam_needs_a_container_engine(project: Path) -> None:
    answer = sam("local", "invoke", "shopwright-dev-health", "--no-event", folder=project)

    assert answer.returncode != 0
    assert "container runtime" in answer.stderr


def _runs(interpreter: str) -> bool:
    """A real interpreter, not a version manager's stand-in for one that is not installed."""
    found = shutil.which(interpreter)
    if found is None:
        return False
    asked = subprocess.run([found, "--version"], check=False, capture_output=True, timeout=30)  # noqa: S603  # by name
    return asked.returncode == 0
