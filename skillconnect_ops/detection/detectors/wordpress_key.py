"""WordPress's keys and salts.

Eight random strings of wp-config.php sign its cookies: whoever holds them logs in as anybody.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.assignment import named
from skillconnect_ops.detection.model import Detector, Example

DETECTOR = Detector(
    id="wordpress-key",
    what="WordPress key or salt",
    severity=Severity.HIGH,
    remedy="make new ones; every session ends",
    keywords=(
        "AUTH_KEY",
        "LOGGED_IN_KEY",
        "NONCE_KEY",
        "AUTH_SALT",
        "LOGGED_IN_SALT",
        "NONCE_SALT",
    ),
    look=named(r"(?:AUTH|IN|NONCE)_(?:KEY|SALT)$", value=r"[^\r\n]{32,100}$"),
    hits=(
        Example("define('AUTH_KEY', '<alnum 64>');"),
        Example('define( "NONCE_SALT", "<alnum 64>" );'),
    ),
    misses=(Example("NONCE_KEY"),),
)
