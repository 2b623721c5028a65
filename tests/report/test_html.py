import json
import re

import plotly.graph_objects as go

from deeptepp.report.html import figure_html
from deeptepp.report.look.marks import finish


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
    assert 'id="twice"' in figure_html(figure(), div_id="twice")


def test_a_figure_without_words_has_an_empty_label():
    assert 'aria-label=""' in figure_html(go.Figure(json.loads(go.Figure().to_json())))
