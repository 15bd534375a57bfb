use super::*;

fn empty_project() -> Observation {
    Observation {
        root: "/work/crm".into(),
        repository: "/work/crm".into(),
        name: "crm".to_owned(),
        migrations: "migrations".into(),
        seeds: "seeds".into(),
        ..Observation::default()
    }
}

fn paths(plan: &InitPlan) -> Vec<String> {
    plan.new
        .iter()
        .map(|file| slashed(&file.path).unwrap_or_else(|| file.path.display().to_string()))
        .collect()
}

#[test]
fn an_empty_folder_gets_everything_but_a_schema() {
    let plan = files(&empty_project(), Schema::Own).unwrap();

    let expected = [
        "crmctl.toml",
        ".env.production",
        "validate.toml",
        "migrations/.gitkeep",
        "seeds/users.toml",
        "seeds/data.toml",
        "seeds/vocabulary.toml",
        ".github/workflows/crmctl.yml",
        ".github/workflows/crmctl-backup.yml",
    ];
    assert_eq!(paths(&plan), expected);
    assert!(plan.gitignore.unwrap().lines.contains(&".env.production".to_owned()));
}

#[test]
fn only_the_file_for_secrets_is_hidden_from_others() {
    let plan = files(&empty_project(), Schema::Crm).unwrap();

    let hidden: Vec<_> = plan.new.iter().filter(|file| file.visibility == Visibility::Owner).collect();
    assert_eq!(hidden.len(), 1);
    assert_eq!(hidden[0].path, Path::new(".env.production"));
}

#[test]
fn what_is_there_is_kept() {
    let mut project = empty_project();
    project.existing.insert("crmctl.toml".into());

    let plan = files(&project, Schema::Own).unwrap();
    assert_eq!(plan.kept, [Path::new("crmctl.toml")]);
    assert!(!paths(&plan).contains(&"crmctl.toml".to_owned()));
}

#[test]
fn migrations_of_the_supabase_cli_stay_where_and_what_they_are() {
    let mut project = empty_project();
    project.migrations = "supabase/migrations".into();
    project.migration_files.insert("20250101000000_first.sql".to_owned());

    let plan = files(&project, Schema::Own).unwrap();
    assert!(paths(&plan).iter().all(|path| !path.contains("migrations")));
}

#[test]
fn the_crm_schema_comes_whole_and_only_without_other_migrations() {
    let mut project = empty_project();
    let plan = files(&project, Schema::Crm).unwrap();
    let count = paths(&plan).iter().filter(|path| path.starts_with("migrations/")).count();
    assert_eq!(count, templates::crm_migrations().count());

    project.migration_files.insert("20250101000000_first.sql".to_owned());
    let error = files(&project, Schema::Crm).expect_err("two schemas in one folder");
    assert!(matches!(error, InitError::OtherMigrations { .. }));

    // Whoever has the CRM's and then wrote more of their own may run it again.
    project.migration_files.extend(templates::crm_migrations().map(|(name, _)| name.to_owned()));
    assert!(files(&project, Schema::Crm).is_ok());
}

#[test]
fn workflows_of_a_project_within_a_repository_stand_at_its_top() {
    let mut project = empty_project();
    project.repository = "/work".into();

    let plan = files(&project, Schema::Own).unwrap();
    let workflow = plan.new.iter().find(|file| file.path.ends_with("crmctl.yml")).unwrap();
    assert_eq!(workflow.path, Path::new("../.github/workflows/crmctl.yml"));
    assert!(workflow.text.contains("working-directory: crm\n"));
}
