//! What templates leave to be filled in.

/// The text of a `[PLACEHOLDER]`, `<placeholder>` or `${VARIABLE}` that a template left in `text`.
///
/// Only what surely is a placeholder counts, because it is quoted in the error: a real password in brackets,
/// as people do write it, is none.
pub(crate) fn placeholder_in(text: &str) -> Option<String> {
    const WORDS: [&str; 9] =
        ["PASSWORD", "PASSWD", "PROJECT", "REF", "REFERENCE", "ID", "REGION", "HOST", "USER"];
    const FILLERS: [&str; 8] = ["YOUR", "DB", "DATABASE", "SUPABASE", "AWS", "MY", "THE", "PRODUCTION"];
    for (open, close) in [("[", ']'), ("<", '>'), ("${", '}')] {
        for (start, _) in text.match_indices(open) {
            let inner = &text[start + open.len()..];
            let Some(end) = inner.find(close) else { continue };
            let upper = inner[..end].to_ascii_uppercase();
            let mut words = upper.split(['-', '_', ' ']);
            let known = words.all(|word| WORDS.contains(&word) || FILLERS.contains(&word));
            if known && upper.split(['-', '_', ' ']).any(|word| WORDS.contains(&word)) {
                return Some(text[start..=start + open.len() + end].to_owned());
            }
        }
    }
    None
}
