//! Reading TOML by hand, so that every mistake is told where it stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong, where in the text, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
    pub(crate) place: usize,
}

impl Wrong {
    pub(crate) fn new(place: usize, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, place }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A key, its value, and where both stand.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'doc> {
    pub(crate) name: String,
    /// Where the key stands, or the value of a list.
    pub(crate) place: usize,
    value: &'doc Spanned<DeValue<'doc>>,
}

impl<'doc> Entry<'doc> {
    pub(crate) fn value_place(&self) -> usize {
        self.value.span().start
    }

    fn is_not(&self, what: &str) -> Wrong {
        let found = self.value.get_ref().type_str();
        Wrong::new(self.value_place(), format!("`{}` must be {what}, and is of type {found}", self.name))
    }

    pub(crate) fn is_text(&self) -> bool {
        self.value.get_ref().is_str()
    }

    pub(crate) fn is_list(&self) -> bool {
        self.value.get_ref().is_array()
    }

    pub(crate) fn is_section(&self) -> bool {
        self.value.get_ref().is_table()
    }

    pub(crate) fn text(&self) -> Result<String, Wrong> {
        let text = self.value.get_ref().as_str().ok_or_else(|| self.is_not("a text"))?;
        if text.contains('\0') {
            let message = format!("`{}` holds a NUL character, which PostgreSQL cannot store", self.name);
            return Err(Wrong::new(self.value_place(), message));
        }
        Ok(text.to_owned())
    }

    pub(crate) fn flag(&self) -> Result<bool, Wrong> {
        self.value.get_ref().as_bool().ok_or_else(|| self.is_not("true or false"))
    }

    pub(crate) fn whole(&self) -> Result<i64, Wrong> {
        let number = self.value.get_ref().as_integer().ok_or_else(|| self.is_not("a whole number"))?;
        i64::from_str_radix(number.as_str(), number.radix())
            .map_err(|_| Wrong::new(self.value_place(), format!("`{}` is too large a number", self.name)))
    }

    /// A number of at least `low` and at most `high`.
    pub(crate) fn bounded(&self, low: i64, high: i64) -> Result<u64, Wrong> {
        let number = self.whole()?;
        if !(low..=high).contains(&number) {
            let message = format!("`{}` must be from {low} to {high}, and is {number}", self.name);
            return Err(Wrong::new(self.value_place(), message));
        }
        Ok(number.unsigned_abs())
    }

    /// A number, a text or a truth value as a text.
    pub(crate) fn scalar(&self) -> Result<String, Wrong> {
        match self.value.get_ref() {
            DeValue::String(_) => self.text(),
            DeValue::Integer(_) => self.whole().map(|number| number.to_string()),
            DeValue::Float(number) => Ok(number.as_str().to_owned()),
            DeValue::Boolean(flag) => Ok(flag.to_string()),
            DeValue::Datetime(time) => Ok(time.to_string()),
            DeValue::Array(_) | DeValue::Table(_) => Err(self.is_not("a single value")),
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<Self>, Wrong> {
        let items = self.value.get_ref().as_array().ok_or_else(|| self.is_not("a list"))?;
        let item = |value: &'doc Spanned<DeValue<'doc>>| Self {
            name: self.name.clone(),
            place: value.span().start,
            value,
        };
        Ok(items.iter().map(item).collect())
    }

    /// A list of two whole numbers, the first not greater than the second.
    pub(crate) fn range(&self) -> Result<[i64; 2], Wrong> {
        let items = self.list()?;
        let [low, high] = items.as_slice() else { return Err(self.is_not("a list of two numbers")) };
        let (low, high) = (low.whole()?, high.whole()?);
        if low > high {
            return Err(Wrong::new(self.value_place(), format!("`{}` begins above its end", self.name)));
        }
        Ok([low, high])
    }

    pub(crate) fn section(&self) -> Result<Section<'doc>, Wrong> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.is_not("a table"))?;
        Ok(Section::new(table, self.place))
    }
}

/// The entries of a TOML table. Whoever reads it takes out what he knows; what is left is an error.
#[derive(Debug)]
pub(crate) struct Section<'doc> {
    entries: Vec<Entry<'doc>>,
    known: Vec<&'static str>,
    pub(crate) place: usize,
}

impl<'doc> Section<'doc> {
    pub(crate) fn new(table: &'doc DeTable<'doc>, place: usize) -> Self {
        let mut entries: Vec<Entry> = table
            .iter()
            .map(|(name, value)| Entry { name: name.get_ref().to_string(), place: name.span().start, value })
            .collect();
        entries.sort_by_key(|entry| entry.place);
        Self { entries, known: Vec::new(), place }
    }

    pub(crate) fn take(&mut self, name: &'static str) -> Option<Entry<'doc>> {
        self.known.push(name);
        let index = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.remove(index))
    }

    /// All that is left, in the order of the file.
    pub(crate) fn rest(&mut self) -> Vec<Entry<'doc>> {
        std::mem::take(&mut self.entries)
    }

    /// An error if anything is left.
    pub(crate) fn finish(self) -> Result<(), Wrong> {
        let Some(entry) = self.entries.first() else { return Ok(()) };
        let wrong = Wrong::new(entry.place, format!("there is no setting `{}` here", entry.name));
        Err(wrong.help(nearest(&entry.name, &self.known)))
    }
}

/// Which of the known names was meant, or all of them.
pub(crate) fn nearest(name: &str, known: &[impl AsRef<str>]) -> String {
    let near = known
        .iter()
        .map(|other| (strsim::damerau_levenshtein(name, other.as_ref()), other.as_ref()))
        .filter(|(distance, _)| *distance <= 2)
        .min();
    if let Some((_, other)) = near {
        return format!("write `{other}`");
    }
    let names: Vec<String> = known.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    format!("write one of {}", names.join(", "))
}
