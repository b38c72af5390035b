"""A value assigned to a name that promises a secret.

`DB_PASSWORD=…`, `clientSecret: '…'`, `"api_key": "…"`, `<Pass>…</Pass>`, `define('DB_PASSWORD',
'…')`, `ENV TOKEN …`: in .env files, shell, YAML, JSON, XML, ini, Dockerfiles and the usual
languages, quoted or not. The name alone is no proof, so the value is graded: placeholders,
variables, words, identifiers and code are of lower confidence.

In source code a value without quotes is an expression; it is not a value and so no finding.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import assignments
from skillconnect_ops.detection.model import Detector, Example, Kin

DETECTOR = Detector(
    id="assigned-secret",
    what="secret assigned by name",
    severity=Severity.HIGH,
    remedy="change it, and read it from the environment",
    kin=Kin.NAMED,
    keywords=(
        "passw",
        "passphrase",
        "_pass",
        "pass=",
        'pass"',
        "pass'",
        "pass>",
        "pass:",
        "<pass",
        "pwd",
        "secret",
        "token",
        "api_key",
        "apikey",
        "api-key",
        "app_key",
        "access_key",
        "accesskey",
        "access-key",
        "private_key",
        "privatekey",
        "private-key",
        "encryption_key",
        "signing_key",
        "auth_key",
        "authkey",
        "master_key",
        "masterkey",
        "credential",
        "_salt",
        "_pepper",
        "dsn",
        "sshpass",
    ),
    any_case=True,
    look=assignments(),
    hits=(
        Example("DB_PASSWORD=<alnum 16>"),
        Example('const apiKey = "<alnum 32>";', "a.js"),
        Example("  client_secret: <alnum 40>"),
        Example('{"userPassword": "<alnum 12>"}'),
        Example('<Pass encoding="x"><alnum 12></Pass>'),
        Example("define( 'DB_PASSWORD', '<alnum 12>' );"),
        Example("ENV ADMIN_PASSWORD <alnum 12>", "Dockerfile"),
        Example("export MLAB_PASS='<alnum 12>'", ".bashrc"),
        Example("$dbpasswd = '<alnum 9>';", "config.php"),
        Example('password: str = "<alnum 14>"', "a.py"),
        Example("- name: DB_PASSWORD\n  value: <alnum 14>", "deploy.yml"),
        Example("SECRET_KEY = os.getenv('SECRET_KEY', '<alnum 40>')", "settings.py"),
    ),
    misses=(
        Example("const password = req.body.password;", "a.js"),
        Example("password: z.string().min(8),", "a.ts"),
        Example("tokens are cheap"),
        Example("if (token) { next(); }", "a.js"),
        Example("PASSWORD="),
    ),
)
