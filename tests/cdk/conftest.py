"""One synthesis for every test of this folder, and one process for the stages that nobody runs on a laptop."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import App

from cdk.app import build, new_app
from cdk.stages import DEV, Stage
from tests.cdk.assembly import Assembly, dev


@pytest.fixture(scope="session")
def cloud() -> Assembly:
    """Stage dev."""
    return dev()


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Assembly]:
    """Build any stage in this process, with layers that hold nothing: what is in them makes no difference here."""
    layers = tmp_path_factory.mktemp("layers")
    for layer in ("common", "models", "parsing", "payments", "receipts", "vault"):
        folder = layers / layer / "python"
        folder.mkdir(parents=True)
        (folder / "empty.txt").write_text("A layer for a test.", encoding="utf-8")

    agent = tmp_path_factory.mktemp("agent")
    (agent / "Dockerfile").write_text("FROM scratch\n", encoding="utf-8")

    def synthesized(
        stage: Stage, *, spoil: Callable[[App], object] | None = None, folder: Path | None = None
    ) -> Assembly:
        out = folder or tmp_path_factory.mktemp(f"cdk-{stage.name}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SHOPWRIGHT_LAYERS", str(layers))
            patch.setenv("SHOPWRIGHT_AGENT", str(agent))
            app = new_app(str(out))
            build(app, stage)
            if spoil is not None:
                spoil(app)
            app.synth()
        return Assembly(out)

    return synthesized


@pytest.fixture(scope="session")
def agents(synthesize: Callable[..., Assembly]) -> Assembly:
    """Stage dev with its orchestrator on AgentCore."""
    return synthesize(replace(DEV, orchestrator="agentcore"))
