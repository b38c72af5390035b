"""`skc doctor` asks Atlas beforehand: the key, its address, its project, its role, the clusters."""

from collections.abc import Mapping

import pytest

from tests.commands.rotate.atlas_app import AtlasApp, atlas_app

__all__ = ["atlas_app"]


def marks(app: AtlasApp, env: Mapping[str, str] | None = None) -> dict[str, str]:
    ran = app.run("doctor", env=env)
    found = ran.json["facts"]["doctor"]["checks"]
    return {one["id"]: one["mark"] for one in found if one["id"].startswith("atlas-")}


def test_a_key_that_will_do_passes_and_nothing_is_changed(atlas_app: AtlasApp) -> None:
    assert set(marks(atlas_app).values()) == {"pass"}
    assert {one.method for one in atlas_app.atlas.seen if "oauth" not in one.path} == {"GET"}


def test_a_role_that_may_not_manage_users_is_found_with_its_fix(atlas_app: AtlasApp) -> None:
    atlas_app.atlas.roles = {"GROUP_READ_ONLY"}
    ran = atlas_app.run("doctor")
    (finding,) = [one for one in ran.json["findings"] if one["id"] == "atlas-role-lacking"]
    assert "Project Database Access Admin" in finding["remedy"]


def test_an_address_that_is_not_allowed_leaves_the_rest_unknown(atlas_app: AtlasApp) -> None:
    atlas_app.atlas.allowed_here = False
    found = marks(atlas_app)
    assert found["atlas-key-refused"] == "pass"
    assert found["atlas-address-refused"] == "fail"
    assert found["atlas-role-lacking"] == "unknown"


@pytest.mark.parametrize("key", ["mongodb://a:b@c/", "mdb_sa_id_aaaaaaaaaa:mdb_sa_sk_aaaaaaaaaa"])
def test_a_key_that_is_none_fails_and_is_not_shown(atlas_app: AtlasApp, key: str) -> None:
    assert marks(atlas_app, {"SKC_ATLAS": key})["atlas-key-refused"] == "fail"
    ran = atlas_app.run("doctor", env={"SKC_ATLAS": key})
    assert key not in ran.stdout + ran.stderr


def test_a_key_that_is_not_set_is_unknown(atlas_app: AtlasApp) -> None:
    found = marks(atlas_app, {"SKC_ATLAS": ""})
    assert found.pop("atlas-not-set-up") == "pass"
    assert set(found.values()) == {"unknown"}


def test_a_database_on_atlas_without_a_project_is_found(atlas_app: AtlasApp) -> None:
    atlas_app.settings(atlas=False)
    assert marks(atlas_app)["atlas-not-set-up"] == "fail"
