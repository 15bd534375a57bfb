//! Bars on stderr, which vanish when the work is done.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::plan::{Moved, Progress, Transfer};
use crate::ui::Printer;
use crate::ui::transfer::Transfers;
use crate::ui::visible::visible;

/// How often a log that is no terminal hears how far rows have come.
const EVERY: Duration = Duration::from_secs(10);

/// Shows progress as a bar: on a terminal, and neither with `--quiet` nor with `--json`.
pub struct Bars {
    printer: Printer,
    bar: Mutex<Option<ProgressBar>>,
    moving: Mutex<Option<Moving>>,
}

/// Rows on their way.
struct Moving {
    transfers: Transfers,
    since: Instant,
    told: Instant,
}

impl Bars {
    pub(crate) fn new(printer: Printer) -> Self {
        Self { printer, bar: Mutex::new(None), moving: Mutex::new(None) }
    }

    /// A new bar in place of the last one; `total` 0 is work of unknown length.
    fn show(&self, title: &str, template: &str, total: u64) {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = if total == 0 { ProgressBar::new_spinner() } else { ProgressBar::new(total) };
        let bar = self
            .printer
            .bars()
            .add(bar.with_style(style.progress_chars("=> ")).with_prefix(title.to_owned()));
        bar.enable_steady_tick(Duration::from_millis(120));
        self.replace(Some(bar));
    }

    fn replace(&self, next: Option<ProgressBar>) {
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = std::mem::replace(&mut *bar, next) {
            last.finish_and_clear();
            self.printer.bars().remove(&last);
        }
    }
}

/// A bar of rows that move is so long.
const PERMILLE: u64 = 1000;

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
        self.show(title, template, total);
    }

    fn advance(&self, amount: u64, label: &str) {
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_message(visible(label).into_owned());
            bar.inc(amount);
        }
    }

    fn transfer(&self, title: &str, tables: &[Transfer]) {
        let now = Instant::now();
        let moving = Moving { transfers: Transfers::new(title, tables), since: now, told: now };
        *self.moving.lock().unwrap_or_else(PoisonError::into_inner) = Some(moving);
        if self.printer.shows_bars() {
            self.show(title, "{spinner} {prefix}  [{bar:24}] {percent} %  {wide_msg}", PERMILLE);
        }
    }

    fn moved(&self, index: usize, moved: Moved) {
        let mut moving = self.moving.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Moving { transfers, since, told }) = &mut *moving else { return };
        transfers.record(index, moved);
        if let Some(bar) = &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            bar.set_position(transfers.permille());
            bar.set_message(visible(&transfers.line(since.elapsed())).into_owned());
        } else if told.elapsed() >= EVERY {
            *told = Instant::now();
            let (percent, line) = (transfers.permille() / 10, transfers.line(since.elapsed()));
            self.printer.notice(&format!("{}: {percent} %, {}", transfers.title, visible(&line)));
        }
    }

    fn notice(&self, text: &str) {
        self.printer.notice(text);
    }

    fn finish(&self) {
        *self.moving.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.replace(None);
    }
}

/// A bar vanishes even if the work it shows ended in an error.
impl Drop for Bars {
    fn drop(&mut self) {
        self.replace(None);
    }
}
