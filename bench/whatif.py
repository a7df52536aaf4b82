"""The what-if over a file of Boston's: another policy tried on every case, and nothing written."""

from contextlib import closing
from pathlib import Path
from time import perf_counter

from bench.city import SAMPLE
from bench.harness import Result, Sizes, say
from bench.place import Place
from domain.policy import parse_policy
from engine import clock
from engine.handle import Engine
from engine.rulefiles import policy_texts
from engine.whatif import Question, ask
from interfaces.boston.importer import run_import
from interfaces.compose import migrate

TRIED = "hotline-five-working-days"
"""The policy that is tried on cases that ran under Boston's own."""


def run(where: Place, sizes: Sizes) -> Result:
    """Import the file, which is not timed, and ask with a process for each core as `echowall whatif` does."""
    settings = where.settings()
    migrate(settings)
    result = Result("whatif")
    with closing(Engine.open(settings)) as engine:
        file, errors = Path(sizes.file or SAMPLE), where.folder / "errors.csv"
        report = run_import(engine, file, errors=errors, settings=settings)
        say(f"  {report.rows:,} rows imported")
        policy = max(
            (one for text in policy_texts(None) if (one := parse_policy(text)).id == TRIED),
            key=lambda one: one.version,
        )
        head, seconds = engine.store.head(), []
        for _ in range(sizes.runs):
            question = Question(as_of=clock.now(), policy=policy, most=20)
            begun = perf_counter()
            outcome = ask(engine.store, question, engine.rules.refresh(), url=where.url)
            seconds.append(perf_counter() - begun)
        if engine.store.head() != head:
            raise RuntimeError("the what-if wrote to the log")
    result.one("seconds", seconds)
    result.figures |= {
        "cases": float(outcome.cases),
        "differing": float(outcome.differing_total),
        "cases_a_second": outcome.cases / result.figures["seconds"],
    }
    return result
