//! Bars on stderr, which vanish when the work is done.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::Progress;
use crate::ui::Printer;
use crate::ui::visible::visible;

/// Shows progress as a bar: on a terminal, and neither with `--quiet` nor with `--json`.
pub struct Bars {
    printer: Printer,
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    pub(crate) fn new(printer: Printer) -> Self {
        Self { printer, bar: Mutex::new(None) }
    }

    fn replace(&self, next: Option<ProgressBar>) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = std::mem::replace(&mut *bar, next) {
            last.finish_and_clear();
            self.printer.bars().remove(&last);
        }
    }
}

impl Progress for Bars {
    fn phase(&self, title: &str, total: u64) {
        if !self.printer.shows_bars() {
            return;
        }
        let template = if total == 0 {
            "{spinner} {prefix}  {wide_msg}"
        } else {
            "{spinner} {prefix}  [{bar:24}] {human_pos}/{human_len}  {eta}  {wide_msg}"
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        let bar = self
            .printer
            .bars()
            .add(bar.with_style(style.progress_chars("=> ")).with_prefix(title.to_owned()));
        bar.enable_steady_tick(Duration::from_millis(120));
        self.replace(Some(bar));
    }

    fn advance(&self, amount: u64, label: &str) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_message(visible(label).into_owned());
            bar.inc(amount);
        }
    }

    fn notice(&self, text: &str) {
        self.printer.notice(text);
    }

    fn finish(&self) {
        self.replace(None);
    }
}

/// A bar vanishes even if the work it shows ended in an error.
impl Drop for Bars {
    fn drop(&mut self) {
        self.replace(None);
    }
}
