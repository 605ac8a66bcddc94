"""The schema follows the code: a changed migration is run by the deployment that brings it."""

import shutil
from pathlib import Path

import pytest

from cdk.capabilities import upkeep
from cdk.parts import places
from tests.cdk.assembly import Assembly


def test_the_deployment_calls_migrate_itself(cloud: Assembly) -> None:
    (migrations,) = cloud.all("Custom::Migrations")

    assert cloud.label("Service", migrations.properties["ServiceToken"]) == cloud.function("migrate").path
    assert migrations.properties["Digest"] == upkeep.digest(places.MIGRATIONS)
    assert int(migrations.properties["ServiceTimeout"]) >= cloud.function("migrate").properties["Timeout"]
    (policy,) = [one.id for one in cloud.all("AWS::IAM::Policy") if "/migrate/" in one.path]
    function = cloud.function("migrate")
    assert function.id in migrations.body["DependsOn"]
    assert policy in function.body["DependsOn"], "it would start before it may read its secrets"


def test_any_change_of_a_migration_runs_them_again(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(places.MIGRATIONS, folder)
    before = upkeep.digest(folder)

    assert before == upkeep.digest(places.MIGRATIONS)
    first = min(folder.rglob("*.sql"))
    first.write_text(first.read_text(encoding="utf-8") + "\n-- one more line\n", encoding="utf-8")
    assert upkeep.digest(folder) != before


def test_a_folder_without_migrations_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no migrations"):
        upkeep.digest(tmp_path)
