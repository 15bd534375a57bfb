use super::*;
use crate::environment::Protection;
use crate::plan::{Hazard, Render as _};
use crate::seed::description::Role;
use crate::seed::generate::{Digest, Owner, Table};
use crate::seed::{Description, logins, password};
use crate::ui::Style;
use std::path::Path;

/// The place of a table among those that are seeded.
const TASKS: usize = 11;

struct World {
    logins: [Login; 3],
    password: Password,
    model: Arc<Model>,
}

fn world() -> World {
    let description = Description::read(Path::new("/nowhere")).unwrap();
    let logins = logins(&description.users, &|_| None).unwrap();
    let owners = [0, 1, 2].map(|index| Owner { role: Role::ALL[index], id: logins[index].id });
    let model = Arc::new(Model::new(&description.data, &description.vocabulary, owners, 1));
    World { password: password(&description.users, &|_| None, Protection::Open).unwrap(), logins, model }
}

impl World {
    fn request(&self, what: What) -> Request<'_> {
        Request { what, logins: &self.logins, password: Some(&self.password), model: &self.model, own: None }
    }
}

/// A migrated database with nothing in it.
fn empty() -> Observation {
    let mut columns = Columns::new();
    for (table, names) in [
        ("auth.users", "id email encrypted_password"),
        ("auth.identities", "user_id provider identity_data"),
        ("public.sales", "id first_name last_name email"),
        ("public.test_user_metadata", "id user_id role created_by created_at test_data_counts"),
    ] {
        columns.insert(table.to_owned(), names.split(' ').map(str::to_owned).collect());
    }
    for table in Table::ALL {
        let names = table.columns().iter().map(|column| (*column).to_owned()).collect();
        columns.insert(format!("public.{}", table.name()), names);
    }
    Observation {
        columns,
        references: Vec::new(),
        users: vec![UserState::default(); 3],
        sources: Vec::new(),
        tables: Vec::new(),
        fingerprint: Fingerprint { query: "select ''".to_owned(), value: None },
    }
}

/// The same with the tables of the CRM.
fn with_tables(world: &World, observation: Observation) -> Observation {
    let sources = Table::ALL.map(|table| Source::Crm(Arc::clone(&world.model), table)).to_vec();
    Observation { sources, ..observation }
}

/// A database in which everything is as it must be.
fn seeded(world: &World) -> Observation {
    let state = UserState {
        is_present: true,
        is_right: true,
        has_person: true,
        has_entry: true,
        has_counts: true,
        hash: Some(world.password.hash().unwrap()),
        rival: None,
    };
    let observation = with_tables(world, empty());
    let right = |source: &Source| TableState {
        present: Digest { rows: source.total(source.blocks()), sum: 0 },
        blocks: Some(source.blocks()),
    };
    let tables = observation.sources.iter().map(right).collect();
    Observation { users: vec![state; 3], tables, ..observation }
}

#[test]
fn an_empty_database_gets_everything() {
    let world = world();

    let plan = plan(&world.request(What::All), with_tables(&world, empty())).unwrap();
    assert!(plan.users.iter().all(|step| step.action == UserAction::Create));
    assert!(plan.tables.iter().all(|step| step.action == TableAction::Fill));
    assert!(matches!(plan.hazards()[..], [Hazard::WritesRows(_), Hazard::WritesRows(_)]));
}

#[test]
fn a_seeded_database_gets_nothing() {
    let world = world();

    let plan = plan(&world.request(What::All), seeded(&world)).unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.render(&Style::PLAIN), "nothing to do: users and rows are as described");
}

#[test]
fn a_changed_row_makes_its_table_merge_and_no_other() {
    let world = world();
    let mut observation = seeded(&world);
    observation.tables[TASKS].blocks = None;

    let plan = plan(&world.request(What::Data), observation).unwrap();
    let merged: Vec<&str> = plan
        .tables
        .iter()
        .filter(|step| step.action == TableAction::Merge)
        .map(|step| step.table.as_str())
        .collect();
    assert_eq!(merged, ["tasks"]);
    assert_eq!(plan.hazards(), [Hazard::OverwritesRows("generated rows of tasks".to_owned())]);
}

#[test]
fn another_scale_changes_exactly_the_difference() {
    let world = world();
    let scaled = |scale| {
        let Model { data, vocabulary, owners, .. } = (*world.model).clone();
        World { model: Arc::new(Model::new(&data, &vocabulary, owners, scale)), ..self::world() }
    };
    let step = |world: &World, observation| {
        let plan = plan(&world.request(What::Data), with_tables(world, observation)).unwrap();
        let step = &plan.tables[TASKS];
        (step.action, step.blocks.clone(), step.present, step.wanted)
    };

    let (one, three) = (scaled(1), scaled(3));
    assert_eq!(step(&three, seeded(&one)), (TableAction::Grow, 1..3, 75, 225));
    assert_eq!(step(&one, seeded(&three)), (TableAction::Shrink, 1..3, 225, 75));
}

#[test]
fn another_password_is_set_and_the_right_one_is_kept() {
    let world = world();
    let mut observation = seeded(&world);
    observation.users[1].hash = Some(Secret::new("$2b$10$abcdefghijklmnopqrstuv"));

    let plan = plan(&world.request(What::Users), observation).unwrap();
    let actions: Vec<UserAction> = plan.users.iter().map(|step| step.action).collect();
    assert_eq!(actions, [UserAction::Keep, UserAction::SetPassword, UserAction::Keep]);
}

#[test]
fn rows_without_owners_tables_or_addresses_are_refused_with_help() {
    let world = world();
    let mut unmigrated = empty();
    unmigrated.columns.remove("public.tasks");
    let mut taken = empty();
    taken.users[0].rival = Some("somebody".to_owned());

    for (what, observation, text) in [
        (What::Data, empty(), "there is no test user `admin@test.local` who could own rows"),
        (What::All, unmigrated, "the database has not the table `public.tasks`"),
        (What::Users, taken, "another login, `somebody`, has the address `admin@test.local`"),
    ] {
        let error = plan(&world.request(what), observation).expect_err("it cannot be");
        assert_eq!(error.to_string(), text);
        assert!(error.help().is_some());
    }
}

#[test]
fn a_plan_shows_neither_password_nor_hash() {
    let world = world();
    let observation = seeded(&world);
    let hash = observation.users[0].hash.clone().unwrap();

    let debug = format!("{observation:?}");
    let plan = plan(&world.request(What::All), observation).unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    for text in [debug, format!("{plan:?}"), json, plan.render(&Style::PLAIN)] {
        assert!(!text.contains("TestPass123!") && !text.contains(hash.expose()));
    }
}
