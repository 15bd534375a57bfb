//! How deep a statement may nest. squawk's parser and its rules go down a statement by recursion: a file that was
//! made by a program, or by somebody who means harm, must not end crmctl with an overflow of the stack.

use crate::migration::word::Word;
use crate::sql::scanner::TokenKind;

/// Deeper statements are left to our own rules, which count parentheses and do not follow them.
const DEEPEST: usize = 5000;

/// What squawk gets for its recursion, in bytes: several times what a statement of [`DEEPEST`] has been seen to need.
/// Only what is used of it is ever taken.
const STACK: usize = 512 * 1024 * 1024;

/// Whether squawk is better spared this statement.
pub(super) fn is_too_deep(words: &[Word]) -> bool {
    depth(words) > DEEPEST
}

/// A bound of the depth of its tree: each word may open something in which all that follows is nested, until a comma
/// or a parenthesis ends it. A union goes on behind commas.
fn depth(words: &[Word]) -> usize {
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let (mut above, mut deepest) = (0, 0);
    for word in words {
        match word.kind {
            TokenKind::Symbol(b'(' | b'[') => {
                level.run += 1;
                above += level.depth();
                outer.push(std::mem::take(&mut level));
            }
            TokenKind::Symbol(b')' | b']') => {
                level = outer.pop().unwrap_or_default();
                above -= level.depth().min(above);
            }
            TokenKind::Symbol(b',') => level.run = 0,
            TokenKind::Symbol(b';') => level = Level::default(),
            _ if ["union", "intersect", "except"].iter().any(|set| word.is(set)) => level.unions += 1,
            _ => level.run += 1,
        }
        deepest = deepest.max(above + level.depth());
    }
    deepest
}

/// What was seen within one pair of parentheses.
#[derive(Default)]
struct Level {
    /// Words since the last comma.
    run: usize,
    unions: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.run + self.unions
    }
}

/// Does work that goes deep, on a stack that is made for it. Nothing where there is no memory for one.
pub(super) fn with_stack<T: Send + Default>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, found_with_notes};

    #[test]
    fn a_statement_that_nests_without_end_does_not_end_crmctl() {
        let chain = |piece: &str, times: usize, last: &str| piece.repeat(times) + last;
        for times in [1200, 100_000] {
            for deep in [
                format!("{}{}", chain("(", times, "1"), ")".repeat(times)),
                format!("{}{}", chain("array[", times, "1"), "]".repeat(times)),
                format!("{}{}", chain("case when true then ", times, "1"), " end".repeat(times)),
                chain("- ", times, "1"),
                chain("1 + ", times, "1"),
                chain("not ", times, "true"),
                chain("1, 2 union select ", times, "1, 2"),
            ] {
                assert_eq!(found(&format!("select {deep}; drop table a;")), ["error D01"], "{}", &deep[..20]);
            }
        }
    }

    #[test]
    fn what_is_long_and_not_deep_is_read() {
        let columns = vec!["a::int + f(b, c)"; 3000].join(", ");
        let found =
            found_with_notes(&format!("select {columns}; create table private.b (c char(3) primary key);"));
        assert_eq!(found, ["note H12"]);
    }
}
