//! Exact shares: a score is rounded once, when it is shown, so sums of thirds stay what they are.

use std::cmp::Ordering;

/// Denominators stay below this power of two, so that no product of two fractions overflows. Sums whose common
/// denominator is larger lose what lies behind the fifteenth digit.
const DENOMINATOR_BITS: u32 = 50;

/// A share between nothing and all.
#[derive(Clone, Copy, Debug)]
pub struct Fraction {
    part: u128,
    whole: u128,
}

impl Fraction {
    /// `part` of `whole`; nothing when there is no whole.
    pub fn of(part: u64, whole: u64) -> Option<Self> {
        (whole > 0).then(|| Self::reduced(part.min(whole).into(), whole.into()))
    }

    /// The mean of weighted shares; nothing when no weight is left.
    pub fn mean(shares: impl IntoIterator<Item = (u64, Self)>) -> Option<Self> {
        let (mut sum, mut weights) = (Self { part: 0, whole: 1 }, 0u64);
        for (weight, share) in shares {
            let weight = weight.min(u8::MAX.into());
            weights += weight;
            sum = Self::reduced(
                sum.part * share.whole + u128::from(weight) * share.part * sum.whole,
                sum.whole * share.whole,
            );
        }
        (weights > 0).then(|| Self::reduced(sum.part, sum.whole * u128::from(weights)))
    }

    /// In percent, rounded down: 100 means all of it, and a mark is reached exactly when the number shown reaches it.
    pub fn percent(self) -> u8 {
        u8::try_from(self.part * 100 / self.whole).unwrap_or(100)
    }

    fn reduced(part: u128, whole: u128) -> Self {
        let divisor = greatest_common_divisor(part, whole);
        let (part, whole) = (part / divisor, whole / divisor);
        let surplus = (u128::BITS - whole.leading_zeros()).saturating_sub(DENOMINATOR_BITS);
        Self {
            part: part >> surplus,
            whole: whole >> surplus,
        }
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Fraction {}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.part * other.whole).cmp(&(other.part * self.whole))
    }
}

fn greatest_common_divisor(a: u128, b: u128) -> u128 {
    if b == 0 {
        a.max(1)
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_down_and_exact_until_then() {
        let cases = [
            (0, 7, 0),
            (1, 3, 33),
            (2, 3, 66),
            (199, 200, 99),
            (7, 7, 100),
        ];
        for (part, whole, percent) in cases {
            assert_eq!(
                Fraction::of(part, whole).map(Fraction::percent),
                Some(percent)
            );
        }
        assert_eq!(Fraction::of(0, 0), None);
        let thirds = [1, 2].map(|part| (1, Fraction::of(part, 3).expect("a third")));
        assert_eq!(
            Fraction::mean(thirds),
            Fraction::of(1, 2),
            "thirds add up exactly"
        );
        assert_eq!(Fraction::mean([]), None);
        assert_eq!(
            Fraction::mean([(0, Fraction::of(1, 2).expect("a half"))]),
            None
        );
    }

    #[test]
    fn many_odd_denominators_neither_overflow_nor_leave_the_range() {
        let shares =
            (0..500u64).map(|n| (255, Fraction::of(n, u64::MAX - 2 * n).expect("a share")));
        assert_eq!(Fraction::mean(shares).map(Fraction::percent), Some(0));
        let ones =
            (1..200u64).map(|n| (n % 7 + 1, Fraction::of(9_973 * n, 10_007 * n).expect("x")));
        assert_eq!(Fraction::mean(ones).map(Fraction::percent), Some(99));
        let all = (1..500u64).map(|n| (200, Fraction::of(n, n).expect("all")));
        assert_eq!(Fraction::mean(all).map(Fraction::percent), Some(100));
    }
}
