"""MongoDB over PyMongo: the `Database` port."""

from skillconnect_ops.adapters.mongo.database import MongoDatabase, connect
from skillconnect_ops.adapters.mongo.uri import MongoUri, parse

__all__ = ["MongoDatabase", "MongoUri", "connect", "parse"]
