"""docs/analyst.ipynb run by Jupyter's own kernel: `python -m tests.nightly.notebook HOME` writes its answers anew."""

import os
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

from jindu.settings import PROJECT_ROOT

NOTEBOOK = PROJECT_ROOT / "docs" / "analyst.ipynb"
SECONDS_PER_CELL = 120


def executed(home: Path) -> Any:
    """The notebook with the answers that it gives of a home; the first cell that fails raises CellExecutionError."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    environment = {**os.environ, "JINDU_HOME": str(home)}
    client = NotebookClient(notebook, timeout=SECONDS_PER_CELL, record_timing=False)
    client.execute(env=environment)
    notebook.metadata.pop("language_info", None)  # names the Python that ran it
    return notebook


def answers(notebook: Any) -> list[list[str]]:
    """What each cell of code printed or showed, as text."""
    return [
        [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
        for cell in notebook.cells
        if cell.cell_type == "code"
    ]


if __name__ == "__main__":
    nbformat.write(executed(Path(sys.argv[1])), NOTEBOOK)
