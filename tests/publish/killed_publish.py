"""A publish that ends badly: killed when it reports its n-th progress, or on a disk that takes no more.

Arguments: the home, and the stage: a number (killed there; 0 is before anything), `full`, or `many` (seven good ones,
by an ordinary user).
"""

import os
import resource
import signal
import sys
from datetime import datetime
from pathlib import Path

from jindu.settings import OFFICE_TIMEZONE, Home, JinduError, Night
from jindu.warehouse.publish import publish

NOBODY = 65534  # root may write everywhere, so root becomes somebody else


def main(root: str, stage: str) -> int:
    night = Night(Home(Path(root)), Path(root), datetime(2030, 5, 10, 2, tzinfo=OFFICE_TIMEZONE), "night", 1)
    if stage == "many":
        if os.geteuid() == 0:
            for path in (night.home.root.parent, night.home.root, night.home.private_database):
                os.chown(path, NOBODY, NOBODY)
            os.setuid(NOBODY)
        for _ in range(7):
            publish(night)
        return 0
    if stage == "full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit then fails as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
        try:
            publish(night)
        except JinduError as error:
            print(error.message_zh)
            return 2
        return 0

    def die(done: int, _total: int) -> None:
        if done == int(stage):
            os.kill(os.getpid(), signal.SIGKILL)

    if stage == "0":
        (night.home.versions / ".building").mkdir(parents=True)
        die(0, 0)
    publish(night, die)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
