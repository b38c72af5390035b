"""Which target is meant, and what `SKC_…` variables override."""

import pytest

from skillconnect_ops.core.settings.errors import NoSuchTarget, TargetNotNamed
from skillconnect_ops.core.settings.model import (
    AtlasSettings,
    BackupSettings,
    DatabaseSettings,
    Keep,
    ProjectSettings,
    Settings,
    TargetSettings,
)
from skillconnect_ops.core.settings.targets import OverrideInvalid, choose

NOTHING: dict[str, str] = {}
ONE = TargetSettings(
    env_files=(".env",),
    database=DatabaseSettings(uri="env:MONGO_URI"),
    backups=BackupSettings(location="~/backups"),
)


def settings(**targets: TargetSettings) -> Settings:
    return Settings(version=1, project=ProjectSettings(id="a", name="a"), targets=targets)


def test_the_only_target_needs_no_name() -> None:
    assert choose(settings(production=ONE), None, variable=NOTHING.get).name == "production"


def test_several_targets_and_none_named_lists_them() -> None:
    with pytest.raises(TargetNotNamed) as raised:
        choose(settings(production=ONE, staging=ONE), None, variable=NOTHING.get)
    assert "production, staging" in raised.value.why
    assert "--target production" in raised.value.fix


def test_the_environment_may_name_the_target_and_the_option_wins() -> None:
    both = settings(production=ONE, staging=ONE)
    variable = {"SKC_TARGET": "staging"}.get
    assert choose(both, None, variable=variable).name == "staging"
    assert choose(both, "production", variable=variable).name == "production"


def test_a_mistyped_target_gets_the_nearest_name() -> None:
    with pytest.raises(NoSuchTarget) as raised:
        choose(settings(production=ONE, staging=ONE), "prodution", variable=NOTHING.get)
    assert "did you mean production?" in raised.value.what
    assert raised.value.fix == "say --target production"


def test_no_target_at_all_is_said() -> None:
    with pytest.raises(NoSuchTarget) as raised:
        choose(settings(), None, variable=NOTHING.get)
    assert "no target at all" in raised.value.why


def test_variables_override_settings() -> None:
    found = choose(
        settings(production=ONE),
        None,
        variable={
            "SKC_ENV_FILES": "a/.env, b/.env",
            "SKC_DATABASE_URI": "env:OTHER",
            "SKC_DATABASE_NAME": "app",
            "SKC_BACKUPS_LOCATION": "/mnt/b",
            "SKC_BACKUPS_KEEP_DAILY": "30",
        }.get,
    ).settings
    assert found.env_files == ("a/.env", "b/.env")
    assert found.database == DatabaseSettings(uri="env:OTHER", name="app")
    assert found.backups == BackupSettings(location="/mnt/b", keep=Keep(daily=30))


def test_variables_may_bring_the_atlas_project() -> None:
    found = choose(
        settings(production=ONE),
        None,
        variable={
            "SKC_DATABASE_ATLAS_GROUP_ID": "65f0c1d2e3a4b5c6d7e8f901",
            "SKC_DATABASE_ATLAS_CREDENTIALS": "OTHER_KEY",
        }.get,
    ).settings
    assert found.database is not None
    assert found.database.atlas == AtlasSettings(
        group_id="65f0c1d2e3a4b5c6d7e8f901", credentials="OTHER_KEY"
    )


def test_variables_may_bring_a_part_that_the_file_lacks() -> None:
    bare = settings(production=TargetSettings())
    found = choose(bare, None, variable={"SKC_BACKUPS_LOCATION": "/mnt/b"}.get).settings
    assert found.backups == BackupSettings(location="/mnt/b")
    assert found.database is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SKC_BACKUPS_KEEP_DAILY", "many"),
        ("SKC_DATABASE_URI", "mongodb://u:hunter2@h/app"),
        ("SKC_DATABASE_ATLAS_GROUP_ID", "hunter2"),
        ("SKC_BACKUPS_RECIPIENTS", "AGE-SECRET-KEY-1HUNTER2"),
    ],
)
def test_an_unusable_override_names_the_variable_and_not_its_value(
    variable: str, value: str
) -> None:
    with pytest.raises(OverrideInvalid) as raised:
        choose(settings(production=ONE), None, variable={variable: value}.get)
    said = f"{raised.value.what} {raised.value.why} {raised.value.fix}"
    assert variable in said
    assert "hunter2" not in said.lower()
