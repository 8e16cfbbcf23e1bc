"""Reading the store: boards, series, pages of records."""
