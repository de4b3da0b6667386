-- Browsers in which somebody has signed in. There a flood of wrong passwords from elsewhere locks nobody out.
CREATE TABLE devices (
    token_hash TEXT   NOT NULL,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    seen_at    BIGINT NOT NULL,
    PRIMARY KEY (token_hash, user_id)
);
CREATE INDEX devices_by_user ON devices (user_id, seen_at);
