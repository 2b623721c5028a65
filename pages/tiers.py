from deeptepp.ui.guard import guard
from deeptepp.ui.masthead import masthead
from deeptepp.ui.tiers.tiers_page import tiers_page
from deeptepp.ui.tiers.tiers_state import has_real_patients

guard()
masthead(has_real_patients=has_real_patients())
tiers_page()
