//! What reading finds.

entries! { READING
    SYNTAX = "HNP001" "syntax" Error
    explanation "A document cannot be parsed, so nothing of it is used. The other documents of the file are read all \
        the same, and every answer is given without what this one would have said."
    example r#"metadata:
  name: web
   namespace: shop"#
    remedy "Mend what stands at the place that is named. A template has to be rendered before it is read."

    INVALID_FIELD = "HNP002" "invalid-field" Error
    explanation "A field has a value that the API server refuses, so that the object is not used at all: half a \
        policy would open or shut what nobody meant. Where only a part is ignored, such as the bits of a \
        block behind its prefix, it is a warning."
    example r#"ports:
  - port: 443
    endPort: 80"#
    remedy "Write a value that the field takes; the hint says which."

    UNKNOWN_FIELD = "HNP003" "unknown-field" Warning
    explanation "A kind has no such field. The API server drops it or refuses the object, so that what it was to say \
        is not said. A peer whose one field is misspelt selects something else than was meant."
    example r#"from:
  - podSelectors:
      matchLabels: {app: web}"#
    remedy "Take the spelling that the hint names, or the field out."

    TRANSLATED_KEY = "HNP004" "translated-key" Error
    explanation "A key was translated together with the text around it, as happens when a manifest goes through a \
        machine translator. Kubernetes knows only its own keys."
    example r#"종류: NetworkPolicy"#
    remedy "Write the key in English."

    TWICE = "HNP005" "object-twice" Error
    explanation "The sources hold two objects of one kind, namespace and name with different content. Only one can be \
        in a cluster: the one that is applied last, and that is what the answers are given for. It is a note if both \
        say the same."
    example r#"kind: NetworkPolicy
metadata: {name: web, namespace: shop}
---
kind: NetworkPolicy
metadata: {name: web, namespace: shop}"#
    remedy "Delete one of them or give it a name of its own."

    NOT_AN_OBJECT = "HNP006" "not-an-object" Note
    explanation "A document has neither apiVersion nor kind, so it is no Kubernetes object: often the values of a \
        chart or the list of a kustomization."
    example r#"replicas: 3
image: web"#
    remedy "Render the chart or build the kustomization first, and give the result to haechi."

    LIMIT = "HNP007" "limit" Error
    explanation "A limit was met that keeps a hostile or broken input from eating all memory: the size of a file, the \
        depth of nesting, what aliases may add. What lies behind it was not read."
    example r#"a: &a [x, x, x]
b: &b [*a, *a, *a]
c: [*b, *b, *b]"#
    remedy "Split the input, or write out what the aliases repeat."

    UNREADABLE = "HNP008" "unreadable" Error
    explanation "A file that was named is not there or cannot be read, so that nothing of it is in any answer."
    example r#"haechi lint -f polices/"#
    remedy "Look at the spelling and at the file's permissions."

    UNKNOWN_KIND = "HNP009" "unknown-kind" Error
    explanation "A kind or version does not exist and was probably meant to be one that does, so that the object says \
        nothing."
    example r#"apiVersion: networking.k8s.io/v1beta1
kind: NetworkPolicy"#
    remedy "Write the version and kind that the hint names."
}
