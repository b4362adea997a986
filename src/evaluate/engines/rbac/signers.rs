//! Who may approve or sign certificates: that takes a verb on a signer besides, which another binding may grant.
//!
//! Source: the admission plugins CertificateApproval and CertificateSigning,
//! <https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization>.

use super::access::Who;
use super::powers::{powers, wants_signer};
use super::rules::{SIGNERS, covers};
use super::{Found, Known, Rbac, at_least};
use crate::facts::objects::{PolicyRule, Subject};
use crate::facts::{AtLeast, Cell, Gap, GapReason};

impl<'f> Rbac<'f> {
    /// The powers that a role gives to these subjects of a binding of `namespace`.
    pub(super) fn powers(
        &self,
        role: &Known<'f>,
        everywhere: bool,
        subjects: &[Subject],
        namespace: &str,
    ) -> Cell<AtLeast<String>> {
        let within = Some(namespace).filter(|namespace| !namespace.is_empty());
        let bound = subjects.iter().filter_map(|one| Who::of(one, within));
        let names = bound.flat_map(|who| [vec![who.clone()], who.groups()].concat());
        let known: Vec<_> = names.filter_map(|who| self.signers.get(&who)).collect();
        let beside: Vec<&PolicyRule> = known
            .iter()
            .flat_map(|known| known.iter().flatten().copied())
            .collect();
        let mut more = role.more.as_ref();
        if wants_signer(&role.rules, everywhere, &beside) {
            let unclear = known.iter().flat_map(|known| known.iter());
            let mut unclear = unclear.filter_map(|known| known.as_ref().err());
            let lacks = self.facts.cluster_role_bindings.lacks.iter();
            let mut lacks = lacks.map(|lack| &lack.gap);
            let lacking = lacks.find(|gap| gap.reason != GapReason::Outside);
            more = unclear.next().or(lacking).or(more);
        }
        let powers = powers(&role.rules, everywhere, &beside);
        Cell::explicit(at_least(powers, more), role.source.clone())
    }

    /// Notes what a binding of the cluster grants about signers.
    pub(super) fn hold_signers(&mut self, subjects: &[Subject], found: &Found<'f>) {
        let rules: Vec<Result<&'f PolicyRule, Gap>> = match found {
            Found::Role(known) => {
                let rules = known.rules.iter().copied();
                let rules = rules.filter(|rule| covers(rule, &SIGNERS)).map(Ok);
                let more = known.more.iter().map(|gap| Err(gap.clone()));
                rules.chain(more).collect()
            }
            Found::Missing(_) => Vec::new(),
            Found::Unknown(gap) => vec![Err(gap.clone())],
        };
        if rules.is_empty() {
            return;
        }
        for who in subjects.iter().filter_map(|one| Who::of(one, None)) {
            let known = self.signers.entry(who).or_default();
            known.extend(rules.iter().cloned());
        }
    }
}
