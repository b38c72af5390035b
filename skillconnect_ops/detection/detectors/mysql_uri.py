"""A MySQL or MariaDB URI with a password.

As Prisma, SQLAlchemy, Rails and JDBC drivers write it.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="mysql-uri",
    what="MySQL URI with a password",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=("mysql://", "mysqlx://", "mysql2://", "mysql+", "mariadb://", "mariadb+"),
    look=uri(rb"(?i:mysqlx?(?:\+\w{1,16})?|mysql2|mariadb(?:\+\w{1,16})?)"),
    hits=(Example("DATABASE_URL=mysql://app:<alnum 20>@db.corp.io:3306/app"),),
    misses=(Example("mysql://db.corp.io/app"),),
)
