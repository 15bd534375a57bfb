//! Tells Cargo to look again when a migration was added or removed: `include_dir!` sees changed files only.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
