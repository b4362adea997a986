//! LimitRanges: what containers of a namespace get that ask for nothing.

use super::meta::ObjectMeta;
use super::reading::{nullable, object};
use super::sorted::Amounts;

object! {
    /// A LimitRange.
    pub struct LimitRange {
        /// Who it is.
        #[prost(message, required, tag = "1")]
        pub metadata: ObjectMeta,
        /// The limits.
        #[prost(message, required, tag = "2")]
        pub spec: LimitRangeSpec,
    }
}

object! {
    /// The limits of a LimitRange.
    pub struct LimitRangeSpec {
        /// One per kind of thing.
        #[prost(message, repeated, tag = "1")]
        pub limits: Vec<LimitRangeItem>,
    }
}

object! {
    /// The limits for one kind of thing.
    pub struct LimitRangeItem {
        /// `Container`, `Pod` or `PersistentVolumeClaim`.
        #[prost(string, tag = "1")]
        pub type_ as "type": String,
        /// The most that may be asked for.
        #[prost(message, required, tag = "2")]
        pub max: Amounts,
        /// The limit of whoever states none; absent: the most that may be asked for.
        #[prost(message, required, tag = "4")]
        pub default_limits as "default": Amounts,
    }
}

nullable!(LimitRange, LimitRangeSpec, LimitRangeItem);
