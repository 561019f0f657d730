//! What is printed for machines. Each type has a JSON Schema in `docs/schemas/`, generated from it.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::Serialize;

pub mod diff;
pub mod explain;
pub mod lint;
pub mod port;
pub mod reach;
pub mod summary;
pub mod test;

pub use port::PortRange;

/// The name and version of a schema, as documents of it name it in `schemaVersion`.
pub trait Versioned: JsonSchema {
    /// `haechi.dev/NAME/vN`.
    const VERSION: &'static str;
}

/// The version of a document's schema; only the one of `T` can be written.
#[derive(Clone, Copy, Debug)]
pub struct SchemaVersion<T>(std::marker::PhantomData<T>);

impl<T> Default for SchemaVersion<T> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T: Versioned> Serialize for SchemaVersion<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(T::VERSION)
    }
}

impl<T: Versioned> JsonSchema for SchemaVersion<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "SchemaVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "string", "const": T::VERSION })
    }

    fn inline_schema() -> bool {
        true
    }
}

/// The schemas of all documents, each by the name of its file.
#[must_use]
pub fn schemas() -> Vec<(String, Schema)> {
    vec![
        of::<diff::Diff>(),
        of::<explain::Explain>(),
        of::<lint::Lint>(),
        of::<reach::Reach<'_>>(),
        of::<summary::Summary>(),
        of::<test::Test>(),
        ("reach-test.schema.json".to_owned(), crate::testing::format::schema()),
    ]
}

fn of<T: Versioned>() -> (String, Schema) {
    let mut schema = SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>();
    schema.insert(
        "$id".to_owned(),
        format!("https://{}.json", T::VERSION.replacen('/', "/schemas/", 1)).into(),
    );
    let name = T::VERSION.trim_start_matches("haechi.dev/").replace('/', "-");
    (format!("{name}.json"), schema)
}
