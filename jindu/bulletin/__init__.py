"""The bulletin 通报 of a month, as Word, Excel and PDF: made from the published database alone."""
