"""What would have been under another policy or calendar: every history told again, and nothing written."""

from engine.whatif.outcome import Outcome, as_json
from engine.whatif.run import ask
from engine.whatif.trial import Question, other_book

__all__ = ["Outcome", "Question", "as_json", "ask", "other_book"]
