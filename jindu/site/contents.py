"""The site's table of contents: its sections in the order of the navigation."""

from jindu.site import about, alerts, behind, community, district, indicator, overview, quality, reporting, why
from jindu.site.page import Section

SECTIONS = (
    Section("overview", "index.html", "总览", "Overview", overview.pages),
    Section("behind", None, "滞后清单", "What is behind", behind.pages),
    Section("community", None, "各单位", "Units", community.pages),  # each stands in the navigation by its own name
    Section("indicator", "indicator/index.html", "指标", "Indicators", indicator.pages),
    Section("district", "district.html", "位次", "Rank above", district.pages),
    Section("reporting", "reporting.html", "报送", "Reporting", reporting.pages),
    Section("quality", "quality.html", "质量", "Quality", quality.pages),
    Section("alerts", "alerts.html", "提醒", "Alerts", alerts.pages),
    Section("about", "about.html", "说明", "About", about.pages),
    Section("dictionary", None, "数据字典", "Data dictionary", about.dictionary_pages),
    Section("why", None, "计算依据", "Explanations", why.pages),
)
