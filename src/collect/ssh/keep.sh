# What leaves a node, as programs for awk: lines that this reads come out as what may be told of them. It stands in front of
# probe.sh, which says what is read by which; the lists come in the variable `kept`.

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
