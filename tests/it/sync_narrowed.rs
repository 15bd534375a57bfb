//! `[mask]`, `--where` and `--columns common` together with every way that rows take.

use crate::support::{Database, FaultProxy, Output, Project, Which, crmctl};
use crate::sync_mask::{MASKS, assert_nothing_personal, everything, pair};

/// Every way, and what the plan says of it.
const WAYS: [(&str, &str); 4] = [
    ("full", "all rows were asked for"),
    ("bulk", "it was asked for"),
    ("staged", "the target stays in use meanwhile"),
    ("delta", "sync what differs"),
];

/// The source is protected, the target is where the proxy leads.
fn project(cloud: &Database, target: &str) -> Project {
    let local = format!("[environments.local]\nurl = \"{target}\"");
    Project::new().cloud(cloud).setting(&local).setting(MASKS)
}

fn pull(project: &Project, (mode, told): (&str, &str)) -> Output {
    let call = crmctl(project).args(["sync", "--from", "cloud", "--to", "local", "--force", "--mode", mode]);
    call.env("CRMCTL_MASK_KEY", "the same for everybody").success().says(told)
}

#[test]
fn a_masked_pull_arrives_the_same_whichever_way_and_nothing_personal_is_on_the_way() {
    let (empty, cloud) = pair();
    let mut first = None;
    for way in WAYS {
        let target = empty.copy();
        let proxy = FaultProxy::to(Which::Local).record();

        pull(&project(&cloud, &proxy.url(&target.url())), way);
        assert_nothing_personal(&proxy.recorded(), way.0);
        assert!(proxy.recorded().contains("as it is"), "nothing was recorded: {}", way.0);
        let rows = everything(&target);
        assert_eq!(first.get_or_insert_with(|| rows.clone()), &rows, "{}", way.0);
    }
}
