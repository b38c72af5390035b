"""A password under a name that abbreviates the word.

`DB_PW=…`, `dbPass = '…'`, `"pw": "…"`: the letters are too few to be looked for alone, so here they
must be a word of the name; `compass`, `bypass` and `pwm` are not.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import named
from skillconnect_ops.detection.model import Detector, Example, Kin

DETECTOR = Detector(
    id="abbreviated-password",
    what="password under an abbreviated name",
    severity=Severity.HIGH,
    remedy="change it, and read it from the environment",
    kin=Kin.NAMED,
    keywords=(
        "_pw",
        "-pw",
        "pw=",
        "pw =",
        "pw:",
        "pw :",
        'pw"',
        "pw'",
        "pw]",
        "pw>",
        "pass =",
        "pass :",
        "pass]",
        "pswd",
        "psswd",
        "passcode",
    ),
    any_case=True,
    look=named(
        r"(?:^|[\d_.$-])(?i:pw|pass)(?:$|[\d_.-])|[a-z\d](?:Pw|PW|Pass)(?:$|[A-Z\d_.-])"
        r"|(?i:(?:db|my|user|root|admin|smtp|mail|ftp|ssh|sql|pg|mongo|redis|vpn|wifi|sudo)pw\d?$)"
        r"|(?i:pss?wd|passcode)"
    ),
    hits=(
        Example("DB_PW=<alnum 16>", ".env"),
        Example("export DB_PW='<alnum 16>'", "run.sh"),
        Example("const dbPw = '<alnum 16>';", "a.js"),
        Example("const pass = '<alnum 16>';", "a.ts"),
        Example('{"pw": "<alnum 16>"}', "a.json"),
        Example("db:\n  pw: <alnum 16>", "a.yml"),
        Example("DB_PW_OLD = '<alnum 16>'", "a.py"),
        Example("<pw><alnum 16></pw>", "a.xml"),
        Example("MYSQL_PSWD=<alnum 16>", "a.properties"),
    ),
    misses=(
        Example("const led_pwm = 'abc12345';", "a.js"),
        Example("USE_PWA=maybe-12345", ".env"),
        Example("compass = 'north-east-12'", "a.py"),
        Example("const bypass = 'abc-12345';", "a.js"),
        Example("if x:\n    pass\n", "a.py"),
    ),
)
