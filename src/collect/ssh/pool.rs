//! How much memory what nodes say may take, all of them together.
//!
//! A good node takes little, and gets that whatever the others do. Beyond it they share what there is: a node that says more
//! than is left is one gap, however many of its kind there are.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

/// What a node may hold while it is read, in bytes; several times what a node with a hundred pods says.
const READ: usize = 4 << 20;
/// What may be kept of a node once it was read, in bytes.
const KEPT: usize = 512 << 10;
/// What all of them may hold beyond that.
const SHARED: usize = 64 << 20;
/// What one may hold while it is read; more than eight thousand processes take.
pub(super) const MOST: usize = 32 << 20;

/// About how many bytes a fact takes for each byte of its JSON.
const FACTOR: usize = 3;

/// What is left for all.
#[derive(Debug)]
pub(super) struct Pool(AtomicUsize);

impl Default for Pool {
    fn default() -> Self {
        Self(AtomicUsize::new(SHARED))
    }
}

impl Pool {
    fn take(&self, bytes: usize) -> bool {
        let less = |left: usize| left.checked_sub(bytes);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less)
            .is_ok()
    }

    fn give(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Whether facts of a node may be kept for the rest of the run.
    pub(super) fn keep(&self, facts: &impl Serialize) -> bool {
        let mut size = Size(0);
        // Counting does not fail.
        let _ = serde_json::to_writer(&mut size, facts);
        self.take((FACTOR * size.0).saturating_sub(KEPT))
    }
}

/// What one node holds while it is read; given back in the end.
#[derive(Debug, Default)]
pub(super) struct Share {
    pool: Arc<Pool>,
    held: usize,
}

impl Share {
    /// Of a pool.
    pub(super) fn of(pool: &Arc<Pool>) -> Self {
        Self {
            pool: pool.clone(),
            held: 0,
        }
    }

    /// Whether it may hold so much more.
    pub(super) fn hold(&mut self, bytes: usize) -> bool {
        let held = self.held.saturating_add(bytes);
        let more = beyond(held) - beyond(self.held);
        let may = held <= MOST && self.pool.take(more);
        if may {
            self.held = held;
        }
        may
    }
}

fn beyond(held: usize) -> usize {
    held.saturating_sub(READ)
}

impl Drop for Share {
    fn drop(&mut self) {
        self.pool.give(beyond(self.held));
    }
}

/// Counts bytes.
struct Size(usize);

impl io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_says_too_much_leaves_what_the_others_need() {
        let pool = Arc::new(Pool::default());
        let mut greedy: Vec<Share> = (0..3).map(|_| Share::of(&pool)).collect();
        assert!(greedy[0].hold(MOST) && !greedy[0].hold(1));
        assert!(greedy[1].hold(MOST) && !greedy[2].hold(MOST));
        let mut good = Share::of(&pool);
        assert!(good.hold(READ) && good.hold(SHARED - 2 * (MOST - READ)) && !good.hold(1));
        assert!(pool.keep(&"a".repeat(KEPT / FACTOR - 2)));
        assert!(!pool.keep(&"a".repeat(KEPT)));
        drop((greedy, good));
        assert!(pool.keep(&"a".repeat(SHARED / FACTOR)));
        assert!(!pool.keep(&"a".repeat(SHARED / FACTOR)));
    }
}
