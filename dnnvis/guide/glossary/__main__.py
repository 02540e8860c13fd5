"""Print the page of the guide: ``python -m dnnvis.guide.glossary``."""

from dnnvis.guide.glossary import write_page

print(write_page(), end="")
