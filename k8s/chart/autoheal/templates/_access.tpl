{{/*
Every right of the enabled remedies and of the reads, as JSON: under `cluster` and `namespace`, by the scope of its rule,
"GROUP RESOURCE" -> verbs. Where no namespaces are named, all are of the cluster. From files/access.yaml, which is made from the
declarations in the code.
*/}}
{{- define "autoheal.grants" -}}
{{- $access := .Files.Get "files/access.yaml" | fromYaml -}}
{{- $rbac := .Values.rbac -}}
{{- if and $rbac.readOnly (include "autoheal.actingModes" .) -}}
{{- fail (printf "rbac.readOnly is set, but the policy has mode %s: AutoHeal could not do what it is told to" (include "autoheal.actingModes" .)) -}}
{{- end -}}
{{- $rules := $access.reads -}}
{{- range $name := include "autoheal.remedies" . | fromJsonArray -}}
{{- if not (hasKey $access.remedies $name) -}}{{- fail (printf "config.policy: there is no remedy %s" $name) -}}{{- end -}}
{{- $rules = concat $rules (get $access.remedies $name) -}}
{{- end -}}
{{- $grants := dict "cluster" dict "namespace" dict -}}
{{- range $rule := $rules -}}
{{- $scope := ternary (dig "scope" "namespace" $rule) "cluster" (not (empty $.Values.namespaces)) -}}
{{- $granted := get $grants $scope -}}
{{- $verbs := $rule.verbs -}}
{{- if $rbac.readOnly -}}{{- $verbs = without $verbs "create" "patch" "delete" -}}{{- end -}}
{{- range $group := $rule.apiGroups -}}
{{- range $resource := $rule.resources -}}
{{- if and $verbs (not (and $rule.optional (has $resource $rbac.leaveOut))) -}}
{{- $key := printf "%s %s" $group $resource -}}
{{- $_ := set $granted $key (concat (dig $key (list) $granted) $verbs | uniq | sortAlpha) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if dig "notify" "kubernetesEvents" true .Values.config -}}
{{- range $rule := $access.events -}}
{{- $_ := set (get $grants (ternary "namespace" "cluster" (not (empty $.Values.namespaces)))) (printf "%s %s" (first $rule.apiGroups) (first $rule.resources)) $rule.verbs -}}
{{- end -}}
{{- end -}}
{{- $grants | toJson -}}
{{- end -}}

{{/* Rights as the rules of a Role: resources of one group with the same verbs share a rule. Takes a dict of grants. */}}
{{- define "autoheal.rules" -}}
{{- $rules := dict -}}
{{- range $key, $verbs := . -}}
{{- $parts := splitList " " $key -}}
{{- $rule := printf "%s %s" (first $parts) (join "," $verbs) -}}
{{- $_ := set $rules $rule (append (dig $rule (list) $rules) (last $parts)) -}}
{{- end -}}
{{- range $rule, $resources := $rules }}
{{- $parts := splitList " " $rule }}
- apiGroups: [{{ first $parts | quote }}]
  resources: {{ $resources | sortAlpha | toJson }}
  verbs: {{ last $parts | splitList "," | toJson }}
{{- end -}}
{{- end -}}
