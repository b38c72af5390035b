"""The reload command: SIGHUP to every instance, and wait until each has read the env file anew."""

import os
import signal
import sys
import time
from pathlib import Path


def main(folder: Path) -> int:
    """Reload them one after the other, as a rolling restart does."""
    for pid in sorted(folder.glob("*.pid")):
        read = pid.with_suffix(".read")
        before = read.read_text()
        os.kill(int(pid.read_text()), signal.SIGHUP)
        until = time.monotonic() + 60
        while read.read_text() == before:
            if time.monotonic() > until:
                os.kill(int(pid.read_text()), signal.SIGUSR1)
                return 1
            time.sleep(0.02)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
