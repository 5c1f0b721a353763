{{/* The configuration file: what the chart knows, and over it whatever stands in .Values.config. */}}
{{- define "autoheal.config" -}}
{{- $own := .Values.config -}}
{{- $notify := dig "notify" (dict) $own -}}
{{- $secrets := "/run/secrets/autoheal" -}}
{{- $fullname := include "autoheal.fullname" . -}}
{{- $server := dict "host" "0.0.0.0" "port" 9095 "auth" (dict "mode" "bearer" "tokens" (list (printf "${file:%s/webhook-token}" $secrets))) -}}
{{- if and .Values.ingress.enabled .Values.ingress.host -}}
{{- $_ := set $server "publicUrl" (printf "%s://%s" (ternary "https" "http" (not (empty .Values.ingress.tlsSecret))) .Values.ingress.host) -}}
{{- end -}}
{{- $workload := dict "kind" "Deployment" "namespace" .Release.Namespace "name" $fullname -}}
{{- $derived := dict
  "server" $server
  "store" (dict "path" "/var/lib/autoheal/autoheal.db")
  "self" (dict "namespace" .Release.Namespace "workload" $workload)
-}}
{{- with include "autoheal.prometheusUrl" . -}}{{- $_ := set $derived "prometheus" (dict "url" .) -}}{{- end -}}
{{- with include "autoheal.alertmanagerUrl" . -}}{{- $_ := set $derived "alertmanager" (dict "url" .) -}}{{- end -}}
{{- if .Values.kubePrometheusStack.enabled -}}
{{- $monitoring := .Values.kubePrometheusStack.namespace -}}
{{- $_ := set $derived "locate" (dict "monitoringNamespaces" (list $monitoring)) -}}
{{- $protected := list "kube-system" "kube-public" "kube-node-lease" $monitoring | uniq -}}
{{- $_ := set $derived "policy" (dict "protectedNamespaces" $protected) -}}
{{- end -}}
{{- $told := dict -}}
{{- if hasKey $notify "slack" -}}
{{- $_ := set $told "slack" (dict "token" (printf "${file:%s/slack-token}" $secrets)) -}}
{{- end -}}
{{- if dig "email" "user" "" $notify -}}
{{- $_ := set $told "email" (dict "password" (printf "${file:%s/smtp-password}" $secrets)) -}}
{{- end -}}
{{- if $told -}}{{- $_ := set $derived "notify" $told -}}{{- end -}}
{{- mustMergeOverwrite $derived (deepCopy $own) | toYaml -}}
{{- end -}}

{{/* The remedies that the policy allows anywhere, by itself or by a rule, as JSON. */}}
{{- define "autoheal.remedies" -}}
{{- $policy := dig "policy" (dict) .Values.config -}}
{{- $names := (.Files.Get "files/access.yaml" | fromYaml).onByDefault -}}
{{- if hasKey $policy "remedies" -}}{{- $names = $policy.remedies -}}{{- end -}}
{{- range dig "rules" (list) $policy -}}
{{- $names = concat $names (dig "remedies" (list) .) -}}
{{- end -}}
{{- without (uniq $names) "none" | sortAlpha | toJson -}}
{{- end -}}

{{/* The modes of the policy that act. Empty where AutoHeal only observes. */}}
{{- define "autoheal.actingModes" -}}
{{- $policy := dig "policy" (dict) .Values.config -}}
{{- $modes := list (dig "mode" "observe" $policy) -}}
{{- range dig "rules" (list) $policy -}}{{- $modes = append $modes (dig "mode" "observe" .) -}}{{- end -}}
{{- without (uniq $modes) "observe" | join ", " -}}
{{- end -}}
