"""Names of columns in other people's tables: English, German, Chinese and what is shortened in clinics.

A name is made plain (small letters, no accents, no signs, its unit taken off) and compared with what each wanted
column is called elsewhere. A better match has a longer name in common; a column is never guessed by one letter.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache

UNITS_BY_WORD: dict[str, str] = {
    **dict.fromkeys(("month", "months", "mo", "mos", "mth", "mths", "monat", "monate", "monaten", "月"), "months"),
    **dict.fromkeys(("day", "days", "tag", "tage", "tagen", "天", "日"), "days"),
    **dict.fromkeys(("week", "weeks", "wk", "wks", "woche", "wochen", "周"), "weeks"),
    **dict.fromkeys(("year", "years", "yr", "yrs", "jahr", "jahre", "jahren", "年"), "years"),
    **dict.fromkeys(("mm", "millimeter", "millimetre", "毫米"), "mm"),
    **dict.fromkeys(("cm", "centimeter", "centimetre", "厘米"), "cm"),
    **dict.fromkeys(("%", "pct", "percent", "percentage", "prozent"), "percent"),
}
"""Units as names of columns write them."""


def listed(names: str) -> tuple[str, ...]:
    """Part a list of names, which may hold commas, at its semicolons."""
    return tuple(names.split("; "))


WANTED: dict[str, tuple[str, ...]] = {
    target: listed(names)
    for target, names in {
        "subject": (
            "subject; subject id; patient id; patientid; pat id; pid; id; case id; case; study id; "
            "patient no; patient number; patient; pseudonym; pat nr; patientennummer; patienten nr; "
            "patienten id; patienten pseudonym; patient nr; fallnummer; fall nr; studien id; nr; lfd nr; "
            "laufende nummer; 患者编号; 编号; 序号; 病人编号; 受试者编号; 患者id; 病例号"
        ),
        "arm": (
            "arm; treatment; treatment arm; anti her2 therapy; anti her2 treatment; anti her2; therapy; "
            "her2 therapy; her2 targeted therapy; targeted therapy; adjuvant anti her2; trastuzumab; "
            "trastuzumab given; herceptin; anti her2 therapie; antikoerpertherapie; antikorpertherapie; "
            "therapie; therapiearm; her2 therapie; behandlung; treatment group; regimen; "
            "her2 treatment; trt01p; trt01a; 抗her2治疗; "
            "靶向治疗; 靶向药物; 曲妥珠单抗; 治疗方案; 治疗; 治疗组; 赫赛汀"
        ),
        "pertuzumab": "pertuzumab; perjeta; pertuzumab given; 帕妥珠单抗; 帕捷特",
        "rfs_months": (
            "rfs months; rfs; rfs time; time rfs; recurrence free survival; relapse free survival; "
            "relapse free status; recurrence free months; time to recurrence; time to relapse; ttr; dfs; "
            "dfs time; dfs months; disease free survival; idfs; idfs months; efs; efs months; "
            "event free survival; follow up; follow up time; followup; fu; fu time; fup; nachsorge; "
            "rezidivfreies ueberleben; rezidivfreies uberleben; rezidivfreie zeit; "
            "krankheitsfreies uberleben; nachbeobachtung; nachbeobachtungszeit; beobachtungszeit; "
            "time; time to event; time to first event; "
            "无复发生存期; 无病生存期; 无复发生存; 无病生存; 无复发生存时间; 无病生存时间; 随访时间; 随访"
        ),
        "rfs_event": (
            "rfs event; rfs status; dfs event; dfs status; idfs event; idfs status; efs event; relapse; "
            "recurrence; recurrence event; recurred; relapsed; recurrence yes no; event; progression; "
            "recurrence status; relapse status; rfs ind; dfs ind; rezidiv; rueckfall; ruckfall; "
            "rezidiv ja nein; ereignis; event type; status; dfs ereignis; rfs ereignis; rfs censored; "
            "dfs censored; censored; recurfl; dfs; rfs; efs; idfs; dfs状态; 复发; 是否复发; 复发状态; "
            "复发转移; 复发或转移; 无病生存状态; 事件"
        ),
        "os_months": (
            "os months; os; os time; time os; time to death; overall survival; survival time; "
            "survival months; survival; "
            "gesamtueberleben; gesamtuberleben; ueberlebenszeit; uberlebenszeit; 总生存期; 总生存; "
            "总生存时间; 生存时间; 生存期"
        ),
        "os_event": (
            "os event; os status; death; died; dead; deceased; vital status; survival status; "
            "overall survival status; os ind; status; patient status; last status; alive; "
            "os ereignis; os censored; vital; dthfl; os状态; verstorben; tod; gestorben; vitalstatus; "
            "死亡; 是否死亡; "
            "生存状态; 总生存状态; 存活状态; 生存结局"
        ),
        "surgery_date": (
            "surgery date; date of surgery; surgery; operation date; date of operation; op date; op datum; "
            "op; opdatum; op tag; operationsdatum; datum op; datum der op; datum der operation; date op; "
            "date surgery; 手术日期; 手术时间; 手术; 手术日"
        ),
        "recurrence_date": (
            "recurrence date; date of recurrence; relapse date; date of relapse; date recurrence; "
            "date of first event; event date; date of event; date of progression; rezidivdatum; "
            "rezidiv datum; datum rezidiv; rezidiv am; datum des rezidivs; 复发日期; 复发时间; 复发转移时间; "
            "复发转移日期; 事件日期"
        ),
        "last_visit_date": (
            "last visit; last visit date; date of last visit; last follow up; last follow up date; last fu; "
            "last fu date; date last fu; date of last follow up; last contact; last contact date; last seen; "
            "date of last contact; last known alive; letzter kontakt; letzte vorstellung; letzte nachsorge; "
            "letzte kontrolle; datum letzter kontakt; letztes follow up; datum letzte nachsorge; "
            "letzte visite; last date; lstalvdt; end of follow up; 末次随访; 末次随访日期; "
            "末次随访时间; 最后随访日期; "
            "最后随访时间; 随访日期; 最近随访; 最后一次随访"
        ),
        "death_date": (
            "death date; date of death; date death; todesdatum; sterbedatum; verstorben am; datum tod; "
            "todestag; 死亡日期; 死亡时间"
        ),
        "first_event": "first event; type of recurrence; recurrence type; recurrence site; rezidivart; 复发类型",
        "source": "source; centre; center; site; hospital; dataset; zentrum; klinik; 中心; 医院; 来源",
        "sex": "sex; gender; geschlecht; 性别",
        "age_years": (
            "age; age years; age at diagnosis; age at surgery; age dx; patient age; alter; "
            "alter bei diagnose; alter bei op; 年龄; 诊断年龄; 手术年龄"
        ),
        "menopause": (
            "menopause; menopausal status; menopausal state; meno; menopausal; menopausenstatus; 绝经状态; "
            "绝经; 是否绝经; 月经状态"
        ),
        "tumour_size_mm": (
            "tumour size; tumor size; t size; size; tumour diameter; tumor diameter; path size; pt size; "
            "pathological size; pathologic tumor size; invasive size; lesion size; size on pathology; "
            "diameter; tumorgroesse; tumorgrosse; groesse; grosse; tumordurchmesser; durchmesser; "
            "tumour size mm; tumour; tumor; tsize; tumsz; 肿瘤大小; 肿瘤直径; 肿瘤最大径; 肿块大小; "
            "病灶大小; 大小; 最大径"
        ),
        "node_stage": (
            "node stage; n stage; pn; n; nodal stage; nodal status; n category; lymph node stage; pn stage; "
            "ypn; cn; lymph nodes; lymph node status; nodes; ln status; n staging; positive nodes; "
            "nodes positive; positive lymph nodes; lymph nodes positive; number of positive nodes; "
            "lymph nodes examined positive; no of positive nodes; n pos; ln positive; lymphknotenstatus; "
            "lymphknoten; ln; n stadium; befallene lymphknoten; positive lk; anzahl positiver lymphknoten; "
            "n分期; 淋巴结分期; 淋巴结; 淋巴结转移; 阳性淋巴结; 阳性淋巴结数; 淋巴结阳性数; 淋巴结状态"
        ),
        "stage": (
            "stage; ajcc stage; tnm stage; tumor stage; tumour stage; anatomic stage; uicc; uicc stadium; "
            "stadium; tumorstadium; 分期; 临床分期; 病理分期; tnm分期"
        ),
        "grade": (
            "grade; g; hist grade; histologic grade; histological grade; nottingham grade; "
            "tumor grade; tumour grade; "
            "neoplasm histologic grade; grading; differenzierungsgrad; 组织学分级; 分级; 组织学级别"
        ),
        "er_positive": (
            "er; er status; er positive; estrogen receptor; oestrogen receptor; er ihc; erpos; "
            "estrogen receptor status; oestrogenrezeptor; ostrogenrezeptor; 雌激素受体; er状态"
        ),
        "pr_positive": (
            "pr; pgr; pr status; pr positive; pgr status; progesterone receptor; pr ihc; pgrpos; "
            "progesterone receptor status; progesteronrezeptor; 孕激素受体; pr状态"
        ),
        "ki67_pct": "ki67; ki 67; ki67 index; ki 67 index; mib1; mib 1; ki67 li; ki67指数; ki67 pct",
        "her2_status": "her2; her2 status; her 2; her2 neu; erbb2; her2 positive; her2 ihc; her2状态; her2 erbb2",
        "is_invasive": "invasive; is invasive; invasiv; 浸润性",
        "had_biopsy_before_mr": "biopsy before mr; biopsy before mri; had biopsy before mr; biopsie vor mrt",
        "had_neoadjuvant_therapy": (
            "neoadjuvant; neoadjuvant therapy; nact; nac; neoadjuvant chemotherapy; neoadjuvant treatment; "
            "had neoadjuvant therapy; neoadjuvante therapie; neoadjuvante chemotherapie; 新辅助; 新辅助治疗; "
            "新辅助化疗"
        ),
        "breast_surgery": (
            "breast surgery; surgery type; type of surgery; type of breast surgery; definitive surgery type; "
            "op art; operationsart; op verfahren; 手术方式; 乳腺手术"
        ),
        "axillary_surgery": "axillary surgery; axilla; axillary procedure; axillaeingriff; axilla op; 腋窝手术",
        "her2dx_score": "her2dx; her2dx score; her2dx risk score",
        "predict_os_pct": "predict; predict os; predict breast",
        "score": "score; deeptepp score; deeptepp; risk score; risiko score; 风险评分; 评分",
        "tier": "tier; risk tier; risk group; risikogruppe; 风险分层; 风险分组",
    }.items()
}
"""What each wanted column is called, plain; the best known first."""

_ALONE = frozenset(("time", "status", "alive", "tumour", "tumor", "ln"))
"""Names that say enough by themselves, and nothing inside longer ones, such as the time of an operation."""

_SHORT = {"dt": "date", "trt": "treatment", "tx": "treatment", "grp": "group", "surg": "surgery"} | {
    "recur": "recurrence",
    "surv": "survival",
    "cnsr": "censored",
    "cens": "censored",
    "yn": "",
    "evt": "event",
    "stat": "status",
    "dth": "death",
    "dthdt": "death date",
}
"""What data bases shorten words to, and what it means."""

_GLUED = re.compile(
    r"(?<![a-z])(rfs|i?dfs|efs|os|er|pgr|pr|ki67|surg|op|recur|relapse|death|dth|(?:last)?fu|surv|age|"
    r"trt|hist|her2)"
    r"(days?|months?|mos?|mths?|yrs?|years?|weeks?|pct|dt|date|cnsr|cens|event|evt|status|stat|time|grp|grade|dx)"
    r"(?![a-z])"
)
"""Two words that statistics programs write as one."""

_LEGEND = re.compile(r"(\d{1,2})\s*[=:]\s*([^\d\s,;/|、()\[\]=:][^,;/|、()\[\]=:]*)")
"""A code with its meaning, as names of columns carry it: ``1=yes, 2=no``."""

_CLOSE = 0.88
"""Likeness of two plain names from which a slip of the pen is assumed (``difflib``)."""

_FEWEST_LETTERS = 5
"""Letters below which a name has to be written as it is known."""


def plain_name(name: str) -> str:
    """Make the name of a column plain.

    Parameters
    ----------
    name : str
        As it is written.

    Returns
    -------
    str
        Small letters without accents, signs and units.

    Examples
    --------
    >>> plain_name("T size (cm)"), plain_name("OP-Datum"), plain_name("Tumorgröße [mm]"), plain_name("ER %")
    ('t size', 'op datum', 'tumorgrosse', 'er')
    """
    text = without_legend(name).replace("ß", "ss").replace("²", "2").replace("=", " ")
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
    folded = unicodedata.normalize("NFKD", text).lower()
    folded = "".join(sign for sign in folded if not unicodedata.combining(sign))
    parted = _GLUED.sub(r"\1 \2", re.sub(r"[\W_]+", " ", re.sub(r"[（）]", " ", folded)))
    words = [full for word in parted.split() if (full := _SHORT.get(word, word))] or parted.split()
    without = [word for word in words if word not in UNITS_BY_WORD]
    return " ".join(without or words)


def unit_in(name: str) -> str:
    """Give the unit that the name of a column says.

    Parameters
    ----------
    name : str
        As it is written.

    Returns
    -------
    str
        Such as ``months`` or ``cm``; empty where it says none, or two.

    Examples
    --------
    >>> unit_in("DFS (months)"), unit_in("tumour_size_mm"), unit_in("Relapse"), unit_in("生存期(月)")
    ('months', 'mm', '', 'months')
    """
    text = unicodedata.normalize("NFKC", re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", name)).lower()
    words = _GLUED.sub(r"\1 \2", re.sub(r"[^\w%]+|_", " ", text)).replace("%", " % ").split()
    # A bare 日, 月 or 年 inside a longer word is part of a date, not a unit.
    found = {UNITS_BY_WORD[word] for word in words if word in UNITS_BY_WORD}
    return found.pop() if len(found) == 1 else ""


def legend_in(name: str) -> dict[str, str]:
    """Give what the name of a column says of its codes.

    Parameters
    ----------
    name : str
        As it is written.

    Returns
    -------
    dict of str to str
        Meaning by code; empty where fewer than two are told.

    Examples
    --------
    >>> legend_in("Rezidiv (0=ja, 1=nein)"), legend_in("DFS (months)")
    ({'0': 'ja', '1': 'nein'}, {})
    """
    found = {code: word.strip() for code, word in _LEGEND.findall(unicodedata.normalize("NFKC", name))}
    return found if len(found) > 1 else {}


def without_legend(name: str) -> str:
    """Give the name of a column without what it says of its codes."""
    return _LEGEND.sub(" ", unicodedata.normalize("NFKC", name)) if legend_in(name) else name


@cache
def likeness(name: str, target: str) -> float:
    """Rate how well a name fits a wanted column.

    Parameters
    ----------
    name : str
        As it is written.
    target : str
        One of ``WANTED``.

    Returns
    -------
    float
        1 where it is known as it is, 0.6 to 0.95 where words or letters are alike, 0 where not. Names that stand
        earlier in the list of a target win over later ones by less than any other difference.
    """
    plain = plain_name(name)
    best = max(_one_likeness(plain, known) - place / 10_000 for place, known in enumerate(_known_names(target)))
    return best if best >= 0.5 else 0.0


@cache
def _known_names(target: str) -> tuple[str, ...]:
    """Give the plain names of a wanted column."""
    return tuple(plain_name(known) for known in WANTED[target])


def _one_likeness(plain: str, known: str) -> float:
    """Rate two plain names."""
    if plain == known or plain.replace(" ", "") == known.replace(" ", ""):
        return 1.0
    if known in _ALONE:
        return 0.0
    words, wanted = plain.split(), known.split()
    is_chinese = not known.isascii()
    if is_chinese and len(known) >= 2 and known in plain:
        return 0.6 + 0.3 * len(known) / len(plain)
    if len(wanted) > 1 and set(wanted) <= set(words):
        return 0.6 + 0.3 * len(wanted) / len(words)
    if len(wanted) == 1 and wanted[0] in words and len(words) <= 3 and (len(known) > 2 or words[0] == known):
        return 0.6 + 0.2 / len(words)
    shorter, longer = sorted((len(plain), len(known)))
    # Names of so different lengths cannot be alike enough; most end here.
    if shorter < _FEWEST_LETTERS or 2 * shorter / (shorter + longer) < _CLOSE:
        return 0.0
    ratio = SequenceMatcher(None, plain, known).ratio()
    return ratio * 0.95 if ratio >= _CLOSE else 0.0


@cache
def is_known_name(name: str) -> bool:
    """Tell whether a cell is the name of a column that is wanted."""
    return bool(name) and len(name) <= 120 and any(likeness(name, target) >= 0.6 for target in WANTED)
