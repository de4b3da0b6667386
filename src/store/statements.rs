//! The statements between a ringing phone and its card, and those of a start, for the code that runs them and for the tests that EXPLAIN them.

/// Who has a number (`$1`): one search in the index of numbers.
pub const CALLER_BY_NUMBER: &str = "SELECT c.id, c.name, c.company, c.last_contact_at FROM customers c \
    JOIN customer_phones p ON p.customer_id = c.id WHERE p.number = $1 ORDER BY c.sort, c.id LIMIT 10";

/// What a start asks: calls that the run before left open, with the moment and the number of their last event. Not in
/// order, which would lead through all calls.
pub const CALLS_LEFT_OPEN: &str = "SELECT c.id, \
    (SELECT MAX(e.at) FROM events e WHERE e.call_id = c.id) AS last_at, \
    (SELECT MAX(e.rev) FROM events e WHERE e.call_id = c.id) AS rev FROM calls c WHERE c.ended_at IS NULL";

/// What a start asks: calls whose recording was still being written when the last run ended.
pub const RECORDINGS_LEFT_OPEN: &str = "SELECT id FROM calls WHERE rec_state = 'recording' ORDER BY id";

/// What a start asks: what each person had last chosen, in order, since `$1` (µs UTC).
pub const STATUSES_SINCE: &str = "SELECT id, body FROM events WHERE type = 'agent.state' AND at >= $1 ORDER BY at, id";

/// How often a number (`$1`) has called, a thousand meaning so often or more: some call all day, and a phone is ringing.
pub const CALLS_FROM: &str = "SELECT COUNT(*) AS n FROM (SELECT id FROM calls WHERE from_key = $1 LIMIT 1000) known";

/// The labels of a customer (`$1`) that have a place on the card.
pub const CARD_TAGS: &str = "SELECT tag FROM customer_tags WHERE customer_id = $1 ORDER BY added_at, tag_key LIMIT 8";

/// Everything else about one customer in one row, each part found by an index: `$1` the customer, `$2` a year ago, `$3`
/// now, `$4` a week ago. Beside the counts stand the invoice that is overdue for longest, the oldest open complaint, the
/// newest offer that is not put aside, and the last call that was answered. `COALESCE` keeps the planner from the index of
/// all complaints, which has their order and everybody's.
pub const CARD_FACTS: &str = "SELECT c.id, c.name, c.company, c.role, c.email, c.birth_date, c.language, c.segment, c.address_as, \
    c.sms_consent, c.created_at, \
    (SELECT CAST(COALESCE(SUM(i.amount), 0) AS BIGINT) FROM invoices i WHERE i.customer_id = c.id AND i.paid_at >= $2) AS revenue, \
    (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id AND o.status <> 'cancelled') AS orders, \
    (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id AND o.status IN ('draft', 'open', 'shipped')) AS open_orders, \
    (SELECT COUNT(*) FROM tickets t WHERE t.customer_id = c.id AND t.status IN ('open', 'waiting')) AS open_tickets, \
    (SELECT MIN(a.starts_at) FROM appointments a WHERE a.customer_id = c.id AND a.status = 'booked' AND a.ends_at > $3) \
        AS next_appointment, \
    (SELECT COUNT(*) FROM calls m WHERE m.customer_id = c.id AND m.missed = TRUE AND m.started_at > $4 \
        AND m.started_at > COALESCE(c.last_contact_at, 0)) AS misses, \
    due.number AS due_number, due.amount AS due_amount, due.due_at, \
    wrong.subject AS wrong_subject, wrong.created_at AS wrong_since, carer.display_name AS wrong_owner, \
    offer.id AS offer_id, offer.title AS offer_title, offer.why AS offer_why, \
    talk.answered_at AS talk_at, COALESCE(taker.display_name, talk.agent_id) AS talk_by, \
    COALESCE((SELECT MIN(about.subject) FROM tickets about WHERE about.call_id = talk.id), talk.note, talk.queue) AS talk_about \
    FROM customers c \
    LEFT JOIN invoices due ON due.id = (SELECT i.id FROM invoices i WHERE i.customer_id = c.id AND i.paid_at IS NULL \
        AND i.due_at < $3 ORDER BY i.due_at LIMIT 1) \
    LEFT JOIN tickets wrong ON wrong.id = (SELECT t.id FROM tickets t WHERE t.customer_id = c.id AND COALESCE(t.kind, '') = 'complaint' \
        AND t.status IN ('open', 'waiting') ORDER BY t.created_at LIMIT 1) \
    LEFT JOIN users carer ON carer.id = wrong.owner_id \
    LEFT JOIN offers offer ON offer.id = (SELECT f.id FROM offers f WHERE f.customer_id = c.id \
        AND (f.hidden_till IS NULL OR f.hidden_till <= $3) ORDER BY f.created_at DESC LIMIT 1) \
    LEFT JOIN calls talk ON talk.id = (SELECT l.id FROM calls l WHERE l.customer_id = c.id AND l.answered_at IS NOT NULL \
        AND l.ended_at IS NOT NULL ORDER BY l.started_at DESC LIMIT 1) \
    LEFT JOIN users taker ON taker.id = talk.agent_id \
    WHERE c.id = $1";
