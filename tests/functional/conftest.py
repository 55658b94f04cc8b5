"""What the tests of whole days share."""

from collections.abc import Iterator

import pytest

from tests.functional import mortal


@pytest.fixture(scope="session", autouse=True)
def mothers_end() -> Iterator[None]:
    """Leave no process behind that has workers for those who kill them."""
    yield
    mortal.close()
