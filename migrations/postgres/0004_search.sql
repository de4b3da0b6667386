-- Every list and every search is driven by an index.
--
-- `found_by` holds all words by which a row is found, each with two blanks before it: "  ayse  yilmaz  905321112233".
-- The trigram index knows where a word begins, so one or two letters find words that begin with them.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE FUNCTION spaced(words TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE('  ' || replace(NULLIF(words, ''), ' ', '  '), '')
$$;
CREATE FUNCTION words_of_customer(customer TEXT, search TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT spaced(search)
        || COALESCE((SELECT string_agg(spaced(t.tag_key), '') FROM customer_tags t WHERE t.customer_id = customer), '')
        || COALESCE((SELECT string_agg('  ' || replace(p.number, '+', ''), '') FROM customer_phones p WHERE p.customer_id = customer), '')
$$;
CREATE FUNCTION name_of_customer(customer TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT COALESCE((SELECT spaced(c.search) FROM customers c WHERE c.id = customer), '')
$$;

ALTER TABLE customers ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
ALTER TABLE tickets ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
ALTER TABLE orders ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
UPDATE customers SET found_by = words_of_customer(id, search);
UPDATE calls SET found_by = spaced(search) || name_of_customer(customer_id) || spaced(replace(COALESCE(from_key, ''), '+', ''));
UPDATE tickets SET found_by = spaced(search) || name_of_customer(customer_id);
UPDATE orders SET found_by = spaced(search) || name_of_customer(customer_id);
CREATE INDEX customers_by_words ON customers USING gin (found_by gin_trgm_ops) WITH (gin_pending_list_limit = 512);
CREATE INDEX calls_by_words ON calls USING gin (found_by gin_trgm_ops) WITH (gin_pending_list_limit = 512);
CREATE INDEX tickets_by_words ON tickets USING gin (found_by gin_trgm_ops) WITH (gin_pending_list_limit = 512);
CREATE INDEX orders_by_words ON orders USING gin (found_by gin_trgm_ops) WITH (gin_pending_list_limit = 512);

-- Kept true by the tables themselves, whoever writes to them.
CREATE FUNCTION customer_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.found_by := words_of_customer(NEW.id, NEW.search);
    RETURN NEW;
END $$;
CREATE TRIGGER customer_found BEFORE INSERT OR UPDATE OF search ON customers FOR EACH ROW EXECUTE FUNCTION customer_found();

CREATE FUNCTION customer_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calls SET search = search WHERE customer_id = NEW.id;
    UPDATE tickets SET search = search WHERE customer_id = NEW.id;
    UPDATE orders SET search = search WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_renamed AFTER UPDATE OF search ON customers FOR EACH ROW
    WHEN (OLD.search IS DISTINCT FROM NEW.search) EXECUTE FUNCTION customer_renamed();

CREATE FUNCTION customer_part_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE customers SET search = search WHERE id = OLD.customer_id;
    ELSE
        UPDATE customers SET search = search WHERE id = NEW.customer_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER customer_phone_changed AFTER INSERT OR DELETE ON customer_phones FOR EACH ROW EXECUTE FUNCTION customer_part_changed();
CREATE TRIGGER customer_tag_changed AFTER INSERT OR DELETE ON customer_tags FOR EACH ROW EXECUTE FUNCTION customer_part_changed();

CREATE FUNCTION call_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.found_by := spaced(NEW.search) || name_of_customer(NEW.customer_id) || spaced(replace(COALESCE(NEW.from_key, ''), '+', ''));
    RETURN NEW;
END $$;
CREATE TRIGGER call_found BEFORE INSERT OR UPDATE OF search, customer_id, from_key ON calls FOR EACH ROW EXECUTE FUNCTION call_found();
CREATE FUNCTION call_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE call_agents SET started_at = NEW.started_at WHERE call_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER call_moved AFTER UPDATE OF started_at ON calls FOR EACH ROW
    WHEN (OLD.started_at <> NEW.started_at) EXECUTE FUNCTION call_moved();

CREATE FUNCTION work_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.found_by := spaced(NEW.search) || name_of_customer(NEW.customer_id);
    RETURN NEW;
END $$;
CREATE TRIGGER ticket_found BEFORE INSERT OR UPDATE OF search, customer_id ON tickets FOR EACH ROW EXECUTE FUNCTION work_found();
CREATE TRIGGER order_found BEFORE INSERT OR UPDATE OF search, customer_id ON orders FOR EACH ROW EXECUTE FUNCTION work_found();

ALTER TABLE products ADD COLUMN found_by TEXT NOT NULL GENERATED ALWAYS AS (spaced(search)) STORED;
CREATE INDEX products_by_words ON products USING gin (found_by gin_trgm_ops);

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
ALTER TABLE orders ADD COLUMN unfinished BOOLEAN GENERATED ALWAYS AS (status IN ('draft', 'open', 'shipped')) STORED;
CREATE INDEX orders_unfinished ON orders (created_at, id) WHERE unfinished = TRUE;
DROP INDEX appointments_by_person;
CREATE INDEX appointments_by_person ON appointments (with_id, starts_at, id);

-- What a start asks.
CREATE INDEX calls_being_recorded ON calls (id) WHERE rec_state = 'recording';
CREATE INDEX events_of_agents ON events (at, id) WHERE type = 'agent.state';
