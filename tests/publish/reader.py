"""An analyst's session: opens the published copy again and again, and asks each open copy several times.

Arguments: the published path, and a file whose appearance ends the session. Prints what was seen, as JSON.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

GENERATIONS = """
select list(distinct generation order by generation), count(*)
from (
    select month_value as generation from mart.completion
    union all
    select files_received_count from mart.run
)
"""


def main(published: str, stop: str) -> None:
    seen: set[int] = set()
    opened = torn = 0
    print("reading", flush=True)
    while not Path(stop).exists():
        with duckdb.connect(published, read_only=True) as connection:
            opened += 1
            answers = set()
            for _ in range(5):
                generations, rows = connection.execute(GENERATIONS).fetchall()[0]
                answers.add((*generations, rows))
                time.sleep(0.01)
            if len(answers) != 1 or len(next(iter(answers))) != 2:
                torn += 1
            seen.update(generations)
    print(json.dumps({"opened": opened, "torn": torn, "generations": len(seen)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
