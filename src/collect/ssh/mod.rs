//! Nodes over SSH.

mod seen;
mod talk;
#[cfg(test)]
mod tests;
mod wire;
