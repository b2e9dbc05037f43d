{{/* The image of operator and simulator. */}}
{{- define "tradefleet.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* The image of the runners: what is not said follows the other one. */}}
{{- define "tradefleet.runnerImage" -}}
{{- $own := .Values.runner.image -}}
{{ $own.repository | default .Values.image.repository }}:{{ $own.tag | default .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* Labels of everything; the argument is a list of the scope and the component's name. */}}
{{- define "tradefleet.labels" -}}
{{- $scope := index . 0 -}}
app.kubernetes.io/version: {{ $scope.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $scope.Release.Service }}
app.kubernetes.io/part-of: tradefleet
helm.sh/chart: {{ printf "%s-%s" $scope.Chart.Name $scope.Chart.Version | replace "+" "_" }}
{{ include "tradefleet.selector" . }}
{{- end }}

{{/* What selects the pods of a component; never changes in the life of a release. */}}
{{- define "tradefleet.selector" -}}
{{- $scope := index . 0 -}}
app.kubernetes.io/name: tradefleet
app.kubernetes.io/instance: {{ $scope.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* The restricted Pod Security level; the user is the image's own. */}}
{{- define "tradefleet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "tradefleet.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* What operator and simulator have in common in a pod's spec. */}}
{{- define "tradefleet.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}

{{/* What the operator may do in a namespace. No verb on secrets: the kubelet mounts the keys. */}}
{{- define "tradefleet.operatorRules" -}}
- apiGroups: [tradefleet.dev]
  resources: [tradingaccounts]
  verbs: [get, list, watch]
- apiGroups: [tradefleet.dev]
  resources: [tradingaccounts/status]
  verbs: [get, patch]
# The children of an account.
- apiGroups: [apps]
  resources: [statefulsets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [serviceaccounts]
  verbs: [get, list, watch, create, patch, delete]
# A runner is given nothing that the operator has not: no right to escalate or to bind is needed.
- apiGroups: [rbac.authorization.k8s.io]
  resources: [roles, rolebindings]
  verbs: [get, list, watch, create, patch, delete]
# Deleting a pod is how a changed template gets rolled out: when its account is flat or protected.
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create, patch]
{{- end }}
