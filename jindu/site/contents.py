"""The site's table of contents: its sections in the order of the navigation."""

from jindu.site import overview
from jindu.site.page import Section

SECTIONS = (Section("overview", "index.html", "总览", "Overview", overview.pages),)
