"""Names Boston's departments and their queues out of the rows that they handle."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from domain.organisation import Level
from interfaces.boston.axis_names import SUBJECTS_ZH
from interfaces.boston.units import ROOT, UnitSpec, slug


def build_departments(
    subjects: Mapping[str, Counter[str]], queues: Mapping[str, Iterable[str]]
) -> list[UnitSpec]:
    """Return each department followed by its queues, in the order of the codes.

    Args:
        subjects: How often each subject occurs, by the department's code.
        queues: The queues' printed names, by the department's code.
    """
    names = department_names(subjects, queues)
    units = []
    for code in sorted(subjects):
        department = f"{ROOT}.dept-{slug(code)}"
        name, short = names[code], code.rstrip("_")
        name_zh = f"{SUBJECTS_ZH.get(name, name)} ({short})"
        units.append(UnitSpec(department, ROOT, Level.DEPARTMENT, f"{name} ({short})", name_zh, code))
        units.extend(_offices(department, code, sorted(queues[code])))
    return units


def department_names(
    subjects: Mapping[str, Counter[str]], queues: Mapping[str, Iterable[str]]
) -> dict[str, str]:
    """Return each department's name by its code: the subject of most of its rows.

    Where several departments share that subject, it is the name of the one with most rows under it; the
    others are named by the words with which all their queues begin.
    """
    most = {code: str(most_frequent(counts)) for code, counts in subjects.items()}
    names = {}
    for code, subject in most.items():
        rivals = [other for other in most if most[other] == subject]
        owner = min(rivals, key=lambda other: (-subjects[other][most[other]], other))
        names[code] = subject if owner == code else _common_words(code, queues[code])
    return names


def most_frequent(counts: Counter[str]) -> str | None:
    """Return the key with the highest count, the first by the alphabet among equals; None of nothing."""
    return min(counts, key=lambda name: (-counts[name], name), default=None)


def _offices(department: str, code: str, queues: list[str]) -> list[UnitSpec]:
    taken: Counter[str] = Counter()
    offices = []
    for queue in queues:
        short = slug(_without(code, queue))
        taken[short] += 1
        unique = short if taken[short] == 1 else f"{short}-{taken[short]}"
        offices.append(UnitSpec(f"{department}.{unique}", department, Level.OFFICE, queue, queue, queue))
    return offices


def _without(code: str, queue: str) -> str:
    return queue.removeprefix(f"{code.rstrip('_')}_") or queue


def _common_words(code: str, queues: Iterable[str]) -> str:
    split = [re.split(r"[_ ]+", queue) for queue in sorted(queues)]
    shared = []
    for words in zip(*split, strict=False):
        if len(set(words)) > 1:
            break
        shared.append(words[0])
    prefix = code.partition("_")[0]
    return " ".join(word for word in shared if word != prefix) or code
