"""How many rows of invented worlds the SQL and the slow reference agree on, to the last digit.

    python -m tests.bench.laws [WORLDS [FIRST_SEED]]

Prints worlds, rows and values compared, and disagreements, by what became of the communities; 1 when there is one.
"""

import sys
import time
from collections import Counter

from tests.laws.disagreements import compared_values, disagreements, explained
from tests.laws.warehouse import compute, empty_warehouse
from tests.laws.worlds import Inventor

WORLDS, FIRST_SEED = 64, 1000


def main(arguments: list[str]) -> int:
    """Compare so many worlds; 1 when anything differs."""
    count = int(arguments[0]) if arguments else WORLDS
    first = int(arguments[1]) if len(arguments) > 1 else FIRST_SEED
    connection = empty_warehouse()
    worlds: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    values: Counter[str] = Counter()
    differ: Counter[str] = Counter()
    start = time.monotonic()
    for seed in range(first, first + count):
        inventor = Inventor(seed)
        night, change = inventor.invent(), inventor.change
        tables = compute(connection, night)
        found = disagreements(night.world, tables)
        compared = compared_values(night.world, tables)
        worlds[change] += 1
        rows[change] += len(compared)
        values[change] += sum(compared)
        differ[change] += len(found)
        if found:
            print(explained(seed, change, night, found))
    print(f"{'communities':<12}{'worlds':>8}{'rows':>10}{'values':>12}{'disagreements':>15}")
    for change in sorted(worlds):
        print(f"{change:<12}{worlds[change]:>8}{rows[change]:>10}{values[change]:>12}{differ[change]:>15}")
    sums = (sum(counter.values()) for counter in (worlds, rows, values, differ))
    print("{:<12}{:>8}{:>10}{:>12}{:>15}".format("all", *sums), f"  {time.monotonic() - start:.0f} s")
    return int(any(differ.values()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
