use super::*;

fn parsed(text: &str) -> Vec<(String, Mask)> {
    let rules = rules("crmctl.toml", text).expect("good rules");
    rules.into_iter().map(|rule| (rule.pattern, rule.mask)).collect()
}

#[test]
fn columns_are_named_in_full_by_patterns_and_in_tables() {
    let text = "[mask]\n\"public.contacts.email\" = \"email\"\n\"*.phone\" = 'phone'\n\
                [mask.contacts]\nborn = { kind = 'date', days = 10 }\n[mask.private.notes]\nbody = { sql = 'left(body, 1)' }\n";

    assert_eq!(
        parsed(text),
        [
            ("public.contacts.email".to_owned(), Mask::Email { exact: false }),
            ("*.phone".to_owned(), Mask::Phone),
            ("contacts.born".to_owned(), Mask::Date { days: 10 }),
            ("private.notes.body".to_owned(), Mask::Sql("left(body, 1)".to_owned())),
        ]
    );
}

#[test]
fn json_masks_are_words_by_path() {
    let masks = parsed("[mask]\n'a.b' = { json = { 'x.y' = 'email' } }\n");
    let inner = BTreeMap::from([("x.y".to_owned(), Mask::Email { exact: false })]);

    assert_eq!(masks, [("a.b".to_owned(), Mask::Json(inner))]);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    use crate::error::Explain as _;
    for (text, place, problem) in [
        ("[mask]\n'a.b' = 'emial'\n", "crmctl.toml:2:9", "there is no mask `emial`"),
        ("[mask]\nemail = 'email'\n", "crmctl.toml:2:1", "`email` names no column"),
        ("[mask]\n'a.b' = 7\n", "crmctl.toml:2:9", "a mask is a word or a table"),
        ("[mask]\n'a.b' = { kind = 'hash', days = 3 }\n", "crmctl.toml:2:9", "`days` does not fit `hash`"),
        ("[mask]\n'a.b' = { kind = 'date', day = 3 }\n", "crmctl.toml:2:24", "`day` does not fit `date`"),
        ("mask = 3\n", "crmctl.toml:1:1", "`mask` is a table of columns"),
    ] {
        let error = rules("crmctl.toml", text).expect_err(text);
        assert_eq!(error.to_string(), problem);
        let location = error.location().expect("a place");
        assert_eq!(format!("{}:{}", location.file, location.line), place.rsplit_once(':').expect("two").0);
    }
}

#[test]
fn every_word_gives_a_mask_that_has_this_word() {
    for word in WORDS.iter().map(|(word, _)| *word).chain(MORE_WORDS) {
        let mask = Mask::of_word(word).expect(word);
        assert_eq!(mask.word().replace("full_", ""), word.replace("full_", ""));
    }
}
