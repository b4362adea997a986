//! Values that come again and again while facts are read: the few last ones are held once.

use std::collections::VecDeque;
use std::sync::Arc;

/// How many are looked through. The cells of a row name about five places.
const KEPT: usize = 8;

/// The last values of one type.
pub(super) struct Recent<T>(VecDeque<Arc<T>>);

impl<T: PartialEq> Recent<T> {
    pub(super) const fn new() -> Self {
        Self(VecDeque::new())
    }

    /// `value`, held where an equal one of the last few is held.
    pub(super) fn shared(&mut self, value: T) -> Arc<T> {
        if let Some(known) = self.0.iter().find(|known| ***known == value) {
            return known.clone();
        }
        let value = Arc::new(value);
        self.0.truncate(KEPT - 1);
        self.0.push_front(value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_lately_is_held_once() {
        let mut recent = Recent::new();
        let first = recent.shared("a".to_owned());
        let again = recent.shared("a".to_owned());
        assert!(Arc::ptr_eq(&first, &again));
        for number in 0..KEPT {
            recent.shared(number.to_string());
        }
        let later = recent.shared("a".to_owned());
        assert_eq!(first, later);
        assert!(!Arc::ptr_eq(&first, &later));
    }
}
