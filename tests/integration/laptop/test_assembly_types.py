"""What the laptop cannot hold is named before anything is deployed."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import places
from local.assembly_types import native_types, stale
from local.ministack import records
from tests.integration.laptop.launcher import write_assembly
from tests.integration.laptop.templates import template


def ask(assembly: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  this interpreter
        [sys.executable, "-m", "local.assembly_types", str(assembly)],
        cwd=places.ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_type_that_is_neither_native_nor_listed_is_named(tmp_path: Path) -> None:
    asked = template({"Queue": {"Type": "AWS::SQS::Queue"}, "Thing": {"Type": "AWS::Nowhere::Thing"}})
    answer = ask(write_assembly(tmp_path, {"shop": asked}))
    assert answer.returncode == 1
    assert "AWS::Nowhere::Thing" in answer.stderr
    assert "shop/Thing" in answer.stderr
    assert "AWS::SQS::Queue" not in answer.stderr


def test_native_listed_and_custom_types_pass(tmp_path: Path) -> None:
    asked = template(
        {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Nat": {"Type": "AWS::EC2::NatGateway"},
            "Migration": {"Type": "Custom::Migration"},
        }
    )
    answer = ask(write_assembly(tmp_path, {"shop": asked}))
    assert (answer.returncode, answer.stderr) == (0, "")


def test_no_listed_type_is_one_that_ministack_has() -> None:
    assert stale([record.type for record in records.read()], native_types()) == []


def test_a_listed_type_that_ministack_has_learned_is_named() -> None:
    assert stale(["AWS::EC2::NatGateway", "AWS::SQS::Queue"], ["AWS::SQS::Queue"]) == ["AWS::SQS::Queue"]


def test_a_record_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    listing = tmp_path / "record_only.toml"
    listing.write_text('["AWS::EC2::EIP"]\nprefix = "eip"\natributes = {}\n')
    with pytest.raises(records.BadRecord, match="AWS::EC2::EIP"):
        records.read(listing)
