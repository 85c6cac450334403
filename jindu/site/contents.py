"""The site's table of contents: its sections in the order of the navigation."""

from jindu.site import behind, community, district, indicator, overview
from jindu.site.page import Section

SECTIONS = (
    Section("overview", "index.html", "总览", "Overview", overview.pages),
    Section("behind", None, "滞后清单", "What is behind", behind.pages),
    Section("community", None, "各单位", "Units", community.pages),  # each stands in the navigation by its own name
    Section("indicator", "indicator/index.html", "指标", "Indicators", indicator.pages),
    Section("district", "district.html", "位次", "Rank above", district.pages),
)
