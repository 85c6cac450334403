"""The site's table of contents: its sections in the order of the navigation."""

from jindu.site import about, alerts, overview, quality, reporting, why
from jindu.site.page import Section

SECTIONS = (
    Section("overview", "index.html", "总览", "Overview", overview.pages),
    Section("reporting", "reporting.html", "报送", "Reporting", reporting.pages),
    Section("quality", "quality.html", "质量", "Quality", quality.pages),
    Section("alerts", "alerts.html", "提醒", "Alerts", alerts.pages),
    Section("about", "about.html", "说明", "About", about.pages),
    Section("dictionary", None, "数据字典", "Data dictionary", about.dictionary_pages),
    Section("why", None, "计算依据", "Explanations", why.pages),
)
