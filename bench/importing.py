"""The import of the sample: rows of the city's file a second, each row a case with its whole life."""

from bench.city import import_sample
from bench.harness import Result, Sizes
from bench.place import Place


def run(where: Place, sizes: Sizes) -> Result:
    """Import once into an empty database; an import can't be repeated there, so there is no spread."""
    report = import_sample(where)
    result = Result("import")
    result.figures = {
        "rows": float(report.rows),
        "rows_a_second": report.rows / report.seconds,
        "seconds": report.seconds,
    }
    return result
