//! The macro that turns a struct into a fact: storage, schema and access from one definition.

/// Defines a struct whose fields expressions can read.
///
/// Every field needs a doc comment: it becomes the reference page of `checks schema`. The name in expressions, in the
/// snapshot and in the API's JSON is the field's name in camelCase; `as "hostPID"` states another. `in parent` splices the
/// fields of a part into this record, as Go does with embedded structs. Fields under `hidden` are stored and decoded like
/// the others but belong to `facts` alone: expressions do not see them. A leading `reading PATH;` names the function
/// through which fields are read, where that is not plainly [`crate::facts::Observed::read`].
///
/// ```
/// seaworthy::facts::record! {
///     /// A ship.
///     pub struct Ship {
///         /// What it is called.
///         pub name: String,
///         /// Draught, in metres.
///         pub max_draught: Option<i64>,
///     }
/// }
/// use seaworthy::facts::Fields;
/// let ship = Ship { name: "Argo".into(), max_draught: None };
/// assert_eq!(ship.record().fields[1].name, "maxDraught");
///
/// seaworthy::facts::record! {
///     /// A ship in a port.
///     pub struct Berthed {
///         /// Where.
///         pub berth: String,
///         /// Which.
///         pub ship in parent: Ship,
///     }
/// }
/// let berthed = Berthed { berth: "7".into(), ship };
/// assert_eq!(berthed.record().position("maxDraught"), Some(2));
/// ```
#[macro_export]
macro_rules! record {
    (@reader) => { |place: &dyn $crate::facts::Observed| place.read() };
    (@reader $reader:path) => { $reader };

    (@schema $fields:ident, $name:expr, $doc:expr, $type:ty, [parent]) => {
        $fields.extend(<$type>::schema().fields.iter().cloned());
    };
    (@schema $fields:ident, $name:expr, $doc:expr, $type:ty, []) => {
        $fields.push($crate::facts::Field {
            name: $name,
            doc: $doc.trim().to_owned(),
            kind: <$type as $crate::facts::Observed>::kind(),
        });
    };

    (@read $reader:ident, $place:expr, $type:ty, $position:ident, $at:ident, [parent]) => {
        let count = <$type>::schema().fields.len();
        if $position < $at + count {
            return $crate::facts::Fields::field(&$place, $position - $at);
        }
        $at += count;
    };
    (@read $reader:ident, $place:expr, $type:ty, $position:ident, $at:ident, []) => {
        if $position == $at {
            return $reader(&$place);
        }
        $at += 1;
    };

    (
        $(reading $reader:path;)?
        #[doc = $doc:expr]
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                #[doc = $field_doc:expr]
                $(#[doc = $more_doc:expr])*
                $(#[prost($($prost:tt)*)])?
                $(#[serde($($serde:tt)*)])?
                pub $field:ident $(as $rename:literal)? $(in $parent:ident)?: $type:ty
            ),*
            $(, hidden {
                $(
                    $(#[$hidden_meta:meta])*
                    $hidden:ident: $hidden_type:ty
                ),* $(,)?
            })?
            $(,)?
        }
    ) => {
        #[doc = $doc]
        #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        #[allow(unreachable_pub, reason = "a record may be private to its module")]
        pub struct $name {
            $(
                #[doc = $field_doc]
                $(#[doc = $more_doc])*
                $(#[prost($($prost)*)])?
                $(#[serde($($serde)*)])?
                $(#[serde(rename = $rename)])?
                pub $field: $type,
            )*
            $($(
                $(#[$hidden_meta])*
                pub(in $crate::facts) $hidden: $hidden_type,
            )*)?
        }

        #[allow(unreachable_pub, reason = "a record may be private to its module")]
        impl $name {
            /// The schema of this kind of fact.
            pub fn schema() -> &'static std::sync::Arc<$crate::facts::Record> {
                static SCHEMA: std::sync::LazyLock<std::sync::Arc<$crate::facts::Record>> =
                    std::sync::LazyLock::new(|| {
                        #[allow(unused_mut, clippy::vec_init_then_push)]
                        let fields = {
                            let mut fields: Vec<$crate::facts::Field> = Vec::new();
                            $($crate::record!(
                                @schema fields,
                                $crate::facts::field_name(stringify!($field), &[$($rename)?]),
                                concat!($field_doc, $($more_doc),*),
                                $type,
                                [$($parent)?]
                            );)*
                            fields
                        };
                        std::sync::Arc::new($crate::facts::Record {
                            name: stringify!($name).to_owned(),
                            doc: $doc.trim().to_owned(),
                            fields,
                        })
                    });
                &SCHEMA
            }
        }

        impl $crate::facts::Fields for $name {
            fn record(&self) -> &std::sync::Arc<$crate::facts::Record> {
                Self::schema()
            }
            #[allow(unused_assignments, unused_mut, unused_variables)]
            fn field(&self, position: usize) -> $crate::facts::Reading<'_> {
                let read: fn(&dyn $crate::facts::Observed) -> $crate::facts::Reading<'_> =
                    $crate::record!(@reader $($reader)?);
                let mut at = 0;
                $($crate::record!(
                    @read read, self.$field, $type, position, at, [$($parent)?]
                );)*
                $crate::facts::View::Absent.into()
            }
        }

        impl $crate::facts::Observed for $name {
            fn kind() -> $crate::facts::Type {
                $crate::facts::Type::Record(Self::schema().clone())
            }
            fn read(&self) -> $crate::facts::Reading<'_> {
                $crate::facts::View::Record(self).into()
            }
        }
    };
}
