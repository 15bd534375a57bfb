//! The whole job of crmctl on two throwaway servers, told so that a person sees why it is safe.

pub(crate) mod scenes;
mod stage;
mod story;

pub(crate) use stage::Stage;
pub use story::{Scene, Story};
