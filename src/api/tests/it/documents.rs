//! The OpenAPI document against the router it was made with.

use std::collections::BTreeSet;

use api::guard::Access;
use axum::http::Method;
use serde_json::{Value, json};

use crate::house::House;

async fn document(house: &House) -> Value {
    house.plain(Method::GET, "/api/openapi.json", None).await.ok()
}

#[tokio::test]
async fn every_route_is_in_the_document_with_its_access_and_nothing_else_is() {
    let house = House::new().await;
    let document = document(&house).await;
    assert_eq!(document["openapi"], "3.1.0");
    let mut described = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        described.extend(methods.as_object().unwrap().keys().map(|method| format!("{method} {path}")));
    }
    let mut routed = BTreeSet::new();
    for route in api::router::listed(house.state.clone()) {
        let method = route.method.as_str().to_lowercase();
        let operation = &document["paths"][route.path][&method];
        let open = operation["security"] == json!([]);
        assert_eq!(open, route.access == Access::Public, "{method} {}", route.path);
        routed.insert(format!("{method} {}", route.path));
    }
    assert_eq!(described, routed);
}

#[tokio::test]
async fn every_reference_in_the_document_leads_somewhere() {
    let house = House::new().await;
    let document = document(&house).await;
    let text = document.to_string();
    let mut seen = 0;
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
        seen += 1;
    }
    assert!(seen > 60, "{seen}");
}

#[tokio::test]
async fn operation_ids_are_unique_and_path_parameters_are_declared() {
    let house = House::new().await;
    let document = document(&house).await;
    let mut ids = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].to_string()), "{path}");
            let in_path = operation["parameters"].as_array().unwrap().iter().filter(|one| one["in"] == "path").count();
            assert_eq!(in_path, path.matches('{').count(), "{path}");
        }
    }
}

#[tokio::test]
async fn an_answer_has_the_fields_the_document_promises() {
    let house = House::new().await;
    let document = document(&house).await;
    let seat = house.sign_in("zeynep").await;
    let made = seat.post("/api/v1/tickets", json!({"subject": "Bir"})).await.ok();
    let promised = document["components"]["schemas"]["TicketView"]["properties"].as_object().unwrap();
    let given: BTreeSet<_> = made.as_object().unwrap().keys().collect();
    assert_eq!(given, promised.keys().collect());
}
