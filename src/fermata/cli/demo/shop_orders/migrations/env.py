"""Run by alembic: connects to the database that SHOP_DATABASE names, and applies what is asked for."""
# ruff: noqa: INP001 - alembic runs it by path

import os

import psycopg
from alembic import context
from sqlalchemy import create_engine, pool

engine = create_engine(
    "postgresql+psycopg://", creator=lambda: psycopg.connect(os.environ["SHOP_DATABASE"]), poolclass=pool.NullPool
)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
