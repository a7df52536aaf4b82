"""Which status answers which code: one table, so that no route decides it by itself."""

from typing import Final

from domain.errors import REFUSALS, DomainError

HTTP_CODES: Final[dict[str, tuple[int, str]]] = {
    "body_malformed": (400, "Send the body as JSON in UTF-8."),
    "idempotency_key_missing": (
        400,
        "Send an Idempotency-Key, and the same one again when you repeat the request.",
    ),
    "idempotency_key_malformed": (400, "An Idempotency-Key has 1 to 100 visible ASCII characters."),
    "version_malformed": (
        400,
        'If-Match holds one strong entity tag with the version of the case, such as "7".',
    ),
    "token_missing": (401, "Send a token: Authorization: Bearer."),
    "token_refused": (401, "The token can't be accepted; get a new one."),
    "unit_required": (403, "This role speaks for a unit; name it, in the token or with --unit."),
    "unit_unknown": (403, "The unit named doesn't exist; name another, in a new token or with --unit."),
    "not_found": (404, "Nothing is served at this address; see /openapi.json."),
    "nothing_then": (404, "The case had not begun at that point; ask for a later one."),
    "method_not_allowed": (405, "This address doesn't serve this method; see the Allow header."),
    "body_too_large": (413, "Send at most 1 MB."),
    "media_type_unsupported": (415, "Send Content-Type: application/json."),
    "request_invalid": (422, "Correct each place that is named."),
    "cursor_invalid": (422, "Begin again without a cursor: it belongs to another query or was changed."),
    "position_unknown": (422, "The log has not come to this position; send one that a command has answered."),
    "version_required": (428, 'Read the case and send its version: If-Match: "7".'),
    "whatif_too_large": (409, "Too many cases for a request; use `echowall whatif`."),
    "fault": (500, "The fault is ours; report the request id to the operator."),
    "whatif_busy": (503, "Another question is being worked on; ask again."),
    "ledger_behind": (503, "The ledger has not come to this position yet; ask again."),
    "issuer_unavailable": (503, "The identity provider can't be reached; ask again."),
}
"""Codes of the HTTP edge itself: status and what to do."""

_ENGINE: Final = {
    "conflict": 409,
    "adoption_refused": 409,
    "version_stale": 412,
    "command_id_reused": 422,
    "unavailable": 503,
    "unsafe_server": 503,
}
_GUARDS: Final = {
    "wrong_stage": 409,
    "role_not_allowed": 403,
    "not_your_unit": 403,
    "own_visit": 403,
    "own_work": 403,
    "not_the_visitor": 403,
    "own_request": 403,
    "policy_not_yours": 403,
    "unknown_case": 404,
    "moment_out_of_range": 422,
}
_OF_THE_REQUEST: Final = frozenset(
    {
        "no_claim", "origin_not_yours", "unknown_place", "unknown_unit", "unknown_policy", "text_too_long",
        "happened_in_future", "happened_too_early", "not_a_workplace", "reason_not_listed",
        "claim_unanswered", "unknown_claim", "claim_twice", "visit_incomplete", "visit_not_reached",
        "third_party_only", "unknown_whistle", "not_a_department", "reason_missing", "until_in_past",
        "until_too_late", "extension_over_limit", "unknown_entry", "merge_into_itself",
        "split_empty", "hearing_too_early", "claims_unmatched", "entered_too_late", "until_missing",
        "evidence_missing", "dated_back",
    }
)  # fmt: skip
"""Refusals that another body would avoid; every other refusal waits for the case to change."""

RETRY_AFTER: Final = {
    "conflict": 1,
    "unavailable": 5,
    "unsafe_server": 30,
    "ledger_behind": 1,
    "issuer_unavailable": 5,
    "whatif_busy": 10,
}
"""Seconds after which asking again may help."""
_SERVER_FAULT: Final = 500


def status_of(code: str) -> int:
    """Return the status of a code; an engine's or a file's fault that clients can't mend is 500."""
    if code in HTTP_CODES:
        return HTTP_CODES[code][0]
    if code in _GUARDS:
        return _GUARDS[code]
    if code in _ENGINE:
        return _ENGINE[code]
    if code in REFUSALS:
        return 422 if code in _OF_THE_REQUEST else 409
    return _SERVER_FAULT


class HttpRefusal(DomainError):
    """A refusal of the HTTP edge.

    Args:
        code: A key of HTTP_CODES.
        detail: What exactly was wrong; never what the client sent.
        errors: Places in the request that are wrong, for request_invalid.
    """

    def __init__(self, code: str, detail: str = "", errors: tuple["Fault", ...] = ()) -> None:
        advice = HTTP_CODES[code][1]
        super().__init__(f"{advice} ({detail})" if detail else advice)
        self.code = code
        self.errors = errors


Fault = dict[str, str]
"""One wrong place: `location` in dots, `code` and `message`."""


def misplaced(location: str, code: str, message: str) -> HttpRefusal:
    """Return the refusal of one place that only a look at the whole shows to be wrong."""
    fault = {"location": location, "code": code, "message": message}
    return HttpRefusal("request_invalid", errors=(fault,))
