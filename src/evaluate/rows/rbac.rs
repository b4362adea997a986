//! Rows of RBAC objects: both kinds of roles as one subject, both kinds of bindings as another.

use std::sync::{Arc, LazyLock};

use super::joined::join;
use super::objects::{Identity, unread};
use super::{Row, Rows, Settled, World};
use crate::evaluate::engines::rbac::Grants;
use crate::facts::objects::{ClusterRole, ClusterRoleBinding, ObjectMeta};
use crate::facts::{Cell, Fields, Record};

crate::facts::record! {
    /// Which of two kinds of role this is, and whether it is shipped.
    #[derive(Debug, Default)]
    pub struct RoleMark {
        /// `Role` or `ClusterRole`.
        pub kind: String,
        /// Whether Kubernetes or kubeadm ships exactly this content under this name.
        pub shipped: Cell<bool>,
        /// What it claims to be by its label or name: `shipped`, `changed built-in`, `disguised as built-in`; absent when it makes no claim.
        pub built_in: Cell<String>,
    }
}

crate::facts::record! {
    /// Which of two kinds of binding this is, and what it grants.
    #[derive(Debug, Default)]
    pub struct BindingMark {
        /// `RoleBinding` or `ClusterRoleBinding`.
        pub kind: String,
        /// Whether what it grants is granted in the whole cluster, or in `kube-system`, from where the cluster is reached.
        pub reaches_cluster: bool,
        /// What it claims to be by its label or name: `shipped`, `changed built-in`, `disguised as built-in`; absent when it makes no claim.
        pub built_in: Cell<String>,
        /// What it grants, and to whom.
        pub grants in parent: Grants,
    }
}

impl BindingMark {
    /// The mark of a binding of `namespace`, which is empty for one of the cluster.
    pub(super) fn of(kind: &str, namespace: &str, built_in: Cell<String>, grants: Grants) -> Self {
        Self {
            kind: kind.to_owned(),
            reaches_cluster: kind == CLUSTER_WIDE || namespace == "kube-system",
            built_in,
            grants,
        }
    }
}

/// The kind of binding that grants everywhere.
pub(super) const CLUSTER_WIDE: &str = "ClusterRoleBinding";

pub(super) fn role_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A Role or ClusterRole.";
        join("role", doc, &[RoleMark::schema(), ClusterRole::schema()])
    });
    SCHEMA.clone()
}

pub(super) fn binding_schema() -> Arc<Record> {
    static SCHEMA: LazyLock<Arc<Record>> = LazyLock::new(|| {
        let doc = "A RoleBinding or ClusterRoleBinding, with what it grants.";
        join(
            "binding",
            doc,
            &[BindingMark::schema(), ClusterRoleBinding::schema()],
        )
    });
    SCHEMA.clone()
}

impl World<'_> {
    pub(super) fn roles(&self) -> Rows<'_> {
        let facts = self.facts;
        let mut rows = Vec::new();
        for (role, mark) in facts.roles.rows.iter().zip(&self.derived.roles) {
            rows.push(self.rbac_row(
                "role",
                role_schema(),
                (&mark.kind, mark),
                role,
                &role.metadata,
            ));
        }
        for (role, mark) in facts
            .cluster_roles
            .rows
            .iter()
            .zip(&self.derived.cluster_roles)
        {
            rows.push(self.rbac_row(
                "role",
                role_schema(),
                (&mark.kind, mark),
                role,
                &role.metadata,
            ));
        }
        let mut rows = self.with_lacks(rows, &facts.roles, "role", "roles");
        rows.unread
            .extend(unread(&facts.cluster_roles, "role", "cluster roles"));
        rows
    }

    pub(super) fn bindings(&self) -> Rows<'_> {
        let facts = self.facts;
        let mut rows = Vec::new();
        for (binding, mark) in facts
            .role_bindings
            .rows
            .iter()
            .zip(&self.derived.role_bindings)
        {
            rows.push(self.rbac_row(
                "binding",
                binding_schema(),
                (&mark.kind, mark),
                binding,
                &binding.metadata,
            ));
        }
        let cluster_wide = &facts.cluster_role_bindings;
        for (binding, mark) in cluster_wide
            .rows
            .iter()
            .zip(&self.derived.cluster_role_bindings)
        {
            rows.push(self.rbac_row(
                "binding",
                binding_schema(),
                (&mark.kind, mark),
                binding,
                &binding.metadata,
            ));
        }
        let mut rows = self.with_lacks(rows, &facts.role_bindings, "binding", "role bindings");
        rows.unread
            .extend(unread(cluster_wide, "binding", "cluster role bindings"));
        rows
    }

    fn rbac_row<'w>(
        &'w self,
        subject: &'static str,
        schema: Arc<Record>,
        (kind, mark): (&'w str, &'w dyn Fields),
        object: &'w dyn Fields,
        metadata: &'w ObjectMeta,
    ) -> Row<'w> {
        let identity = Identity {
            kind,
            namespace: &metadata.namespace,
            name: &metadata.name,
        };
        let source = identity.source();
        Row {
            subject: identity.subject(subject).into(),
            place: Settled::Nowhere,
            variables: vec![
                self.joined(schema, vec![mark, object], source.clone()),
                self.cluster_slot(),
            ],
            source,
        }
    }
}
