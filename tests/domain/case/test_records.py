"""What each command records, and what becomes of the case."""

from datetime import datetime

from domain.actor import LADDER, Role
from domain.case import commands as c
from domain.case import events as e
from domain.case.clocks import due_moment, find
from domain.case.stage import Act, Ground, Stage
from domain.case.state import Case
from domain.policy import Obligation
from tests.support import asks, town
from tests.support.given import CASE, OTHER, THIRD, commitment, given


def due(case: Case, key: str) -> datetime | None:
    book = town.rulebook()
    clock = find(case.clocks, key)
    assert clock is not None
    moment = due_moment(clock, book.rules(case), book.calendar(case.policy))
    return None if moment is None else moment.at


def running(case: Case) -> set[str]:
    return {clock.key for clock in case.clocks if clock.open}


def test_collect_records_the_resident_by_commitments_only() -> None:
    case = given().when(asks.collect("water", "noise", name="Li"), town.RESIDENT).then(e.Collected)
    assert [claim.words for claim in case.claims] == [commitment("water"), commitment("noise")]
    assert case.intake.resident.telephone == commitment("555-0100")
    assert case.intake.reporter == town.RESIDENT.id
    assert case.duties.desk == case.responsible == town.EAST
    assert running(case) == {"1/dispatch"}


def test_collect_takes_an_origin_from_an_import_only() -> None:
    origin = {"system": "old", "reference": "7", "imported_at": town.MONDAY}
    assert given().when(asks.collect(origin=origin), town.IMPORTER).then(e.Collected).intake.origin
    given().when(asks.collect(origin=origin), town.GRID_WORKER).refused("origin_not_yours")


def test_screen_corrects_the_category_and_again_is_nothing() -> None:
    story = given(asks.collect())
    case = story.when(asks.screen(category="drains", key=True)).then(e.Screened)
    assert (case.intake.category, case.intake.key, case.stage) == ("drains", True, Stage.SCREENED)
    story.when(asks.screen(key=True)).nothing()
    story.when(asks.screen(kind="need")).then(e.Screened)


def test_refuse_ends_every_clock_and_tells_where_to_turn() -> None:
    case = given(*asks.SCREENED).when(asks.refuse()).then(e.RefusedToTake)
    assert (case.stage, running(case), case.responsible) == (Stage.REFUSED, set(), town.EAST)


def test_assign_starts_what_the_unit_owes_and_names_each_co_unit_once() -> None:
    command = asks.assign(co_units=(town.HOUSING, town.HOUSING, town.WATER), why="rule", rule="duty list 4")
    case = given(*asks.SCREENED).when(command).then(e.Assigned)
    assert case.duties.co_units == (town.HOUSING,)
    assert running(case) == {"1/accept", "1/contact", "1/resolve"}
    assert case.responsible == town.WATER


def test_accept_and_contact_meet_their_clocks_and_an_unreached_call_does_not() -> None:
    story = given(*asks.ASSIGNED)
    story.when(asks.contact(reached=False)).then(e.Contacted)
    assert running(story.when(c.Accept()).then(e.Accepted)) == {"1/contact", "1/resolve"}
    assert running(story.when(asks.contact()).then(e.Contacted)) == {"1/resolve"}


def test_an_objection_upheld_goes_back_to_be_assigned() -> None:
    story = given(*asks.ASSIGNED)
    story.when(asks.object_()).then(e.Objected)
    case = story.when(asks.rule(True)).then(e.ObjectionRuled)
    assert (case.stage, case.duties.handler, case.duties.handled) == (Stage.SCREENED, None, frozenset())
    assert running(case) == {"1/dispatch/2"}


def test_a_designated_unit_must_accept_anew() -> None:
    case = given(*asks.ASSIGNED, asks.object_()).when(asks.rule(False)).then(e.ObjectionRuled)
    assert case.duties.designated
    assert running(case) == {"1/accept/2", "1/contact", "1/resolve"}


def test_progress_keeps_attachments_by_hash() -> None:
    paper = {"sha256": "a" * 64, "media_type": "image/jpeg", "size": 10}
    command = c.Progress.model_validate({"note": "dug", "attachments": [paper]})
    story = given(*asks.ACCEPTED).when(command)
    story.then(e.ProgressNoted)
    noted = story.came[0]
    assert isinstance(noted, e.ProgressNoted)
    assert noted.attachments[0].sha256 == "a" * 64


def test_a_whistle_gives_each_department_a_clock_of_its_own() -> None:
    by = town.MONDAY + 3 * town.HOUR
    story = given(*asks.ACCEPTED, asks.whistle(town.HOUSING, town.HOUSING, town.TRAFFIC, by=by))
    assert {"1/answer_whistle/1.yuhua.housing", "1/answer_whistle/1.yuhua.traffic"} <= running(
        story.world.case()
    )
    assert due(story.world.case(), "1/answer_whistle/1.yuhua.housing") == by
    case = story.when(asks.report_in(words=None)).then(e.WhistleAnswered)
    assert "1/answer_whistle/1.yuhua.housing" not in running(case)


def test_suspend_and_resume_stop_and_continue_the_clocks() -> None:
    story = given(*asks.ACCEPTED)
    before = due(story.world.case(), "1/resolve")
    case = story.when(asks.suspend()).then(e.Suspended)
    foreseen = due(case, "1/resolve")
    case = story.when(c.Resume(), at=town.MONDAY + 2 * town.DAY).then(e.Resumed)
    after = due(case, "1/resolve")
    assert before is not None and after is not None and foreseen is not None
    assert before < after <= foreseen


def test_an_extension_is_asked_granted_or_refused() -> None:
    story = given(*asks.ACCEPTED)
    before = due(story.world.case(), "1/resolve")
    story.when(asks.ask_extension()).then(e.ExtensionAsked)
    case = story.when(asks.refuse_extension()).then(e.ExtensionRefused)
    assert (case.ask, due(case, "1/resolve")) == (None, before)
    case = story.also(asks.ask_extension()).when(c.GrantExtension()).then(e.ExtensionGranted)
    after = due(case, "1/resolve")
    assert before is not None and after is not None
    assert after > before


def test_hang_up_takes_two_persons_and_a_date_and_take_down_likewise() -> None:
    story = given(*asks.ACCEPTED)
    assert story.when(asks.hang_up(), town.WATER_HEAD).then(e.ProposalSigned).stage is Stage.ACCEPTED
    case = story.when(asks.hang_up()).then(e.HungUp)
    assert (case.stage, case.proposals) == (Stage.HUNG_UP, ())
    assert story.when(c.TakeDown()).then(e.ProposalSigned).proposals[0].act is Act.TAKE_DOWN
    assert story.when(c.TakeDown(), town.WATER_HEAD).then(e.TakenDown).stage is Stage.ACCEPTED


def test_a_target_from_outside_replaces_the_limit_and_again_is_nothing() -> None:
    wanted = town.MONDAY + 20 * town.DAY
    story = given(*asks.ACCEPTED)
    assert due(story.when(asks.receive_target()).then(e.TargetReceived), "1/resolve") == wanted
    story.when(asks.receive_target()).nothing()


def test_a_moved_policy_is_an_event_and_again_is_nothing() -> None:
    story = given(*asks.ACCEPTED)
    assert story.when(asks.move_policy()).then(e.PolicyMoved).policy.id == "boston-2015"
    story.when(asks.move_policy()).nothing()


def test_resolve_answers_each_claim_and_hands_over_to_the_visitor() -> None:
    case = given(*asks.ACCEPTED).when(asks.resolve(outcome="planned")).then(e.Resolved)
    assert (case.stage, case.responsible, running(case)) == (Stage.RESOLVED, town.EAST, {"1/visit"})


def test_a_confirming_visit_leads_to_strike_off() -> None:
    story = given(*asks.RESOLVED)
    assert story.when(asks.visit(satisfaction=3)).then(e.Visited).confirmed
    case = story.when(c.StrikeOff()).then(e.StruckOff)
    assert (case.stage, running(case)) == (Stage.CLOSED, set())


def test_a_visit_by_an_outside_body_is_marked_as_a_third_partys() -> None:
    story = given(*asks.RESOLVED).when(asks.visit(), town.OUTSIDE_VISITOR)
    story.then(e.Visited)
    visited = story.came[0]
    assert isinstance(visited, e.Visited)
    assert visited.third_party


def test_a_dissatisfied_or_unsolved_visit_opens_the_next_round() -> None:
    for said in (asks.visit(satisfaction=2), asks.visit(solved=False)):
        case = given(*asks.RESOLVED).when(said).then(e.Visited, e.Reopened)
        assert (case.stage, case.round) == (Stage.ASSIGNED, 2)
        assert running(case) == {"2/accept", "2/contact", "2/resolve"}
        assert case.claims[0].outcome is None


def test_the_resident_may_reopen_a_closed_case_and_another_resident_may_not() -> None:
    story = given((asks.collect(), town.RESIDENT), *asks.CLOSED[1:])
    story.when(asks.reopen(), town.person(Role.RESIDENT, None, "somebody")).refused("not_your_unit")
    story.when(asks.reopen(), town.RESIDENT).then(e.Reopened)
    reopened = story.came[0]
    assert isinstance(reopened, e.Reopened)
    assert reopened.ground is Ground.RESIDENT


def test_exclude_and_include_take_two_persons_in_any_stage() -> None:
    given(*asks.CLOSED).when(asks.exclude(), town.STREET_HEAD).refused("not_your_unit")
    story = given(*asks.CLOSED, (asks.exclude(), town.WATER_HEAD))
    assert story.when(asks.exclude()).then(e.Excluded).excluded
    story.when(asks.include()).then(e.ProposalSigned)
    assert not story.when(asks.include(), town.WATER_HEAD).then(e.Included).excluded


def test_rungs_by_hand_name_clock_unit_and_who_is_above() -> None:
    story = given(*asks.ACCEPTED)
    story.when(c.Remind(clock="1/resolve")).then(e.Reminded)
    case = story.when(c.Supervise(clock="1/resolve")).then(e.Supervised)
    assert case.rungs == ()
    case = story.when(c.Raise(clock="1/resolve")).then(e.Raised)
    assert (case.responsible, find(case.clocks, "1/resolve").owner) == (town.DISTRICT, town.WATER)  # type: ignore[union-attr]
    case = story.when(asks.hold_accountable()).then(e.HeldAccountable)
    assert [(entry.number, entry.unit) for entry in case.entries] == [(1, town.WATER)]


def test_the_ladder_takes_a_rung_once_in_its_time_and_not_before() -> None:
    story = given(*asks.ACCEPTED)
    story.when(c.Remind(clock="1/resolve"), LADDER).nothing()
    late = town.MONDAY + 30 * town.DAY
    case = story.when(c.Remind(clock="1/resolve"), LADDER, at=late).then(e.Reminded)
    assert len(case.rungs) == 1
    story.when(c.Remind(clock="1/resolve"), LADDER).nothing()
    story.when(c.Remind(clock="1/dispatch"), LADDER).nothing()


def test_an_entry_is_answered_appealed_and_withdrawn_and_stays_in_the_ledger() -> None:
    story = given(*asks.ACCEPTED, asks.hold_accountable())
    story.when(asks.answer_entry()).then(e.AccountabilityAnswered)
    story.when(asks.appeal_entry()).then(e.AccountabilityAppealed)
    entry = story.when(asks.withdraw_entry()).then(e.AccountabilityWithdrawn).entries[0]
    assert (entry.answered, entry.appealed, entry.withdrawn) == (True, True, True)


def test_merge_follows_the_leading_case_and_undo_restores() -> None:
    story = given(*asks.ASSIGNED).also(asks.collect(), case=OTHER)
    before = story.world.case(OTHER)
    story.when(c.Merge(into=CASE), case=OTHER).then(e.Merged)
    merged = story.world.case(OTHER)
    assert (merged.stage, merged.responsible) == (Stage.MERGED, town.WATER)
    assert story.world.case().links.followers == (OTHER,)
    story.when(c.Unmerge(), case=OTHER).then(e.Unmerged)
    assert story.world.case().links.followers == ()
    after = story.world.case(OTHER)
    assert (after.stage, after.clocks, after.duties) == (before.stage, before.clocks, before.duties)


def test_split_moves_claims_into_cases_with_the_same_first_report() -> None:
    story = given(asks.collect("water", "noise", "light"), asks.screen())
    began = story.world.case().clocks[0].started_at
    case = story.when(c.SplitOff(parts=((2,), (3,)))).then(e.Split)
    assert [claim.id for claim in case.claims] == [1]
    parts = [one for one in story.world.cases.values() if one.intake.split_from == CASE]
    assert [[claim.id for claim in one.claims] for one in parts] == [[2], [3]]
    assert all(one.clocks[0].started_at == began and one.stage is Stage.COLLECTED for one in parts)
    assert THIRD not in story.world.cases
    assert Obligation.DISPATCH is parts[0].clocks[0].obligation
