"""The reader of skc.yaml: every fault is named with its line, and none is a traceback."""

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skillconnect_ops.core.errors import SkcError
from skillconnect_ops.core.settings.errors import (
    SettingsInvalid,
    SettingsTooNew,
    UnknownSetting,
    nearest,
)
from skillconnect_ops.core.settings.model import AtlasSettings, Keep, Settings
from skillconnect_ops.core.settings.reader import read

WHOLE = """\
# a comment
version: 1
project: {id: k3v9, name: "größe & co", profile: skillconnect}
backend: backend
targets:
  production:
    env_files: [backend/.env, backend/.env.production]
    database:
      uri: env:MONGO_URI
      admin_uri: MY_ADMIN
      name: app
      connect_map:
        "mongo1:27017": "127.0.0.1:27018"
        mongo2:27017: 127.0.0.1:27019
    backups:
      location: ~/backups/app
      recipients:
        - age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p
      keep: {daily: 3}
  staging:
    database:
      uri: env:MONGO_URI
      atlas: {group_id: 65f0c1d2e3a4b5c6d7e8f901, credentials: MY_ATLAS}
"""

MINIMAL = "version: 1\nproject: {id: a1, name: a}\n"


def fault(text: str) -> SettingsInvalid:
    with pytest.raises(SettingsInvalid) as raised:
        read(text)
    return raised.value


def test_a_whole_file_is_read() -> None:
    found = read(WHOLE)
    production = found.targets["production"]
    assert production.database is not None
    assert production.backups is not None
    assert found.project.name == "größe & co"
    assert production.env_files == ("backend/.env", "backend/.env.production")
    assert production.database.connect_map["mongo2:27017"] == "127.0.0.1:27019"
    assert production.backups.keep == Keep(daily=3, weekly=4, monthly=12)
    assert production.database.atlas is None
    staging = found.targets["staging"].database
    assert staging is not None
    assert staging.atlas == AtlasSettings(
        group_id="65f0c1d2e3a4b5c6d7e8f901", credentials="MY_ATLAS"
    )


def test_the_key_to_atlas_is_by_default_in_a_variable_of_that_name() -> None:
    found = read(WHOLE.replace(", credentials: MY_ATLAS", ""))
    staging = found.targets["staging"].database
    assert staging is not None
    assert staging.atlas is not None
    assert staging.atlas.credentials == "SKC_ATLAS"


def test_a_key_to_atlas_in_the_file_is_called_leaked() -> None:
    error = fault(WHOLE.replace("MY_ATLAS", "mdb_sa_sk_hunter2"))
    assert "holds a key" in error.what
    assert "leaked" in error.fix


def test_a_minimal_file_has_every_default() -> None:
    assert read(MINIMAL).backend == "."
    assert read(MINIMAL).targets == {}
    assert read(MINIMAL).handover is None


def test_a_handover_is_a_folder_or_nothing() -> None:
    assert read(f"{MINIMAL}handover: /mnt/team\n").handover == "/mnt/team"
    assert read(f"{MINIMAL}handover: null\n").handover is None
    assert "handover" in fault(f'{MINIMAL}handover: ""\n').what


def test_a_key_whose_lines_are_commented_out_stands_for_its_default() -> None:
    found = read(MINIMAL + "targets:\n  one:\n    backups:\n      # location: x\nbackend:\n")
    assert found.targets["one"].backups is None
    assert found.backend == "."


def test_an_unknown_key_is_named_with_its_line_and_the_nearest() -> None:
    error = fault(WHOLE.replace("recipients:", "recipient:"))
    assert isinstance(error, UnknownSetting)
    assert error.line == 17
    assert error.what == (
        "skc.yaml line 17: targets.production.backups has no setting "
        '"recipient"; did you mean recipients?'
    )
    assert error.why == "known here: keep, location, recipients"
    assert error.fix == "write `recipients` in line 17 of skc.yaml"


@pytest.mark.parametrize(
    ("word", "meant"),
    [("env-files", "env_files"), ("ENV_FILES", "env_files"), ("envfile", "env_files")],
)
def test_the_nearest_key_sees_through_case_and_hyphens(word: str, meant: str) -> None:
    assert nearest(word, ["env_files", "database", "backups"]) == meant


def test_a_key_far_from_all_lists_what_is_known() -> None:
    error = fault(MINIMAL + "zzz: 1\n")
    assert isinstance(error, UnknownSetting)
    assert error.nearest is None
    assert "backend" in error.why


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("daily: 3", "daily: three"), 19, "targets.production.backups.keep.daily must be a whole"),
        (("daily: 3", "daily: -1"), 19, "must be a whole number"),
        (("daily: 3", "daily: 0x10"), 19, "must be a whole number"),
        (("daily: 3", "daily: " + "9" * 6000), 19, "must be a whole number"),
        (("name: app", "name: 123"), 11, "targets.production.database.name must be a text"),
        (("name: app", "name: yes"), 11, "targets.production.database.name must be a text"),
        (("name: app", "name: 2020-01-01"), 11, "must be a text"),
        (("name: app", "name: [app]"), 11, "must be a text"),
        (("name: app", "name: ''"), 11, "is empty"),
        (("name: app", 'name: "a\\tb"'), 11, "control character"),
        (("name: app", 'name: "\\ud800"'), 11, "control character"),
        (("name: app", "name: !!binary aGFsbG8="), 11, "must be a text"),
        (("name: app", "name: !!python/object:os.system x"), 11, "must be a text"),
        (("keep: {daily: 3}", "keep: 3"), 19, "must be names and values"),
        (("[backend/.env, backend/.env.production]", "backend/.env"), 7, "must be a list"),
        (("mongo2:27017", "27017"), 14, "a name below"),
        (("127.0.0.1:27019", "localhost"), 13, "no host:port"),
        (("127.0.0.1:27019", "localhost:99999"), 13, "no host:port"),
        (("MY_ADMIN", "$MY_ADMIN"), 10, "names no environment variable"),
        (("env:MONGO_URI", "MONGO_URI"), 9, "names no variable"),
        (("group_id: 65f0", "group_id: 65F0"), 23, "atlas.group_id is no id of an Atlas project"),
        (("65f0c1d2e3a4b5c6d7e8f901", "my-project"), 23, "group_id is no id of an Atlas project"),
        (("65f0c1d2e3a4b5c6d7e8f901", "1" * 24), 23, "group_id must be a text"),
        (("group_id: 65f0c1d2e3a4b5c6d7e8f901, ", ""), 23, "atlas.group_id is missing"),
        (("group_id", "project"), 23, 'atlas has no setting "project"'),
        (("credentials: MY_ATLAS", "credentials: a b"), 23, "names no environment variable"),
        (("id: k3v9", "id: ../../etc"), 3, "project.id cannot name a folder"),
        (("id: k3v9, ", ""), 3, "project.id is missing"),
        (("  staging:", "  ../x:"), 6, "targets holds a name"),
        (("backend: backend", "version: 1"), 4, 'skc.yaml has "version" twice'),
        (("backend: backend", "backend: &a backend"), 4, "anchors and aliases"),
        (("backend: backend", "<<: {}"), 4, "a name below skc.yaml must be a text"),
        (("backend: backend", "\tbackend: backend"), 4, "this is not YAML"),
        (("backend: backend", "backend: 'x"), 4, "this is not YAML"),
        (("backend: backend", "---\nbackend: x"), 4, "this is not YAML"),
        (("backend: backend", "backend: \x07"), 4, "a character that YAML forbids"),
        (("version: 1", "version: '1'"), 2, "version must be a whole number"),
        (("version: 1", "version: true"), 2, "version must be a whole number"),
        (("version: 1", "version: 0"), 2, "there is no version 0"),
        (("version: 1\n", ""), 2, "version is missing"),
    ],
)
def test_a_fault_is_named_with_its_line(change: tuple[str, str], line: int, words: str) -> None:
    changed = WHOLE.replace(*change)
    assert changed != WHOLE
    error = fault(changed)
    assert words in error.what
    assert error.line == line, error.what
    assert error.fix


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n", "[]\n", "hello\n", "3\n"])
def test_a_file_without_settings_is_refused(text: str) -> None:
    assert fault(text).line >= 1


def test_a_newer_version_is_refused_before_its_unknown_keys_are() -> None:
    error = fault("brand_new: {}\nversion: 2\n")
    assert isinstance(error, SettingsTooNew)
    assert error.line == 2
    assert "upgrade" in error.fix


def test_an_alias_bomb_is_refused_at_once() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)
    )
    assert fault(bomb).line == 1


@pytest.mark.parametrize("text", ["[" * 100_000, "{a: " * 50_000, "- " * 100_000, "x" * 2_000_000])
def test_a_huge_or_deep_text_is_refused_without_a_traceback(text: str) -> None:
    fault(text)


def test_no_error_holds_a_value() -> None:
    secret = "mongodb+srv://u:hunter2@c.example.net/app"
    for broken in (
        WHOLE.replace("env:MONGO_URI", secret),
        WHOLE.replace("env:MONGO_URI", f"env:{secret}"),
        WHOLE.replace("MY_ADMIN", secret),
        WHOLE.replace("MY_ATLAS", "'mdb_sa_id_0:mdb_sa_sk_hunter2'"),
        WHOLE.replace("MY_ATLAS", "mdb_sa_sk_hunter2"),
        WHOLE.replace("65f0c1d2e3a4b5c6d7e8f901", "hunter2"),
        WHOLE.replace("mongo2:27017", f'"{secret}"'),
        WHOLE.replace("backend: backend", f'"{secret}": x'),
        WHOLE.replace("backend: backend", f"backend: {secret}\n  {secret}: ["),
        WHOLE.replace("backend: backend", f"backend: !<{secret}> x"),
        WHOLE.replace("backend: backend", f"backend: *{secret}"),
        WHOLE.replace("- age1ql3z7hjy54pw", f"- {secret}"),
        WHOLE.replace("- age1ql3z7hjy54pw", "- AGE-SECRET-KEY-1hunter2"),
    ):
        error = fault(broken)
        said = f"{error} {error.what} {error.why} {error.fix} {error!r}"
        assert "hunter2" not in said


def test_a_secret_key_among_the_recipients_is_called_leaked() -> None:
    error = fault(WHOLE.replace("- age1ql3z7hjy54pw", "- AGE-SECRET-KEY-1QQ"))
    assert "holds a secret key" in error.what
    assert "leaked" in error.fix


WORDS = """\
version project id name profile backend targets env_files database uri admin_uri connect_map
atlas group_id credentials backups location recipients keep daily weekly x << ? 1 ~"""
NAMES = st.sampled_from(WORDS.split())
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.dates(), NAMES),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


def reads_or_says_why(text: str) -> None:
    try:
        found: Settings | SkcError = read(text)
    except SkcError as error:
        found = error
    if isinstance(found, SkcError):
        assert all((found.what, found.why, found.fix))
        f"{found.what}{found.why}{found.fix}".encode()


@given(st.text(alphabet=st.characters(), max_size=80))
@settings(max_examples=300, deadline=None)
def test_random_text_gives_settings_or_our_error(text: str) -> None:
    reads_or_says_why(text)


@given(st.text(alphabet="{}[]&*!|>'\"\\%@`:,-?#~ \n\tabU01.<=", max_size=60))
@settings(max_examples=600, deadline=None)
def test_random_yaml_marks_give_settings_or_our_error(text: str) -> None:
    reads_or_says_why(text)


@given(VALUES)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_random_documents_give_settings_or_our_error(document: object) -> None:
    reads_or_says_why(yaml.safe_dump(document, allow_unicode=True))


@given(st.integers(0, len(WHOLE) - 1), st.text(max_size=3), st.integers(0, 3))
@settings(max_examples=400, deadline=None)
def test_a_damaged_file_gives_settings_or_our_error(at: int, put: str, cut: int) -> None:
    reads_or_says_why(WHOLE[:at] + put + WHOLE[at + cut :])
