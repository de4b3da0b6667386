-- What was still read row by row: callbacks by words, ended callbacks of one owner or customer, talks without a result,
-- and when a number was last answered.

ALTER TABLE callbacks ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
ALTER TABLE callbacks ADD COLUMN place BIGINT;
CREATE VIEW callback_words AS
SELECT b.id AS callback_id, COALESCE('  ' || replace(NULLIF(c.search, ''), ' ', '  '), '') || '  ' || replace(b.number, '+', '') AS words
FROM callbacks b LEFT JOIN customers c ON c.id = b.customer_id;
UPDATE callbacks SET place = rowid, found_by = (SELECT w.words FROM callback_words w WHERE w.callback_id = callbacks.id);
CREATE INDEX callbacks_by_place ON callbacks (place);
CREATE VIRTUAL TABLE callback_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
INSERT INTO callback_search (rowid, words) SELECT place, found_by FROM callbacks ORDER BY place;

CREATE TRIGGER callback_placed AFTER INSERT ON callbacks BEGIN
    UPDATE callbacks SET place = (SELECT COALESCE(MAX(place), 0) + 1 FROM callbacks),
        found_by = (SELECT w.words FROM callback_words w WHERE w.callback_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER callback_renamed AFTER UPDATE OF customer_id, number ON callbacks
WHEN OLD.customer_id IS NOT NEW.customer_id OR OLD.number <> NEW.number BEGIN
    UPDATE callbacks SET found_by = (SELECT w.words FROM callback_words w WHERE w.callback_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER callback_customer_renamed AFTER UPDATE OF search ON customers WHEN OLD.search <> NEW.search BEGIN
    UPDATE callbacks SET found_by = (SELECT w.words FROM callback_words w WHERE w.callback_id = callbacks.id) WHERE customer_id = NEW.id;
END;
CREATE TRIGGER callback_found AFTER UPDATE OF found_by, place ON callbacks
WHEN OLD.found_by <> NEW.found_by OR OLD.place IS NOT NEW.place BEGIN
    REPLACE INTO callback_search (rowid, words) VALUES (NEW.place, NEW.found_by);
END;
CREATE TRIGGER callback_gone AFTER DELETE ON callbacks BEGIN
    DELETE FROM callback_search WHERE rowid = OLD.place;
END;

CREATE INDEX callbacks_ended_by_owner ON callbacks (owner_id, done_at, id) WHERE done_at IS NOT NULL;
CREATE INDEX callbacks_ended_by_customer ON callbacks (customer_id, done_at, id) WHERE done_at IS NOT NULL;
DROP INDEX callbacks_by_customer;
CREATE INDEX callbacks_open_by_customer ON callbacks (customer_id, due_at, id) WHERE done_at IS NULL;

CREATE INDEX calls_without_result ON calls (started_at, id)
    WHERE disposition IS NULL AND answered_at IS NOT NULL AND ended_at IS NOT NULL;
CREATE INDEX calls_without_result_by_agent ON calls (agent_id, started_at, id)
    WHERE disposition IS NULL AND answered_at IS NOT NULL AND ended_at IS NOT NULL;
DROP INDEX calls_by_number;
CREATE INDEX calls_by_number ON calls (from_key, answered_at);
