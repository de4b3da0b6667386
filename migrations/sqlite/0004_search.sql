-- Every list and every search is driven by an index.
--
-- `found_by` holds all words by which a row is found, each with two blanks before it: "  ayse  yilmaz  905321112233".
-- Three letters anywhere in it are one entry of the full-text index beside the table; the blanks make the beginning of
-- a word three letters too, so that one or two letters find words that begin with them.

CREATE VIEW customer_words AS
SELECT c.id AS customer_id, '  ' || replace(c.search, ' ', '  ') AS named,
    '  ' || replace(c.search, ' ', '  ')
    || COALESCE((SELECT group_concat('  ' || replace(t.tag_key, ' ', '  '), '') FROM customer_tags t WHERE t.customer_id = c.id), '')
    || COALESCE((SELECT group_concat('  ' || replace(p.number, '+', ''), '') FROM customer_phones p WHERE p.customer_id = c.id), '')
    AS words
FROM customers c;

ALTER TABLE customers ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
-- Where the full-text index keeps this customer: a number that no reorganisation of the file changes.
ALTER TABLE customers ADD COLUMN place BIGINT;
UPDATE customers SET place = rowid, found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = customers.id);
DROP INDEX customers_by_sort;
CREATE INDEX customers_by_sort ON customers (sort, id, found_by);
CREATE INDEX customers_by_place ON customers (place, sort, id, found_by);
CREATE VIRTUAL TABLE customer_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
INSERT INTO customer_search (rowid, words) SELECT place, found_by FROM customers ORDER BY place;

ALTER TABLE calls ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
CREATE VIEW call_words AS
SELECT c.id AS call_id, COALESCE('  ' || replace(NULLIF(c.search, ''), ' ', '  '), '') || COALESCE(w.named, '')
    || COALESCE('  ' || replace(c.from_key, '+', ''), '') AS words
FROM calls c LEFT JOIN customer_words w ON w.customer_id = c.customer_id;
UPDATE calls SET found_by = (SELECT w.words FROM call_words w WHERE w.call_id = calls.id);
-- An entry is the words of all calls of one microsecond, so that the order of the index is the order of the list.
CREATE VIRTUAL TABLE call_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
INSERT INTO call_search (rowid, words) SELECT started_at, group_concat(found_by, '') FROM calls GROUP BY started_at ORDER BY started_at;

ALTER TABLE tickets ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
CREATE VIEW ticket_words AS
SELECT t.id AS ticket_id, '  ' || replace(t.search, ' ', '  ') || COALESCE(w.named, '') AS words
FROM tickets t LEFT JOIN customer_words w ON w.customer_id = t.customer_id;
UPDATE tickets SET found_by = (SELECT w.words FROM ticket_words w WHERE w.ticket_id = tickets.id);
CREATE VIRTUAL TABLE ticket_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
INSERT INTO ticket_search (rowid, words) SELECT number, found_by FROM tickets ORDER BY number;

ALTER TABLE orders ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
CREATE VIEW order_words AS
SELECT o.id AS order_id, '  ' || replace(o.search, ' ', '  ') || COALESCE(w.named, '') AS words
FROM orders o LEFT JOIN customer_words w ON w.customer_id = o.customer_id;
UPDATE orders SET found_by = (SELECT w.words FROM order_words w WHERE w.order_id = orders.id);
CREATE VIRTUAL TABLE order_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
INSERT INTO order_search (rowid, words) SELECT number, found_by FROM orders ORDER BY number;

ALTER TABLE products ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
ALTER TABLE products ADD COLUMN place BIGINT;
UPDATE products SET place = rowid, found_by = '  ' || replace(search, ' ', '  ');
DROP INDEX products_by_sort;
CREATE INDEX products_by_sort ON products (sort, id, found_by);
CREATE INDEX products_by_place ON products (place, sort, id, found_by);
CREATE VIRTUAL TABLE product_search USING fts5 (words, content = '', contentless_delete = 1, tokenize = 'trigram', detail = none);
INSERT INTO product_search (rowid, words) SELECT place, found_by FROM products ORDER BY place;

-- Kept true by the tables themselves, whoever writes to them.
CREATE TRIGGER customer_placed AFTER INSERT ON customers BEGIN
    UPDATE customers SET place = (SELECT COALESCE(MAX(place), 0) + 1 FROM customers),
        found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER customer_renamed AFTER UPDATE OF search ON customers WHEN OLD.search <> NEW.search BEGIN
    UPDATE customers SET found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = NEW.id) WHERE id = NEW.id;
    UPDATE calls SET found_by = (SELECT w.words FROM call_words w WHERE w.call_id = calls.id) WHERE customer_id = NEW.id;
    UPDATE tickets SET found_by = (SELECT w.words FROM ticket_words w WHERE w.ticket_id = tickets.id) WHERE customer_id = NEW.id;
    UPDATE orders SET found_by = (SELECT w.words FROM order_words w WHERE w.order_id = orders.id) WHERE customer_id = NEW.id;
END;
CREATE TRIGGER customer_found AFTER UPDATE OF found_by, place ON customers
WHEN OLD.found_by <> NEW.found_by OR OLD.place IS NOT NEW.place BEGIN
    REPLACE INTO customer_search (rowid, words) VALUES (NEW.place, NEW.found_by);
END;
CREATE TRIGGER customer_gone AFTER DELETE ON customers BEGIN
    DELETE FROM customer_search WHERE rowid = OLD.place;
END;
CREATE TRIGGER customer_phone_added AFTER INSERT ON customer_phones BEGIN
    UPDATE customers SET found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = NEW.customer_id) WHERE id = NEW.customer_id;
END;
CREATE TRIGGER customer_phone_gone AFTER DELETE ON customer_phones BEGIN
    UPDATE customers SET found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = OLD.customer_id) WHERE id = OLD.customer_id;
END;
CREATE TRIGGER customer_tag_added AFTER INSERT ON customer_tags BEGIN
    UPDATE customers SET found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = NEW.customer_id) WHERE id = NEW.customer_id;
END;
CREATE TRIGGER customer_tag_gone AFTER DELETE ON customer_tags BEGIN
    UPDATE customers SET found_by = (SELECT w.words FROM customer_words w WHERE w.customer_id = OLD.customer_id) WHERE id = OLD.customer_id;
END;

CREATE TRIGGER call_added AFTER INSERT ON calls BEGIN
    UPDATE calls SET found_by = (SELECT w.words FROM call_words w WHERE w.call_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER call_renamed AFTER UPDATE OF search, customer_id, from_key ON calls
WHEN OLD.search <> NEW.search OR OLD.customer_id IS NOT NEW.customer_id OR OLD.from_key IS NOT NEW.from_key BEGIN
    UPDATE calls SET found_by = (SELECT w.words FROM call_words w WHERE w.call_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER call_found AFTER UPDATE OF found_by ON calls WHEN OLD.found_by <> NEW.found_by BEGIN
    REPLACE INTO call_search (rowid, words)
    SELECT NEW.started_at, group_concat(found_by, '') FROM calls WHERE started_at = NEW.started_at;
END;
CREATE TRIGGER call_moved AFTER UPDATE OF started_at ON calls WHEN OLD.started_at <> NEW.started_at BEGIN
    DELETE FROM call_search WHERE rowid = OLD.started_at;
    INSERT INTO call_search (rowid, words)
    SELECT OLD.started_at, group_concat(found_by, '') FROM calls WHERE started_at = OLD.started_at HAVING COUNT(*) > 0;
    REPLACE INTO call_search (rowid, words)
    SELECT NEW.started_at, group_concat(found_by, '') FROM calls WHERE started_at = NEW.started_at;
    UPDATE call_agents SET started_at = NEW.started_at WHERE call_id = NEW.id;
END;
CREATE TRIGGER call_gone AFTER DELETE ON calls BEGIN
    DELETE FROM call_search WHERE rowid = OLD.started_at;
    INSERT INTO call_search (rowid, words)
    SELECT OLD.started_at, group_concat(found_by, '') FROM calls WHERE started_at = OLD.started_at HAVING COUNT(*) > 0;
END;

CREATE TRIGGER ticket_added AFTER INSERT ON tickets BEGIN
    UPDATE tickets SET found_by = (SELECT w.words FROM ticket_words w WHERE w.ticket_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER ticket_renamed AFTER UPDATE OF search, customer_id ON tickets
WHEN OLD.search <> NEW.search OR OLD.customer_id IS NOT NEW.customer_id BEGIN
    UPDATE tickets SET found_by = (SELECT w.words FROM ticket_words w WHERE w.ticket_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER ticket_found AFTER UPDATE OF found_by ON tickets WHEN OLD.found_by <> NEW.found_by BEGIN
    REPLACE INTO ticket_search (rowid, words) VALUES (NEW.number, NEW.found_by);
END;
CREATE TRIGGER ticket_gone AFTER DELETE ON tickets BEGIN
    DELETE FROM ticket_search WHERE rowid = OLD.number;
END;

CREATE TRIGGER order_added AFTER INSERT ON orders BEGIN
    UPDATE orders SET found_by = (SELECT w.words FROM order_words w WHERE w.order_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER order_renamed AFTER UPDATE OF search, customer_id ON orders
WHEN OLD.search <> NEW.search OR OLD.customer_id <> NEW.customer_id BEGIN
    UPDATE orders SET found_by = (SELECT w.words FROM order_words w WHERE w.order_id = NEW.id) WHERE id = NEW.id;
END;
CREATE TRIGGER order_found AFTER UPDATE OF found_by ON orders WHEN OLD.found_by <> NEW.found_by BEGIN
    REPLACE INTO order_search (rowid, words) VALUES (NEW.number, NEW.found_by);
END;
CREATE TRIGGER order_gone AFTER DELETE ON orders BEGIN
    DELETE FROM order_search WHERE rowid = OLD.number;
END;

CREATE TRIGGER product_placed AFTER INSERT ON products BEGIN
    UPDATE products SET place = (SELECT COALESCE(MAX(place), 0) + 1 FROM products),
        found_by = '  ' || replace(NEW.search, ' ', '  ') WHERE id = NEW.id;
END;
CREATE TRIGGER product_renamed AFTER UPDATE OF search ON products WHEN OLD.search <> NEW.search BEGIN
    UPDATE products SET found_by = '  ' || replace(NEW.search, ' ', '  ') WHERE id = NEW.id;
END;
CREATE TRIGGER product_found AFTER UPDATE OF found_by, place ON products
WHEN OLD.found_by <> NEW.found_by OR OLD.place IS NOT NEW.place BEGIN
    REPLACE INTO product_search (rowid, words) VALUES (NEW.place, NEW.found_by);
END;
CREATE TRIGGER product_gone AFTER DELETE ON products BEGIN
    DELETE FROM product_search WHERE rowid = OLD.place;
END;

-- "My calls" and "my missed calls": an agent's part in a call with the call's own time.
ALTER TABLE call_agents ADD COLUMN took_part BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE call_agents ADD COLUMN started_at BIGINT NOT NULL DEFAULT 0;
INSERT INTO call_agents (call_id, user_id, answered, missed)
    SELECT id, agent_id, FALSE, FALSE FROM calls WHERE agent_id IS NOT NULL ON CONFLICT (call_id, user_id) DO NOTHING;
UPDATE call_agents SET started_at = (SELECT c.started_at FROM calls c WHERE c.id = call_agents.call_id),
    took_part = answered OR missed OR EXISTS (SELECT 1 FROM calls c WHERE c.id = call_agents.call_id
        AND c.agent_id = call_agents.user_id);
DROP INDEX call_agents_by_user;
CREATE INDEX call_agents_by_part ON call_agents (user_id, started_at, call_id) WHERE took_part = TRUE;
CREATE INDEX call_agents_by_miss ON call_agents (user_id, started_at, call_id) WHERE missed = TRUE;

-- The filters of the lists, each in the order of its list.
CREATE INDEX calls_by_queue ON calls (queue, started_at, id);
CREATE INDEX calls_missed ON calls (started_at, id) WHERE missed = TRUE;
CREATE INDEX calls_missed_by_queue ON calls (queue, started_at, id) WHERE missed = TRUE;
CREATE INDEX calls_recorded ON calls (started_at, id) WHERE rec_state IS NOT NULL;
CREATE INDEX tickets_by_status ON tickets (status, created_at, id);
CREATE INDEX tickets_by_kind ON tickets (kind, created_at, id);
CREATE INDEX tickets_by_owner ON tickets (owner_id, created_at, id);
CREATE INDEX tickets_by_owner_and_status ON tickets (owner_id, status, created_at, id);
CREATE INDEX tickets_by_customer_and_status ON tickets (customer_id, status, created_at, id);
CREATE INDEX orders_by_status ON orders (status, created_at, id);
ALTER TABLE orders ADD COLUMN unfinished BOOLEAN GENERATED ALWAYS AS (status IN ('draft', 'open', 'shipped')) VIRTUAL;
CREATE INDEX orders_unfinished ON orders (created_at, id) WHERE unfinished = TRUE;
DROP INDEX appointments_by_person;
CREATE INDEX appointments_by_person ON appointments (with_id, starts_at, id);

-- What a start asks.
CREATE INDEX calls_being_recorded ON calls (id) WHERE rec_state = 'recording';
CREATE INDEX events_of_agents ON events (at, id) WHERE type = 'agent.state';
