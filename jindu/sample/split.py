"""Splitting whole numbers so that the parts always add up."""

from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def spread(total: int, weights: Mapping[Key, float]) -> dict[Key, int]:
    """`total` split in proportion to `weights` by largest remainder; ties go to the first. Equal when all weigh 0."""
    whole = sum(weights.values())
    shares = {key: (weight / whole if whole else 1 / len(weights)) * total for key, weight in weights.items()}
    parts = {key: int(share) for key, share in shares.items()}
    missing = total - sum(parts.values())
    by_remainder = sorted(shares, key=lambda key: parts[key] - shares[key])
    for key in by_remainder[:missing]:
        parts[key] += 1
    return parts


def spread_below(total: int, weights: Mapping[Key, float], limits: Mapping[Key, int]) -> dict[Key, int]:
    """As `spread`, but no part above its limit; the limits must have room for `total`."""
    parts = dict.fromkeys(weights, 0)
    left = total
    while left:
        open_weights = {key: max(weight, 1e-9) for key, weight in weights.items() if parts[key] < limits[key]}
        if not open_weights:
            raise ValueError(f"no room for {left} of {total}")
        for key, part in spread(left, open_weights).items():
            taken = min(part, limits[key] - parts[key])
            parts[key] += taken
            left -= taken
    return parts
