{{- /*
What no schema can say of the values: what the operator would refuse when it starts (operator/app/options.cc), so that an upgrade fails
here and not by pods that do not come up; and what would have no effect. All of it is said at once.
*/}}
{{- define "fairlead.validate" -}}
{{- $wrong := concat
      (include "fairlead.validate.ports" . | fromJsonArray)
      (include "fairlead.validate.plaintextAddress" . | fromJsonArray)
      (include "fairlead.validate.durations" . | fromJsonArray)
      (include "fairlead.validate.webhooks" . | fromJsonArray) }}
{{- if $wrong }}{{ fail (printf "\n%s" (join "\n" $wrong)) }}{{ end }}
{{- end }}

{{- /* A duration of the schema's form in milliseconds. atoi, since int takes 010 for octal. */}}
{{- define "fairlead.milliseconds" -}}
{{- $sum := 0 }}
{{- range regexFindAll "[0-9]+(ms|h|m|s)" . -1 }}
{{- $unit := regexFind "[a-z]+" . }}
{{- $sum = add $sum (mul (trimSuffix $unit . | atoi) (get (dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1) $unit)) }}
{{- end }}
{{- $sum }}
{{- end }}

{{- /* Nothing else listens at a port. 8081 is the probes'. */}}
{{- define "fairlead.validate.ports" -}}
{{- $wrong := list }}
{{- $taken := dict "8081" "the port of the probes" }}
{{- range $key := list "xds" "metrics" "webhooks" }}
{{- $values := get $.Values $key }}
{{- /* Metrics that are not offered are served nevertheless, on the pods' loopback. */}}
{{- if or $values.enabled (eq $key "metrics") }}
{{- $port := printf "%d" (int $values.port) }}
{{- if hasKey $taken $port }}
{{- $wrong = append $wrong (printf "%s.port: %s is %s" $key $port (get $taken $port)) }}
{{- else }}
{{- $_ := set $taken $port (printf "%s.port too" $key) }}
{{- end }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* The schema knows its form; here is whether it is an address, and a port. */}}
{{- define "fairlead.validate.plaintextAddress" -}}
{{- $wrong := list }}
{{- $text := .Values.waypoints.plaintextAddress }}
{{- $port := regexFind "[0-9]+$" $text }}
{{- $host := regexReplaceAll ":[0-9]+$" $text "" }}
{{- $octet := "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" }}
{{- $group := "[0-9a-fA-F]{1,4}" }}
{{- $groups := printf "%[1]s(:%[1]s)*" $group }}
{{- $shortened := and (regexMatch (printf "^\\[(%[1]s)?::(%[1]s)?\\]$" $groups) $host) (lt (regexFindAll $group $host -1 | len) 8) }}
{{- if not (or (has $host (list "" "localhost")) (regexMatch (printf "^%[1]s(\\.%[1]s){3}$" $octet) $host) (regexMatch (printf "^\\[%[1]s(:%[1]s){7}\\]$" $group) $host) $shortened) }}
{{- $wrong = append $wrong (printf "waypoints.plaintextAddress: %s is not an IP address" $host) }}
{{- end }}
{{- if or (gt (atoi $port) 65535) (lt (atoi $port) 1) }}
{{- $wrong = append $wrong (printf "waypoints.plaintextAddress: %s is not a port: there are 1 to 65535" $port) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- define "fairlead.validate.durations" -}}
{{- $wrong := list }}
{{- $lease := .Values.leaderElection }}
{{- $duration := include "fairlead.milliseconds" $lease.leaseDuration | atoi }}
{{- $deadline := include "fairlead.milliseconds" $lease.renewDeadline | atoi }}
{{- $period := include "fairlead.milliseconds" $lease.retryPeriod | atoi }}
{{- if ge $deadline $duration }}
{{- $wrong = append $wrong (printf "leaderElection.renewDeadline: %s must be less than leaderElection.leaseDuration (%s): shorten the one or lengthen the other" $lease.renewDeadline $lease.leaseDuration) }}
{{- end }}
{{- if ge $period $deadline }}
{{- $wrong = append $wrong (printf "leaderElection.retryPeriod: %s must be less than leaderElection.renewDeadline (%s): shorten the one or lengthen the other" $lease.retryPeriod $lease.renewDeadline) }}
{{- end }}
{{- if not $period }}
{{- $wrong = append $wrong (printf "leaderElection.retryPeriod: %s must be more than 0s" $lease.retryPeriod) }}
{{- end }}
{{- $limit := .Values.clusters.staleLimit }}
{{- if eq (include "fairlead.milliseconds" $limit) "0" }}
{{- $wrong = append $wrong (printf "clusters.staleLimit: %s must be more than 0s; 1s lets go of a cluster soonest" $limit) }}
{{- end }}
{{- toJson $wrong }}
{{- end }}

{{- /* Of webhooks that are off nothing is said, so that they can be turned off and on by one value. */}}
{{- define "fairlead.validate.webhooks" -}}
{{- $wrong := list }}
{{- $hooks := .Values.webhooks }}
{{- if $hooks.enabled }}
{{- if and (eq $hooks.certificates "secret") (not $hooks.secretName) }}
{{- $wrong = append $wrong "webhooks.secretName: webhooks.certificates=secret needs the name of one" }}
{{- end }}
{{- if and (eq $hooks.certificates "own") $hooks.secretName }}
{{- $wrong = append $wrong "webhooks.secretName: has no effect with webhooks.certificates=own; say webhooks.certificates=secret (or certManager), or leave it empty" }}
{{- end }}
{{- if and (ne $hooks.certificates "secret") $hooks.caBundle }}
{{- $wrong = append $wrong (printf "webhooks.caBundle: has no effect with webhooks.certificates=%s; say webhooks.certificates=secret, or leave it empty" $hooks.certificates) }}
{{- end }}
{{- if and (ne $hooks.certificates "certManager") $hooks.certManager.issuerName }}
{{- $wrong = append $wrong (printf "webhooks.certManager.issuerName: has no effect with webhooks.certificates=%s; say webhooks.certificates=certManager, or leave it empty" $hooks.certificates) }}
{{- end }}
{{- if and (ne $hooks.certManager.issuerKind "Issuer") (not $hooks.certManager.issuerName) }}
{{- $wrong = append $wrong (printf "webhooks.certManager.issuerKind: %s has no effect without webhooks.certManager.issuerName: name it, or leave Issuer" $hooks.certManager.issuerKind) }}
{{- end }}
{{- if and $hooks.clientCA.configMapName $hooks.clientCA.secretName }}
{{- $wrong = append $wrong "webhooks.clientCA: name either a ConfigMap or a Secret" }}
{{- end }}
{{- if and (ne $hooks.clientCA.key "ca.crt") (not $hooks.clientCA.configMapName) (not $hooks.clientCA.secretName) }}
{{- $wrong = append $wrong "webhooks.clientCA.key: has no effect without webhooks.clientCA.configMapName or webhooks.clientCA.secretName" }}
{{- end }}
{{- end }}
{{- toJson $wrong }}
{{- end }}
