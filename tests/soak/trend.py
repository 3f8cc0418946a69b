# SPDX-License-Identifier: ISC
"""Does a row of measurements grow? Only what is both more than is allowed and
more than noise counts: a spike, a step down or a busy machine is no growth."""
import statistics
from typing import NamedTuple, Sequence

HOUR_S = 3600


class Point(NamedTuple):
    s: float  # time
    value: float


class Trend(NamedTuple):
    name: str
    unit: str
    first: float  # median of the first third
    last: float  # ... of the last one
    per_hour: float  # slope by least squares
    growth: float  # over the whole row, by the median of slopes
    allowed: float
    is_growing: bool

    def line(self) -> str:
        limit, verdict = f"{self.allowed:.1f}", "ok"
        if self.allowed == float("inf"):
            limit = verdict = "-"
        if self.is_growing:
            verdict = "GROWS"
        return (f"{self.name:20}{self.first:11.1f}{self.last:12.1f}"
                f"{self.per_hour:+12.1f}{self.growth:+9.1f}{limit:>8}  "
                f"{self.unit:4}{verdict}")


HEAD = (f"{'':20}{'first third':>11}{'last third':>12}{'per hour':>12}"
        f"{'growth':>9}{'allowed':>8}")


def least_squares(points: Sequence[Point]) -> float:
    """The slope, by the second."""
    return statistics.linear_regression(
        [one.s for one in points], [one.value for one in points]).slope


def median_slope(points: Sequence[Point]) -> float:
    """That of all pairs (Theil and Sen): up to a quarter of the points may be
    anything at all."""
    return statistics.median(
        (b.value - a.value) / (b.s - a.s)
        for at, a in enumerate(points) for b in points[at + 1:]
        if b.s > a.s)


def judge(name: str, unit: str, points: Sequence[Point],
          allowed: float, allowed_part: float = 0) -> Trend:
    """allowed: growth over all of the points; allowed_part: the same, as a
    part of the first third's median, if that is more."""
    third = len(points) // 3
    first = [one.value for one in points[:third]]
    last = [one.value for one in points[-third:]]
    start = statistics.median(first)
    allowed = max(allowed, allowed_part * start)
    growth = median_slope(points) * (points[-1].s - points[0].s)
    # Three quarters of the last third lie above three of the first one.
    is_apart = (statistics.quantiles(last, n=4)[0]
                > statistics.quantiles(first, n=4)[2])
    return Trend(name, unit, start, statistics.median(last),
                 least_squares(points) * HOUR_S, growth, allowed,
                 growth > allowed and is_apart)
