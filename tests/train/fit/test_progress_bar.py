from io import StringIO

from rich.console import Console

from deeptepp.train.fit.journal import Journal
from deeptepp.train.fit.progress_bar import show_progress


def test_the_bar_counts_the_epochs_of_all_fits_also_those_before_a_resumption(quick_settings):
    settings = quick_settings(epochs=4)
    text = StringIO()
    console = Console(file=text, force_terminal=True, width=120, color_system=None)
    earlier = Journal(settings.output / "state")
    for epoch in (1, 2):
        earlier.add("epoch", f"fold 1: epoch {epoch} of 4", fit="fold 1", epoch=epoch, losses=[0.9])
    with show_progress(settings, console, n_fits=3) as tell:
        journal = Journal(settings.output / "state", tell)
        journal.add("start", "30 patients [all] of them")
        journal.add("epoch", "fold 1: epoch 3 of 4, loss 0.500", fit="fold 1", epoch=3, losses=[1.0, 0.5])
        journal.add("epoch", "fold 2: epoch 1 of 4, loss 0.250", fit="fold 2", epoch=1, losses=[0.25])
    shown = text.getvalue()
    assert "30 patients [all] of them" in shown
    assert "4/12" in shown
    assert "loss 0.250" in shown
    assert "epoch 3 of 4" not in shown
