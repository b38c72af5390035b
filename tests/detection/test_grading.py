"""A doubt lowers the confidence, has a name, and never makes a finding vanish."""

import secrets

import pytest

from skillconnect_ops.core.finding import Confidence
from skillconnect_ops.detection import Blob, Match, Scanner

SCANNER = Scanner()
LOW, MEDIUM, HIGH = Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH


def found(text: str, path: str | None) -> Match:
    (match,) = SCANNER.scan(Blob(path=path, content=text.encode()))
    return match


def key() -> str:
    return "Zk4" + secrets.token_hex(16)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("DB_PASSWORD=<password>", "a placeholder"),
        ("DB_PASSWORD=[password]", "a placeholder"),
        ("DB_PASSWORD=changeme", "a placeholder"),
        ("DB_PASSWORD=your-password-here", "a placeholder"),
        ("DB_PASSWORD=xxxxxxxx", "a placeholder"),
        ("DB_PASSWORD=${DB_PW}", "a variable, filled in elsewhere"),
        ("DB_PASSWORD=$DB_PW", "a variable, filled in elsewhere"),
        ("DB_PASSWORD={{ db.password }}", "a variable, filled in elsewhere"),
        ("DB_PASSWORD=%DB_PW%", "a variable, filled in elsewhere"),
        ("DB_PASSWORD=x-${DB_PW}-y", "partly a variable, filled in elsewhere"),
        ("DB_PASSWORD=process.env.OTHER", "looked up elsewhere when it runs"),
        ("DB_PASSWORD=vault:secret/data/db#password", "looked up elsewhere when it runs"),
        ("API_TOKEN_URL=https://corp.io/token", "the name speaks about a secret"),
        ("PASSWORD_MIN_LENGTH=12", "the name speaks about a secret"),
        ("PRIVATE_KEY_PATH=/etc/ssl/key.pem", "the name speaks about a secret"),
        ("API_SECRET=/run/secrets/api", "names a file"),
        ("STRIPE_PUBLIC_TOKEN=abc12345678901234", "the name says that it is public"),
        ('API_TOKEN=W/"abc-12345678901234"', "an ETag"),
        ("API_TOKEN=3600", "a number or a date"),
        ("API_TOKEN=^9.0.2", "a version of a package"),
        ("API_TOKEN=2.0.0-rc.1", "a version of a package"),
    ],
)
def test_what_is_hardly_a_secret_is_of_low_confidence_and_says_why(text: str, reason: str) -> None:
    match = found(text, ".env")
    assert match.confidence is LOW
    assert any(reason in one for one in match.reasons), match.reasons


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (".env.example", "in a file of examples"),
        ("config.sample.yml", "in a file of examples"),
        ("README.md", "in documentation"),
        ("docs/setup.yml", "in documentation"),
        ("test/fixtures/app.yml", "in a test or a fixture"),
        ("src/login.spec.ts", "in a test or a fixture"),
        ("package-lock.json", "in a lock file, where hashes are at home"),
        ("src/i18n/en.json", "in a translation"),
        ("vendor/x.php", "in generated or foreign code"),
    ],
)
def test_a_place_where_secrets_are_seldom_real_lowers_and_says_so(path: str, reason: str) -> None:
    text = f'{{"db_password": "{key()}"}}' if path.endswith("json") else f'password: "{key()}"'
    named = found(text, path)
    assert named.confidence is LOW
    assert reason in named.reasons
    shaped = found(f'x: "ghp_{secrets.token_hex(18)}"', path)
    assert shaped.confidence is MEDIUM
    assert reason in shaped.reasons


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("DB_PASSWORD={}", ".env"),
        ("export DB_PASSWORD='{}'", "run.sh"),
        ("DB_PASSWORD={} ./start", "run.sh"),
        ("ENV DB_PASSWORD {}", "Dockerfile"),
        ("ENV DB_PASSWORD={}", "Dockerfile"),
        ("const dbPassword = '{}';", "a.js"),
        ('const dbPassword: string = "{}";', "a.ts"),
        ("x = {{ password: `{}` }}", "a.ts"),
        ("process.env.API_TOKEN = '{}'", "a.js"),
        ("const t = process.env.API_TOKEN || '{}'", "a.js"),
        ("API_TOKEN = '{}'", "a.py"),
        ("API_TOKEN: str = '{}'", "a.py"),
        ("connect(password='{}')", "a.py"),
        ("os.environ['API_TOKEN'] = '{}'", "a.py"),
        ("token = os.environ.get('API_TOKEN', '{}')", "a.py"),
        ('{{"apiToken": "{}"}}', "a.json"),
        ('{{"env": [{{"name": "API_TOKEN", "value": "{}"}}]}}', "a.json"),
        ("api_token: {}", "a.yml"),
        ("  - name: API_TOKEN\n    value: {}", "a.yml"),
        ("  - API_TOKEN={}", "docker-compose.yml"),
        ("[x]\npassword = {}\n", "a.ini"),
        ("db.password={}", "a.properties"),
        ("$config['db_password'] = '{}';", "a.php"),
        ("define('DB_PASSWORD', '{}');", "a.php"),
        ("'password' => '{}',", "a.php"),
        ("<password>{}</password>", "a.xml"),
        ('<user name="x" password="{}"/>', "a.xml"),
        ('<add key="ApiToken" value="{}"/>', "a.config"),
        ('password = "{}"', "a.toml"),
        ('String password = "{}";', "A.java"),
        ('password := "{}"', "a.go"),
        ('{{\\"password\\": \\"{}\\"}}', "a.log"),
        ("curl https://corp.io/?access_token={}", "run.sh"),
        ("password: {}", None),
    ],
)
def test_a_random_value_is_found_whatever_the_language(text: str, path: str | None) -> None:
    secret = key()
    match = found(text.format(secret), path)
    assert match.secret.reveal() == secret
    assert match.confidence is HIGH, match.reasons


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("const token = await lexer.next();", "a.js"),
        ("password: { type: String, required: true },", "a.js"),
        ("if (password === undefined) {", "a.js"),
        ("password = getpass()", "a.py"),
        ("Tokens and secrets are never logged.", "a.txt"),
        ("password", "a.txt"),
        ("PASSWORD=\nX=1", ".env"),
    ],
)
def test_what_assigns_no_value_is_no_finding(text: str, path: str) -> None:
    assert SCANNER.scan(Blob(path=path, content=text.encode())) == []


def test_a_uri_to_a_placeholder_host_or_with_the_word_password_is_of_low_confidence() -> None:
    for uri in (f"mongodb://app:{key()}@example.com/x", "mongodb://user:password@db.corp.io/x"):
        assert found(f"uri: {uri}", "a.yml").confidence is LOW
    assert found(f"uri: mongodb://app:{key()}@localhost/x", "a.yml").confidence is MEDIUM
    assert found(f"uri: mongodb://app:{key()}@db.corp.io/x", "a.yml").confidence is HIGH
    assert found("uri: mongodb://app:${PW}@db.corp.io/x", "a.yml").confidence is LOW


def test_a_dependency_named_after_a_secret_is_none() -> None:
    text = '{"dependencies": {\n"jsonwebtoken": "^9.0.2",\n"password-hash": "1.2.2"\n}}\n'
    matches = SCANNER.scan(Blob(path="package.json", content=text.encode()))
    assert {match.confidence for match in matches} <= {LOW}


def test_what_our_own_ledgers_hold_is_public() -> None:
    text = f'{{"key":"ed25519:{key()}","digest":"{secrets.token_hex(32)}"}}'
    matches = SCANNER.scan(Blob(path=".skc/evidence/a.jsonl", content=text.encode()))
    assert {match.confidence for match in matches} <= {LOW}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("API_TOKEN: 507f1f77bcf86cd799439011", "looks like an ObjectId"),
        ("API_TOKEN: api_token", "the value repeats its name"),
        ("DB_PASSWORD: ab", "too short to tell"),
        ("JWT_SECRET: sunshine", "a plain word"),
        ("JWT_SECRET: the sun shines", "reads as a sentence"),
        ("SESSION_SECRET: sun.shine", "an address or a dotted name"),
        ("SESSION_SECRET: sun(1)x", "code on the right-hand side"),
        ("JWT_SECRET: 123456", "a number or a date"),
        ("JWT_SECRET: солнце", "a sentence in another language"),
    ],
)
def test_a_poor_value_is_a_secret_where_one_is_promised_and_doubtful_elsewhere(
    text: str, reason: str
) -> None:
    elsewhere = found(text, "a.yml")
    assert (elsewhere.confidence, reason in elsewhere.reasons) == (LOW, True)
    line = text.replace(": ", "=")
    for path, promised in ((".env", line), ("api/.env.production", f"A=1\nexport {line}\nB=2")):
        real = found(promised, path)
        assert (real.confidence, reason in real.reasons) == (MEDIUM, True)
    assert found(line, ".env.example").confidence is LOW
    assert found(f"# {line}", ".env").confidence is LOW


@pytest.mark.parametrize(
    "line",
    [
        "DB_PASSWORD=@server1",
        "DB_PASS='@server1'",
        "DB_PW=@server1",
        "MAIL_PWD=@s1",
        "APP_PASSWD=admin",
        "API_KEY=hello",
        "RESET_TOKEN_SECRET=poor-9",
        "DB_PASSWORD=/abc1",
    ],
)
def test_a_poor_password_in_a_real_env_file_is_at_least_medium(line: str) -> None:
    assert found(line, "backend/.env").confidence is not LOW


def test_a_random_value_is_a_secret_even_where_its_name_begins_as_a_message_does() -> None:
    assert found(f"RESET_TOKEN_SECRET={key()}", ".env").confidence is HIGH


@pytest.mark.parametrize(
    "word",
    [
        "Template",
        "Label",
        "Placeholder",
        "Message",
        "Title",
        "Hint",
        "Error",
        "Regex",
        "Pattern",
        "Url",
        "Path",
        "Prompt",
        "Caption",
        "Tooltip",
        "Help",
        "Selector",
        "Subject",
        "View",
        "Route",
        "Page",
        "Form",
        "Rules",
        "Warning",
        "Note",
        "Heading",
        "Style",
        "Link",
        "Folder",
        "Hint2",
        "Invalid",
        "Missing",
        "Mismatch",
        "Denied",
    ],
)
def test_a_name_that_ends_in_a_word_about_secrets_is_of_low_confidence(word: str) -> None:
    match = found(f"const password{word} = 'Abc-1234-xyz';", "a.js")
    assert match.confidence is LOW
    assert "the name speaks about a secret, it does not hold one" in match.reasons


def test_an_address_with_a_password_counts_whatever_its_name_speaks_about() -> None:
    match = found(f"const tokenUrl = 'https://me:{key()}@corp.io/x';", "a.js")
    assert (match.detector, match.confidence) == ("credential-uri", HIGH)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{{"password": "{}"}}', "locales/de.json"),
        ('{{"password": "{}"}}', "src/de.json"),
        ('{{"password": "{}"}}', "public/app.pt-BR.json"),
        ("password: '{}'", "config/lang/fr.yml"),
        ("password: '{}'", "src/zh_Hans.yaml"),
    ],
)
@pytest.mark.parametrize(
    "label", ["Passwort", "Mot de passe", "Contraseña nueva", "密码", "Heslo!"]
)
def test_a_label_in_a_translation_is_of_low_confidence_and_says_why(
    text: str, path: str, label: str
) -> None:
    match = found(text.format(label), path)
    assert match.confidence is LOW
    assert match.reasons


def test_a_label_counts_little_and_a_real_password_fully_in_a_file_named_for_a_country() -> None:
    assert found('{"password": "Enter your password"}', "src/texts.json").confidence is LOW
    assert found('{"password": "Passwort"}', "src/texts.json").confidence is LOW
    assert found('{"password": "Passwort123"}', "src/texts.json").confidence is HIGH
    assert found(f'{{"password": "{key()}"}}', "config/de.json").confidence is HIGH


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{{"scripts": {{"start": "JWT_SECRET={} node server.js"}}}}', "package.json"),
        ('{{"scripts": {{"start": "cross-env A=1 DB_PASSWORD={} node ."}}}}', "package.json"),
        ('{{"scripts": {{"start": "A=1&&set DB_PASSWORD={}&& node ."}}}}', "package.json"),
        ('{{"scripts": {{"start": "cross-env DB_PW=\\"{}\\" node ."}}}}', "package.json"),
        ('{{"scripts": {{"start": "A_TOKEN=\'{}\' node ."}}}}', "package.json"),
        ('{{"scripts": {{"start": "node . --password {}"}}}}', "package.json"),
        ('{{"scripts": {{"start": "node . --api-key={}"}}}}', "package.json"),
        ('{{"Env": ["DB_PASSWORD={}", "A=1"]}}', "task.json"),
        ('{{"run": "set -e\\nDB_PASSWORD={}\\nnode ."}}', "task.json"),
        ('{{"url": "https://corp.io/x?a=1&access_token={}"}}', "a.json"),
        ("fetch('https://corp.io/x?api_key={}');", "a.js"),
        ("const o = {{ secret: ['{}'] }};", "a.js"),
        ("const o = {{ secret: [process.env.A ?? 'no', 'poor'], token: ['{}'] }};", "a.js"),
    ],
)
def test_a_value_within_a_string_or_a_list_is_found(text: str, path: str) -> None:
    secret = key()
    matches = SCANNER.scan(Blob(path=path, content=text.format(secret).encode()))
    sure = [match.secret.reveal() for match in matches if match.confidence is HIGH]
    assert sure == [secret]


def test_every_string_of_a_list_of_secrets_is_found() -> None:
    keys = [key() for _ in range(5)]
    text = f"session({{ secret: {keys} }})"
    matches = SCANNER.scan(Blob(path="a.js", content=text.encode()))
    assert [match.secret.reveal() for match in matches] == keys


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"scripts": {"test": "TOKEN= mocha", "a": "node token.js"}}', "package.json"),
        ("location = a?token=b:c;", "a.js"),
        ("f(token=other, secret=next)", "a.py"),
    ],
)
def test_no_value_within_a_string_is_no_finding(text: str, path: str) -> None:
    assert SCANNER.scan(Blob(path=path, content=text.encode())) == []
