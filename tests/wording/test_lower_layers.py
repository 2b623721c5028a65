"""What the layers below the screens put together is said in Chinese as it comes."""

import numpy as np
import pytest

from deeptepp.datasets.problems import rows_in_words
from deeptepp.domain.cohort import FollowUp
from deeptepp.domain.risk import Tier, TierName, TierScheme
from deeptepp.errors import MissingTag
from deeptepp.stats.estimate import Estimate
from deeptepp.stats.event_rule import why_not_compared, why_not_measured
from deeptepp.stats.treatment.evidence import grade_evidence
from deeptepp.stats.treatment.propensity import DroppedLevel
from deeptepp.wording.catalogue import Language, translate


def arm(n, n_events):
    return FollowUp(np.linspace(1, 24, n), np.arange(n) < n_events)


NO_ESTIMATE = Estimate(value=None, n=0, n_events=0, method="")
TIED = (
    "Low below 0.1000 (highest Youden index, 0.300; lowest of 1 equally good); High from 0.2000 (exact 2-means of "
)
TIED += "the 5 scores above, centres 0.1500 and 0.3000); 20 patients, 5 events"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            grade_evidence(
                arm(47, 0), arm(134, 32), NO_ESTIMATE, NO_ESTIMATE, index_label="Tras+pert", is_simulated=False
            ).sentence,
            "曲妥珠+帕妥珠 组事件较少（47 名中 0 个 vs 134 名中 32 个）；事件太少，无法比较；治疗并非随机分配",
        ),
        (why_not_measured(119, 1), "119 名患者中 1 个事件，少于 10"),
        (
            why_not_compared({"Tras": 2, "no anti-HER2 therapy": 0}),
            "以下组少于 10 个事件：曲妥珠（2）、无抗 HER2 治疗（0）",
        ),
        (DroppedLevel("stage", "I", 0, 4).sentence, "分期 I：无患者接受所比较的治疗；排除 4 名患者"),
        (
            TierScheme(0.1, 0.2, TIED).how_found,
            "低风险 < 0.1000（Youden 指数最高，0.300）；高风险 ≥ 0.2000（对其上 5 个评分作精确两均值聚类，"
            "中心 0.1500 与 0.3000）；20 名患者，5 个事件",
        ),
        (TierName((Tier.MODERATE, Tier.HIGH), is_stable=False).text, "中风险/高风险，不稳定"),
        (rows_in_words([2, 3, 4, 9]), "第 2-4, 9 行"),
        (str(MissingTag(value=1, keyword="x")), "1 个文件缺少用于定位图像的 x。请重新导出原始图像。"),
    ],
)
def test_what_is_put_together_below_the_screens_is_said_in_chinese(made, said):
    assert translate(made, Language.CHINESE) == said
