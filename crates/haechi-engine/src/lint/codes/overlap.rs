//! What says what something else says already, or never gets a say.

entries! { OVERLAP
    REDUNDANT_POLICY = "HNP030" "redundant-policy" Warning
    explanation "Everything that the policy does is done by others that select its pods, whatever pods there are or \
        will be: deleting it changes no answer. Policies add up, so a narrower one beside a wider one \
        restricts nothing."
    example r#"kind: NetworkPolicy   # from: [{podSelector: {}}]
---
kind: NetworkPolicy   # from: [{podSelector: {matchLabels: {app: web}}}], same pods"#
    remedy "Delete the policy; or, if it was to restrict, the wider rule that is named."

    REDUNDANT_RULE = "HNP031" "redundant-rule" Warning
    explanation "Everything that the rule allows is allowed by another rule for the same pods, whatever pods there \
        are or will be: deleting it changes no answer. Rules add up, so a narrower one beside a wider one \
        restricts nothing."
    example r#"ingress:
  - from: [{podSelector: {}}]
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 80}]"#
    remedy "Delete the rule; or, if it was to restrict, the wider rule that is named."

    SHADOWED_RULE = "HNP032" "shadowed-rule" Warning
    explanation "Rules or tiers that are asked first decide everything that this rule speaks of, so it never gets a \
        say. Admin policies come before NetworkPolicies and those before the Baseline, and in a tier the \
        lower priority number and the earlier rule come first. It is a note where what comes first decides the same, \
        and in a Baseline that NetworkPolicies overrule, as they are meant to."
    example r#"ingress:
  - {name: all, action: Deny, from: [{namespaces: {}}]}
  - {name: monitoring, action: Accept, from: [{namespaces: {matchLabels: {team: platform}}}]}"#
    remedy "Move the rule before the one that is named, or delete it."

    IDLE_TODAY = "HNP033" "changes-nothing-today" Note
    explanation "A policy or rule could be deleted today without changing any answer, because of the pods that there \
        are. Others need not make it needless: it may be the one that holds when pods or labels change."
    example r#"ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
  - from: [{podSelector: {matchLabels: {tier: front}}}]   # web is the only one of that tier"#
    remedy "Delete it if it is a left-over; keep it if it is meant for what may come."

    EQUAL_PRIORITY = "HNP034" "equal-priority" Warning
    explanation "Two policies of one tier have the same priority, select the same pods and decide some connections \
        differently. The specification leaves open which of them wins, and data planes differ: Calico goes \
        by name, Cilium interleaves the rules, the AWS agent asks denials first. It is a note where they \
        decide nothing differently."
    example r#"kind: ClusterNetworkPolicy   # priority: 10, Accept from monitoring
---
kind: ClusterNetworkPolicy   # priority: 10, Deny from everywhere"#
    remedy "Give every policy of a tier a priority of its own."

    INERT_SECTION = "HNP035" "section-without-policy-type" Warning
    explanation "A policy has rules for a direction that its policyTypes do not list. The rules are ignored: they \
        neither allow nor isolate."
    example r#"policyTypes: [Ingress]
egress:
  - to: [{podSelector: {matchLabels: {app: db}}}]"#
    remedy "Add the direction to policyTypes, or delete the rules."

    SHUT_IN_PASSING = "HNP036" "egress-shut-in-passing" Note
    explanation "A policy with ingress rules lists Egress among its types and has no egress rule, and no other policy \
        opens any egress of its pods: they can open no connection at all, not even to resolve a name. Often \
        policyTypes was copied."
    example r#"policyTypes: [Ingress, Egress]
ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]"#
    remedy "Take Egress out of policyTypes, write what the pods may reach, or say it in a policy of its own if \
        they are to reach nothing."
}
