-- SPDX-License-Identifier: GPL-3.0-or-later
-- The shop: items, orders, and an audit log. Run as the database's owner, once.
CREATE TABLE items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    description text NOT NULL,
    price numeric(10, 2) NOT NULL CHECK (price >= 0),
    stock integer NOT NULL DEFAULT 0
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item bigint NOT NULL REFERENCES items (id),
    customer integer NOT NULL,
    reference text NOT NULL,
    quantity integer NOT NULL DEFAULT 1 CHECK (quantity > 0),
    state text NOT NULL DEFAULT 'new',
    at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    event text NOT NULL,
    outcome text NOT NULL
);
INSERT INTO items (name, description, price, stock)
SELECT 'Item ' || n, 'A thing of grade ' || chr(65 + n % 26) || ', made in lot ' || n / 100 || ', kept dry.', (n * 37 % 9900) / 100.0 + 1, n % 50
FROM generate_series(1, 20000) AS n;
-- References repeat, as imports leave them: that is why the unique index below cannot be built.
INSERT INTO orders (item, customer, reference, quantity, state, at)
SELECT n % 20000 + 1, n * 7 % 3000, 'R-' || n / 2, n % 4 + 1, CASE WHEN n % 50 = 0 THEN 'new' ELSE 'done' END, now() - n * interval '90 seconds'
FROM generate_series(1, 40000) AS n;
CREATE INDEX orders_customer_idx ON orders (customer, at DESC);
CREATE INDEX orders_item_idx ON orders (item);
CREATE INDEX orders_at_idx ON orders (at DESC);
