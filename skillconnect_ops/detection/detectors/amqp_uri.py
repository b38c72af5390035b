"""An AMQP or other queue's URI with a password.

RabbitMQ, Kafka, NATS and MQTT addresses with a user and a password in them.
"""

from skillconnect_ops.core.finding import Severity
from skillconnect_ops.detection.model import Detector, Example
from skillconnect_ops.detection.shapes import uri

DETECTOR = Detector(
    id="amqp-uri",
    what="queue URI with a password",
    severity=Severity.CRITICAL,
    remedy="rotate the password, and keep it in the .env alone",
    keywords=("amqp://", "amqps://", "kafka://", "nats://", "mqtt://", "mqtts://", "stomp://"),
    look=uri(rb"(?i:amqps?|kafka|nats|tls|mqtts?|stomp)"),
    hits=(Example("AMQP_URL=amqps://app:<alnum 20>@mq.corp.io/vhost"),),
    misses=(Example("amqp://mq.corp.io"),),
)
