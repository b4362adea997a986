# Looks at a node and changes nothing. Lines in, records out: see wire.rs, which is the other end.
#
# POSIX sh with the tools of POSIX, as dash, bash and busybox have them. Whatever is printed is a record with its length in
# front; what is no record was printed by something else. What leaves the node is said below, by what it is read from.
exec 2>/dev/null
LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 077
set -f
tab=$(printf '\t')
nl='
'
count=0
kept=
known=$nl opened=$nl listed=$nl
reads= lists=

# Other text files lose what is secret: the bodies of private keys, and the values of keys that hold credentials.
clean='
function blank(text, from,    value, rest, quote, at, start) {
  start = substr(text, 1, from - 1) " \"-\""
  value = substr(text, from)
  sub(/^[ \t]*/, "", value)
  quote = substr(value, 1, 1)
  if (quote == "\"" || quote == "\047") {
    at = index(substr(value, 2), quote)
    while (quote == "\"" && at > 1 && substr(value, at, 1) == "\\") {
      rest = index(substr(value, at + 2), quote)
      if (!rest) { at = 0; break }
      at += rest
    }
    if (at) return start hide(substr(value, at + 2))
    open = 1
    return start
  }
  if (!flow) return start
  match(value, /^[^],}]*/)
  return start hide(substr(value, RLENGTH + 1))
}
function hide(text) {
  if (!match(text, secret)) return text
  return blank(text, RSTART + RLENGTH)
}
BEGIN {
  secret = "(^|[^A-Za-z0-9_-])(token|agent-token|initial-cluster-token|discovery|password|secret|datastore-endpoint|etcd-s3-access-key|etcd-s3-secret-key|client-key-data|id-token|refresh-token|access-token|client-secret|staticPodURLHeader)[\"\047]?[ \t]*:"
  depth = -1
}
lost { next }
pem {
  if ($0 ~ /-----END [A-Z0-9 ]*PRIVATE KEY/) { pem = 0; print substr($0, index($0, "-----END")) }
  next
}
/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/ {
  at = index($0, "PRIVATE KEY")
  rest = substr($0, at)
  print substr($0, 1, at - 1) "PRIVATE KEY-----"
  if (match(rest, /-----END [A-Z0-9 ]*PRIVATE KEY-----/)) print substr(rest, RSTART)
  else pem = 1
  next
}
{
  match($0, /^[ \t]*/)
  if (depth >= 0 && (RLENGTH > depth || RLENGTH == length($0))) next
  depth = -1
  if (!match($0, secret)) { print; next }
  indent = $0; sub(/^[ \t-]*/, "", indent); indent = length($0) - length(indent)
  flow = substr($0, 1, RSTART) ~ /[[{,]/
  if (!flow) depth = indent
  open = 0
  print hide($0)
  if (open && flow) lost = 1
}'

hex() { od -An -v -tx1 | tr -d ' \n'; }

emit() {
  printf '%d\t%s\n' "${#1}" "$1"
  count=$((count + 1))
}

# A path or names for a record: in hexadecimal digits where a line could not hold them.
named() {
  case $1 in
    *[![:print:]]*) name="=$(printf %s "$1" | hex)" ;;
    *) name=$1 ;;
  esac
}

# Why a tool refused, as one letter.
reason() {
  case $1 in
    *'No such file or directory' | *'Not a directory') why=n ;;
    *'ermission denied' | *'not permitted') why=d ;;
    *'symbolic links'*) why=l ;;
    *) why=e ;;
  esac
}

# Mode, owner, group, size, time and true path of what is at a path, and of the directories above both.
look() {
  case $known in *"$nl$1$nl"*) return ;; esac
  known=$known$1$nl
  case $1 in
    /) ;;
    */*) look_up "${1%/*}" ;;
    *) return ;;
  esac
  named "$1"
  if line=$(stat -L -c "%f$tab%u$tab%g$tab%s$tab%Y" -- "$1" 2>&1); then
    link= part=$1
    while [ -n "$part" ]; do
      [ -L "$part" ] && link=y
      part=${part%/*}
    done
    if [ -n "$link" ] && target=$(readlink -f -- "$1"); then
      path=$name
      named "$target"
      emit "S$tab$path$tab$line$tab$name"
      look_up "${target%/*}"
    else
      emit "S$tab$name$tab$line"
    fi
  else
    reason "$line"
    emit "S$tab$name$tab$why"
  fi
}

look_up() { look "${1:-/}"; }

# Whether a file looks like the manifest of a pod, wherever it lies.
is_pod() {
  head -c 262145 <"$1" | grep -qE "kind[\"']?[[:space:]]*:[[:space:]]*[\"']?Pod([\"'[:space:],}]|\$)" &&
    head -c 262145 <"$1" | grep -q containers
}

# What may leave of a file, which comes in: by where it lies, by what it is asked for, by what it is.
kept_of() {
  case $2$1 in
    /etc/passwd | /etc/group) awk -F: -v nonce="$nonce" '$1 == "root" || $1 == "etcd" { print $1 ":x:" $3 } $0 == nonce; BEGIN { print "" }' ;;
    /etc/os-release) awk -v nonce="$nonce" '/^(PRETTY_NAME|NAME)=/ || $0 == nonce; BEGIN { print "" }' ;;
    /etc/systemd/* | /run/systemd/* | /usr/lib/systemd/* | /usr/local/lib/systemd/* | /lib/systemd/*) awk -v nonce="$nonce" "$unit"'
$0 == nonce { print }' ;;
    I/*) awk -v nonce="$nonce" '/^[ \t]*(conf_dir|network_dir)[ \t]*=/ || $0 == nonce; BEGIN { print "" }' ;;
    M/* | */manifests/*) awk "$command$pod" ;;
    *)
      if is_pod "$1"; then awk "$command$pod"
      elif head -c 262145 <"$1" | grep -q '^-----BEGIN '; then awk -v nonce="$nonce" "$bundle"'
$0 == nonce'; else awk "$clean"; fi
      ;;
  esac
}

# The content of a regular file without what is secret in it; the second word says what it is asked for.
content() {
  look "$1"
  case $opened in *"$nl$1$nl"*) return ;; esac
  opened=$opened$1$nl
  [ -f "$1" ] || return
  named "$1"
  if [ ! -r "$1" ]; then
    emit "R$tab$name${tab}d"
    return
  fi
  case $1 in
    /proc/*/environ) body=$({ tr '\n\000\002' '\002\n ' <"$1" || echo "$nonce"; } | awk "$command$variables" | hex) ;;
    /proc/*/mountinfo) body=$({ head -c 4194305 <"$1" || echo "$nonce"; } | hex) ;;
    /proc/* | /sys/*) body=$({ head -c 262145 <"$1" || echo "$nonce"; } | hex) ;;
    # Not every awk keeps a NUL, and without it garbage could read as text.
    *) body=$({ head -c 262145 <"$1" || echo "$nonce"; } | tr '\000' '\001' | kept_of "$1" "$2" | hex) ;;
  esac
  named "$1"
  emit "R$tab$name$tab=$body"
}

# The names in a directory, joined by slashes, which no name can hold.
names() {
  look "$1"
  case $listed in *"$nl$1$nl"*) return ;; esac
  listed=$listed$1$nl
  [ -d "$1" ] || return
  if [ ! -r "$1" ] || [ ! -x "$1" ]; then
    named "$1"
    emit "L$tab$name${tab}d"
    return
  fi
  all=/
  set +f
  for file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    all=$all${file##*/}/
  done
  set -f
  named "$all"
  all=$name
  named "$1"
  emit "L$tab$name$tab$all"
}

# A directory and what is below it, so many levels; with a third word, the files too.
below() {
  names "$1"
  [ -d "$1" ] && [ "$count" -lt 20000 ] || return
  set +f
  for file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$file" ] || [ -L "$file" ] || continue
    set -f
    look "$file"
    if [ -d "$file" ]; then
      [ -L "$file" ] || [ "$2" -le 1 ] || below "$file" $(($2 - 1)) "$3"
    elif [ -n "$3" ]; then
      case $file in
        *.key) ;;
        *) follow "$file" ;;
      esac
    fi
  done
  set -f
}

# A file, and the files that it names.
follow() {
  case $opened in *"$nl$1$nl"*) return ;; esac
  content "$1"
  [ -f "$1" ] && [ -r "$1" ] && [ "$count" -lt 20000 ] || return
  seek "$(head -c 262145 <"$1" | sed -n 's/^[[:space:]-]*"\{0,1\}\([A-Za-z-]*\)"\{0,1\}[:=][[:space:]]*"\{0,1\}\(\/[^",} ]*\).*/\1=\2/p')"
}

# What lines of NAME=PATH say, where NAME is one of those to be followed.
seek() {
  IFS=$nl
  for pair in $1; do
    unset IFS
    case $reads in *" ${pair%%=*} "*) follow "${pair#*=}" ;; esac
    case $lists in *" ${pair%%=*} "*) below "${pair#*=}" 4 files ;; esac
  done
  unset IFS
}

# Every process that is no kernel thread; of components also what their arguments name.
processes() {
  if [ ! -r /proc/1/status ]; then
    emit "Q${tab}d"
    return
  fi
  boot=
  while read -r key value; do
    [ "$key" = btime ] && boot=$value
  done </proc/stat
  told= sought=0 others=0 left=0
  set +f
  set -- /proc/[0-9]*
  set -f
  all=$#
  for folder in "$@"; do
    [ "$all" -le 4096 ] || takes || continue
    process "$folder" "${folder#/proc/}"
  done
  emit "C$tab=$(commands | awk "$command$arguments" | hex)"
  emit "Q$tab$boot$tab$left"
}

# Whether a process is looked at where too many run: see src/facts/host/tree.rs.
takes() {
  line=
  IFS= read -r line <"$folder/comm"
  case $line in
    containerd* | cri-dockerd* | crio* | dockerd* | etcd* | hyperkube* | k0s* | k3s* | kube* | microshift* | rke2*)
      [ "$sought" -lt 4096 ] && sought=$((sought + 1)) && return ;;
    *) [ "$others" -lt 4096 ] && others=$((others + 1)) && return ;;
  esac
  left=$((left + 1))
  return 1
}

# The command lines of all processes that were told of: a mark and the number of each, then its words, one a line.
commands() {
  for pid in $told; do
    printf '\n\001%s\n' "$pid"
    tr '\n\000\001\002\003' '\002\n   ' <"/proc/$pid/cmdline" || printf '\003\n'
  done
  echo
}

process() {
  folder=$1 pid=$2
  label= uid= depth=1 memory= start= filter= module= group=
  while IFS= read -r line; do
    case $line in
      Name:*) label=${line#Name:?} ;;
      Uid:*) set -- ${line#Uid:}; uid=$2 ;;
      NSpid:*) set -- ${line#NSpid:}; depth=$# ;;
      VmSize:*) memory=y ;;
      Seccomp:*) set -- ${line#Seccomp:}; filter=$1 ;;
    esac
  done <"$folder/status" || return
  [ -n "$label$uid" ] || return
  IFS= read -r line <"$folder/stat" && set -- ${line##*) } && start=${20}
  body=
  if [ -n "$memory" ]; then
    IFS= read -r module <"$folder/attr/current"
    while IFS= read -r line; do
      case $line in *pod*) group=${line#*:*:}; break ;; esac
    done <"$folder/cgroup"
    body=d
    [ -r "$folder/cmdline" ] && body=+ told="$told $pid"
  fi
  named "$label"
  first=$name
  named "$module"
  second=$name
  named "$group"
  emit "P$tab$pid$tab$uid$tab$((depth - 1))$tab$start$tab$filter$tab$second$tab$name$tab$first$tab$body"
  # The first argument names the program; the kernel keeps 15 bytes of the name of its file.
  case $label in kubelet | kube-* | etcd) ;; *) return ;; esac
  content /proc/1/mountinfo
  content "$folder/mountinfo"
  content "$folder/cgroup"
  [ "$label" = etcd ] && content "$folder/environ"
  seek "$(tr '\n\000' ' \n' <"$folder/cmdline" | sed -n 's/^--\{0,1\}\([a-z-]*\)=\(\/[^ ,]*\)$/\1=\2/p')"
}

answer() {
  IFS=$nl
  for request in $requests; do
    unset IFS
    verb=${request%% *} rest=${request#* }
    case $verb in
      H) IFS= read -r line </proc/sys/kernel/hostname && named "$line" && emit "H$tab$name" ;;
      F) reads=" $rest " ;;
      K) kept=$kept$rest$nl ;;
      D) lists=" $rest " ;;
      P) processes ;;
      S) look "$rest" ;;
      R) content "$rest" ;;
      I) content "$rest" I ;;
      M) content "$rest" M ;;
      L) names "$rest" ;;
      T) below "${rest#* }" "${rest%% *}" ;;
      A) below "${rest#* }" "${rest%% *}" files ;;
    esac
  done
  unset IFS
}

IFS= read -r nonce
export kept nonce
emit "B$tab$nonce$tab$(id -u)"
while :; do
  requests= line=
  while IFS= read -r line; do
    [ "$line" = . ] && break
    requests=$requests$line$nl
  done
  [ "$line" = . ] || exit 0
  answer </dev/null
  emit "E$tab$nonce$tab$count"
done
