"""The schema: models, migrations, partitions, grants, probing."""
