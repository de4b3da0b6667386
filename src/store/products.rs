//! What is sold.

use sqlx::AssertSqlSafe;

use crate::db::{Row, values};
use crate::error::{Result, StoreError};
use crate::page::{Order, Page, PageAsk, Select, Words};
use crate::search::{Digits, Question};
use crate::{Store, check, id};

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Product {
    /// `prd_…`
    pub id: String,
    /// Name.
    pub name: String,
    /// Article number.
    pub sku: String,
    /// Kuruş per unit, KDV included.
    pub price: i64,
    /// KDV, per cent.
    pub vat_rate: i64,
    /// `adet`, `kg` …
    pub unit: String,
}

/// A product to add.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// Name.
    pub name: String,
    /// Article number, unique.
    pub sku: String,
    /// Kuruş per unit, KDV included.
    pub price: i64,
    /// KDV, per cent.
    pub vat_rate: i64,
    /// `adet`, `kg` …
    pub unit: String,
}

const PRODUCT: &str = "SELECT p.id, p.name, p.sku, p.price, p.vat_rate, p.unit FROM products p";
/// How products are found by name and article number.
const WORDS: Words = Words { text: "p.found_by", index: Some(("product_search", "p.place")), is_moment: false };

pub(crate) fn product(row: &Row) -> Result<Product> {
    Ok(Product {
        id: row.get("id")?,
        name: row.get("name")?,
        sku: row.get("sku")?,
        price: row.get("price")?,
        vat_rate: row.get("vat_rate")?,
        unit: row.get("unit")?,
    })
}

pub(crate) fn values_of(id: &str, new: &NewProduct) -> Vec<crate::db::Value> {
    let search = crm::text::fold(&format!("{} {}", new.name, new.sku));
    values![id, &new.name, &new.sku, new.price, new.vat_rate, &new.unit, search, crm::text::sort_key(&new.name)]
}

pub(crate) const INTO_PRODUCTS: &str = "products (id, name, sku, price, vat_rate, unit, search, sort)";

impl Store {
    /// Adds a product.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the article number is taken; [`StoreError::Invalid`].
    pub async fn product_insert(&self, new: &NewProduct, now: i64) -> Result<Product> {
        check::required("name", &new.name, check::LINE)?;
        check::required("sku", &new.sku, check::LINE)?;
        if !(0..=crm::order::MAX_UNIT_PRICE).contains(&new.price) {
            return Err(StoreError::invalid("price", "invalid"));
        }
        let id = id::new("prd", now);
        let mut tx = self.db.begin().await?;
        tx.insert(INTO_PRODUCTS, vec![values_of(&id, new)], "").await?;
        tx.commit().await?;
        self.product_get(&id).await
    }

    /// A product by id.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn product_get(&self, id: &str) -> Result<Product> {
        let row = self.db.row(AssertSqlSafe(format!("{PRODUCT} WHERE p.id = $1")), values![id]).await?;
        product(&row.ok_or(StoreError::NotFound)?)
    }

    /// Products in Turkish order; `q` is a part of the name or of the article number.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for a foreign cursor.
    pub async fn products_list(&self, q: Option<&str>, ask: &PageAsk) -> Result<Page<Product>> {
        let places = products_select(q).page(&self.db, ask).await?;
        let rows = places.rows(&self.db, PRODUCT, "p.id").await?;
        Ok(Page { items: rows.iter().map(product).collect::<Result<_>>()?, next: places.next })
    }

    /// What a customer has bought and not called off, in Turkish order, a hundred at most.
    ///
    /// # Errors
    /// Database errors.
    pub async fn products_of(&self, customer: &str) -> Result<Vec<Product>> {
        let sql = format!(
            "{PRODUCT} WHERE p.id IN (SELECT l.product_id FROM order_lines l JOIN orders o ON o.id = l.order_id \
             WHERE o.customer_id = $1 AND o.status <> 'cancelled') ORDER BY p.sort, p.id LIMIT 100"
        );
        self.db.rows(AssertSqlSafe(sql), values![customer]).await?.iter().map(product).collect()
    }
}

pub(crate) fn products_select(q: Option<&str>) -> Select {
    let mut select = Select::new("products p", Order::Alphabet { key: "p.sort", id: "p.id" });
    select.search(WORDS, Question::read(q, Digits::Own(&[])));
    select
}
