"""What is measured, of whom, against what: the reference folder, checked as a whole before a night uses it."""

import csv
import difflib
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from jindu.settings import PROJECT_ROOT, JinduError

type_names = {
    "text": ("文字", "text"),
    "integer": ("整数,如 5", "a whole number such as 5"),
    "decimal": ("数字,最多 6 位小数,如 0.95,不带单位、百分号和千分位", "a plain number, at most 6 decimals, such as 0.95"),
    "boolean": ("true 或 false", "true or false"),
    "month": ("月份,写成 2024-07", "a month written 2024-07"),
    "date": ("日期,写成 2024-07-05", "a date written 2024-07-05"),
}
