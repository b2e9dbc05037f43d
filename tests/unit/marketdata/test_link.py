"""MD-6, MD-8, MD-9: when a runner asks the exchange itself, and when it comes back."""

from dataclasses import replace

import pytest

from botrunner.marketdata.link import Link, LinkTiming, Route

TIMING = LinkTiming(direct_after=3.0, jitter=2.0, quiet=12.0, settle=2.0, distrust=300.0)


def well(share: float = 0.0) -> Link:
    """Welcomed at 0, with a fresh quote."""
    link = Link(TIMING, 0.0, share)
    link.welcomed(0.0)
    link.quoted(0.0, 0.0)
    return link


def beat(
    link: Link, since: float, until: float, *, quotes: bool = True, every: float = 1.0
) -> None:
    """A frame every second, or as often as said."""
    at = since
    while at <= until:
        link.heard(at)
        if quotes:
            link.quoted(at, 0.0)
        at += every


@pytest.mark.parametrize(("share", "gone_at"), [(0.0, 3.0), (0.5, 4.0), (1.0, 5.0)])
def test_without_a_frame_it_goes_direct_after_three_seconds_and_at_most_two_more(
    share: float, gone_at: float
) -> None:
    """MD-6, MD-9."""
    link = well(share)

    assert link.decide(gone_at - 0.01, 0.0) is Route.FEED
    assert link.decide(gone_at, 0.0) is Route.DIRECT


def test_a_feed_that_never_answers_is_given_up_like_one_that_fell_silent() -> None:
    link = Link(TIMING, 10.0, 0.0)

    assert link.decide(12.9, 0.0) is Route.FEED
    assert link.decide(13.0, 0.0) is Route.DIRECT


def test_a_reconnect_in_time_changes_nothing() -> None:
    link = well()
    link.lost()
    link.welcomed(2.5)

    assert link.decide(5.0, 0.0) is Route.FEED


def test_it_comes_back_once_the_feed_was_well_for_a_while() -> None:
    """MD-6."""
    link = well()
    link.decide(3.0, 0.0)
    link.welcomed(10.0)
    before_a_quote = link.decide(10.0, 0.0)
    link.quoted(10.1, 0.0)
    too_soon = link.decide(11.9, 0.0)
    link.heard(11.9)
    back = link.decide(12.0, 0.5)

    assert (before_a_quote, too_soon, back) == (Route.DIRECT, Route.DIRECT, Route.FEED)
    beat(link, 12.0, 14.0)
    assert link.decide(17.9, 0.0) is Route.FEED, "the share of the new jitter counts"
    assert link.decide(18.0, 0.0) is Route.DIRECT


def test_a_frozen_feed_that_wakes_up_has_to_be_well_for_a_while_too() -> None:
    link = well()
    link.decide(3.0, 0.0)
    link.heard(20.0)
    link.quoted(20.0, 0.0)

    assert link.decide(20.5, 0.0) is Route.DIRECT
    link.heard(21.5)
    assert link.decide(22.0, 0.0) is Route.FEED


def test_a_feed_that_lives_but_has_no_new_quotes_is_as_good_as_none() -> None:
    """MD-4 makes it poll after 5 s, so 12 s without a quote means that it lost the exchange."""
    link = well()
    beat(link, 0.0, 11.0, quotes=False)

    assert link.decide(11.9, 0.0) is Route.FEED
    link.heard(12.0)
    assert link.decide(12.0, 0.0) is Route.DIRECT


def test_an_old_quote_of_a_snapshot_is_as_old_as_the_feed_says() -> None:
    link = well()
    link.decide(3.0, 0.0)
    link.welcomed(10.0)
    link.quoted(10.0, 60.0)
    link.heard(12.0)

    assert link.decide(12.5, 0.0) is Route.DIRECT


def test_a_quote_that_is_found_to_be_old_does_not_grow_young_again() -> None:
    """Only the frames after a snapshot tell its age; and the feed's clock may be set back."""
    link = well()
    link.quoted(0.0, 0.0)
    link.aged(1.0, 9.0)
    link.aged(1.5, 0.0)
    beat(link, 2.0, 3.5, quotes=False)
    before = link.decide(3.9, 0.0)
    link.heard(4.0)

    assert (before, link.decide(4.0, 0.0)) == (Route.FEED, Route.DIRECT)


def test_a_connection_without_a_quote_of_its_own_is_not_used() -> None:
    link = well()
    link.decide(3.0, 0.0)
    link.welcomed(4.0)
    beat(link, 4.0, 8.0, quotes=False)

    assert link.decide(8.0, 0.0) is Route.DIRECT


def test_another_patience_acts_on_a_link_that_stands() -> None:
    """MD-6, KU-13: in both directions, and on the way back too."""
    link = well()
    link.timing = replace(TIMING, direct_after=60.0)
    patient = link.decide(59.9, 0.0)
    link.timing = replace(TIMING, direct_after=1.0)
    hasty = link.decide(59.9, 0.0)
    link.welcomed(100.0)
    beat(link, 100.0, 102.0, every=0.5)
    back = link.decide(102.0, 0.0)

    assert (patient, hasty, back) == (Route.FEED, Route.DIRECT, Route.FEED)
    assert link.decide(102.9, 0.0) is Route.FEED
    assert link.decide(103.0, 0.0) is Route.DIRECT


@pytest.mark.parametrize(("heartbeat", "gone_at"), [(0.5, 1.0), (1.0, 2.0), (9000.0, 3.0)])
def test_a_heartbeat_that_is_a_little_late_is_no_silence(heartbeat: float, gone_at: float) -> None:
    """MD-6, MD-7: at the shortest patience, with a feed of before that speaks once a second."""
    link = well()
    link.timing = replace(TIMING, direct_after=1.0)
    link.welcomed(0.0, heartbeat)

    assert link.decide(gone_at - 0.01, 0.0) is Route.FEED
    assert link.decide(gone_at, 0.0) is Route.DIRECT


def test_who_bears_a_long_silence_bears_old_quotes_for_as_long() -> None:
    """MD-6: a silent feed brings no quotes either, and shall not be left for that sooner."""
    link = well()
    link.timing = replace(TIMING, direct_after=60.0)
    beat(link, 0.0, 59.0, quotes=False)

    assert link.decide(59.9, 0.0) is Route.FEED
    assert link.decide(60.0, 0.0) is Route.DIRECT


def test_a_price_that_is_judged_otherwise_is_compared_again_at_once() -> None:
    """MD-8."""
    link = well()
    link.reconsider(0.5)
    link.distrust(1.0)
    before = link.may_be_trusted(2.0)
    link.reconsider(2.0)

    assert (before, link.may_be_trusted(2.0)) == (False, True)


def test_a_feed_with_a_wrong_price_is_left_at_once_and_not_believed_for_a_while() -> None:
    """MD-8."""
    link = well()
    link.distrust(1.0)
    left = link.decide(1.0, 0.0)
    beat(link, 2.0, 300.0)

    assert left is Route.DIRECT
    assert link.decide(300.0, 0.0) is Route.DIRECT
    assert not link.may_be_trusted(300.9)
    assert link.may_be_trusted(301.0)
    link.trust()
    assert link.decide(300.5, 0.0) is Route.FEED
