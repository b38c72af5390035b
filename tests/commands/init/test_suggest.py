"""What `init` makes of what it found: pure, so many odd projects cost nothing."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from skillconnect_ops.commands.init.address import read as address
from skillconnect_ops.commands.init.address import uris
from skillconnect_ops.commands.init.compose import services
from skillconnect_ops.commands.init.model import EnvFile, Found, Package, Service
from skillconnect_ops.commands.init.plan import render
from skillconnect_ops.commands.init.suggest import suggest
from skillconnect_ops.core.resources import template
from skillconnect_ops.core.secret import Secret
from skillconnect_ops.core.settings.model import SecretSettings
from skillconnect_ops.core.settings.reader import read
from skillconnect_ops.core.settings.rules import SECRET_KINDS
from skillconnect_ops.envfile import credentials


def env_file(path: str, uri: str | None = "mongodb://h.example/app", **more: str) -> EnvFile:
    folder, _, name = path.rpartition("/")
    values = {"MONGO_URI": Secret(uri)} if uri else {}
    return EnvFile(
        path=path,
        folder=folder or ".",
        suffix=name.removeprefix(".env").removeprefix("."),
        variables=1,
        uris=uris(values),
        mode=more.get("mode"),
    )


def found(*files: EnvFile, **more: object) -> Found:
    packages = more.get("packages", ())
    names = more.get("database_names", ())
    published = more.get("services", ())
    assert isinstance(packages, tuple)
    assert isinstance(names, tuple)
    assert isinstance(published, tuple)
    return Found(
        root="/p",
        folder_name="my App",
        git=True,
        env_files=files,
        packages=packages,
        database_names=names,
        services=published,
    )


def targets(seen: Found) -> dict[str, tuple[str, ...]]:
    wanted = suggest(seen, identity="a1", backups="~/backups", profile=None)
    return {target.name: target.env_files for target in wanted.targets}


@pytest.mark.parametrize(
    ("uri", "hosts", "database"),
    [
        ("mongodb://localhost", ("localhost:27017",), None),
        ("mongodb://u:p@h:1,i:2/app?replicaSet=rs", ("h:1", "i:2"), "app"),
        ("mongodb+srv://u:p@c.example.net/app", ("c.example.net",), "app"),
        ("mongodb://u:p%40x@h/a%20b.c", ("h:27017",), "a b"),
        ("mongodb://u:p@ss:w0rd@h/app", ("h:27017",), "app"),
        ("mongodb://u:pa/ss@h/app", ("h:27017",), "app"),
        ("mongodb://u:pa#ss@h/app", ("h:27017",), "app"),
        ("mongodb://u:p?a/s@s@h/app", ("h:27017",), "app"),
        ("  mongodb://h/app  ", ("h:27017",), "app"),
        ("mongodb://[::1]:27018/app", ("[::1]:27018",), "app"),
        ("mongodb://user:s3cr3t-and-cut-off", (), None),
        ("mongodb://user:s3cr3t-and-cut-off/app", (), None),
        ("postgres://u:p@h/app", None, None),
        ("see mongodb://h/app", None, None),
        ("", None, None),
    ],
)
def test_an_address_has_hosts_and_database_and_no_password(
    uri: str, hosts: tuple[str, ...] | None, database: str | None
) -> None:
    seen = address(Secret(uri))
    assert (seen and seen.hosts, seen and seen.database) == (hosts, database)


WORDS = st.text(alphabet="aS3:@/?#%,.[] ", max_size=12)


@given(WORDS, WORDS, st.sampled_from(["", "+srv"]))
@settings(max_examples=300, deadline=None)
def test_what_stands_before_the_at_never_gets_into_an_address(
    before: str, after: str, srv: str
) -> None:
    seen = address(Secret(f"mongodb{srv}://user:{before}HUNTER2{after}@host.example/app"))
    assert seen is not None
    assert "HUNTER2" not in repr(seen)
    assert "user" not in repr(seen)


def test_the_likeliest_variable_comes_first() -> None:
    uri = Secret("mongodb://h/app")
    names = ("X", "TEST_MONGO_URI", "DATABASE_URL", "MY_MONGO", "MONGO_URI", "MONGO_ADMIN_URI")
    ordered = [variable.name for variable in uris(dict.fromkeys(names, uri))]
    assert ordered[:2] == ["MONGO_URI", "DATABASE_URL"]
    assert set(ordered[-2:]) == {"TEST_MONGO_URI", "MONGO_ADMIN_URI"}


def test_one_env_file_with_a_far_host_is_production_in_doubt() -> None:
    assert targets(found(env_file("backend/.env"))) == {"production": ("backend/.env",)}


def test_one_env_file_with_a_near_host_is_development() -> None:
    assert targets(found(env_file(".env", "mongodb://localhost/a"))) == {"development": (".env",)}
    assert targets(found(env_file(".env", "mongodb://mongo/a"))) == {"development": (".env",)}


def test_what_the_file_says_of_itself_wins() -> None:
    assert targets(found(env_file(".env", "mongodb://localhost/a", mode="production"))) == {
        "production": (".env",)
    }


def test_several_env_files_are_several_targets() -> None:
    seen = found(env_file(".env"), env_file(".env.production"), env_file(".env.stage"))
    assert targets(seen) == {
        "development": (".env",),
        "production": (".env.production",),
        "staging": (".env.stage",),
    }


def test_a_local_file_wins_over_the_one_beside_it() -> None:
    seen = found(env_file(".env", mode="production"), env_file(".env.local", None))
    assert targets(seen) == {"production": (".env.local", ".env")}


def test_a_stage_without_a_uri_takes_it_from_the_base() -> None:
    seen = found(env_file(".env", "mongodb://localhost/a"), env_file(".env.production", None))
    assert targets(seen)["production"] == (".env.production", ".env")


def test_two_programs_of_a_monorepo_have_targets_of_their_own() -> None:
    seen = found(env_file("apps/api/.env"), env_file("apps/wör ker/.env"), env_file("x/api/.env"))
    assert list(targets(seen)) == ["api-production", "w-r-ker-production", "api-production-2"]


def test_without_any_env_file_there_is_one_target_to_fill_in() -> None:
    wanted = suggest(found(), identity="a1", backups="~/b", profile=None)
    text = render(template("init/skc.yaml.j2"), wanted)
    assert "CHECK: no env file here holds a MongoDB URI" in text
    assert read(text).targets["production"].env_files == ()


@pytest.mark.parametrize(
    ("uri", "names", "database", "reason"),
    [
        ("mongodb://h/app", (), None, "as the URI says"),
        ("mongodb://h/app", ("app",), None, "as the URI says"),
        ("mongodb://h/app", ("Other",), "Other", "the code passes it as dbName"),
        ("mongodb://h/", ("Other",), "Other", "the code passes it as dbName"),
        ("mongodb://h/", (), "test", "CHECK"),
        ("mongodb://h/", ("a", "b"), None, "CHECK"),
    ],
)
def test_the_database_is_the_one_that_the_app_uses(
    uri: str, names: tuple[str, ...], database: str | None, reason: str
) -> None:
    seen = found(env_file(".env", uri), database_names=names)
    target = suggest(seen, identity="a", backups="~/b", profile=None).targets[0]
    assert target.database == database
    assert reason in target.reason


def test_the_backend_is_the_server_and_not_the_frontend() -> None:
    packages = tuple(
        Package(folder=folder, manifest=f"{folder}/package.json", name=None, server=server)
        for folder, server in (("a/frontend", False), ("web", False), ("z/api", True))
    )
    assert (
        suggest(found(packages=packages), identity="a", backups="~/b", profile=None).backend
        == "z/api"
    )


COMPOSE = """\
services:
  mongo1:
    image: mongo:6
    container_name: shop-mongo
    ports: ["27018:27017"]
    networks: {default: {aliases: [db]}}
  mongo2:
    ports: [{target: 27017, published: "${PORT:-27019}", host_ip: 0.0.0.0}]
  far: {ports: ["192.0.2.1:27020:27017"]}
  inside: {expose: ["27017"], ports: ["27017"]}
  odd: {ports: ["9000-9010:9000-9010", "${NOPE}:1", "53:53/udp", 5, null, [], "99999:1"]}
  list: []
  reset: {ports: !reset []}
volumes: {x: {}}
"""


def test_published_ports_are_read_from_both_forms() -> None:
    seen = {service.name: service for service in services(COMPOSE, file="compose.yaml")}
    assert set(seen) == {"mongo1", "mongo2", "far"}
    assert seen["mongo1"].aliases == ("mongo1", "shop-mongo", "db")
    assert seen["mongo1"].ports == {27017: "127.0.0.1:27018"}
    assert seen["mongo2"].ports == {27017: "127.0.0.1:27019"}
    assert seen["far"].ports == {27017: "192.0.2.1:27020"}


@pytest.mark.parametrize("text", ["[", "a: b: c", "\x00", "x: " + "[" * 5000, "? [a]\n: b"])
def test_what_is_no_compose_file_is_said(text: str) -> None:
    try:
        assert services(text, file="x") == ()
    except ValueError as error:
        refused = str(error)
        assert refused == "it is not YAML"


def test_hosts_of_the_compose_network_are_mapped() -> None:
    seen = found(
        env_file(".env", "mongodb://mongo1,db:27017,other:27017/app"),
        services=services(COMPOSE, file="compose.yaml"),
    )
    target = suggest(seen, identity="a", backups="~/b", profile=None).targets[0]
    assert target.connect_map == {
        "mongo1:27017": "127.0.0.1:27018",
        "db:27017": "127.0.0.1:27018",
    }


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@given(NAMES, NAMES, st.lists(NAMES, max_size=3), NAMES)
@settings(max_examples=150, deadline=None)
def test_whatever_the_names_the_file_written_is_read_back(
    folder: str, name: str, suffixes: list[str], host: str
) -> None:
    folder = folder.replace("/", "_")
    files = [env_file(f"{folder}/.env.{suffix.replace('/', '_')}") for suffix in suffixes]
    seen = Found(
        root="/p",
        folder_name=name,
        git=False,
        env_files=tuple(files),
        packages=(Package(folder=folder, manifest="package.json", name=name, server=True),),
        services=(Service(file="c", name=host, aliases=(host,), ports={27017: "127.0.0.1:1"}),),
    )
    if not all(part.isprintable() for part in (folder, *suffixes)):
        return  # the look steps over such names
    wanted = suggest(seen, identity="a1", backups="~/b", profile=None)
    written = read(render(template("init/skc.yaml.j2"), wanted))
    assert written.backend == wanted.backend
    assert written.project.name == wanted.name
    assert [written.targets[t.name].env_files for t in wanted.targets] == [
        t.env_files for t in wanted.targets
    ]


def test_the_secrets_of_the_comments_can_be_read_once_they_are_no_comments() -> None:
    wanted = suggest(found(), identity="a1", backups="~/b", profile=None)
    text = render(template("init/skc.yaml.j2"), wanted)
    begin, end = text.index("    # secrets:"), text.index("    backups:")
    shown = [line.replace("    # ", "    ", 1) for line in text[begin:end].splitlines()]
    own = [line for line in shown if line.startswith("      ") or line.endswith(":")]
    settings_ = read(
        text[:begin] + "\n".join(own) + "\n" + text[end:].replace("# notify:", "notify:")
    )
    (target,) = settings_.targets.values()
    assert {one.kind for one in target.secrets.values()} == set(SECRET_KINDS) - {"mongodb"}
    assert target.secrets["mail"].mail is not None
    assert target.consumers["api"].reload[0] == "docker"
    assert target.consumers["api"].health == "http://127.0.0.1:3000/health"
    assert [bool(one.file) for one in target.sinks.values()] == [True, False]
    assert len(settings_.notify.on_failure) == 1


def admin_uris(seen: Found) -> dict[str, str]:
    wanted = suggest(seen, identity="a1", backups="~/backups", profile=None)
    settings_ = read(render(template("init/skc.yaml.j2"), wanted))
    return {
        name: target.database.admin_uri
        for name, target in settings_.targets.items()
        if target.database is not None
    }


def test_several_targets_have_an_admin_variable_each() -> None:
    """Exported for one server, a variable that all share would lead every target there."""
    two = found(env_file("a/.env.production"), env_file("a/.env.eu-west"))
    assert admin_uris(two) == {
        "production": "SKC_MONGO_ADMIN_URI_PRODUCTION",
        "eu-west": "SKC_MONGO_ADMIN_URI_EU_WEST",
    }
    assert admin_uris(found(env_file(".env"))) == {"production": "SKC_MONGO_ADMIN_URI"}


WORD = sha256(b"of these tests").hexdigest()[:32]
HELD = {
    "MONGO_URI": f"mongodb://u:{WORD}@mongo/app",
    "AUDIT_URI": f"mongodb://v:{WORD}@mongo/audit",
    "REDIS_URL": f"redis://:{WORD}@redis:6379",
    "JWT_SECRET_KEY": WORD,
    "ADMIN_JWT_SECRET_KEY": WORD,
    "SMTP_PASS": "abcd efgh ijkl",
    "ENCRYPTION_KEY": WORD,
    "SESSION_SECRET": WORD,
    "PORT": "3000",
}


def with_credentials(path: str, held: dict[str, str], **more: dict[str, str]) -> EnvFile:
    values = {name: Secret(value) for name, value in held.items()}
    return structs.replace(
        env_file(path, held.get("MONGO_URI")), credentials=credentials(values), **more
    )


def renewed(seen: Found) -> dict[str, SecretSettings]:
    wanted = suggest(seen, identity="a1", backups="~/backups", profile=None)
    text = render(template("init/skc.yaml.j2"), wanted)
    assert WORD not in text
    return next(iter(read(text).targets.values())).secrets


def test_each_credential_of_the_env_file_is_an_entry_that_is_no_comment() -> None:
    file = with_credentials(
        ".env",
        HELD,
        lifetimes={"JWT_EXPIRE": "15m", "JWT_REFRESH_EXPIRE": "30d", "ADMIN_JWT_EXPIRE": "12h"},
        mail={"host": "SMTP_HOST", "user": "SMTP_USER", "port": "465"},
    )
    made = renewed(found(file, services=services(REDIS, file="compose.yaml")))
    assert {name: (one.kind, one.env) for name, one in made.items()} == {
        "mongodb": ("mongodb", "MONGO_URI"),
        "redis": ("redis", "REDIS_URL"),
        "jwt": ("jwt", "JWT_SECRET_KEY"),
        "admin_jwt": ("jwt", "ADMIN_JWT_SECRET_KEY"),
        "smtp": ("manual", "SMTP_PASS"),
        "encryption": ("manual", "ENCRYPTION_KEY"),
        "session": ("random", "SESSION_SECRET"),
    }
    assert (made["jwt"].token_ttl, made["admin_jwt"].token_ttl) == ("30d", "12h")
    assert made["redis"].in_place
    assert made["redis"].connect_map == {"redis:6379": "127.0.0.1:6390"}
    mail = made["smtp"].mail
    assert mail is not None
    assert (mail.host, mail.user, mail.port, mail.security) == (
        *("env:SMTP_HOST", "env:SMTP_USER"),
        *(465, "tls"),
    )


REDIS = 'services:\n  redis: {ports: ["6390:6379"]}\n'


def test_two_variables_never_share_a_name() -> None:
    held = {"JWT_SECRET": WORD, "JWT_KEY": WORD, "JWT_SECRET_KEY": WORD, "jwt": WORD}
    assert len(renewed(found(with_credentials(".env", held)))) == 4


def test_where_no_lifetime_is_told_it_is_to_be_checked() -> None:
    wanted = suggest(
        found(with_credentials(".env", {"JWT_SECRET_KEY": WORD})),
        identity="a1",
        backups="~/b",
        profile=None,
    )
    assert "# CHECK token_ttl" in render(template("init/skc.yaml.j2"), wanted)
    (target,) = read(render(template("init/skc.yaml.j2"), wanted)).targets.values()
    assert target.secrets["jwt"].token_ttl == "7d"


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,80}", fullmatch=True), st.just(WORD), max_size=6
    )
)
@settings(max_examples=100, deadline=None)
def test_whatever_the_variables_the_file_written_is_read_back(held: dict[str, str]) -> None:
    file = with_credentials(".env", held)
    assert {one.env for one in renewed(found(file)).values()} == {
        one.env for one in file.credentials
    }


def test_a_program_is_told_from_others_by_its_app_name() -> None:
    text = render(
        template("init/skc.yaml.j2"),
        suggest(found(), identity="a1", backups="~/b", profile=None),
    )
    assert "    #     app_name: my-app-api\n" in text
