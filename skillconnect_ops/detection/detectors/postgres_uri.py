"""A PostgreSQL URI with a password.

As libpq, node-postgres, SQLAlchemy, Prisma and JDBC write it; CockroachDB's and Redshift's are
alike.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="postgres-uri",
    what="PostgreSQL URI with a password",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=(
        "postgres://",
        "postgresql://",
        "postgresql+",
        "postgres+",
        "pgsql://",
        "cockroachdb://",
        "redshift://",
    ),
    look=uri(rb"(?i:postgres(?:ql)?(?:\+\w{1,16})?|pgsql|cockroachdb|redshift)"),
    hits=(Example("DATABASE_URL=postgresql+psycopg2://app:<alnum 20>@db.corp.io:5432/app"),),
    misses=(Example("postgres://localhost/app"),),
)
