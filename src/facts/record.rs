//! The macro that turns a struct into a fact: storage, schema and access from one definition.

/// Defines a struct whose fields expressions can read.
///
/// Every field needs a doc comment: it becomes the reference page of `checks schema`. The name in expressions, in the
/// snapshot and in the API's JSON is the field's name in camelCase; `as "hostPID"` states another.
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
/// ```
#[macro_export]
macro_rules! record {
    (
        #[doc = $doc:expr]
        $(#[$meta:meta])*
        pub struct $name:ident {
            $(
                #[doc = $field_doc:expr]
                $(#[doc = $more_doc:expr])*
                $(#[prost($($prost:tt)*)])?
                $(#[serde($($serde:tt)*)])?
                pub $field:ident $(as $rename:literal)?: $type:ty
            ),* $(,)?
        }
    ) => {
        #[doc = $doc]
        $(#[$meta])*
        #[derive(Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        pub struct $name {
            $(
                #[doc = $field_doc]
                $(#[doc = $more_doc])*
                $(#[prost($($prost)*)])?
                $(#[serde($($serde)*)])?
                $(#[serde(rename = $rename)])?
                pub $field: $type
            ),*
        }

        impl $name {
            /// The schema of this kind of fact.
            pub fn schema() -> &'static std::sync::Arc<$crate::facts::Record> {
                static SCHEMA: std::sync::LazyLock<std::sync::Arc<$crate::facts::Record>> =
                    std::sync::LazyLock::new(|| {
                        std::sync::Arc::new($crate::facts::Record {
                            name: stringify!($name).to_owned(),
                            doc: $doc.trim().to_owned(),
                            fields: vec![$(
                                $crate::facts::Field {
                                    name: $crate::facts::field_name(
                                        stringify!($field),
                                        &[$($rename)?],
                                    ),
                                    doc: concat!($field_doc, $($more_doc),*).trim().to_owned(),
                                    kind: <$type as $crate::facts::Observed>::kind(),
                                }
                            ),*],
                        })
                    });
                &SCHEMA
            }
        }

        impl $crate::facts::Fields for $name {
            fn record(&self) -> &std::sync::Arc<$crate::facts::Record> {
                Self::schema()
            }
            fn field(&self, position: usize) -> $crate::facts::Reading<'_> {
                let mut _at = 0;
                $(
                    if position == _at {
                        return $crate::facts::Observed::read(&self.$field);
                    }
                    _at += 1;
                )*
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
