"""The suites of experiments: their titles and questions, the settings that they run with, and their pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One table of experiments that ``deeptepp evaluate`` makes.

    ``settings``: file of ``docs/examples`` that its published table was made with; ``is_published``: the
    publication has it, the report of a cohort sets it beside; ``heading``, ``asks``: heading and question on the
    page of evidence, empty for a suite that the page does not show by itself.
    """

    title: str
    about: str
    settings: str = "experiments.toml"
    is_published: bool = False
    heading: str = ""
    asks: str = ""
    picture: str = ""


SUITE_LIST: dict[str, Suite] = {
    "table2": Suite(
        title="Five models (Table 2)",
        about="What images, clinical-pathological facts (CP) and multi-view augmentation (MV) add to each other. "
        "Without MV every patient gives one view an epoch and the loss weighs the classes; the logistic "
        "regression is unpenalised, its facts standardised on the training folds alone.",
        is_published=True,
    ),
    "table_s2": Suite(
        title="Five backbones (Table S2)",
        about="Images alone without multi-view augmentation, as in the MRI row of Table 2, whose areas are those "
        "printed for MM_ResNet. Every network sees the same mosaics for the same number of epochs, with the "
        "same optimiser and class weights, from scratch. MM_ResNet takes its four jigsaw steps a batch; the "
        "others have one classifier and take one step on whole mosaics.",
        settings="backbones.toml",
        is_published=True,
    ),
    "ablations": Suite(
        title="Ablations",
        about="One change of the whole model at a time. The focal loss is compared with the class weights that it "
        "replaces, both without multi-view augmentation.",
        heading="One part of the network at a time",
        asks="What each part adds: the jigsaw, the stages, the head, the loss and the score are changed one by "
        "one, everything else kept.",
        picture="ablations",
    ),
    "permutation": Suite(
        title="Label-permutation control of the multi-view augmentation",
        about="Labels are dealt anew over the patients before anything else, so that nothing about a patient is "
        "left to learn. Whatever discrimination is measured then was put there by the augmentation. Counted "
        "as the paper seems to have counted, patients with an event bring several views of the test set and "
        "the others the first one alone; in the balanced mode everybody brings all views.",
        heading="Permuted labels",
        asks="Labels are dealt anew over the patients, so that nothing is left to learn. Discrimination that is "
        "measured all the same was put there by reslicing only patients with an event.",
        picture="permutation-control",
    ),
    "protocol": Suite(
        title="Strict protocol against that of the paper",
        about="The strict protocol holds patients out first; the paper cross-validates on everybody and calls one "
        "fold the testing set. The contrasts compare both on the same patients, each scored by networks that "
        "never saw her.",
        heading="Strict protocol against that of the paper",
        asks="Patients held out before anything else, against one fold of the cross-validation called the testing "
        "set; both on the same patients.",
        picture="protocol",
    ),
}
"""By the name on the command line, in the order of the documents."""
