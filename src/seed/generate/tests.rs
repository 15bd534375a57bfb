use super::*;
use crate::seed::Description;
use crate::seed::description::Role;
use crate::seed::identifier::user_id;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use crate::seed::source::{Part, Source};

fn model(scale: u32) -> Arc<Model> {
    let description = Description::read(Path::new("/nowhere")).unwrap();
    let owners = Role::ALL.map(|role| Owner { role, id: user_id(&format!("{role}@test.local")) });
    Arc::new(Model::new(&description.data, &description.vocabulary, owners, scale))
}

/// The rows of a table, by column.
fn rows(model: &Arc<Model>, table: Table) -> Vec<BTreeMap<&'static str, Option<String>>> {
    let source = Source::Crm(Arc::clone(model), table);
    let mut next = source.chunks(0..source.blocks(), Part::Whole);
    let mut text = Vec::new();
    while let Some(chunk) = next() {
        text.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(text).unwrap();
    let value = |value: &str| (value != "\\N").then(|| value.to_owned());
    text.lines()
        .map(|line| table.columns().iter().copied().zip(line.split('\t').map(value)).collect())
        .collect()
}

fn digest(model: &Arc<Model>, table: Table) -> Digest {
    let source = Source::Crm(Arc::clone(model), table);
    source.digest(0..source.blocks())
}

fn text<'row>(row: &'row BTreeMap<&'static str, Option<String>>, column: &str) -> &'row str {
    row[column].as_deref().unwrap_or_default()
}

#[test]
fn the_same_description_gives_the_same_bytes_for_ever() {
    let mut all = Digest::default();
    for table in Table::ALL {
        all += digest(&model(1), table);
    }

    assert_eq!(all, Digest { rows: 1857, sum: 1_054_115_226_758_942_617_660 });
}

#[test]
fn every_role_owns_what_the_description_says_and_scale_multiplies_it() {
    for (table, expected) in [
        (Table::Organizations, [50, 30, 20]),
        (Table::Contacts, [100, 60, 40]),
        (Table::Opportunities, [75, 40, 25]),
        (Table::Activities, [200, 120, 80]),
        (Table::Products, [100, 0, 0]),
        (Table::ContactNotes, [75, 45, 30]),
        (Table::Tasks, [38, 22, 15]),
        (Table::Tags, [12, 0, 0]),
    ] {
        let rows = rows(&model(1), table);
        let owned = Role::ALL.map(|role| {
            let id = user_id(&format!("{role}@test.local")).to_string();
            rows.iter().filter(|row| text(row, "sales_id") == id).count()
        });
        assert_eq!(owned, expected, "{}", table.name());
        let scale = if table.is_scaled() { 3 } else { 1 };
        assert_eq!(digest(&model(3), table).rows, rows.len() as u64 * scale);
    }
}

#[test]
fn a_larger_scale_changes_no_row() {
    let (one, three) = (model(1), model(3));
    for table in Table::ALL {
        let all = rows(&three, table);
        let first = rows(&one, table);
        assert_eq!(all[..first.len()], first[..], "{}", table.name());
    }
}

#[test]
fn a_larger_scale_repeats_no_key() {
    let model = model(30);
    for table in Table::ALL {
        let mut seen = HashSet::new();
        for row in rows(&model, table) {
            let key: Vec<String> = table.key().iter().map(|column| text(&row, column).to_owned()).collect();
            assert!(seen.insert(key), "{}", table.name());
        }
    }
    let mut lines = HashSet::new();
    for row in rows(&model, Table::OpportunityProducts) {
        assert!(lines.insert((text(&row, "opportunity_id").to_owned(), text(&row, "product_id").to_owned())));
    }
    let mut codes = HashSet::new();
    assert!(rows(&model, Table::Products).iter().all(|row| codes.insert(text(row, "sku").to_owned())));
}

#[test]
fn rows_refer_to_rows_of_the_same_owner_and_words_to_those_of_all() {
    let model = model(2);
    let owners = |table| -> BTreeMap<String, String> {
        let pair = |row: BTreeMap<_, Option<String>>| {
            (text(&row, "id").to_owned(), text(&row, "sales_id").to_owned())
        };
        rows(&model, table).into_iter().map(pair).collect()
    };
    let parents: BTreeMap<&str, BTreeMap<String, String>> = [
        ("organization_id", owners(Table::Organizations)),
        ("contact_id", owners(Table::Contacts)),
        ("opportunity_id", owners(Table::Opportunities)),
    ]
    .into();
    let shared: BTreeMap<&str, BTreeMap<String, String>> = [
        ("segment_id", owners(Table::Segments)),
        ("tag_id", owners(Table::Tags)),
        ("product_id", owners(Table::Products)),
    ]
    .into();
    for table in Table::ALL {
        for row in rows(&model, table) {
            for (column, value) in row.iter().filter_map(|(column, value)| Some((*column, value.as_deref()?)))
            {
                if let Some(owners) = parents.get(column) {
                    assert_eq!(
                        owners.get(value).map(String::as_str),
                        Some(text(&row, "sales_id")),
                        "{column}"
                    );
                }
                assert!(shared.get(column).is_none_or(|rows| rows.contains_key(value)), "{column}");
            }
        }
    }
}

#[test]
fn rows_are_as_a_sales_team_would_have_written_them() {
    let model = model(2);
    let websites: BTreeMap<String, String> = rows(&model, Table::Organizations)
        .into_iter()
        .map(|row| (text(&row, "id").to_owned(), text(&row, "website").replace("https://www.", "@")))
        .collect();
    for row in rows(&model, Table::Contacts) {
        let local = format!("{}.", text(&row, "first_name").to_lowercase());
        assert!(text(&row, "email").starts_with(&local));
        assert!(text(&row, "email").ends_with(&websites[text(&row, "organization_id")]));
    }
    for row in rows(&model, Table::Opportunities) {
        let stage = text(&row, "stage");
        assert_eq!(stage.starts_with("closed_"), row["close_date"].is_some());
        assert_eq!(stage == "closed_lost", row["lost_reason"].is_some());
        assert_eq!(stage == "closed_won", text(&row, "probability") == "100");
        assert_eq!(stage == "closed_lost", text(&row, "probability") == "0");
        assert!(
            row["close_date"]
                .as_deref()
                .is_none_or(|day| day < "2026-01-15" && day >= &text(&row, "created_at")[..10])
        );
    }
    for table in Table::ALL {
        for row in rows(&model, table) {
            assert!(text(&row, "created_at") < "2026-01-15");
            assert!(table.is_link() || text(&row, "created_at") <= text(&row, "updated_at"));
            for (column, value) in &row {
                assert!(!value.as_deref().unwrap_or_default().contains('{'), "{column}: {value:?}");
            }
        }
    }
    assert!(rows(&model, Table::Activities).iter().all(|row| text(row, "occurred_at") < "2026-01-15"));
}
