{{- define "autoheal.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "autoheal.fullname" -}}
{{- $name := include "autoheal.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "autoheal.selectorLabels" -}}
app.kubernetes.io/name: {{ include "autoheal.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "autoheal.labels" -}}
{{ include "autoheal.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "autoheal.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "autoheal.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "autoheal.secretName" -}}
{{- if and (eq .Values.secret.source "existing") (not .Values.secret.name) -}}
{{- fail "secret.source is existing: name the Secret in secret.name" -}}
{{- end -}}
{{- default (include "autoheal.fullname" .) .Values.secret.name -}}
{{- end -}}

{{- define "autoheal.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What kube-prometheus-stack calls its own objects: its fullname is cut at 26 characters. */}}
{{- define "autoheal.stackName" -}}
{{- $release := .Values.kubePrometheusStack.release -}}
{{- if contains "kube-prometheus-stack" $release -}}
{{- $release | trunc 26 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-kube-prometheus-stack" $release | trunc 26 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "autoheal.stackLabels" -}}
release: {{ .Values.kubePrometheusStack.release }}
{{- end -}}

{{- define "autoheal.prometheusUrl" -}}
{{- with .Values.kubePrometheusStack -}}
{{- if .prometheusUrl -}}
{{ .prometheusUrl }}
{{- else if .enabled -}}
{{ printf "http://%s-prometheus.%s.svc:9090" (include "autoheal.stackName" $) .namespace }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "autoheal.alertmanagerUrl" -}}
{{- with .Values.kubePrometheusStack -}}
{{- if .alertmanagerUrl -}}
{{ .alertmanagerUrl }}
{{- else if .enabled -}}
{{ printf "http://%s-alertmanager.%s.svc:9093" (include "autoheal.stackName" $) .namespace }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The port of an address: written there, or that of its scheme. */}}
{{- define "autoheal.portOf" -}}
{{- $url := urlParse . -}}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- $port | default (eq $url.scheme "https" | ternary "443" "80") -}}
{{- end -}}

{{/*
The namespaces of the AlertmanagerConfigs, as JSON. The operator adds a matcher on the namespace that one lies in, unless its
strategy says otherwise; so one that should see the alerts of several namespaces depends on that strategy.
*/}}
{{- define "autoheal.routeNamespaces" -}}
{{- $stack := .Values.kubePrometheusStack -}}
{{- if not (and $stack.enabled $stack.alertmanagerConfig.enabled) -}}
[]
{{- else if eq $stack.matcherStrategy "OnNamespace" -}}
{{- if not .Values.namespaces -}}
{{- fail "kubePrometheusStack.matcherStrategy OnNamespace sends AutoHeal only the alerts of namespaces that hold an AlertmanagerConfig: name them in `namespaces`, or set alertmanagerConfigMatcherStrategy of your Alertmanager to None and say so here" -}}
{{- end -}}
{{- .Values.namespaces | toJson -}}
{{- else if eq $stack.matcherStrategy "OnNamespaceExceptForAlertmanagerNamespace" -}}
{{- list $stack.namespace | toJson -}}
{{- else -}}
{{- list .Release.Namespace | toJson -}}
{{- end -}}
{{- end -}}
