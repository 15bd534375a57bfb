//! Which commit is checked out, read from the files of git: no program is started for it.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

/// The commit of `HEAD` in the repository that holds `folder`; none outside of one.
pub(crate) fn head(folder: &Path) -> Option<String> {
    let folder = folder.canonicalize().ok()?;
    let git = folder.ancestors().find_map(git_folder)?;
    let head = read_to_string(git.join("HEAD")).ok()?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else { return commit(&head) };
    // In a worktree, branches are kept where the repository is.
    let common = read_to_string(git.join("commondir")).map_or(git.clone(), |path| git.join(path.trim()));
    [&git, &common]
        .iter()
        .find_map(|place| commit(&read_to_string(place.join(reference)).ok()?))
        .or_else(|| packed(&common, reference))
}

/// The folder of git in this one: `.git` itself, or what a file of that name points to.
fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = read_to_string(&git).ok()?;
    Some(folder.join(text.trim().strip_prefix("gitdir: ")?))
}

fn packed(git: &Path, reference: &str) -> Option<String> {
    let text = read_to_string(git.join("packed-refs")).ok()?;
    text.lines().find_map(|line| commit(line.strip_suffix(reference)?.strip_suffix(' ')?))
}

fn commit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_commit = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_commit.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn repository(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_commit_is_found_from_a_folder_below() {
        let branch =
            [(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", COMMIT), ("a/b/x", "")];
        assert_eq!(head(&repository(&branch).path().join("a/b")).as_deref(), Some(COMMIT));
        let detached = [(".git/HEAD", COMMIT)];
        assert_eq!(head(repository(&detached).path()).as_deref(), Some(COMMIT));
    }

    #[test]
    fn a_packed_branch_and_that_of_a_worktree_are_found() {
        let line = format!("# pack-refs\n{COMMIT} refs/heads/main\n");
        let packed = [(".git/HEAD", "ref: refs/heads/main"), (".git/packed-refs", line.as_str())];
        assert_eq!(head(repository(&packed).path()).as_deref(), Some(COMMIT));
        let worktree = [
            ("tree/.git", "gitdir: ../main/.git/worktrees/tree\n"),
            ("main/.git/worktrees/tree/HEAD", "ref: refs/heads/w"),
            ("main/.git/worktrees/tree/commondir", "../..\n"),
            ("main/.git/refs/heads/w", COMMIT),
        ];
        assert_eq!(head(&repository(&worktree).path().join("tree")).as_deref(), Some(COMMIT));
    }

    #[test]
    fn outside_of_a_repository_and_before_its_first_commit_there_is_none() {
        assert_eq!(head(repository(&[(".git/HEAD", "ref: refs/heads/main")]).path()), None);
        assert_eq!(head(repository(&[(".git", "oops")]).path()), None);
    }
}
