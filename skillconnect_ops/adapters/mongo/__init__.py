"""MongoDB over PyMongo: the `Database` port."""

from skillconnect_ops.adapters.mongo.database import MongoDatabase, connect
from skillconnect_ops.adapters.mongo.uri import MongoUri, parse, same_place

__all__ = ["MongoDatabase", "MongoUri", "connect", "parse", "same_place"]
