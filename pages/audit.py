from deeptepp.ui.audit.audit_page import audit_page
from deeptepp.ui.shown_page import show_page

show_page("audit", audit_page)
