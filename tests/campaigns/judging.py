"""Whether anybody is locked out, and anything is lost: the judges of the fault campaign.

What is asked after every process, dead or alive:

- somebody can log in with what the env file holds, and with what the app has read of it;
- whoever is known at a server, or in the file that it reads at a restart, has a credential in the
  env file or in the escrow;
- a server that restarts now lets in who reads the env file, and who has read it;
- the env file is old, new, or between the two a variable at a time, and else byte for byte; and
  the sink is old or new.
"""

from collections.abc import Collection

import msgspec

from skillconnect_ops.disk.shared import TEMPORARY
from skillconnect_ops.envfile import parse
from tests.campaigns import rotating_redis
from tests.campaigns.rotating import World, taken, user_of
from tests.campaigns.rotating_redis import fits, lets_in
from tests.campaigns.stories import CACHE, FALLBACKS, RINGS, SESSION, VARIABLES, Scene


def judged(world: World, scene: Scene) -> None:
    """What holds at every moment, whatever was killed."""
    uri = world.uri()
    assert world.opens(uri), "locked out: the env file's credential is refused"
    seen_uri = world.uri(file="seen")
    assert seen_uri == uri or world.opens(seen_uri), "the app is locked out"
    assert_the_cache_lets_in(world)
    assert_every_credential_is_known(world, uri)
    assert_every_cache_credential_is_known(world)
    assert_env_is_between(world, scene)
    assert_sink_is_old_or_new(world, scene)
    if scene.story.name != "leaked":
        for name in RINGS:
            now, seen = world.ring(name), world.ring(name, "seen")
            assert seen.signing in now.keys, f"{name}: what the app signs is refused"
            assert now.signing in seen.keys, f"{name}: what others sign is refused by the app"


def assert_the_cache_lets_in(world: World) -> None:
    """Now, and after a restart."""
    saved = world.cache.saved()
    for who, file in (("who reads the env file", ".env"), ("the app", "seen")):
        uri = world.uri(CACHE, file)
        assert world.cache.opens(uri), f"{who} is locked out of the cache"
        assert lets_in(uri, saved), f"{who} is locked out of the cache once it restarts"


def assert_every_cache_credential_is_known(world: World) -> None:
    """Of each user of the cache, in force or saved, the env file or the escrow has the password."""
    kept = world.escrowed()
    held = [world.uri(CACHE), *(kept[name] for name in ("cache old", "cache new") if name in kept)]
    for where, users in (("", world.cache.listed()), (" in its file", world.cache.saved())):
        assert set(users) <= {"app", "app_a"}, f"users of the cache{where}: {set(users)}"
        for user, one in users.items():
            assert len(one.hashes) == 1, f"{user} has {len(one.hashes)} passwords{where}"
            known = [uri for uri in held if rotating_redis.user_of(uri) == user]
            assert known, f"nobody knows the password of {user} of the cache{where}"
            assert any(fits(uri, one) for uri in known), (
                f"the password of {user} of the cache is lost{where}"
            )


def assert_sink_is_old_or_new(world: World, scene: Scene) -> None:
    """Byte for byte; once a run is over, it is what the env file has."""
    text = world.sink.read_bytes()
    now = (parse(world.file.read_bytes()).get(SESSION) or "").encode() + b"\n"
    new = world.escrowed().get("session new")
    known = {scene.file, now} | ({new.encode() + b"\n"} if new else set())
    assert text in known - {b"\n"}, "the sink is neither old nor new"
    newest = world.journals()[0] if world.journals() else None
    if newest is None or newest.standing.over:
        assert text == now, "the sink and the env file are of two minds"


def assert_every_credential_is_known(world: World, uri: str) -> None:
    """Of each user at the server the env file or the escrow has the password."""
    users = world.users()
    assert users <= {"app", "app_a"}, users
    lost = users - {user_of(uri)}
    if lost:
        kept = world.escrowed()
        known = [kept.get("mongodb old", ""), kept.get("mongodb new", "")]
        for user in lost:
            held = [one for one in known if one and user_of(one) == user]
            assert held, f"nobody knows the password of {user}"
            assert any(taken(one) for one in held), f"the password of {user} is lost"


def assert_env_is_between(world: World, scene: Scene) -> None:
    """Each variable is old or new, and the new value is the one that the escrow has."""
    now, old = world.file.read_bytes(), scene.env
    assert frame(now) == frame(old), "more was changed than the values"
    kept = {value for name, value in world.escrowed().items() if " new" in name}
    newest = world.journals()[0] if world.journals() else None
    over = newest is None or newest.standing.over
    for name in VARIABLES:
        was, is_now = parse(old).get(name) or "", parse(now).get(name) or ""
        if is_now != was:
            assert name in scene.story.changed or over, f"{name} was changed"
            assert over or is_now in kept, f"the new {name} is nowhere but in the env file"


def frame(text: bytes) -> list[str]:
    """The lines of an env file without the values that a rotation gives it."""
    lines = []
    for line in text.decode().split("\n"):
        name = line.partition("=")[0]
        if name in FALLBACKS:
            continue
        if name in VARIABLES:
            value = parse(line.encode()).get(name)
            assert value is not None
            lines.append(line.replace(value, "<value>"))
        else:
            lines.append(line)
    return lines


def assert_old(world: World, scene: Scene) -> None:
    """The world is as it was before the story."""
    assert world.file.read_bytes() == scene.env, "the env file is not as it was"
    assert world.sink.read_bytes() == scene.file, "the sink is not as it was"
    assert world.users() == set(scene.users)
    assert set(world.roles().values()) == {1}
    assert_cache_has(world, scene.cache)
    assert_nothing_is_left(world, escrow=len(scene.story.before) > 0)


def assert_new(world: World, scene: Scene) -> None:
    """The world is as the story is to leave it."""
    story, was, now = scene.story, parse(scene.env), parse(world.file.read_bytes())
    for name in VARIABLES:
        changed = (was.get(name) or "") != (now.get(name) or "")
        assert changed == (name in story.changed), f"{name} is {'new' if changed else 'old'}"
        assert not (name in story.gone and now.get(name)), f"{name} is not empty"
    assert world.users() == story.users
    assert set(world.roles().values()) == {1}
    for user, uri in scene.users.items():
        if user not in story.users:
            assert not taken(uri), f"the old credential of {user} is not refused"
    assert_cache_has(world, story.users)
    for user, uri in scene.cache.items():
        if user not in story.users:
            assert not world.cache.opens(uri), f"the cache does not refuse the old {user}"
    assert (world.sink.read_bytes() != scene.file) == (SESSION in story.changed), "the sink"
    assert_nothing_is_left(world, escrow=story.name != "finish")
    if story.retired:
        ran = world.skc("secrets", "ledger", "list", "--format", "json")
        retired = msgspec.json.decode(ran.said)["facts"]["retired"]
        assert len(retired) == story.retired, retired


def assert_cache_has(world: World, users: Collection[str]) -> None:
    """These alone, each with the same rights and switched on, and saved so."""
    listed = world.cache.listed()
    assert set(listed) == set(users), f"users of the cache: {set(listed)}"
    assert world.cache.is_whole(), "a user of the cache has lost something"
    assert world.cache.saved() == listed, "what the cache has saved is not what is in force"


def assert_nothing_is_left(world: World, *, escrow: bool) -> None:
    """No half-written file, no open journal, no key that nobody needs, no canary."""
    for state in world.journals():
        assert state.standing.over, f"{state.id} is {state.standing}"
        assert not (state.folder / "reserve").exists()
    kept = list((world.state / "escrow").glob("*"))
    assert len(kept) == (1 if escrow else 0), kept
    strays = list(world.root.rglob(f"{TEMPORARY}*"))
    assert not strays, strays
    names = world.client[world.database].list_collection_names()
    assert names == ["things"], names
    assert (world.root / "seen").read_bytes() == world.file.read_bytes(), "the app was not told"
