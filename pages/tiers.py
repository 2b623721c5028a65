from deeptepp.ui.shown_page import show_page
from deeptepp.ui.tiers.tiers_page import tiers_page
from deeptepp.ui.tiers.tiers_state import has_real_patients

show_page("tiers", tiers_page, has_real_patients=has_real_patients)
