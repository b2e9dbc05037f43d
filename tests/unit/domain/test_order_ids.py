from dataclasses import replace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from botrunner.domain.ids import OrderIdentity, decode, encode, short_id
from botrunner.domain.side import Purpose, Side

IDENTITY = OrderIdentity(
    epoch=1767225600000,
    strategy="doge",
    side=Side.SHORT,
    purpose=Purpose.ENTRY,
    level=10,
    sequence=41,
)
identities = st.builds(
    OrderIdentity,
    epoch=st.integers(0, 36**8 - 1),
    strategy=st.from_regex(r"[a-z][a-z0-9-]{0,11}", fullmatch=True),
    side=st.sampled_from(Side),
    purpose=st.sampled_from(Purpose),
    level=st.integers(0, 36**2 - 1),
    sequence=st.integers(0, 36**5 - 1),
)


def test_an_id_reads_like_its_parts() -> None:
    """EX-3."""
    assert encode(IDENTITY) == "tfmjuohs00se0a00015-doge"


@given(identities)
def test_every_id_fits_every_venue_and_tells_all_it_was_made_of(identity: OrderIdentity) -> None:
    """EX-3: begins with tf, at most 32 characters of [A-Za-z0-9-]."""
    order_id = encode(identity)

    assert order_id.startswith("tf")
    assert len(order_id) <= 32
    assert set(order_id) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert decode(order_id) == identity


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        (replace(IDENTITY, strategy="Doge"), "strategy"),
        (replace(IDENTITY, strategy="a-name-too-long"), "strategy"),
        (replace(IDENTITY, level=1296), "level"),
        (replace(IDENTITY, epoch=36**8), "epoch"),
        (replace(IDENTITY, sequence=-1), "sequence"),
    ],
)
def test_a_part_that_does_not_fit_is_named(changed: OrderIdentity, field: str) -> None:
    with pytest.raises(ValueError, match=f"^{field}: "):
        encode(changed)


@pytest.mark.parametrize("foreign", ["", "tf", "web-order-1", "tfmjvkg000xe0a00015-doge", "TFX"])
def test_an_id_of_somebody_else_says_nothing(foreign: str) -> None:
    assert decode(foreign) is None


@given(text=st.text())
def test_an_id_for_a_person_is_never_a_number_in_yaml(text: str) -> None:
    """RI-2: an acknowledgement typed without quotes has to stay a string."""
    made = short_id(text)

    assert yaml.safe_load(f"id: {made}") == {"id": made}
    assert made == short_id(text)
    assert len(made) == 6
