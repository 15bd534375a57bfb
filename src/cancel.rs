//! A request to stop, made once and seen everywhere.

use std::sync::Arc;

use tokio::sync::watch;

/// A flag that tasks can wait for. Cheap to clone; once raised it stays raised.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::channel(false).0))
    }
}

impl Cancel {
    /// Asks everybody to stop.
    pub fn raise(&self) {
        self.0.send_replace(true);
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until somebody asks to stop. Cancel safe.
    pub async fn raised(&self) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so waiting can only end by the flag.
        if receiver.wait_for(|raised| *raised).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
