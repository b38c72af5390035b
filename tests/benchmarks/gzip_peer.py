"""The peer where mongodump is not at hand: raw batches of every collection, gzip level 6."""

import gzip
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pymongo import MongoClient


def main() -> None:
    """Dump the database argv[1] into the folder argv[2]; the URI is in PEER_URI."""
    folder = Path(sys.argv[2])
    folder.mkdir()
    with MongoClient[Any](os.environ["PEER_URI"]) as client, ThreadPoolExecutor(4) as pool:
        db = client[sys.argv[1]]

        def dump(name: str) -> None:
            with gzip.open(folder / f"{name}.bson.gz", "wb", compresslevel=6) as out:
                for batch in db[name].find_raw_batches():
                    out.write(batch)

        list(pool.map(dump, db.list_collection_names()))


if __name__ == "__main__":
    main()
