//! The statements between a ringing phone and its card, for the code that runs them and for the tests that EXPLAIN them.

/// Who has a number (`$1`): one search in the index of numbers.
pub const CALLER_BY_NUMBER: &str = "SELECT c.id, c.name, c.company, c.last_contact_at FROM customers c \
    JOIN customer_phones p ON p.customer_id = c.id WHERE p.number = $1 ORDER BY c.sort, c.id LIMIT 10";

/// How often a number (`$1`) has called, a thousand meaning so often or more: some call all day, and a phone is ringing.
pub const CALLS_FROM: &str = "SELECT COUNT(*) AS n FROM (SELECT id FROM calls WHERE from_key = $1 LIMIT 1000) known";

/// Everything about one customer that is one value, each found by an index: `$1` the customer, `$2` a year ago, `$3` now,
/// `$4` a week ago.
pub const CARD_FACTS: &str = "SELECT c.id, c.name, c.company, c.role, c.email, c.birth_date, c.language, c.segment, c.address_as, \
    c.sms_consent, c.created_at, \
    (SELECT CAST(COALESCE(SUM(i.amount), 0) AS BIGINT) FROM invoices i WHERE i.customer_id = c.id AND i.paid_at >= $2) AS revenue, \
    (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id AND o.status <> 'cancelled') AS orders, \
    (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id AND o.status IN ('draft', 'open', 'shipped')) AS open_orders, \
    (SELECT COUNT(*) FROM tickets t WHERE t.customer_id = c.id AND t.status IN ('open', 'waiting')) AS open_tickets, \
    (SELECT MIN(a.starts_at) FROM appointments a WHERE a.customer_id = c.id AND a.status = 'booked' AND a.ends_at > $3) \
        AS next_appointment, \
    (SELECT COUNT(*) FROM calls m WHERE m.customer_id = c.id AND m.missed = TRUE AND m.started_at > $4 \
        AND m.started_at > COALESCE(c.last_contact_at, 0)) AS misses \
    FROM customers c WHERE c.id = $1";
