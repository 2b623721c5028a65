"""Every message of the code has its translation, with the same facts in it, and none is left over."""

import importlib.util
import re
import string
from pathlib import Path

from deeptepp import errors
from deeptepp.datasets.problems import FINDINGS
from deeptepp.datasets.public import public_table
from deeptepp.dicom.header import spellings
from deeptepp.domain import audit, provenance, published, published_caveats, score_receipt, typed_number
from deeptepp.domain.board import ENTRY_FIELDS
from deeptepp.domain.clinical import CLINICAL_FACTS
from deeptepp.domain.clinical_facts import Section
from deeptepp.domain.experiment_suites import SUITE_LIST
from deeptepp.model.clinical_features import FEATURES
from deeptepp.report import glossary, names
from deeptepp.report.case import beside_published, other_estimates, result_reading, treatment_panel
from deeptepp.report.laboratory.laboratory_list import PARTS
from deeptepp.scoring import eligibility
from deeptepp.stats.prediction import optimism
from deeptepp.stats.survival import kaplan_meier
from deeptepp.stats.treatment import covariate_names
from deeptepp.stats.treatment.evidence import EvidenceLevel
from deeptepp.stats.treatment.treatment_question import Matching
from deeptepp.train.runs.suites import SUITES
from deeptepp.ui import masthead
from deeptepp.ui.evidence import (
    evidence_measured,
    evidence_page,
    evidence_published,
    evidence_refusals,
)
from deeptepp.ui.own_model import own_model_steps
from deeptepp.ui.parts import figure_saving, number_field
from deeptepp.ui.result import case_treatment, result_views
from deeptepp.ui.tiers import tiers_controls, tiers_mapping, tiers_own
from deeptepp.ui.viewer import slice_viewer
from deeptepp.ui.words import browser_words, screen_words
from deeptepp.ui.words.page_list import PAGES
from deeptepp.wording.catalogue import LOCALE, Language, catalogue, translate

ROOT = Path(__file__).parents[2]
CHINESE = catalogue(Language.CHINESE)


def script(name):
    """A script of the project as a module."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


KEEPER = script("catalogue")
MESSAGES = KEEPER.messages()


def chinese(text):
    return translate(text, Language.CHINESE)


def said_by_tables():
    """Texts that reach ``t`` by way of a name."""
    mappings = (
        screen_words.STEPS,
        browser_words.VIEWER,
        browser_words.KEYS,
        {keys: keys for keys in browser_words.KEYS},
        browser_words.DROP,
        {term.name: term.name for term in glossary.GLOSSARY},
        {term.name: term.meaning for term in glossary.GLOSSARY},
        browser_words.DROP_REFUSALS,
        browser_words.VIEWER_REFUSALS,
        slice_viewer._SHORT,
        screen_words.LABELS,
        screen_words.FIELDS,
        {name: fact.help for name, fact in CLINICAL_FACTS.items() if fact.help},
        dict(enumerate(answer for fact in CLINICAL_FACTS.values() for answer in fact.answers)),
        screen_words.MEASURED_ON,
        score_receipt.RECEIPT_LABELS,
        audit.KIND_WORDS,
        names.SIDES,
        evidence_refusals.GROUPS,
        published_caveats.CAVEATS,
        screen_words.COMPARED_FIELDS,
        result_reading.PATIENTS,
        result_reading.STATES,
        result_reading.EVENTS,
        result_reading.TEMPLATES,
        result_views._NAMES,
        treatment_panel.ROWS,
        case_treatment._WAYS,
        tiers_controls._COHORTS,
        tiers_controls._CONTRASTS,
        tiers_controls._MATCHING,
        tiers_own.SOURCES,
        tiers_mapping.TARGETS,
        tiers_mapping.UNIT_NAMES,
        other_estimates.HER2DX_GROUPS,
        other_estimates.PREDICT_PLACES,
        other_estimates.STAGES,
        other_estimates.REFERENCE,
        other_estimates.NAMES,
        beside_published.BY_TREATMENT,
        number_field._RANGE_WORDS,
        number_field._VALUE_WORDS,
    )
    texts = {text for mapping in mappings for text in mapping.values()}
    texts |= {
        str(each) for kind in (other_estimates.Concord, beside_published.PublishedAgreement) for each in kind
    }
    texts |= {
        masthead.SIMULATED,
        masthead.OWN_PATIENTS,
        masthead.SIMULATED_MODEL,
    }
    texts |= {found for found, _ in public_table.FINDINGS["public"].values() if " " in found}
    findings = (text for known in FINDINGS.values() for text in (known["found"], known["remedy"]))
    texts |= {text for text in findings if " " in text}
    texts |= {matching.caveat for matching in Matching} | {level.value for level in EvidenceLevel}
    texts |= {
        *evidence_page.TABS,
        *(part.tab for part in PARTS.values()),
        *(part.waiting for part in PARTS.values() if part.waiting),
        *evidence_published._SETS.values(),
    }
    texts |= set(evidence_published._OWN.values())
    texts |= {
        screen_words.UNKNOWN,
        names.OUTSIDE_USE,
        names.NOT_SCORED,
        names.KEEP_IN_MIND,
        case_treatment._WAYS_HELP,
        treatment_panel.NOT_TESTED,
        treatment_panel.SURVIVAL,
        treatment_panel.INTERACTION,
        treatment_panel.NOT_RANDOMISED,
        treatment_panel.NOT_EXCLUDED,
        result_reading.LIMITS,
        result_reading.NOT_FOLLOWED,
        result_reading.NO_PATIENT,
        other_estimates.HER2DX_PATIENTS,
        other_estimates.PREDICT_PATIENTS,
        other_estimates.NO_SURVIVAL,
        beside_published.MATCHED,
        beside_published.DISCRIMINATION,
        evidence_published.MULTI_VIEW,
        evidence_refusals.OTHERWISE,
        evidence_refusals.INELIGIBLE,
    }
    texts |= {
        figure_saving.NOT_DRAWN,
        tiers_own._USED_WHERE,
        *provenance.SENTENCES,
        *provenance.MARKS,
        errors.NoBrowser.template,
        kaplan_meier.METHOD,
        optimism.METHOD,
    }
    texts |= {message for message, _ in evidence_refusals.refusals().values()}
    texts |= {feature.counts for feature in FEATURES.values() if feature.counts}
    texts |= {section.value for section in Section if section is not Section.COMPARED}
    for known in ENTRY_FIELDS.values():
        texts |= {known.label, *known.options.values()} | ({known.demand} if known.demand else set())
    texts |= {page.title for page in PAGES.values()}
    texts |= {words for words in covariate_names._WORDS.values() if " " in words}
    texts |= {typed_number.PLAIN, typed_number.THOUSAND, typed_number.LIMITED, typed_number.SEVERAL}
    texts |= {typed_number.EXPONENT, typed_number.NO_UNIT}
    texts |= {text for suite in SUITE_LIST.values() if suite.heading for text in (suite.heading, suite.asks)}
    texts |= {own_model_steps.TITLE, own_model_steps.INTRODUCTION, own_model_steps.EXPECTATION}
    texts |= {text for one in own_model_steps.STEPS for text in (one.title, one.text, one.duration, one.gives)}
    texts |= {row.note for row in published.TABLE_2 if row.note}
    texts |= {row.model for row in published.TABLE_2 if re.search("[a-z]{2}", row.model)}
    texts |= {purpose.reason for purpose in spellings.PURPOSES}
    texts |= {*published.TABLE_2_READING, evidence_measured._RANK, evidence_measured._PROBABILITY}
    return texts


def fields_of(text):
    return sorted(f"{name}!{spec}" for _, name, spec, _ in string.Formatter().parse(text) if name is not None)


def test_every_sentence_has_a_translation():
    assert sorted((MESSAGES | said_by_tables()) - set(CHINESE)) == []


def test_every_fact_and_group_of_table_one_has_its_chinese():
    described = [fact for fact in CLINICAL_FACTS.values() if fact.is_described]
    words = {str(word) for fact in described for word in (fact.short, *fact.groups)}
    assert sorted(word for word in words if re.search("[a-z]{2}", word) and chinese(word) == word) == []


def test_what_is_said_of_every_rule_has_its_chinese():
    texts = {text for rule in eligibility._RULES for text in (rule.broken, rule.unknown)}
    assert sorted(text for text in texts if chinese(text) == text) == []


def test_a_translation_fills_in_the_same_facts():
    wrong = [text for text, said in CHINESE.items() if fields_of(text) != fields_of(said)]
    assert wrong == []


def test_no_translation_is_left_over():
    titles = {experiment.title for suite in SUITES.values() for experiment in suite}
    assert sorted(set(CHINESE) - KEEPER.constants() - MESSAGES - said_by_tables() - titles) == []


def test_no_translation_is_empty():
    assert [text for text, said in CHINESE.items() if not said.strip()] == []


def test_the_catalogue_is_written_as_its_keeper_writes_it():
    path = LOCALE / "zh" / "LC_MESSAGES" / "deeptepp.po"
    assert path.read_text(encoding="utf-8") == KEEPER.catalogue_text(KEEPER.read(path))
