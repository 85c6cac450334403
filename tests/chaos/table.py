"""What a chaos suite did, was promised and saw: a line each as it happens, and a table at the end."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Row:
    """One line of the table."""

    done: str
    promised: str
    seconds: float
    seen: str
    is_right: bool


@dataclass
class Record:
    """The lines of one suite."""

    title: str
    rows: list[Row] = field(default_factory=list)

    def see(self, done: str, promised: str, what: Callable[[], str]) -> None:
        """Do one thing and note what came of it; what breaks is a line, too, and the suite goes on."""
        start = time.monotonic()
        try:
            seen, is_right = what(), True
        except (AssertionError, OSError, LookupError, ValueError) as error:
            seen, is_right = f"{type(error).__name__}: {error}", False
        self.rows.append(Row(done, promised, time.monotonic() - start, seen, is_right))
        print(f"{'ok ' if is_right else 'NOT'} {done}: {seen}", flush=True)

    def end(self) -> int:
        """Show the table; the exit code, 1 when a promise was not kept."""
        table = Table(title=self.title)
        for heading in ("what was done", "what is promised", "seconds", "what happened", ""):
            table.add_column(heading, justify="right" if heading == "seconds" else "left")
        for row in self.rows:
            table.add_row(row.done, row.promised, f"{row.seconds:.1f}", row.seen, "✓" if row.is_right else "✗")
        Console(width=150).print(table)
        broken = [row for row in self.rows if not row.is_right]
        print(f"{self.title}: {len(self.rows)} done, {len(broken)} not as promised")
        return 1 if broken else 0
