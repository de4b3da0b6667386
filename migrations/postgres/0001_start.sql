-- The same text serves SQLite and PostgreSQL: TEXT ids, BIGINT for microseconds UTC and kuruş, BOOLEAN, TEXT for JSON.
-- `search` columns hold folded text (crm::text::fold), `sort` columns the Turkish sort key (crm::text::sort_key).

CREATE TABLE users (
    id            TEXT    PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    display_name  TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    extension     TEXT    UNIQUE,
    password_hash TEXT,
    language      TEXT    NOT NULL,
    theme         TEXT    NOT NULL,
    created_at    BIGINT  NOT NULL,
    bookings      BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
    token_hash TEXT   PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    csrf       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE login_links (
    token_hash TEXT   PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL
);

CREATE TABLE counters (
    name  TEXT   PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('ticket', 1000), ('order', 5000);

CREATE TABLE customers (
    id                 TEXT    PRIMARY KEY,
    name               TEXT    NOT NULL,
    company            TEXT,
    role               TEXT,
    email              TEXT,
    birth_date         TEXT,
    language           TEXT,
    segment            TEXT,
    address_as         TEXT,
    sms_consent        BOOLEAN,
    sms_consent_source TEXT,
    sms_consent_at     BIGINT,
    note               TEXT    NOT NULL DEFAULT '',
    search             TEXT    NOT NULL,
    sort               TEXT    NOT NULL,
    last_contact_at    BIGINT,
    created_at         BIGINT  NOT NULL,
    updated_at         BIGINT  NOT NULL,
    rev                BIGINT  NOT NULL DEFAULT 1
);
CREATE INDEX customers_by_sort ON customers (sort, id);

CREATE TABLE customer_phones (
    customer_id TEXT   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    number      TEXT   NOT NULL,
    display     TEXT   NOT NULL,
    original    TEXT   NOT NULL,
    place       BIGINT NOT NULL,
    PRIMARY KEY (customer_id, number)
);
CREATE INDEX customer_phones_by_number ON customer_phones (number);

CREATE TABLE customer_tags (
    customer_id TEXT   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    tag         TEXT   NOT NULL,
    tag_key     TEXT   NOT NULL,
    added_at    BIGINT NOT NULL,
    PRIMARY KEY (customer_id, tag_key)
);

CREATE TABLE calls (
    id             TEXT    PRIMARY KEY,
    direction      TEXT    NOT NULL,
    from_number    TEXT,
    from_key       TEXT,
    caller_name    TEXT,
    to_number      TEXT    NOT NULL,
    trunk          TEXT,
    customer_id    TEXT    REFERENCES customers (id) ON DELETE SET NULL,
    queue          TEXT,
    agent_id       TEXT,
    language       TEXT,
    ivr            TEXT    NOT NULL DEFAULT '[]',
    started_at     BIGINT  NOT NULL,
    answered_at    BIGINT,
    ended_at       BIGINT,
    wait_ms        BIGINT  NOT NULL DEFAULT 0,
    talk_ms        BIGINT  NOT NULL DEFAULT 0,
    end_class      TEXT,
    end_reason     TEXT,
    end_by         TEXT,
    missed         BOOLEAN NOT NULL DEFAULT FALSE,
    rec_state      TEXT,
    rec_started_at BIGINT,
    rec_millis     BIGINT  NOT NULL DEFAULT 0,
    rec_lost       BIGINT  NOT NULL DEFAULT 0,
    disposition    TEXT,
    note           TEXT,
    search         TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX calls_by_start ON calls (started_at, id);
CREATE INDEX calls_by_customer ON calls (customer_id, started_at, id);
CREATE INDEX calls_by_number ON calls (from_key);
CREATE INDEX calls_unfinished ON calls (started_at) WHERE ended_at IS NULL;

-- Every agent whose phone rang for a call: who talked and who missed.
CREATE TABLE call_agents (
    call_id  TEXT    NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
    user_id  TEXT    NOT NULL,
    answered BOOLEAN NOT NULL,
    missed   BOOLEAN NOT NULL,
    PRIMARY KEY (call_id, user_id)
);
CREATE INDEX call_agents_by_user ON call_agents (user_id, call_id);

-- A caller whom an agent recognised. Kept apart from `calls`, because the agent may be quicker than the journal.
CREATE TABLE call_links (
    call_id     TEXT PRIMARY KEY,
    customer_id TEXT NOT NULL REFERENCES customers (id) ON DELETE CASCADE
);

-- The journal. A call's row is the fold of its events; nothing else writes one.
CREATE TABLE events (
    id      TEXT   PRIMARY KEY,
    call_id TEXT,
    at      BIGINT NOT NULL,
    rev     BIGINT NOT NULL,
    type    TEXT   NOT NULL,
    body    TEXT   NOT NULL
);
CREATE INDEX events_by_call ON events (call_id, at, rev);
CREATE INDEX events_by_time ON events (at);

CREATE TABLE tickets (
    id          TEXT   PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    subject     TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    status      TEXT   NOT NULL,
    priority    TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    customer_id TEXT   REFERENCES customers (id) ON DELETE SET NULL,
    call_id     TEXT,
    owner_id    TEXT   REFERENCES users (id) ON DELETE SET NULL,
    due_at      BIGINT,
    search      TEXT   NOT NULL,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    rev         BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX tickets_by_creation ON tickets (created_at, id);
CREATE INDEX tickets_by_customer ON tickets (customer_id, created_at, id);
CREATE INDEX tickets_by_call ON tickets (call_id);

CREATE TABLE ticket_comments (
    id        TEXT   PRIMARY KEY,
    ticket_id TEXT   NOT NULL REFERENCES tickets (id) ON DELETE CASCADE,
    at        BIGINT NOT NULL,
    by_id     TEXT   NOT NULL,
    text      TEXT   NOT NULL
);
CREATE INDEX ticket_comments_by_ticket ON ticket_comments (ticket_id, at, id);

CREATE TABLE products (
    id       TEXT   PRIMARY KEY,
    name     TEXT   NOT NULL,
    sku      TEXT   NOT NULL UNIQUE,
    price    BIGINT NOT NULL,
    vat_rate BIGINT NOT NULL,
    unit     TEXT   NOT NULL,
    search   TEXT   NOT NULL,
    sort     TEXT   NOT NULL
);
CREATE INDEX products_by_sort ON products (sort, id);

CREATE TABLE orders (
    id          TEXT   PRIMARY KEY,
    number      BIGINT NOT NULL UNIQUE,
    status      TEXT   NOT NULL,
    customer_id TEXT   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    call_id     TEXT,
    net         BIGINT NOT NULL,
    vat         BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    note        TEXT   NOT NULL,
    search      TEXT   NOT NULL,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    rev         BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX orders_by_creation ON orders (created_at, id);
CREATE INDEX orders_by_customer ON orders (customer_id, created_at, id);
CREATE INDEX orders_by_call ON orders (call_id);

CREATE TABLE order_lines (
    order_id   TEXT   NOT NULL REFERENCES orders (id) ON DELETE CASCADE,
    place      BIGINT NOT NULL,
    product_id TEXT   REFERENCES products (id) ON DELETE SET NULL,
    name       TEXT   NOT NULL,
    quantity   BIGINT NOT NULL,
    unit_price BIGINT NOT NULL,
    vat_rate   BIGINT NOT NULL,
    net        BIGINT NOT NULL,
    vat        BIGINT NOT NULL,
    total      BIGINT NOT NULL,
    PRIMARY KEY (order_id, place)
);

CREATE TABLE invoices (
    id          TEXT   PRIMARY KEY,
    number      TEXT   NOT NULL UNIQUE,
    customer_id TEXT   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    order_id    TEXT   REFERENCES orders (id) ON DELETE SET NULL,
    amount      BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    paid_at     BIGINT
);
CREATE INDEX invoices_by_customer ON invoices (customer_id, due_at);

CREATE TABLE appointments (
    id          TEXT   PRIMARY KEY,
    customer_id TEXT   REFERENCES customers (id) ON DELETE SET NULL,
    call_id     TEXT,
    title       TEXT   NOT NULL,
    starts_at   BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL,
    with_id     TEXT   REFERENCES users (id) ON DELETE SET NULL,
    status      TEXT   NOT NULL,
    note        TEXT   NOT NULL,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    rev         BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX appointments_by_start ON appointments (starts_at, id);
CREATE INDEX appointments_by_customer ON appointments (customer_id, starts_at, id);
CREATE INDEX appointments_by_person ON appointments (with_id, starts_at);
CREATE INDEX appointments_by_call ON appointments (call_id);

CREATE TABLE notes (
    id          TEXT   PRIMARY KEY,
    customer_id TEXT   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    call_id     TEXT,
    text        TEXT   NOT NULL,
    by_id       TEXT   NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX notes_by_customer ON notes (customer_id, at, id);

CREATE TABLE offers (
    id          TEXT   PRIMARY KEY,
    customer_id TEXT   NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    title       TEXT   NOT NULL,
    why         TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    hidden_till BIGINT
);
CREATE INDEX offers_by_customer ON offers (customer_id, created_at);

-- Every answer is kept: the rate of acceptance is a figure of the business.
CREATE TABLE offer_answers (
    id       TEXT   PRIMARY KEY,
    offer_id TEXT   NOT NULL REFERENCES offers (id) ON DELETE CASCADE,
    answer   TEXT   NOT NULL,
    call_id  TEXT,
    by_id    TEXT   NOT NULL,
    at       BIGINT NOT NULL
);
CREATE INDEX offer_answers_by_offer ON offer_answers (offer_id);

CREATE TABLE audit (
    id      TEXT   PRIMARY KEY,
    at      BIGINT NOT NULL,
    user_id TEXT,
    action  TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    detail  TEXT   NOT NULL
);
CREATE INDEX audit_by_time ON audit (at, id);

CREATE TABLE idempotency (
    user_id    TEXT   NOT NULL,
    key        TEXT   NOT NULL,
    body_hash  TEXT   NOT NULL,
    status     BIGINT,
    answer     TEXT,
    started_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_by_time ON idempotency (started_at);

-- What a desk missed while it was away, per recipient.
CREATE TABLE desk_history (
    user_id TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seq     BIGINT NOT NULL,
    id      TEXT   NOT NULL,
    type    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    subject TEXT   NOT NULL,
    rev     BIGINT NOT NULL,
    data    TEXT   NOT NULL,
    PRIMARY KEY (user_id, seq)
);
CREATE INDEX desk_history_by_time ON desk_history (at);
