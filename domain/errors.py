"""The error tree: each refusal has one class and one stable code that clients may rely on.

DomainError
├── WrongStage              wrong_stage
├── NotAllowed              role_not_allowed
│   └── NotYourUnit         not_your_unit
├── Refused(code)           any other refusal, named by a code of REFUSALS
└── (policies and calendars add their own below this root)
"""


class DomainError(Exception):
    """A refusal: nothing was recorded, and the message says what to do.

    Attributes:
        code: Stable identifier in snake_case; never changes once released.
    """

    code: str = "domain_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class WrongStage(DomainError):
    """The command has no place in the stage in which the case stands."""

    code: str = "wrong_stage"


class NotAllowed(DomainError):
    """The actor's role may not give this command."""

    code: str = "role_not_allowed"


class NotYourUnit(NotAllowed):
    """The role may give this command, but not from the actor's unit."""

    code: str = "not_your_unit"


REFUSALS: dict[str, str] = {
    "already_collected": "A case with this id exists; send a new id.",
    "origin_not_yours": "Only an import names an origin; leave it out.",
    "unknown_case": "No case has this id, or you may not see it.",
    "no_claim": "A case needs at least one claim in the resident's words.",
    "unknown_place": "The place is not a unit of the axis; choose a listed unit.",
    "unknown_unit": "No unit has this id; choose a listed unit.",
    "policy_not_yours": "Only an import or an administrator names a policy; leave it out.",
    "unknown_policy": "No policy has this id and version; see `echowall policy check`.",
    "policy_text_differs": "The policy is installed with another text than that of the case; move the case.",
    "text_too_long": "Shorten the text to the limit named.",
    "happened_in_future": "The moment of happening lies after now; correct it.",
    "happened_too_early": "The moment of happening lies before the case reached this stage; correct it.",
    "dated_back": "What residents do themselves happens when they enter it; leave the moment out.",
    "not_a_workplace": "Only a district, street, community, grid, department or office can be responsible.",
    "reason_not_listed": "Choose a reason that the case's policy lists.",
    "objection_open": "An objection waits for its ruling; rule on it first.",
    "no_objection": "There is no open objection to rule on.",
    "designated": "After designation no second objection is possible.",
    "claim_unanswered": "Answer every claim before the case is resolved.",
    "unknown_claim": "The case has no claim with this id.",
    "claim_twice": "Each claim may be named once.",
    "third_party_only": "Only a third party's visit counts here, or may be marked as one.",
    "own_visit": "A unit that worked on the case can neither visit nor strike it off.",
    "own_work": "Who accepted, resolved or reviewed the case judges that in no way, for any unit.",
    "not_the_visitor": "The unit that visited last strikes off, or one above it, or who owes the visit.",
    "not_confirmed": "Strike off only after a visit that confirms every claim.",
    "resident_not_reached": "The policy asks for more tries before an unreachable resident's case is closed.",
    "visit_incomplete": "A visit that reached the resident asks about every claim.",
    "visit_not_reached": "A visit that did not reach the resident has no answers.",
    "unknown_whistle": "The case has no such whistle, or your unit was not called.",
    "whistle_answered": "Your unit has answered this whistle already.",
    "not_a_department": "A whistle calls departments or offices only.",
    "reason_missing": "Say why you decline.",
    "entered_too_late": "A limit passed before this was entered; date it now, or let the lateness stand.",
    "suspension_over_limit": "The policy allows no further suspension here.",
    "evidence_missing": "Give at least one piece of evidence, by hash, type and size.",
    "until_in_past": "The date must lie after the moment of the decision.",
    "until_missing": "The policy asks for a date on which the case counts again; give until.",
    "until_too_late": "The date lies beyond what the policy allows.",
    "extension_not_allowed": "The policy gives no extension here.",
    "extension_over_limit": "Together with what was granted this exceeds the policy's limit.",
    "extension_too_late": "The limit has passed; an extension must be asked before it.",
    "extension_asked": "An extension was asked and waits for its decision.",
    "own_request": "Who asked for more time can't decide on it; another person does.",
    "no_extension_asked": "There is no open request for an extension.",
    "no_clock": "The case has no open clock for this obligation.",
    "same_signer": "The second signature must come from another person.",
    "supervisor_signature": "One of the two signatures must be that of a supervisor above the unit.",
    "unit_signature": "One of the two signatures must be that of the unit itself.",
    "already_excluded": "The case is excluded from the appraisal already.",
    "not_excluded": "The case is not excluded from the appraisal.",
    "unknown_entry": "The case has no accountability entry with this number.",
    "entry_withdrawn": "The entry was withdrawn.",
    "merge_into_itself": "Name another case as the leading one.",
    "merge_into_merged": "The leading case is merged itself; merge into its leading case.",
    "merge_into_closed": "The leading case is closed; choose an open one.",
    "merge_into_resolved": "The leading case is resolved already; choose one that is still in hand.",
    "claims_unmatched": "The leading case has several claims; name one of them for each claim of this case.",
    "merge_of_leader": "Other cases are merged into this one; undo those merges first.",
    "leads_others": "Other cases are merged into this one; undo those merges first.",
    "taken_already": "A case that was opened again was taken once; handle it, or object to the assignment.",
    "objection_too_late": "The time in which a unit may object is over.",
    "no_review": "The case's policy knows no review here.",
    "review_too_late": "The time in which a review may be asked is over.",
    "reviewed_already": "The answer was reviewed already; ask for a re-examination.",
    "review_first": "A re-examination follows a review; ask for the review first.",
    "no_review_open": "No such review waits for its opinion.",
    "answered_for_good": "After a re-examination the same matter is not taken up again; care for it goes on.",
    "hearing_too_early": "A hearing belongs to a review that was asked before it.",
    "split_empty": "Each part of a split needs a claim, and one claim must remain.",
}
"""Every refusal's code and what to do about it; the page docs/errors.md is compared with it by a test."""


class Refused(DomainError):
    """A refusal that is told by its code alone.

    Args:
        code: A key of REFUSALS.
        detail: What exactly was wrong, where that helps; never personal data.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        advice = REFUSALS[code]
        super().__init__(f"{advice} ({detail})" if detail else advice)
        self.code = code
