import json
import re

import plotly.graph_objects as go

from deeptepp.report.look.marks import finish
from deeptepp.report.report_item import ReportItem, ReportPart
from deeptepp.report.report_page import figure_html, report_html
from deeptepp.report.text_table import Table


def figure(alt="Risk < 5 % & \"low\" <script>alert('x')</script>", title="</script><b>T</b>"):
    made = go.Figure(layout={"title": {"text": title}, "height": 300})
    made.add_scatter(x=[0, 1], y=[0, 1])
    return finish(made, alt, simulated=False)


def test_words_stand_in_the_label_and_cannot_leave_it():
    html = figure_html(figure())
    start = re.match(r'<div class="figure" role="img" aria-label="([^"<]*)">', html)
    assert start
    assert start[1] == "Risk &lt; 5 % &amp; &quot;low&quot; &lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt;"


def test_content_cannot_end_the_script():
    html = figure_html(figure())
    assert html.count("<script") == html.count("</script>") == 1
    assert "alert('x')</script>" not in html


def test_plotly_is_left_to_the_page_and_nothing_is_fetched():
    html = figure_html(figure())
    assert len(html) < 20_000
    assert "src=" not in html


def test_the_same_figure_gives_the_same_bytes_and_another_another_identifier():
    assert figure_html(figure()) == figure_html(figure())
    assert figure_html(figure(title="other")) != figure_html(figure())


def test_a_figure_without_words_has_an_empty_label():
    assert 'aria-label=""' in figure_html(go.Figure(json.loads(go.Figure().to_json())))


def test_tables_are_escaped_and_name_their_header_cells():
    table = Table("A < B", ("Group", "n"), (("<script>", "3"),), "a & b")
    part = ReportPart("Part", (ReportItem("t", "Table 1", "A table", tables=(table,)),))
    html = report_html([part], title="T", facts=[], mark="")
    _, _, page = html.partition("</head>")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert page.count('scope="col"') == 2
    assert '<th scope="row">' in page
    assert "a &amp; b" in page


def test_what_was_not_made_is_listed_once_by_its_reason():
    items = [ReportItem(f"t{i}", f"Table {i}", "A table", reason="no <event>") for i in (1, 2)]
    _, _, page = report_html([ReportPart("Part", tuple(items))], title="T", facts=[], mark="").partition("</head>")
    assert page.count("no &lt;event&gt;") == 1
    assert 'id="t1"' in page
    assert 'id="t2"' in page
