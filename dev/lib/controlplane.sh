# shellcheck shell=bash
# The control plane itself: its certificates, its components and how they are started. Uses $state.

components=(etcd kube-apiserver kube-controller-manager kube-scheduler kwok)
service_range=10.0.0.0/24
kubeconfig_of() { printf '%s/%s.kubeconfig' "$state" "$1"; }
kubectl() { "$(bin_of kubernetes)/kubectl" --kubeconfig "$(kubeconfig_of admin)" "$@"; }
tail_of() { tail -n 3 "$state/logs/$1.log" 2>/dev/null | cut -c 1-400; }

set_of() {
  case "$1" in
    etcd | kwok) echo "$1" ;;
    *) echo kubernetes ;;
  esac
}

# By openssl: it is nearly everywhere (Debian's and Alpine's own certificate stores need it), and a CA of our own lets
# each component be known by its real name, as RBAC's and flow control's built-in rules want it. With a configuration
# of our own, so that openssl and LibreSSL of any version do the same.
certificates() {
  command -v openssl >/dev/null || die "openssl was not found: install it (it makes the local cluster's certificates)."
  local pki="$state/pki"
  mkdir -p "$pki"
  chmod 700 "$pki"
  cat >"$pki/openssl.cnf" <<CNF
[req]
distinguished_name = name
prompt = no
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign, digitalSignature
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, DNS:kubernetes, DNS:kubernetes.default, DNS:kubernetes.default.svc, IP:127.0.0.1, IP:${service_range%.*}.1
[client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
CNF
  (
    cd "$pki"
    # PKCS#8 and RSA for all: what every client of every language reads without further libraries.
    local key
    for key in ca apiserver service-accounts client; do openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$key.key"; done
    openssl pkey -in service-accounts.key -pubout -out service-accounts.pub
    openssl req -x509 -new -key ca.key -subj "/CN=scanwarden-local-ca" -days 3650 -config openssl.cnf -extensions ca -out ca.crt
    certificate apiserver server apiserver.key /CN=kube-apiserver
    certificate admin client client.key /O=system:masters/CN=admin
    certificate kube-controller-manager client client.key /CN=system:kube-controller-manager
    certificate kube-scheduler client client.key /CN=system:kube-scheduler
  ) >"$state/logs/certificates.log" 2>&1 </dev/null || die "openssl failed; its output: $state/logs/certificates.log"
}

certificate() { # NAME EXTENSIONS KEY SUBJECT, in the folder of the certificates
  openssl req -new -key "$3" -subj "$4" -config openssl.cnf -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 8)" -days 3650 \
    -extfile openssl.cnf -extensions "$2" -out "$1.crt"
}

kubeconfigs() {
  local user pki="$state/pki"
  for user in admin kube-controller-manager kube-scheduler; do
    (
      umask 077
      cat >"$(kubeconfig_of "$user")" <<KUBECONFIG
apiVersion: v1
kind: Config
clusters:
- name: scanwarden-$name
  cluster:
    server: https://127.0.0.1:$(port_of kube-apiserver)
    certificate-authority-data: $(base64 <"$pki/ca.crt" | tr -d '\n')
users:
- name: $user
  user:
    client-certificate-data: $(base64 <"$pki/$user.crt" | tr -d '\n')
    client-key-data: $(base64 <"$pki/client.key" | tr -d '\n')
contexts:
- name: scanwarden-$name
  context: {cluster: scanwarden-$name, user: $user}
current-context: scanwarden-$name
KUBECONFIG
    )
  done
}

# start COMPONENT: with the port that it has, or a free one. Returns at once.
start() {
  local component="$1" bin port pki="$state/pki"
  bin="$(bin_of "$(set_of "$component")")"
  if [[ $component != kwok && ! -s $state/run/$component.port ]]; then
    assign_port "$component"
  fi
  port="$(port_of "$component")"
  local -a rate=(--kube-api-qps=300 --kube-api-burst=600)
  [[ ! -e $state/default-client-rate ]] || rate=()
  local -a more=()
  local flag
  if [[ -e $state/controller-manager-flags ]]; then
    while IFS= read -r flag; do more+=("$flag"); done <"$state/controller-manager-flags"
  fi
  case "$component" in
    etcd)
      # Nobody but the API server talks to it, and what it holds is made to be thrown away: no TLS, no fsync. The port
      # for peers, of which there are none, is any.
      launch etcd "$bin/etcd" --name=default --data-dir="$state/etcd" --unsafe-no-fsync \
        --listen-client-urls="http://127.0.0.1:$port" --advertise-client-urls="http://127.0.0.1:$port" \
        --listen-peer-urls=http://127.0.0.1:0 --initial-advertise-peer-urls=http://127.0.0.1:0 \
        --initial-cluster=default=http://127.0.0.1:0 --quota-backend-bytes=8589934592
      ;;
    kube-apiserver)
      # The Service "kubernetes" gets no endpoints: they may not be loopback addresses, and no pod is real.
      launch kube-apiserver "$bin/kube-apiserver" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
        --secure-port="$port" --endpoint-reconciler-type=none --service-cluster-ip-range="$service_range" \
        --etcd-servers="http://127.0.0.1:$(port_of etcd)" --authorization-mode=Node,RBAC \
        --client-ca-file="$pki/ca.crt" --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$pki/service-accounts.pub" \
        --service-account-signing-key-file="$pki/service-accounts.key" --allow-privileged
      ;;
    kube-controller-manager)
      # Nodes report every five minutes (dev/kwok/nodes.yaml), not every ten seconds: a cluster at rest stays at rest.
      launch kube-controller-manager "$bin/kube-controller-manager" --bind-address=127.0.0.1 --secure-port="$port" \
        --kubeconfig="$(kubeconfig_of "$component")" --authentication-kubeconfig="$(kubeconfig_of "$component")" \
        --authorization-kubeconfig="$(kubeconfig_of "$component")" --leader-elect=false \
        --use-service-account-credentials --service-account-private-key-file="$pki/service-accounts.key" \
        --root-ca-file="$pki/ca.crt" --node-monitor-grace-period=1h ${rate[@]+"${rate[@]}"} \
        ${more[@]+"${more[@]}"}
      ;;
    kube-scheduler)
      launch kube-scheduler "$bin/kube-scheduler" --bind-address=127.0.0.1 --secure-port="$port" \
        --kubeconfig="$(kubeconfig_of "$component")" --authentication-kubeconfig="$(kubeconfig_of "$component")" \
        --authorization-kubeconfig="$(kubeconfig_of "$component")" --leader-elect=false ${rate[@]+"${rate[@]}"}
      ;;
    kwok)
      # Without leases of nodes: a kwok that was killed must not keep its successor waiting for them to run out.
      launch kwok "$bin/kwok" --kubeconfig="$(kubeconfig_of admin)" --manage-all-nodes --node-lease-duration-seconds=0 \
        --node-ip=127.0.0.1 --cidr=10.64.0.0/10 --config="$repository/dev/kwok/options.yaml" \
        --config="$repository/dev/kwok/node-stages.yaml" --config="$repository/dev/kwok/pod-stages.yaml"
      ;;
  esac
}

# answers COMPONENT: whether it serves. By its log, since whoever answers at a port may be somebody else; the API server
# is known by its certificate. kwok has no port; that pods run shows that it works.
answers() {
  case "$1" in
    etcd) grep -q 'ready to serve client requests' "$state/logs/etcd.log" ;;
    kube-apiserver) kubectl get --raw /readyz --request-timeout=5s >/dev/null 2>&1 ;;
    kwok) true ;;
    *) grep -q 'Serving securely' "$state/logs/$1.log" ;;
  esac
}

# bring_up COMPONENT: starts it and waits until it serves. A port that somebody else took in between is exchanged, but
# not on a restart: clients know it.
bring_up() {
  local component="$1" may_move="${2:-yes}" deadline=$((SECONDS + 90)) moves=0
  start "$component"
  until runs "$component" && answers "$component"; do
    if ! runs "$component"; then
      if [[ $may_move == yes ]] && ((moves++ < 5)) && grep -q 'address already in use' "$state/logs/$component.log"; then
        rm -f "$state/run/$component.port"
        start "$component"
        [[ $component != kube-apiserver ]] || kubeconfigs
        continue
      fi
      die "$component ended at once: $(tail_of "$component") The whole log: $state/logs/$component.log"
    fi
    ((SECONDS < deadline)) || die "$component did not answer within 90 s. Its log: $state/logs/$component.log"
    sleep 0.1
  done
}

# eventually SECONDS WHAT COMMAND...: until the command succeeds.
eventually() {
  local deadline=$((SECONDS + $1)) what="$2" component
  shift 2
  until "$@" >/dev/null 2>&1; do
    for component in "${components[@]}"; do
      runs "$component" || die "$component has ended: $(tail_of "$component") The whole log: $state/logs/$component.log"
    done
    ((SECONDS < deadline)) || die "$what: not within the time. The logs: $state/logs"
    sleep 0.1
  done
}

# A pod of no use that shows that the whole chain works: admission, scheduler, kwok.
probe_pod() {
  kubectl create --save-config=false -f - >/dev/null 2>&1 <<'POD' || true
apiVersion: v1
kind: Pod
metadata: {name: probe, namespace: default, annotations: {dev.scanwarden.io/run-for: 0s}}
spec: {restartPolicy: Never, containers: [{name: probe, image: probe}]}
POD
  kubectl wait --for=jsonpath='{.status.phase}'=Succeeded pod/probe --timeout=60s >/dev/null || return 1
  kubectl delete pod probe --wait=false >/dev/null
}
