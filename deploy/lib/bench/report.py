"""The results: a table, bench.json, and plots by gnuplot."""

import json
import subprocess


def table(results):
    lines = [f"{'row':<16}{'ours':>12}{'limit':>12}  {'unit':<12}{'ratio':>8}{'spread':>16}  {'reach':<9}met"]
    for result in results:
        row = result.row
        limit = "" if result.limit is None else f"{result.limit:.5g}"
        spread = f"{result.spread[0]:.3g}..{result.spread[1]:.3g}"
        reach = f"{'<=' if row.at_most else '>='} {row.reach:g}"
        lines.append(f"{row.name:<16}{result.ours:>12.5g}{limit:>12}  {row.unit:<12}{result.ratio:>8.3g}{spread:>16}  "
                     f"{reach:<9}{'yes' if result.met else 'NO'}")
    return "\n".join(lines)


def write_json(results, file):
    rows = [{"row": result.row.name, "what": result.row.what, "ours": result.ours, "limit": result.limit,
             "ratio": result.ratio, "spread": list(result.spread), "reach": result.row.reach,
             "at_most": result.row.at_most, "met": result.met, "unit": result.row.unit} for result in results]
    file.write_text(json.dumps({"rows": rows}, indent=1) + "\n")


def _gnuplot(file, settings, plot, data):
    script = (f"set terminal svg size 720,420 font 'sans,12' background '#ffffff'; set output '{file}'\n"
              f"set grid; set key outside top center horizontal\n{settings}\n")
    blocks = "".join(f"${name} << EOD\n" + "\n".join(" ".join(map(str, row)) for row in rows) + "\nEOD\n"
                     for name, rows in data.items())
    subprocess.run(["gnuplot"], input=blocks + script + plot + "\n", text=True, check=True)


def plot_ratios(results, file):
    """Each row's ratio as a share of what it must reach: 1 and more is met."""
    shares = [(f'"{result.row.name}"',
               (result.row.reach / result.ratio if result.row.at_most else result.ratio / result.row.reach))
              for result in results if result.ratio > 0]
    _gnuplot(file, "set style fill solid 0.7; set boxwidth 0.7; set xtics rotate by -40; set logscale y; unset key\n"
             "set ylabel 'reached (1 = what is asked for)'", "plot $rows using 2:xtic(1) with boxes, 1 with lines lw 2",
             {"rows": shares})


def plot_connections(points, rates_file, latency_file):
    rates = [(count, ours.rate, nginx.rate) for count, ours, nginx in points]
    axis = "set logscale x 2; set xlabel 'connections'\n"
    _gnuplot(rates_file, axis + "set ylabel 'requests/s'; set yrange [0:*]",
             "plot $rows using 1:2 with linespoints lw 2 title 'readcount', "
             "$rows using 1:3 with linespoints lw 2 title 'nginx, a static file'", {"rows": rates})
    times = [(count, ours.p50, ours.p99, ours.p99_9, nginx.p99) for count, ours, nginx in points]
    _gnuplot(latency_file, axis + "set logscale y; set ylabel 'microseconds'",
             "plot $rows using 1:2 with linespoints lw 2 title 'p50', $rows using 1:3 with linespoints lw 2 title 'p99', "
             "$rows using 1:4 with linespoints lw 2 title 'p99.9', "
             "$rows using 1:5 with linespoints lw 2 dt 2 title 'nginx p99'", {"rows": times})


def plot_articles(points, file):
    _gnuplot(file, "set logscale x; set xlabel 'distinct articles'; set ylabel 'requests/s'; set yrange [0:*]; unset key",
             "plot $rows using 1:2 with linespoints lw 2", {"rows": points})


def plot_syncs(points, file):
    _gnuplot(file, "set logscale xy; set xlabel 'articles with pending views'; set ylabel 'seconds of a sync'; unset key",
             "plot $rows using 1:2 with linespoints lw 2", {"rows": points})
