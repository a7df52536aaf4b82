"""The rules in force: the organisation and the policies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from domain.organisation import Level
from engine.authorise import subtree
from interfaces.http import rows
from interfaces.http.codes import HttpRefusal
from interfaces.http.identity import CurrentProgram, actor
from interfaces.http.openapi import LIST_PROBLEMS, problems
from interfaces.http.reading import UnitFilter

MAX_VERSION = 1_000_000
routes = APIRouter(prefix="/v1", tags=["rules"], responses=LIST_PROBLEMS, dependencies=[Depends(actor)])


@routes.get("/units", operation_id="units", summary="The organisation")
def units(
    program: CurrentProgram,
    under: UnitFilter = None,
    level: Annotated[Level | None, Query(description="Only units of this level")] = None,
) -> rows.Units:
    """Everybody may know the units: a resident chooses a place, a desk a workplace."""
    organisation = program.engine.rules.current().organisation
    wanted = frozenset(organisation.units) if under is None else subtree(under, organisation)
    items = [
        rows.UnitShape.model_validate(unit)
        for unit in organisation.units.values()
        if unit.id in wanted and level in {None, unit.level}
    ]
    return rows.Units(items=items)


@routes.get("/policies", operation_id="policies", summary="The policies installed")
def policies(program: CurrentProgram) -> rows.Policies:
    """A case keeps the version under which it was collected until it is moved."""
    book = program.engine.rules.current()
    newest = {id_: max(v for one, v in book.policies if one == id_) for id_, _ in book.policies}
    items = [
        rows.PolicyBrief(
            id=policy.id,
            version=policy.version,
            title_en=policy.title.en,
            title_zh=policy.title.zh,
            hash=book.hashes[key],
            newest=newest[policy.id] == policy.version,
            default=policy.id == book.default_policy,
        )
        for key, policy in sorted(book.policies.items())
    ]
    return rows.Policies(items=items)


@routes.get(
    "/policies/{policy_id}/{version}",
    operation_id="policy",
    summary="One version of a policy in full",
    responses=problems({404}),
)
def policy(
    program: CurrentProgram,
    policy_id: Annotated[str, Path(pattern=r"^[a-z0-9-]+$", max_length=100)],
    version: Annotated[int, Path(ge=1, le=MAX_VERSION)],
) -> rows.PolicyPage:
    """Limits, ladder, visit rules and reasons, each with its source."""
    book = program.engine.rules.current()
    found = book.policies.get((policy_id, version))
    if found is None:
        raise HttpRefusal("not_found")
    return rows.PolicyPage(hash=book.hashes[policy_id, version], policy=found.model_dump(mode="json"))
