-- Where the phones of an extension are registered, as the switch says it (JSON), so that a restart forgets nobody.
CREATE TABLE registrations (
    extension  TEXT   PRIMARY KEY,
    places     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);
