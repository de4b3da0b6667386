-- Callers who are owed a call: those who reached nobody, and those to whom one was promised. At most one is open per number.

CREATE TABLE callbacks (
    id          TEXT   PRIMARY KEY,
    number      TEXT   NOT NULL,
    caller_name TEXT,
    customer_id TEXT   REFERENCES customers (id) ON DELETE SET NULL,
    call_id     TEXT,
    queue       TEXT,
    reason      TEXT   NOT NULL,
    misses      BIGINT NOT NULL,
    -- The last moment already counted: calls that ended before it change nothing, however often they are written.
    counted_to  BIGINT NOT NULL,
    owner_id    TEXT   REFERENCES users (id) ON DELETE SET NULL,
    due_at      BIGINT NOT NULL,
    note        TEXT   NOT NULL,
    outcome     TEXT,
    done_by     TEXT,
    done_at     BIGINT,
    created_by  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    rev         BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX callbacks_open_by_number ON callbacks (number) WHERE done_at IS NULL;
CREATE INDEX callbacks_open_by_due ON callbacks (due_at, id) WHERE done_at IS NULL;
CREATE INDEX callbacks_open_by_owner ON callbacks (owner_id, due_at, id) WHERE done_at IS NULL;
CREATE INDEX callbacks_by_end ON callbacks (done_at, id) WHERE done_at IS NOT NULL;
CREATE INDEX callbacks_by_number ON callbacks (number, counted_to);
CREATE INDEX callbacks_by_customer ON callbacks (customer_id, due_at, id);
CREATE INDEX callbacks_by_call ON callbacks (call_id);
