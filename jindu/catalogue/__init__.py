"""What is measured, of whom, against what: the reference folder, checked as a whole before a night uses it."""

from jindu.catalogue.column import TYPES, Column, Table
from jindu.catalogue.problem import CatalogueError, Problem
from jindu.catalogue.store import SHIPPED_FOLDER, Catalogue, empty_frames, load, store
from jindu.catalogue.tables import LEVELS, REFERENCE_TABLES

__all__ = [
    "LEVELS",
    "REFERENCE_TABLES",
    "SHIPPED_FOLDER",
    "TYPES",
    "Catalogue",
    "CatalogueError",
    "Column",
    "Problem",
    "Table",
    "empty_frames",
    "load",
    "store",
]
