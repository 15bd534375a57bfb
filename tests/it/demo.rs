//! `crmctl demo`.

use crate::support::{Project, crmctl};

#[test]
fn shows_the_whole_job_and_leaves_nothing() {
    let project = Project::new();
    let before = project.files("");

    crmctl(&project).args(["demo"]).success();
    assert_eq!(before, project.files(""));
}
