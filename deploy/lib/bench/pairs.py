"""Measuring in pairs: what disturbs one side disturbs the other, and medians forget the rest."""

import statistics

from rows import Result


def measure(row, stack, rounds, progress):
    """Our side and the limit in turn, `rounds` times, the order swapped each time; the ratio is the median of the rounds'."""
    ours, limits, ratios = [], [], []
    if row.before:
        row.before(stack)
    for number in range(row.rounds or rounds):
        sides = [(ours, row.ours), (limits, row.limit)] if row.limit else [(ours, row.ours)]
        for figures, side in sides if number % 2 == 0 else reversed(sides):
            figures.append(side(stack))
        ratios.append(ours[-1] / limits[-1] if row.limit else ours[-1])
        progress(f"{row.name}: round {number + 1}, {ours[-1]:.6g} / {limits[-1] if limits else 1:.6g} {row.unit}, "
                 f"ratio {ratios[-1]:.3g}")
    return Result(row, statistics.median(ours), statistics.median(limits) if limits else None,
                  statistics.median(ratios), (min(ratios), max(ratios)))
