"""Orders and their lines, with what was sold so far."""
# ruff: noqa: INP001 - alembic runs it by path

from alembic import op

revision = "v0001"
down_revision = None

TABLES = """
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer NOT NULL);
CREATE TABLE order_lines (order_id bigint NOT NULL, sku text NOT NULL, quantity integer NOT NULL);
"""
SALES = """
INSERT INTO orders SELECT number, number % 500 FROM generate_series(1, 25000) number;
INSERT INTO order_lines
  SELECT number, (ARRAY['mug', 'teapot', 'kettle', 'tea', 'honey'])[1 + line % 5], 1 + (number + line) % 3
  FROM generate_series(1, 25000) number, generate_series(1, 24) line;
CREATE INDEX ix_orders_customer_id ON orders (customer_id, id);
"""


def upgrade() -> None:
    """Make both tables and fill them."""
    op.execute(TABLES)
    op.execute(SALES)


def downgrade() -> None:
    """Drop both tables."""
    op.drop_table("order_lines")
    op.drop_table("orders")
