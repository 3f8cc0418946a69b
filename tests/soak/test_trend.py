# SPDX-License-Identifier: ISC
"""What is called growth, and what is not."""
import random
from typing import Callable

import pytest

from trend import HOUR_S, Point, judge, least_squares, median_slope

POINTS = 300
ALLOWED = 10.0


def noise(at: int) -> float:
    return random.Random(at).gauss(0, 5)


def spike(at: int) -> float:
    """Now and then, and more often towards the end."""
    return 500.0 if at % 7 == 0 and at > POINTS / 2 else 0.0


@pytest.mark.parametrize("value, is_growing", [
    (lambda at: 100.0, False),
    (lambda at: 100 + noise(at), False),
    (lambda at: 100 + noise(at) + spike(at), False),
    (lambda at: 200 - at / 10, False),
    (lambda at: 200.0 if at < 10 else 100 + noise(at), False),
    # less than is allowed
    (lambda at: 100 + at * 0.9 * ALLOWED / POINTS, False),
    # a step of less than that, however sure
    (lambda at: 100.0 if at < POINTS / 2 else 109.0, False),
    (lambda at: 100 + at * 1.2 * ALLOWED / POINTS, True),
    (lambda at: 100 + noise(at) + at * 4 * ALLOWED / POINTS, True),
    (lambda at: 100 + spike(at) + at * 1.5 * ALLOWED / POINTS, True),
    # in steps
    (lambda at: 100 + at // 50 * 10.0, True),
])
def test_judge(value: Callable[[int], float], is_growing: bool) -> None:
    trend = judge("x", "", [Point(at, value(at)) for at in range(POINTS)],
                  ALLOWED)
    assert trend.is_growing == is_growing, trend


def test_more_than_noise() -> None:
    """What swings by more than it grows has not grown."""
    points = [Point(at, at % 2 * 100.0 + at / 10) for at in range(POINTS)]
    assert median_slope(points) * POINTS > ALLOWED
    assert not judge("x", "", points, ALLOWED).is_growing


def test_allowed_part() -> None:
    points = [Point(at, 100 + at / 10) for at in range(POINTS)]
    assert not judge("x", "", points, 1, 0.5).is_growing
    assert judge("x", "", points, 1, 0.1).is_growing


def test_slopes() -> None:
    """A spike moves the one, not the other."""
    points = [Point(at / 2, 3 + at) for at in range(50)]
    assert least_squares(points) == pytest.approx(2)
    assert judge("x", "", points, 1).per_hour == pytest.approx(2 * HOUR_S)
    points[10] = Point(5, 1e6)
    assert median_slope(points) == pytest.approx(2)
    assert least_squares(points) < -100
