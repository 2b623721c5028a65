"""Figures of the report layer are said in the language of the visitor before they are shown."""

import plotly.graph_objects as go
import pytest

from deeptepp.report.figures.survival_figure import kaplan_meier_figure
from deeptepp.simulate.simulated_cohort import simulate_cohort
from deeptepp.stats.survival.kaplan_meier import kaplan_meier
from deeptepp.ui.words import figure_words, language
from deeptepp.ui.words.figure_words import in_language_of_visitor
from deeptepp.wording.catalogue import Language
from deeptepp.wording.sentence import glued

COHORT = simulate_cohort(seed=2)


@pytest.fixture
def chinese(monkeypatch):
    for module in (language, figure_words):
        monkeypatch.setattr(module, "current_language", lambda: Language.CHINESE)


def curves():
    curve = kaplan_meier(COHORT.follow_up(), label="All patients")
    return kaplan_meier_figure([curve], title="By treatment", p_value=0.01, simulated=True)


def notes(figure, name):
    return [note.text for note in figure.layout.annotations if note.name == name]


def test_a_visitor_who_reads_english_gets_the_figure_itself():
    figure = curves()
    assert in_language_of_visitor(figure) is figure


def test_legend_axes_and_subtitle_of_curves_are_said_in_chinese(chinese):
    figure = curves()
    spoken = in_language_of_visitor(figure)
    assert spoken.layout.xaxis.title.text == "术后月数"
    assert "全部患者：726 名患者" in notes(spoken, "legend")[0]
    assert spoken.layout.title.subtitle.text == "Log-rank p = 0.010  ·  色带：95 % CI  ·  短竖线：删失"
    assert figure.layout.xaxis.title.text == "Months from surgery"


def test_the_mark_of_simulated_data_stays_in_english_too(chinese):
    (mark,) = notes(in_language_of_visitor(curves()), "simulated")
    assert mark == "<b>模拟队列 SIMULATED COHORT</b>"


def test_words_between_tags_are_said_and_names_that_the_code_looks_for_stay(chinese):
    figure = go.Figure(layout={"annotations": [{"text": glued("<b>{}</b>", "Yes"), "name": "simulated"}]})
    (note,) = in_language_of_visitor(figure).layout.annotations
    assert (note.text, note.name) == ("<b>是</b>", "simulated")


def test_labels_of_a_flow_are_said(chinese):
    flow = go.Figure(
        go.Sankey(node={"label": [glued("● {} · {}", "Low", 379), glued("{} · {}", "no event", 635)]})
    )
    assert list(in_language_of_visitor(flow).data[0].node.label) == ["● 低风险 · 379", "无事件 · 635"]


def test_names_that_are_longer_in_chinese_get_the_room_that_they_need(chinese):
    arms = [kaplan_meier(COHORT.follow_up(), label=name) for name in ("Low", "Moderate", "T+P")]
    figure = kaplan_meier_figure(arms, title="By treatment", simulated=True)
    spoken = in_language_of_visitor(figure)
    widest = max(len(note.split("<b>")[1].split("<")[0]) for note in notes(spoken, "end label"))
    assert spoken.layout.margin.r >= 13 * widest + 14
    assert spoken.layout.margin.l >= 13 * widest
    assert figure.layout.margin.r <= spoken.layout.margin.r
