//! Orders with their lines.

use std::collections::HashMap;

use crm::calendar::day_of;
use crm::order::{Line, MAX_LINES, Status, totals};
use sqlx::AssertSqlSafe;

use crate::change::{bump, next_number, owner_of, undo};
use crate::db::{Row, Tx, Value, placeholders, values};
use crate::error::{Result, StoreError};
use crate::joined::named;
use crate::page::{Order as By, Page, PageAsk, Select, Words};
use crate::products::product;
use crate::search::{Digits, Question};
use crate::{Named, Store, check, id};

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// `ord_…`
    pub id: String,
    /// Number for people.
    pub number: i64,
    /// Status.
    pub status: Status,
    /// Whose.
    pub customer: Named,
    /// The call it came from.
    pub call: Option<String>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Without KDV, kuruş.
    pub net: i64,
    /// KDV, kuruş.
    pub vat: i64,
    /// With KDV, kuruş.
    pub total: i64,
    /// Free text.
    pub note: String,
    /// Who made it, `usr_…`.
    pub created_by: String,
    /// µs UTC.
    pub created_at: i64,
    /// µs UTC.
    pub updated_at: i64,
    /// Rises with each change.
    pub rev: i64,
}

/// A line wished for: a product, or a free text with price and KDV; what is given goes before the product's own.
#[derive(Debug, Clone, Default)]
pub struct LineAsk {
    /// `prd_…`
    pub product: Option<String>,
    /// What.
    pub name: Option<String>,
    /// Pieces.
    pub quantity: i64,
    /// Kuruş per piece, KDV included.
    pub unit_price: Option<i64>,
    /// Per cent.
    pub vat_rate: Option<i64>,
}

/// An order to make.
#[derive(Debug, Clone, Default)]
pub struct NewOrder {
    /// Whose; the call's customer when `None`.
    pub customer: Option<String>,
    /// The call it comes from.
    pub call: Option<String>,
    /// Lines, at least one.
    pub lines: Vec<LineAsk>,
    /// Free text.
    pub note: String,
    /// Status; open when `None`.
    pub status: Option<Status>,
}

/// What changes; `None` leaves as it is.
#[derive(Debug, Clone, Default)]
pub struct OrderPatch {
    /// Status, if it may follow the present one.
    pub status: Option<Status>,
    /// Free text.
    pub note: Option<String>,
    /// All lines; only of drafts and open orders.
    pub lines: Option<Vec<LineAsk>>,
}

/// Which orders are wanted; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// Words of a line, the note or the customer's name, or the number.
    pub q: Option<String>,
    /// Status.
    pub status: Option<Status>,
    /// `cus_…`
    pub customer: Option<String>,
    /// Only those with work left.
    pub unfinished: bool,
}

const ORDER: &str = "SELECT o.id, o.number, o.status, o.customer_id, cu.name AS customer_name, o.call_id, o.net, o.vat, \
    o.total, o.note, o.created_by, o.created_at, o.updated_at, o.rev \
    FROM orders o JOIN customers cu ON cu.id = o.customer_id";
pub(crate) const INTO_ORDERS: &str = "orders (id, number, status, customer_id, call_id, net, vat, total, note, search, \
                                      created_by, created_at, updated_at)";
pub(crate) const INTO_LINES: &str =
    "order_lines (order_id, place, product_id, name, quantity, unit_price, vat_rate, net, vat, total)";

fn order(row: &Row) -> Result<Order> {
    Ok(Order {
        id: row.get("id")?,
        number: row.get("number")?,
        status: row.word("status")?,
        customer: named(row)?.ok_or(StoreError::Damaged("customer_id"))?,
        call: row.get("call_id")?,
        lines: Vec::new(),
        net: row.get("net")?,
        vat: row.get("vat")?,
        total: row.get("total")?,
        note: row.get("note")?,
        created_by: row.get("created_by")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        rev: row.get("rev")?,
    })
}

fn line(row: &Row) -> Result<Line> {
    Ok(Line {
        product: row.get("product_id")?,
        name: row.get("name")?,
        quantity: row.get("quantity")?,
        unit_price: row.get("unit_price")?,
        vat_rate: row.get("vat_rate")?,
        net: row.get("net")?,
        vat: row.get("vat")?,
        total: row.get("total")?,
    })
}

pub(crate) fn line_values(order: &str, place: usize, line: &Line) -> Vec<Value> {
    values![
        order,
        place,
        &line.product,
        &line.name,
        line.quantity,
        line.unit_price,
        line.vat_rate,
        line.net,
        line.vat,
        line.total
    ]
}

pub(crate) fn search_text(number: i64, lines: &[Line], note: &str) -> String {
    let names: Vec<&str> = lines.iter().map(|line| line.name.as_str()).collect();
    crm::text::fold(&format!("{number} {} {note}", names.join(" ")))
}

impl Store {
    /// Makes an order for `by`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] with the field (`lines/2/quantity`).
    pub async fn order_insert(&self, new: &NewOrder, by: &str, now: i64) -> Result<Order> {
        let note = check::bounded("note", &new.note, check::FREE)?;
        let status = new.status.unwrap_or(Status::Open);
        if !matches!(status, Status::Draft | Status::Open) {
            return Err(StoreError::invalid("status", "invalid"));
        }
        let id = id::new("ord", now);
        let mut tx = self.db.begin().await?;
        let customer = owner_of(&mut tx, new.customer.as_deref(), new.call.as_deref()).await?;
        let customer = customer.ok_or_else(|| StoreError::invalid("customer", "required"))?;
        let lines = self.priced(&mut tx, &new.lines, now).await?;
        let sum = totals(&lines).ok_or_else(|| StoreError::invalid("lines", "out-of-range"))?;
        let number = next_number(&mut tx, "order").await?;
        let search = search_text(number, &lines, &note);
        let row = values![
            &id,
            number,
            status.as_str(),
            customer,
            &new.call,
            sum.net,
            sum.vat,
            sum.total,
            note,
            search,
            by,
            now,
            now
        ];
        tx.insert(INTO_ORDERS, vec![row], "").await?;
        write_lines(&mut tx, &id, &lines).await?;
        tx.commit().await?;
        self.order_get(&id).await
    }

    /// An order by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn order_get(&self, id: &str) -> Result<Order> {
        let row = self.db.row(AssertSqlSafe(format!("{ORDER} WHERE o.id = $1")), values![id]).await?;
        let mut order = order(&row.ok_or(StoreError::NotFound)?)?;
        self.add_lines(std::slice::from_mut(&mut order)).await?;
        Ok(order)
    }

    /// Changes an order. With `rev`, only if nobody else did since. New lines are priced with the KDV of the day the
    /// order was made.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Changed`], [`StoreError::Invalid`]; [`StoreError::Conflict`] `status`
    /// when the status may not follow the present one or the lines may no longer change.
    pub async fn order_patch(&self, id: &str, rev: Option<i64>, patch: &OrderPatch, now: i64) -> Result<Order> {
        let mut tx = self.db.begin().await?;
        bump(&mut tx, "orders", id, rev, now).await?;
        let row = tx.row(AssertSqlSafe(format!("{ORDER} WHERE o.id = $1")), values![id]).await?;
        let known = order(&row.ok_or(StoreError::NotFound)?)?;
        let status = patch.status.unwrap_or(known.status);
        if !known.status.may_become(status) || (patch.lines.is_some() && !known.status.is_editable()) {
            return Err(StoreError::Conflict("status"));
        }
        let lines = match &patch.lines {
            Some(lines) => {
                let lines = self.priced(&mut tx, lines, known.created_at).await?;
                write_lines(&mut tx, id, &lines).await?;
                lines
            }
            None => lines_of(&mut tx, id).await?,
        };
        let sum = totals(&lines).ok_or_else(|| StoreError::invalid("lines", "out-of-range"))?;
        let note = check::bounded("note", patch.note.as_ref().unwrap_or(&known.note), check::FREE)?;
        let search = search_text(known.number, &lines, &note);
        let sql = "UPDATE orders SET status = $2, note = $3, net = $4, vat = $5, total = $6, search = $7 WHERE id = $1";
        tx.run(sql, values![id, status.as_str(), note, sum.net, sum.vat, sum.total, search]).await?;
        tx.commit().await?;
        self.order_get(id).await
    }

    /// Takes an order back within ten minutes of its making, by its maker. Its number is not used again.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] `not-yours` or `too-late`.
    pub async fn order_undo(&self, id: &str, by: &str, now: i64) -> Result<()> {
        let mut tx = self.db.begin().await?;
        undo(&mut tx, "orders", id, by, now).await?;
        tx.commit().await
    }

    /// Orders, newest first.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn orders_list(&self, filter: &OrderFilter, ask: &PageAsk) -> Result<Page<Order>> {
        let places = orders_select(filter).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, ORDER, "o.id").await?;
        let mut items: Vec<Order> = rows.iter().map(order).collect::<Result<_>>()?;
        self.add_lines(&mut items).await?;
        Ok(Page { items, next: places.next })
    }

    async fn add_lines(&self, orders: &mut [Order]) -> Result<()> {
        if orders.is_empty() {
            return Ok(());
        }
        let place: HashMap<String, usize> =
            orders.iter().enumerate().map(|(at, order)| (order.id.clone(), at)).collect();
        let ids: Vec<Value> = orders.iter().map(|order| Value::from(&order.id)).collect();
        let list = placeholders(1, ids.len());
        let sql = format!("SELECT * FROM order_lines WHERE order_id IN ({list}) ORDER BY order_id, place");
        for row in self.db.rows(AssertSqlSafe(sql), ids).await? {
            if let Some(&at) = place.get(&row.get::<String>("order_id")?) {
                orders[at].lines.push(line(&row)?);
            }
        }
        Ok(())
    }

    /// Prices wished lines with the products' data and the KDV rates of the day.
    async fn priced(&self, tx: &mut Tx, asks: &[LineAsk], now: i64) -> Result<Vec<Line>> {
        if asks.is_empty() {
            return Err(StoreError::invalid("lines", "required"));
        }
        if asks.len() > MAX_LINES {
            return Err(StoreError::invalid("lines", "too-long"));
        }
        let day = day_of(now, &self.rules.hours.zone).ok_or(StoreError::Damaged("created_at"))?;
        let mut lines = Vec::with_capacity(asks.len());
        for (at, ask) in asks.iter().enumerate() {
            lines.push(priced_line(tx, at, ask, day).await?);
        }
        Ok(lines)
    }
}

/// How orders are found by number, line, note and the customer's name.
const WORDS: Words = Words { text: "o.found_by", index: Some(("order_search", "o.number")), is_moment: false };
/// What people call an order before its number, folded.
const NAMES: [&str; 2] = ["siparis", "order"];

pub(crate) fn orders_select(filter: &OrderFilter) -> Select {
    let mut select = Select::new("orders o", By::Newest { at: "o.created_at", id: "o.id" });
    select.search(WORDS, Question::read(filter.q.as_deref(), Digits::Own(&NAMES)));
    select.maybe("o.status = ?", filter.status.map(Status::as_str));
    select.maybe("o.customer_id = ?", filter.customer.as_deref());
    if filter.unfinished {
        select.and("o.unfinished = TRUE", Vec::new());
    }
    select
}

async fn priced_line(tx: &mut Tx, at: usize, ask: &LineAsk, day: jiff::civil::Date) -> Result<Line> {
    let field = |name: &str| format!("lines/{at}/{name}");
    let known = match &ask.product {
        Some(id) => {
            let sql = "SELECT id, name, sku, price, vat_rate, unit FROM products WHERE id = $1";
            let row =
                tx.row(sql, values![id]).await?.ok_or_else(|| StoreError::invalid(field("product"), "unknown"))?;
            Some(product(&row)?)
        }
        None => None,
    };
    let missing = |name: &str| StoreError::invalid(field(name), "required");
    let name =
        ask.name.clone().or(known.as_ref().map(|product| product.name.clone())).ok_or_else(|| missing("name"))?;
    let name = check::required(&field("name"), &name, check::LINE)?;
    let price = ask.unit_price.or(known.as_ref().map(|product| product.price)).ok_or_else(|| missing("unit_price"))?;
    let rate = ask.vat_rate.or(known.as_ref().map(|product| product.vat_rate)).ok_or_else(|| missing("vat_rate"))?;
    let priced = Line::priced(ask.product.clone(), &name, ask.quantity, price, rate, day);
    priced.map_err(|fault| StoreError::invalid(field(fault.field()), "invalid"))
}

async fn lines_of(tx: &mut Tx, order: &str) -> Result<Vec<Line>> {
    let rows = tx.rows("SELECT * FROM order_lines WHERE order_id = $1 ORDER BY place", values![order]).await?;
    rows.iter().map(line).collect()
}

async fn write_lines(tx: &mut Tx, order: &str, lines: &[Line]) -> Result<()> {
    tx.run("DELETE FROM order_lines WHERE order_id = $1", values![order]).await?;
    let rows = lines.iter().enumerate().map(|(place, line)| line_values(order, place, line)).collect();
    tx.insert(INTO_LINES, rows, "").await.map(|_| ())
}
