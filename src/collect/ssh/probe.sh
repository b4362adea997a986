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

# Of command lines and variables the names of flags leave, the values of those that are listed, and the words that tell
# programs; all else as its shape. The same as in src/facts/host/command.rs, word for word.
command='
function is_called(word, name,    rest, first) {
  if (index(word, name) != 1) return 0
  rest = substr(word, length(name) + 1)
  if (rest == "") return 1
  if (rest !~ /^[-_.]/) return 0
  first = substr(rest, 2)
  sub(/[-_.].*$/, "", first)
  return first ~ /^v?[0-9]/ || ("x " first) in list
}
function known(word,    bare, before, i) {
  if (("w " word) in list) return word
  before = ""; bare = word
  if (index(word, "hardened-") == 1) { before = "hardened-"; bare = substr(word, 10) }
  for (i = 1; i <= programs; i++) if (is_called(bare, program[i])) return before program[i]
  for (i = 1; i <= parts; i++) if (index(word, part[i])) return part[i]
  gsub(/[A-Za-z0-9]/, "x", word)
  return word
}
function ascii(text) { gsub(/[^\001-\177]/, "x", text); return text }
function shape(text,    out, word) {
  out = ""
  while (match(text, /[A-Za-z0-9._+-]+/)) {
    word = substr(text, RSTART, RLENGTH)
    out = out ascii(substr(text, 1, RSTART - 1))
    text = substr(text, RSTART + RLENGTH)
    out = out known(word)
  }
  return out ascii(text)
}
function clean(text,    out, at, before, after, scheme, end, own, url, host, behind, path, others) {
  out = ""
  while ((at = index(text, "://"))) {
    before = substr(text, 1, at - 1); after = substr(text, at + 3)
    scheme = before; sub(/^.*[^A-Za-z0-9+.-]/, "", scheme)
    end = length(after)
    at = index(after, "://")
    own = at ? substr(after, 1, at - 1) : after
    if (at && match(own, /,[^,]*$/)) end = RSTART - 1
    if (match(own, /[ \t\f\r\002]/) && RSTART - 1 < end) end = RSTART - 1
    url = substr(after, 1, end)
    text = substr(after, end + 1)
    sub(/^.*@/, "", url)
    host = url; behind = path = others = ""
    if (match(url, /[\/?#,]/)) { host = substr(url, 1, RSTART - 1); behind = substr(url, RSTART) }
    path = behind
    at = index(behind, ",")
    if (at) { path = substr(behind, 1, at - 1); others = substr(behind, at) }
    sub(/[?#].*$/, "", path)
    if (length(path) > 1 && scheme !~ /^(unix|unixs|npipe|file|vsock)$/) path = "/-"
    out = out before "://" host path others
  }
  return out text
}
function keeps(name) { return ("v " name) in list || ("b " name) in list }
function unless_empty(value) { return value == "" ? "" : "-" }
function is_home(word,    i) {
  sub(/ .*$/, "", word); sub(/^.*\//, "", word)
  if (("o " word) in list) return 1
  for (i = 1; i <= programs; i++) if (is_called(word, program[i])) return 1
  return 0
}
function title(word,    at, path) {
  at = index(word, " ")
  path = at ? substr(word, 1, at - 1) : word
  return (path ~ /^[A-Za-z0-9\/._+:-]*$/ && length(path) <= 128 ? path : shape(path)) shape(substr(word, length(path) + 1))
}
function nested(word,    bare, at, name, key) {
  bare = word; sub(/^-+/, "", bare)
  at = index(bare, "=")
  name = key = at ? substr(bare, 1, at - 1) : bare
  gsub(/_/, "-", key)
  if (!at) return keeps(key) ? word : shape(word)
  bare = substr(bare, at + 1)
  name = substr(word, 1, length(word) - length(bare))
  return keeps(key) ? name clean(bare) : shape(name) unless_empty(bare)
}
function flag(word,    body, at, has, name, key, value, start, dashes) {
  body = word; sub(/^-+/, "", body)
  dashes = length(word) - length(body)
  at = index(body, "="); has = at > 0
  name = key = has ? substr(body, 1, at - 1) : body
  value = substr(body, at + 1)
  gsub(/_/, "-", key)
  start = substr(word, 1, dashes + length(name))
  behind = ""
  if (home && dashes <= 2 && ("n " key) in list) {
    if (has) return start "=" nested(value)
    behind = "n"
    return start
  }
  if (home && dashes <= 2 && keeps(key)) {
    if (has) return start "=" clean(value)
    if (("v " key) in list) behind = "v"
    return start
  }
  if (home && dashes <= 2 && ("s " key) in list) return has ? start "=" unless_empty(value) : start
  if (dashes == 1 && !has && length(name) <= 6 && name ~ /^[acefhilouvx]*$/) return word
  if (dashes != 2 || length(name) > 80 || name !~ /^[A-Za-z][A-Za-z0-9._-]*$/) return substr(word, 1, dashes) shape(body)
  return has ? start "=" unless_empty(value) : start
}
BEGIN {
  count = split(ENVIRON["kept"], lines, "\n")
  for (i = 1; i <= count; i++) {
    words = split(lines[i], names, " ")
    for (j = 2; j <= words; j++) {
      list[names[1] " " names[j]]
      if (names[1] == "p") program[++programs] = names[j]
      if (names[1] == "e") part[++parts] = names[j]
    }
  }
}
'
arguments='
/^\001/ { print; begun = 1; home = number = size = 0; behind = ""; next }
/^\003/ { print; next }
!begun { next }
{
  size += length($0) + 1
  if (size > 131073) next
  if (number++ == 0 && $0 !~ /^-/) { home = is_home($0); runtime = $0 ~ /^([^ ]*\/)?(containerd|crio)( |$)/; print title($0) }
  else if ($0 ~ /^-/) { print flag($0); if (runtime && $0 == "-c") behind = "v" }
  else if (behind == "v") { behind = ""; print clean($0) }
  else if (behind == "n") { behind = ""; print nested($0) }
  else { if (is_home($0)) home = 1; print shape($0) }
}'
variables='
$0 == ENVIRON["nonce"] { print; next }
/^ETCD_/ && (at = index($0, "=")) {
  name = substr($0, 1, at - 1); value = substr($0, at + 1)
  key = tolower(substr(name, 6)); gsub(/_/, "-", key)
  if (keeps(key)) print name "=" clean(value)
  else if (("s " key) in list) print name "=" unless_empty(value)
}'

# Of the manifests of static pods leaves what says which component runs how: names, images without user and password, the
# paths of mounts, arguments and variables as above. Keys stay, and what holds them together; of all other texts the shape.
pod='
function path(    i, out) {
  out = ""
  for (i = 1; i <= deep; i++) out = out "." key[i]
  for (i = 1; i <= inner; i++) if (label[i] != "") out = out "." label[i]
  return out
}
function escaped(text,    out, escape, before) {
  out = ""
  while (match(text, /\\./)) {
    escape = substr(text, RSTART, 2); before = substr(text, 1, RSTART - 1)
    text = substr(text, RSTART + 2)
    out = out shape(before) (escape ~ /[nt"\\\/ ]$/ ? escape : "x")
  }
  return out shape(text)
}
function hidden(text) { return number_only ? 0 : quote == "\"" ? escaped(text) : shape(text) }
function image(name,    digest) {
  digest = ""
  if (match(name, /@sha[^\/@]*$/)) { digest = substr(name, RSTART); name = substr(name, 1, RSTART - 1) }
  if (match(name, /^.*@/) && index(substr(name, 1, RLENGTH - 1), ":")) name = substr(name, RLENGTH + 1)
  return name digest
}
function argument(text, first,    out) {
  if (first && text !~ /^-/ && (program_first || is_home(text))) return quote == "\"" && index(text, "\\") ? escaped(text) : title(text)
  if (text ~ /^-/) {
    out = flag(text)
    whole = out == text
    return quote == "\"" && !whole && index(out, "\\") ? escaped(text) : out
  }
  whole = behind == "v"
  if (behind == "v") { behind = ""; return clean(text) }
  if (behind == "n") { behind = ""; return nested(text) }
  return hidden(text)
}
function scalar(text,    at) {
  whole = 0
  if (text ~ /^(null|Null|NULL|~|true|false)?$/) return text
  number_only = quote == "" && text ~ /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/
  # What an anchor stands for is not followed: without its name the manifest would say something else.
  if (quote == "" && text ~ /^[&*!]/) { ruined = ruined ? ruined : 1; return shape(text) }
  at = path()
  if (at == ".spec.containers.command" || at == ".spec.containers.args") {
    program_first = at ~ /command$/
    return argument(text, !number++)
  }
  if (at == ".spec.containers.image") return image(text)
  if (at == ".spec.containers.env.value") {
    if (variable == "") early = 1
    at = tolower(substr(variable, 6)); gsub(/_/, "-", at)
    if (variable ~ /^ETCD_/ && keeps(at)) { whole = 1; return clean(text) }
    return variable ~ /^ETCD_/ && ("s " at) in list ? "x" : hidden(text)
  }
  if (at == ".spec.containers.env.name") {
    variable = text
    at = tolower(substr(text, 6)); gsub(/_/, "-", at)
    # Its value went by before it was known whose it is: the whole is not told rather than told amiss.
    if (early && text ~ /^ETCD_/ && keeps(at)) ruined = ruined ? ruined : 1
    at = path()
  }
  whole = at in leaf
  return whole ? text : hidden(text)
}
function begun(name) {
  if (name == "command" || name == "args") { number = 0; behind = "" }
}
function close_of(text, from,    i, c) {
  for (i = from; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (quote == "\"" && c == "\\") i++
    else if (c == quote) {
      if (quote == "\"" || substr(text, i + 1, 1) != quote) return i
      i++
    }
  }
  return 0
}
function quoted(text,    at, out) {
  quote = substr(text, 1, 1)
  at = close_of(text, 2)
  if (!at) {
    out = quote scalar(substr(text, 2))
    open = quote; quote = ""
    rest = ""
    return out
  }
  rest = substr(text, at + 1)
  if (inner && pair[inner] == "{" && label[inner] == "" && rest ~ /^[ \t]*:/) {
    label[inner] = substr(text, 2, at - 2)
    begun(label[inner])
    out = substr(text, 1, at)
  } else out = quote scalar(substr(text, 2, at - 2)) quote
  quote = ""
  return out
}
function flow(text,    out, c) {
  out = ""
  while (text != "" && inner) {
    c = substr(text, 1, 1)
    if (c == " " || c == "\t") { out = out c; text = substr(text, 2); if (text ~ /^#/) text = "" }
    else if (c == "{" || c == "[") { pair[++inner] = c; label[inner] = ""; if (c == "{") { variable = ""; early = 0 }; out = out c; text = substr(text, 2) }
    else if (c == "}" || c == "]") { inner--; out = out c; text = substr(text, 2) }
    else if (c == ",") { if (pair[inner] == "{") label[inner] = ""; out = out c; text = substr(text, 2) }
    else if (c == ":") { out = out c; text = substr(text, 2) }
    else if (c == "\"" || c == "\047") { out = out quoted(text); text = rest }
    else {
      match(text, /^([^],}:#]|:[^] \t,}]|[^ \t]#)*/)
      if (RLENGTH < 1) { out = out "x"; text = substr(text, 2); continue }
      c = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
      if (pair[inner] == "{" && label[inner] == "" && text ~ /^:/) { label[inner] = c; begun(c); out = out c }
      else { own = c; sub(/[ \t]+$/, "", own); out = out scalar(own) substr(c, length(own) + 1) }
    }
  }
  return text == "" || text ~ /^[ \t]*#/ ? out : out shape(text)
}
function value(text, column,    out) {
  out = ""
  match(text, /^[ \t]*/); out = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
  if (text == "" || text ~ /^#/) return out
  if (text ~ /^[|>]/) {
    match(text, /^[|>][-+0-9]*/)
    block = column; lines_of = 0; whole = 0; literal = 1
    return out substr(text, 1, RLENGTH)
  }
  if (text ~ /^[{[]/) { pair[++inner] = substr(text, 1, 1); label[inner] = ""; variable = ""; early = 0; return out substr(text, 1, 1) flow(substr(text, 2)) }
  if (text ~ /^["\047]/) { out = out quoted(text); return out (rest ~ /^[ \t]*(#.*)?$/ ? "" : shape(rest)) }
  sub(/[ \t]+#.*$/, "", text); sub(/[ \t]+$/, "", text)
  block = column; lines_of = 1; literal = 0
  return out scalar(text)
}
BEGIN {
  block = -1; home = 1
  split(".kind .apiVersion .metadata.name .metadata.namespace .metadata.uid .spec.containers.name .spec.containers.env.name .spec.containers.volumeMounts.name .spec.containers.volumeMounts.mountPath .spec.containers.volumeMounts.subPath .spec.volumes.name .spec.volumes.hostPath.path", names, " ")
  for (i in names) leaf[names[i]]
}
{ sub(/\r$/, "") }
$0 == ENVIRON["nonce"] { print; next }
ruined == 1 { print "@}]"; ruined = 2 }
{ match($0, /^ */); indent = RLENGTH; text = substr($0, indent + 1); out = substr($0, 1, indent) }
{ number_only = 0 }
block >= 0 {
  if (text == "") { print; next }
  if (indent > block) {
    if (!literal && text ~ /^#/) print ""
    else print out (lines_of++ ? (whole ? text : shape(text)) : scalar(text))
    next
  }
  block = -1
}
open != "" {
  quote = open; at = close_of($0, 1)
  if (!at) { print whole ? $0 : hidden($0); quote = ""; next }
  out = (whole ? substr($0, 1, at - 1) : hidden(substr($0, 1, at - 1))) quote
  open = quote = ""
  print out (inner ? flow(substr($0, at + 1)) : shape(substr($0, at + 1)))
  next
}
inner { print out flow(text); next }
text == "" || text ~ /^#/ { print ""; next }
/^(---|\.\.\.)([ \t]|$)/ { deep = 0; out = substr($0, 1, 3); text = substr($0, 4); if (text ~ /[^ \t]/) out = out value(text, -1); print out; next }
{
  column = indent; dash = -1
  while (text ~ /^-([ \t]|$)/) {
    while (deep && at_column[deep] > column) deep--
    variable = ""; early = 0; dash = column
    match(text, /^-[ \t]*/)
    out = out substr(text, 1, RLENGTH); column += RLENGTH; text = substr(text, RLENGTH + 1)
  }
  if (text == "") { print out; next }
  if (match(text, /^[A-Za-z0-9_.\/$-]+[ \t]*:([ \t]|$)/) || match(text, /^"[^"\\]*"[ \t]*:([ \t]|$)/) || match(text, /^\047[^\047]*\047[ \t]*:([ \t]|$)/)) {
    while (deep && at_column[deep] >= column) deep--
    name = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
    out = out name
    sub(/[ \t]*:[ \t]*$/, "", name); gsub(/^["\047]|["\047]$/, "", name)
    at_column[++deep] = column; key[deep] = name
    begun(name)
    print out value(text, column)
  } else {
    if (dash < 0) while (deep && at_column[deep] >= column) deep--
    print out value(text, dash < 0 ? column - 1 : dash)
  }
}
END { if (ruined == 1) print "@}]" }'

# Of units the environment files leave that they name; of everything else that it is set.
unit='
BEGIN { print "" }
NR == 1 { sub(/^\357\273\277/, "") }
{ sub(/\r$/, ""); sub(/^[ \t]+/, "") }
/^[#;]/ { next }
!on { show = /^\[/ || /^EnvironmentFile[ \t]*=/ }
show
!show && !on && match($0, /^[A-Za-z0-9]+[ \t]*=/) { print substr($0, 1, RLENGTH) "-" }
{ match($0, /\\*$/); on = RLENGTH % 2 }'
# Of bundles the certificates leave, and what else there is by its headings.
bundle='
{ sub(/\r$/, "") }
/^-----BEGIN / { cert = /^-----BEGIN CERTIFICATE-----/; match($0, /^-----BEGIN [A-Z0-9 ]*(-----)?/); print substr($0, 1, RLENGTH); next }
/^-----END / { cert = 0; match($0, /^-----END [A-Z0-9 ]*(-----)?/); print substr($0, 1, RLENGTH); next }
cert { print (/^[A-Za-z0-9+\/= \t]*$/ ? $0 : "%") }'

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
      if head -c 262145 <"$1" | grep -q "kind[\"']\{0,1\}[[:space:]]*:[[:space:]]*[\"']\{0,1\}Pod"; then awk "$command$pod"
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
