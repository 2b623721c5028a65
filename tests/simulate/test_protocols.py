from __future__ import annotations

import pytest

from deeptepp.simulate.protocols import PROTOCOLS, RUIJIN, SHARES


def test_main_protocol_has_the_published_matrix_and_pixels():
    assert RUIJIN.grid.shape == (104, 384, 384)
    assert RUIJIN.grid.spacing_mm == pytest.approx((1.0, 340 / 384, 340 / 384))
    assert (RUIJIN.repetition_time_ms, RUIJIN.echo_time_ms, RUIJIN.flip_angle_deg) == (4.5, 1.6, 10.0)
    assert RUIJIN.n_phases == 6


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_every_protocol_scans_once_before_the_injection_and_then_in_order(protocol):
    times = [protocol.since_injection_s(k) for k in range(protocol.n_phases)]
    assert times[0] < 0 < times[1]
    assert times == sorted(times)
    assert protocol.phase_times_s[0] == 0


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS.keys())
def test_every_protocol_covers_both_breasts_symmetrically(protocol):
    low, high = protocol.grid.corners_mm().min(axis=0), protocol.grid.corners_mm().max(axis=0)
    assert low[0] == pytest.approx(-high[0])
    assert low[1] <= -120
    assert high[1] > 150
    assert high[2] - low[2] >= 100


def test_every_acquisition_says_simulated_and_female():
    for protocol in PROTOCOLS.values():
        facts = protocol.acquisition(age_years=50.0)
        assert facts.is_simulated
        assert facts.patient_sex == "F"
        assert facts.patient_age_years == 50.0


def test_shares_deal_every_protocol_and_sum_to_one():
    assert set(SHARES) == set(PROTOCOLS)
    assert sum(SHARES.values()) == pytest.approx(1.0)
    assert max(SHARES, key=SHARES.get) == "ruijin"
