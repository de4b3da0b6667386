//! The route table: each route's method, path, access and shapes, from which both the router and the OpenAPI 3.1
//! document are made. So no route can be without either a guard or a description.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::middleware;
use axum::routing::{MethodFilter, on};
use serde_json::{Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::{IntoParams, ToSchema};

use crate::change;
use crate::guard::{self, Access};
use crate::state::ApiState;

/// Prefix of the versioned routes.
pub const PREFIX: &str = "/api/v1";

/// One route, described.
#[derive(Debug, Clone)]
pub struct Entry {
    method: Method,
    path: &'static str,
    access: Access,
    tag: &'static str,
    summary: &'static str,
    status: StatusCode,
    query: Vec<Value>,
    request: Option<Shape>,
    response: Option<Shape>,
    media: &'static str,
    large: bool,
}

/// A named schema with the schemas it refers to.
#[derive(Debug, Clone)]
struct Shape {
    schema: Value,
    parts: Vec<(String, Value)>,
}

impl Shape {
    fn of<T: ToSchema>() -> Self {
        let mut found = Vec::new();
        T::schemas(&mut found);
        found.push((T::name().into_owned(), T::schema()));
        let parts = found.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
        Self { schema: json!({"$ref": format!("#/components/schemas/{}", T::name())}), parts }
    }
}

impl Entry {
    fn new(method: Method, path: &'static str, access: Access, tag: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            access,
            tag,
            summary,
            status: StatusCode::OK,
            query: Vec::new(),
            request: None,
            response: None,
            media: "application/json",
            large: false,
        }
    }

    /// A GET route.
    pub fn get(path: &'static str, access: Access, tag: &'static str, summary: &'static str) -> Self {
        Self::new(Method::GET, path, access, tag, summary)
    }

    /// A POST route.
    pub fn post(path: &'static str, access: Access, tag: &'static str, summary: &'static str) -> Self {
        Self::new(Method::POST, path, access, tag, summary)
    }

    /// A PATCH route.
    pub fn patch(path: &'static str, access: Access, tag: &'static str, summary: &'static str) -> Self {
        Self::new(Method::PATCH, path, access, tag, summary)
    }

    /// A DELETE route.
    pub fn delete(path: &'static str, access: Access, tag: &'static str, summary: &'static str) -> Self {
        Self::new(Method::DELETE, path, access, tag, summary)
    }

    /// Takes a JSON body of this shape.
    pub fn takes<T: ToSchema>(mut self) -> Self {
        self.request = Some(Shape::of::<T>());
        self
    }

    /// Takes these query values.
    pub fn asks<T: IntoParams>(mut self) -> Self {
        self.query =
            T::into_params(|| Some(ParameterIn::Query)).into_iter().map(|parameter| json!(parameter)).collect();
        self
    }

    /// Answers 200 with this shape.
    pub fn gives<T: ToSchema>(mut self) -> Self {
        self.response = Some(Shape::of::<T>());
        self
    }

    /// Answers 201 with this shape.
    pub fn creates<T: ToSchema>(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self.gives::<T>()
    }

    /// Answers a plain list of this shape.
    pub fn gives_all<T: ToSchema>(mut self) -> Self {
        let one = Shape::of::<T>();
        self.response = Some(Shape { schema: json!({"type": "array", "items": one.schema}), ..one });
        self
    }

    /// Answers one page of a list of this shape.
    pub fn lists<T: ToSchema>(mut self) -> Self {
        let one = Shape::of::<T>();
        let schema = json!({
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": one.schema},
                "next": {"type": ["string", "null"]},
                "total": {"type": "integer", "description": "With `total=true`, where the list takes it."},
            },
        });
        self.response = Some(Shape { schema, ..one });
        self.reads_much()
    }

    /// Reads so much that it takes turns with others that do.
    pub fn reads_much(mut self) -> Self {
        self.large = true;
        self
    }

    /// Answers 204.
    pub fn gives_nothing(mut self) -> Self {
        self.status = StatusCode::NO_CONTENT;
        self
    }

    /// Answers something that is not JSON.
    pub fn gives_media(mut self, media: &'static str) -> Self {
        self.media = media;
        self.response = Some(Shape { schema: json!({"type": "string", "format": "binary"}), parts: Vec::new() });
        self
    }

    /// Answers a switch of protocols.
    pub fn upgrades(mut self) -> Self {
        self.status = StatusCode::SWITCHING_PROTOCOLS;
        self
    }
}

/// One line of the table, for tests and tools.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Method.
    pub method: Method,
    /// Path with `{id}` placeholders.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

/// Gathers routes and their descriptions.
pub struct Table {
    state: Arc<ApiState>,
    router: Router<Arc<ApiState>>,
    entries: Vec<Entry>,
}

impl Table {
    /// An empty one.
    pub fn new(state: Arc<ApiState>) -> Self {
        Self { state, router: Router::new(), entries: Vec::new() }
    }

    /// Adds a route.
    pub fn add<H, T>(mut self, entry: Entry, handler: H) -> Self
    where
        H: Handler<T, Arc<ApiState>>,
        T: 'static,
    {
        let admit = middleware::from_fn_with_state((self.state.clone(), entry.access), guard::admit);
        let route = if entry.method == Method::GET {
            on(filter(&entry.method), handler)
        } else {
            let (state, filter) = (self.state.clone(), filter(&entry.method));
            on(filter, move |request: Request| {
                change::carry_out(state, request, move |request, state| handler.call(request, state))
            })
        };
        // Layers added later run earlier: first who, then whether a turn is free.
        let turn = middleware::from_fn_with_state(self.state.clone(), crate::turns::wait);
        let route = if entry.large { route.layer(turn) } else { route };
        self.router = self.router.route(entry.path, route.layer(admit));
        self.entries.push(entry);
        self
    }

    /// What was added.
    pub fn listed(&self) -> Vec<Listed> {
        let entries = self.entries.iter();
        entries.map(|entry| Listed { method: entry.method.clone(), path: entry.path, access: entry.access }).collect()
    }

    /// The document.
    pub fn document(&self) -> Value {
        let mut paths: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
        let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
        schemas.insert("Problem".to_owned(), problem_schema());
        for entry in &self.entries {
            paths.entry(entry.path).or_default().insert(entry.method.as_str().to_ascii_lowercase(), operation(entry));
            let shapes = entry.request.iter().chain(&entry.response);
            schemas.extend(shapes.flat_map(|shape| shape.parts.iter().cloned()));
        }
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "santral",
                "version": env!("CARGO_PKG_VERSION"),
                "description": "Virtual PBX and call centre. Conventions are described in docs/API.md.",
                "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            },
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "session": {"type": "apiKey", "in": "cookie", "name": crate::cookie::name(self.state.https)},
                    "csrf": {"type": "apiKey", "in": "header", "name": "X-Santral-CSRF"},
                },
            },
        })
    }

    /// The routes.
    pub fn into_router(self) -> Router<Arc<ApiState>> {
        self.router
    }
}

fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PATCH => MethodFilter::PATCH,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}

fn operation(entry: &Entry) -> Value {
    let mut operation = json!({
        "operationId": operation_id(entry),
        "tags": [entry.tag],
        "summary": entry.summary,
        "parameters": parameters(entry),
        "responses": {
            entry.status.as_str(): answer(entry),
            "default": {
                "description": "Problem",
                "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        },
        "security": security(entry),
        "x-role": role(entry.access),
    });
    if let Some(shape) = &entry.request {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": shape.schema}}});
    }
    operation
}

fn answer(entry: &Entry) -> Value {
    let description = entry.status.canonical_reason().unwrap_or("");
    match &entry.response {
        Some(shape) => json!({"description": description, "content": {entry.media: {"schema": shape.schema}}}),
        None => json!({"description": description}),
    }
}

fn parameters(entry: &Entry) -> Vec<Value> {
    let named = entry.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let in_path = named.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let header = |name: &str, text: &str| json!({"name": name, "in": "header", "required": false, "schema": {"type": "string"}, "description": text});
    let extra = match entry.method {
        Method::POST => Some(header("Idempotency-Key", "The same key and body give the stored answer.")),
        Method::PATCH => Some(header("If-Match", "The revision that was read; 412 when it has changed.")),
        _ => None,
    };
    in_path.chain(entry.query.iter().cloned()).chain(extra).collect()
}

fn security(entry: &Entry) -> Value {
    match (entry.access, crate::origin::is_safe(&entry.method)) {
        (Access::Public, _) => json!([]),
        (_, true) => json!([{"session": []}]),
        (_, false) => json!([{"session": [], "csrf": []}]),
    }
}

fn role(access: Access) -> Value {
    match access {
        Access::Public => Value::Null,
        Access::SignedIn => json!("agent"),
        Access::Supervisor => json!("supervisor"),
        Access::Admin => json!("admin"),
    }
}

/// `get_customers_id_card`.
fn operation_id(entry: &Entry) -> String {
    let path = entry.path.trim_start_matches(PREFIX).replace(['{', '}'], "");
    let words = path.split(['/', '-', '.']).filter(|word| !word.is_empty());
    words.fold(entry.method.as_str().to_ascii_lowercase(), |id, word| format!("{id}_{word}"))
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "code", "title", "status", "detail", "errors"],
        "properties": {
            "type": {"type": "string"},
            "code": {"type": "string", "enum": crate::problem::CODES.iter().map(|(code, _)| code).collect::<Vec<_>>()},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"},
                },
            }},
        },
    })
}
