{{- /* The name of most objects: unique by release. */}}
{{- define "fairlead.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride }}
{{- else }}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- /* What selects the pods; never changes, since a Deployment's selector cannot. */}}
{{- define "fairlead.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "fairlead.labels" -}}
{{ include "fairlead.selector" . }}
app.kubernetes.io/part-of: fairlead
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "fairlead.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- /* The user that the operator is to the API server. */}}
{{- define "fairlead.user" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "fairlead.fullname" . }}
{{- end }}

{{- /* CEL: it is not Kubernetes itself that deletes what a namespace or an owner leaves behind. */}}
{{- define "fairlead.notCleaningUp" -}}
request.operation != 'DELETE' || !(request.userInfo.username in ['system:serviceaccount:kube-system:generic-garbage-collector', 'system:serviceaccount:kube-system:namespace-controller', 'system:kube-controller-manager'])
{{- end }}

{{- /* The parts of the operator that run (--roles). */}}
{{- define "fairlead.roles" -}}
controllers{{ if .Values.webhooks.enabled }},webhooks{{ end }}{{ if .Values.xds.enabled }},control-plane{{ end }}
{{- end }}

{{- /* The Secret of the xDS server, ours or the user's. */}}
{{- define "fairlead.xds.secretName" -}}
{{- default (printf "%s-xds" (include "fairlead.fullname" .)) .Values.xds.tls.secretName }}
{{- end }}

{{- /* The webhooks' Service, and the Secret where certificates are not the user's. */}}
{{- define "fairlead.webhooks.name" -}}
{{- include "fairlead.fullname" . }}-webhooks
{{- end }}

{{- define "fairlead.webhooks.secretName" -}}
{{- eq .Values.webhooks.certificates "own" | ternary (include "fairlead.webhooks.name" .) (default (include "fairlead.webhooks.name" .) .Values.webhooks.secretName) }}
{{- end }}

{{- /* Whether the pods mount a certificate of the webhooks. */}}
{{- define "fairlead.webhooks.mounted" -}}
{{- if and .Values.webhooks.enabled (ne .Values.webhooks.certificates "own") }}true{{ end }}
{{- end }}

{{- /* Whether the webhooks ask clients for a certificate. */}}
{{- define "fairlead.webhooks.clientCA" -}}
{{- if and .Values.webhooks.enabled (or .Values.webhooks.clientCA.configMapName .Values.webhooks.clientCA.secretName) }}true{{ end }}
{{- end }}

{{- /* What all addresses of the pod are called in a flag. */}}
{{- define "fairlead.any" -}}
{{- eq .Values.ipFamily "IPv6" | ternary "[::]" "" }}
{{- end }}
