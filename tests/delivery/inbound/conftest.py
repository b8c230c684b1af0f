"""An office that hears mail: three journeys, two newcomers, one mail sent to each."""

from __future__ import annotations

import pytest

from alongside.delivery.store import Store
from delivery.conftest import CHECK_IN, WELCOME, make_community, make_journey, make_member
from delivery.inbound.letters import Office, make_office


@pytest.fixture
def office(store: Store) -> Office:
    community = make_community(
        make_member("ana"),
        journeys=(
            make_journey(WELCOME, CHECK_IN),
            make_journey(WELCOME, CHECK_IN, slug="year"),
            make_journey(WELCOME, slug="careful", confirm=True),
        ),
    )
    return make_office(store, community)
