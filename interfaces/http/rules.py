"""The rules in force: the organisation and the policies."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from domain.organisation import Level
from domain.policy import differences
from engine.authorise import subtree
from interfaces.http import rule_shapes
from interfaces.http.codes import HttpRefusal
from interfaces.http.identity import CurrentProgram, actor
from interfaces.http.openapi import LIST_PROBLEMS, problems
from interfaces.http.reading import UnitFilter

MAX_VERSION = 1_000_000
PolicyId = Annotated[str, Path(pattern=r"^[a-z0-9-]+$", max_length=100)]
PolicyVersion = Annotated[int, Path(ge=1, le=MAX_VERSION)]
routes = APIRouter(prefix="/v1", tags=["rules"], responses=LIST_PROBLEMS, dependencies=[Depends(actor)])


@routes.get("/units", operation_id="units", summary="The organisation")
def units(
    program: CurrentProgram,
    under: UnitFilter = None,
    level: Annotated[Level | None, Query(description="Only units of this level")] = None,
) -> rule_shapes.Units:
    """Everybody may know the units: a resident chooses a place, a desk a workplace."""
    organisation = program.engine.rules.current().organisation
    wanted = frozenset(organisation.units) if under is None else subtree(under, organisation)
    items = [
        rule_shapes.UnitShape.model_validate(unit)
        for unit in organisation.units.values()
        if unit.id in wanted and level in {None, unit.level}
    ]
    return rule_shapes.Units(items=items)


@routes.get("/policies", operation_id="policies", summary="The policies installed")
def policies(program: CurrentProgram) -> rule_shapes.Policies:
    """A case keeps the version under which it was collected until it is moved."""
    rules = program.engine.rules
    book = rules.current()
    adopted = {(one.policy, one.version): one for one in rules.adoptions}
    newest = {id_: max(v for one, v in book.policies if one == id_) for id_, _ in book.policies}
    items = [
        rule_shapes.PolicyBrief(
            id=policy.id,
            version=policy.version,
            title_en=policy.title.en,
            title_zh=policy.title.zh,
            hash=book.hashes[key],
            effective_from=policy.effective_from,
            adopted_at=adopted[key].at if key in adopted else None,
            adopted_by=adopted[key].by if key in adopted else None,
            newest=newest[policy.id] == policy.version,
            default=policy.id == book.default_policy,
        )
        for key, policy in sorted(book.policies.items())
    ]
    return rule_shapes.Policies(items=items)


@routes.get(
    "/policies/{policy_id}/{version}",
    operation_id="policy",
    summary="One version of a policy in full",
    responses=problems({404}),
)
def policy(
    program: CurrentProgram,
    policy_id: PolicyId,
    version: PolicyVersion,
) -> rule_shapes.PolicyPage:
    """Limits, ladder, visit rules and reasons, each with its source."""
    book = program.engine.rules.current()
    found = book.policies.get((policy_id, version))
    if found is None:
        raise HttpRefusal("not_found")
    return rule_shapes.PolicyPage(hash=book.hashes[policy_id, version], policy=found.model_dump(mode="json"))


@routes.get(
    "/policies/{policy_id}/{version}/text",
    operation_id="policy_text",
    summary="The text of a policy as the log holds it",
    responses=problems({404}),
)
def policy_text(
    program: CurrentProgram, policy_id: PolicyId, version: PolicyVersion
) -> rule_shapes.PolicyText:
    """Answered only for adopted versions; its SHA-256 is the one that each case pinned to it carries."""
    program.engine.rules.current()
    for one in program.engine.rules.adoptions:
        if (one.policy, one.version) == (policy_id, version):
            return rule_shapes.PolicyText(
                hash=one.hash, content=one.content, adopted_at=one.at, adopted_by=one.by, reason=one.reason
            )
    raise HttpRefusal("not_found")


@routes.get(
    "/policies/{policy_id}/{version}/differences",
    operation_id="policy_differences",
    summary="What a version says otherwise than another",
    responses=problems({404}),
)
def policy_differences(
    program: CurrentProgram,
    policy_id: PolicyId,
    version: PolicyVersion,
    other: Annotated[int, Query(ge=1, le=MAX_VERSION, description="The older version")],
) -> rule_shapes.PolicyDifferences:
    """Limit by limit and rung by rung; empty when both say the same."""
    policies = program.engine.rules.current().policies
    older, newer = policies.get((policy_id, other)), policies.get((policy_id, version))
    if older is None or newer is None:
        raise HttpRefusal("not_found")
    found = [rule_shapes.DifferenceShape.model_validate(one) for one in differences(older, newer)]
    return rule_shapes.PolicyDifferences(
        older=f"{policy_id}@{other}", newer=f"{policy_id}@{version}", differences=found
    )
