"""What tests of several edges stand on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.interfaces.tokens.provider import Provider, ec, provider


@pytest.fixture
def issuer() -> Iterator[Provider]:
    """An identity provider that publishes one key."""
    with provider() as found:
        found.publish(ec("first"))
        yield found
