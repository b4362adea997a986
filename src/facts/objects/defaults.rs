//! What the API server makes of an object that is applied, as far as it matters: its status is not taken over, and a volume
//! that says nothing is an empty directory.
//!
//! Source: `SetDefaults_Volume` in Kubernetes' `pkg/apis/core/v1/defaults.go`.

use serde_json::{Map, Value};

use super::carried::LISTS;

/// Where the spec of a pod stands in the kinds that have one.
const POD_SPECS: [&str; 4] = [
    "/spec",
    "/spec/template/spec",
    "/spec/jobTemplate/spec/template/spec",
    "/template/spec",
];

/// Changes an object as applying it would.
pub(super) fn apply(object: &mut Value) {
    if let Value::Object(fields) = object {
        fields.remove("status");
    }
    for place in POD_SPECS {
        let volumes = object
            .pointer_mut(place)
            .and_then(|spec| spec.get_mut("volumes"));
        let Some(Value::Array(volumes)) = volumes else {
            continue;
        };
        for volume in volumes.iter_mut().filter_map(Value::as_object_mut) {
            let says = |(name, value): (&String, &Value)| name != "name" && !value.is_null();
            if !volume.iter().any(says) {
                volume.insert("emptyDir".to_owned(), Map::new().into());
            }
        }
    }
}

/// The images that an object runs.
pub(super) fn images(object: &Value) -> impl Iterator<Item = &str> {
    let specs = POD_SPECS.iter().filter_map(|place| object.pointer(place));
    let lists = specs.flat_map(|spec| LISTS.iter().filter_map(|name| spec.get(*name)?.as_array()));
    let images = lists.flatten().filter_map(|one| one.get("image"));
    images.filter_map(Value::as_str)
}
