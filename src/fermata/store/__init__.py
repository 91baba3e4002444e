"""The rows on disk: tables, migrations, the journal, and the one place that speaks SQL."""
