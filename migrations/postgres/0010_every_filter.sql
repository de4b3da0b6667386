-- What was still read row by row: callbacks by words, ended callbacks of one owner or customer, talks without a result,
-- and when a number was last answered.

ALTER TABLE callbacks ADD COLUMN found_by TEXT NOT NULL DEFAULT '';
UPDATE callbacks SET found_by = name_of_customer(customer_id) || spaced(replace(number, '+', ''));
CREATE INDEX callbacks_by_words ON callbacks USING gin (found_by gin_trgm_ops) WITH (gin_pending_list_limit = 512);

CREATE FUNCTION callback_found() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.found_by := name_of_customer(NEW.customer_id) || spaced(replace(NEW.number, '+', ''));
    RETURN NEW;
END $$;
CREATE TRIGGER callback_found BEFORE INSERT OR UPDATE OF customer_id, number ON callbacks
    FOR EACH ROW EXECUTE FUNCTION callback_found();
CREATE FUNCTION callback_customer_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE callbacks SET number = number WHERE customer_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER callback_customer_renamed AFTER UPDATE OF search ON customers FOR EACH ROW
    WHEN (OLD.search IS DISTINCT FROM NEW.search) EXECUTE FUNCTION callback_customer_renamed();

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
