"""The reader of rings for Node, with the packages that apps verify with."""

import base64
import hmac
import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from skillconnect_ops.commands.rotate.kid import derived, generation
from skillconnect_ops.commands.rotate.ring import Entry, Ring, variables
from skillconnect_ops.core.secret import Secret
from tests.programs import needs
from tests.templates.express.conftest import App

NAME, ADMIN = "JWT_SECRET_KEY", "ADMIN_JWT_SECRET_KEY"
NOW = datetime.now(UTC).replace(microsecond=0)
LATER = NOW + timedelta(hours=1)
LEGACY = ('it\'s, an "old" one.', "ключ-密钥-🔑, mit Umlaut ü", "x" * 40)


def key() -> Secret:
    while derived(made := Secret(secrets.token_urlsafe(32))) is None:
        pass
    return made


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(
    by: Secret,
    *,
    alg: str = "HS256",
    kid: str | None = None,
    digest: str = "sha256",
    **payload: Any,
) -> str:
    """Made here and not by a package, so that it can be as wrong as an attacker's."""
    now = int(time.time())
    header = {"alg": alg, "typ": "JWT"} | ({"kid": kid} if kid is not None else {})
    said = {"sub": "ana", "iat": now, "exp": now + 600} | payload
    signed = ".".join(packed(json.dumps(part).encode()) for part in (header, said))
    return f"{signed}.{packed(hmac.digest(by.reveal().encode(), signed.encode(), digest))}"


def environment(**rings: Ring) -> dict[str, str]:
    held = {
        name: value for each, ring in rings.items() for name, value in variables(each, ring).items()
    }
    return {name: value.reveal() for name, value in held.items() if value is not None}


def node(folder: Path, *argv: str, env: Mapping[str, str], stdin: str = "") -> str:
    done = subprocess.run(
        [needs("node"), *argv],
        cwd=folder,
        env={"NODE_ENV": "test", **env},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def verdicts(
    folder: Path, ring: Ring, tokens: Mapping[str, str], *, name: str = NAME, pinned: bool = True
) -> dict[str, dict[str, str]]:
    """What every way to verify says of every token."""
    shutil.copy(Path(__file__).with_name("verdicts.cjs"), folder)
    asked = [{"name": called, "token": text} for called, text in tokens.items()]
    how = "pinned" if pinned else "unpinned"
    said = node(
        folder, "verdicts.cjs", name, how, env=environment(**{name: ring}), stdin=json.dumps(asked)
    )
    answers: dict[str, dict[str, str]] = json.loads(said)
    ways = {"9": 8, "8": 3}[folder.name[-1]]
    assert all(len(answer) == ways for answer in answers.values())
    return answers


def kid_of(key: Secret) -> str:
    named = derived(key)
    assert named is not None
    return named


@pytest.fixture(params=["8", "9"])
def folder(app: App, request: pytest.FixtureRequest) -> Path:
    return app(request.param)


def test_what_is_staged_live_or_retiring_is_accepted(folder: Path) -> None:
    staged, live, retiring = key(), key(), key()
    ring = Ring(live, (Entry(staged, LATER), Entry(retiring, LATER)))
    keys = {"staged": staged, "live": live, "retiring": retiring}
    tokens = {f"{n} by name": token(k, kid=kid_of(k)) for n, k in keys.items()}
    tokens |= {f"{n} without name": token(k) for n, k in keys.items()}
    tokens |= {f"{n} by a name of the app's own": token(k, kid="main") for n, k in keys.items()}
    for called, answer in verdicts(folder, ring, tokens).items():
        assert set(answer.values()) == {"accepted"}, (called, answer)


def test_a_legacy_key_verifies_whatever_is_in_it(folder: Path) -> None:
    ring = Ring(key(), tuple(Entry(Secret(text), LATER) for text in LEGACY))
    tokens = {text: token(Secret(text)) for text in LEGACY}
    for answer in verdicts(folder, ring, tokens).values():
        assert set(answer.values()) == {"accepted"}, answer


@pytest.mark.parametrize("pinned", [True, False])
def test_what_an_attacker_may_try_is_refused(folder: Path, pinned: bool) -> None:
    """Also where the app forgets to pin the algorithm; jsonwebtoken 8 then takes `none`."""
    live, over, retired, users = key(), key(), key(), key()
    public = (
        "-----BEGIN PUBLIC KEY-----\n"
        + packed(secrets.token_bytes(60))
        + "\n-----END PUBLIC KEY-----"
    )
    ring = Ring(live, (Entry(over, NOW), Entry(key(), LATER)), min_iat=1_000_000_000)
    unsigned = token(live, alg="none").rpartition(".")[0] + "."
    head, body, signature = token(live).split(".")
    tokens = {
        "retired": token(retired),
        "retired by its name": token(retired, kid=kid_of(retired)),
        "expired entry": token(over),
        "expired entry by its name": token(over, kid=kid_of(over)),
        "unknown name and a bad key": token(key(), kid="AAAAAAAA"),
        "a good name and a bad key": token(key(), kid=kid_of(live)),
        "none": unsigned,
        "none with a signature": token(live, alg="none"),
        "None": unsigned.replace(unsigned.split(".")[0], packed(b'{"alg":"None"}')),
        "HS512": token(live, alg="HS512", digest="sha512"),
        "RS256 in name": token(live, alg="RS256"),
        "signed with a public key": token(Secret(public)),
        "a user's": token(users),
        "a user's by its name": token(users, kid=kid_of(users)),
        "too early": token(live, iat=999_999_999),
        "no time": token(live, iat=None),
        "a time in words": token(live, iat="now"),
        "changed": f"{head}.{packed(b'{}')}.{signature}",
        "without signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "nothing in it": "..",
        "null for a header": f"{packed(b'null')}.{body}.{signature}",
        "no token": "token",
        "over": token(live, exp=1_000_000_000),
    }
    answers = verdicts(folder, ring, {**tokens, "good": token(live)}, name=ADMIN, pinned=pinned)
    assert set(answers.pop("good").values()) == {"accepted"}
    for called, answer in answers.items():
        for way, said in answer.items():
            refused = said.startswith("401 ") if "-jwt" in way else said != "accepted"
            assert refused, (called, way, said)
    assert answers["over"]["verify"] == "jwt expired"


def test_a_floor_lets_in_what_was_issued_since(folder: Path) -> None:
    live = key()
    floor = int(time.time()) - 10
    tokens = {"since": token(live, iat=floor), "before": token(live, iat=floor - 1)}
    answers = verdicts(folder, Ring(live, min_iat=floor), tokens)
    assert set(answers["since"].values()) == {"accepted"}
    assert "accepted" not in answers["before"].values()


def test_the_key_that_fits_nothing_is_a_key_all_the_same(bare: Path) -> None:
    """Verifiers differ in what they do without a key; and no key goes out for another algorithm."""
    live = key()
    tokens = ["", "token", "..", *(token(live, alg=alg) for alg in ("none", "RS256", "HS512"))]
    code = """
    const users = require('./jwt-ring.cjs').jwtRing('JWT_SECRET_KEY');
    const asked = [undefined, null, 7, ...JSON.parse(require('fs').readFileSync(0, 'utf8'))];
    console.log(JSON.stringify(asked.map(users.keyFor)));
    """
    env = environment(**{NAME: Ring(live)})
    keys = json.loads(node(bare, "-e", code, env=env, stdin=json.dumps(tokens)))
    assert len(keys) == 9
    assert all(len(each) == 43 for each in keys)
    assert live.reveal() not in keys


SIGNS = """
const { jwtRing } = require('./jwt-ring.cjs');
const text = jwtRing('JWT_SECRET_KEY').sign({ sub: 'ana' }, JSON.parse(process.argv[1]));
console.log(JSON.stringify({ text, ...require('jsonwebtoken').decode(text, { complete: true }) }));
"""


def test_the_live_key_signs_and_names_itself(folder: Path) -> None:
    live = key()
    env = environment(**{NAME: Ring(live, (Entry(key(), LATER),))})
    made = json.loads(node(folder, "-e", SIGNS, '{"expiresIn": "7d"}', env=env))
    assert made["header"] == {"alg": "HS256", "typ": "JWT", "kid": kid_of(live)}
    assert made["payload"]["exp"] - made["payload"]["iat"] == 7 * 24 * 3600
    signed, _, signature = made["text"].rpartition(".")
    assert packed(hmac.digest(live.reveal().encode(), signed.encode(), "sha256")) == signature


def test_another_algorithm_is_not_signed_with(folder: Path) -> None:
    made = json.loads(
        node(folder, "-e", SIGNS, '{"algorithm": "HS512"}', env=environment(**{NAME: Ring(key())}))
    )
    assert made["header"]["alg"] == "HS256"


@pytest.mark.parametrize("text", [*LEGACY, "thisIsMyVerySecretKeyForTheJsonWebTokensOfTheShop2024"])
def test_a_legacy_key_signs_and_is_not_named(app: App, text: str) -> None:
    env = environment(**{NAME: Ring(Secret(text))})
    made = json.loads(node(app("9"), "-e", SIGNS, "{}", env=env))
    assert "kid" not in made["header"]


UNMODIFIED = """
const jwt = require('jsonwebtoken');
const text = process.argv[1] || jwt.sign({ sub: 'ana' }, process.env.JWT_SECRET_KEY);
jwt.verify(text, process.env.JWT_SECRET_KEY);
console.log(text);
"""


def test_an_unmodified_app_signs_and_verifies_with_the_live_key(folder: Path) -> None:
    """And an app with the ring accepts what it signs, and it what an app with the ring signs."""
    ring = Ring(key(), (Entry(key(), LATER),), min_iat=1_000_000_000)
    env = environment(**{NAME: ring})
    signed = node(folder, "-e", UNMODIFIED, env=env).strip()
    (answer,) = verdicts(folder, ring, {"by the unmodified app": signed}).values()
    assert set(answer.values()) == {"accepted"}
    text = json.loads(node(folder, "-e", SIGNS, "{}", env=env))["text"]
    assert node(folder, "-e", UNMODIFIED, text, env=env).strip() == text


def test_names_are_the_same_here_and_there(bare: Path) -> None:
    keys = [secrets.token_urlsafe(32) for _ in range(60)] + [
        secrets.token_hex(32) for _ in range(60)
    ]
    keys += [secrets.token_urlsafe(n) for n in (8, 24, 31, 40, 64, 96, 97)] + list(LEGACY)
    ring = Ring(Secret(keys[0]), tuple(Entry(Secret(text), LATER) for text in keys[1:]))
    code = "console.log(JSON.stringify(require('./jwt-ring.cjs').jwtRing('K').kids()))"
    names = json.loads(node(bare, "-e", code, env=environment(K=ring)))
    assert names == [derived(Secret(text)) for text in keys]


def test_a_health_answer_names_what_is_loaded_as_skc_does(bare: Path) -> None:
    ring = Ring(key(), (Entry(key(), LATER), Entry(Secret("made up by a person"), LATER)))
    password = secrets.token_urlsafe(32)
    values = {
        "MONGO_URI": f"mongodb://app_a:{password}@127.0.0.1:27017,127.0.0.1:27018/shop?tls=true",
        "ENCODED": f"redis://:{quote(password[:9] + '_' + password[9:], safe='')}@127.0.0.1/0",
        "SESSION_SECRET": secrets.token_urlsafe(32),
        "SMTP_PASSWORD": "four words of mine",
    }
    names = [NAME, *values, "ABSENT"]
    code = "console.log(JSON.stringify(require('./jwt-ring.cjs').loaded(...process.argv.slice(1))))"
    env = {**environment(**{NAME: ring}), **values}
    said = json.loads(node(bare, "-e", code, *names, env=env))
    assert said == {
        NAME: [derived(ring.signing), derived(ring.fallbacks[0].key), None],
        **{name: generation(Secret(value)) for name, value in values.items()},
        "ABSENT": None,
    }
    assert said["MONGO_URI"] == derived(Secret(password))
    assert said["SMTP_PASSWORD"] is None


def test_the_environment_is_read_when_it_is_asked(bare: Path) -> None:
    first, second = key(), key()
    code = """
    const users = require('./jwt-ring.cjs').jwtRing('JWT_SECRET_KEY');
    try { users.kids(); } catch (error) { console.log(error.message); }
    process.env.JWT_SECRET_KEY = process.argv[1];
    console.log(users.kids().join());
    process.env.JWT_SECRET_KEY_FALLBACKS = process.argv[2];
    console.log(users.kids().join());
    """
    listed = variables(NAME, Ring(first, (Entry(second, LATER),)))[f"{NAME}_FALLBACKS"]
    assert listed is not None
    said = node(bare, "-e", code, first.reveal(), listed.reveal(), env={}).splitlines()
    one, two = kid_of(first), kid_of(second)
    assert said == ["JWT_SECRET_KEY is not set", one, f"{one},{two}"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({NAME: ""}, "JWT_SECRET_KEY is not set"),
        ({f"{NAME}_FALLBACKS": "v2.YWJj.1"}, "entry 1 of JWT_SECRET_KEY_FALLBACKS is not"),
        ({f"{NAME}_FALLBACKS": "v1.YWJj.1,"}, "entry 2 of JWT_SECRET_KEY_FALLBACKS is not"),
        ({f"{NAME}_MIN_IAT": "soon"}, "JWT_SECRET_KEY_MIN_IAT is not in epoch seconds"),
    ],
)
def test_a_broken_ring_is_told_by_every_way_and_accepts_nothing(
    app: App, broken: dict[str, str], said: str
) -> None:
    live = key()
    code = """
    const users = require('./jwt-ring.cjs').jwtRing('JWT_SECRET_KEY');
    const text = process.argv[1];
    const tell = (error, key) => console.log(error ? error.message : key);
    const tried = (make) => { try { tell(null, make()); } catch (error) { tell(error); } };
    tried(() => users.keyFor(text)); tried(() => users.sign({})); tried(() => users.verify(text));
    users.callback(text)({}, tell); users.secretOrKeyProvider({}, text, tell);
    users.secret({ headers: {}, url: '/' }, null).then((key) => tell(null, key), tell);
    """
    env = environment(**{NAME: Ring(live)}) | broken
    lines = node(app("9"), "-e", code, token(live), env=env).splitlines()
    assert len(lines) == 6
    assert all(said in line for line in lines), lines
    assert live.reveal() not in "".join(lines)


def test_a_module_of_either_sort_takes_it(app: App) -> None:
    folder = app("9")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "main.js").write_text(
        "import { jwtRing } from './jwt-ring.cjs';\n"
        "const users = jwtRing('JWT_SECRET_KEY');\n"
        "console.log(users.verify(users.sign({ sub: 'ana' })).sub);\n"
    )
    assert node(folder, "main.js", env=environment(**{NAME: Ring(key())})).strip() == "ana"
